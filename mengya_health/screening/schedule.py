"""How each planned check of one child stands on a day, and what is to be done beside them. Pure.

Source: window_rules and side_events of visit_schedule.yaml. Nothing of this is stored: it is worked out when read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from mengya_health.content.conditions import Condition
from mengya_health.content.side_events import SideEvent
from mengya_health.content.visits import PlannedVisit
from mengya_health.growth.ages import add_months
from mengya_health.people.facts import ChildFacts
from mengya_health.screening.conditions import judge
from mengya_health.screening.facts import answers_as_history

DONE, EXCUSED, UPCOMING, DUE, OVERDUE, MISSED = "done", "excused", "upcoming", "due", "overdue", "missed"
# Its window closed before this clinic knew the child: nobody here missed it.
BEFORE_CARE = "before_care"
OPEN_NOW = (DUE, OVERDUE)
# Reasons for a check not done after which this clinic expects nobody any more.
GONE = ("transferred", "moved_away", "deceased")
WEEK_DAYS, GRAMS = 7, 1000


@dataclass(frozen=True, kw_only=True)
class Happened:
    """What is on record of planned checks, by id of the check: the day it was done, the reason why it was not."""

    done: Mapping[str, date]
    excused: Mapping[str, str]
    in_care_from: date


@dataclass(frozen=True, kw_only=True)
class VisitLine:
    """One planned check of one child; its window includes both days."""

    visit: PlannedVisit
    first_on: date
    last_on: date
    status: str
    done_on: date | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class EventLine:
    """Something beside the planned checks: between two days, either of which may be open."""

    event: SideEvent
    from_on: date | None
    until_on: date | None
    is_now: bool


def window_status(
    on: date, first_on: date, last_on: date, next_first_on: date | None, *, is_done: bool, is_excused: bool
) -> str:
    """Return how a check stands: the first line of window_rules.status that holds. Both days of the window count."""
    if is_done:
        return DONE
    if is_excused:
        return EXCUSED
    if on < first_on:
        return UPCOMING
    if on <= last_on:
        return DUE
    return OVERDUE if next_first_on is None or on < next_first_on else MISSED


def visit_lines(
    visits: Sequence[PlannedVisit], child: ChildFacts, on: date, happened: Happened
) -> tuple[VisitLine, ...]:
    """Return every planned check with its window and how it stands on a day, in the order of age."""
    windows = [window_of(visit, child) for visit in visits]
    starts = [first_on for first_on, _last_on in windows[1:]] + [None]
    lines = []
    for visit, (first_on, last_on), next_first_on in zip(visits, windows, starts, strict=True):
        done_on, reason = happened.done.get(visit.id), happened.excused.get(visit.id, "")
        status = window_status(
            on, first_on, last_on, next_first_on, is_done=done_on is not None, is_excused=bool(reason)
        )
        if status == MISSED and last_on < happened.in_care_from:
            status = BEFORE_CARE
        lines.append(
            VisitLine(visit=visit, first_on=first_on, last_on=last_on, status=status, done_on=done_on, reason=reason)
        )
    return tuple(lines)


def window_of(visit: PlannedVisit, child: ChildFacts) -> tuple[date, date]:
    """Return the first and the last day of a check for this child: the first home visit is sooner for one at risk."""
    is_at_risk = visit.high_risk is not None and holds_at_birth(visit.high_risk.condition, child)
    return visit.window(child.birth_on, is_high_risk=is_at_risk)


def last_day(visit: PlannedVisit, child: ChildFacts) -> date:
    """Return the last day of a check's window for this child."""
    return window_of(visit, child)[1]


def next_visit(lines: Iterable[VisitLine]) -> VisitLine | None:
    """Return the check that comes next: the one that is due or overdue, else the first one to come.

    None after the last one, and for a child who left with the last check that was excused.
    """
    lines = tuple(lines)
    settled = [line for line in lines if line.status in (DONE, EXCUSED)]
    if settled and settled[-1].reason in GONE:
        return None
    open_now = [line for line in lines if line.status in OPEN_NOW]
    return next(iter(open_now + [line for line in lines if line.status == UPCOMING]), None)


def holds_at_birth(condition: Condition | None, child: ChildFacts) -> bool:
    """Return whether a condition on birth weight and gestation holds; what is not known does not hold."""
    return condition is not None and judge(condition, answers_as_history(born(child))).holds is True


def born(child: ChildFacts) -> dict[str, int]:
    """Return what is known of a child's birth, by metric: birth weight in grams, gestation in completed weeks."""
    weight, days = child.birth_weight_kg, child.gestational_days
    known = {"BW_G": round(float(weight) * GRAMS) if weight else None, "GA_WEEKS": days and days // WEEK_DAYS}
    return {name: value for name, value in known.items() if value is not None}


def events_with(events: Iterable[SideEvent], visit_id: str) -> tuple[SideEvent, ...]:
    """Return what is done together with a planned check."""
    return tuple(event for event in events if visit_id in event.visits)


def event_lines(
    events: Iterable[SideEvent],
    visits: Sequence[PlannedVisit],
    child: ChildFacts,
    on: date,
    answers: Mapping[str, Any],
) -> tuple[EventLine, ...]:
    """Return what is to be done beside the checks and is not over on a day, as far as it concerns this child.

    `answers` are those of the check forms so far, by lower-case field. A thing with a target day alone goes on until
    the window of the check which follows that day closes.
    """
    found = [_line(event, visits, child, on) for event in events if _concerns(event, child, answers)]
    return tuple(line for line in found if line and (line.until_on is None or on <= line.until_on))


# --- inside -----------------------------------------------------------------------------------------------------------


def _concerns(event: SideEvent, child: ChildFacts, answers: Mapping[str, Any]) -> bool:
    if event.visits:
        return False
    if event.applies_if is not None and not holds_at_birth(event.applies_if, child):
        return False
    if event.when is None:
        return True
    answer = answers.get(event.when["field"])
    return bool(event.when.get("also_unanswered")) if answer is None else answer in event.when["values"]


def _line(event: SideEvent, visits: Sequence[PlannedVisit], child: ChildFacts, on: date) -> EventLine | None:
    if event.every_months:
        return _repeated(event, child, on)
    born_on = child.birth_on
    first_day = event.from_day if event.from_day is not None else event.target_day
    from_on = born_on + timedelta(days=first_day) if first_day is not None else None
    until_on = born_on + timedelta(days=event.to_day) if event.to_day is not None else None
    if until_on is None and from_on:
        ends = [visit.window(born_on)[1] for visit in visits]
        until_on = next((end for end in ends if end >= from_on), None)
    return EventLine(event=event, from_on=from_on, until_on=until_on, is_now=from_on is None or from_on <= on)


def _repeated(event: SideEvent, child: ChildFacts, on: date) -> EventLine | None:
    """Return the turn of something done every few months that is running, or the first one to come."""
    for from_on, until_on in _turns(event, child.birth_on):
        if on <= until_on:
            return EventLine(event=event, from_on=from_on, until_on=until_on, is_now=from_on <= on)
    return None


def _turns(event: SideEvent, birth_on: date) -> Iterator[tuple[date, date]]:
    for months in range(event.from_month, event.to_month_exclusive, event.every_months):
        until = min(months + event.every_months, event.to_month_exclusive)
        yield add_months(birth_on, months), add_months(birth_on, until) - timedelta(days=1)
