"""The days on which what is done for a child changed: a case opened, a plan agreed to, a referral, an end."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, TypeVar

from mengya_health.care.loop import TAKE_BACK
from mengya_health.care.models import CLOSED_STATES
from mengya_health.work import LOCAL

BEGINS = ("open", "relapse", "reopen")
ENDS = ("withdraw", *CLOSED_STATES)
AGREE, REFER = "agree", "refer"


class Step(Protocol):
    """What is looked at of a step; rows of CaseStep have it."""

    event: str
    from_state: str | None
    to_state: str
    at: datetime


AnyStep = TypeVar("AnyStep", bound=Step)


@dataclass(frozen=True)
class TurningPoint:
    """One such day; `kind` is "open", "agree", "refer", "relapse", "reopen", "resolved" or "stopped"."""

    on: date
    kind: str


def turning_points(steps: Iterable[Step]) -> tuple[TurningPoint, ...]:
    """Return the turning points among a case's steps, given oldest first.

    What was taken back did not happen, and a plan that is agreed to again after a change had begun before.
    """
    found, under_way = [], False
    for step in steps_that_stand(steps):
        kind = step.to_state if step.to_state in CLOSED_STATES and step.from_state != step.to_state else step.event
        if kind in (*BEGINS, *CLOSED_STATES, REFER) or (kind == AGREE and not under_way):
            found.append(TurningPoint(step.at.astimezone(LOCAL).date(), kind))
        under_way = kind not in (*BEGINS, *ENDS) and (under_way or kind == AGREE)
    return tuple(found)


def steps_that_stand(steps: Iterable[AnyStep]) -> list[AnyStep]:
    """Return a case's steps, given oldest first, without those taken back, all of one save, and the taking back."""
    kept: list[AnyStep] = []
    for step in steps:
        if step.event != TAKE_BACK:
            kept.append(step)
        elif kept:
            saved_at = kept[-1].at
            kept = [each for each in kept if each.at != saved_at]
    return kept
