"""What a check says: its screenings evaluated, findings with their rule and source, and what they suggest. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mengya_health.content import Content
from mengya_health.content.conditions import checks_named
from mengya_health.content.screening_rules import Alert
from mengya_health.content.screenings import Screening
from mengya_health.growth import Judgement
from mengya_health.people.facts import ChildFacts
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.birth import birth_weight_kg
from mengya_health.screening.conditions import judge
from mengya_health.screening.facts import History, Reading
from mengya_health.screening.finding_content import alert_content, finding_content
from mengya_health.screening.forms import Filled
from mengya_health.screening.instruments import form_answers, positive_domains, warning_sign_answers
from mengya_health.screening.measurements import derived_readings, readings_in
from mengya_health.screening.planned import SIGNS, CheckPlan, original
from mengya_health.screening.proposals import Proposal, growth_metric_choice, propose_pathways
from mengya_health.screening.rules import COUNTED_FROM_SIGNS, Evaluation, Finding, evaluate, names_asked
from mengya_health.screening.trends import alerts_of
from mengya_health.screening.ungraded import with_ungraded

GRAMS_PER_KG = 1000
DAYS_PER_WEEK = 7
STRENGTH = ("open", "choose", "refer", "watch")  # ways to suggest a pathway, the strongest first
BIRTH_FACTS = {"GA_WEEKS", "BW_G"}


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """What a check came to, ready to be stored: plain values without floats.

    `screenings` keeps negative, not_applicable and incomplete apart; `proposals` are for the doctor to decide.
    """

    readings: Mapping[str, Any]
    screenings: list[dict]
    findings: list[dict]
    positive_domains: list[str]
    proposals: list[dict]


def judge_check(
    content: Content,
    child: ChildFacts,
    plan: CheckPlan,
    filled: Filled,
    judged: Judgement,
    earlier: Sequence[OpenEntry],
) -> CheckResult:
    """Return what a filled-in check says. `judged` is its growth judgement, `earlier` the child's checks before it."""
    readings = _readings(content, plan, filled, judged)
    before = readings_in(earlier)
    answers = _answers(content, child, plan, filled, readings, before)
    domains = positive_domains(content, plan.judged_months, filled.signs)
    evaluations = [
        evaluate(content, screening_id, plan.months_for(content.screenings[screening_id]), own)
        for screening_id, own in answers.items()
        if _is_asked(content, plan, screening_id)
    ]
    history = _history(content, child, plan, readings, before, domains, filled)
    alerts = list(alerts_of(content, plan, history, judged, earlier))
    findings = [finding_content(content, finding) for each in evaluations for finding in each.findings]
    findings += [alert_content(screening, alert) for screening, alert in alerts]
    suggested = [(finding, finding.pathways) for each in evaluations for finding in each.findings]
    return CheckResult(
        readings=readings,
        screenings=[with_ungraded(_screening(content, plan, each), judged) for each in evaluations],
        findings=findings,
        positive_domains=sorted(domains),
        proposals=_proposals(content, plan, suggested, alerts, history),
    )


def _readings(content: Content, plan: CheckPlan, filled: Filled, judged: Judgement) -> dict[str, Any]:
    """Return every metric of the check by code: decimals as typed, whole numbers as int, z-scores unrounded."""
    found: dict[str, Any] = {}
    for line in plan.visit.fields:
        if line.metric and line.code in filled.values:
            value = filled.values[line.code]
            found[line.metric] = int(value) if content.metrics[line.metric].kind != "decimal" else value
    found |= derived_readings(judged)
    return found | warning_sign_answers(content, plan.judged_months, filled.signs, filled.regression)


def _answers(
    content: Content,
    child: ChildFacts,
    plan: CheckPlan,
    filled: Filled,
    readings: Mapping[str, Any],
    before: Sequence[Reading],
) -> dict[str, dict[str, Any]]:
    """Return what each screening of the check is judged on."""
    numeric = {line.code for line in plan.visit.fields if line.kind == "number"}
    values = {code: _number(value) if code in numeric else value for code, value in filled.values.items()}
    answers = form_answers(content, plan.visit, values)
    numbers = {code: _number(value) for code, value in readings.items()} | _birth_facts(child, readings)
    for screening_id, own in answers.items():
        screening = original(content, screening_id)
        wanted = {*screening.inputs, *screening.derives, *(BIRTH_FACTS & {*screening.optional})}
        wanted |= COUNTED_FROM_SIGNS if screening_id == SIGNS else set()
        own |= {code: value for code, value in numbers.items() if code in wanted}
        seen = [each for each in plan.seen if each.screening_id == screening_id and each.name in filled.seen]
        own |= {each.code: filled.seen[each.name] for each in seen}
        ticked = [each.check for each in plan.told if each.screening_id == screening_id and filled.told.get(each.name)]
        own["checks"] = ticked + _done_before(content, child, screening_id, own, before)
    return answers


def _birth_facts(child: ChildFacts, readings: Mapping[str, Any]) -> dict[str, int]:
    """Return what the child's sheet says of its birth, where the check itself does not ask."""
    facts = {}
    if child.gestational_days is not None:
        facts["GA_WEEKS"] = child.gestational_days // DAYS_PER_WEEK
    if child.birth_weight_kg is not None:
        facts["BW_G"] = round(float(child.birth_weight_kg) * GRAMS_PER_KG)
    return {code: value for code, value in facts.items() if code not in readings}


