"""The figures of a case: what it began with, and what they are now."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation

from mengya_health.care.facts import CaseFacts
from mengya_health.content import Content
from mengya_health.content.measurements import Metric
from mengya_health.handouts.content import ClosingSummary, Comparison
from mengya_health.handouts.from_record.sheet import fitted, room
from mengya_health.screening.facts import Reading

BEGINNINGS = ("open", "flag", "reopen")
# What was measured behind a z-score, which says more to a reader than the score.
MEASURED = {"WAZ": "WEIGHT", "HAZ": "LENGTH", "WHZ": "WEIGHT", "BMIZ": "BMI", "HCZ": "HEADC"}


def began_on(facts: CaseFacts) -> date:
    """Return the day the present round began to be looked into."""
    return facts.first_on("positive") or facts.opened_on


def basis_of(facts: CaseFacts) -> str:
    """Return the figures the case began with; where none could be computed, the reasons that were typed."""
    since = began_on(facts)
    figures = [reading for code in _codes(facts) if (reading := facts.history.at(code, since))]
    typed = [step.body["reason"] for step in facts.steps if step.round == facts.round and step.event in BEGINNINGS]
    reasons = "；".join(reason for reason in typed if reason)
    return _by_day(facts, figures) or fitted(ClosingSummary, "basis", reasons)


def comparisons_of(facts: CaseFacts, *, until: date) -> tuple[Comparison, ...]:
    """Return what the case turned on, at its beginning and at a later day."""
    history = facts.history.as_of(until)
    pairs = [(history.at(code, began_on(facts)), history.latest(code)) for code in _codes(facts)]
    known = [(first, last) for first, last in pairs if first and last]
    return tuple(
        _comparison(facts.content, first, last) for first, last in known[: room(ClosingSummary, "comparisons")]
    )


def _comparison(content: Content, first: Reading, last: Reading) -> Comparison:
    return Comparison(
        measure=fitted(Comparison, "measure", content.metrics[first.name].name),
        at_opening=fitted(Comparison, "at_opening", _value(content, first)),
        latest=fitted(Comparison, "latest", _value(content, last)),
        change=fitted(Comparison, "change", _change(content, first, last)),
    )


def _codes(facts: CaseFacts) -> list[str]:
    """Return what the case turned on, each z-score behind what was measured for it."""
    codes = [code for trigger in facts.triggers for code in (MEASURED.get(trigger), trigger)]
    return [code for code in dict.fromkeys(codes) if code in facts.content.metrics]


def _value(content: Content, reading: Reading) -> str:
    metric, number = content.metrics[reading.name], _decimal(reading)
    if metric.values and number is not None:
        return str(metric.values.get(int(number), reading.value))
    if number is None:
        return str(reading.value)
    return f"{number:{_digits(metric)}} {metric.unit}".strip().replace("-", "−")


def _change(content: Content, first: Reading, last: Reading) -> str:
    metric, before, after = content.metrics[first.name], _decimal(first), _decimal(last)
    if metric.values or before is None or after is None:
        return "—"
    if first.on == last.on:
        return "只测过一次"
    return f"{after - before:+{_digits(metric)}} {metric.unit}".strip().replace("-", "−")


def _digits(metric: Metric) -> str:
    """What was measured is shown as it was typed, what was computed to the decimals that mean something."""
    return f".{metric.decimals}f" if metric.kind == "derived" else "f"


def _decimal(reading: Reading) -> Decimal | None:
    try:
        return Decimal(str(reading.value))
    except InvalidOperation:
        return None


def _by_day(facts: CaseFacts, readings: Iterable[Reading]) -> str:
    """Return 2026-11-23：体重 6.9 kg、…, as many figures as there is room for; no number is cut in two."""
    said, day = "", None
    for each in readings:
        figure = f"{facts.content.metrics[each.name].name} {_value(facts.content, each)}"
        mark = "、" if each.on == day else ("；" if said else "") + f"{each.on}："
        if len(said + mark + figure) > room(ClosingSummary, "basis"):
            break
        said, day = said + mark + figure, each.on
    return said
