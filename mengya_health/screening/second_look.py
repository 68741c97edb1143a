"""Measurements worth a second look before they are stored: nothing here is refused, it is asked back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from mengya_health.content import Content
from mengya_health.content.typed_numbers import likelier, likely, range_of
from mengya_health.errors import Invalid
from mengya_health.growth import Judgement
from mengya_health.growth.chart_words import sd_text
from mengya_health.growth.measures import LYING_MINUS_STANDING_CM
from mengya_health.people.facts import ChildFacts
from mengya_health.screening.expected import expected_of
from mengya_health.screening.forms import Filled
from mengya_health.screening.measurements import Measurement, derived_readings, typed_readings
from mengya_health.screening.planned import CheckPlan, original

NOT_MEASURED = "none"
# Which measurement a z-score makes doubtful.
DOUBTED_BY = {"WEIGHT": ("WAZ", "WHZ"), "LENGTH": ("HAZ",), "HEADC": ("HCZ",)}
INDICATORS_OF = {"WEIGHT": ("wfa", "wflh"), "LENGTH": ("lhfa", "hfa"), "HEADC": ("hcfa",)}


@dataclass(frozen=True)
class SecondLook:
    """One thing asked back. It is settled when `confirm_<field>` comes back with `answer`, the value asked about.

    `guess` is what was probably meant, "" where nothing lies nearer.
    """

    field: str
    answer: str
    why: str
    note: str
    guess: str = ""

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
    child: ChildFacts,
    plan: CheckPlan,
    filled: Filled,
    judged: Judgement,
    before: Measurement | None,
) -> list[SecondLook]:
    """Return what of a check has to be asked back, one line for each field. `before` is the last measurement."""
    doubts = [*_missing(content, plan, filled), *_doubts(content, filled.values, filled.position, judged, before)]
    return _looks(content, filled.values, doubts, expected_of(child, plan.on, before), {})


def looks_at(
    content: Content,
    child: ChildFacts,
    measurement: Measurement,
    others: Mapping[str, int | str],
    judged: Judgement,
    before: Measurement | None,
    *,
    names: Mapping[str, str],
) -> list[SecondLook]:
    """Return what of figures taken without a check has to be asked back; `names` are their fields by metric code."""
    values = {code: str(value) for code, value in {**typed_readings(measurement), **others}.items()}
    doubts = _doubts(content, values, measurement.position, judged, before)
    return _looks(content, values, doubts, expected_of(child, measurement.measured_on, before), names)


def unsettled(looks: Sequence[SecondLook], confirmed: Mapping[str, str]) -> list[SecondLook]:
    """Return those that the doctor has not confirmed for the very value that now stands there."""
    return [look for look in looks if confirmed.get(look.field) != look.answer]


def _looks(
    content: Content,
    values: Mapping[str, object],
    doubts: Iterable[tuple[str, str, str]],
    expected: Mapping[str, Decimal],
    names: Mapping[str, str],
) -> list[SecondLook]:
    reasons: dict[str, list[tuple[str, str]]] = {}
    for code, why, note in doubts:
        reasons.setdefault(code, []).append((why, note))
    return [
        SecondLook(
            field=names.get(code, code.lower()),
            answer=values.get(code, NOT_MEASURED),
            why="；".join(dict.fromkeys(why for why, _ in found)),
            note="；".join(dict.fromkeys(note for _, note in found)),
            guess=_guess(content, code, values.get(code), expected),
        )
        for code, found in reasons.items()
    ]


def _guess(content: Content, code: str, value: object, expected: Mapping[str, Decimal]) -> str:
    metric = content.metrics.get(code)
    if metric is None or metric.hard is None or not isinstance(value, str):
        return ""
    within = range_of(metric, expected.get(code))
    if within.expected:
        return likelier(value, within) or ""
    return "" if metric.is_usual(float(value)) else likely(value, within) or ""


def _doubts(
    content: Content,
    values: Mapping[str, object],
    position: str | None,
    judged: Judgement,
    before: Measurement | None,
) -> Iterator[tuple[str, str, str]]:
    for code, value in values.items():
        metric = content.metrics.get(code)
        if metric and isinstance(value, str) and not metric.is_usual(float(value)):
            low, high = metric.soft
            yield code, f"{metric.name}不常见", f"{value} {metric.unit}，通常在 {low} 到 {high} 之间"
    derived = derived_readings(judged)
    for code, scores in DOUBTED_BY.items():
        value = values.get(code)
        for score in scores:
            if value and score in derived and not content.metrics[score].is_usual(derived[score]):
                unit = content.metrics[code].unit
                yield code, f"{content.metrics[score].name} {sd_text(derived[score], 1)}", f"这次 {value} {unit}"
    for code in _implausible(judged):
        if code in values:
            yield code, "WHO 把这样的数看作量错的，请重新量", f"这次 {values[code]} {content.metrics[code].unit}"
    if before:
        yield from _losses(content, values, position, before)


def _implausible(judged: Judgement) -> list[str]:
    """Return the metrics whose score WHO holds for implausible (`Score.flag`)."""
    return [
        code for code, own in INDICATORS_OF.items() if any(judged.scores[i].flag for i in own if i in judged.scores)
    ]


def _missing(content: Content, plan: CheckPlan, filled: Filled) -> Iterator[tuple[str, str, str]]:
    """Growth can be judged only where everything its screening reads was measured."""
    wanted = {name for screening_id in plan.visit.screenings for name in _growth_inputs(content, screening_id)}
    for line in plan.visit.fields_in("measure"):
        if line.metric in wanted and line.code not in filled.values:
            yield line.code, f"没有填{line.name}", "没有它就评不了生长"


def _growth_inputs(content: Content, screening_id: str) -> tuple[str, ...]:
    screening = original(content, screening_id)
    return screening.inputs if screening.derives and set(screening.inputs) <= set(DOUBTED_BY) else ()


def _losses(
    content: Content, values: Mapping[str, object], position: str | None, before: Measurement
) -> Iterator[tuple[str, str, str]]:
    last = {"WEIGHT": before.weight_kg, "LENGTH": before.lenhei_cm, "HEADC": before.headc_cm}
    for code, previous in last.items():
        if previous is None or code not in values:
            continue
        now, then = Decimal(values[code]), Decimal(previous)
        # Lying down a child measures longer: only what is left after that is a loss.
        if code == "LENGTH" and before.position != position:
            then += -LYING_MINUS_STANDING_CM if position == "h" else LYING_MINUS_STANDING_CM
        if now < then:
            metric = content.metrics[code]
            why = f"{metric.name}比上次少 {then - now} {metric.unit}"
            yield code, why, f"{before.measured_on} {previous} → 这次 {values[code]}"
