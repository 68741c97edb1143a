"""Who is waited for and gets no message of it: the sender is told, to call them or to say it next time."""

from collections.abc import Iterable
from uuid import UUID

from mengya_health.care.facts import TaskFacts
from mengya_health.people.facts import ChildFacts
from mengya_health.people.reach import Desk, Reached, who_is_reached

ROLES = ("doctor", "teacher", "specialist", "reviewer")  # whose turn it is at a place


def not_reached(work, waited_for: Iterable[tuple[ChildFacts, TaskFacts]]) -> frozenset[UUID]:
    """Return the tasks of which nobody who has to do them gets a message. Two statements, none without a channel."""
    asked = [(child, task) for child, task in waited_for if task.is_open]
    users = {user_id for child, task in asked for user_id in _family(child, task)}
    desks = {desk for child, task in asked for desk in _desks(child, task)}
    reached = who_is_reached(work, users, desks)
    return frozenset(task.id for child, task in asked if not _is_reached(child, task, reached))


def doctors_are_reached(work, child: ChildFacts) -> bool:
    """Return whether a doctor of the child's clinic gets messages: what somebody who asks them is told."""
    desk = Desk("doctor", child.clinic_id)
    return desk in who_is_reached(work, (), (desk,)).desks


def _is_reached(child: ChildFacts, task: TaskFacts, reached: Reached) -> bool:
    return bool(reached.user_ids & _family(child, task) or reached.desks & _desks(child, task))


def _family(child: ChildFacts, task: TaskFacts) -> frozenset[UUID]:
    """Return the guardians who may do what is asked; whoever only reads cannot sign."""
    if task.whose_turn != "guardian":
        return frozenset()
    return frozenset(tie.user_id for tie in child.subject.current("guardian") if tie.authority == "signs")


def _desks(child: ChildFacts, task: TaskFacts) -> frozenset[Desk]:
    if task.whose_turn not in ROLES or task.organisation_id is None:
        return frozenset()
    group_id = child.group_id if task.whose_turn == "teacher" else None
    return frozenset({Desk(task.whose_turn, task.organisation_id, group_id)})
