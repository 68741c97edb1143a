"""Trends of growth at every boundary of their rules: plateau, loss after birth, head, lines crossed."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from mengya_health.config import WORKFLOWS
from mengya_health.content import load_content
from mengya_health.growth import Visit, judge
from mengya_health.growth.ages import add_months, completed_months
from mengya_health.screening.facts import History, Reading
from mengya_health.screening.proposals import alerts_raised
from mengya_health.screening.trends import crossed_down

CONTENT = load_content(WORKFLOWS)
BORN_ON = date(2024, 1, 10)
BIRTH = Reading("WEIGHT", "3.00", BORN_ON)


def _codes(readings, today_on, *, checks=()):
    history = History(
        today=today_on,
        readings=(*readings, Reading("age_days", (today_on - BORN_ON).days, today_on)),
        checks=dict.fromkeys(checks, (today_on,)),
        dates={"birth": BORN_ON, "birth_weight": BORN_ON},
        age_months=completed_months(BORN_ON, today_on),
        unticked="no",
    )
    return {alert.code for alert in alerts_raised(CONTENT, "SCR_GROWTH", history)}


def _weights(last_on, *pairs):
    """Readings of weight by how many days before the last."""
    return [Reading("WEIGHT", weight, last_on - timedelta(days)) for days, weight in pairs]


@pytest.mark.parametrize(
    ("pairs", "is_flat"),
    [
        (((0, "8.00"), (28, "8.00"), (56, "8.00")), True),
        (((0, "7.90"), (28, "8.00"), (56, "8.10")), True),
        (((0, "8.00"), (28, "8.00"), (55, "8.00")), False),
        (((0, "8.00"), (27, "8.00"), (55, "8.00")), False),
        (((0, "8.01"), (28, "8.00"), (56, "8.00")), False),
        (((0, "8.00"), (28, "8.00"), (56, "7.99")), False),
        # A weighing in between that is too close is passed over.
        (((0, "8.00"), (14, "8.20"), (28, "8.00"), (56, "8.00")), True),
    ],
)
def test_weight_that_stands_still_twice_a_month_apart_is_a_plateau_of_infants(pairs, is_flat):
    on = add_months(BORN_ON, 10)
    assert ("G_FLAT" in _codes(_weights(on, *pairs), on)) == is_flat


@pytest.mark.parametrize(("days", "is_flat"), [((90, 180), True), ((89, 179), False), ((90, 179), False)])
def test_from_the_first_birthday_on_the_weighings_are_three_months_apart(days, is_flat):
    on = add_months(BORN_ON, 20)
    pairs = ((0, "10.00"), (days[0], "10.00"), (days[1], "10.00"))
    assert ("G_FLAT" in _codes(_weights(on, *pairs), on)) == is_flat


@pytest.mark.parametrize(("months", "days"), [(12, 90), (11, 28)])
def test_the_age_at_the_newer_weighing_says_how_far_apart(months, days):
    on = add_months(BORN_ON, months)
    assert "G_FLAT" in _codes(_weights(on, (0, "9"), (days, "9"), (days * 2, "9")), on)
    assert "G_FLAT" not in _codes(_weights(on, (0, "9"), (days - 1, "9"), (days * 2 - 2, "9")), on)


@pytest.mark.parametrize(
    ("months", "days", "change", "is_flat"),
    [
        (5, 28, "6.00", True),
        (5, 27, "6.00", False),
        (5, 28, "6.01", False),
        (5, 28, "5.99", True),
        (6, 28, "6.00", False),
    ],
)
def test_below_six_months_once_is_enough(months, days, change, is_flat):
    on = add_months(BORN_ON, months)
    assert ("G_FLAT1" in _codes(_weights(on, (0, change), (days, "6.00")), on)) == is_flat


@pytest.mark.parametrize(
    ("day", "weight", "is_loss"),
    [
        (5, "2.70", True),  # ten percent exactly
        (5, "2.71", False),
        (13, "2.99", False),
        (14, "2.99", True),
        (14, "3.00", False),
        (59, "2.99", True),
        (60, "2.99", False),  # two months old on 10 March
    ],
)
def test_a_newborn_loses_less_than_a_tenth_and_is_back_by_two_weeks(day, weight, is_loss):
    on = BORN_ON + timedelta(day)
    assert ("G_NB_LOSS" in _codes([BIRTH, Reading("WEIGHT", weight, on)], on)) == is_loss


@pytest.mark.parametrize(
    ("z", "months", "is_told"),
    [(-2.01, 6, True), (-2.0, 6, False), (2.0, 6, False), (2.01, 6, True), (2.01, 35, True), (2.01, 36, False)],
)
def test_a_head_beyond_two_sd_is_told_until_three_years(z, months, is_told):
    on = add_months(BORN_ON, months)
    assert ("G_HC" in _codes([Reading("HCZ", z, on)], on)) == is_told


def test_a_head_that_grows_too_fast_or_stops_is_for_the_doctor_to_say():
    on = add_months(BORN_ON, 6)
    assert "G_HC" in _codes([Reading("HCZ", 0.0, on)], on, checks=["头围增长过快或停滞"])


def _entry(weight_range, is_corrected=False):
    scores = {"wfa": {"percentile_range": weight_range}} if weight_range else {}
    return SimpleNamespace(content={"growth": {"scores": scores, "is_corrected": is_corrected}})


def _judged(**measured):
    return judge(Visit(sex="M", birth_on=BORN_ON, measured_on=add_months(BORN_ON, 12), **measured))


@pytest.mark.parametrize(
    ("before", "has_crossed"),
    [
        (["P25–P50"], False),
        (["P50–P75"], True),
        (["P25–P50", "P50–P75", "P25–P50"], True),
        (["<P3"], False),
        ([None], False),
        ([], False),
    ],
)
def test_two_main_lines_downwards_between_any_two_measurements_are_crossed(before, has_crossed):
    now = _judged(weight_kg="9.2")  # boys of 12 months: P10 8.8, P25 9.4, P50 10.1
    assert now.scores["wfa"].percentile_range == "P10–P25"
    assert crossed_down(now, [_entry(each) for each in before]) == has_crossed


def test_a_value_on_a_line_has_not_crossed_it():
    on_p25 = _judged(weight_kg="9.4")
    assert on_p25.scores["wfa"].percentile_range == "P25–P50"
    assert not crossed_down(on_p25, [_entry("P50–P75")])
    assert crossed_down(on_p25, [_entry("P75–P90")])


def test_where_correction_ends_the_curve_is_another_one():
    now = _judged(weight_kg="9.2")
    assert not crossed_down(now, [_entry("≥P97", is_corrected=True)])
    corrected = _judged(weight_kg="8.0", gestational_days=210)
    assert crossed_down(corrected, [_entry("≥P97", is_corrected=True)])


def test_what_was_not_judged_has_crossed_nothing():
    assert not crossed_down(_judged(lenhei_cm="75"), [_entry("≥P97")])
    assert not crossed_down(_judged(weight_kg="9.2"), [SimpleNamespace(content={"text": "电话随访"})])
