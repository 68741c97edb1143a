"""Read entries. The one place where a sealed revision is opened: allowed, checked against the history, audited."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, literal, select

from mengya_health import audit
from mengya_health.access.permissions import READ_SECTION, Permission, is_allowed
from mengya_health.errors import NotFound, NotPermitted
from mengya_health.history.chain import Claim, check_newest
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import User
from mengya_health.record.models import Entry, Revision

# What a hand may read beside whole sections: the papers of a case that wait for its word.
READ_OF_KIND = {
    "class_summary": Permission.READ_CASE,
    "care_plan": Permission.READ_CASE,
}
_CURRENT = Entry.current_version == Revision.version


@dataclass(frozen=True)
class OpenEntry:
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


def find_entry(work, child: ChildFacts, entry_id: UUID, *, version: int | None = None) -> OpenEntry:
    """Return one entry at its current (or a named) version.

    Raises NotFound, NotPermitted when its section is closed to the actor, IntegrityError when a seal does not hold.
    """
    found = _opened(work, child, select_entries(child.id).where(Entry.id == entry_id), version)
    if not found:
        raise NotFound
    return found[0]


def timeline(
    work, child: ChildFacts, *, limit: int = 20, before: date | None = None, kinds: tuple[str, ...] = ()
) -> list[OpenEntry]:
    """Return the newest entries the actor may read, newest first; sections closed to the actor are left out."""
    chosen = select_entries(child.id).where(_readable(work, child))
    if before:
        chosen = chosen.where(Entry.happened_on < before)
    if kinds:
        chosen = chosen.where(Entry.kind.in_(kinds))
    chosen = chosen.order_by(Entry.happened_on.desc(), Entry.recorded_at.desc()).limit(limit)
    return _opened(work, child, chosen)


def entries_of_case(work, child: ChildFacts, case_id: UUID, *, also: tuple[str, ...] = ()) -> list[OpenEntry]:
    """Return what was written for one case, oldest first; `also` names kinds of which all of the child's are wanted."""
    wanted = (Entry.case_id == case_id) | Entry.kind.in_(also)
    chosen = select_entries(child.id).where(wanted, _readable(work, child))
    return _opened(work, child, chosen.order_by(Entry.recorded_at))


def entries_of_kind(work, child: ChildFacts, *kinds: str) -> list[OpenEntry]:
    """Return every entry of these kinds the actor may read, oldest first."""
    chosen = select_entries(child.id).where(Entry.kind.in_(kinds), _readable(work, child))
    return _opened(work, child, chosen.order_by(Entry.happened_on, Entry.recorded_at))


@dataclass(frozen=True)
class RecordPage:
    """A child's record as its page shows it: the newest entries first, and all of some kinds, oldest first.

    `counts` is how many entries of each section the actor may read; `has_older` whether `newest` leaves any out.
    """

    newest: tuple[OpenEntry, ...]
    of_kinds: tuple[OpenEntry, ...]
    counts: dict[str, int]
    has_older: bool


