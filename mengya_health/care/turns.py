"""Whose turn it is: pure functions of the open tasks of a case, named in the workflow file."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

NOBODY = ""
BESIDE = ("conference", "conference_point")  # what people confer about goes on beside the case: it takes no turn


@dataclass(frozen=True)
class OpenTask:
    """What the turn depends on: the kind of an open task, who has it, and when it is due."""

    kind: str
    whose_turn: str
    due_on: date


def doctor(tasks: Iterable[OpenTask]) -> str:
    """The doctor's, whatever is open."""
    return "doctor"


def specialist_until_answered(tasks: Iterable[OpenTask]) -> str:
    """The specialist's while a referral waits for its reply, then the doctor's."""
    return "specialist" if any(task.kind == "referral_reply" for task in tasks) else "doctor"


def guardian_unless_asked(tasks: Iterable[OpenTask]) -> str:
    """The guardian's, but the doctor's while a question of theirs is open."""
    return "doctor" if any(task.kind == "question" for task in tasks) else "guardian"


def next_open_task(tasks: Iterable[OpenTask]) -> str:
    """Whoever has the task that is due first; the doctor's where nothing is open."""
    first = min((task for task in tasks if task.kind not in BESIDE), key=lambda task: task.due_on, default=None)
    return first.whose_turn if first else "doctor"


def teacher_then_guardian(tasks: Iterable[OpenTask]) -> str:
    """The teacher's while the class is asked to sign, then the guardian's."""
    asked = {task.whose_turn for task in tasks if task.kind == "signature"}
    return "teacher" if "teacher" in asked else "guardian"


def nobody(tasks: Iterable[OpenTask]) -> str:
    """Nobody's: the case is closed."""
    return NOBODY


BY_NAME = {
    turn.__name__: turn
    for turn in (
        doctor,
        specialist_until_answered,
        guardian_unless_asked,
        next_open_task,
        teacher_then_guardian,
        nobody,
    )
}
