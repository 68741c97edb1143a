"""Read entries, already limited to what the actor may see; `opening` says how each is opened."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, bindparam, false, func, literal, or_, select

from mengya_health import audit
from mengya_health.access.permissions import READ_SECTION, Permission, require
from mengya_health.db import Id
from mengya_health.errors import NotFound
from mengya_health.history.chain import Claim, check_newest
from mengya_health.people.facts import ChildFacts
from mengya_health.record.models import Revision
from mengya_health.record.opening import (
    COLUMNS,
    CURRENT,
    ENTRY,
    EVENT,
    IN_SECTION,
    IS_NEWEST,
    OF_EVENT,
    REVISION,
    OpenEntry,
    as_author,
    checked_rows,
    given_away,
    kept_sections,
    open_row,
    open_rows,
    open_to,
    opened_entries,
    readable,
    reader_of,
    rows_of,
    select_entries,
    unread_of,
)


def find_entry(work, child: ChildFacts, entry_id: UUID, *, version: int | None = None) -> OpenEntry:
    """Return one entry at its current (or a named) version.

    Raises NotFound, NotPermitted when its section is closed to the actor, IntegrityError when a seal does not hold.
    """
    found = opened_entries(work, child, select_entries(child.id).where(ENTRY.id == entry_id), version)
    if not found:
        raise NotFound
    return found[0]


def timeline(
    work, child: ChildFacts, *, limit: int = 20, before: date | None = None, kinds: tuple[str, ...] = ()
) -> list[OpenEntry]:
    """Return the newest entries the actor may read, newest first; sections closed to the actor are left out."""
    chosen = select_entries(child.id).where(readable(work, child))
    if before:
        chosen = chosen.where(ENTRY.happened_on < before)
    if kinds:
        chosen = chosen.where(ENTRY.kind.in_(kinds))
    chosen = chosen.order_by(ENTRY.happened_on.desc(), ENTRY.recorded_at.desc()).limit(limit)
    return opened_entries(work, child, chosen)


def entries_of_case(work, child: ChildFacts, case_id: UUID, *, also: tuple[str, ...] = ()) -> list[OpenEntry]:
    """Return what was written for one case, oldest first; `also` names kinds of which all of the child's are wanted."""
    wanted = (ENTRY.case_id == case_id) | ENTRY.kind.in_(also)
    chosen = select_entries(child.id).where(wanted, readable(work, child))
    return opened_entries(work, child, chosen.order_by(ENTRY.recorded_at))


def entries_of_kind(work, child: ChildFacts, *kinds: str) -> list[OpenEntry]:
    """Return every entry of these kinds the actor may read, oldest first."""
    chosen = select_entries(child.id).where(ENTRY.kind.in_(kinds), readable(work, child))
    return opened_entries(work, child, chosen.order_by(ENTRY.happened_on, ENTRY.recorded_at))


@dataclass(frozen=True)
class SentAlong:
    """Entries that may go with a referral: found and checked, each opened only when the letter names it."""

    work: object = field(repr=False)
    child: ChildFacts
    rows: tuple[Row, ...] = field(repr=False)

    def open(self, wanted: Callable[[Row], bool]) -> list[OpenEntry]:
        """Return those of which `wanted` (id, kind, happened_on of a row) says so, oldest first."""
        return [open_row(self.work, self.child, row) for row in self.rows if wanted(row)]


