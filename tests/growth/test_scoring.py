"""The maths of growth: formulas and their inverses, boundaries, ages, and what must never jump."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mengya_health.errors import IntegrityError, Invalid
from mengya_health.growth import LMS, OutsideReference, Visit, judge, measurement_at, who_reference, z_score
from mengya_health.growth import reference_files as files
from mengya_health.growth.ages import add_months, completed_months, exact_months
from mengya_health.growth.who import lms_tables

SEXES = st.sampled_from(["M", "F"])
BIRTHS = st.dates(date(2015, 1, 1), date(2024, 12, 31))
BOYS_24_MONTHS_ON = date(2024, 3, 15)


def lms_rows():
    tables = [table for reference in ("who2006", "who2007") for table in lms_tables(reference).values()]
    return st.sampled_from(tables).flatmap(lambda table: st.sampled_from(table.rows))


def tenths(low, high):
    return st.integers(low * 10, high * 10).map(lambda value: Decimal(value) / 10)


@given(lms_rows(), st.floats(-3, 3))
def test_measurement_and_z_score_are_inverse(lms, z):
    assert z_score(measurement_at(z, lms), lms) == pytest.approx(z, abs=1e-6)


def test_z_score_follows_the_printed_formula():
    boy_at_birth = LMS(0.3487, 3.3464, 0.14602)
    assert z_score(3.3464, boy_at_birth) == 0
    assert z_score(4.0, boy_at_birth) == pytest.approx(((4.0 / 3.3464) ** 0.3487 - 1) / (0.3487 * 0.14602))


def test_a_power_of_zero_means_a_logarithm():
    assert z_score(2.718281828459045, LMS(0, 1, 0.5)) == pytest.approx(2)
    assert measurement_at(2, LMS(0, 1, 0.5)) == pytest.approx(2.718281828459045)


def test_a_measurement_that_is_not_positive_has_no_z():
    with pytest.raises(OutsideReference):
        z_score(0, LMS(1, 50, 0.04))


@given(SEXES, st.integers(45 * 10, 100 * 10), tenths(1, 40))
def test_a_band_and_its_z_always_agree(sex, length_mm, weight):
    visit = Visit(sex=sex, age_months=10, weight_kg=weight, lenhei_cm=Decimal(length_mm) / 10)
    for score in judge(visit).scores.values():
        floors = {"下": -99, "中下": -2, "中": -1, "中上": 1, "上": 2}
        assert score.z >= floors[score.sd_band]
        assert (score.z < -2) == (score.sd_band == "下")
        assert (score.nutrition in ("消瘦", "重度消瘦", "低体重", "重度低体重", "生长迟缓", "重度生长迟缓")) == (
            score.z < -2 and score.indicator != "hcfa"
        )


@given(SEXES, BIRTHS, st.integers(0, 83 * 30))
def test_the_exact_rule_does_not_jump_from_one_day_to_the_next(sex, birth_on, days):
    today_on, tomorrow_on = birth_on + timedelta(days), birth_on + timedelta(days + 1)
    if completed_months(birth_on, tomorrow_on) in (24, 84):
        return
    facts = {"sex": sex, "birth_on": birth_on, "weight_kg": "12", "lenhei_cm": "85", "headc_cm": "47"}
    today = judge(Visit(measured_on=today_on, **facts)).scores
    tomorrow = judge(Visit(measured_on=tomorrow_on, **facts)).scores
    for indicator in today.keys() & tomorrow.keys():
        # The steepest day there is moves z by 4 %; a jump between rows would be twice that and more.
        step = 0.05 * (1 + abs(today[indicator].z))
        assert tomorrow[indicator].z == pytest.approx(today[indicator].z, abs=step)


def test_length_and_height_are_not_blended_across_24_months():
    birth_on = BOYS_24_MONTHS_ON.replace(year=2022)
    day_before, birthday = (
        judge(Visit(sex="M", birth_on=birth_on, measured_on=on, lenhei_cm="88.2")).scores["lhfa"].z
        for on in (BOYS_24_MONTHS_ON - timedelta(1), BOYS_24_MONTHS_ON)
    )
    # Same reading, first taken as length and then as height: 0.7 cm, some 0.2 SD.
    assert 0.15 < birthday - day_before < 0.30


def test_a_child_lying_at_23_months_meets_itself_standing_at_24():
    birth_on = BOYS_24_MONTHS_ON.replace(year=2022)
    lying = Visit(
        sex="M", birth_on=birth_on, measured_on=BOYS_24_MONTHS_ON - timedelta(1), lenhei_cm="88.9", position="l"
    )
    standing = Visit(sex="M", birth_on=birth_on, measured_on=BOYS_24_MONTHS_ON, lenhei_cm="88.2", position="h")
    assert judge(lying).scores["lhfa"].z == pytest.approx(judge(standing).scores["lhfa"].z, abs=0.02)


def test_after_81_months_the_columns_go_on_with_their_last_slope():
    def weight_z(months, rule="exact"):
        return judge(Visit(sex="M", age_months=months, weight_kg="22.0"), age_rule=rule).scores["wfa"].z

    assert weight_z("78") > weight_z("81") > weight_z("83") > weight_z("83.99")
    assert weight_z("81") - weight_z("82.5") == pytest.approx(weight_z("78") - weight_z("79.5"), abs=0.03)
    assert weight_z("83.99", "completed_months") == weight_z("83")


def test_at_84_months_the_standard_ends():
    assert judge(Visit(sex="F", age_months="84", weight_kg="22", lenhei_cm="120")).unscored["wfa"] == "age_outside"


def test_completed_months_read_the_printed_row_until_the_next_month_is_full():
    facts = {"sex": "M", "birth_on": date(2024, 1, 10), "weight_kg": "7.5"}
    early = judge(Visit(measured_on=date(2024, 5, 10), **facts), age_rule="completed_months")
    late = judge(Visit(measured_on=date(2024, 6, 9), **facts), age_rule="completed_months")
    exact = judge(Visit(measured_on=date(2024, 6, 9), **facts))
    assert early.scores["wfa"].z == late.scores["wfa"].z == 0.0
    assert exact.scores["wfa"].z < 0


def test_a_value_on_the_printed_boundary_belongs_to_the_band_above():
    at_minus_2 = judge(Visit(sex="M", age_months=0, weight_kg="2.7"))
    below = judge(Visit(sex="M", age_months=0, weight_kg="2.699"))
    assert (at_minus_2.scores["wfa"].z, at_minus_2.scores["wfa"].sd_band, at_minus_2.nutrition) == (-2.0, "中下", ())
    assert (below.scores["wfa"].sd_band, below.nutrition) == ("下", ("低体重",))


def test_bmi_is_compared_unrounded():
    # Boys' +1 SD at 60 months is printed with one decimal; 100 cm make kilograms and BMI the same number.
    overweight_from = next(
        weight
        for weight in (Decimal(step) / 1000 for step in range(14_000, 20_000))
        if judge(Visit(sex="M", age_months=60, weight_kg=weight, lenhei_cm="100")).scores["bfa"].nutrition == "超重"
    )
    assert overweight_from == overweight_from.quantize(Decimal("0.1"))


def test_nutrition_names_each_label_once():
    assert judge(Visit(sex="M", age_months=12, weight_kg="5", lenhei_cm="75")).nutrition == ("重度低体重", "重度消瘦")


@given(BIRTHS, st.integers(0, 2600))
def test_exact_months_grow_with_every_day_and_contain_the_completed_ones(birth_on, days):
    on = birth_on + timedelta(days)
    months = exact_months(birth_on, on)
    assert months < exact_months(birth_on, on + timedelta(1))
    assert completed_months(birth_on, on) == months // 1
    assert add_months(birth_on, completed_months(birth_on, on)) <= on


@pytest.mark.parametrize(
    ("birth_on", "on", "months"),
    [
        (date(2023, 1, 31), date(2023, 2, 27), 0),
        (date(2023, 1, 31), date(2023, 2, 28), 1),
        (date(2024, 1, 31), date(2024, 2, 28), 0),
        (date(2024, 1, 31), date(2024, 2, 29), 1),
        (date(2024, 2, 29), date(2025, 2, 28), 12),
        (date(2023, 12, 31), date(2024, 1, 30), 0),
        (date(2024, 5, 5), date(2024, 5, 5), 0),
    ],
)
def test_children_born_at_a_month_end_turn_on_month_ends(birth_on, on, months):
    assert completed_months(birth_on, on) == months


def test_a_preterm_child_is_judged_at_corrected_age_until_two_years_old_by_birth_date():
    facts = {"sex": "F", "birth_on": date(2023, 6, 1), "gestational_days": 240, "weight_kg": "10"}
    before = judge(Visit(measured_on=date(2025, 5, 31), **facts))
    after = judge(Visit(measured_on=date(2025, 6, 1), **facts))
    assert (before.age.is_corrected, before.age.days) == (True, 730 - 40)
    assert (after.age.is_corrected, after.age.days) == (False, 731)


def test_a_child_of_37_weeks_is_not_corrected():
    visit = Visit(sex="F", birth_on=date(2025, 1, 1), measured_on=date(2025, 3, 1), gestational_days=259, weight_kg="5")
    assert not judge(visit).age.is_corrected


def test_ages_in_days_or_months_are_corrected_too():
    assert Visit(sex="M", age_days=100, gestational_days=240).age().days == 60
    assert float(Visit(sex="M", age_months=12, gestational_days=240).age().months) == pytest.approx(12 - 40 / 30.4375)


def test_before_term_nothing_is_graded():
    visit = Visit(
        sex="F", birth_on=date(2025, 1, 1), measured_on=date(2025, 1, 20), gestational_days=230, weight_kg="2.1"
    )
    assert judge(visit).scores == {}
    assert judge(visit).unscored["wfa"] == "before_term"


def test_lying_and_standing_differ_by_seven_millimetres():
    standing = judge(Visit(sex="M", age_months=18, lenhei_cm="80", position="h"))
    lying = judge(Visit(sex="M", age_months=30, lenhei_cm="90.0", position="l"))
    assert (standing.lenhei_cm, standing.notes) == (Decimal("80.7"), ("added_0_7",))
    assert (lying.lenhei_cm, lying.notes) == (Decimal("89.3"), ("took_0_7",))


def test_a_standing_infant_is_noted_and_not_converted():
    judged = judge(Visit(sex="M", age_days=150, lenhei_cm="65", position="h"), "who2006")
    assert (judged.lenhei_cm, judged.notes) == (Decimal(65), ("standing_too_young",))


def test_an_implausible_height_is_flagged_by_every_reference():
    for reference in ("who2006", "wst423_2022"):
        assert judge(Visit(sex="M", age_months=24, lenhei_cm="120"), reference).scores["lhfa"].flag
    assert judge(Visit(sex="M", age_months=62, lenhei_cm="160"), "who2007").scores["hfa"].flag


def test_the_head_is_judged_through_the_third_birthday_month():
    assert "hcfa" in judge(Visit(sex="M", age_months="36.9", headc_cm="49")).scores
    assert judge(Visit(sex="M", age_months=37, headc_cm="49")).unscored["hcfa"] == "age_outside"


def test_the_who_reference_changes_at_61_months():
    assert who_reference(Visit(sex="M", age_months="60.9")) == "who2006"
    assert who_reference(Visit(sex="M", age_months="61")) == "who2007"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"sex": "X"}, "sex"),
        ({"weight_kg": "abc"}, "weight_kg"),
        ({"weight_kg": "NaN"}, "weight_kg"),
        ({"weight_kg": "1e-999999"}, "weight_kg"),
        ({"lenhei_cm": "1e999999"}, "lenhei_cm"),
        ({"headc_cm": "-1"}, "headc_cm"),
        ({"position": "x"}, "position"),
        ({"birth_on": date(2025, 1, 2), "measured_on": date(2025, 1, 1)}, "measured_on"),
    ],
)
def test_what_cannot_be_measured_is_refused_by_field(wrong, field):
    with pytest.raises(Invalid) as refusal:
        Visit(**{"sex": "M"} | wrong)
    assert list(refusal.value.fields) == [field]


def test_unknown_references_and_rules_are_refused():
    with pytest.raises(Invalid):
        judge(Visit(sex="M"), "cdc2000")
    with pytest.raises(Invalid):
        judge(Visit(sex="M"), age_rule="rounded")


def test_an_altered_table_is_refused(tmp_path, monkeypatch):
    whole = (files.FOLDER / "who2007_lms.csv").read_text()
    (tmp_path / "who2007_lms.csv").write_text(whole.replace("18.3328", "18.3329", 1))
    monkeypatch.setattr(files, "FOLDER", tmp_path)
    with pytest.raises(IntegrityError):
        files.reference_rows("who2007_lms")
    with pytest.raises(IntegrityError):
        files.reference_rows("who2006_lms")


@pytest.mark.parametrize("reference", ["who2006", "wst423_2022"])
@pytest.mark.parametrize("lenhei_cm", ["0.5", "0.7"])
def test_a_length_of_which_nothing_is_left_is_outside_every_table(reference, lenhei_cm):
    judged = judge(Visit(sex="F", age_days=800, weight_kg=9, lenhei_cm=lenhei_cm, position="l"), reference)
    assert [judged.unscored[name] for name in ("lhfa", "wflh", "bfa")] == ["stature_outside"] * 3
