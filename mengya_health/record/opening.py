"""How a sealed revision is opened: by whom it may be read, checked against the history, audited. The one place."""

from collections.abc import Callable, Collection
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, exists, select

from mengya_health import audit
from mengya_health.access.permissions import READ_SECTION, Permission, is_allowed
from mengya_health.access.rules import guardian_of, record_consented
from mengya_health.errors import NotPermitted, SectionClosed
from mengya_health.history.chain import check_with_events, newest_event_of
from mengya_health.people.facts import ChildFacts
from mengya_health.record.models import Dispute, Entry, Revision

# What a hand may read beside whole sections: the papers of a case that wait for its word.
READ_OF_KIND = {
    "class_summary": Permission.READ_CASE,
    "care_plan": Permission.READ_CASE,
}
# What a section does not open: only those whom record.set_apart's callers let in read it, one entry at a time.
SET_APART = ("conference",)
NOBODY = UUID(int=0)
# Columns of the tables and not of the mapped classes: rows come as they are, without the mapper's pass over each.
ENTRY, REVISION, _DISPUTE = Entry.__table__.c, Revision.__table__.c, Dispute.__table__.c
CURRENT = ENTRY.current_version == REVISION.version
IN_SECTION = ENTRY.kind.not_in(SET_APART)


class OpenEntry(NamedTuple):
    """An entry with the content of one revision, as plain values."""

    id: UUID
    child_id: UUID
    section: str
    kind: str
    status: str
    case_id: UUID | None
    task_id: UUID | None
    round: int | None
    author_id: UUID
    author_role: str
    organisation_id: UUID | None
    happened_on: date
    recorded_at: datetime
    version: int
    row_version: int
    content: dict
    commit: bytes
    is_disputed: bool = False  # a guardian says something against it: record.disputes


# Plain columns: building two mapped objects for each entry costs more than opening it. First what an OpenEntry begins
# with, in its order.
_OPEN_COLUMNS = (
    ENTRY.id, ENTRY.child_id, ENTRY.section, ENTRY.kind, ENTRY.status, ENTRY.case_id, ENTRY.task_id,
    ENTRY.round, REVISION.author_id.label("written_by"), REVISION.author_role.label("written_as"),
    ENTRY.organisation_id, ENTRY.happened_on, REVISION.recorded_at, REVISION.version, ENTRY.row_version,
)  # fmt: skip
_IS_DISPUTED = exists().where(_DISPUTE.about_id == ENTRY.id, _DISPUTE.status != "closed")
COLUMNS = (
    *_OPEN_COLUMNS, ENTRY.author_id, REVISION.body, REVISION.commit, _IS_DISPUTED.label("is_disputed"),
)  # fmt: skip
EVENT, IS_NEWEST, OF_EVENT = newest_event_of(ENTRY.child_id, ENTRY.id)


def select_entries(child_id: UUID) -> Select:
    """Return the SELECT of a child's entries, each with one revision, without what is set apart."""
    return select(*COLUMNS).where(ENTRY.child_id == child_id, IN_SECTION)


def readable(work, child: ChildFacts) -> ColumnElement:
    """Return the SQL condition that the actor may read an entry of this child."""
    sections, kinds = open_to(work, child)
    is_unread = (ENTRY.section == "family") & ENTRY.author_id.in_(unread_of(child))
    is_mine = ENTRY.author_id == as_author(work, child)
    mine = (ENTRY.section.in_(sections) | ENTRY.kind.in_(kinds)) & ~is_unread | is_mine
    return mine & ENTRY.section.in_(kept_sections(child))


def unread_of(child: ChildFacts) -> tuple[UUID, ...]:
    """Return who said no to the record (P1): what these guardians wrote for the family only they read."""
    return tuple(child.subject.refusing("P1"))


def kept_sections(child: ChildFacts) -> tuple[str, ...]:
    """Return the sections that are neither destroyed nor only stored: the others are shut to their authors, too."""
    return tuple(name for name in READ_SECTION if not child.subject.has_ended(name))


