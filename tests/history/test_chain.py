"""The chain of each child: published vectors, order, locking, and what tampering leaves behind."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, select, text, update
from sqlalchemy.exc import DBAPIError

from mengya_health.crypto.sealing import Keys
from mengya_health.db import new_id, open_session
from mengya_health.errors import IntegrityError, Unavailable
from mengya_health.history.canonical import chain_start, event_bytes, event_hash
from mengya_health.history.chain import Claim, append, check_newest, head_hash
from mengya_health.history.models import HistoryEvent, HistoryHead
from tests.crypto.keyring import a_keystore

CHILD = UUID("018f0000-0000-7000-8000-000000000002")
RECORD = UUID("018f0000-0000-7000-8000-000000000001")
ACTOR = UUID("018f0000-0000-7000-8000-0000000000aa")
COMMIT = bytes.fromhex("2583b71c6a69e8b37ef1a4b773b74c7fdcda00e3498ecc1bcd6ba0098a484e44")
EIGHT = datetime(2026, 11, 21, 8, tzinfo=UTC)

FIRST_EVENT = (
    b'{"actor":"018f0000-0000-7000-8000-0000000000aa","at":"2026-11-21T08:00:00.000Z",'
    b'"child":"018f0000-0000-7000-8000-000000000002","child_seq":1,'
    b'"commit":"2583b71c6a69e8b37ef1a4b773b74c7fdcda00e3498ecc1bcd6ba0098a484e44","op":"create",'
    b'"rec":"018f0000-0000-7000-8000-000000000001","rec_type":"observation","rec_ver":3,"v":1}'
)
HASHES = (
    "104a15a0fe904d749ade7fd6299c651a3799d471713996225c053266ea7ee0a6",
    "ac479552c8a631a0caacc2598278b5775004067d5811e7d41d7a81d62e3d3a3f",
    "c397e7ec70da20d2ecb0fb7295bec98773a370c87f5bbfa645ae4eb161210e0a",
)


def an_event(session, keys: Keys, *, at: datetime = EIGHT, op: str = "create", child=CHILD, rec=RECORD, ver: int = 3):
    return append(
        session,
        keys,
        child_id=child,
        at=at,
        actor=ACTOR,
        rec=rec,
        rec_type="observation",
        rec_ver=ver,
        op=op,
        commit=COMMIT,
    )


def store(engine: Engine, keys: Keys, **what) -> None:
    with open_session(engine, writing=True) as session:
        an_event(session, keys, **what)
        session.commit()


def stored_events(engine: Engine, child=CHILD) -> list[HistoryEvent]:
    with open_session(engine, writing=False) as session:
        chosen = select(HistoryEvent).where(HistoryEvent.child_id == child).order_by(HistoryEvent.child_seq)
        return list(session.scalars(chosen))


def without_guards(engine: Engine, statement) -> None:
    """Do what only the owner of the database can do."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE history_event DISABLE TRIGGER ALL"))
        else:
            for name in ("no_update", "leaf_once", "no_delete"):
                connection.execute(text(f"DROP TRIGGER history_event_{name}"))
        connection.execute(statement)


def assert_chain_holds(keys: Keys, events: list[HistoryEvent], child=CHILD) -> None:
    previous = chain_start(keys, child)
    for number, stored in enumerate(events, start=1):
        assert (stored.child_seq, stored.prev) == (number, previous)
        assert stored.hash == event_hash(keys, previous, stored.event)
        previous = stored.hash


def test_chain_starts_with_the_published_hash(keys):
    assert chain_start(keys, CHILD).hex() == "7a1f6b690cc76622a7a50ed96eeab2c4cbfb09f4fd1519a29164b82e02ccc1b8"


def test_three_events_give_the_published_hashes(engine, keys):
    with open_session(engine, writing=True) as session:
        first = an_event(session, keys)
        an_event(session, keys, at=EIGHT + timedelta(minutes=5), op="sign")
        an_event(session, keys, at=EIGHT + timedelta(minutes=6), op="read-export")
        session.commit()
    assert first.event == FIRST_EVENT
    events = stored_events(engine)
    assert [stored.hash.hex() for stored in events] == list(HASHES)
    assert_chain_holds(keys, events)


def test_sm3_profile_gives_its_published_hash(tmp_path):
    (tmp_path / "gm").mkdir()
    keystore = a_keystore(tmp_path / "gm", suite_id=0x11)
    start = bytes.fromhex("7a1f6b690cc76622a7a50ed96eeab2c4cbfb09f4fd1519a29164b82e02ccc1b8")
    hashed = event_hash(Keys(keystore), start, FIRST_EVENT).hex()
    assert hashed == "56f590172dc11a47ae1c194264d0653397e37f1206a138b8e844abb0bbb806ad"
    keystore.dispose()


def test_event_without_content_has_no_commitment():
    written = event_bytes(
        actor=ACTOR,
        at=EIGHT,
        child_id=CHILD,
        child_seq=1,
        rec=RECORD,
        rec_type="case",
        rec_ver=1,
        op="move",
        commit=None,
    )
    assert b'"commit":null' in written


