"""Read entries. The one place where a sealed revision is opened: allowed, checked against the history, audited."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, bindparam, exists, false, func, literal, or_, select

from mengya_health import audit
from mengya_health.access.permissions import READ_SECTION, Permission, is_allowed, require
from mengya_health.access.rules import guardian_of, record_consented
from mengya_health.db import Id
from mengya_health.errors import NotFound, NotPermitted, SectionClosed
from mengya_health.history.chain import Claim, check_newest, check_with_events, newest_event_of
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import User
from mengya_health.record.models import Dispute, Entry, Revision

# What a hand may read beside whole sections: the papers of a case that wait for its word.
READ_OF_KIND = {
    "class_summary": Permission.READ_CASE,
    "care_plan": Permission.READ_CASE,
}
NOBODY = UUID(int=0)
# Columns of the tables and not of the mapped classes: rows come as they are, without the mapper's pass over each.
_ENTRY, _REVISION, _DISPUTE = Entry.__table__.c, Revision.__table__.c, Dispute.__table__.c
_CURRENT = _ENTRY.current_version == _REVISION.version


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


def find_entry(work, child: ChildFacts, entry_id: UUID, *, version: int | None = None) -> OpenEntry:
    """Return one entry at its current (or a named) version.

    Raises NotFound, NotPermitted when its section is closed to the actor, IntegrityError when a seal does not hold.
    """
    found = _opened(work, child, select_entries(child.id).where(_ENTRY.id == entry_id), version)
    if not found:
        raise NotFound
    return found[0]


def timeline(
    work, child: ChildFacts, *, limit: int = 20, before: date | None = None, kinds: tuple[str, ...] = ()
) -> list[OpenEntry]:
    """Return the newest entries the actor may read, newest first; sections closed to the actor are left out."""
    chosen = select_entries(child.id).where(_readable(work, child))
    if before:
        chosen = chosen.where(_ENTRY.happened_on < before)
    if kinds:
        chosen = chosen.where(_ENTRY.kind.in_(kinds))
    chosen = chosen.order_by(_ENTRY.happened_on.desc(), _ENTRY.recorded_at.desc()).limit(limit)
    return _opened(work, child, chosen)


def entries_of_case(work, child: ChildFacts, case_id: UUID, *, also: tuple[str, ...] = ()) -> list[OpenEntry]:
    """Return what was written for one case, oldest first; `also` names kinds of which all of the child's are wanted."""
    wanted = (_ENTRY.case_id == case_id) | _ENTRY.kind.in_(also)
    chosen = select_entries(child.id).where(wanted, _readable(work, child))
    return _opened(work, child, chosen.order_by(_ENTRY.recorded_at))


def entries_of_kind(work, child: ChildFacts, *kinds: str) -> list[OpenEntry]:
    """Return every entry of these kinds the actor may read, oldest first."""
    chosen = select_entries(child.id).where(_ENTRY.kind.in_(kinds), _readable(work, child))
    return _opened(work, child, chosen.order_by(_ENTRY.happened_on, _ENTRY.recorded_at))


@dataclass(frozen=True)
class SentAlong:
    """Entries that may go with a referral: found and checked, each opened only when the letter names it."""

    work: object = field(repr=False)
    child: ChildFacts
    rows: tuple[Row, ...] = field(repr=False)

    def open(self, wanted: Callable[[Row], bool]) -> list[OpenEntry]:
        """Return those of which `wanted` (id, kind, happened_on of a row) says so, oldest first."""
        return [_open(self.work, self.child, row) for row in self.rows if wanted(row)]


