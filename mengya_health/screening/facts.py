"""What rules are judged on: dated readings of one child, ticked checks, and the dates a case turns on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

# The day of a single screening, where only one set of answers counts and no rule looks back.
ONE_DAY = date.min


@dataclass(frozen=True)
class Reading:
    """One value on one day: a metric in the unit of the metric dictionary, or an input's answer."""

    name: str
    value: Any
    on: date


@dataclass(frozen=True, kw_only=True)
class History:
    """Everything a rule may look at, as of `today`. Nothing later is seen.

    `checks` maps a check's name to the days a clinician ticked it. `codes` are findings and alerts on file, `found_on`
    the day of each where more than one day counts. `triggers` are the metrics that opened the case. `dates` names
    days: birth, corrected_birth, entry, baseline, intervention, consolidation, start_of_iron, iron_stopped,
    birth_weight. `unticked` says what a check not ticked means: "open" (a clinician has still to say), "no", or "yes"
    (to see what would hold if all were ticked). `any_trigger`: one of several triggers is enough. `metric_choice` is
    the growth screening's, `age_months` whole months.
    """

    today: date
    readings: tuple[Reading, ...] = ()
    checks: Mapping[str, tuple[date, ...]] = field(default_factory=dict)
    codes: frozenset[str] = frozenset()
    found_on: Mapping[str, date] = field(default_factory=dict)
    triggers: tuple[str, ...] = ()
    dates: Mapping[str, date] = field(default_factory=dict)
    positive_domains: frozenset[str] = frozenset()
    age_months: int | None = None
    metric_choice: tuple[Mapping[str, Any], ...] = ()
    unticked: Literal["open", "no", "yes"] = "open"
    any_trigger: bool = False

    def of(self, name: str) -> tuple[Reading, ...]:
        """Return the readings of one name up to today, newest first; "trigger" stands for nothing by itself."""
        found = [each for each in self.readings if each.name == name and each.on <= self.today]
        return tuple(sorted(found, key=lambda each: each.on, reverse=True))

    def latest(self, name: str) -> Reading | None:
        return next(iter(self.of(name)), None)

    def at(self, name: str, on: date) -> Reading | None:
        """Return the last reading up to a day, else the first one after it."""
        readings = self.of(name)
        before = next((each for each in readings if each.on <= on), None)
        return before or (readings[-1] if readings else None)

    def ticked(self, check: str) -> tuple[date, ...]:
        """Return the days up to today on which a check was ticked, newest first."""
        return tuple(sorted((on for on in self.checks.get(check, ()) if on <= self.today), reverse=True))

    def as_of(self, on: date) -> History:
        """Return the same history as it stood on a day."""
        return replace(self, today=on)

    def of_day(self, on: date) -> History:
        """Return it as it stood on a day, with the ticks of that day only: an earlier one was about another visit."""
        checks = {name: (on,) for name, days in self.checks.items() if on in days}
        return replace(self.as_of(on), checks=checks)


def answers_as_history(
    answers: Mapping[str, Any],
    age_months: int | None = None,
    *,
    codes: Iterable[str] = (),
    metric_choice: tuple[Mapping[str, Any], ...] = (),
) -> History:
    """Return one set of answers as a history of one day. `answers["checks"]` lists the checks that were ticked."""
    readings = tuple(
        Reading(name, value, ONE_DAY) for name, value in answers.items() if name != "checks" and value is not None
    )
    checks = dict.fromkeys(answers.get("checks", ()), (ONE_DAY,))
    return History(
        today=ONE_DAY,
        readings=readings,
        checks=checks,
        codes=frozenset(codes),
        age_months=age_months,
        metric_choice=metric_choice,
        unticked="no",
    )