def test_each_unit_of_work_goes_on_where_the_last_one_ended(engine, keys):
    for minute in range(5):
        store(engine, keys, at=EIGHT + timedelta(minutes=minute))
    events = stored_events(engine)
    assert len(events) == 5
    assert_chain_holds(keys, events)


def test_work_rolled_back_leaves_no_event(engine, keys):
    store(engine, keys)
    with open_session(engine, writing=True) as session:
        an_event(session, keys, op="sign")
        session.rollback()
    store(engine, keys, op="correct")
    events = stored_events(engine)
    assert len(events) == 2
    assert_chain_holds(keys, events)


def test_children_have_chains_of_their_own(engine, keys):
    other = new_id()
    with open_session(engine, writing=True) as session:
        for child in (CHILD, other, CHILD, other):
            an_event(session, keys, child=child)
        session.commit()
    for child in (CHILD, other):
        assert_chain_holds(keys, stored_events(engine, child), child)
        assert len(stored_events(engine, child)) == 2


def test_writers_to_one_child_leave_no_gap_and_no_double(engine, keystore):
    def write(_):
        keys = Keys(keystore)
        with open_session(engine, writing=True) as session:
            an_event(session, keys)
            session.commit()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(24)))
    events = stored_events(engine)
    assert len(events) == 24
    assert_chain_holds(Keys(keystore), events)


def _write_from_a_process(engine, keystore, own, ready, how_long_s: float) -> None:
    """Append to the common child and to one of one's own, in turn, at least a few times each."""
    ready.wait()
    until, count = time.monotonic() + how_long_s, 0
    while count < 6 or time.monotonic() < until:
        for child in (CHILD, own):
            store(engine, Keys(keystore), child=child)
        count += 1


def write_from_processes(engine, keystore, *, processes: int, how_long_s: float) -> None:
    """Let processes append to one child and to different ones at once; see that every chain came out whole."""
    forking, children = get_context("fork"), [new_id() for _ in range(processes)]
    engine.dispose()
    keystore.dispose()
    ready = forking.Barrier(processes)
    writers = [
        forking.Process(target=_write_from_a_process, args=(engine, keystore, child, ready, how_long_s))
        for child in children
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * processes
    own = [stored_events(engine, child) for child in children]
    assert len(stored_events(engine)) == sum(map(len, own)) >= 6 * processes
    assert_chain_holds(Keys(keystore), stored_events(engine))
    for child, events in zip(children, own, strict=True):
        assert_chain_holds(Keys(keystore), events, child)


def test_processes_that_write_at_once_leave_no_gap_and_no_double(engine, keystore):
    """S-32, shortened."""
    write_from_processes(engine, keystore, processes=4, how_long_s=0)


@pytest.mark.full
def test_eight_processes_write_for_thirty_seconds(engine, keystore):
    """S-32, whole."""
    write_from_processes(engine, keystore, processes=8, how_long_s=30)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)  # SQLite has one writer at a time
def test_append_to_one_child_waits_for_no_other_child(engine, keystore):
    """S-32: the second child's append is committed while the first one's transaction is open."""
    with open_session(engine, writing=True) as first, open_session(engine, writing=True) as second:
        an_event(first, Keys(keystore))
        first.flush()
        an_event(second, Keys(keystore), child=new_id())
        second.commit()
        first.commit()
    assert len(stored_events(engine)) == 1


def test_an_append_to_a_known_chain_takes_three_statements(engine, keys):
    store(engine, keys)
    sent = []
    event.listen(engine, "before_cursor_execute", lambda *arguments: sent.append(arguments[2].split()[0]))
    store(engine, keys)
    assert sorted(word for word in sent if word != "BEGIN") == ["INSERT", "SELECT", "UPDATE"]


def test_clock_that_went_back_is_refused(engine, keys):
    store(engine, keys)
    with pytest.raises(Unavailable, match="校对服务器时间"):
        store(engine, keys, at=EIGHT - timedelta(seconds=3))
    store(engine, keys, at=EIGHT - timedelta(seconds=2))
    with pytest.raises(Unavailable):  # the slack is from the newest event there ever was, not from the last
        store(engine, keys, at=EIGHT - timedelta(seconds=4))
    assert len(stored_events(engine)) == 2


def test_clock_of_one_child_is_not_that_of_another(engine, keys):
    other = new_id()
    store(engine, keys)
    store(engine, keys, child=other, at=EIGHT - timedelta(hours=1))
    assert len(stored_events(engine, other)) == 1


@pytest.mark.parametrize(
    "statement",
    [
        update(HistoryEvent).values(event=b"{}"),
        update(HistoryEvent).values(hash=bytes(32)),
        update(HistoryEvent).values(commit=bytes(32)),
        text("DELETE FROM history_event"),
    ],
)
def test_guards_stop_changing_and_deleting_events(engine, keys, statement):
    store(engine, keys)
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(statement)
    assert len(stored_events(engine)) == 1


