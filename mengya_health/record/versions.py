"""Entries at their versions, each with the name of who wrote it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, literal

from mengya_health.errors import NotFound
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import User
from mengya_health.record.opening import (
    CURRENT,
    ENTRY,
    REVISION,
    OpenEntry,
    open_rows,
    readable,
    rows_of,
    select_entries,
)


@dataclass(frozen=True)
class Version:
    """One version of an entry, with the name of who wrote it."""

    entry: OpenEntry
    author: str


def versions_of(work, child: ChildFacts, entry_id: UUID) -> list[Version]:
    """Return an entry at every version, newest first, in three statements.

    Raises NotFound, NotPermitted, IntegrityError unless the newest is what the history says last.
    """
    chosen = _with_author(child).where(ENTRY.id == entry_id).order_by(REVISION.version.desc())
    found = _named(work, child, chosen, literal(True))
    if not found:
        raise NotFound
    return found


def signed_entries_of_task(work, child: ChildFacts, task_id: UUID) -> list[Version]:
    """Return what was written for one task, oldest first, each with the name of who wrote it."""
    chosen = _with_author(child).where(ENTRY.task_id == task_id, readable(work, child))
    return _named(work, child, chosen.order_by(ENTRY.recorded_at), CURRENT)


def every_version(work, child: ChildFacts) -> list[Version]:
    """Return each entry the actor may read at every version, the newest of an entry first; two statements."""
    chosen = _with_author(child).where(readable(work, child))
    return _named(work, child, chosen.order_by(ENTRY.recorded_at, ENTRY.id, REVISION.version.desc()), literal(True))


def _with_author(child: ChildFacts) -> Select:
    return select_entries(child.id).add_columns(User.body.label("author_body")).where(User.id == REVISION.author_id)


def _named(work, child: ChildFacts, chosen: Select, wanted: ColumnElement) -> list[Version]:
    rows = rows_of(work, child, chosen, wanted)
    work.keys.load(row.written_by for row in rows)
    opened = open_rows(work, child, rows)
    return [Version(entry, _name_of(work, row)) for entry, row in zip(opened, rows, strict=True)]


def _name_of(work, row) -> str:
    return work.keys.open_body("user", row.written_by, row.written_by, "user", row.author_body)["name"]