def sent_along(work, child: ChildFacts, ids: Iterable[UUID], *, kinds: tuple[str, ...] = ()) -> SentAlong:
    """Return the entries of a referral by id (its letter, its reply) and all of the kinds its materials are of.

    What the clinic itself may not read of the class or the family is left out: it cannot be given away. One statement,
    and one for the history. Raises NotFound, NotPermitted for whoever does not read the referral.
    """
    require(work.actor, Permission.READ_REFERRAL, child.subject)
    is_unread = (_ENTRY.section == "family") & _ENTRY.author_id.in_(unread_of(child))
    wanted = (_ENTRY.id.in_(list(ids)) | _ENTRY.kind.in_(kinds)) & _ENTRY.section.in_(_given_away(child)) & ~is_unread
    chosen = select_entries(child.id).where(wanted).order_by(_ENTRY.recorded_at)
    return SentAlong(work, child, tuple(_rows(work, child, chosen, _CURRENT)))


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
    sections, open_kinds = _open_to(work, child)
    unread = unread_of(child)
    statement = _record_statement(tuple(sections), tuple(open_kinds), _kept(child), kinds, also, bool(unread))
    asked = {"child_id": child.id, "me": as_author(work, child), "most": limit + 1}
    if unread:
        asked["unread"] = unread
    rows = _checked(work, child, statement, **asked)
    shown = [row for row in rows if not kinds or row.kind in kinds]
    wanted = {row.id: row for row in [*shown[:limit], *_among(rows, also)]}
    opened = dict(zip(wanted, _open_all(work, child, wanted.values()), strict=True))
    return RecordPage(
        newest=tuple(opened[row.id] for row in shown[:limit]),
        of_kinds=tuple(opened[row.id] for row in reversed(_among(rows, also))),
        counts={section: getattr(rows[0], f"{section}_count") for section in READ_SECTION} if rows else {},
        has_older=len(shown) > limit,
    )


@lru_cache(maxsize=64)
def _record_statement(
    sections: tuple[str, ...],
    open_kinds: tuple[str, ...],
    kept: tuple[str, ...],
    kinds: tuple[str, ...],
    also: tuple[str, ...],
    has_unread: bool,
) -> Select:
    """Return the statement of a record page for a reader of these sections and kinds; kept, for building it is slow."""
    of_child = _ENTRY.child_id == bindparam("child_id", type_=Id())
    may = _is_one_of(_ENTRY.section, sections) | _is_one_of(_ENTRY.kind, open_kinds)
    if has_unread:
        unread = bindparam("unread", type_=Id(), expanding=True)
        may &= ~((_ENTRY.section == "family") & _ENTRY.author_id.in_(unread))
    may = may | (_ENTRY.author_id == bindparam("me", type_=Id()))
    may &= _is_one_of(_ENTRY.section, kept)
    listed = _is_one_of(_ENTRY.kind, kinds) if kinds else literal(True)
    newest_first = _ENTRY.happened_on.desc(), _ENTRY.recorded_at.desc()
    newest = select(_ENTRY.id).where(of_child, may, listed).order_by(*newest_first).limit(bindparam("most"))
    newest = newest.subquery()
    counted = [
        select(func.count()).where(of_child, may, _ENTRY.section == section).scalar_subquery().label(f"{section}_count")
        for section in READ_SECTION
    ]
    chosen = select(*_COLUMNS, *_OF_EVENT, *counted).where(of_child, may)
    listed_or_wanted = _ENTRY.id.in_(select(newest.c.id)) | _is_one_of(_ENTRY.kind, also)
    chosen = chosen.where(listed_or_wanted).order_by(*newest_first)
    return chosen.join(Revision.__table__, (_REVISION.entry_id == _ENTRY.id) & _CURRENT).outerjoin(_EVENT, _IS_NEWEST)


def _is_one_of(column: ColumnElement, values: tuple[str, ...]) -> ColumnElement:
    # Not `in_`, whose list is written into the statement anew each time it runs.
    return or_(false(), *(column == value for value in values))


@dataclass(frozen=True)
class Version:
    """One version of an entry, with the name of who wrote it."""

    entry: OpenEntry
    author: str


def versions_of(work, child: ChildFacts, entry_id: UUID) -> list[Version]:
    """Return an entry at every version, newest first, in three statements.

    Raises NotFound, NotPermitted, IntegrityError unless the newest is what the history says last.
    """
    chosen = select_entries(child.id).add_columns(User.body.label("author_body"))
    chosen = chosen.where(_ENTRY.id == entry_id, User.id == _REVISION.author_id).order_by(_REVISION.version.desc())
    rows = _rows(work, child, chosen, literal(True))
    if not rows:
        raise NotFound
    work.keys.load(row.written_by for row in rows)
    opened = _open_all(work, child, rows)
    return [Version(entry, _name_of(work, row)) for entry, row in zip(opened, rows, strict=True)]


def signed_entries_of_task(work, child: ChildFacts, task_id: UUID) -> list[Version]:
    """Return what was written for one task, oldest first, each with the name of who wrote it."""
    chosen = select_entries(child.id).add_columns(User.body.label("author_body"))
    chosen = chosen.where(_ENTRY.task_id == task_id, User.id == _REVISION.author_id, _readable(work, child))
    rows = _rows(work, child, chosen.order_by(_ENTRY.recorded_at), _CURRENT)
    work.keys.load(row.written_by for row in rows)
    opened = _open_all(work, child, rows)
    return [Version(entry, _name_of(work, row)) for entry, row in zip(opened, rows, strict=True)]


