"""Whether a pathway's success, relapse or closing rule is met by a child's history. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mengya_health.content import Content
from mengya_health.content.conditions import checks_named, kind_of
from mengya_health.content.pathways import Pathway
from mengya_health.content.shapes import Sourced
from mengya_health.errors import Invalid
from mengya_health.screening.conditions import Judged, judge
from mengya_health.screening.facts import History, Reading
from mengya_health.screening.proposals import growth_metric_choice
from mengya_health.screening.wording import in_words

# One trigger falling again is a relapse; success and closing need them all.
ANY_TRIGGER = frozenset({"relapse", "entry", "watch"})
PLAIN_RULES = ("success", "relapse", "watch", "response_check", "requires_hearing_check_if", "entry")


@dataclass(frozen=True, kw_only=True)
class Part:
    """One condition of a rule: in words, its status as in RuleOutcome, and the figures it was judged on."""

    text: str
    status: str
    figures: tuple[Reading, ...]


@dataclass(frozen=True, kw_only=True)
class RuleOutcome:
    """Whether a rule is met, and what to show.

    `status`: "met", "not_met", "needs_check" (only the clinician's ticks in `checks` are wanting) or "incomplete" (the
    metrics or days in `missing` are). `text` is the rule in the pathway's words; `parts` shows it condition by
    condition. `closing_code` is the closing reason of a closing rule. `origin` says where the rule comes from.
    """

    pathway_id: str
    rule: str
    status: str
    text: str
    parts: tuple[Part, ...]
    figures: tuple[Reading, ...]
    checks: tuple[str, ...]
    missing: tuple[str, ...]
    origin: Sourced
    closing_code: str | None = None

    @property
    def is_met(self) -> bool:
        return self.status == "met"


def rule_met(content: Content, pathway_id: str, rule: str, history: History) -> RuleOutcome:
    """Return whether a rule of a pathway holds on a history.

    `rule` is success, relapse, watch, entry, response_check, requires_hearing_check_if, or the name of a closing rule
    (closing, closing_excluded …). Raises Invalid where the pathway has no such rule.
    """
    pathway = content.pathways[pathway_id]
    condition, closing_code = _condition(pathway, rule)
    history = replace(
        history,
        any_trigger=rule in ANY_TRIGGER,
        metric_choice=history.metric_choice or growth_metric_choice(content),
    )
    named = {"success": pathway.rules.success} if pathway.rules.success else {}
    judged = judge(condition, history, named)
    parts = condition["all"] if kind_of(condition) == "all" else (condition,)
    text, origin = _said(pathway, rule, in_words(condition, content))
    return RuleOutcome(
        pathway_id=pathway_id,
        rule=rule,
        status=_status(condition, judged, history, named),
        text=text,
        parts=tuple(_part(part, history, named, content) for part in parts),
        figures=judged.figures,
        checks=judged.checks,
        missing=judged.missing,
        origin=origin,
        closing_code=closing_code,
    )


def checks_of(content: Content, pathway_id: str, rule: str) -> tuple[str, ...]:
    """Return the clinician's checks of a rule, as `rule_met` knows them."""
    return checks_named(_condition(content.pathways[pathway_id], rule)[0])


def closing_rules(content: Content, pathway_id: str) -> tuple[str, ...]:
    """Return the names of the ways in which a pathway can be closed."""
    return tuple(closing.name for closing in content.pathways[pathway_id].rules.closings)


def _condition(pathway: Pathway, rule: str) -> tuple[Mapping[str, Any], str | None]:
    for closing in pathway.rules.closings:
        if closing.name == rule:
            return closing.condition, closing.code
    condition = getattr(pathway.rules, rule) if rule in PLAIN_RULES else None
    if condition is None:
        raise Invalid(f"路径 {pathway.id} 没有规则 {rule}。", f"Pathway {pathway.id} has no rule {rule}.")
    return condition, None


def _status(condition: Mapping[str, Any], judged: Judged, history: History, named: Mapping[str, Any]) -> str:
    if judged.holds is not None:
        return "met" if judged.holds else "not_met"
    would_hold = judge(condition, replace(history, unticked="yes"), named).holds
    return "needs_check" if would_hold else "incomplete"


def _part(condition: Mapping[str, Any], history: History, named: Mapping[str, Any], content: Content) -> Part:
    judged = judge(condition, history, named)
    status = _status(condition, judged, history, named)
    return Part(text=in_words(condition, content), status=status, figures=judged.figures)


def _said(pathway: Pathway, rule: str, computed: str) -> tuple[str, Sourced]:
    """Return the rule in the pathway's own words and its origin; a clause without a source is a product default."""
    default = Sourced(basis="product_default", verified=False)
    if rule == "success":
        return "；".join(pathway.success_text), _or_default(pathway.success_origin, default)
    if rule == "relapse":
        return pathway.relapse_text, default
    if rule == "closing":
        return pathway.closing_text, _or_default(pathway.closing_origin, default)
    if rule == "entry":
        return computed, Sourced(source=pathway.source, verified=pathway.verified, verified_note=pathway.verified_note)
    return computed, default


def _or_default(origin: Sourced, default: Sourced) -> Sourced:
    return origin if origin.basis or origin.source else default
