"""Case conferences (会商): who confers about a child, what they may read of it, and what became of what they concluded.

A conference is one entry, set apart from its section: whoever is asked reads that entry and nothing else of the child,
until a day, and without a name unless they know the child anyway. Every change is a revision of the entry.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, false, or_, select

from mengya_health.access.actor import Tie
from mengya_health.access.permissions import Permission, is_allowed
from mengya_health.access.rules import clinic_doctor_of
from mengya_health.care.facts import TaskFacts
from mengya_health.care.models import OPEN_TASK, Case, Task
from mengya_health.care.tasks import task_facts
from mengya_health.errors import Conflict, NotFound, NotNow
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import Relationship
from mengya_health.people.queries import find_child, find_children
from mengya_health.people.subjects import current
from mengya_health.record.commands import end_entry, revise_sheets
from mengya_health.record.models import Entry
from mengya_health.record.queries import OpenEntry
from mengya_health.record.set_apart import entries_set_apart

KIND = "conference"  # of the entry, of the ties it makes, and of the task until the family has been told
POINT = "conference_point"  # the task of one conclusion or blocked point
CHAIRS, READS = "chairs", "reads"  # authority of a tie
CLINIC = "clinic"  # who has a point, where it is no one person
CONCLUSION, BLOCKED = "conclusion", "blocked"
SORTS = (CONCLUSION, BLOCKED)
FATES = ("solved", "passed_on", "given_up")
CALLED, OVER, CANCELLED = "active", "completed", "revoked"  # FHIR request-status, of the entry
CLINICAL = ("doctor", "specialist", "reviewer")  # who reads findings: teachers are never shown a child's figures (P2)


@dataclass(frozen=True)
class Point:
    """One conclusion or blocked point (堵点), who has it, by when, and its fate; "" while it has none."""

    id: str  # of its task
    sort: str
    text: str
    owner: str  # the id of one of the people at the conference, or CLINIC
    owner_name: str  # "" for the clinic
    due_on: date
    fate: str
    fate_text: str
    fate_on: str

    @property
    def is_open(self) -> bool:
        return not self.fate


@dataclass(frozen=True)
class Conference:
    """One conference as the actor may read it. `child` is for pages of those who `see_name` only."""

    child: ChildFacts = field(repr=False)
    entry: OpenEntry = field(repr=False)
    points: tuple[Point, ...]
    sees_name: bool
    reads_findings: bool
    leads: bool
    is_clinic: bool
    until: date | None  # the last day the actor reads it; None for the clinic

    @property
    def said(self) -> Mapping:
        return self.entry.content

    @property
    def held_on(self) -> date:
        return date.fromisoformat(self.said["held_on"])

    @property
    def is_called(self) -> bool:
        """It goes on: neither over nor cancelled."""
        return self.entry.status == CALLED

    def settles(self, work, point: Point) -> bool:
        """Return whether the actor may say what became of a point: its owner, the chair, the child's clinic."""
        is_theirs = self.leads or point.owner == str(work.actor.user_id)
        return point.is_open and self.is_called and is_theirs


def find_conference(work, conference_id: UUID, permission: Permission = Permission.READ_CONFERENCE) -> Conference:
    """Return one conference.

    Raises NotFound, also for another about the same child and once one's time is over, NotPermitted.
    """
    row = work.session.get(Entry, conference_id)
    if row is None or row.kind != KIND:
        raise NotFound
    child = find_child(work, row.child_id, permission)
    if not _has_seat(work, child, conference_id):
        error = NotFound()
        error.child_id, error.reason = child.id, "invited_to_conference"
        raise error
    (found,) = _opened(work, {child.id: child}, [conference_id])
    return found


def conferences_of(work, child: ChildFacts, case_id: UUID) -> list[Conference]:
    """Return the conferences about a case, the newest first, for its clinic."""
    return _opened(work, {child.id: child}, select(Entry.id).where(Entry.case_id == case_id, Entry.kind == KIND))


def my_conferences(work) -> list[Conference]:
    """Return what the actor is asked to, and what goes on about their clinic's children, the newest first.

    The number of statements does not grow with them.
    """
    chosen = select(Entry.id, Entry.child_id).where(Entry.kind == KIND, or_(_asked(work), _at_clinic(work)))
    rows = work.session.execute(chosen).all()
    reads = Permission.READ_CONFERENCE
    children = find_children(work, {row.child_id for row in rows}, with_open="health", permission=reads)
    mine = [row.id for row in rows if row.child_id in children and _has_seat(work, children[row.child_id], row.id)]
    return _opened(work, children, mine) if mine else []


def asked_at(work) -> tuple[datetime, ...]:
    """Return when the actor was asked to the conferences that go on; only counted, so that seals are not looked at."""
    going = select(Entry.recorded_at).where(_asked(work), Entry.status == CALLED)
    return tuple(work.session.scalars(going))


