"""What is counted of rounds and referrals for each indicator of `indicators.yaml`. Pure: facts in, observations out.

An observation is a number of days, or 1 and 0 for yes and no; a figure is the median or the mean of many.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import NamedTuple
from uuid import UUID

from mengya_health.content.limits import TimeLimit
from mengya_health.growth.ages import add_months
from mengya_health.indicators.periods import OBSERVED_MONTHS, Period
from mengya_health.indicators.rounds import STOPPED, Round
from mengya_health.work import LOCAL

HANDS = {"health", "behaviour", "family"}


class ReferralRow(NamedTuple):
    """One referral in plain columns; `replied_at` is when its feedback was written down."""

    child_id: UUID
    place_id: UUID
    visited_on: date | None
    replied_at: datetime | None

    @property
    def replied_on(self) -> date | None:
        return self.replied_at and self.replied_at.astimezone(LOCAL).date()


class EntryDay(NamedTuple):
    """A day on which something was written in one section of a child's record."""

    child_id: UUID
    section: str
    on: date


Observed = dict[str, dict[UUID, list[int]]]  # by indicator, then by place


@dataclass(frozen=True)
class Figure:
    """A median of days, or a share between 0 and 1; `number` is of how many it was taken, `part` how many of them.

    `is_rounded`: it was taken of that many at least, and how many of them is left out.
    """

    value: float | None  # None where there is nothing to take it of
    number: int
    part: int = 0
    is_rounded: bool = False


def figure(kind: str, observed: Iterable[int]) -> Figure:
    """Return the figure of some observations; `kind` is days or share."""
    seen = list(observed)
    if not seen:
        return Figure(None, 0)
    if kind == "days":
        return Figure(float(median(seen)), len(seen))
    return Figure(sum(seen) / len(seen), len(seen), sum(seen))


def observe(
    period: Period,
    rounds: Iterable[Round],
    referrals: Iterable[ReferralRow],
    written: Iterable[EntryDay],
    limits: Mapping[str, TimeLimit],
) -> Observed:
    """Return what each round and referral has to say to each indicator.

    `referrals` are those whose reply was due in the period, `written` what the children's sections hold.
    """
    found: Observed = defaultdict(lambda: defaultdict(list))
    days = defaultdict(set)
    for entry in written:
        days[entry.child_id].add((entry.section, entry.on))
    for each in rounds:
        for indicator, seen in _of_round(period, each, limits, days[each.child_id]):
            found[indicator][each.place_id].append(seen)
    for each in referrals:
        for indicator, seen in _of_referral(period, each):
            found[indicator][each.place_id].append(seen)
    return found


# --- inside -----------------------------------------------------------------------------------------------------------


def _of_round(period: Period, told: Round, limits: Mapping, written: set) -> Iterator[tuple[str, int]]:
    if period.holds(told.planned_on):
        yield "K_AGREED", int(_is_by(told.agreed_on, period))
        if told.screened_on:
            yield "K_DAYS_PLAN", (told.planned_on - told.screened_on).days
    if period.holds(told.resolved_on) and told.planned_on:
        yield "K_DAYS_CLOSE", (told.resolved_on - told.planned_on).days
        if told.screened_on:
            yield "K_DAYS_LOOP", (told.resolved_on - told.screened_on).days
    if told.screened_on and period.holds(add_months(told.screened_on, OBSERVED_MONTHS)):
        yield "K_CLOSE", int(_is_by(told.resolved_on, period))
    if period.holds(told.supported_until):
        yield "K_TRIPARTITE", int(_hands(told, written) == HANDS)
    yield from _of_rescreens(period, told, limits["SLA_RESCREEN"])


def _of_rescreens(period: Period, told: Round, limit: TimeLimit) -> Iterator[tuple[str, int]]:
    for begun_on, until, followed_by in told.rescreens:
        due_on = limit.due_on(begun_on)
        is_stopped = followed_by == STOPPED and until <= due_on
        if period.holds(due_on) and not is_stopped:
            yield "K_RESCREEN", int(until is not None and until <= due_on)


def _of_referral(period: Period, sent: ReferralRow) -> Iterator[tuple[str, int]]:
    is_visited, is_replied = _is_by(sent.visited_on, period), _is_by(sent.replied_on, period)
    yield "K_REPLIED", int(is_replied)
    yield "K_REFER_VISIT", int(is_visited)
    if is_visited:
        yield "K_FEEDBACK", int(is_replied)


def _hands(told: Round, written: set) -> set[str]:
    return {section for section, on in written if told.agreed_on <= on <= told.supported_until}


def _is_by(on: date | None, period: Period) -> bool:
    return on is not None and on <= period.last_on
