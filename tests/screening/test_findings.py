"""What a check finds and proposes, and what the doctor decides."""

from datetime import timedelta

import pytest

from mengya_health.db import new_id
from mengya_health.errors import Conflict, Invalid
from mengya_health.growth.ages import add_months
from mengya_health.people.queries import find_child
from mengya_health.record.queries import find_entry
from mengya_health.screening.commands import correct_check, decide_findings, find_check
from mengya_health.screening.decisions import read_decisions, undecided
from mengya_health.screening.queries import waits_for_decision
from tests.screening.conftest import TODAY


@pytest.fixture(params=["sqlite"])
def database(request) -> str:
    return request.param


def codes(entry) -> set[str]:
    return {each["code"] for each in entry.content["findings"]}


def proposals(entry) -> dict[str, dict]:
    return {each["pathway"]: each for each in entry.content["proposals"]}


def conclusions(entry) -> dict[str, str]:
    return {each["screening"]: each["conclusion"] for each in entry.content["screenings"]}


def test_one_warning_sign_proposes_development_and_keeps_rule_and_source(child_of, check):
    entry = check(child_of(12), ws_WS1204="1")
    assert codes(entry) == {"W1"}
    finding = entry.content["findings"][0]
    assert finding["instrument"] == "WSCST"
    assert finding["values"] == [{"code": "WSCST_N", "value": 1}]
    assert "孤独症筛查干预服务规范" in finding["source"]
    assert proposals(entry)["PW_DEVELOPMENT"]["how"] == "open"
    assert proposals(entry)["PW_DEVELOPMENT"]["needs_hearing_check"] is False
    assert proposals(entry)["PW_ASD"]["how"] == "refer"


def test_a_language_sign_asks_for_a_hearing_check(child_of, check):
    entry = check(child_of(18), ws_WS1801="1")
    assert entry.content["positive_domains"] == ["language"]
    assert proposals(entry)["PW_DEVELOPMENT"]["needs_hearing_check"] is True


def test_going_backwards_counts_at_an_age_without_signs(child_of, check):
    entry = check(child_of(2), ws_reg="1")
    assert codes(entry) == {"W2"}
    assert conclusions(entry)["SCR_WSCST"] == "positive"


def test_low_weight_proposes_undernutrition(child_of, check):
    entry = check(child_of(12, sex="M"), weight="7.8", length="74.0", headc="45.0")
    assert "G_WAZ2" in codes(entry)
    assert "PW_UNDERNUTRITION" in proposals(entry)


def test_anaemia_is_found_where_the_age_has_a_rule_for_it(child_of, check):
    entry = check(child_of(18), hb="105")
    assert "A1" in codes(entry)
    assert list(proposals(entry)) == ["PW_ANEMIA"]


def test_overweight_lets_the_doctor_choose_between_watching_and_a_case(child_of, check):
    entry = check(child_of(30), weight="14.8", length="91.0")
    assert codes(entry) & {"G_OW"}
    assert proposals(entry)["PW_OVERWEIGHT"]["how"] == "choose"


def test_a_sign_of_danger_in_a_newborn_is_a_matter_of_the_same_day(child_of, check):
    entry = check(child_of(0, 5), told_nb_danger_nd05="1", urgent_answer="called_120", urgent_seen="ND05")
    finding = next(each for each in entry.content["findings"] if each["code"] == "ND05")
    assert finding["level"] == "severe"
    assert finding["within_days"] == 0


def test_negative_incomplete_and_not_applicable_stay_apart(child_of, check):
    entry = check(child_of(12), dt=None, hb=None)
    kept = conclusions(entry)
    assert kept["SCR_HEARING"] == "negative"
    assert kept["SCR_ORAL"] == "incomplete"
    assert kept["SCR_ANEMIA"] == "incomplete"
    missing = next(each for each in entry.content["screenings"] if each["screening"] == "SCR_ORAL")["missing"]
    assert missing == ["DT"]


