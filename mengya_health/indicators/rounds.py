"""The rounds of cases as they went: when each came into screening, got its plan, was agreed to and ended. Pure.

A round is what lies between an opening, or opening again, and its end. Days are the clinic's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from mengya_health.care.turning_points import steps_that_stand
from mengya_health.work import LOCAL

SCREENING, INTERVENTION, CLOSED = "screening", "intervention", "closed"
RESCREENING, PLANNING, ACTIVE, RESOLVED, STOPPED = "rescreening", "planning", "active", "resolved", "stopped"


class StepRow(NamedTuple):
    """One step of a case, in plain columns; `place_id` is where the case stands now."""

    case_id: UUID
    child_id: UUID
    place_id: UUID
    event: str
    from_state: str | None
    to_state: str
    round: int
    at: datetime

    @property
    def on(self) -> date:
        return self.at.astimezone(LOCAL).date()


@dataclass
class Round:
    """One round of a case. A day is None where it did not come to that."""

    case_id: UUID
    child_id: UUID
    place_id: UUID
    number: int
    screened_on: date | None = None  # the last time it came into screening before its first plan
    planned_on: date | None = None  # the first plan
    agreed_on: date | None = None  # the first that a guardian agreed to
    supported_until: date | None = None  # the first time it left the intervention, having been agreed to
    closed_on: date | None = None
    closed_as: str = ""  # resolved, stopped
    rescreens: list[tuple[date, date | None, str]] = field(default_factory=list)  # from, until, the state that followed

    @property
    def resolved_on(self) -> date | None:
        return self.closed_on if self.closed_as == RESOLVED else None


def rounds_of(steps: Iterable[StepRow], stages: Mapping[str, str]) -> list[Round]:
    """Return the rounds of cases, whose steps are given case by case, oldest first. `stages`: of each state."""
    found: list[Round] = []
    for _case_id, own in groupby(steps, key=lambda step: step.case_id):
        for number, of_round in groupby(steps_that_stand(own), key=lambda step: step.round):
            found.append(_round(number, list(of_round), stages))
    return found


def _round(number: int, steps: list[StepRow], stages: Mapping[str, str]) -> Round:
    first = steps[0]
    told = Round(first.case_id, first.child_id, first.place_id, number)
    for step in steps:
        before, after = stages.get(step.from_state or "", ""), stages[step.to_state]
        if after == SCREENING != before and told.planned_on is None:
            told.screened_on = step.on
        if step.to_state == PLANNING and told.planned_on is None:
            told.planned_on = step.on
        if step.to_state == ACTIVE and told.agreed_on is None:
            told.agreed_on = step.on
        is_left = before == INTERVENTION and after != INTERVENTION
        if is_left and told.agreed_on is not None and told.supported_until is None:
            told.supported_until = step.on
        if after == CLOSED and told.closed_on is None:
            told.closed_on, told.closed_as = step.on, step.to_state
        _rescreen(told, step)
    return told


def _rescreen(told: Round, step: StepRow) -> None:
    if step.from_state == RESCREENING != step.to_state and told.rescreens:
        told.rescreens[-1] = (told.rescreens[-1][0], step.on, step.to_state)
    if step.to_state == RESCREENING != step.from_state:
        told.rescreens.append((step.on, None, ""))
