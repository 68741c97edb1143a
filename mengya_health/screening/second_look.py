"""Measurements worth a second look before they are stored: nothing here is refused, it is asked back. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from mengya_health.content import Content
from mengya_health.errors import Invalid
from mengya_health.growth import Judgement
from mengya_health.growth.chart_words import sd_text
from mengya_health.growth.measures import LYING_MINUS_STANDING_CM
from mengya_health.screening.forms import Filled
from mengya_health.screening.measurements import Measurement, derived_readings
from mengya_health.screening.planned import CheckPlan, original

NOT_MEASURED = "none"
# Which measurement a z-score makes doubtful.
DOUBTED_BY = {"WEIGHT": ("WAZ", "WHZ"), "LENGTH": ("HAZ",), "HEADC": ("HCZ",)}


@dataclass(frozen=True)
class SecondLook:
    """One thing asked back. It is settled when `confirm_<field>` comes back with `answer`, the value asked about."""

    field: str
    answer: str
    why: str
    note: str

    @property
    def is_missing(self) -> bool:
        return self.answer == NOT_MEASURED


class AskedBack(Invalid):
    """Everything is readable, but some of it is unlikely: measure again, or say that it was measured twice."""

    zh = "有几个数不常见，请重新量，或确认量过两次。已填的内容都还在。"
    en = "Some figures are unusual: measure again, or confirm them. Nothing you typed is lost."

    def __init__(self, missing: Sequence[SecondLook]) -> None:
        super().__init__()
        self.missing = tuple(missing)


def second_looks(
    content: Content,
    plan: CheckPlan,
    filled: Filled,
    judged: Judgement,
    before: Measurement | None,
) -> list[SecondLook]:
    """Return what has to be asked back, one line for each field. `before` is the child's last measurement."""
    reasons: dict[str, list[tuple[str, str]]] = {}
    for code, why, note in _doubts(content, plan, filled, judged, before):
        reasons.setdefault(code, []).append((why, note))
    return [
        SecondLook(
            field=code.lower(),
            answer=filled.values.get(code, NOT_MEASURED),
            why="；".join(why for why, _ in found),
            note="；".join(dict.fromkeys(note for _, note in found)),
        )
        for code, found in reasons.items()
    ]


def unsettled(looks: Sequence[SecondLook], confirmed: Mapping[str, str]) -> list[SecondLook]:
    """Return those that the doctor has not confirmed for the very value that now stands there."""
    return [look for look in looks if confirmed.get(look.field) != look.answer]


def _doubts(
    content: Content, plan: CheckPlan, filled: Filled, judged: Judgement, before: Measurement | None
) -> Iterator[tuple[str, str, str]]:
    yield from _missing(content, plan, filled)
    for code, value in filled.values.items():
        metric = content.metrics.get(code)
        if metric and isinstance(value, str) and not metric.is_usual(float(value)):
            low, high = metric.soft
            yield code, f"{metric.name}不常见", f"{value} {metric.unit}，通常在 {low} 到 {high} 之间"
    derived = derived_readings(judged)
    for code, scores in DOUBTED_BY.items():
        value = filled.values.get(code)
        for score in scores:
            if value and score in derived and not content.metrics[score].is_usual(derived[score]):
                unit = content.metrics[code].unit
                yield code, f"{content.metrics[score].name} {sd_text(derived[score], 1)}", f"这次 {value} {unit}"
    if before:
        yield from _losses(content, filled, before)


def _missing(content: Content, plan: CheckPlan, filled: Filled) -> Iterator[tuple[str, str, str]]:
    """Growth can be judged only where everything its screening reads was measured."""
    wanted = {name for screening_id in plan.visit.screenings for name in _growth_inputs(content, screening_id)}
    for line in plan.visit.fields_in("measure"):
        if line.metric in wanted and line.code not in filled.values:
            yield line.code, f"没有填{line.name}", "没有它就评不了生长"


def _growth_inputs(content: Content, screening_id: str) -> tuple[str, ...]:
    screening = original(content, screening_id)
    return screening.inputs if screening.derives and set(screening.inputs) <= set(DOUBTED_BY) else ()


def _losses(content: Content, filled: Filled, before: Measurement) -> Iterator[tuple[str, str, str]]:
    last = {"WEIGHT": before.weight_kg, "LENGTH": before.lenhei_cm, "HEADC": before.headc_cm}
    for code, previous in last.items():
        if previous is None or code not in filled.values:
            continue
        now, then = Decimal(filled.values[code]), Decimal(previous)
        # Lying down a child measures longer: only what is left after that is a loss.
        if code == "LENGTH" and before.position != filled.position:
            then += -LYING_MINUS_STANDING_CM if filled.position == "h" else LYING_MINUS_STANDING_CM
        if now < then:
            metric = content.metrics[code]
            why = f"{metric.name}比上次少 {then - now} {metric.unit}"
            yield code, why, f"{before.measured_on} {previous} → 这次 {filled.values[code]}"
