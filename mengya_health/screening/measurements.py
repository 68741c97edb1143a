"""Weight, length or height, and head circumference of a child: read from its entries, judged, put on a chart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from mengya_health.growth import Judgement, Visit, judge, reference_for, who_reference
from mengya_health.growth.chart import SIZES, Chart, growth_charts
from mengya_health.growth.velocity import Velocity, velocity
from mengya_health.people.facts import ChildFacts
from mengya_health.record.queries import OpenEntry, entries_of_kind
from mengya_health.screening.facts import Reading
from mengya_health.screening.instruments import growth_answers

READING_KINDS = ("screening", "follow_up")
TAKEN = {"wfa": "weight_kg", "lhfa": "lenhei_cm", "hcfa": "headc_cm"}
DAYS_APART = 28
NATIONAL = "wst423_2022"
MEASURED = {"WEIGHT": "weight_kg", "LENGTH": "lenhei_cm", "HEADC": "headc_cm"}


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What was measured on one day, as typed; None was not measured. `position` "l" lying or "h" standing.

    `entry_id` is None as long as it is not stored.
    """

    measured_on: date
    weight_kg: str | None = None
    lenhei_cm: str | None = None
    headc_cm: str | None = None
    position: str | None = None
    oedema: bool = False
    entry_id: UUID | None = None

    @property
    def is_empty(self) -> bool:
        return self.weight_kg is None and self.lenhei_cm is None and self.headc_cm is None

    def visit(self, child: ChildFacts) -> Visit:
        """Return it as the growth references take it. Raises Invalid for what cannot be a measurement."""
        return Visit(
            sex=child.sex,
            birth_on=child.birth_on,
            measured_on=self.measured_on,
            gestational_days=child.gestational_days,
            corrected_below_months=child.corrected_below_months,
            weight_kg=_decimal(self.weight_kg),
            lenhei_cm=_decimal(self.lenhei_cm),
            headc_cm=_decimal(self.headc_cm),
            position=self.position,
            oedema=self.oedema,
        )


def growth_history(work, child: ChildFacts) -> list[Measurement]:
    """Return every stored measurement of a child that the actor may read, oldest first."""
    return measurements_in(entries_of_kind(work, child, *READING_KINDS))


def measurements_in(entries: Iterable[OpenEntry]) -> list[Measurement]:
    """Return the measurements of these entries in their order, without those at which nothing was measured."""
    found = [_measurement(entry) for entry in entries if entry.status == "active"]
    return [each for each in found if not each.is_empty]


def readings_in(entries: Iterable[OpenEntry]) -> tuple[Reading, ...]:
    """Return every reading of these entries, as rules look at them; whole numbers are int."""
    return tuple(
        Reading(each["code"], each["value"], entry.happened_on)
        for entry in entries
        if entry.status == "active"
        for each in entry.content.get("readings", ())
    )


def latest_velocity(child: ChildFacts, history: Sequence[Measurement], indicator: str) -> Velocity | None:
    """Return how fast weight ("wfa"), length ("lhfa") or head ("hcfa") grew up to its last measurement.

    None where there is none a month before it, or the standard has no row.
    """
    taken = [each for each in history if getattr(each, TAKEN[indicator]) is not None]
    before = a_month_before(taken)
    return velocity(indicator, before.visit(child), taken[-1].visit(child)) if before else None


def a_month_before(history: Sequence[Measurement]) -> Measurement | None:
    """Return the newest measurement at least 28 days older than the last one; None where there is none.

    With fewer days between them, scales and lengths err by more than a child grows.
    """
    newest_first = reversed(history)
    return next(
        (each for each in newest_first if (history[-1].measured_on - each.measured_on).days >= DAYS_APART), None
    )


