"""The child's growth on paper: charts, rows of measurements, one line in words."""

from collections.abc import Iterable, Sequence

from mengya_health.growth.chart import FAMILY, STAFF
from mengya_health.growth.chart_words import COMMON_SD, Reader, place_words
from mengya_health.growth.wst423 import HEIGHT_FROM_MONTH
from mengya_health.handouts.content import MeasurementRow, TitledChart
from mengya_health.people.facts import ChildFacts
from mengya_health.screening.measurements import Measurement, charts_of, judge_measurement

TITLES = {"wfa": "体重", "lhfa": "身长/身高", "wflh": "体重/身长", "hcfa": "头围"}
BETWEEN_THE_LINES = "常见"  # what a family reads where staff read 中下, 中 or 中上


def titled_charts(
    work, child: ChildFacts, history: Sequence[Measurement], indicators: Iterable[str], *, for_family: bool
) -> tuple[TitledChart, ...]:
    """Return the charts that have at least one point of this child."""
    drawn = (
        TitledChart(
            title=TITLES[indicator],
            chart=charts_of(
                child,
                history,
                indicator,
                sizes=("narrow",),
                today_on=work.today,
                audience=FAMILY if for_family else STAFF,
                age_rule=work.settings.age_rule,
            )[0],
        )
        for indicator in indicators
    )
    return tuple(each for each in drawn if each.chart.trace.marks)


def measurement_row(work, child: ChildFacts, measured: Measurement, *, for_family: bool) -> MeasurementRow:
    """Return one line of the table of measurements, with a word for weight and for length."""
    said = _words(work, child, measured, for_family=for_family)
    return MeasurementRow(
        measured_on=measured.measured_on,
        age=child.age_text(measured.measured_on),
        weight_kg=measured.weight_kg or "",
        length_cm=measured.lenhei_cm or "",
        head_cm=measured.headc_cm or "",
        judged=" · ".join(f"{name}{said[code]}" for code, name in _names(child, measured) if code in said),
    )


def in_words(work, child: ChildFacts, measured: Measurement) -> str:
    """Return a measurement for another institution: 体重 11.0 kg（中）、身长 82.0 cm（中）."""
    said = _words(work, child, measured, for_family=False)
    parts = [
        f"{name} {value} {unit}" + (f"（{said[code]}）" if code in said else "")
        for (code, name), value, unit in _values(child, measured, "kg", "cm")
    ]
    return "、".join(parts)


def in_plain_words(child: ChildFacts, measured: Measurement) -> str:
    """Return a measurement for a family, numbers only: 体重 9.1 公斤，身长 74.6 厘米."""
    return "，".join(f"{name} {value} {unit}" for (_, name), value, unit in _values(child, measured, "公斤", "厘米"))


def _values(child: ChildFacts, measured: Measurement, mass: str, distance: str) -> list[tuple]:
    names = (*_names(child, measured), ("hcfa", "头围"))
    values = (measured.weight_kg, measured.lenhei_cm, measured.headc_cm)
    units = (mass, distance, distance)
    return [each for each in zip(names, values, units, strict=True) if each[1]]


def _names(child: ChildFacts, measured: Measurement) -> tuple[tuple[str, str], ...]:
    is_height = child.age_months(measured.measured_on) >= HEIGHT_FROM_MONTH
    return ("wfa", "体重"), ("lhfa", "身高" if is_height else "身长")


def _words(work, child: ChildFacts, measured: Measurement, *, for_family: bool) -> dict[str, str]:
    """Return a word for each indicator that could be judged: 上 … 下, or for families 偏轻, 常见 …"""
    scores = judge_measurement(child, measured, age_rule=work.settings.age_rule).scores
    reader = Reader(FAMILY if for_family else STAFF)
    return {
        code: BETWEEN_THE_LINES if for_family and abs(score.z) <= COMMON_SD else place_words(score, code, reader)
        for code, score in scores.items()
    }
