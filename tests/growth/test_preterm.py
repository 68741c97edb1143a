"""Children born early before they reach term: INTERGROWTH-21st, and until when their age is corrected."""

import math
from datetime import date, timedelta
from decimal import Decimal

import pytest

from mengya_health.growth import Visit, judge, reference_for
from mengya_health.growth.ages import age_for_growth, uses_corrected_age
from mengya_health.growth.intergrowth import mean_and_sd, z_preterm
from mengya_health.growth.reference_files import reference_rows

BORN_ON = date(2025, 1, 1)
IN_FILE = {"wfa": "wfa", "lfa": "lhfa", "hcfa": "hcfa"}
Z_OF = {f"sd_neg{k}": -k for k in (1, 2, 3)} | {"sd_0": 0} | {f"sd_pos{k}": k for k in (1, 2, 3)}


def _visit(days_old, gestational_days=210, **measured):
    facts = {"sex": "F", "birth_on": BORN_ON, "gestational_days": gestational_days} | measured
    return Visit(measured_on=BORN_ON + timedelta(days_old), **facts)


def test_the_equations_give_every_printed_value():
    wrong, seen = [], 0
    for row in reference_rows("intergrowth21_preterm_postnatal"):
        if row["unit"] != "pma_week":
            continue
        indicator = IN_FILE[row["indicator"]]
        mean, sd = mean_and_sd(indicator, row["sex"], int(row["x"]))
        for column, z in Z_OF.items():
            value = mean + z * sd if indicator == "hcfa" else math.exp(mean + z * sd)
            half_a_step = 0.5 * 10 ** -len(row[column].partition(".")[2])
            seen += 1
            # One cell (4.40503 kg printed 4.40) shows that the printed coefficients are themselves rounded.
            if abs(value - float(row[column])) > half_a_step + 0.00003:
                wrong.append((row["indicator"], row["sex"], row["x"], column, value))
    assert (wrong, seen) == ([], 2 * 3 * 38 * 7)


def test_the_worked_example_of_a_girl_of_34_weeks():
    # 2.00 kg at exactly 34 weeks, by the printed equation with a calculator.
    mean = 2.591277 - 0.01155 * 34**0.5 - 2201.705 / 34**2
    sd = 0.1470258 + 505.92394 / 34**2 - 140.0576 * math.log(34) / 34**2
    assert z_preterm("wfa", "F", 34, 2.0) == pytest.approx((math.log(2.0) - mean) / sd)


def test_before_term_a_child_has_scores_of_intergrowth_and_no_label():
    visit = _visit(28, weight_kg="1.60", lenhei_cm="41.0", headc_cm="30.0")
    judged = judge(visit, reference_for(visit))
    assert (judged.reference, judged.age_rule, judged.unscored, judged.nutrition) == ("intergrowth21", None, {}, ())
    assert judged.scores["wfa"].z == z_preterm("wfa", "F", 34, 1.6)
    assert judged.scores["lhfa"].z == z_preterm("lhfa", "F", 34, 41.0)
    assert judged.scores["hcfa"].z == z_preterm("hcfa", "F", 34, 30.0)
    assert {(score.sd_band, score.percentile_band) for score in judged.scores.values()} == {(None, None)}
    assert set(judge(visit).unscored.values()) == {"before_term"}


@pytest.mark.parametrize(("days_old", "reference"), [(69, "intergrowth21"), (70, "wst423_2022"), (800, "wst423_2022")])
def test_intergrowth_holds_until_the_day_of_term(days_old, reference):
    assert reference_for(_visit(days_old, weight_kg="3")) == reference


def test_a_child_born_at_term_or_of_unknown_gestation_is_never_judged_by_intergrowth():
    for gestational_days in (None, 259, 280):
        visit = _visit(10, gestational_days, weight_kg="3", lenhei_cm="50", headc_cm="34")
        assert reference_for(visit) == "wst423_2022"
        assert set(judge(visit, "intergrowth21").unscored.values()) == {"only_preterm"}


@pytest.mark.parametrize(("days_old", "is_scored"), [(20, False), (21, True), (280, True), (281, False)])
def test_intergrowth_begins_at_27_weeks_and_ends_at_64(days_old, is_scored):
    judged = judge(_visit(days_old, 168, weight_kg="1.0"), "intergrowth21")
    assert ("wfa" in judged.scores) == is_scored
    assert is_scored or judged.unscored["wfa"] == "only_preterm"


@pytest.mark.parametrize(("below_months", "is_corrected"), [(24, False), (36, True), (0, False)])
def test_the_district_says_until_when_age_is_corrected(below_months, is_corrected):
    on = date(2027, 6, 1)  # 29 months old
    assert uses_corrected_age(BORN_ON, on, 190, below_months) is is_corrected
    for given in ({"birth_on": BORN_ON, "measured_on": on}, {"age_days": 881}, {"age_months": Decimal(29)}):
        visit = Visit(sex="M", gestational_days=190, corrected_below_months=below_months, weight_kg="11", **given)
        assert visit.age().is_corrected is is_corrected
        assert judge(visit).age.is_corrected is is_corrected


def test_the_last_corrected_day_is_the_one_before_the_birthday():
    last_on, next_on = date(2027, 12, 31), date(2028, 1, 1)
    assert age_for_growth(BORN_ON, last_on, 190, 36).days == (last_on - BORN_ON).days - 90
    assert age_for_growth(BORN_ON, next_on, 190, 36).days == (next_on - BORN_ON).days


def test_an_age_in_months_or_days_is_corrected_up_to_the_limit_and_not_at_it():
    for given, is_corrected in (
        ({"age_months": "23.99"}, True),
        ({"age_months": 24}, False),
        ({"age_days": 730}, True),
        ({"age_days": 731}, False),
    ):
        assert Visit(sex="F", gestational_days=210, **given).age().is_corrected is is_corrected


def test_a_child_of_undetermined_sex_is_not_judged_and_the_reason_says_so():
    visit = _visit(400, sex="U", weight_kg="9", lenhei_cm="75", headc_cm="46")
    for reference in ("wst423_2022", "who2006", "who2007", "intergrowth21"):
        judged = judge(visit, reference)
        assert (judged.scores, set(judged.unscored.values())) == ({}, {"sex_unknown"})