def sent_along(work, child: ChildFacts, ids: Iterable[UUID], *, kinds: tuple[str, ...] = ()) -> SentAlong:
    """Return the entries of a referral by id (its letter, its reply) and all of the kinds its materials are of.

    What the clinic itself may not read of the class or the family is left out: it cannot be given away. One statement,
    and one for the history. Raises NotFound, NotPermitted for whoever does not read the referral.
    """
    require(work.actor, Permission.READ_REFERRAL, child.subject)
    is_unread = (ENTRY.section == "family") & ENTRY.author_id.in_(unread_of(child))
    wanted = (ENTRY.id.in_(list(ids)) | ENTRY.kind.in_(kinds)) & ENTRY.section.in_(given_away(child)) & ~is_unread
    chosen = select_entries(child.id).where(wanted).order_by(ENTRY.recorded_at)
    return SentAlong(work, child, tuple(rows_of(work, child, chosen, CURRENT)))


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
    sections, open_kinds = open_to(work, child)
    unread = unread_of(child)
    statement = _record_statement(tuple(sections), tuple(open_kinds), kept_sections(child), kinds, also, bool(unread))
    asked = {"child_id": child.id, "me": as_author(work, child), "most": limit + 1}
    if unread:
        asked["unread"] = unread
    rows = checked_rows(work, child, statement, **asked)
    shown = [row for row in rows if not kinds or row.kind in kinds]
    # By the row itself: to look an id up takes a call of Python's, five of them for each entry.
    wanted = {id(row): row for row in [*shown[:limit], *_among(rows, also)]}
    opened = dict(zip(wanted, open_rows(work, child, wanted.values()), strict=True))
    return RecordPage(
        newest=tuple(opened[id(row)] for row in shown[:limit]),
        of_kinds=tuple(opened[id(row)] for row in reversed(_among(rows, also))),
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
    of_child = ENTRY.child_id == bindparam("child_id", type_=Id())
    may = _is_one_of(ENTRY.section, sections) | _is_one_of(ENTRY.kind, open_kinds)
    if has_unread:
        unread = bindparam("unread", type_=Id(), expanding=True)
        may &= ~((ENTRY.section == "family") & ENTRY.author_id.in_(unread))
    may = may | (ENTRY.author_id == bindparam("me", type_=Id()))
    may &= _is_one_of(ENTRY.section, kept) & IN_SECTION
    listed = _is_one_of(ENTRY.kind, kinds) if kinds else literal(True)
    newest_first = ENTRY.happened_on.desc(), ENTRY.recorded_at.desc()
    newest = select(ENTRY.id).where(of_child, may, listed).order_by(*newest_first).limit(bindparam("most"))
    newest = newest.subquery()
    counted = [
        select(func.count()).where(of_child, may, ENTRY.section == section).scalar_subquery().label(f"{section}_count")
        for section in READ_SECTION
    ]
    chosen = select(*COLUMNS, *OF_EVENT, *counted).where(of_child, may)
    listed_or_wanted = ENTRY.id.in_(select(newest.c.id)) | _is_one_of(ENTRY.kind, also)
    chosen = chosen.where(listed_or_wanted).order_by(*newest_first)
    return chosen.join(Revision.__table__, (REVISION.entry_id == ENTRY.id) & CURRENT).outerjoin(EVENT, IS_NEWEST)


def _is_one_of(column: ColumnElement, values: tuple[str, ...]) -> ColumnElement:
    # Not `in_`, whose list is written into the statement anew each time it runs.
    return or_(false(), *(column == value for value in values))


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
    chosen = select(*COLUMNS).join(Revision.__table__, (REVISION.entry_id == ENTRY.id) & CURRENT)
    wanted = ENTRY.kind.in_(kinds) & ENTRY.happened_on.between(since, work.today)
    if active:
        wanted |= (ENTRY.kind == active) & (ENTRY.status == "active")
    chosen = chosen.where(ENTRY.child_id.in_(children), wanted)
    rows = work.session.execute(chosen.order_by(REVISION.recorded_at.desc())).all()
    reads = {child_id: reader_of(work, child) for child_id, child in children.items()}
    rows = [row for row in rows if row.section in kept_sections(children[row.child_id]) and reads[row.child_id](row)]
    check_newest(work.session, work.keys, (Claim(row.child_id, row.id, row.version, row.commit) for row in rows))
    audit.read(work, {row.child_id for row in rows}, "entry")
    return [open_row(work, children[row.child_id], row) for row in rows]


def _among(rows: list, kinds: tuple[str, ...]) -> list:
    return [row for row in rows if row.kind in kinds]
