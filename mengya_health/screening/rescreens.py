"""What others answered beside a check: kept with it, and the re-screen it may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select

from mengya_health.people.facts import ChildFacts
from mengya_health.record.models import OPEN_TASK, Task
from mengya_health.record.queries import entries_of_kind
from mengya_health.screening.informants import ANSWERS, rescreen_of, stored_answers, told_before
from mengya_health.screening.planned import CheckPlan
from mengya_health.screening.queries import VISIT

RESCREEN = "rescreen"  # the task of looking at the signs once more
CHECKS = (VISIT, RESCREEN)  # what a child comes to the clinic for and others may prepare


def answered_beside(work, child: ChildFacts, plan: CheckPlan, check: Mapping, on: date) -> dict:
    """Return what a new check keeps of others' answers, and the re-screen it proposes where they differ.

    Only what the doctor may read is there: a section the family closed says nothing.
    """
    entries = entries_of_kind(work, child, ANSWERS)
    told = [stored_answers(entry) for entry in told_before(work.content, entries, plan.group, on)]
    return _beside(work, plan, check, told, None)


def answered_beside_corrected(work, plan: CheckPlan, check: Mapping, before: Mapping) -> dict:
    """Return the same for a corrected check: it stays compared with what it was compared with."""
    return _beside(work, plan, check, before.get("informants", []), before.get("rescreen_decision"))


def close_rescreens(work, child: ChildFacts, on: date) -> None:
    """End the child's re-screens: a check has looked at the signs once more."""
    is_open = (Task.child_id == child.id) & (Task.kind == RESCREEN) & Task.status.in_(OPEN_TASK)
    for task in work.session.scalars(select(Task).where(is_open)):
        task.status, task.done_on = "completed", on


def _beside(work, plan: CheckPlan, check: Mapping, told: list, decision: dict | None) -> dict:
    rescreen = rescreen_of(work.content, plan.group, told, check["signs"], check["findings"])
    return {"informants": told, "rescreen": rescreen, "rescreen_decision": decision}
