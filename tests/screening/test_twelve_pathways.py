"""Every pathway from its entry to its closing, on figures made from its own rules; only a doctor ticks anything."""

from datetime import date

import pytest

from mengya_health.config import WORKFLOWS
from mengya_health.content import load_content
from mengya_health.content.conditions import checks_named, names_read
from mengya_health.screening.conditions import judge
from mengya_health.screening.pathway_rules import closing_rules, rule_met
from mengya_health.screening.proposals import growth_metric_choice
from tests.screening.meeting import Given, given_for

CONTENT = load_content(WORKFLOWS)
TODAY = date(2026, 11, 23)
STANDS_FOR_A_FIGURE = "血钙磷、碱性磷酸酶恢复"  # of PW_VITD: instead of the level, and the doctor's to say
CHOICE = {"metric_choice": growth_metric_choice(CONTENT)}


def entry_of(pathway):
    return pathway.rules.case_entry or pathway.rules.entry


def triggers_of(pathway) -> tuple[str, ...]:
    held = judge(entry_of(pathway), given_for(entry_of(pathway)).history(TODAY, **CHOICE))
    return tuple(figure.name for figure in held.figures if figure.name in CONTENT.metrics)


def status(pathway, rule: str, given: Given, *, ticked: bool = True) -> str:
    history = given.history(TODAY, ticked=ticked, triggers=triggers_of(pathway), **CHOICE)
    return rule_met(CONTENT, pathway.id, rule, history).status


def made(pathway, rule) -> Given:
    named = {"success": pathway.rules.success}
    return given_for(rule, triggers_of(pathway), named)


@pytest.fixture(params=CONTENT.pathways)
def pathway(request):
    return CONTENT.pathways[request.param]


def test_a_case_may_be_opened_on_its_figures_and_not_on_an_empty_record(pathway):
    assert judge(entry_of(pathway), given_for(entry_of(pathway)).history(TODAY, **CHOICE)).holds is True
    assert judge(entry_of(pathway), Given().history(TODAY, unticked="no", **CHOICE)).holds is not True


def test_on_the_figures_of_its_entry_no_case_is_a_success(pathway):
    ticked = given_for(entry_of(pathway))
    ticked.ticks += [(check, 0) for check in checks_named(pathway.rules.success) if check != STANDS_FOR_A_FIGURE]
    if names_read(pathway.rules.success):
        assert status(pathway, "success", ticked) != "met"
    assert status(pathway, "success", ticked, ticked=False) != "met"


@pytest.mark.parametrize("rule", ["success", "closings"])
def test_what_its_rules_ask_for_is_enough_and_what_a_doctor_ticks_is_never_set(pathway, rule):
    names = closing_rules(CONTENT, pathway.id) if rule == "closings" else (rule,)
    conditions = {each.name: each.condition for each in pathway.rules.closings} | {"success": pathway.rules.success}
    assert names
    for name in names:
        given = made(pathway, conditions[name])
        assert status(pathway, name, given) == "met", name
        if given.ticks:
            assert status(pathway, name, given, ticked=False) == "needs_check", name
            partly = Given(given.readings, given.codes, given.ticks[1:], given.days)
            assert status(pathway, name, partly) != "met", name


def test_a_case_closes_only_with_a_reason_of_the_list(pathway):
    for each in pathway.rules.closings:
        assert each.code in CONTENT.closing_reasons
        assert rule_met(CONTENT, pathway.id, each.name, Given().history(TODAY)).closing_code == each.code


def test_falling_back_is_seen_and_a_child_that_is_well_has_not_fallen_back(pathway):
    if pathway.rules.relapse is None:
        assert pathway.id == "PW_DDH_REFER"  # the specialist says so: the doctor chooses the record it rests on
        return
    assert status(pathway, "relapse", made(pathway, pathway.rules.relapse)) == "met"
    well = made(pathway, pathway.rules.success)
    if pathway.id == "PW_EMOTION":  # as it is written, exactly half the problem days is both the goal and a relapse
        *before, (name, days_with_problems, ago) = well.readings
        well.readings = [*before, (name, days_with_problems - 1, ago)]
    assert status(pathway, "relapse", well, ticked=False) != "met"


def test_every_escalation_is_computed_with_its_limit(pathway):
    for each in pathway.rules.escalate:
        given = made(pathway, each.condition)
        assert judge(each.condition, given.history(TODAY, **CHOICE)).holds is True
        assert judge(each.condition, Given().history(TODAY, unticked="no", **CHOICE)).holds is not True
        assert each.within in CONTENT.time_limits
