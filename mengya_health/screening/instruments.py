"""From what a doctor fills in to the answers the rules read: warning signs, growth, and the lines of a check form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mengya_health.content import Content
from mengya_health.content.conditions import names_read
from mengya_health.content.measurements import Input
from mengya_health.content.screenings import Screening
from mengya_health.content.visits import FormField, PlannedVisit
from mengya_health.errors import Invalid
from mengya_health.growth.visits import Judgement

GROWTH_METRICS = {"wfa": "WAZ", "lhfa": "HAZ", "hfa": "HAZ", "wflh": "WHZ", "bfa": "BMIZ", "hcfa": "HCZ"}


def warning_sign_answers(
    content: Content, age_months: int, signs: Mapping[str, bool], regression: int | None
) -> dict[str, Any]:
    """Return the answers of SCR_WSCST from the ticked signs of an age.

    `signs` maps the codes of the age group to whether the sign is there; `regression` is the answer to the question
    asked at every age, None while unanswered. A sign left out leaves the count unknown, unless one that is there
    settles it. Raises Invalid for a code of another age group.
    """
    items = {item.code: item for item in content.warning_signs_for(age_months)}
    strange = sorted(set(signs) - set(items))
    if strange:
        raise Invalid(
            f"这个月龄没有条目 {'、'.join(strange)}，请刷新页面。", f"No such sign at this age: {', '.join(strange)}."
        )
    there = [items[code] for code, is_there in signs.items() if is_there]
    answers: dict[str, Any] = {} if regression is None else {"WS_REG": regression}
    if there or (items and set(signs) == set(items)):
        answers["WSCST_N"] = len(there)
        answers["WS_ASD_N"] = sum(item.asd_flag for item in there)
    return answers


def positive_domains(content: Content, age_months: int, signs: Mapping[str, bool]) -> frozenset[str]:
    """Return the domains of the signs that are there: language and hearing ask for a hearing check."""
    return frozenset(item.domain for item in content.warning_signs_for(age_months) if signs.get(item.code))


def growth_answers(judgement: Judgement) -> dict[str, float]:
    """Return the z-scores of a growth judgement under their metric codes (WAZ, HAZ, WHZ, BMIZ, HCZ), unrounded."""
    return {GROWTH_METRICS[indicator]: score.z for indicator, score in judgement.scores.items()}


def form_answers(content: Content, visit: PlannedVisit, values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the answers for each screening of a check from the values of its form, by the codes of its fields.

    Values are as the form keeps them: a number, an option's code, a list of options' codes, True or False; None is
    not answered. Warning signs and growth are added by `warning_sign_answers` and `growth_answers`.
    """
    answers: dict[str, dict[str, Any]] = {screening_id: {} for screening_id in visit.screenings}
    for field in visit.fields:
        value = values.get(field.code)
        if value is None:
            continue
        for screening_id, own in answers.items():
            screening = content.screenings[content.screenings[screening_id].alias_of or screening_id]
            if field.metric in _metrics_of(screening):
                own[field.metric] = value
            asked = {each.code: each for each in screening.asked}
            fed, _, code = (field.feeds or "").partition(".")
            if fed == screening.id and code in asked:
                own[code] = _as_input(asked[code], field, value)
    return answers


def _metrics_of(screening: Screening) -> frozenset[str]:
    return frozenset(screening.inputs).union(*(names_read(rule.condition) for rule in screening.profile().rules))


def _as_input(asked: Input, field: FormField, value: Any) -> Any:
    """Return a form value as the kind of input a rule reads."""
    if field.kind != "choices":
        return value != field.normal if asked.kind == "boolean" and field.kind == "choice" else value
    found = [option for option in value if option != field.normal]
    if asked.kind == "set":
        return [field.options[option] for option in found]
    return len(found) if asked.kind == "count" else bool(found)
