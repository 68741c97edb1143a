"""The evaluator: every edge of the examples, and the three ways of not being positive kept apart."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from mengya_health.config import WORKFLOWS
from mengya_health.content import load_content
from mengya_health.errors import Invalid
from mengya_health.growth.ages import completed_months, corrected_birth_on, uses_corrected_age
from mengya_health.screening.rule_cases import evaluate_file
from mengya_health.screening.rules import evaluate, names_asked

CONTENT = load_content(WORKFLOWS)
EXAMPLES_FILE = Path(__file__).with_name("rule_examples.yaml")
EXAMPLES = yaml.safe_load(EXAMPLES_FILE.read_text(encoding="utf-8"))


def named(cases):
    return [pytest.param(case, id=case.get("id")) for case in cases]


def test_every_case_of_the_example_file_agrees():
    cases = [case for case in evaluate_file(EXAMPLES_FILE, CONTENT) if not case.id.startswith("VX")]
    assert len(cases) == len(EXAMPLES["cases"])
    assert [(case.id, case.codes, case.expected) for case in cases if not case.agrees] == []


@pytest.mark.parametrize("case", named(EXAMPLES["vision_cases"]))
def test_visual_acuity_at_its_edges(case):
    evaluation = evaluate(CONTENT, "SCR_VISION", case["age_m"], {"VA_L": case["left"], "VA_R": case["right"]})
    if case["expect"].startswith("不判定"):
        assert evaluation.conclusion == "not_applicable"
    else:
        assert (" ".join(evaluation.codes) or evaluation.outcome) == case["expect"]


@pytest.mark.parametrize("case", named(EXAMPLES["age_cases"]))
def test_completed_months(case):
    assert completed_months(date.fromisoformat(case["born"]), date.fromisoformat(case["at"])) == case["months"]


@pytest.mark.parametrize("case", named(EXAMPLES["wscst_age_cases"]))
def test_age_group_of_warning_signs(case):
    group = CONTENT.warning_signs.group_for(case["months"])
    assert (group.key if group else "无对应年龄组（不做）") == case["expect"]


@pytest.mark.parametrize("case", named(EXAMPLES["preterm_date_cases"]))
def test_preterm_children_answer_the_signs_of_their_corrected_age(case):
    born, at = date.fromisoformat(case["born"]), date.fromisoformat(case["at"])
    gestational_days = case["ga_weeks"] * 7 + case["ga_days"]
    if "months" in case:
        assert not uses_corrected_age(born, at, gestational_days)
        assert completed_months(born, at) == case["months"]
        return
    corrected = corrected_birth_on(born, gestational_days)
    assert uses_corrected_age(born, at, gestational_days)
    assert (corrected.isoformat(), completed_months(corrected, at)) == (
        case["corrected_birth"],
        case["corrected_months"],
    )
    assert CONTENT.warning_signs.group_for(completed_months(corrected, at)).key == case["wscst"]


def test_growth_signs_and_hearing_go_by_corrected_age_and_blood_by_birth():
    corrected = {name for name, screening in CONTENT.screenings.items() if screening.uses_corrected_age}
    assert {"SCR_GROWTH", "SCR_WSCST", "SCR_DEV", "SCR_HEARING", "SCR_FEEDING"} <= corrected
    assert not {"SCR_ANEMIA", "SCR_VITD", "SCR_ORAL", "SCR_VISION", "SCR_DDH"} & corrected


def test_what_was_not_measured_is_incomplete_and_never_negative():
    assert evaluate(CONTENT, "SCR_ANEMIA", 12, {}).conclusion == "incomplete"
    growth = evaluate(CONTENT, "SCR_GROWTH", 12, {"WAZ": -1.0})
    assert (growth.outcome, growth.conclusion, growth.missing) == ("none", "incomplete", ("HAZ", "WHZ"))


def test_a_whole_growth_judgement_without_finding_is_negative():
    assert evaluate(CONTENT, "SCR_GROWTH", 12, {"WAZ": -1.0, "HAZ": 0.2, "WHZ": 0.4}).conclusion == "negative"


def test_length_counts_before_24_months_and_bmi_stands_in_only_where_it_is_missing():
    both = {"WAZ": 0, "HAZ": 0, "WHZ": 0.5, "BMIZ": 2.1}
    assert evaluate(CONTENT, "SCR_GROWTH", 23, both).codes == ()
    assert evaluate(CONTENT, "SCR_GROWTH", 24, both).codes == ("G_OB",)
    assert evaluate(CONTENT, "SCR_GROWTH", 23, {"WAZ": 0, "HAZ": 0, "BMIZ": 2.1}).codes == ("G_OB",)
    assert evaluate(CONTENT, "SCR_GROWTH", 40, {"WAZ": 0, "HAZ": 0, "BMIZ": 0.3}).conclusion == "negative"


def test_below_three_months_only_the_regression_question_is_judged():
    assert evaluate(CONTENT, "SCR_WSCST", 2, {"WS_REG": 0}).conclusion == "negative"
    assert evaluate(CONTENT, "SCR_WSCST", 2, {"WS_REG": 2}).codes == ("W2",)
    assert evaluate(CONTENT, "SCR_WSCST", 3, {"WS_REG": 0}).conclusion == "incomplete"


def test_one_unanswered_eye_is_not_a_pass():
    assert evaluate(CONTENT, "SCR_VISION", 50, {"VA_L": 5.0, "eye_exam_abnormal": False}).conclusion == "incomplete"


def test_a_finding_keeps_rule_figures_source_and_what_to_do():
    finding = evaluate(CONTENT, "SCR_ANEMIA", 18, {"HB": 95}).findings[0]
    assert (finding.code, finding.result, finding.level) == ("A1", "轻度贫血", "positive")
    assert finding.values == {"HB": 95}
    assert "2012" in finding.source
    assert finding.verified
    assert finding.dispositions[0].recheck_hb_days == (14, 28)
    assert [(each.pathway_id, each.how) for each in finding.pathways] == [("PW_ANEMIA", "open")]


@pytest.mark.parametrize(
    ("screening", "age", "answers", "days"),
    [
        ("SCR_WSCST", 12, {"WSCST_N": 1, "WS_REG": 0}, 30),
        ("SCR_WSCST", 12, {"WSCST_N": 0, "WS_REG": 1}, 14),
        ("SCR_ANEMIA", 12, {"HB": 55}, 0),
        ("SCR_GROWTH", 12, {"HAZ": -3.2}, 14),
        ("SCR_GROWTH", 12, {"HAZ": -2.2}, 30),
        ("SCR_VISION", 1, {"eye_exam_abnormal": True}, 7),
        ("SCR_NB_DANGER", 0, {"checks": ["ND05"]}, 0),
        ("SCR_NB_DANGER", 0, {"checks": ["ND12"]}, 3),
    ],
)
def test_how_soon_something_must_happen(screening, age, answers, days):
    assert evaluate(CONTENT, screening, age, answers).findings[0].within_days == days


def test_signs_of_severe_wasting_that_mean_today_are_shown_for_weighing():
    finding = evaluate(CONTENT, "SCR_GROWTH", 12, {"WHZ": -3.4}).findings[0]
    assert finding.within_days == 14
    assert [each.refer_within_days for each in finding.dispositions if each.when] == [0]


def test_only_motor_signs_suggest_development_and_social_ones_the_support_plan_too():
    motor = evaluate(CONTENT, "SCR_WSCST", 12, {"WSCST_N": 1, "WS_ASD_N": 0, "WS_REG": 0}).findings[0]
    social = evaluate(CONTENT, "SCR_WSCST", 12, {"WSCST_N": 1, "WS_ASD_N": 1, "WS_REG": 0}).findings[0]
    assert {each.pathway_id: each.how for each in motor.pathways} == {"PW_DEVELOPMENT": "open", "PW_ASD": "refer"}
    assert {each.pathway_id: each.how for each in social.pathways} == {"PW_DEVELOPMENT": "open", "PW_ASD": "open"}


def test_one_finding_does_not_suggest_the_pathway_of_another():
    findings = {each.code: each for each in evaluate(CONTENT, "SCR_GROWTH", 30, {"HAZ": -2.5, "BMIZ": 2.5}).findings}
    assert [each.pathway_id for each in findings["G_HAZ2"].pathways] == ["PW_UNDERNUTRITION"]
    assert [each.pathway_id for each in findings["G_OB"].pathways] == ["PW_OVERWEIGHT"]


def test_overweight_leaves_the_choice_to_the_doctor():
    evaluation = evaluate(CONTENT, "SCR_GROWTH", 30, {"BMIZ": 1.5})
    assert (evaluation.conclusion, evaluation.is_positive) == ("watch", False)
    assert [each.how for each in evaluation.findings[0].pathways] == ["choose"]


def test_another_profile_judges_by_its_own_thresholds():
    assert evaluate(CONTENT, "SCR_ANEMIA", 12, {"HB": 107}).codes == ("A1",)
    assert evaluate(CONTENT, "SCR_ANEMIA", 12, {"HB": 107}, profile="who2024").codes == ()
    with pytest.raises(Invalid):
        evaluate(CONTENT, "SCR_ANEMIA", 12, {"HB": 107}, profile="who1999")


def test_the_catch_up_of_haemoglobin_is_due_only_where_it_is_still_wanting():
    assert evaluate(CONTENT, "SCR_ANEMIA_CATCHUP", 8, {"HB": 100}).codes == ("A1",)
    done = {"checks": ["6月龄起已有一次血红蛋白结果"]}
    assert evaluate(CONTENT, "SCR_ANEMIA_CATCHUP", 8, done).conclusion == "not_applicable"


@pytest.mark.parametrize("answers", [{"HB": 9}, {"HB": "95"}, {"WEIGTH": 9.0}, {"white_spot": True}])
def test_impossible_and_unknown_answers_are_refused(answers):
    with pytest.raises(Invalid):
        evaluate(CONTENT, "SCR_ANEMIA", 12, answers)


def test_an_unknown_screening_is_refused():
    with pytest.raises(Invalid):
        evaluate(CONTENT, "SCR_NOTHING", 12, {})


@pytest.mark.parametrize("visit", CONTENT.visits, ids=lambda visit: visit.id)
def test_the_form_of_every_check_asks_what_its_screenings_need(visit):
    answered_elsewhere = {"WAZ", "HAZ", "WHZ", "BMIZ", "WSCST_N", "WS_REG"}
    asked = {field.metric for field in visit.fields} | {field.feeds for field in visit.fields}
    for screening_id in visit.screenings:
        screening = CONTENT.screenings[screening_id]
        needed = set(names_asked(CONTENT, screening_id, visit.due_month)) - answered_elsewhere
        assert {name for name in needed if not {name, f"{screening.alias_of or screening_id}.{name}"} & asked} == set()
