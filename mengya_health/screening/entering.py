"""Pathways whose way in is met by a sheet's figures although no rule of its screening speaks of them. Pure."""

from __future__ import annotations

from dataclasses import replace

from mengya_health.content import Content
from mengya_health.screening.conditions import judge
from mengya_health.screening.facts import answers_as_history
from mengya_health.screening.findings import CheckResult
from mengya_health.screening.planned import CheckPlan
from mengya_health.screening.proposals import propose_pathways
from mengya_health.screening.sheets import Sheet
from mengya_health.screening.wording import in_words

SURE = "open"  # weaker ways in are suggested by findings alone


def with_other_ways_in(content: Content, plan: CheckPlan, sheet: Sheet, result: CheckResult) -> CheckResult:
    """Return the result with further proposals: a language quotient of 75 opens a pathway, though no band says so."""
    numbers = {code: float(value) for code, value in result.readings.items()}
    known = {each["pathway"] for each in result.proposals}
    codes = [each["code"] for each in result.findings]
    met = propose_pathways(content, sheet.screening.pathways, numbers, plan.judged_months, codes=codes)
    history = answers_as_history(numbers, plan.judged_months, codes=codes)
    further = []
    for proposal in (each for each in met if each.how == SURE and each.pathway_id not in known):
        pathway = content.pathways[proposal.pathway_id]
        rule, hearing = pathway.rules.case_entry or pathway.rules.entry, pathway.rules.requires_hearing_check_if
        further.append(
            {
                "pathway": pathway.id,
                "name": pathway.name,
                "how": proposal.how,
                "why": [in_words(rule, content)],
                "basis": [pathway.source] if pathway.source else [],
                "needs_hearing_check": bool(hearing and judge(hearing, history).holds),
            }
        )
    return replace(result, proposals=[*result.proposals, *further])