def test_guards_let_the_leaf_index_be_filled_once(engine, keys):
    store(engine, keys)
    with engine.begin() as connection:
        connection.execute(update(HistoryEvent).values(leaf_index=0))
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(update(HistoryEvent).values(leaf_index=1))


def end(engine: Engine, keys: Keys) -> bytes:
    with open_session(engine, writing=False) as session:
        return head_hash(session, keys, CHILD)


def check(engine: Engine, keys: Keys, *claims: Claim) -> None:
    with open_session(engine, writing=False) as session:
        check_newest(session, keys, claims)


def test_head_tells_where_the_chain_ends(engine, keys):
    assert end(engine, keys) == b""
    store(engine, keys)
    assert end(engine, keys).hex() == HASHES[0]


def test_head_counts_what_this_work_has_appended(engine, keys):
    with open_session(engine, writing=True) as session:
        an_event(session, keys)
        assert head_hash(session, keys, CHILD).hex() == HASHES[0]
        session.flush()
        assert head_hash(session, keys, CHILD).hex() == HASHES[0]


def test_cut_off_tail_shows(engine, keys):
    store(engine, keys, ver=1)
    store(engine, keys, ver=2)
    without_guards(engine, text("DELETE FROM history_event WHERE child_seq = 2"))
    with pytest.raises(IntegrityError):
        end(engine, keys)
    with pytest.raises(IntegrityError):
        check(engine, keys, Claim(CHILD, RECORD, 1, COMMIT))


def test_changed_last_event_shows(engine, keys):
    store(engine, keys)
    without_guards(engine, update(HistoryEvent).values(event=FIRST_EVENT.replace(b"create", b"delete")))
    with pytest.raises(IntegrityError):
        end(engine, keys)


def test_event_added_by_sql_behind_the_head_shows(engine, keys):
    store(engine, keys, ver=1)
    forged = event_bytes(
        actor=ACTOR,
        at=EIGHT,
        child_id=CHILD,
        child_seq=2,
        rec=RECORD,
        rec_type="observation",
        rec_ver=2,
        op="correct",
        commit=COMMIT,
    )
    before = stored_events(engine)[0].hash
    with open_session(engine, writing=True) as session:
        session.add(
            HistoryEvent(
                child_id=CHILD,
                child_seq=2,
                event=forged,
                rec=RECORD,
                rec_ver=2,
                commit=COMMIT,
                prev=before,
                hash=event_hash(keys, before, forged),
            )
        )
        session.commit()
    with pytest.raises(IntegrityError):
        check(engine, keys, Claim(CHILD, RECORD, 2, COMMIT))


@pytest.mark.parametrize(
    "forged", [{"child_seq": 0}, {"hash": bytes(32)}, {"at": EIGHT - timedelta(days=1)}, {"seal": bytes(32)}]
)
def test_head_changed_by_sql_is_refused_by_readers_and_writers(engine, keys, forged):
    store(engine, keys)
    with engine.begin() as connection:
        connection.execute(update(HistoryHead).values(**forged))
    for attempt in (lambda: end(engine, keys), lambda: store(engine, keys)):
        with pytest.raises(IntegrityError):
            attempt()
    with pytest.raises(IntegrityError):
        check(engine, keys, Claim(CHILD, RECORD, 3, COMMIT))


def test_head_of_another_child_is_no_head_of_this_one(engine, keys):
    other = new_id()
    store(engine, keys)
    store(engine, keys, child=other)
    with open_session(engine, writing=False) as session:
        borrowed = session.get(HistoryHead, other)
    with engine.begin() as connection:
        forged = {name: getattr(borrowed, name) for name in ("child_seq", "hash", "at", "seal")}
        connection.execute(update(HistoryHead).where(HistoryHead.child_id == CHILD).values(**forged))
    with pytest.raises(IntegrityError):
        end(engine, keys)


def test_records_that_are_what_history_says_last_pass(engine, keys):
    other = new_id()
    store(engine, keys, ver=1)
    store(engine, keys, ver=2)
    store(engine, keys, child=other, ver=1)
    store(engine, keys, ver=7, rec=other)
    sent = []
    event.listen(engine, "before_cursor_execute", lambda *arguments: sent.append(arguments[2].split()[0]))
    claims = [Claim(CHILD, RECORD, 2, COMMIT), Claim(other, RECORD, 1, COMMIT), Claim(CHILD, other, 7, COMMIT)]
    assert check(engine, keys, *claims) is None
    assert sent.count("SELECT") == 1


@pytest.mark.parametrize(
    "claim",
    [
        Claim(CHILD, RECORD, 1, COMMIT),
        Claim(CHILD, RECORD, 3, COMMIT),
        Claim(CHILD, RECORD, 2, bytes(32)),
        Claim(CHILD, ACTOR, 2, COMMIT),
        Claim(ACTOR, RECORD, 2, COMMIT),
    ],
)
def test_record_put_back_or_made_up_is_refused(engine, keys, claim):
    store(engine, keys, ver=1)
    store(engine, keys, ver=2)
    with pytest.raises(IntegrityError):
        check(engine, keys, claim)
