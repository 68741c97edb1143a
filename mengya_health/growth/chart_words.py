"""The words on growth charts: clinical ones for staff, plain ones for families, who never read SD or a diagnosis."""

from __future__ import annotations

from typing import NamedTuple

from mengya_health.growth.visits import Score

STAFF, FAMILY = "staff", "family"
MEDIAN = "中位"
MOST_CHILDREN = ("大多数", "孩子在这")
LYING, STANDING = "身长（躺着量）", "身高（站着量）"


class Words(NamedTuple):
    """What an indicator is called, its unit for staff and for families, and what families read above and below."""

    name: str
    unit: str
    family_unit: str
    high: str
    low: str


WORDS = {
    "wfa": Words("体重", "kg", "公斤", "偏重", "偏轻"),
    "lhfa": Words("身长/身高", "cm", "厘米", "偏高", "偏矮"),
    "wflh": Words("体重", "kg", "公斤", "偏重", "偏轻"),
    "bfa": Words("体质指数（BMI）", "kg/m²", "公斤/米²", "偏重", "偏轻"),
    "hcfa": Words("头围", "cm", "厘米", "偏大", "偏小"),
}
# Where a family's two dashed lines run, and where their words change.
COMMON_SD = 2


def chart_title(indicator: str) -> str:
    """Return what the chart shows, as a sentence part."""
    return "体重随身长、身高变化图" if indicator == "wflh" else f"{WORDS[indicator].name}随月龄变化图"


def unit_of(indicator: str, audience: str) -> str:
    words = WORDS[indicator]
    return words.family_unit if audience == FAMILY else words.unit


def line_words(indicator: str, audience: str) -> dict[int, tuple[str, ...]]:
    """Return the end label of each SD line that this reader sees, line by line."""
    if audience == FAMILY:
        return {COMMON_SD: (WORDS[indicator].high,), 0: MOST_CHILDREN, -COMMON_SD: (WORDS[indicator].low,)}
    return {sd: (f"{sd_text(sd, 0)} SD" if sd else MEDIAN,) for sd in (3, 2, 1, 0, -1, -2, -3)}


def place_words(score: Score, indicator: str, audience: str) -> str:
    """Return in words where a score lies: 上 … 下 (else its z) for staff, a plain word for families."""
    if audience == FAMILY:
        words = WORDS[indicator]
        return words.high if score.z > COMMON_SD else words.low if score.z < -COMMON_SD else "".join(MOST_CHILDREN)
    return score.sd_band or f"{sd_text(score.z, 1)} SD"


def sd_text(sd: float, decimals: int) -> str:
    """Return a signed number with a real minus, "+2", "−1.4", "0.0"."""
    text = f"{abs(sd):.{decimals}f}"
    return text if not float(text) else f"{'−' if sd < 0 else '+'}{text}"


def number_text(value: float) -> str:
    """Return a measurement with one decimal, two where it was measured so finely."""
    text = f"{value:.2f}"
    return text[:-1] if text.endswith("0") else text


def reference_name(reference: str) -> str:
    return "WS/T 423—2022" if reference == "wst423_2022" else "WHO 2006、2007"