# --- building blocks, for commands that have asked for their own permission -----------------------------------------


def own_tasks(work, found: Conference) -> list[Task]:
    """Return the doctor's open task to write the conclusions and tell the family, as a list."""
    chosen = select(Task).where(Task.subject_id == found.entry.id, Task.kind == KIND, Task.status.in_(OPEN_TASK))
    return list(work.session.scalars(chosen))


def revise(work, found: Conference, changed: dict, row_version: int) -> None:
    """Write a new revision with what changed. Raises Conflict where somebody has written since `row_version`."""
    if found.entry.row_version != row_version:
        raise Conflict(
            "您打开以后，别人也写了一条。请看一看现在的内容，再写一次。",
            "Somebody else has written since you opened this. Look at it as it is now, and write again.",
        )
    revise_sheets(work, [(found.child, found.entry, {**found.said, **changed})])
    work.session.flush()


def end_if_over(work, found: Conference, told_on: str, *, settled: str = "") -> None:
    """End a conference of which every point, `settled` just now among them, has its fate and the family was told."""
    left = [each for each in found.points if each.is_open and each.id != settled]
    if found.is_called and told_on and not left:
        end_entry(work, found.child, found.entry.id, OVER)
        work.session.flush()


def require_going(found: Conference) -> None:
    """Raise NotNow for a conference that is over or was called off."""
    if not found.is_called:
        raise NotNow("这次会商已经结束或取消了。", "This conference is over, or was called off.")


# --- inside -----------------------------------------------------------------------------------------------------------


def _asked(work):
    tie = Relationship
    mine = (tie.user_id == work.actor.user_id) & (tie.kind == KIND) & current(tie, work.today)
    return Entry.id.in_(select(tie.basis_id).where(mine))


def _at_clinic(work):
    clinics = [place.organisation_id for place in work.actor.places_as("doctor")]
    if not clinics:
        return false()
    cases = select(Case.id).where(Case.organisation_id.in_(clinics))
    going = select(Task.subject_id).where(Task.case_id.in_(cases), Task.kind.in_((KIND, POINT)))
    return Entry.id.in_(going.where(Task.status.in_(OPEN_TASK)))


def _seat(work, child: ChildFacts, conference_id: UUID) -> Tie | None:
    mine = (tie for tie in child.subject.current(KIND) if tie.user_id == work.actor.user_id)
    return next((tie for tie in mine if tie.basis_id == conference_id), None)


def _has_seat(work, child: ChildFacts, conference_id: UUID) -> bool:
    return clinic_doctor_of(work.actor, child.subject) or _seat(work, child, conference_id) is not None


def _opened(work, children: Mapping[UUID, ChildFacts], ids: Iterable[UUID] | Select) -> list[Conference]:
    entries = entries_set_apart(work, children, ids)
    chosen = select(Task).where(Task.subject_id.in_([each.id for each in entries]), Task.kind == POINT)
    tasks = {task.id: task_facts(work, task) for task in work.session.scalars(chosen)} if entries else {}
    return [_conference(work, children[entry.child_id], entry, tasks) for entry in entries]


def _conference(work, child: ChildFacts, entry: OpenEntry, tasks: Mapping[UUID, TaskFacts]) -> Conference:
    seat, is_clinic = _seat(work, child, entry.id), clinic_doctor_of(work.actor, child.subject)
    # Whoever has to do with the child by name already, by tie and consent, reads the name here, too.
    knows = any(
        is_allowed(work.actor, each, child.subject) for each in (Permission.READ_CHILD, Permission.READ_REFERRAL)
    )
    return Conference(
        child=child,
        entry=entry,
        points=tuple(_point(entry, each, tasks) for each in entry.content["points"]),
        sees_name=knows,
        reads_findings=is_clinic or bool(work.actor.places_as(*CLINICAL)),
        leads=is_clinic or (seat is not None and seat.authority == CHAIRS),
        is_clinic=is_clinic,
        until=None if is_clinic or seat is None else seat.ends_on,
    )


def _point(entry: OpenEntry, said: Mapping, tasks: Mapping[UUID, TaskFacts]) -> Point:
    task = tasks.get(UUID(said["id"]))
    names = {each["id"]: each["name"] for each in (entry.content["chair"], *entry.content["readers"])}
    fate, text, on = said["fate"], said["fate_text"], said["fate_on"]
    if not fate and task is not None and not task.is_open:  # it ended together with the case
        fate, text = "given_up", task.body.get("not_done_text", "")
        on = task.done_on.isoformat() if task.done_on else ""
    return Point(
        id=said["id"],
        sort=said["sort"],
        text=said["text"],
        owner=said["owner"],
        owner_name=names.get(said["owner"], ""),
        due_on=date.fromisoformat(said["due_on"]),
        fate=fate,
        fate_text=text,
        fate_on=on,
    )