def _done_before(
    content: Content, child: ChildFacts, screening_id: str, own: Mapping[str, Any], before: Sequence[Reading]
) -> list[str]:
    """Return the checks of a screening that only makes up for another one, where that one was done in time.

    That a result is on file is a fact of the record, so nobody has to tick it.
    """
    screening, made_up = content.screenings[screening_id], original(content, screening_id)
    if not screening.applies_if or any(code in own for code in made_up.inputs):
        return []
    ages_m = made_up.profile().ages_m
    taken = [each for each in before if each.name in made_up.inputs]
    is_done = any(ages_m is None or ages_m[0] <= child.age_months(each.on) < ages_m[1] for each in taken)
    return list(checks_named(screening.applies_if)) if is_done else []


def _is_asked(content: Content, plan: CheckPlan, screening_id: str) -> bool:
    """Return whether this check asks anything the screening judges; a score nobody takes here is no gap."""
    screening = original(content, screening_id)
    names = set(names_asked(content, screening_id, plan.months_for(screening)))
    is_told = any(each.screening_id == screening_id and each.is_required for each in plan.told)
    is_always = plan.is_focused or screening_id == SIGNS
    return is_always or is_told or bool(names & (_on_the_form(plan, screening) | set(screening.derives)))


def _on_the_form(plan: CheckPlan, screening: Screening) -> set[str | None]:
    """Return the metrics and inputs of a screening that lines of the form answer."""
    fed = {(line.feeds or "").rpartition(".")[2] for line in plan.visit.fields if _feeds(line, screening.id)}
    return fed | {line.metric for line in plan.visit.fields}


def _feeds(line, screening_id: str) -> bool:
    return (line.feeds or "").startswith(f"{screening_id}.")


def _history(
    content: Content,
    child: ChildFacts,
    plan: CheckPlan,
    readings: Mapping[str, Any],
    before: Sequence[Reading],
    domains: frozenset[str],
    filled: Filled,
) -> History:
    """Return the check and everything before it, with the weight at birth, for rules that look back."""
    now = [Reading(code, value, plan.on) for code, value in readings.items()]
    now.append(Reading("age_days", (plan.on - child.birth_on).days, plan.on))
    dates = {"birth": child.birth_on, "corrected_birth": child.corrected_birth_on()}
    if weight := birth_weight_kg(child, readings, before):
        now.append(Reading("WEIGHT", weight, child.birth_on))
        dates["birth_weight"] = child.birth_on
    return History(
        today=plan.on,
        readings=(*before, *now),
        checks={each.check: (plan.on,) for each in plan.told if filled.told.get(each.name)},
        dates=dates,
        positive_domains=domains,
        age_months=plan.judged_months,
        metric_choice=growth_metric_choice(content),
        unticked="no",
    )


def _screening(content: Content, plan: CheckPlan, evaluation: Evaluation) -> dict:
    screening = original(content, evaluation.screening_id)
    return {
        "screening": screening.id,
        "name": screening.name,
        "instrument": screening.instrument,
        "conclusion": _conclusion(content, plan, evaluation),
        "profile": evaluation.profile,
        "age_months": evaluation.age_months,
        "is_corrected": plan.is_corrected and screening.uses_corrected_age,
        "missing": list(evaluation.missing),
        "not_applicable": list(evaluation.not_applicable),
    }


def _conclusion(content: Content, plan: CheckPlan, evaluation: Evaluation) -> str:
    """Return how a screening ended at this check.

    Where only the question for every age was asked, nothing was screened. Where something that applies is left out, it
    is not done. What is made up for from an earlier visit asks its result only, not what was to be seen at that age.
    """
    conclusion, screening_id = evaluation.conclusion, evaluation.screening_id
    if screening_id == SIGNS and plan.group is None and conclusion == "negative":
        return "not_applicable"
    if conclusion == "not_applicable" and evaluation.missing:
        return "incomplete"
    is_made_up = (
        not plan.is_focused and screening_id != SIGNS and screening_id not in content.visit(plan.visit.id).screenings
    )
    left = set(evaluation.missing) & _on_the_form(plan, original(content, screening_id))
    return "negative" if is_made_up and evaluation.outcome == "none" and not left else conclusion


def _proposals(
    content: Content,
    plan: CheckPlan,
    suggested: Iterable[tuple[Finding, tuple[Proposal, ...]]],
    alerts: Iterable[tuple[Screening, Alert]],
    history: History,
) -> list[dict]:
    """Return the pathways suggested, each once, with every reason; the strongest way of suggesting it counts."""
    found: dict[str, dict] = {}
    for finding, pathways in suggested:
        for proposal in pathways:
            _add(found, content, proposal, finding.result, finding.source)
    for screening, alert in alerts:
        for proposal in propose_pathways(content, screening.pathways, {}, plan.judged_months, codes=(alert.code,)):
            _add(found, content, proposal, alert.text, alert.source)
    for pathway_id, each in found.items():
        rule = content.pathways[pathway_id].rules.requires_hearing_check_if
        each["needs_hearing_check"] = bool(rule and judge(rule, history).holds)
    return sorted(found.values(), key=lambda each: STRENGTH.index(each["how"]))


def _add(found: dict[str, dict], content: Content, proposal: Proposal, why: str, source: str | None) -> None:
    pathway = content.pathways[proposal.pathway_id]
    each = found.setdefault(
        pathway.id, {"pathway": pathway.id, "name": pathway.name, "how": proposal.how, "why": [], "basis": []}
    )
    each["how"] = min(each["how"], proposal.how, key=STRENGTH.index)
    each["why"] += [why] if why not in each["why"] else []
    each["basis"] += [source] if source and source not in each["basis"] else []


def _number(value: Any) -> Any:
    """Return a typed number as the rules compare it; codes stay int."""
    if not isinstance(value, str):
        return value
    return float(value) if "." in value else int(value)
