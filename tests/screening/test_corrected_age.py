"""A district that corrects the age of children born before 28 weeks until 36 months."""

from dataclasses import replace
from datetime import date

import pytest

from mengya_health.config import WORKFLOWS
from mengya_health.content import load_content
from mengya_health.growth.ages import add_months
from tests.screening.conftest import TODAY


@pytest.fixture(params=["sqlite"])
def database(request) -> str:
    """What the content says is the same on both databases."""
    return request.param


@pytest.fixture
def content():
    shipped = load_content(WORKFLOWS)
    longer = replace(shipped.corrected_age.extremely_preterm, use_while_actual_months_lt=36)
    return replace(shipped, corrected_age=replace(shipped.corrected_age, extremely_preterm=longer))


def test_growth_and_signs_go_by_the_districts_age_and_the_result_keeps_it(child_of, check):
    longer = check(child_of(30, gestational_days=195)).content
    assert (longer["growth"]["is_corrected"], longer["growth"]["corrected_below_months"]) == (True, 36)
    assert (longer["growth_who"]["is_corrected"], longer["signs"]["group"]) == (True, "24m")
    usual = check(child_of(30, gestational_days=196)).content
    assert (usual["growth"]["is_corrected"], usual["growth"]["corrected_below_months"]) == (False, 24)
    assert (usual["growth_who"]["is_corrected"], usual["signs"]["group"]) == (False, "30m")


def test_every_question_about_the_age_has_one_answer(child_of):
    child = child_of(35, gestational_days=195)
    birthday = add_months(child.birth_on, 36)
    last_on = date.fromordinal(birthday.toordinal() - 1)
    assert child.uses_corrected_age(last_on)
    assert child.corrected_age_text(last_on)
    assert child.corrected_months(last_on) == 33
    assert not child.uses_corrected_age(birthday)
    assert child.corrected_months(birthday) == 36
    assert child.uses_corrected_age(TODAY)