def every_version(work, child: ChildFacts) -> list[Version]:
    """Return each entry the actor may read at every version, the newest of an entry first; two statements."""
    chosen = select_entries(child.id).add_columns(User.body.label("author_body"))
    chosen = chosen.where(User.id == _REVISION.author_id, _readable(work, child))
    chosen = chosen.order_by(_ENTRY.recorded_at, _ENTRY.id, _REVISION.version.desc())
    rows = _rows(work, child, chosen, literal(True))
    work.keys.load(row.written_by for row in rows)
    opened = _open_all(work, child, rows)
    return [Version(entry, _name_of(work, row)) for entry, row in zip(opened, rows, strict=True)]


def written_about(work, organisation_ids: Iterable[UUID]) -> Select:
    """Return a SELECT of the ids of children about whom the actor, or a doctor of these clinics, wrote something."""
    return select(_ENTRY.child_id).where(_own(work, organisation_ids))


def own_words(work, child, *, organisation_ids: Iterable[UUID] = (), limit: int = 200) -> list[OpenEntry]:
    """Return what the actor wrote about a child they no longer serve, newest first.

    `organisation_ids` are clinics whose doctors' entries count as the actor's, too: a desk is shared. `child` is known
    by its id and subject alone; whoever calls has asked for READ_OWN_WORDS.
    """
    chosen = select_entries(child.id).where(_own(work, organisation_ids), _ENTRY.section.in_(_kept(child)))
    chosen = chosen.order_by(_ENTRY.happened_on.desc(), _ENTRY.recorded_at.desc()).limit(limit)
    return [_open(work, child, row) for row in _rows(work, child, chosen, _CURRENT)]


def _own(work, organisation_ids: Iterable[UUID]) -> ColumnElement:
    at_desk = _ENTRY.organisation_id.in_(list(organisation_ids)) & (_ENTRY.author_role == "doctor")
    return (_ENTRY.author_id == work.actor.user_id) | at_desk


def entries_of_today(work, children: Mapping[UUID, ChildFacts], kind: str) -> list[OpenEntry]:
    """Return the entries of a kind that these children have from today, newest first; closed ones are left out."""
    return entries_of_children(work, children, (kind,), since=work.today)


def entries_of_children(
    work, children: Mapping[UUID, ChildFacts], kinds: tuple[str, ...], *, since: date, active: str = ""
) -> list[OpenEntry]:
    """Return what these children have of some kinds since a day, newest first; closed ones are left out.

    `active` names a kind of which older entries are wanted, too, while they are active. One statement, and one for the
    history, for any number of children.
    """
    chosen = select(*_COLUMNS).join(Revision.__table__, (_REVISION.entry_id == _ENTRY.id) & _CURRENT)
    wanted = _ENTRY.kind.in_(kinds) & _ENTRY.happened_on.between(since, work.today)
    if active:
        wanted |= (_ENTRY.kind == active) & (_ENTRY.status == "active")
    chosen = chosen.where(_ENTRY.child_id.in_(children), wanted)
    rows = work.session.execute(chosen.order_by(_REVISION.recorded_at.desc())).all()
    reads = {child_id: _reader(work, child) for child_id, child in children.items()}
    rows = [row for row in rows if row.section in _kept(children[row.child_id]) and reads[row.child_id](row)]
    check_newest(work.session, work.keys, (Claim(row.child_id, row.id, row.version, row.commit) for row in rows))
    audit.read(work, {row.child_id for row in rows}, "entry")
    return [_open(work, children[row.child_id], row) for row in rows]


# Plain columns: building two mapped objects for each entry costs more than opening it. First what an OpenEntry begins
# with, in its order.
_OPEN_COLUMNS = (
    _ENTRY.id, _ENTRY.child_id, _ENTRY.section, _ENTRY.kind, _ENTRY.status, _ENTRY.case_id, _ENTRY.task_id,
    _ENTRY.round, _REVISION.author_id.label("written_by"), _REVISION.author_role.label("written_as"),
    _ENTRY.organisation_id, _ENTRY.happened_on, _REVISION.recorded_at, _REVISION.version, _ENTRY.row_version,
)  # fmt: skip
_IS_DISPUTED = exists().where(_DISPUTE.about_id == _ENTRY.id, _DISPUTE.status != "closed")
_COLUMNS = (
    *_OPEN_COLUMNS, _ENTRY.author_id, _REVISION.body, _REVISION.commit, _IS_DISPUTED.label("is_disputed"),
)  # fmt: skip