def charts_of(
    child: ChildFacts, history: Sequence[Measurement], indicator: str, *, sizes: Sequence[str] = SIZES, **how: Any
) -> tuple[Chart, ...]:
    """Return the growth chart of a child in each size; `how` is what else `growth.chart.growth_charts` takes."""
    return growth_charts(
        indicator,
        child.sex,
        [measurement.visit(child) for measurement in history],
        birth_on=child.birth_on,
        gestational_days=child.gestational_days,
        corrected_below_months=child.corrected_below_months,
        sizes=sizes,
        **how,
    )


def measured_content(work, child: ChildFacts, measurement: Measurement) -> dict:
    """Return what an entry keeps of one measurement: position, oedema, `readings`, and the growth judgements.

    `growth` is by WS/T 423—2022 with the district's age rule, `growth_who` by WHO at that age, `growth_preterm` by
    INTERGROWTH-21st, None but for a child not yet at term: to look at, so nothing of it is among the readings that
    rules judge. All name reference, age rule, the age they used and until when it is corrected; z-scores are unrounded
    text.
    """
    judged = judge_measurement(child, measurement, age_rule=work.settings.age_rule)
    visit = measurement.visit(child)
    held = reference_for(visit)
    return {
        "position": measurement.position,
        "oedema": measurement.oedema,
        "readings": stored_readings(typed_readings(measurement) | derived_readings(judged)),
        "growth": _growth_content(judged, child),
        "growth_who": _growth_content(judge(visit, who_reference(visit)), child),
        "growth_preterm": None if held == NATIONAL else _growth_content(judge(visit, held), child),
    }


def judge_measurement(child: ChildFacts, measurement: Measurement, *, age_rule: str) -> Judgement:
    """Return the measurement judged by WS/T 423—2022, preterm children at corrected age as long as that is used."""
    return judge(measurement.visit(child), NATIONAL, age_rule)


def typed_readings(measurement: Measurement) -> dict[str, str]:
    """Return what was measured, by metric code."""
    found = {code: getattr(measurement, name) for code, name in MEASURED.items()}
    return {code: value for code, value in found.items() if value is not None}


def derived_readings(judged: Judgement) -> dict[str, float]:
    """Return BMI (kg/m²) and the z-scores by metric code, unrounded."""
    bmi = {"BMI": judged.scores["bfa"].value} if "bfa" in judged.scores else {}
    return bmi | growth_answers(judged)


def stored_readings(readings: Mapping[str, object]) -> list[dict]:
    """Return readings as an entry keeps them: a whole number as int, any other number as its exact text."""
    return [
        {"code": code, "value": repr(value) if isinstance(value, float) else value}
        for code, value in sorted(readings.items())
    ]


def _measurement(entry: OpenEntry) -> Measurement:
    readings = {each["code"]: each["value"] for each in entry.content.get("readings", ())}
    taken = {name: str(readings[code]) for code, name in MEASURED.items() if code in readings}
    return Measurement(
        measured_on=entry.happened_on,
        position=entry.content.get("position"),
        oedema=entry.content.get("oedema", False),
        entry_id=entry.id,
        **taken,
    )


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def growth_shown(stored: Mapping[str, Any]) -> dict:
    """Return the growth judgement that holds for a stored measurement: before term by INTERGROWTH, else WS/T 423."""
    return stored.get("growth_preterm") or stored.get("growth") or {}


def _growth_content(judged: Judgement, child: ChildFacts) -> dict:
    age = judged.age
    return {
        "reference": judged.reference,
        "age_rule": judged.age_rule,
        "age_days": age.whole_days,
        "is_corrected": age.is_corrected,
        "corrected_below_months": child.corrected_below_months if child.is_preterm() else None,
        "lenhei_cm": None if judged.lenhei_cm is None else str(judged.lenhei_cm),
        "scores": {
            indicator: {
                "value": repr(score.value),
                "z": repr(score.z),
                "flag": score.flag,
                "percentile": score.percentile,
                "percentile_range": score.percentile_range,
                "sd_band": score.sd_band,
                "percentile_band": score.percentile_band,
                "nutrition": score.nutrition,
            }
            for indicator, score in judged.scores.items()
        },
        "unscored": dict(judged.unscored),
        "notes": list(judged.notes),
    }
