"""From the doctor's form to answers."""

from datetime import date
from decimal import Decimal

import pytest

from mengya_health.config import WORKFLOWS
from mengya_health.content import load_content
from mengya_health.errors import Invalid
from mengya_health.growth.judging import judge
from mengya_health.growth.visits import Visit
from mengya_health.screening.instruments import form_answers, growth_answers, positive_domains, warning_sign_answers
from mengya_health.screening.rules import evaluate

CONTENT = load_content(WORKFLOWS)
NONE_THERE = {"WS1201": False, "WS1202": False, "WS1203": False, "WS1204": False}


def test_signs_are_counted_with_the_social_ones_apart():
    signs = NONE_THERE | {"WS1202": True, "WS1204": True}
    assert warning_sign_answers(CONTENT, 12, signs, 0) == {"WS_REG": 0, "WSCST_N": 2, "WS_ASD_N": 1}
    assert positive_domains(CONTENT, 12, signs) == {"social", "gross_motor"}


def test_a_sign_left_out_leaves_the_count_open_unless_one_is_there():
    assert warning_sign_answers(CONTENT, 12, {"WS1201": False}, 0) == {"WS_REG": 0}
    assert warning_sign_answers(CONTENT, 12, {"WS1201": True}, None) == {"WSCST_N": 1, "WS_ASD_N": 1}
    assert warning_sign_answers(CONTENT, 12, NONE_THERE, 0)["WSCST_N"] == 0


def test_below_three_months_there_is_nothing_to_count():
    assert warning_sign_answers(CONTENT, 2, {}, 0) == {"WS_REG": 0}


def test_a_sign_of_another_age_is_refused():
    with pytest.raises(Invalid):
        warning_sign_answers(CONTENT, 12, {"WS1801": True}, 0)


def test_a_judged_visit_gives_the_scores_the_rules_read():
    visit = Visit(
        sex="F",
        birth_on=date(2025, 11, 21),
        measured_on=date(2026, 11, 21),
        weight_kg=Decimal("5.5"),
        lenhei_cm=Decimal("74.6"),
        position="l",
        headc_cm=Decimal("45.2"),
    )
    answers = growth_answers(judge(visit))
    assert set(answers) == {"WAZ", "HAZ", "WHZ", "BMIZ", "HCZ"}
    assert {"G_WAZ3", "G_WHZ3"} <= set(evaluate(CONTENT, "SCR_GROWTH", 12, answers).codes)


def test_a_form_fills_the_screenings_of_its_check():
    values = {
        "HB": 105,
        "TEETH": 2,
        "DT": 0,
        "eyes": 2,
        "hearing": 1,
        "hearing_signs": [1],
        "rickets_symptoms": [1],
        "rickets_signs": [2, 6],
        "hip_signs": [2, 4],
        "comp_food_started": True,
        "complexion": None,
    }
    answers = form_answers(CONTENT, CONTENT.visit("V_6M"), values)
    assert answers["SCR_ANEMIA"] == {"HB": 105}
    assert answers["SCR_ORAL"] == {"TEETH": 2, "DT": 0}
    assert answers["SCR_VISION"] == {"eye_exam_abnormal": True}
    assert answers["SCR_HEARING"] == {"result": 1, "observation_positive_count": 0}
    assert answers["SCR_VITD"] == {"symptoms": [], "signs": ["肋串珠", "颅骨软化"]}
    assert answers["SCR_DDH"] == {"sign_count": 2}
    assert evaluate(CONTENT, "SCR_VITD", 6, answers["SCR_VITD"]).codes == ("R1",)
