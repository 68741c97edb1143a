"""The concern rule of behaviours.yaml: what tells the doctor, what is only talked over, at the month it begins."""

from dataclasses import fields
from datetime import date

import pytest

from mengya_health.people.facts import ChildFacts
from mengya_health.screening.observing import Signals, items_to_see, signals


def codes(items) -> list[str]:
    return [item.code for item in items]


def test_every_linked_item_tells_the_doctor_from_the_month_of_its_warning_sign_on(content):
    start = {sign.code: group.from_month for group in content.warning_signs.groups for sign in group.items}
    linked = [item for item in content.behaviours.items.values() if item.warning_sign]
    assert len(linked) > 30
    for item in linked:
        month = start[item.warning_sign]
        assert codes(signals(content, {item.code: [0]}, month).linked) == [item.code]
        assert signals(content, {item.code: [0]}, month - 1).linked == ()
        for scores in ([1], [2], [9], [0, 1], [0, 2]):
            assert signals(content, {item.code: scores}, month).linked == ()


def test_no_chance_to_see_it_neither_is_a_zero_nor_takes_one_back(content):
    assert signals(content, {"B0106": [9]}, 3) == Signals()
    assert codes(signals(content, {"B0106": [0, 9]}, 3).linked) == ["B0106"]


@pytest.mark.parametrize("scores", [[2, 0], [2, 1, 0], [2, 9, 0], [2, 0, 9]])
def test_what_was_there_and_is_no_more_tells_the_doctor_at_any_age(content, scores):
    for age in (0, 5, 83):
        assert codes(signals(content, {"B0201": scores}, age).regressed) == ["B0201"]


@pytest.mark.parametrize("scores", [[0, 2], [1, 0], [2, 0, 1], [2, 9], [0]])
def test_nothing_lost_is_no_step_back(content, scores):
    assert signals(content, {"B0201": scores}, 5).regressed == ()


def test_unlinked_items_count_from_the_last_month_of_their_band_on(content):
    two_of_one = {"B0207": [0], "B0208": [0]}  # cognition, 4 to 6 months
    assert signals(content, two_of_one, 5).unlinked == ()
    assert codes(signals(content, two_of_one, 6).unlinked) == ["B0207", "B0208"]
    assert codes(signals(content, two_of_one, 7).unlinked) == ["B0207", "B0208"]
    assert signals(content, two_of_one, 9).unlinked == ()  # by now the next band has come to its end


def test_one_of_each_of_two_domains_is_enough_and_one_alone_is_not(content):
    assert codes(signals(content, {"B0201": [0], "B0207": [0]}, 6).unlinked) == ["B0201", "B0207"]
    assert signals(content, {"B0201": [0]}, 6).unlinked == ()
    assert signals(content, {"B0201": [0], "B0207": [1]}, 6).unlinked == ()
    assert signals(content, {"B0201": [0], "B0203": [0]}, 6).unlinked == ()  # B0203 is linked and counts on its own


def test_twice_no_chance_asks_for_one(content):
    assert signals(content, {"B0201": [9]}, 5).unseen == ()
    assert codes(signals(content, {"B0201": [9, 9]}, 5).unseen) == ["B0201"]
    assert signals(content, {"B0201": [9, 1, 9]}, 5).unseen == ()


def test_linked_items_not_reached_stay_listed_in_the_next_band(content):
    assert codes(items_to_see(content, {"B0106": [0]}, 4))[0] == "B0106"
    assert "B0106" not in codes(items_to_see(content, {"B0106": [0, 2]}, 4))
    assert "B0106" not in codes(items_to_see(content, {}, 4))
    assert "B0105" not in codes(items_to_see(content, {"B0105": [0]}, 4))  # not linked


def test_a_preterm_child_is_judged_at_its_corrected_age(content):
    born = {"birth_on": date(2026, 8, 1), "gestational_days": 210, "corrected_below_months": 24}  # ten weeks early
    rest = dict.fromkeys(field.name for field in fields(ChildFacts))
    child = ChildFacts(**rest | born)
    assert signals(content, {"B0106": [0]}, child.age_months(date(2026, 11, 23))).linked != ()
    assert signals(content, {"B0106": [0]}, child.corrected_months(date(2026, 11, 23))).linked == ()


def test_every_item_is_offered_at_every_age_of_its_band(content):
    for band in content.behaviours.bands:
        for month in range(band.from_month, band.to_month):
            assert items_to_see(content, {}, month) == band.items
    assert items_to_see(content, {}, 84) == ()
