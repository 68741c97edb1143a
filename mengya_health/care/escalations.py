"""Which escalation rules of its pathway a case meets: the doctor is shown them and decides. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from mengya_health.care.facts import CaseFacts
from mengya_health.care.pathway_rules import history_of
from mengya_health.content.limits import TimeLimit
from mengya_health.content.shapes import Sourced
from mengya_health.screening.conditions import Judged, judge
from mengya_health.screening.facts import History
from mengya_health.screening.urgent_care import ARRIVED, OUTCOME, SAME_DAY_LIMIT
from mengya_health.screening.wording import figure_in_words, in_words

RESPONSE = "response_check"
REPORT = "mandatory_report"  # no case, and no trace in one


@dataclass(frozen=True)
class ReferralWanted:
    """A referral the pathway asks for now: the rule in words, within which limit, on which figures, and its source."""

    rule: str
    text_zh: str
    limit: TimeLimit
    figures_zh: str
    origin: Sourced


def referrals_wanted(facts: CaseFacts) -> list[ReferralWanted]:
    """Return what the pathway would refer for and nobody has since, the most urgent first."""
    if facts.loop.is_closed(facts.state):
        return []
    history = history_of(facts, unticked="no", of_any_plan=True)
    found = [_wanted(facts, name, within, judged) for name, within, judged in _met(facts, history)]
    return sorted((each for each in found if each), key=lambda each: each.limit.days or 0)


def _met(facts: CaseFacts, history: History) -> Iterator[tuple[str, str, Judged]]:
    rules = facts.pathway.rules
    for position, each in enumerate(rules.escalate):
        judged = judge(each.condition, history)
        if judged.holds and each.to != REPORT:
            yield f"escalate.{position}", each.within, judged
    if rules.response_check and judge(rules.entry, history).holds:  # what treatment has not raised is sent on
        judged = judge(rules.response_check, history)
        if judged.holds is False:
            yield RESPONSE, rules.response_check["on_fail"], judged


def _wanted(facts: CaseFacts, rule: str, within: str, judged: Judged) -> ReferralWanted | None:
    since = max((each.on for each in judged.figures), default=facts.today)
    if _was_referred(facts, since) or (within == SAME_DAY_LIMIT and _was_seen(facts, since)):
        return None
    said = next((each for each in facts.pathway.escalation if rule in each.rules), None)
    figures = [each for each in judged.figures if each.name in facts.content.metrics]
    return ReferralWanted(
        rule=rule,
        text_zh=said.when if said else _computed(facts, rule),
        limit=facts.content.time_limits[within],
        figures_zh="；".join(f"{figure_in_words(each, facts.content)}（{each.on:%m-%d}）" for each in figures),
        origin=said if said and said.source else Sourced(basis="product_default", verified=False),
    )


def _computed(facts: CaseFacts, rule: str) -> str:
    return in_words(facts.pathway.rules.escalate[int(rule.partition(".")[2])].condition, facts.content)


def _was_referred(facts: CaseFacts, since: date) -> bool:
    """Return whether the child was sent on since the figures were read; a letter written by mistake never went out."""
    return any(
        each.sent_on >= since and each.status not in ("cancelled", "entered-in-error") for each in facts.referrals
    )


def _was_seen(facts: CaseFacts, since: date) -> bool:
    """Return whether the child went to a hospital when it was told to: then no letter is wanted after it."""
    outcomes = [entry for entry in facts.entries if entry.kind == OUTCOME and entry.status == "active"]
    return any(each.happened_on >= since and each.content["result"] == ARRIVED for each in outcomes)