def given_away(child: ChildFacts) -> list[str]:
    """Return the sections of which a clinic may give something away: those that are open to it."""
    subject = child.subject
    is_open = {
        "health": True,
        "behaviour": subject.has_consent("P2") and not subject.is_closed("behaviour", "clinic"),
        "family": not subject.is_closed("family", "clinic"),
    }
    return [name for name in kept_sections(child) if is_open[name]]


def open_to(work, child: ChildFacts) -> tuple[list[str], list[str]]:
    """Return the sections and the kinds of entries that the actor may read."""
    return (
        [name for name, permission in READ_SECTION.items() if _may(work, permission, child)],
        [kind for kind, permission in READ_OF_KIND.items() if _may(work, permission, child)],
    )


def as_author(work, child: ChildFacts) -> UUID:
    """Return the id whose own words stay readable to the actor; without the family's consent (P1) nobody's do."""
    if record_consented(work.actor, child.subject) or guardian_of(work.actor, child.subject):
        return work.actor.user_id
    return NOBODY


def _may(work, permission: Permission, child: ChildFacts) -> bool:
    return is_allowed(work.actor, permission, child.subject)


def opened_entries(work, child: ChildFacts, chosen: Select, version: int | None = None) -> list[OpenEntry]:
    """Return entries at their current (or a named) version, opened. Raises NotPermitted, IntegrityError."""
    wanted = CURRENT if version is None else REVISION.version == version
    return open_rows(work, child, rows_of(work, child, chosen, wanted, is_checked=version is None))


def rows_of(work, child: ChildFacts, chosen: Select, wanted: ColumnElement, *, is_checked: bool = True) -> list[Row]:
    """Return entries with the revisions wanted, audited; the newest revision of each is checked against the history."""
    chosen = chosen.join(Revision.__table__, (REVISION.entry_id == ENTRY.id) & wanted)
    if is_checked:
        return checked_rows(work, child, chosen.outerjoin(EVENT, IS_NEWEST).add_columns(*OF_EVENT))
    return _audited(work, child, work.session.execute(chosen).all())


def checked_rows(work, child: ChildFacts, statement: Select, **asked) -> list[Row]:
    """Return the rows of a statement with `OF_EVENT` among its columns, audited and checked against the history."""
    rows = _audited(work, child, work.session.execute(statement, asked).all())
    if rows:
        newest = {row.id.int: row for row in reversed(rows)}  # newest first where an entry has several
        check_with_events(work.session, work.keys, child.id, newest.values())
    return rows


def _audited(work, child: ChildFacts, rows: list) -> list:
    if rows:
        is_one = all(row.id == rows[0].id for row in rows)
        audit.read(work, child.id, "entry", record_id=rows[0].id if is_one else None)
    return rows


def open_rows(work, child: ChildFacts, rows: Collection[Row]) -> list[OpenEntry]:
    """Return rows with their content. Raises NotPermitted for one that is closed to the actor, IntegrityError."""
    for name, until in child.subject.ended:
        if any(row.section == name for row in rows):
            raise SectionClosed(name, until)
    if not all(map(reader_of(work, child), rows)):
        raise NotPermitted
    return [open_row(work, child, row) for row in rows]


def reader_of(work, child: ChildFacts) -> Callable[[Row], bool]:
    """Return what says whether the actor may read a row of this child."""
    sections, kinds = open_to(work, child)
    unread, me = unread_of(child), as_author(work, child)

    def reads(row: Row) -> bool:
        is_unread = row.section == "family" and row.author_id in unread
        may = not is_unread and (row.section in sections or row.kind in kinds)
        return row.kind not in SET_APART and (may or row.author_id == me)

    return reads


def open_row(work, child: ChildFacts, row: Row) -> OpenEntry:
    """Return one row with its content; that it may be read was asked before. Raises IntegrityError."""
    content = work.keys.open_revision(child.id, row.section, row.id, row.version, row.body, row.commit)
    return OpenEntry(*row[: len(_OPEN_COLUMNS)], content, row.commit, row.is_disputed)
