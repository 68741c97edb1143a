"""A child changes class, or leaves it: what its teachers had to do goes to the new ones, or back to the doctor."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.care.models import OPEN_TASK, Case, Task
from mengya_health.care.queries import facts_of, find_case
from mengya_health.care.tasks import CLASS_ADVICE, LOOK_FIRST, end_task, hand_on, open_body, place_of, settle
from mengya_health.people.commands import end_enrolment, enrol_child
from mengya_health.people.facts import ChildFacts, PlacedChild
from mengya_health.people.queries import find_child
from mengya_health.people.renewals import approve_anew, endings

TRANSFERRED = "transferred"  # not_done_reasons of the loop
# Nobody else can do these: without a class nobody signs for it, its sheets are its own, and a look before a check is
# asked of the family apart.
OF_THE_CLASS_ALONE = ("signature", "daily_exception", LOOK_FIRST, CLASS_ADVICE)


def change_class(work, child_id: UUID, group_id: UUID) -> ChildFacts:
    """Put a child into a class. What is open for its teachers stands on the new ones' list at once, with its dates.

    Raises what `enrol_child` raises.
    """
    enrol_child(work, find_child(work, child_id, Permission.KEEP_CHILD), group_id)
    return hand_class_work(work, child_id)


def leave_class(work, child_id: UUID) -> ChildFacts:
    """Take a child out of its class.

    Where it then attends nowhere, tasks of its teachers come back to the doctor, who gives them to the family or ends
    them; what only a class can do ends for the reason `transferred`, so that a closing waits for the family alone.
    """
    end_enrolment(work, find_child(work, child_id, Permission.KEEP_CHILD))
    return hand_class_work(work, child_id)


def approve_places(work, clinic_id: UUID, tie_ids: Iterable[UUID]) -> int:
    """Let places in class go on for another year; what had come back to the doctor meanwhile is the class's again.

    Returns how many. Raises what `approve_anew` raises.
    """
    wanted = set(tie_ids)
    children = {each.child.id for each in endings(work, clinic_id) if each.tie_id in wanted}
    number = approve_anew(work, clinic_id, wanted)
    for child_id in children:
        hand_class_work(work, child_id)
    return number


def hand_class_work(work, child_id: UUID) -> ChildFacts:
    """Put the open work of a class where the child is today. A building block; doing it again changes nothing."""
    child = find_child(work, child_id)
    settle_cases(work, child, put_class_work(work, child))
    return child


def put_class_work(work, child: ChildFacts | PlacedChild) -> set[UUID]:
    """Put the open work of a class where the child is today; return the cases whose turn is to be said anew."""
    place = place_of(child, "teacher")
    moved = [task for task in _of_class(work, child) if _hand_on(work, child, task, place)]
    work.session.flush()
    for task in moved:
        audit.changed(work, child.id, "task", task.id)
    return {task.case_id for task in moved if task.case_id}


def settle_cases(work, child: ChildFacts, case_ids: Iterable[UUID]) -> None:
    """Say of these cases anew whose turn it is."""
    for case_id in case_ids:
        # A clinic that may not read any more moves the work all the same.
        opened = find_case(work, case_id, permission=Permission.READ_CHILD)
        settle(work, child, opened.case, facts_of(work, opened))


def open_case_ids(work, child_id: UUID) -> list[UUID]:
    """Return the ids of a child's open cases."""
    return list(work.session.scalars(select(Case.id).where(Case.child_id == child_id, Case.closed_on.is_(None))))


# --- inside -----------------------------------------------------------------------------------------------------------


def _of_class(work, child: ChildFacts | PlacedChild) -> list[Task]:
    """Return what is open for the child's teachers, also what came back to the doctor when it left a class."""
    chosen = select(Task).where(
        Task.child_id == child.id, Task.status.in_(OPEN_TASK), Task.whose_turn.in_(("teacher", "doctor"))
    )
    return [
        task
        for task in work.session.scalars(chosen)
        if task.whose_turn == "teacher" or open_body(work, task).get("from_class")
    ]


def _hand_on(work, child: ChildFacts | PlacedChild, task: Task, place: UUID | None) -> bool:
    """Put one task where it belongs; return whether that is somewhere else than before."""
    if place:
        was, now = (task.whose_turn, task.organisation_id), ("teacher", place)
        if was != now:
            hand_on(work, task, whose_turn="teacher", organisation_id=place, from_class=False)
        return was != now
    if task.whose_turn == "doctor":
        return False
    if task.kind in OF_THE_CLASS_ALONE:
        end_task(work, task, status="cancelled", reason=TRANSFERRED)
    else:
        hand_on(work, task, whose_turn="doctor", organisation_id=child.clinic_id, from_class=True, returned=TRANSFERRED)
    return True
