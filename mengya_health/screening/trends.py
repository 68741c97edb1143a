"""Trends worth a reminder: the alerts of screenings, by their rule or by the lines a growth curve crosses. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mengya_health.content import Content
from mengya_health.content.screening_rules import Alert
from mengya_health.content.screenings import Screening
from mengya_health.growth import Judgement
from mengya_health.growth.velocity import lines_fallen
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.conditions import judge
from mengya_health.screening.facts import History
from mengya_health.screening.planned import CheckPlan, original

CROSSED = 2  # main lines downwards; source: trend_alerts of screenings.yaml, G_CROSS
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
    """Return whether weight or length now lies two main lines or more below an earlier measurement.

    Only measurements judged at the same kind of age are compared: where correction ends the curve is another one.
    """
    return any(_fell(indicator, judged, earlier) for indicator in INDICATORS)


def _fell(indicator: str, judged: Judgement, earlier: Sequence[OpenEntry]) -> bool:
    score = judged.scores.get(indicator)
    if score is None:
        return False
    growths = [entry.content.get("growth") for entry in earlier]
    alike = [each["scores"] for each in growths if each and each["is_corrected"] == judged.age.is_corrected]
    ranges = [scores[indicator]["percentile_range"] for scores in alike if indicator in scores]
    return any(lines_fallen(before, score.percentile_range) >= CROSSED for before in ranges)
