"""Windows and their boundaries, what counts as missed, what stands beside the checks. Pure."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from mengya_health.config import WORKFLOWS
from mengya_health.content import load_content
from mengya_health.errors import StartRefused
from mengya_health.growth.ages import add_months
from mengya_health.screening.schedule import (
    BEFORE_CARE,
    DONE,
    DUE,
    EXCUSED,
    MISSED,
    OVERDUE,
    UPCOMING,
    Happened,
    event_lines,
    events_with,
    next_visit,
    visit_lines,
)

CONTENT = load_content(WORKFLOWS)
DAY = timedelta(days=1)
BIRTHS = (date(2025, 11, 20), date(2025, 8, 31), date(2024, 2, 29), date(2025, 1, 31))


def child_born(birth_on: date, *, weight_kg: str | None = "3.20", weeks: int | None = 39):
    return SimpleNamespace(birth_on=birth_on, birth_weight_kg=weight_kg, gestational_days=weeks and weeks * 7)


def lines(birth_on: date, on: date, *, done=(), excused=(), in_care_from=None, visits=CONTENT.visits, **born):
    happened = Happened(done=dict(done), excused=dict(excused), in_care_from=in_care_from or birth_on)
    return {each.visit.id: each for each in visit_lines(visits, child_born(birth_on, **born), on, happened)}


def status(birth_on: date, on: date, visit_id: str, **how) -> str:
    return lines(birth_on, on, **how)[visit_id].status


@pytest.mark.parametrize("birth_on", BIRTHS, ids=str)
@pytest.mark.parametrize("number", range(len(CONTENT.visits)), ids=[visit.id for visit in CONTENT.visits])
def test_every_check_turns_on_the_days_of_its_window(number, birth_on):
    visit = CONTENT.visits[number]
    first_on, last_on = visit.window(birth_on)
    if visit.from_day is None:
        assert first_on == add_months(birth_on, visit.due_month)
        assert last_on + DAY == add_months(birth_on, visit.to_month)
    assert status(birth_on, first_on - DAY, visit.id) == UPCOMING
    assert status(birth_on, first_on, visit.id) == DUE
    assert status(birth_on, last_on, visit.id) == DUE
    after = lines(birth_on, last_on + DAY)
    if number + 1 == len(CONTENT.visits):
        assert last_on + DAY == add_months(birth_on, 84)
        assert after[visit.id].status == OVERDUE
        return
    next_on = CONTENT.visits[number + 1].window(birth_on)[0]
    assert after[visit.id].status == (MISSED if next_on <= last_on + DAY else OVERDUE)
    assert status(birth_on, next_on, visit.id) == MISSED
    if next_on > last_on + DAY:
        assert status(birth_on, next_on - DAY, visit.id) == OVERDUE


def test_the_first_weeks_are_counted_in_days_both_included():
    born = date(2024, 2, 29)
    windows = {name: (each.first_on, each.last_on) for name, each in lines(born, born).items()}
    assert windows["V_NB"] == (born, date(2024, 3, 7))
    assert windows["V_1M"] == (born + 28 * DAY, born + 42 * DAY)
    assert windows["V_12M"] == (date(2025, 2, 28), date(2025, 3, 28))  # born on a leap day: the month's last day


def test_the_first_home_visit_counts_from_the_discharge_and_is_sooner_for_a_newborn_at_risk():
    born = date(2026, 1, 10)
    visit = CONTENT.visit("V_NB")
    assert visit.window(born, born + 5 * DAY) == (born + 5 * DAY, born + 12 * DAY)
    for weight_kg, weeks, days in (("2.49", 39, 3), ("2.50", 37, 7), ("2.50", 36, 3), (None, None, 7)):
        line = lines(born, born, weight_kg=weight_kg, weeks=weeks)["V_NB"]
        assert (line.last_on - born).days == days, (weight_kg, weeks)


def test_done_comes_first_then_excused():
    born, on = date(2025, 11, 20), date(2026, 7, 1)
    both = {"done": {"V_6M": on}, "excused": {"V_6M": "declined", "V_3M": "moved_away"}}
    found = lines(born, on, **both)
    assert (found["V_6M"].status, found["V_6M"].done_on) == (DONE, on)
    assert (found["V_3M"].status, found["V_3M"].reason) == (EXCUSED, "moved_away")


def test_a_child_who_moves_in_late_has_missed_nothing_here_and_one_check_to_do():
    born, on = date(2022, 11, 20), date(2026, 11, 23)  # just four
    found = lines(born, on, in_care_from=on)
    assert [name for name, each in found.items() if each.status == MISSED] == []
    assert len([each for each in found.values() if each.status == BEFORE_CARE]) == 10
    assert [name for name, each in found.items() if each.status in (DUE, OVERDUE)] == ["V_4Y"]
    here_from_18m = lines(born, on, in_care_from=add_months(born, 19) - DAY)
    assert [name for name, each in here_from_18m.items() if each.status == MISSED] == [
        "V_18M", "V_24M", "V_30M", "V_36M",
    ]  # fmt: skip


def test_next_is_what_is_open_then_what_is_to_come_then_nothing():
    born = date(2025, 11, 20)
    overdue_on = add_months(born, 13)

    def following(on, **how):
        found = next_visit(lines(born, on, **how).values())
        return found and found.visit.id

    assert following(overdue_on) == "V_12M"
    assert following(overdue_on, done={"V_12M": overdue_on}) == "V_18M"
    assert following(overdue_on, excused={"V_12M": "declined"}) == "V_18M"
    assert following(overdue_on, excused={"V_12M": "moved_away"}) is None
    assert following(add_months(born, 18), excused={"V_12M": "moved_away"}, done={"V_18M": born}) == "V_24M"
    assert following(add_months(born, 72), done={"V_6Y": born}) is None


def test_a_districts_template_adds_its_own_checks():
    district = load_content(WORKFLOWS, visit_template="TPL_DISTRICT_EXAMPLE")
    assert [visit.id for visit in district.visits][:7] == ["V_NB", "V_1M", "V_2M", "V_3M", "V_4M", "V_6M", "V_8M"]
    assert {visit.id for visit in CONTENT.visits} < {visit.id for visit in district.visits}
    assert CONTENT.visit("V_4M").due_month == 4  # what another template planned stays readable
    with pytest.raises(StartRefused):
        load_content(WORKFLOWS, visit_template="TPL_UNKNOWN")


def beside(birth_on: date, on: date, answers=None, **born) -> dict:
    found = event_lines(CONTENT.side_events, CONTENT.visits, child_born(birth_on, **born), on, answers or {})
    return {each.event.id: each for each in found}


def test_hearing_is_asked_again_only_where_it_was_not_passed():
    born = date(2026, 1, 10)
    for answer, is_there in ((1, False), (2, True), (3, True), (4, False)):
        assert ("E_HEAR_42D" in beside(born, born + 20 * DAY, {"hearing_screen": answer})) is is_there
    assert "E_HEAR_42D" not in beside(born, born + 20 * DAY)
    assert "E_HEAR_42D" in beside(born, born + 42 * DAY, {"hearing_screen": 2})
    assert "E_HEAR_42D" not in beside(born, born + 43 * DAY, {"hearing_screen": 2})


def test_the_heel_prick_is_asked_for_until_its_result_is_known():
    born = date(2026, 1, 10)
    assert beside(born, born + 20 * DAY)["E_NBS_RESULT"].is_now is False
    assert beside(born, born + 21 * DAY)["E_NBS_RESULT"].is_now is True
    assert "E_NBS_RESULT" in beside(born, born + 42 * DAY, {"disease_screen": 1})
    assert "E_NBS_RESULT" not in beside(born, born + 21 * DAY, {"disease_screen": 2})
    assert "E_NBS_RESULT" not in beside(born, born + 43 * DAY)


@pytest.mark.parametrize(
    ("weight_kg", "weeks", "is_there"),
    [("1.99", 36, True), ("2.00", 36, False), ("2.00", 31, True), ("2.00", 32, False), (None, None, False)],
)
def test_the_eyes_of_small_and_early_children_are_looked_at_in_time(weight_kg, weeks, is_there):
    born = date(2026, 1, 10)
    found = beside(born, born + 28 * DAY, weight_kg=weight_kg, weeks=weeks)
    assert ("E_ROP" in found) is is_there
    if is_there:
        assert found["E_ROP"].is_now
        assert found["E_ROP"].until_on == born + 42 * DAY
        assert "E_ROP" not in beside(born, born + 43 * DAY, weight_kg=weight_kg, weeks=weeks)


def test_fluoride_comes_round_every_half_year_between_three_and_seven():
    born = date(2020, 8, 31)
    first = beside(born, add_months(born, 36) - DAY)["E_FLUORIDE"]
    assert (first.from_on, first.is_now) == (add_months(born, 36), False)
    assert beside(born, add_months(born, 36))["E_FLUORIDE"].is_now
    turn = beside(born, add_months(born, 42))["E_FLUORIDE"]
    assert (turn.from_on, turn.until_on) == (add_months(born, 42), add_months(born, 48) - DAY)
    assert "E_FLUORIDE" in beside(born, add_months(born, 84) - DAY)
    assert "E_FLUORIDE" not in beside(born, add_months(born, 84))


def test_what_is_done_with_a_check_is_named_beside_it():
    assert {each.id for each in events_with(CONTENT.side_events, "V_24M")} == {
        "E_EYE_13", "E_ASD_11", "E_REFRACTION", "E_FEED_9", "E_SE",
    }  # fmt: skip
