"""After a check or a sheet was written: what waits for the doctor's decision, and a correction of what was written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from mengya_health.errors import Conflict
from mengya_health.people.facts import ChildFacts
from mengya_health.record.commands import correct_entry
from mengya_health.record.models import OPEN_TASK, Entry, Task
from mengya_health.record.tasks import add_task, open_body, seal_body
from mengya_health.screening.forms import Filled, labels_of, options_of
from mengya_health.screening.informants import undecided_rescreen
from mengya_health.screening.planned import SIGNS, CheckPlan
from mengya_health.screening.queries import FINDING
from mengya_health.screening.urgent_care import keep_asking

CORRECTED = {"not_done": "other", "not_done_text": "检查更正以后，没有要决定的了"}  # not_done_reasons of the loop
NOTIFY = "SLA_NOTIFY"
REGISTER = "SLA_REGISTER"  # a warning sign is registered, and referred, on the day it is seen


def correct_filled(
    work,
    child: ChildFacts,
    entry_id: UUID,
    content: dict,
    filled: Filled,
    *,
    plan: CheckPlan,
    typed: Callable[[dict], dict[str, Any]],
) -> Entry:
    """Write a new revision of a check or a sheet, and put onto the lists what follows from it now.

    `typed` turns content back into the values of the form that `plan` makes. Raises Conflict, with both texts under the
    names of the form, when somebody corrected it in between.
    """
    try:
        entry = correct_entry(work, child, entry_id, content=content, row_version=filled.row_version)
    except Conflict as conflict:
        labels, said = labels_of(work.content, plan), options_of(work.content, plan)
        raise conflict.in_words_of(typed, labels=labels, said=said) from conflict
    entry.happened_on = filled.done_on
    put_on_lists(work, child, entry, content)
    return entry


def put_on_lists(work, child: ChildFacts, entry: Entry, content: dict) -> None:
    """Put onto the lists what of an entry nobody has decided on, and what of it cannot wait."""
    ask_for_decision(work, child, entry, content)
    keep_asking(work, child, entry.id, content.get("urgent"))
    work.session.flush()


def ask_for_decision(work, child: ChildFacts, entry: Entry, content: dict, *, ended: str = "cancelled") -> None:
    """Put what nobody has decided onto the doctor's list; a correction or decision that leaves nothing takes it off."""
    decided = {each["pathway"] for each in content["decisions"]}
    left = [each for each in content["proposals"] if each["pathway"] not in decided] or undecided_rescreen(content)
    waiting = _waiting(work, entry.id)
    if left and not waiting:
        _start(work, child, entry, content)
    for task in waiting if not left else ():
        task.status, task.done_on = ended, work.today
        if ended == "cancelled":  # nothing is taken off a list without a reason
            seal_body(work, task, open_body(work, task) | CORRECTED)


def _start(work, child: ChildFacts, entry: Entry, content: dict) -> None:
    days = [each["within_days"] for each in content["findings"] if each["within_days"] is not None]
    has_sign = any(each["screening"] == SIGNS for each in content["findings"])
    usual_on = work.content.time_limits[REGISTER if has_sign else NOTIFY].due_on(work.today)
    add_task(
        work,
        child,
        kind=FINDING,
        whose_turn="doctor",
        organisation_id=child.clinic_id,
        due_on=min([usual_on, *(work.today + timedelta(days=each) for each in days)]),
        body={"title": "决定检查中的发现", "visit": content["visit"]},
        subject_id=entry.id,
    )
    work.session.flush()


def _waiting(work, entry_id: UUID) -> list[Task]:
    chosen = select(Task).where(Task.subject_id == entry_id, Task.kind == FINDING, Task.status.in_(OPEN_TASK))
    return list(work.session.scalars(chosen))
