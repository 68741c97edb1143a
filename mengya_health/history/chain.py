"""Appending to a child's chain, and what reading checks against it."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Row, and_, bindparam, func, inspect, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from mengya_health.crypto.sealing import Keys
from mengya_health.errors import ClockBehind, IntegrityError
from mengya_health.history.canonical import chain_start, event_bytes, event_hash, tells, to_the_millisecond
from mengya_health.history.models import Checkpoint, HistoryEvent, HistoryHead

log = logging.getLogger("mengya.security")

_CLOCK_SLACK = timedelta(seconds=2)

_HEAD, _EVENT = HistoryHead.__table__, HistoryEvent.__table__
_END = _EVENT.alias("end_event")
_LAST = (
    select(_EVENT.c.child_id, func.max(_EVENT.c.child_seq).label("child_seq"))
    .where(
        _EVENT.c.child_id.in_(bindparam("child_ids", expanding=True)),
        _EVENT.c.rec.in_(bindparam("recs", expanding=True)),
    )
    .group_by(_EVENT.c.child_id, _EVENT.c.rec)
    .subquery("last")
)
# The heads of some children, each with the event it points to …
_ENDS = select(
    *_HEAD.c,
    _END.c.event.label("end_event"),
    _END.c.prev.label("end_prev"),
    _END.c.hash.label("end_hash"),
).outerjoin_from(_HEAD, _END, and_(_END.c.child_id == _HEAD.c.child_id, _END.c.child_seq == _HEAD.c.child_seq))
_HEADS = _ENDS.where(_HEAD.c.child_id.in_(bindparam("child_ids", expanding=True)))
_HEAD_OF_ONE = _ENDS.where(_HEAD.c.child_id == bindparam("child_id"))
# … and with the newest event of each record asked for, one row for each. Built once: that costs as much as running it.
_HEADS_AND_NEWEST = (
    _HEADS.outerjoin(_LAST, _LAST.c.child_id == _HEAD.c.child_id)
    .outerjoin(_EVENT, and_(_EVENT.c.child_id == _LAST.c.child_id, _EVENT.c.child_seq == _LAST.c.child_seq))
    .add_columns(
        _EVENT.c.rec,
        _EVENT.c.child_seq.label("event_seq"),
        _EVENT.c.event,
        _EVENT.c.prev,
        _EVENT.c.hash.label("event_hash"),
    )
)
_NEWEST_CHECKPOINT_AT = select(Checkpoint.at).order_by(Checkpoint.size.desc()).limit(1).scalar_subquery()
_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Claim(NamedTuple):
    """What a stored record says of itself: its newest version, and the commitment to that."""

    child_id: UUID
    rec: UUID
    rec_ver: int
    commit: bytes


def note_event(
    work,
    *,
    child_id: UUID,
    rec: UUID,
    rec_type: str,
    op: str,
    commit: bytes | None,
    rec_ver: int = 1,
    by: UUID | None = None,
) -> HistoryEvent:
    """Add one event of this unit of work to a chain, and return it; by whoever acts, or `by`. Raises as `append`."""
    return append(
        work.session,
        work.keys,
        child_id=child_id,
        at=work.now,
        actor=by or work.actor.user_id,
        rec=rec,
        rec_type=rec_type,
        rec_ver=rec_ver,
        op=op,
        commit=commit,
    )


def note_row(work, row, op: str, *, child_id: UUID | None = None, by: UUID | None = None) -> HistoryEvent:
    """Add one event about a sealed row as it stands, seal and version, to its child's chain or another one's."""
    return note_event(
        work,
        child_id=child_id or row.child_id,
        rec=row.id,
        rec_type=row.__tablename__,
        rec_ver=row.row_version,
        op=op,
        commit=row.seal,
        by=by,
    )


def append(
    session: Session,
    keys: Keys,
    *,
    child_id: UUID,
    at: datetime,
    actor: UUID,
    rec: UUID,
    rec_type: str,
    rec_ver: int,
    op: str,
    commit: bytes | None,
) -> HistoryEvent:
    """Add one event to a child's chain in this transaction, and return it.

    `child_id` is the deployment's id where no child is meant. Locks that child's head and nothing else. Raises
    IntegrityError where the head is not ours, ClockBehind where the clock has gone back.
    """
    at = to_the_millisecond(at)
    head = _head_to_extend(session, keys, child_id, at)
    said = {"child_id": child_id, "child_seq": head.child_seq + 1, "rec": rec, "rec_ver": rec_ver, "commit": commit}
    written = event_bytes(**said, actor=actor, at=at, rec_type=rec_type, op=op)
    event = HistoryEvent(**said, event=written, prev=head.hash, hash=event_hash(keys, head.hash, written))
    session.add(event)
    head.child_seq, head.hash, head.at = event.child_seq, event.hash, max(at, head.at)
    head.seal = keys.seal_row("history_head", *head.authorising())
    return event


def require_clock(at: datetime, newest_at: datetime | None) -> None:
    """Raise ClockBehind for a time before what is written already: of this chain, or of a checkpoint."""
    if newest_at is not None and at < newest_at - _CLOCK_SLACK:
        behind_s = (newest_at - at).total_seconds()
        log.critical("the clock is %d s behind the newest of the history", behind_s)
        raise ClockBehind


def head_hash(session: Session, keys: Keys, child_id: UUID) -> bytes:
    """Return the hash at which a child's chain ends now, no bytes for one not begun.

    Raises IntegrityError unless the head carries our seal and the event it points to is there: a tail cut off shows.
    """
    pending = _pending_head(session, child_id)
    if pending is not None:
        return pending.hash
    row = session.execute(_HEAD_OF_ONE, {"child_id": child_id}).one_or_none()
    if row is None:
        return b""
    _check_end(keys, row)
    return row.hash


def check_newest(session: Session, keys: Keys, claims: Iterable[Claim]) -> None:
    """Raise IntegrityError unless each record is what the history of its child says last about it.

    One statement for any number of records and children. Shows a record put back to an older version, a last event
    that was changed or is missing, and a chain whose tail was cut off.
    """
    wanted = {(claim.child_id, claim.rec): claim for claim in claims}
    if not wanted:
        return
    child_ids, recs = map(set, zip(*wanted, strict=True))
    rows = session.execute(_HEADS_AND_NEWEST, {"child_ids": list(child_ids), "recs": list(recs)}).all()
    ends = {row.child_id: row for row in rows}
    for row in ends.values():
        _check_end(keys, row)
    for row in rows:
        claim = wanted.pop((row.child_id, row.rec), None)
        if claim is not None:
            _check_claim(keys, claim, row)
    if wanted:
        raise IntegrityError


def newest_event_of(child_id: ColumnElement, rec: ColumnElement) -> tuple[FromClause, ColumnElement, list]:
    """Return what joins each record of a statement to the newest event about it: table, condition, columns.

    Rows read with it are checked by `check_with_events`; that costs one short statement more, however many they are.
    """
    of_record = _EVENT.alias("of_record")
    last = select(func.max(of_record.c.child_seq)).where(of_record.c.child_id == child_id, of_record.c.rec == rec)
    newest = _EVENT.alias("newest_event")
    is_newest = and_(newest.c.child_id == child_id, newest.c.child_seq == last.scalar_subquery())
    columns = [newest.c.child_seq.label("event_seq"), newest.c.event, newest.c.prev, newest.c.hash.label("event_hash")]
    return newest, is_newest, columns


def check_with_events(session: Session, keys: Keys, child_id: UUID, rows: Iterable[Row]) -> None:
    """Raise IntegrityError unless each row of a child is what the history says last about it.

    `rows` have `version` and `commit` beside the columns of `newest_event_of`.
    """
    head = session.execute(_HEAD_OF_ONE, {"child_id": child_id}).one_or_none()
    if head is None:
        raise IntegrityError
    _check_end(keys, head)
    for row in rows:
        check_told(keys, row, row.version, row.commit)
        if row.event_seq > head.child_seq:
            raise IntegrityError


def check_told(keys: Keys, row: Row, rec_ver: int, commit: bytes) -> None:
    """Raise IntegrityError unless the newest event about a record, read beside it, tells this version and commitment.

    `row` has the columns of `newest_event_of`. The head is not looked at: whoever reads the child's entries does that.
    """
    if row.event is None or not tells(row.event, rec_ver, commit):
        raise IntegrityError
    if event_hash(keys, row.prev, row.event) != row.event_hash:
        raise IntegrityError


def _check_end(keys: Keys, row: Row) -> None:
    keys.check_row_seal("history_head", row.seal, row.child_id, row.hash, row.at, row.child_seq)
    if row.end_event is None or not row.hash == row.end_hash == event_hash(keys, row.end_prev, row.end_event):
        raise IntegrityError


def _check_claim(keys: Keys, claim: Claim, row: Row) -> None:
    if row.event_seq > row.child_seq or event_hash(keys, row.prev, row.event) != row.event_hash:
        raise IntegrityError
    if not tells(row.event, claim.rec_ver, claim.commit):
        raise IntegrityError


def _head_to_extend(session: Session, keys: Keys, child_id: UUID, at: datetime) -> HistoryHead:
    head, newest_at = _locked_head(session, keys, child_id, at)
    keys.check_row_seal("history_head", head.seal, *head.authorising())
    require_clock(at, head.at)
    require_clock(at, newest_at)
    return head


def _locked_head(session: Session, keys: Keys, child_id: UUID, at: datetime) -> tuple[HistoryHead, datetime | None]:
    """Return the head, locked in this transaction, and the time of the newest checkpoint.

    The first event of a child makes the head. One that this work has locked already was compared with the clock then.
    """
    pending = _pending_head(session, child_id)
    if pending is not None:
        return pending, None
    locking = (
        select(HistoryHead, _NEWEST_CHECKPOINT_AT)
        .where(HistoryHead.child_id == child_id)
        .with_for_update(of=HistoryHead)
        .execution_options(populate_existing=True)
    )
    found = session.execute(locking).one_or_none()
    if found is None:
        _insert_head(session, keys, child_id, at)
        found = session.execute(locking).one()
    return tuple(found)


def _pending_head(session: Session, child_id: UUID) -> HistoryHead | None:
    """Return the head where this transaction has appended to it and not yet flushed: so it is checked and locked."""
    known = session.identity_map.get(identity_key(HistoryHead, child_id))
    return known if known is not None and inspect(known).modified else None


def _insert_head(session: Session, keys: Keys, child_id: UUID, at: datetime) -> None:
    head = HistoryHead(child_id=child_id, child_seq=0, hash=chain_start(keys, child_id), at=at)
    insert = _INSERTS[session.get_bind().dialect.name](HistoryHead)
    # Somebody else may be making the same one: then theirs stands.
    session.execute(
        insert.values(
            child_id=child_id,
            child_seq=0,
            hash=head.hash,
            at=at,
            seal=keys.seal_row("history_head", *head.authorising()),
        ).on_conflict_do_nothing()
    )
