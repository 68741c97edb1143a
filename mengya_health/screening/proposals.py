"""What answers and trends suggest: pathways, alerts, urgency. The doctor decides; nothing here opens anything. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mengya_health.content import Content
from mengya_health.content.screening_rules import Alert
from mengya_health.screening.conditions import judge
from mengya_health.screening.facts import History, answers_as_history

# From the strongest: open a case, choose between watching and a case, refer without a case, watch.
HOW = {
    "entry": "open",
    "case_entry": "open",
    "entry_optional": "choose",
    "referral_entry": "refer",
    "watch": "watch",
}


@dataclass(frozen=True)
class Proposal:
    """A pathway, and how it is suggested: open (a case), choose (doctor: watch or case), refer, watch."""

    pathway_id: str
    how: str


def propose_pathways(
    content: Content,
    pathway_ids: Iterable[str],
    answers: Mapping[str, Any],
    age_months: int | None = None,
    *,
    codes: Iterable[str] = (),
) -> tuple[Proposal, ...]:
    """Return the pathways whose entry rules these answers (as for `evaluate`) and finding codes meet."""
    history = answers_as_history(answers, age_months, codes=codes, metric_choice=growth_metric_choice(content))
    proposals = []
    for pathway_id in pathway_ids:
        how = _how(content, pathway_id, history)
        if how:
            proposals.append(Proposal(pathway_id, how))
    return tuple(proposals)


def escalations_met(content: Content, pathway_id: str, history: History) -> tuple[str, ...]:
    """Return the time limits (SLA ids) of the escalation rules that hold, the shortest first."""
    rules = content.pathways[pathway_id].rules.escalate
    met = {rule.within for rule in rules if judge(rule.condition, history).holds}
    return tuple(sorted(met, key=lambda each: content.time_limits[each].days or 0))


def alerts_raised(content: Content, screening_id: str, history: History) -> tuple[Alert, ...]:
    """Return the trend alerts of a screening that hold on a history. An alert without a rule is never raised here."""
    return tuple(
        alert
        for alert in content.screenings[screening_id].alerts
        if alert.rule is not None and _is_for(alert, history.age_months) and judge(alert.rule, history).holds
    )


def growth_metric_choice(content: Content) -> tuple[Mapping[str, Any], ...]:
    """Return which of weight-for-length and BMI counts at which age."""
    return tuple(choice for screening in content.screenings.values() for choice in screening.metric_choice)


def _is_for(alert: Alert, age_months: int | None) -> bool:
    return alert.ages_m is None or (age_months is not None and alert.ages_m[0] <= age_months < alert.ages_m[1])


def _how(content: Content, pathway_id: str, history: History) -> str | None:
    rules = content.pathways[pathway_id].rules
    for name, how in HOW.items():
        rule = getattr(rules, name)
        if rule is not None and judge(rule, history).holds:
            return how
    return None
