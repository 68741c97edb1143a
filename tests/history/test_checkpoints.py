"""Checkpoints: what is new gets its place once, the tree is signed, and nothing rewritten is signed again."""

from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import delete, event, insert, select, update
from sqlalchemy.exc import DBAPIError

from mengya_health import audit
from mengya_health.audit import AuditEvent
from mengya_health.crypto.log_key import LogKey
from mengya_health.crypto.sealing import Keys
from mengya_health.db import new_id, open_session
from mengya_health.errors import IntegrityError, NotFound, Unavailable
from mengya_health.history import merkle
from mengya_health.history.checkpoints import inclusion_proof, make_checkpoint, newest_checkpoint, root_at
from mengya_health.history.merkle import Tree, leaf_hash
from mengya_health.history.models import AuditLeaf, Checkpoint, HistoryEvent, TreeNode
from mengya_health.history.notes import Note, NotOurs, origin_of, read_signed, signed
from tests.crypto.keyring import a_keyring
from tests.history.test_chain import CHILD, EIGHT, HASHES, an_event, store, without_guards

DEPLOYMENT = new_id()
NINE = EIGHT + timedelta(hours=1)


def checkpoint(engine, keys, *, at=EIGHT) -> Checkpoint | None:
    with open_session(engine, writing=True) as session:
        made = make_checkpoint(
            session,
            keys,
            deployment_id=DEPLOYMENT,
            at=at,
            erasures=bytes(32),
            audit_leaf=lambda session, leaf_index: audit.take_new(session, keys.digest, leaf_index),
        )
        session.commit()
        return made


def a_reading(engine, *, at=EIGHT) -> None:
    row = {
        "id": new_id(), "request_id": new_id(), "role": "doctor", "action": "R", "record_type": "entry",
        "purpose": "care", "outcome": "allow", "reason": "", "source": "", "at": at,
    }  # fmt: skip
    with engine.begin() as connection:
        connection.execute(insert(AuditEvent), [row])


def leaves(engine) -> list[bytes]:
    """Return what the leaves hold, in their order; there is one for each number."""
    with open_session(engine, writing=False) as session:
        found = dict(session.execute(select(AuditLeaf.leaf_index, AuditLeaf.hash)).all())
        numbered = select(HistoryEvent.leaf_index, HistoryEvent.hash).where(HistoryEvent.leaf_index.is_not(None))
        found |= dict(session.execute(numbered).all())
    assert sorted(found) == list(range(len(found)))
    return [found[index] for index in sorted(found)]


class AsWork:
    """What an inclusion proof takes of a unit of work."""

    deployment_id = DEPLOYMENT

    def __init__(self, session, keys) -> None:
        self.session, self.keys = session, keys


def test_a_checkpoint_is_the_signed_root_over_the_published_leaves(engine, keys):
    with open_session(engine, writing=True) as session:
        an_event(session, keys)
        an_event(session, keys, at=EIGHT + timedelta(minutes=5), op="sign")
        an_event(session, keys, at=EIGHT + timedelta(minutes=6), op="read-export")
        session.commit()
    made = checkpoint(engine, keys, at=NINE)
    assert [hash.hex() for hash in leaves(engine)] == list(HASHES)
    assert made.root.hex() == "401e24d795b33a686f4ed697da1e67c41d0be8c239e2ee9d86b302ef5ee80c2c"
    origin = origin_of(DEPLOYMENT)
    note = read_signed(made.note, origin=origin, public_key=keys.log_key.public)
    assert (note.size, note.root, note.previous, note.at) == (3, made.root, bytes(32), NINE)
    lines = made.note.decode().split("\n")
    assert (lines[0], lines[1], b64decode(lines[2])) == (origin, "3", made.root)
    assert lines[6] == ""
    assert lines[7].startswith(f"— {origin} ")


def test_nothing_new_makes_no_checkpoint_and_what_is_new_goes_behind_the_rest(engine, keys):
    assert checkpoint(engine, keys) is None
    store(engine, keys)
    first = checkpoint(engine, keys)
    assert checkpoint(engine, keys) is None
    store(engine, keys, op="correct")
    store(engine, keys, child=new_id())
    before = leaves(engine)
    second = checkpoint(engine, keys, at=EIGHT + timedelta(seconds=2))
    after = leaves(engine)
    assert (first.size, second.size) == (1, 3)
    assert after[:1] == before
    read = partial(read_signed, origin=origin_of(DEPLOYMENT), public_key=keys.log_key.public)
    assert read(second.note).previous == first.hash == keys.digest(first.note)


def test_audit_rows_since_the_last_checkpoint_are_one_leaf(engine, keys):
    store(engine, keys)
    a_reading(engine)
    a_reading(engine)
    assert checkpoint(engine, keys).size == 2
    a_reading(engine)
    assert checkpoint(engine, keys, at=EIGHT + timedelta(seconds=2)).size == 3
    with open_session(engine, writing=False) as session:
        stored = session.scalars(select(AuditLeaf).order_by(AuditLeaf.leaf_index)).all()
        assert [(leaf.leaf_index, leaf.rows) for leaf in stored] == [(1, 2), (2, 1)]
        for leaf in stored:
            rows = select(*audit.COVERED).where(AuditEvent.leaf_index == leaf.leaf_index).order_by(AuditEvent.id)
            assert audit.hash_over(keys.digest, session.execute(rows)) == leaf.hash


