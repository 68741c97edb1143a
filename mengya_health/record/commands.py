"""Write an entry, correct it, end it. An entry is never overwritten: a correction is a new revision."""

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import select

from mengya_health import audit
from mengya_health.access.permissions import WRITE_SECTION, Permission, is_allowed, require
from mengya_health.db import new_id
from mengya_health.errors import Conflict, NotPermitted
from mengya_health.history import chain
from mengya_health.people.facts import ChildFacts
from mengya_health.record.models import Entry, Revision
from mengya_health.record.opening import SET_APART
from mengya_health.record.queries import OpenEntry, find_entry

# Whoever raises a concern or answers a referral may not otherwise write in that section.
PERMISSION_OF_KIND = {
    "concern": Permission.RAISE_CONCERN,
    "dispute": Permission.DISPUTE,
    "conference": Permission.ANSWER_CONFERENCE,
}
SHEETS_OF_CLASS = ("daily_check", "exclusion")  # kept by a class's teachers and the 保健员 together
PERMISSION_OF_ROLE = {
    ("specialist", "referral_feedback"): Permission.ANSWER_REFERRAL,
    ("receiver_link", "referral_feedback"): Permission.ANSWER_REFERRAL,
}


def record_entry(
    work,
    child: ChildFacts,
    *,
    section: str,
    kind: str,
    content: dict,
    happened_on: date,
    case_id: UUID | None = None,
    task_id: UUID | None = None,
    round: int | None = None,
    status: str = "active",
    id: UUID | None = None,
) -> Entry:
    """Write one thing about a child: entry, sealed first revision, history event and audit row.

    `content` has keys of [a-z0-9_]+ and no floats: decimals are strings, as typed. `id` is given where there may be
    only one of its kind: then a second one is refused by the database, whoever comes first.
    Raises NotFound or NotPermitted.
    """
    require(work.actor, _permission(work, section, kind), child.subject)
    entry = Entry(
        id=id or new_id(),
        child_id=child.id,
        section=section,
        kind=kind,
        status=status,
        case_id=case_id,
        task_id=task_id,
        round=round,
        author_id=work.actor.user_id,
        author_role=work.actor.role,
        organisation_id=_written_at(work),
        happened_on=happened_on,
        recorded_at=work.now,
        retention_class=section,
        current_version=1,
    )
    work.session.add(entry)
    _add_revision(work, entry, content, op="create")
    audit.changed(work, child.id, kind, entry.id, action="C")
    return entry


def correct_entry(work, child: ChildFacts, entry_id: UUID, *, content: dict, row_version: int) -> Entry:
    """Write a new revision of an entry; the old one and its signatures stay readable.

    Only the hand that wrote an entry corrects it: the author, or a colleague in the same role at the same place.
    Raises Conflict with both texts when somebody corrected it since `row_version`.
    """
    # Loaded before it is compared, so that storing it notices whoever comes in between.
    entry = work.session.get(Entry, entry_id)
    opened = find_entry(work, child, entry_id)
    require(work.actor, _permission(work, opened.section, opened.kind), child.subject)
    if not _is_same_hand(work, opened):
        raise NotPermitted(
            "这一条由写它的人来改。您可以另写一条，或提醒对方。",
            "Whoever wrote this corrects it. Write an entry of your own, or remind them.",
        )
    return _revise(work, child, entry, opened, content, row_version)


def decide_on_entry(work, child: ChildFacts, entry_id: UUID, *, decided: Mapping, row_version: int) -> Entry:
    """Add to an entry what was decided about it, by whoever looks after the child now: the one who wrote it may be far.

    Nothing else of the entry changes. Raises Conflict as `correct_entry`, NotPermitted.
    """
    entry = work.session.get(Entry, entry_id)
    opened = find_entry(work, child, entry_id)
    require(work.actor, WRITE_SECTION[opened.section], child.subject)
    return _revise(work, child, entry, opened, {**opened.content, **decided}, row_version)


def revise_sheets(work, changed: Iterable[tuple[ChildFacts, OpenEntry, dict]]) -> None:
    """Write a new revision of each of these entries, which were read in this unit of work: child, entry, content.

    The entries come in one statement. Raises Conflict where somebody has changed one since, NotPermitted.
    """
    changed = list(changed)
    chosen = select(Entry).where(Entry.id.in_([opened.id for _child, opened, _content in changed]))
    rows = {entry.id: entry for entry in work.session.scalars(chosen)}
    for child, opened, content in changed:
        entry = rows[opened.id]
        require(work.actor, _permission(work, opened.section, opened.kind), child.subject)
        if not _is_same_hand(work, opened):
            raise NotPermitted
        if entry.row_version != opened.row_version:
            raise Conflict
        entry.current_version += 1
        _add_revision(work, entry, content, op="correct")
        audit.changed(work, child.id, entry.kind, entry.id)


def may_correct(work, child: ChildFacts, opened: OpenEntry) -> bool:
    """Return whether the actor is the hand that may correct an entry."""
    permission = _permission(work, opened.section, opened.kind)
    return is_allowed(work.actor, permission, child.subject) and _is_same_hand(work, opened)


def end_entry(work, child: ChildFacts, entry_id: UUID, status: str) -> Entry:
    """Change only an entry's status (a plan that was replaced, a concern that was answered)."""
    entry = work.session.get(Entry, entry_id)
    entry.status = status
    audit.changed(work, child.id, entry.kind, entry.id)
    return entry


def _revise(work, child: ChildFacts, entry: Entry, opened: OpenEntry, content: dict, row_version: int) -> Entry:
    if opened.row_version != row_version:
        base = find_entry(work, child, entry.id, version=max(1, opened.version - (opened.row_version - row_version)))
        raise Conflict(
            theirs=opened.content,
            base=base.content,
            row_version=opened.row_version,
            by=opened.author_role,
            at=opened.recorded_at,
        )
    entry.current_version += 1
    _add_revision(work, entry, content, op="correct")
    audit.changed(work, child.id, entry.kind, entry.id)
    return entry


def _permission(work, section: str, kind: str) -> Permission:
    special = PERMISSION_OF_ROLE.get((work.actor.role, kind)) or PERMISSION_OF_KIND.get(kind)
    return special or WRITE_SECTION[section]


def _is_same_hand(work, opened: OpenEntry) -> bool:
    if opened.author_id == work.actor.user_id or opened.kind in SET_APART:  # everybody at a conference writes in it
        return True
    roles = {opened.author_role, work.actor.role}
    is_sheet_of_class = opened.kind in SHEETS_OF_CLASS and roles <= {"teacher", "health_staff"}
    shared_desk = is_sheet_of_class or (len(roles) == 1 and not roles & {"guardian", "caregiver"})
    return shared_desk and opened.organisation_id in work.actor.organisation_ids


def _written_at(work) -> UUID | None:
    return next((place.organisation_id for place in work.actor.places_as(work.actor.role)), None)


def _add_revision(work, entry: Entry, content: dict, *, op: str) -> None:
    version = entry.current_version
    body, commit = work.keys.seal_revision(entry.child_id, entry.section, entry.id, version, content)
    work.session.add(
        Revision(
            entry_id=entry.id,
            version=version,
            child_id=entry.child_id,
            section=entry.section,
            body=body,
            commit=commit,
            author_id=work.actor.user_id,
            author_role=work.actor.role,
            recorded_at=work.now,
        )
    )
    chain.note_event(
        work, child_id=entry.child_id, rec=entry.id, rec_type="entry", rec_ver=version, op=op, commit=commit
    )
