"""What is urgent in figures taken without a check: on the measurement page, at a follow-up, from a laboratory. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from mengya_health.content import Content
from mengya_health.people.facts import ChildFacts
from mengya_health.screening.facts import History, Reading
from mengya_health.screening.finding_content import alert_content, finding_content
from mengya_health.screening.measurements import Measurement, derived_readings, judge_measurement, typed_readings
from mengya_health.screening.proposals import alerts_raised
from mengya_health.screening.rules import evaluate
from mengya_health.screening.urgent import Urgent, has_urgent, urgent_in


def urgent_in_readings(content: Content, child: ChildFacts, readings: Iterable[Reading]) -> tuple[Urgent, ...]:
    """Return what readings of one day show without a check: by metric code, z-scores among them."""
    taken = tuple(readings)
    found: list[dict] = []
    for screening in content.screenings.values():
        if screening.alias_of or not taken or not has_urgent(content, screening):
            continue
        on = taken[0].on
        months = child.corrected_months(on) if screening.uses_corrected_age else child.age_months(on)
        names = {*screening.inputs, *screening.derives}
        own = {each.name: each.value for each in taken if each.name in names and each.value is not None}
        if own:  # an import looks at thousands of lines
            evaluation = evaluate(content, screening.id, months, own)
            found += [finding_content(content, finding) for finding in evaluation.findings]
        history = _history(child, taken, months)
        found += [alert_content(screening, alert) for alert in alerts_raised(content, screening.id, history)]
    return urgent_in(content, found)


def readings_of(
    child: ChildFacts, measurement: Measurement, others: Mapping[str, int | str], *, age_rule: str
) -> list[Reading]:
    """Return what was measured on one day with its z-scores, and other metrics by code, as rules compare them."""
    figures = {} if measurement.is_empty else derived_readings(judge_measurement(child, measurement, age_rule=age_rule))
    typed = {**typed_readings(measurement), **others}
    numbers = {code: int(Decimal(str(each))) if isinstance(each, int) else float(each) for code, each in typed.items()}
    return [Reading(code, value, measurement.measured_on) for code, value in (numbers | figures).items()]


def _history(child: ChildFacts, taken: tuple[Reading, ...], months: int) -> History:
    on = taken[0].on
    more = [Reading("age_days", (on - child.birth_on).days, on)]
    dates = {"birth": child.birth_on}
    if child.birth_weight_kg is not None:
        more.append(Reading("WEIGHT", child.birth_weight_kg, child.birth_on))
        dates["birth_weight"] = child.birth_on
    return History(today=on, readings=(*taken, *more), dates=dates, age_months=months, unticked="no")