def test_what_is_stored_of_a_large_tree_proves_every_event(engine, keys):
    """300 leaves: a subtree of 256 is stored, and read in the place of its leaves."""
    children = [new_id() for _ in range(6)]
    for _ in range(3):
        with open_session(engine, writing=True) as session:
            for number in range(100):
                an_event(session, keys, child=children[number % 6])
            session.commit()
        made = checkpoint(engine, keys, at=EIGHT)
    content = leaves(engine)
    in_memory = Tree(keys.digest, [leaf_hash(keys.digest, hash) for hash in content])
    with open_session(engine, writing=False) as session:
        assert session.execute(select(TreeNode.level, TreeNode.index)).all() == [(8, 0)]
        assert made.root == merkle.root(keys.digest, 300, in_memory)
        for size in (1, 255, 256, 257, 300):
            assert root_at(session, keys, size) == merkle.root(keys.digest, size, in_memory)
        for child_seq in (1, 25, 50):
            proof = inclusion_proof(AsWork(session, keys), children[3], child_seq)
            leaf = leaf_hash(keys.digest, proof.hash)
            assert content[proof.leaf_index] == proof.hash
            assert merkle.is_included(keys.digest, leaf, proof.leaf_index, 300, proof.path, made.root)
            assert proof.checkpoint == made.note


def test_a_proof_is_of_the_newest_checkpoint_and_only_of_what_it_covers(engine, keys):
    store(engine, keys)
    checkpoint(engine, keys)
    store(engine, keys)
    with open_session(engine, writing=False) as session:
        work = AsWork(session, keys)
        assert inclusion_proof(work, CHILD, 1).size == 1
        assert inclusion_proof(work, CHILD, 2) is None
        with pytest.raises(NotFound):
            inclusion_proof(work, CHILD, 3)
    checkpoint(engine, keys)
    with open_session(engine, writing=False) as session:
        assert inclusion_proof(AsWork(session, keys), CHILD, 1).size == 2


def test_no_proof_is_given_of_an_event_that_was_rewritten(engine, keys):
    store(engine, keys)
    checkpoint(engine, keys)
    without_guards(engine, update(HistoryEvent).values(hash=bytes(32)))
    with open_session(engine, writing=False) as session, pytest.raises(IntegrityError):
        inclusion_proof(AsWork(session, keys), CHILD, 1)


def test_nothing_rewritten_is_signed_again(engine, keys):
    store(engine, keys)
    checkpoint(engine, keys)
    without_guards(engine, update(HistoryEvent).values(hash=bytes(32)))
    store(engine, keys, child=new_id())
    with pytest.raises(IntegrityError):
        checkpoint(engine, keys)


def test_many_checkpointers_at_once_number_everything_once(engine, keystore):
    keys = Keys(keystore)
    for _ in range(8):
        store(engine, keys, child=new_id())
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: checkpoint(engine, Keys(keystore)), range(4)))
    assert len([one for one in made if one]) == 1
    assert len(leaves(engine)) == 8
    with open_session(engine, writing=False) as session:
        assert newest_checkpoint(session).size == 8


def test_a_clock_behind_the_newest_checkpoint_writes_nothing_for_any_child_and_alarms(engine, keys, caplog):
    """S-34."""
    store(engine, keys)
    checkpoint(engine, keys, at=NINE)
    with pytest.raises(Unavailable, match="校对服务器时间"):
        store(engine, keys, child=new_id(), at=NINE - timedelta(seconds=3))
    assert "the clock is 3 s behind" in caplog.text
    store(engine, keys, child=new_id(), at=NINE - timedelta(seconds=2))
    with pytest.raises(Unavailable):
        checkpoint(engine, keys, at=NINE - timedelta(hours=1))


@pytest.mark.parametrize("table", [Checkpoint, AuditLeaf, TreeNode])
def test_guards_stop_changing_and_deleting_what_was_signed(engine, keys, table):
    with engine.begin() as connection:
        connection.execute(insert(TreeNode).values(level=8, index=0, hash=bytes(32)))
    store(engine, keys)
    a_reading(engine)
    checkpoint(engine, keys)
    for statement in (delete(table), update(table).values(hash=bytes(32))):
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(statement)


def test_a_checkpoint_takes_as_many_statements_for_many_events_as_for_few(engine, keys):
    sent = []
    event.listen(engine, "before_cursor_execute", lambda *arguments: sent.append(arguments[2].split()[0]))
    counts = []
    for count in (2, 60):
        with open_session(engine, writing=True) as session:
            child = new_id()
            for _ in range(count):
                an_event(session, keys, child=child)
            session.commit()
        sent.clear()
        checkpoint(engine, keys)
        counts.append(sent.count("UPDATE"))
    assert counts == [2, 2]


@pytest.mark.parametrize(
    "change",
    [
        lambda note: note.replace(b"\n1\n", b"\n2\n"),
        lambda note: note.replace(b"\n1\n", b"\n01\n"),
        lambda note: note.replace(b"prev A", b"prev B"),
        lambda note: note.replace(b"T09", b"T10"),
        lambda note: note.replace(b"mengya_health", b"mengya_death"),
        lambda note: note[:-9] + b"AAAAAAA=\n",
        lambda note: note.split("— ".encode())[0],
        lambda note: note[:40],
        lambda note: b"",
        lambda note: b"\xff",
    ],
)
def test_a_changed_checkpoint_is_not_ours(tmp_path, change):
    keyring = a_keyring(tmp_path)
    key = LogKey(keyring.log_public_key(), keyring.sign_log)
    origin = origin_of(DEPLOYMENT)
    stored = signed(Note(origin, 1, bytes(32), bytes(32), bytes(32), NINE), key)
    assert read_signed(stored, origin=origin, public_key=key.public).at == NINE
    with pytest.raises(NotOurs):
        read_signed(change(stored), origin=origin, public_key=key.public)
    with pytest.raises(NotOurs):
        read_signed(stored, origin=origin, public_key=bytes(32))