def record_page(
    work, child: ChildFacts, *, limit: int = 20, kinds: tuple[str, ...] = (), also: tuple[str, ...] = ()
) -> RecordPage:
    """Return the newest entries the actor may read (only `kinds` where named) with every entry of `also`.

    One statement, and one for the history, however much there is.
    """
    may = _readable(work, child)
    listed = Entry.kind.in_(kinds) if kinds else literal(True)
    newest = select(Entry.id).where(Entry.child_id == child.id, may, listed)
    newest = newest.order_by(Entry.happened_on.desc(), Entry.recorded_at.desc()).limit(limit + 1).subquery()
    counted = [
        select(func.count()).where(Entry.child_id == child.id, may, Entry.section == section).scalar_subquery()
        for section in READ_SECTION
    ]
    chosen = select_entries(child.id).where(may, Entry.id.in_(select(newest.c.id)) | Entry.kind.in_(also))
    chosen = chosen.add_columns(*counted).order_by(Entry.happened_on.desc(), Entry.recorded_at.desc())
    rows = _rows(work, child, chosen, _CURRENT)
    shown = [row for row in rows if not kinds or row.Entry.kind in kinds]
    opened = {
        row.Entry.id: _open(work, child, row.Entry, row.Revision) for row in [*shown[:limit], *_among(rows, also)]
    }
    return RecordPage(
        newest=tuple(opened[row.Entry.id] for row in shown[:limit]),
        of_kinds=tuple(opened[row.Entry.id] for row in reversed(_among(rows, also))),
        counts=dict(zip(READ_SECTION, rows[0][2:], strict=True)) if rows else {},
        has_older=len(shown) > limit,
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
    chosen = select_entries(child.id).add_columns(User.id.label("author_id"), User.body.label("author_body"))
    chosen = chosen.where(Entry.id == entry_id, User.id == Revision.author_id).order_by(Revision.version.desc())
    rows = _rows(work, child, chosen, literal(True))
    if not rows:
        raise NotFound
    work.keys.load(row.author_id for row in rows)
    return [Version(_open(work, child, row.Entry, row.Revision), _name_of(work, row)) for row in rows]


def written_today(work, child_ids: list[UUID], kind: str) -> dict[UUID, int]:
    """Return how many entries of a kind each of these children has from today; a count opens nothing."""
    counted = (
        select(Entry.child_id, func.count())
        .where(Entry.child_id.in_(child_ids), Entry.kind == kind, Entry.happened_on == work.today)
        .group_by(Entry.child_id)
    )
    return {child_id: number for child_id, number in work.session.execute(counted)}


def select_entries(child_id: UUID):
    """Return the SELECT of a child's entries, each with one revision."""
    return select(Entry, Revision).where(Entry.child_id == child_id)


def _readable(work, child: ChildFacts):
    open_sections = [name for name, permission in READ_SECTION.items() if _may(work, permission, child)]
    open_kinds = [kind for kind, permission in READ_OF_KIND.items() if _may(work, permission, child)]
    return Entry.section.in_(open_sections) | Entry.kind.in_(open_kinds) | (Entry.author_id == work.actor.user_id)


def _may(work, permission: Permission, child: ChildFacts) -> bool:
    return is_allowed(work.actor, permission, child.subject)


def _opened(work, child: ChildFacts, chosen, version: int | None = None) -> list[OpenEntry]:
    wanted = _CURRENT if version is None else Revision.version == version
    rows = _rows(work, child, chosen, wanted, is_checked=version is None)
    return [_open(work, child, row.Entry, row.Revision) for row in rows]


def _rows(work, child: ChildFacts, chosen, wanted, *, is_checked: bool = True) -> list:
    """Return entries with the revisions wanted, audited; the newest revision of each is checked against the history."""
    rows = work.session.execute(chosen.join(Revision, (Revision.entry_id == Entry.id) & wanted)).all()
    if not rows:
        return []
    found = {row.Entry.id for row in rows}
    audit.read(work, child.id, "entry", record_id=rows[0].Entry.id if len(found) == 1 else None)
    if is_checked:
        check_newest(work.session, work.keys, _claims(child, rows))
    return rows


def _claims(child: ChildFacts, rows: list) -> list[Claim]:
    """Return what the newest revision of each entry says of itself; newest first where an entry has several."""
    newest = {row.Entry.id: row.Revision for row in reversed(rows)}
    return [Claim(child.id, entry_id, revision.version, revision.commit) for entry_id, revision in newest.items()]


def _among(rows: list, kinds: tuple[str, ...]) -> list:
    return [row for row in rows if row.Entry.kind in kinds]


def _name_of(work, row) -> str:
    return work.keys.open_body("user", row.author_id, row.author_id, "user", row.author_body)["name"]


def _open(work, child: ChildFacts, entry: Entry, revision: Revision) -> OpenEntry:
    permission = READ_OF_KIND.get(entry.kind, READ_SECTION[entry.section])
    own = entry.author_id == work.actor.user_id
    if not (own or _may(work, permission, child) or _may(work, READ_SECTION[entry.section], child)):
        raise NotPermitted
    content = work.keys.open_revision(
        child.id, entry.section, entry.id, revision.version, revision.body, revision.commit
    )
    return OpenEntry(
        id=entry.id,
        child_id=entry.child_id,
        section=entry.section,
        kind=entry.kind,
        status=entry.status,
        case_id=entry.case_id,
        task_id=entry.task_id,
        round=entry.round,
        author_id=revision.author_id,
        author_role=revision.author_role,
        organisation_id=entry.organisation_id,
        happened_on=entry.happened_on,
        recorded_at=revision.recorded_at,
        version=revision.version,
        row_version=entry.row_version,
        content=content,
        commit=revision.commit,
    )
