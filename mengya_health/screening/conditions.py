"""Judging one condition of the rule grammar on a history. Pure; knows three answers: yes, no, and not known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from mengya_health.content.conditions import kind_of
from mengya_health.growth.ages import completed_months
from mengya_health.screening.comparing import compares, exact, has_changed
from mengya_health.screening.facts import History, Reading

Condition = Mapping[str, Any]
TRIGGER = "trigger"
FIRST_BIRTHDAY_MONTHS = 12


@dataclass(frozen=True)
class Judged:
    """Whether a condition holds (None: not known), on which figures, and what is missing to know.

    `missing` are metrics, inputs or dates nobody gave; `checks` what a clinician has still to say.
    """

    holds: bool | None
    figures: tuple[Reading, ...] = ()
    missing: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()


def judge(condition: Condition, history: History, rules: Mapping[str, Condition] | None = None) -> Judged:
    """Return whether a condition holds. `rules` are the rules that {ref: name} may point to."""
    named = rules or {}
    kind = kind_of(condition)
    if kind in ("all", "any"):
        return _joined([judge(part, history, named) for part in condition[kind]], needs_all=kind == "all")
    if kind == "not":
        inner = judge(condition["not"], history, named)
        holds = None if inner.holds is None else not inner.holds
        return Judged(holds, inner.figures, inner.missing, inner.checks)
    if kind == "ref":
        return _referred(condition, history, named)
    if not _is_of_age(condition, history):
        return Judged(False)
    return _JUDGES[kind](condition, history)


def _joined(parts: list[Judged], *, needs_all: bool) -> Judged:
    decided = [part for part in parts if part.holds is (not needs_all)]
    if decided:
        return Judged(not needs_all, _figures(decided))
    unknown = [part for part in parts if part.holds is None]
    if not unknown:
        return Judged(needs_all, _figures(parts))
    missing = tuple(dict.fromkeys(name for part in unknown for name in part.missing))
    checks = tuple(dict.fromkeys(name for part in unknown for name in part.checks))
    return Judged(None, _figures(parts), missing, checks)


def _figures(parts: Iterable[Judged]) -> tuple[Reading, ...]:
    return tuple(dict.fromkeys(_hashable(figure) for part in parts for figure in part.figures))


def _hashable(figure: Reading) -> Reading:
    return Reading(figure.name, tuple(figure.value), figure.on) if isinstance(figure.value, list | set) else figure


def _is_of_age(condition: Condition, history: History) -> bool:
    ages = condition.get("ages_m")
    return ages is None or history.age_months is None or ages[0] <= history.age_months < ages[1]


def _metric(condition: Condition, history: History) -> Judged:
    name = condition["metric"]
    if name != TRIGGER:
        return _readings(name, condition, history)
    if not history.triggers:
        return Judged(None, missing=(TRIGGER,))
    parts = [_readings(trigger, condition, history) for trigger in history.triggers]
    return _joined(parts, needs_all=not history.any_trigger)


def _readings(name: str, condition: Condition, history: History) -> Judged:
    readings = _within_days(history.of(name), condition, history)
    if not readings:
        return Judged(None, missing=(name,))
    if condition.get("vs") == "previous":
        return _against_previous(readings, condition, history)
    reference = _reference(name, condition, history)
    if reference is None and _compares_with_reference(condition):
        return Judged(None, readings[:1], missing=(condition.get("vs", condition.get("value_of")),))
    found = _run(readings, lambda each: _holds(each, reference, condition), condition.get("over"), history)
    figures = found[1] if reference is None else (*found[1], reference)
    return Judged(found[0], figures)


def _compares_with_reference(condition: Condition) -> bool:
    return "change_op" in condition or "value_of" in condition


def _reference(name: str, condition: Condition, history: History) -> Reading | None:
    """Return the reading to compare with: the one on the day that `vs` or `value_of` names."""
    on = history.dates.get(condition.get("vs", condition.get("value_of")))
    return history.at(name, on) if on else None


def _within_days(readings: tuple[Reading, ...], condition: Condition, history: History) -> tuple[Reading, ...]:
    if "from_days" not in condition:
        return readings
    start_on = history.dates.get(condition["vs"])
    if start_on is None:
        return ()
    first, last = condition["from_days"], condition["to_days"]
    return tuple(each for each in readings if first <= (each.on - start_on).days <= last)


def _holds(reading: Reading, reference: Reading | None, condition: Condition) -> bool:
    if "change_op" in condition:
        return has_changed(condition, reading.value, reference.value)
    target = condition.get("value")
    if "value_of" in condition:
        target = exact(reference.value) * exact(condition["times"])
    return compares(condition["op"], reading.value, target)


Over = Mapping[str, int] | None


def _run(
    readings: tuple[Reading, ...], holds: Callable[[Reading], bool], over: Over, history: History
) -> tuple[bool, tuple[Reading, ...]]:
    """Return whether the newest readings hold without a break, `count` of them far enough apart, and those counted."""
    wanted = over["count"] if over else 1
    counted: list[Reading] = []
    for reading in readings:
        if not holds(reading):
            return False, (*counted, reading)
        if not counted or (counted[-1].on - reading.on).days >= _gap_days(over, counted[-1].on, history):
            counted.append(reading)
        if len(counted) == wanted:
            return True, tuple(counted)
    return False, tuple(counted)


def _gap_days(over: Over, on: date, history: History) -> int:
    if not over:
        return 0
    from_first_birthday = over.get("min_interval_days_from_12m")
    birth_on = history.dates.get("birth")
    if from_first_birthday and birth_on and completed_months(birth_on, on) >= FIRST_BIRTHDAY_MONTHS:
        return from_first_birthday
    return over["min_interval_days"]


def _against_previous(readings: tuple[Reading, ...], condition: Condition, history: History) -> Judged:
    """Each of the newest `count` readings against the one before it, both far enough apart."""
    over = condition.get("over")
    spaced = [readings[0]]
    for reading in readings[1:]:
        if (spaced[-1].on - reading.on).days >= max(_gap_days(over, spaced[-1].on, history), 1):
            spaced.append(reading)
    wanted = over["count"] if over else 1
    pairs = list(zip(spaced, spaced[1:], strict=False))[:wanted]
    holds = len(pairs) == wanted and all(_holds(newer, older, condition) for newer, older in pairs)
    return Judged(holds, tuple(spaced[: wanted + 1]))


def _any_metric(condition: Condition, history: History) -> Judged:
    names, are_alternatives = _names_to_use(condition["any_metric"], history)
    parts = [_readings(name, condition, history) for name in names]
    known = [part for part in parts if part.holds is not None]
    return _joined(known if are_alternatives and known else parts, needs_all=False)


def _names_to_use(names: tuple[str, ...], history: History) -> tuple[tuple[str, ...], bool]:
    """Return which of several metrics count at this age, and whether one of them alone is enough to know."""
    choices = [each for each in history.metric_choice if set(names) == {*_listed(each["use"]), *_fallback(each)}]
    if not choices:
        return names, False
    age = history.age_months
    choice = next((each for each in choices if age is None or each["ages_m"][0] <= age < each["ages_m"][1]), choices[0])
    if age is None or "fallback" not in choice:
        return names, True
    preferred, fallback = _listed(choice["use"]), _fallback(choice)
    stands_in = history.latest(preferred[0]) is None and history.latest(fallback[0]) is not None
    return (fallback if stands_in else preferred), True


def _listed(names: str | tuple[str, ...]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _fallback(choice: Mapping[str, Any]) -> tuple[str, ...]:
    return _listed(choice["fallback"]) if "fallback" in choice else ()


def _input(condition: Condition, history: History) -> Judged:
    reading = history.latest(condition["input"])
    if reading is None:
        return Judged(None, missing=(condition["input"],))
    return Judged(compares(condition["op"], reading.value, condition["value"]), (reading,))


def _spread(names: tuple[str, ...], condition: Condition, history: History) -> Judged:
    readings = {name: history.latest(name) for name in names}
    missing = tuple(name for name, reading in readings.items() if reading is None)
    figures = tuple(reading for reading in readings.values() if reading)
    if missing:
        return Judged(None, figures, missing)
    values = [exact(reading.value) for reading in figures]
    return Judged(compares(condition["op"], max(values) - min(values), condition["value"]), figures)


def _check(condition: Condition, history: History) -> Judged:
    name = condition["check"]
    ticks = tuple(Reading(name, True, on) for on in history.ticked(name))
    if _run(ticks, lambda _: True, condition.get("over"), history)[0]:
        return Judged(True, ticks)
    answer = {"yes": True, "no": False, "open": None}[history.unticked]
    return Judged(answer, ticks, checks=(name,))


def _code(code: str, history: History) -> Judged:
    on = history.found_on.get(code)
    return Judged(code in history.codes, (Reading(code, True, on),) if on else ())


def _days_since(name: str, condition: Condition, history: History) -> Judged:
    since = history.dates.get(name)
    if since is None:
        return Judged(None, missing=(name,))
    days = (history.today - since).days
    return Judged(compares(condition["op"], days, condition["value"]), (Reading(f"days_since_{name}", days, since),))


def _months_since(name: str, months: int, history: History) -> Judged:
    since = history.dates.get(name)
    if since is None:
        return Judged(None, missing=(name,))
    return Judged(completed_months(since, history.today) >= months)


def _referred(condition: Condition, history: History, rules: Mapping[str, Condition]) -> Judged:
    """Another rule of the same pathway; with `over`, on each day something was read, by what was ticked on that day."""
    rule = rules[condition["ref"]]
    if "over" not in condition:
        return judge(rule, history, rules)
    days = sorted({each.on for each in history.readings if each.on <= history.today}, reverse=True)
    readings = tuple(Reading(condition["ref"], judge(rule, history.of_day(on), rules), on) for on in days)
    if not readings:
        return judge(rule, history, rules)
    if readings[0].value.holds is None:
        return readings[0].value
    holds, counted = _run(readings, lambda each: each.value.holds is True, condition["over"], history)
    return Judged(holds, _figures(each.value for each in counted))


def _asked_of_clinician(condition: Condition, history: History) -> Judged:
    # Corrected acuity is no metric: only the clinician sees whether it is right for the age.
    return _check({"check": condition["any_of_both_eyes"]}, history)


_JUDGES: Mapping[str, Callable[[Condition, History], Judged]] = {
    "metric": _metric,
    "any_metric": _any_metric,
    "input": _input,
    "abs_diff": lambda condition, history: _spread(condition["abs_diff"], condition, history),
    "range_of": lambda condition, history: _spread(condition["range_of"], condition, history),
    "check": _check,
    "code": lambda condition, history: _code(condition["code"], history),
    "alert": lambda condition, history: _code(condition["alert"], history),
    "any_of_both_eyes": _asked_of_clinician,
    "item_domain": lambda condition, history: Judged(condition["item_domain"] in history.positive_domains),
    "days_since": lambda condition, history: _days_since(condition["days_since"], condition, history),
    "in_consolidation_days_ge": lambda condition, history: _days_since(
        "consolidation", {"op": "ge", "value": condition["in_consolidation_days_ge"]}, history
    ),
    "in_intervention_days_ge": lambda condition, history: _days_since(
        "intervention", {"op": "ge", "value": condition["in_intervention_days_ge"]}, history
    ),
    "actual_months_ge": lambda condition, history: _months_since("birth", condition["actual_months_ge"], history),
    "corrected_months_ge": lambda condition, history: _months_since(
        "corrected_birth", condition["corrected_months_ge"], history
    ),
}
