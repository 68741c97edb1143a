"""When a child may come back after an infection: the later of the days and of every condition. Pure.

Source: `infections` of behaviours.yaml, whose note says: day 0 is the day of onset, and a child may come back on day N;
under `any` one of several ways is enough; a certificate or the clinic's doctor confirms it in every case.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from mengya_health.work import LOCAL

# Keys of a rule → the fact of the course they count from, and the unit.
COUNTED = {
    "onset_days_ge": ("onset_on", "days"),
    "rash_days_ge": ("rash_on", "days"),
    "symptom_free_days_ge": ("symptom_free_at", "days"),
    "symptom_free_hours_ge": ("symptom_free_at", "hours"),
    "afebrile_hours_ge": ("afebrile_at", "hours"),
    "antibiotic_days_ge": ("antibiotic_on", "days"),
}
CERTIFICATES = ("", "seen", "doctor")  # none yet; a hospital's certificate was seen; the clinic's doctor confirmed it


@dataclass(frozen=True, kw_only=True)
class Course:
    """What is known of an illness. Times are aware, days the clinic's; None: not known (yet).

    `days_by_notice` are the days after the last symptom that the district's notice asks for, where the file leaves the
    rule to it.
    """

    onset_on: date | None = None
    rash_on: date | None = None
    symptom_free_at: datetime | None = None
    afebrile_at: datetime | None = None
    antibiotic_on: date | None = None
    has_pneumonia: bool = False
    conditions: frozenset[str] = frozenset()
    certificate: str = ""
    days_by_notice: int | None = None


@dataclass(frozen=True)
class Way:
    """One way back: the first moment by the days (None while a date is missing), and what is missing.

    `missing` names facts of the course that no date is known for; `open` the conditions not ticked.
    """

    from_at: datetime | None
    missing: tuple[str, ...] = ()
    open: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        return not self.missing

    def is_met(self, now: datetime) -> bool:
        return not self.missing and not self.open and (self.from_at is None or now >= self.from_at)


@dataclass(frozen=True)
class Return:
    """When a child may come back. `ways`: one of them is enough. `has_certificate` is asked for beside any of them."""

    ways: tuple[Way, ...]
    has_certificate: bool

    @property
    def best(self) -> Way:
        """The way with least missing; of those the earliest."""
        return min(self.ways, key=_nearness)

    def may_return(self, now: datetime) -> bool:
        """Return whether the child may come back at this moment."""
        return self.has_certificate and any(way.is_met(now) for way in self.ways)


def return_of(rule: Mapping[str, Any], course: Course) -> Return:
    """Return when the child may come back by a rule of `infections.list`."""
    ways = tuple(_way(each, course) for each in rule.get("any", (rule,)))
    return Return(ways, course.certificate in CERTIFICATES[1:])


def facts_asked(rule: Mapping[str, Any]) -> tuple[str, ...]:
    """Return which dates and times of a course a rule counts from."""
    if rule.get("configurable"):
        return ("symptom_free_at",)
    rules = rule.get("any", (rule,))
    return tuple(dict.fromkeys(fact for each in rules for key, (fact, _unit) in COUNTED.items() if key in each))


def conditions_asked(rule: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a rule wants ticked."""
    return tuple(each for one in rule.get("any", (rule,)) for each in one.get("conditions", ()))


def _nearness(way: Way) -> tuple[int, int, float]:
    return len(way.missing), len(way.open), way.from_at.timestamp() if way.from_at else 0.0


def _way(rule: Mapping[str, Any], course: Course) -> Way:
    if rule.get("configurable"):
        return _by_notice(course)
    until, missing = [], []
    for key, (fact, unit) in COUNTED.items():
        if key not in rule:
            continue
        since, number = getattr(course, fact), _number(rule, key, course)
        if since is None:
            missing.append(fact)
        else:
            until.append(_later(since, number, unit))
    unticked = tuple(each for each in rule.get("conditions", ()) if each not in course.conditions)
    return Way(max(until) if until and not missing else None, tuple(missing), unticked)


def _by_notice(course: Course) -> Way:
    facts = ("days_by_notice", "symptom_free_at")
    missing = tuple(name for name in facts if getattr(course, name) is None)
    return Way(None if missing else _later(course.symptom_free_at, course.days_by_notice, "days"), missing)


def _number(rule: Mapping[str, Any], key: str, course: Course) -> int:
    if key == "rash_days_ge" and course.has_pneumonia:
        return rule.get("if_pneumonia_rash_days_ge", rule[key])
    return rule[key]


def _later(since: date, number: int, unit: str) -> datetime:
    """Return the moment `number` days or hours after: days begin at midnight, hours are counted from the time."""
    if unit == "hours":
        return since + timedelta(hours=number)
    on = since.astimezone(LOCAL).date() if isinstance(since, datetime) else since
    return datetime.combine(on + timedelta(days=number), time(tzinfo=LOCAL))
