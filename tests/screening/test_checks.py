"""A check from the form to the entry: what is refused, what is asked back, what is stored."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from mengya_health.errors import Invalid, Malformed, NotFound
from mengya_health.growth.ages import add_months
from mengya_health.growth.intergrowth import z_preterm
from mengya_health.people.queries import find_child
from mengya_health.record.models import Entry
from mengya_health.screening.check_content import typed_values
from mengya_health.screening.commands import find_check, record_check, record_measurement
from mengya_health.screening.measurements import Measurement, charts_of, growth_history
from mengya_health.screening.planned import plan_check
from mengya_health.screening.second_look import AskedBack
from tests.screening.conftest import TODAY
from tests.screening.filling import z_of

VISITS = ["V_NB", "V_1M", "V_3M", "V_6M", "V_8M", "V_12M", "V_18M", "V_24M", "V_30M", "V_36M", "V_4Y", "V_5Y", "V_6Y"]


@pytest.fixture(params=["sqlite"])
def database(request) -> str:
    """Rules of the form are the same on both databases; test_visits runs on both."""
    return request.param


def readings(entry) -> dict:
    return {each["code"]: each["value"] for each in entry.content["readings"]}


def refusal(check, child, on=TODAY, **changed) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as refused:
        check(child, on, **changed)
    return refused.value.fields


def asked_back(check, child, **changed) -> dict[str, str]:
    with pytest.raises(AskedBack) as asked:
        check(child, **changed)
    return {look.field: look.why for look in asked.value.missing}


@pytest.mark.parametrize("visit_id", VISITS)
def test_a_check_can_be_saved_at_every_scheduled_age(child_of, check, content, visit_id):
    born_today = date(2026, 11, 23)
    first_on = content.visit(visit_id).window(born_today)[0]
    months = (first_on.year - born_today.year) * 12 + first_on.month - born_today.month
    child = child_of(months, 0) if visit_id not in ("V_NB", "V_1M") else child_of(0, (first_on - born_today).days + 2)
    entry = check(child)
    assert entry.content["visit"] == visit_id
    assert entry.happened_on == TODAY
    assert entry.content["exam"] == "all_normal"
    assert [each["result"] for each in entry.content["findings"]] == []
    assert entry.content["content_version"] == content.version


def test_what_is_stored_is_what_was_typed(child_of, check, form_of, content):
    child = child_of(12)
    changed = {
        "exam": "by_item",
        "worries": "不爱吃菜",
        "illness_between": ["2", "3"],
        "guidance": ["1", "4"],
        "next_on": "2027-03-01",
        "advice": "每天一起看书",
        "seen_oral_white_spot": "1",
    }
    plan = plan_check(content, child, TODAY)
    by_item = {f"exam_{line.code.lower()}": str(line.normal) for line in plan.exam_items if line.kind == "choice"}
    by_item |= {f"exam_{line.code.lower()}": [str(line.normal)] for line in plan.exam_items if line.kind == "choices"}
    changed |= by_item | {"exam_skin": "2", "exam_skin_note": "右臂湿疹"}
    sent = form_of(child, **changed)
    entry = check(child, **changed)
    assert typed_values(plan, entry.content) == sent


def test_full_width_digits_and_points_count_as_numbers(child_of, check):
    entry = check(child_of(12), weight="９。１", length="７４．６")
    assert readings(entry)["WEIGHT"] == "9.1"
    assert readings(entry)["LENGTH"] == "74.6"


def test_an_impossible_weight_is_refused_with_a_guess_and_stores_nothing(work_as, district, child_of, check):
    child = child_of(12)
    problems = refusal(check, child, weight="91")
    assert list(problems) == ["weight"]
    assert "体重" in problems["weight"][0]
    assert "是不是 9.1？" in problems["weight"][0]
    with work_as(district.doctor, writing=False) as work:
        assert work.session.scalar(select(func.count()).select_from(Entry)) == 0


@pytest.mark.parametrize("field", ["exam", "conclusion", "ws_reg", "ws_WS1203", "done_on"])
def test_what_has_to_be_answered_is_refused_when_left_open(child_of, check, field):
    assert field in refusal(check, child_of(12), **{field: None})


def test_signs_of_danger_are_gone_through_one_by_one_at_birth(child_of, check):
    child = child_of(0, 5)
    assert list(refusal(check, child, told_nb_danger_nd02=None)) == ["told_nb_danger_nd02"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"done_on": "2026-11-24"}, "done_on"),
        ({"done_on": "2025-11-19"}, "done_on"),
        ({"next_on": "2026-11-23"}, "next_on"),
        ({"next_on": "2032-11-20"}, "next_on"),
        ({"position": None}, "position"),
        ({"sleep_h": "abc"}, "sleep_h"),
        ({"illness_between": ["1", "2"]}, "illness_between"),
        ({"exam_skin": "2"}, "exam"),
        ({"exam": "by_item"}, "exam_skin"),
    ],
)
def test_contradictions_are_refused_beside_their_field(child_of, check, form_of, district, work_as, changed, field):
    child = child_of(12)
    sent = form_of(child) | changed
    sent = {name: value for name, value in sent.items() if value is not None}
    with work_as(district.doctor) as work, pytest.raises(Invalid) as refused:
        record_check(work, find_child(work, child.id), "V_12M", sent)
    assert field in refused.value.fields


def test_a_child_of_seven_has_no_check(child_of, work_as, district, form_of):
    child = child_of(83)
    sent = form_of(child)
    older = child_of(84, 0)
    with work_as(district.doctor) as work, pytest.raises(Invalid) as refused:
        record_check(work, find_child(work, older.id), "V_6Y", sent)
    assert "已满 7 岁" in refused.value.fields["done_on"][0]


def test_a_field_that_the_page_does_not_have_is_refused(child_of, check):
    with pytest.raises(Malformed):
        check(child_of(12), diagnosis="x")


def test_signs_left_over_from_a_page_for_another_day_are_asked_anew(child_of, form_of, check):
    child = child_of(12)
    problems = refusal(check, child, TODAY - timedelta(days=30), ws_WS0801=None, ws_WS1201="0")
    assert "ws_WS0801" in problems


def test_a_weight_far_from_other_children_is_asked_back_and_then_taken(child_of, check):
    child = child_of(12)
    assert z_of(child, TODAY, "wfa", weight_kg="5.0") < -3
    asked = asked_back(check, child, weight="5.0")
    assert "Z评分" in asked["weight"]
    entry = check(child, weight="5.0", confirm_weight="5.0", weigh_g_whz3="0")
    confirmed = entry.content["confirmed"]
    assert [each["field"] for each in confirmed] == ["weight"]
    assert confirmed[0]["value"] == "5.0"
    assert "Z评分" in confirmed[0]["why"]


def test_a_confirmation_holds_for_the_value_asked_about_only(child_of, check):
    assert "weight" in asked_back(check, child_of(12), weight="5.2", confirm_weight="5.0")


def test_a_value_outside_the_usual_range_is_asked_back(child_of, check):
    assert "sleep_h" in asked_back(check, child_of(12), sleep_h="5")


def test_a_loss_since_last_time_is_asked_back(child_of, check):
    child = child_of(12)
    check(child, TODAY - timedelta(days=60), weight="9.3", length="74.0", headc="45.0")
    asked = asked_back(check, child, weight="9.0", length="73.5", headc="45.0")
    assert "比上次少 0.3 kg" in asked["weight"]
    assert "比上次少 0.5 cm" in asked["length"]
    assert set(asked) == {"weight", "length"}


def test_standing_for_the_first_time_is_no_loss(child_of, check):
    child = child_of(24, 10)
    check(child, TODAY - timedelta(days=30), length="86.5", position="l", weight="12.0", headc="47.0")
    entry = check(child, length="86.0", position="h", weight="12.0", headc="47.0")
    assert entry.content["confirmed"] == []


def test_a_weight_that_was_not_taken_is_asked_for_and_may_stay_open(child_of, check):
    child = child_of(12)
    assert asked_back(check, child, weight=None)["weight"].startswith("没有填体重")
    entry = check(child, weight=None, confirm_weight="none")
    assert "WEIGHT" not in readings(entry)
    growth = next(each for each in entry.content["screenings"] if each["screening"] == "SCR_GROWTH")
    assert growth["conclusion"] == "incomplete"
    assert entry.content["growth"]["unscored"]["wfa"] == "no_weight"


def test_growth_is_stored_by_the_national_standard_and_by_who(child_of, check):
    child = child_of(12)
    entry = check(child, weight="8.2", length="74.0", headc="44.9")
    growth, who = entry.content["growth"], entry.content["growth_who"]
    assert growth["reference"] == "wst423_2022"
    assert growth["age_rule"] == "exact"
    assert who["reference"] == "who2006"
    expected = z_of(child, TODAY, "wfa", weight_kg="8.2")
    assert float(growth["scores"]["wfa"]["z"]) == expected
    assert float(readings(entry)["WAZ"]) == expected
    assert growth["scores"]["wfa"]["sd_band"] == "中下"


def test_a_child_born_early_is_judged_at_corrected_age(child_of, check):
    child = child_of(12, gestational_days=224)
    entry = check(child)
    assert entry.content["growth"]["is_corrected"] is True
    assert entry.content["signs"]["group"] == "8m"
    assert entry.content["growth"]["age_days"] == (TODAY - child.birth_on).days - 56


def test_a_child_below_three_corrected_months_is_asked_no_signs_but_the_last_question(child_of, check, plan_of):
    child = child_of(3, gestational_days=210)
    assert plan_of(child).visit.id == "V_3M"
    assert plan_of(child).group is None
    entry = check(child)
    signs = next(each for each in entry.content["screenings"] if each["screening"] == "SCR_WSCST")
    assert signs["conclusion"] == "not_applicable"
    assert "WSCST_N" not in readings(entry)
    assert "ws_reg" in refusal(check, child, ws_reg=None)


def test_haemoglobin_missed_at_eighteen_months_is_made_up_for_at_twenty_four(child_of, check, plan_of):
    child = child_of(24, 5)
    asked = {line.code for line in plan_of(child).visit.fields}
    assert "HB" in asked
    at_eighteen = add_months(child.birth_on, 18)
    check(child, at_eighteen, hb="118")
    assert "HB" not in {line.code for line in plan_of(child).visit.fields}


def test_haemoglobin_taken_at_six_months_leaves_eight_months_due_nothing(child_of, check):
    child = child_of(8)
    check(child, add_months(child.birth_on, 6), hb="118")
    without = check(child, hb=None)
    anemia = next(each for each in without.content["screenings"] if each["screening"] == "SCR_ANEMIA")
    assert anemia["conclusion"] == "not_applicable"


def test_a_single_measurement_is_judged_and_joins_the_history(child_of, check, work_as, district):
    child = child_of(12)
    check(child, TODAY - timedelta(days=90), weight="8.4", length="71.0", headc="44.0")
    with work_as(district.doctor) as work:
        found = find_child(work, child.id)
        measured = Measurement(measured_on=TODAY, weight_kg="8.9", lenhei_cm="74.0", position="l")
        record_measurement(work, found, measured, others={"HB": 108})
    with work_as(district.doctor, writing=False) as work:
        found = find_child(work, child.id)
        history = growth_history(work, found)
        chart = charts_of(found, history, "wfa", today_on=TODAY)[0]
    assert [each.weight_kg for each in history] == ["8.4", "8.9"]
    assert len(chart.table_rows) == 2


def test_who_is_no_doctor_of_the_child_writes_no_check(child_of, form_of, work_as, district):
    child = child_of(12)
    sent = form_of(child)
    with work_as(district.doctor, writing=False) as work:
        facts = find_child(work, child.id)
    for actor in (district.other_doctor, district.sysadmin):
        with work_as(actor) as work, pytest.raises(NotFound):
            record_check(work, facts, None, sent)


def test_before_term_growth_is_kept_by_intergrowth_and_graded_by_nobody(child_of, check):
    child = child_of(1, gestational_days=210)
    entry = check(child, weight="2.20", length="44.0", headc="32.0")
    preterm, days_old = entry.content["growth_preterm"], (TODAY - child.birth_on).days
    assert (preterm["reference"], preterm["age_days"]) == ("intergrowth21", days_old - 70)
    assert float(preterm["scores"]["wfa"]["z"]) == z_preterm("wfa", child.sex, (210 + days_old) / 7, 2.2)
    assert {score["nutrition"] for score in preterm["scores"].values()} == {None}
    assert not {"WAZ", "HAZ", "WHZ", "BMIZ", "HCZ"} & set(readings(entry))
    kept = next(each for each in entry.content["screenings"] if each["screening"] == "SCR_GROWTH")
    assert (kept["conclusion"], kept["ungraded"], kept["missing"]) == ("not_applicable", "before_term", [])
    assert "SCR_GROWTH" not in {each["screening"] for each in entry.content["findings"]}


def test_a_child_born_at_term_has_no_judgement_by_intergrowth(child_of, check):
    assert check(child_of(1)).content["growth_preterm"] is None


def test_the_newborn_check_keeps_and_compares_the_size_at_birth(child_of, check):
    newborn = child_of(0, days=5, sex="M", gestational_days=273)
    kept = {
        grams: check(newborn, bw_g=grams, ga_weeks="39").content["birth_size"] for grams in ("2200", "3300", "4900")
    }
    assert [each["size"] for each in kept.values()] == ["SGA", "AGA", "LGA"]
    assert {(each["reference"], each["weeks"]) for each in kept.values()} == {("wst800_2022", 39)}
    assert check(child_of(3)).content["birth_size"] is None


def test_a_check_of_a_child_of_undetermined_sex_is_stored_without_a_grade(child_of, check, form_of, work_as, district):
    child = child_of(12, sex="U")
    sent = form_of(replace(child, sex="F"))
    with work_as(district.doctor) as work:
        entry_id = record_check(work, find_child(work, child.id), None, sent).id
    with work_as(district.doctor, writing=False) as work:
        stored = find_check(work, find_child(work, child.id), entry_id)
    assert stored.content["growth"]["scores"] == {}
    assert set(stored.content["growth"]["unscored"].values()) == {"sex_unknown"}
    kept = next(each for each in stored.content["screenings"] if each["screening"] == "SCR_GROWTH")
    assert (kept["conclusion"], kept["ungraded"], kept["missing"]) == ("incomplete", "sex_unknown", [])
    assert readings(stored)["WEIGHT"] == sent["weight"]
