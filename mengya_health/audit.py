"""Who looked at what: one row per decision on personal data, stored before the answer leaves."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Dialect,
    Engine,
    Index,
    Row,
    String,
    UniqueConstraint,
    bindparam,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from mengya_health.db import ONE_STATEMENT, Base, Id, UtcTime, engine_for, new_id
from mengya_health.errors import ClockBehind, IntegrityError

_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
MOST_AT_ONCE = 120  # rows of one statement: a page of a hundred children, and what it shows besides


class AuditEvent(Base):
    """One reading, writing or refusal, in the terms of FHIR AuditEvent. Ids and codes only."""

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_child", "child_id", "at"),
        # What the last hour held, for alarms, and the officer's search, newest first.
        Index("ix_audit_event_at", "at"),
        Index("ix_audit_event_user", "user_id", "at"),
        # Searches only: what a place looked up today is counted before it may look up more.
        Index(
            "ix_audit_event_search",
            "organisation_id",
            "at",
            sqlite_where=text("action = 'S'"),
            postgresql_where=text("action = 'S'"),
        ),
        # What the next checkpoint takes in, and what one leaf of it covers.
        Index("ix_audit_event_leaf", "leaf_index", "id"),
    )

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    # The same id on the rows of one list page; alone on a page about one child.
    request_id: Mapped[UUID] = mapped_column(Id)
    user_id: Mapped[UUID | None] = mapped_column(Id)
    role: Mapped[str] = mapped_column(String(20))
    organisation_id: Mapped[UUID | None] = mapped_column(Id)
    session_id: Mapped[UUID | None] = mapped_column(Id)
    action: Mapped[str] = mapped_column(String(6))  # C R U D E P S Sign
    child_id: Mapped[UUID | None] = mapped_column(Id)
    record_type: Mapped[str] = mapped_column(String(20))
    record_id: Mapped[UUID | None] = mapped_column(Id)
    purpose: Mapped[str] = mapped_column(String(20))
    outcome: Mapped[str] = mapped_column(String(6))  # allow deny
    reason: Mapped[str] = mapped_column(String(40), default="")
    source: Mapped[str] = mapped_column(String(45), default="")
    break_glass_id: Mapped[UUID | None] = mapped_column(Id)  # the emergency access under which it was read
    at: Mapped[datetime] = mapped_column(UtcTime)
    leaf_index: Mapped[int | None] = mapped_column(BigInteger)  # filled once, with the checkpoint that takes it in


class Alarm(Base):
    """Something a security officer has to look at, in ids and codes: one row for one happening, however often seen."""

    __tablename__ = "alarm"
    __table_args__ = (UniqueConstraint("kind", "subject"), Index("ix_alarm_open", "seen_at", "at"))

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(16))  # many_children outside night seal integrity clock …
    subject: Mapped[str] = mapped_column(String(60))  # what tells one happening from the next: a user and an hour …
    user_id: Mapped[UUID | None] = mapped_column(Id)
    role: Mapped[str] = mapped_column(String(20), default="")
    organisation_id: Mapped[UUID | None] = mapped_column(Id)
    request_id: Mapped[UUID | None] = mapped_column(Id)
    number: Mapped[int] = mapped_column(default=1)  # how many children, tries, pages
    at: Mapped[datetime] = mapped_column(UtcTime)
    seen_by: Mapped[UUID | None] = mapped_column(Id)
    seen_at: Mapped[datetime | None] = mapped_column(UtcTime)
    finding: Mapped[str] = mapped_column(String(16), default="")  # explained followed_up false_alarm


def note(
    work,
    action: str,
    child_ids: UUID | Iterable[UUID] | None,
    record_type: str,
    *,
    record_id: UUID | None = None,
    purpose: str = "care",
    outcome: str = "allow",
    reason: str = "",
) -> None:
    """Keep one audit row for each child until the door stores them, in one statement, before it answers."""
    ids = [child_ids] if child_ids is None or isinstance(child_ids, UUID) else list(child_ids)
    actor = work.actor
    organisation_id = place_of(actor)
    emergency = actor.emergency if actor else None
    for child_id in ids:
        work.audit_rows.append(
            {
                "id": new_id(),
                "request_id": work.request_id,
                "user_id": actor.user_id if actor else None,
                "role": actor.role if actor else "anonymous",
                "organisation_id": organisation_id,
                "session_id": actor.session_id if actor else None,
                "action": action,
                "child_id": child_id,
                "record_type": record_type,
                "record_id": record_id,
                "purpose": "emergency" if emergency and emergency.child_id == child_id else purpose,
                "outcome": outcome,
                "reason": reason,
                "source": work.source,
                "break_glass_id": emergency.id if emergency and emergency.child_id == child_id else None,
                "at": work.now,
            }
        )


def read(work, child_ids, record_type: str, **what) -> None:
    """Note that something of these children is about to be shown."""
    note(work, "R", child_ids, record_type, **what)


def changed(work, child_id: UUID, record_type: str, record_id: UUID | None = None, *, action: str = "U") -> None:
    """Note that something of this child is being changed."""
    note(work, action, child_id, record_type, record_id=record_id)


def refused(work, child_id: UUID | None, record_type: str, reason: str) -> None:
    """Note that something was asked for and not given."""
    note(work, "R", child_id, record_type, outcome="deny", reason=reason)


def raise_alarm(work, kind: str, subject: str, *, number: int = 1) -> None:
    """Keep one alarm until the audit rows of this unit of work are stored; a refusal does not take it along."""
    actor = work.actor
    work.alarms.append(
        {
            "id": new_id(),
            "kind": kind,
            "subject": subject[:60],
            "user_id": actor.user_id if actor else None,
            "role": actor.role if actor else "anonymous",
            "organisation_id": place_of(actor),
            "request_id": work.request_id,
            "number": number,
            "at": work.now,
        }
    )


def alarm_about(work, error: Exception) -> None:
    """Alarm about an error that says somebody may have been at the database or the clock; about no other."""
    if isinstance(error, IntegrityError):
        raise_alarm(work, "integrity", str(work.request_id))
    elif isinstance(error, ClockBehind):
        raise_alarm(work, "clock", f"behind {work.now:%Y-%m-%dT%H}")


def store_alone(engine: Engine, rows: list[dict]) -> None:
    """Store and commit audit rows that nothing else goes with: one statement, for `MOST_AT_ONCE` of them at most."""
    statement, names, columns = _insertion(engine.dialect, len(rows))
    first = rows[0]
    ready = [(name, as_stored, as_stored(first[name]) if as_stored else first[name]) for name, as_stored in columns]
    values = [  # of the rows of a list nearly all is the same
        stored if row[name] is first[name] else as_stored(row[name]) if as_stored else row[name]
        for row in rows
        for name, as_stored, stored in ready
    ]
    with engine_for(engine, ONE_STATEMENT).begin() as connection:
        connection.exec_driver_sql(statement, dict(zip(names, values, strict=True)) if names else tuple(values))


@lru_cache(maxsize=2 * MOST_AT_ONCE)
def _insertion(dialect: Dialect, number: int) -> tuple[str, list[str], list[tuple[str, Callable | None]]]:
    """Return the statement for so many rows, its parameters' names (none where only their order counts), its columns.

    Each column with what makes a value of it storable. Kept: SQLAlchemy builds an INSERT of several rows anew each
    time, which takes longer than to store them.
    """
    columns = [column for column in _EVENT.c if column is not _EVENT.c.leaf_index]
    rows = [{each.name: bindparam(f"{each.name}_{row}", type_=each.type) for each in columns} for row in range(number)]
    statement = str(insert(_EVENT).values(rows).compile(dialect=dialect))
    names = [] if dialect.positional else [bound.key for row in rows for bound in row.values()]
    return statement, names, [(each.name, each.type.dialect_impl(dialect).bind_processor(dialect)) for each in columns]


def store_alarms(session, rows: list[dict]) -> None:
    """Store alarms; a happening that has one already keeps it, whoever stores it at the same time."""
    if rows:
        added = _INSERTS[session.get_bind().dialect.name](Alarm).on_conflict_do_nothing()
        session.execute(added, rows)


def place_of(actor) -> UUID | None:
    """Return the organisation an actor acts for; a family has none."""
    if actor and actor.link:
        return actor.link.receiver_id
    return actor.places[0].organisation_id if actor and actor.places else None


_EVENT = AuditEvent.__table__
# What a leaf covers of a row, in this order. Fixed: leaves that were signed must come out the same after a migration.
COVERED = tuple(
    _EVENT.c[name]
    for name in (
        "id", "request_id", "user_id", "role", "organisation_id", "session_id", "action", "child_id", "record_type",
        "record_id", "purpose", "outcome", "reason", "source", "at", "break_glass_id",
    )
)  # fmt: skip


def take_new(session: Session, digest: Callable[[bytes], bytes], leaf_index: int) -> tuple[bytes, int] | None:
    """Number the audit rows that no checkpoint has taken in yet; return the hash over them and their count.

    None where there are none. Later the same rows, found by their number, give the same hash.
    """
    session.execute(update(_EVENT).where(_EVENT.c.leaf_index.is_(None)).values(leaf_index=leaf_index))
    rows = session.execute(select(*COVERED).where(_EVENT.c.leaf_index == leaf_index).order_by(_EVENT.c.id)).all()
    return (hash_over(digest, rows), len(rows)) if rows else None


def hash_over(digest: Callable[[bytes], bytes], rows: Iterable[Row]) -> bytes:
    """Return the hash over audit rows, of the columns of `COVERED` and in the order of their ids.

    H("txda/audit/1\\0" ‖ one JSON list of texts for each row, each on a line of its own).
    """
    return digest(b"txda/audit/1\0" + b"".join(_line(row) for row in rows))


def _line(row: Row) -> bytes:
    return json.dumps([_as_text(value) for value in row], separators=(",", ":")).encode() + b"\n"


def _as_text(value: UUID | datetime | str | None) -> str | None:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return None if value is None else str(value)
