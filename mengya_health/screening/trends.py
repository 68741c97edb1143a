"""Trends worth a reminder: the alerts of screenings, by their rule or by the lines a growth curve crosses. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mengya_health.content import Content
from mengya_health.content.screening_rules import Alert
from mengya_health.content.screenings import Screening
from mengya_health.growth import Judgement
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.conditions import judge
from mengya_health.screening.facts import History
from mengya_health.screening.planned import CheckPlan, original

# How many of the lines P3, P25, P50, P75, P97 a measurement has reached, by the columns it lies between.
# Source: trend_alerts of screenings.yaml, G_CROSS: two of these lines crossed downwards.
LINES_REACHED = {
    "<P3": 0,
    "P3–P10": 1,
    "P10–P25": 1,
    "P25–P50": 2,
    "P50–P75": 3,
    "P75–P90": 4,
    "P90–P97": 4,
    "≥P97": 5,
}
CROSSED = 2
INDICATORS = ("wfa", "lhfa")  # weight, and length or height


def alerts_of(
    content: Content, plan: CheckPlan, history: History, judged: Judgement, earlier: Sequence[OpenEntry]
) -> Iterator[tuple[Screening, Alert]]:
    """Yield the alerts of a check's screenings that hold at its age."""
    for screening_id in plan.visit.screenings:
        screening = original(content, screening_id)
        months = plan.months_for(screening)
        for alert in screening.alerts:
            if alert.ages_m and not alert.ages_m[0] <= months < alert.ages_m[1]:
                continue
            holds = judge(alert.rule, history).holds if alert.rule else crossed_down(judged, earlier)
            if holds:
                yield screening, alert


def crossed_down(judged: Judgement, earlier: Sequence[OpenEntry]) -> bool:
    """Return whether weight or length now lies two main lines or more below an earlier measurement."""
    return any(_fell(indicator, judged, earlier) for indicator in INDICATORS)


def _fell(indicator: str, judged: Judgement, earlier: Sequence[OpenEntry]) -> bool:
    score = judged.scores.get(indicator)
    if score is None:
        return False
    now = LINES_REACHED[score.percentile_range]
    ranges = [_range_of(entry, indicator) for entry in earlier]
    return any(LINES_REACHED[before] - now >= CROSSED for before in ranges if before)


def _range_of(entry: OpenEntry, indicator: str) -> str | None:
    scores = entry.content.get("growth", {}).get("scores", {})
    return scores.get(indicator, {}).get("percentile_range")