_EVENT, _IS_NEWEST, _OF_EVENT = newest_event_of(_ENTRY.child_id, _ENTRY.id)


def select_entries(child_id: UUID):
    """Return the SELECT of a child's entries, each with one revision."""
    return select(*_COLUMNS).where(_ENTRY.child_id == child_id)


def _readable(work, child: ChildFacts):
    sections, kinds = _open_to(work, child)
    is_unread = (_ENTRY.section == "family") & _ENTRY.author_id.in_(unread_of(child))
    is_mine = _ENTRY.author_id == as_author(work, child)
    mine = (_ENTRY.section.in_(sections) | _ENTRY.kind.in_(kinds)) & ~is_unread | is_mine
    return mine & _ENTRY.section.in_(_kept(child))


def unread_of(child: ChildFacts) -> tuple[UUID, ...]:
    """Return who said no to the record (P1): what these guardians wrote for the family only they read."""
    return tuple(child.subject.refusing("P1"))


def _kept(child: ChildFacts) -> tuple[str, ...]:
    """Return the sections that are neither destroyed nor only stored: the others are shut to their authors, too."""
    return tuple(name for name in READ_SECTION if not child.subject.has_ended(name))


def _given_away(child: ChildFacts) -> list[str]:
    """Return the sections of which a clinic may give something away: those that are open to it."""
    subject = child.subject
    is_open = {
        "health": True,
        "behaviour": subject.has_consent("P2") and not subject.is_closed("behaviour", "clinic"),
        "family": not subject.is_closed("family", "clinic"),
    }
    return [name for name in _kept(child) if is_open[name]]


def _open_to(work, child: ChildFacts) -> tuple[list[str], list[str]]:
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


def _opened(work, child: ChildFacts, chosen, version: int | None = None) -> list[OpenEntry]:
    wanted = _CURRENT if version is None else _REVISION.version == version
    return _open_all(work, child, _rows(work, child, chosen, wanted, is_checked=version is None))


def _rows(work, child: ChildFacts, chosen, wanted, *, is_checked: bool = True) -> list:
    """Return entries with the revisions wanted, audited; the newest revision of each is checked against the history."""
    chosen = chosen.join(Revision.__table__, (_REVISION.entry_id == _ENTRY.id) & wanted)
    if is_checked:
        return _checked(work, child, chosen.outerjoin(_EVENT, _IS_NEWEST).add_columns(*_OF_EVENT))
    return _audited(work, child, work.session.execute(chosen).all())


def _checked(work, child: ChildFacts, statement, **asked) -> list:
    rows = _audited(work, child, work.session.execute(statement, asked).all())
    if rows:
        newest = {row.id: row for row in reversed(rows)}  # newest first where an entry has several
        check_with_events(work.session, work.keys, child.id, newest.values())
    return rows


def _audited(work, child: ChildFacts, rows: list) -> list:
    if rows:
        is_one = all(row.id == rows[0].id for row in rows)
        audit.read(work, child.id, "entry", record_id=rows[0].id if is_one else None)
    return rows


def _among(rows: list, kinds: tuple[str, ...]) -> list:
    return [row for row in rows if row.kind in kinds]


def _name_of(work, row) -> str:
    return work.keys.open_body("user", row.written_by, row.written_by, "user", row.author_body)["name"]


def _open_all(work, child: ChildFacts, rows) -> list[OpenEntry]:
    """Return rows with their content. Raises NotPermitted for one that is closed to the actor, IntegrityError."""
    for name, until in child.subject.ended:
        if any(row.section == name for row in rows):
            raise SectionClosed(name, until)
    if not all(map(_reader(work, child), rows)):
        raise NotPermitted
    return [_open(work, child, row) for row in rows]


def _reader(work, child: ChildFacts) -> Callable[[Row], bool]:
    """Return what says whether the actor may read a row of this child."""
    sections, kinds = _open_to(work, child)
    unread, me = unread_of(child), as_author(work, child)

    def reads(row: Row) -> bool:
        is_unread = row.section == "family" and row.author_id in unread
        may = not is_unread and (row.section in sections or row.kind in kinds)
        return may or row.author_id == me

    return reads


def _open(work, child: ChildFacts, row) -> OpenEntry:
    content = work.keys.open_revision(child.id, row.section, row.id, row.version, row.body, row.commit)
    return OpenEntry(*row[: len(_OPEN_COLUMNS)], content, row.commit, row.is_disputed)
