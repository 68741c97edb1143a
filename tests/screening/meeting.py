"""Figures made from a rule itself, so that it holds: what a pathway asks for, without a number typed twice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from mengya_health.content.conditions import kind_of
from mengya_health.screening.facts import History, Reading

BASE = 100  # what a change starts from, a hundred days ago or at the rule's own distance
LONG_AGO = 400
ONCE = {"count": 1, "min_interval_days": 0}


@dataclass
class Given:
    """Readings (name, value, days ago), findings, ticks (check, days ago) and days that rules count from."""

    readings: list[tuple[str, Any, int]] = field(default_factory=list)
    codes: set[str] = field(default_factory=set)
    ticks: list[tuple[str, int]] = field(default_factory=list)
    days: dict[str, int] = field(default_factory=dict)

    def history(self, today: date, *, ticked: bool = True, **more) -> History:
        checks: dict[str, list[date]] = {}
        for name, ago in self.ticks if ticked else ():
            checks.setdefault(name, []).append(today - timedelta(days=ago))
        return History(
            today=today,
            readings=tuple(Reading(name, value, today - timedelta(days=ago)) for name, value, ago in self.readings),
            codes=frozenset(self.codes),
            checks={name: tuple(days) for name, days in checks.items()},
            dates={name: today - timedelta(days=ago) for name, ago in self.days.items()},
            **more,
        )


def given_for(rule: Mapping[str, Any], triggers: tuple[str, ...] = (), named: Mapping[str, Any] | None = None) -> Given:
    """Return what makes a rule hold. Of several alternatives the first is met."""
    given = Given()
    _meet(rule, triggers, named or {}, given, 0)
    return given


def _meet(rule: Mapping[str, Any], triggers: tuple[str, ...], named: Mapping[str, Any], given: Given, ago: int) -> None:
    kind = kind_of(rule)
    over = rule.get("over", ONCE)
    repeats = [ago + each * over["min_interval_days"] for each in range(over["count"])]
    if kind == "all":
        for part in rule["all"]:
            _meet(part, triggers, named, given, ago)
    elif kind == "any":
        _meet(rule["any"][0], triggers, named, given, ago)
    elif kind == "ref":
        for on in repeats:
            _meet(named[rule["ref"]], triggers, named, given, on)
    elif kind in ("metric", "any_metric", "input"):
        _meet_numbers(rule, triggers, given, repeats)
    elif kind in ("check", "any_of_both_eyes"):
        given.ticks += [(rule[kind], on) for on in repeats]
    else:
        _meet_other(kind, rule, given, ago)


def _meet_other(kind: str, rule: Mapping[str, Any], given: Given, ago: int) -> None:
    if kind == "abs_diff":
        given.readings += [(name, 5, ago) for name in rule["abs_diff"]]
    elif kind in ("code", "alert"):
        given.codes.add(rule[kind])
    elif kind == "days_since":
        given.days[rule["days_since"]] = rule["value"]
    elif kind in ("in_consolidation_days_ge", "in_intervention_days_ge"):
        given.days[kind.split("_")[1]] = rule[kind]
    elif kind in ("actual_months_ge", "corrected_months_ge"):
        name = {"actual_months_ge": "birth", "corrected_months_ge": "corrected_birth"}[kind]
        given.days[name] = 31 * rule[kind]
    else:
        raise ValueError(kind)


def _meet_numbers(rule: Mapping[str, Any], triggers: tuple[str, ...], given: Given, repeats: list[int]) -> None:
    names = rule.get("any_metric") or [rule.get("metric") or rule["input"]]
    for name in triggers if names == ["trigger"] else names[:1]:
        if "change_op" in rule:
            _meet_change(rule, name, given, repeats)
        elif "value_of" in rule:
            given.days[rule["value_of"]] = LONG_AGO
            edge = value_for(rule["op"], BASE * rule["times"])
            given.readings += [(name, BASE, LONG_AGO), (name, edge, repeats[0])]
        else:
            given.readings += [(name, value_for(rule["op"], rule["value"]), on) for on in repeats]


def _meet_change(rule: Mapping[str, Any], name: str, given: Given, repeats: list[int]) -> None:
    change = BASE * rule["value"] / 100 if rule["change_op"] == "pct_le" else rule["value"]
    change += {"gt": 1, "lt": -1}.get(rule["change_op"], 0)
    if rule["vs"] == "previous":
        apart = max(rule.get("over", ONCE)["min_interval_days"], 1)
        days = [*repeats, repeats[-1] + apart]
        given.readings += [(name, BASE - change * at, on) for at, on in enumerate(days)]
        return
    given.days[rule["vs"]] = rule.get("from_days", LONG_AGO)
    given.readings += [(name, BASE, given.days[rule["vs"]]), *((name, BASE + change, on) for on in repeats)]


def value_for(operator: str, value: Any) -> Any:
    """Return a number that passes a comparison, as near to its edge as a tenth."""
    if operator in ("lt", "gt"):
        return value + {"lt": -0.1, "gt": 0.1}[operator]
    return value[0] if operator in ("in", "between") else value