def test_scores_that_nobody_takes_at_a_check_are_not_shown_as_missing(child_of, check):
    assert "SCR_ASD" not in conclusions(check(child_of(18)))


def test_a_weight_curve_that_falls_across_two_lines_proposes_to_watch(child_of, check):
    child = child_of(12, sex="M")
    check(child, add_months(child.birth_on, 8), weight="10.0", length="72.0", headc="45.5")
    entry = check(child, weight="10.05", length="77.0", headc="46.5")
    assert "G_CROSS" in codes(entry)
    assert proposals(entry)["PW_UNDERNUTRITION"]["how"] == "watch"


def test_findings_wait_on_the_doctors_list_until_each_is_decided(child_of, check, work_as, district):
    child = child_of(12)
    entry = check(child, ws_WS1204="1")
    with work_as(district.doctor) as work:
        assert waits_for_decision(work, entry.id)
        with pytest.raises(Invalid) as refused:
            read_decisions(entry, {"row_version": "1", "decide_PW_DEVELOPMENT": "not_now", "decide_PW_ASD": "open"})
        assert list(refused.value.fields) == ["reason_PW_DEVELOPMENT"]
        sent = {
            "row_version": str(entry.row_version),
            "decide_PW_DEVELOPMENT": "open",
            "decide_PW_ASD": "not_now",
            "reason_PW_ASD": "复筛一并看",
        }
        decisions, row_version = read_decisions(entry, sent)
        case_id = new_id()
        facts = find_child(work, child.id)
        decide_findings(work, facts, entry, decisions, row_version=row_version, cases={"PW_DEVELOPMENT": case_id})
        assert not waits_for_decision(work, entry.id)
    with work_as(district.doctor, writing=False) as work:
        stored = find_check(work, find_child(work, child.id), entry.id)
    assert undecided(stored) == []
    made = {each["pathway"]: each for each in stored.content["decisions"]}
    assert made["PW_DEVELOPMENT"]["case_id"] == str(case_id)
    assert made["PW_ASD"]["reason"] == "复筛一并看"


def test_a_correction_is_a_new_revision_and_judges_anew(child_of, check, form_of, work_as, district):
    child = child_of(12)
    entry = check(child, ws_WS1204="1")
    sent = form_of(child, weight="9.3") | {"row_version": str(entry.row_version)}
    with work_as(district.doctor) as work:
        correct_check(work, find_child(work, child.id), entry.id, sent)
        assert not waits_for_decision(work, entry.id)
    with work_as(district.doctor, writing=False) as work:
        facts = find_child(work, child.id)
        newest = find_check(work, facts, entry.id)
        first = find_entry(work, facts, entry.id, version=1)
    assert newest.version == 2
    assert codes(newest) == set()
    assert codes(first) == {"W1"}


def test_two_people_correcting_at_once_see_both_texts(child_of, check, form_of, work_as, district):
    child = child_of(12)
    entry = check(child)
    sent = form_of(child, weight="9.3") | {"row_version": str(entry.row_version)}
    with work_as(district.doctor) as work:
        correct_check(work, find_child(work, child.id), entry.id, sent)
    with work_as(district.second_doctor) as work, pytest.raises(Conflict) as conflict:
        correct_check(work, find_child(work, child.id), entry.id, sent | {"weight": "9.4"})
    assert conflict.value.theirs["weight"] == "9.3"
    assert conflict.value.base["weight"] == entry_weight(entry)


def test_a_corrected_day_moves_the_check_in_time(child_of, check, form_of, work_as, district):
    child = child_of(12)
    entry = check(child)
    earlier = TODAY - timedelta(days=1)
    sent = form_of(child, earlier) | {"row_version": str(entry.row_version)}
    with work_as(district.doctor) as work:
        correct_check(work, find_child(work, child.id), entry.id, sent)
    with work_as(district.doctor, writing=False) as work:
        assert find_check(work, find_child(work, child.id), entry.id).happened_on == earlier


def entry_weight(entry) -> str:
    return next(each["value"] for each in entry.content["readings"] if each["code"] == "WEIGHT")
