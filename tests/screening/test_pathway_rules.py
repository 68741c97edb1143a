"""Success, relapse and closing of pathways, from dated figures and the clinician's ticks."""

from datetime import date, timedelta

import pytest

from mengya_health.config import WORKFLOWS
from mengya_health.content import load_content
from mengya_health.errors import Invalid
from mengya_health.screening.facts import History, Reading
from mengya_health.screening.pathway_rules import checks_of, closing_rules, rule_met
from mengya_health.screening.proposals import alerts_raised, escalations_met

CONTENT = load_content(WORKFLOWS)
TODAY = date(2026, 11, 21)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def history(readings=(), *, ticked=(), **given) -> History:
    """A history of (metric, value, days ago) with checks ticked today."""
    return History(
        today=TODAY,
        readings=tuple(Reading(name, value, ago(days)) for name, value, days in readings),
        checks=dict.fromkeys(ticked, (TODAY,)),
        **given,
    )


def status(pathway: str, rule: str, of: History) -> str:
    return rule_met(CONTENT, pathway, rule, of).status


GROWS_WELL = "体重增速不低于同龄中位增速"
WELL = "一般情况好"


def test_two_good_weighings_a_month_apart_need_only_the_clinicians_word():
    seen = history([("WAZ", -1.8, 0), ("WAZ", -1.9, 28), ("WAZ", -2.4, 60)], triggers=("WAZ",))
    outcome = rule_met(CONTENT, "PW_UNDERNUTRITION", "success", seen)
    assert (outcome.status, outcome.checks) == ("needs_check", (GROWS_WELL,))
    assert [(figure.value, figure.on) for figure in outcome.figures] == [(-1.8, TODAY), (-1.9, ago(28))]
    assert [part.status for part in outcome.parts] == ["met", "needs_check"]
    assert "触发指标" in outcome.text


def test_with_the_tick_success_is_met():
    seen = history([("WAZ", -2.0, 0), ("WAZ", -1.9, 30)], ticked=[GROWS_WELL], triggers=("WAZ",))
    assert status("PW_UNDERNUTRITION", "success", seen) == "met"


@pytest.mark.parametrize(
    "readings",
    [
        [("WAZ", -1.8, 0), ("WAZ", -1.9, 27)],
        [("WAZ", -1.8, 0), ("WAZ", -2.01, 28), ("WAZ", -1.5, 60)],
        [("WAZ", -1.8, 0), ("WAZ", -2.2, 14), ("WAZ", -1.9, 28)],
        [("WAZ", -1.8, 0)],
    ],
    ids=["too close", "one below", "one below in between", "only one"],
)
def test_success_is_not_met_without_two_good_weighings_in_a_row(readings):
    seen = history(readings, ticked=[GROWS_WELL], triggers=("WAZ",))
    assert status("PW_UNDERNUTRITION", "success", seen) == "not_met"


def test_every_trigger_must_recover_and_one_is_enough_to_relapse():
    readings = [("WAZ", -1.5, 0), ("WAZ", -1.6, 30), ("HAZ", -2.3, 0), ("HAZ", -2.3, 30)]
    seen = history(readings, ticked=[GROWS_WELL], triggers=("WAZ", "HAZ"))
    assert status("PW_UNDERNUTRITION", "success", seen) == "not_met"
    assert status("PW_UNDERNUTRITION", "relapse", seen) == "met"


def test_without_a_measurement_the_rule_is_incomplete_and_says_what_is_missing():
    outcome = rule_met(CONTENT, "PW_UNDERNUTRITION", "success", history(triggers=("HAZ",)))
    assert (outcome.status, outcome.missing) == ("incomplete", ("HAZ",))


def test_weight_standing_still_twice_is_a_relapse_but_once_is_not():
    z_scores = [("WAZ", -1.5, 0), ("WAZ", -1.4, 30)]
    still = [("WEIGHT", 9.0, 0), ("WEIGHT", 9.0, 28), ("WEIGHT", 9.1, 56)]
    gained_before = [("WEIGHT", 9.0, 0), ("WEIGHT", 9.0, 28), ("WEIGHT", 8.8, 56)]
    assert status("PW_UNDERNUTRITION", "relapse", history(z_scores + still, triggers=("WAZ",))) == "met"
    assert status("PW_UNDERNUTRITION", "relapse", history(z_scores + gained_before, triggers=("WAZ",))) == "not_met"


def test_weekly_weighing_is_compared_a_month_apart():
    weekly = [("WEIGHT", 9.0 + 0.05 * (8 - week), 7 * week) for week in range(9)]
    seen = history([("WAZ", -1.5, 0), *weekly], triggers=("WAZ",))
    assert status("PW_UNDERNUTRITION", "relapse", seen) == "not_met"


def test_closing_of_undernutrition_needs_three_follow_ups_ninety_days_and_the_clinician():
    readings = [("WAZ", -1.5, 0), ("WAZ", -1.5, 30), ("WAZ", -1.6, 60)]
    almost = history(readings, ticked=[WELL], triggers=("WAZ",), dates={"consolidation": ago(89)})
    done = history(readings, ticked=[WELL], triggers=("WAZ",), dates={"consolidation": ago(90)})
    assert status("PW_UNDERNUTRITION", "closing", almost) == "not_met"
    outcome = rule_met(CONTENT, "PW_UNDERNUTRITION", "closing", done)
    assert (outcome.status, outcome.closing_code) == ("met", "1")
    assert outcome.origin.basis == "official"
    assert outcome.origin.verified is False


def test_anaemia_success_relapse_and_closing():
    ticks = ["症状好转", "已按医嘱续服"]
    assert status("PW_ANEMIA", "success", history([("HB", 110, 0)], ticked=ticks)) == "met"
    assert status("PW_ANEMIA", "success", history([("HB", 110, 0)])) == "needs_check"
    assert status("PW_ANEMIA", "success", history([("HB", 109, 0)], ticked=ticks)) == "not_met"
    assert status("PW_ANEMIA", "relapse", history([("HB", 109, 0), ("HB", 118, 40)])) == "met"
    twice = [("HB", 112, 0), ("HB", 115, 28)]
    course = ["疗程满（Hb正常后续服约2个月）"]
    closed = history(twice, ticked=course, dates={"iron_stopped": ago(28)})
    assert status("PW_ANEMIA", "closing", closed) == "met"
    assert status("PW_ANEMIA", "closing", history(twice, ticked=course, dates={"iron_stopped": ago(27)})) == "not_met"
    assert status("PW_ANEMIA", "closing", history(twice, ticked=course)) == "incomplete"


def test_the_answer_to_iron_is_read_between_day_28_and_42():
    started = {"start_of_iron": ago(35)}
    assert status("PW_ANEMIA", "response_check", history([("HB", 100, 0), ("HB", 88, 36)], dates=started)) == "met"
    assert status("PW_ANEMIA", "response_check", history([("HB", 97, 0), ("HB", 88, 36)], dates=started)) == "not_met"
    assert status("PW_ANEMIA", "response_check", history([("HB", 88, 36)], dates=started)) == "incomplete"


def test_development_succeeds_by_level_or_by_gain():
    reported = ["教师与家长均报告达成"]
    by_level = history([("WSCST_N", 0, 0), ("DQ", 82, 0)], ticked=reported, dates={"entry": ago(180)})
    by_gain = history([("WSCST_N", 0, 0), ("DQ", 76, 0), ("DQ", 66, 180)], ticked=reported, dates={"entry": ago(180)})
    neither = history([("WSCST_N", 0, 0), ("DQ", 75, 0), ("DQ", 66, 180)], ticked=reported, dates={"entry": ago(180)})
    assert status("PW_DEVELOPMENT", "success", by_level) == "met"
    assert status("PW_DEVELOPMENT", "success", by_gain) == "met"
    assert status("PW_DEVELOPMENT", "success", neither) == "not_met"


def test_development_relapses_on_signs_on_a_drop_and_on_going_backwards():
    assert status("PW_DEVELOPMENT", "relapse", history([("WSCST_N", 1, 0)])) == "met"
    assert status("PW_DEVELOPMENT", "relapse", history([("DQ", 80, 0), ("DQ", 90, 90)])) == "met"
    assert status("PW_DEVELOPMENT", "relapse", history([("WS_REG", 2, 0)])) == "met"
    quiet = history([("WSCST_N", 0, 0), ("DQ", 88, 0), ("DQ", 90, 90), ("WS_REG", 0, 0)])
    assert status("PW_DEVELOPMENT", "relapse", quiet) == "not_met"


def test_development_closes_after_two_clean_assessments_twelve_weeks_apart():
    clean = [("WSCST_N", 0, 0), ("WSCST_N", 0, 84), ("DQ", 85, 0), ("DQ", 81, 84)]
    assert status("PW_DEVELOPMENT", "closing", history(clean)) == "met"
    assert status("PW_DEVELOPMENT", "closing", history([*clean[:3], ("DQ", 79.9, 84)])) == "not_met"


def test_language_signs_and_going_backwards_ask_for_a_hearing_check():
    language = history([("DQ_LA", 90, 0), ("WS_REG", 0, 0)], positive_domains=frozenset({"language"}))
    motor = history([("DQ_LA", 90, 0), ("WS_REG", 0, 0)], positive_domains=frozenset({"gross_motor"}))
    assert status("PW_DEVELOPMENT", "requires_hearing_check_if", language) == "met"
    assert status("PW_DEVELOPMENT", "requires_hearing_check_if", motor) == "not_met"


def test_language_pathways_can_be_excluded_by_the_clinician_alone():
    assert closing_rules(CONTENT, "PW_DEVELOPMENT") == ("closing", "closing_excluded")
    assert checks_of(CONTENT, "PW_DEVELOPMENT", "closing_excluded") == ("区妇幼复筛未见异常", "听力正常")
    outcome = rule_met(CONTENT, "PW_DEVELOPMENT", "closing_excluded", history())
    assert (outcome.status, outcome.closing_code) == ("needs_check", "2")


def test_later_figures_are_not_seen():
    seen = History(today=ago(10), readings=(Reading("HB", 120, TODAY), Reading("HB", 100, ago(20))))
    assert status("PW_ANEMIA", "relapse", seen) == "met"


def test_a_check_that_has_to_hold_twice_needs_two_ticks_apart():
    twice = {"评估功能恢复": (TODAY, ago(28)), "家园均确认": (TODAY,)}
    close_together = {"评估功能恢复": (TODAY, ago(7)), "家园均确认": (TODAY,)}
    assert status("PW_EMOTION", "closing", History(today=TODAY, checks=twice)) == "met"
    assert status("PW_EMOTION", "closing", History(today=TODAY, checks=close_together)) == "needs_check"


def test_problem_days_are_compared_with_the_baseline():
    dates = {"baseline": ago(60)}
    assert (
        status("PW_EMOTION", "relapse", history([("PROBLEM_DAYS", 3, 0), ("PROBLEM_DAYS", 6, 60)], dates=dates))
        == "met"
    )
    better = history([("PROBLEM_DAYS", 3, 0), ("PROBLEM_DAYS", 6, 60)], ticked=["进食睡眠恢复"], dates=dates)
    assert status("PW_EMOTION", "success", better) == "met"


def test_a_rule_that_has_to_hold_twice_goes_by_the_ticks_of_each_day():
    eyes = [(eye, 5.0, days) for eye in ("VA_L", "VA_R") for days in (0, 90)]
    once = History(**vars(history(eyes)) | {"checks": {"corrected": (ago(90),), "专科同意减频": (TODAY,)}})
    assert status("PW_VISION", "closing", once) == "needs_check"
    twice = History(**vars(history(eyes)) | {"checks": {"corrected": (ago(90), TODAY), "专科同意减频": (TODAY,)}})
    assert status("PW_VISION", "closing", twice) == "met"


def test_the_shortest_escalation_comes_first():
    assert escalations_met(CONTENT, "PW_ANEMIA", history([("HB", 55, 0)])) == ("SLA_REFER_EMERG",)
    assert escalations_met(CONTENT, "PW_DEVELOPMENT", history([("DQ", 65, 0)])) == ("SLA_REFER_URGENT",)
    assert escalations_met(CONTENT, "PW_DEVELOPMENT", history([("DQ", 75, 0)])) == ()


def test_a_young_infants_weight_standing_still_once_is_an_alert_and_a_toddlers_is_not():
    infant = history([("WEIGHT", 5.0, 0), ("WEIGHT", 5.0, 28)], age_months=4, dates={"birth": ago(130)})
    older = history(
        [("WEIGHT", 9.0, 0), ("WEIGHT", 9.0, 28), ("WEIGHT", 9.0, 56)], age_months=20, dates={"birth": ago(620)}
    )
    assert [alert.code for alert in alerts_raised(CONTENT, "SCR_GROWTH", infant)] == ["G_FLAT1"]
    assert alerts_raised(CONTENT, "SCR_GROWTH", older) == ()


def test_a_newborn_ten_percent_below_birth_weight_is_an_alert_today():
    readings = [("WEIGHT", 2.88, 0), ("WEIGHT", 3.2, 5), ("age_days", 5, 0)]
    newborn = history(readings, age_months=0, dates={"birth_weight": ago(5), "birth": ago(5)})
    assert [alert.within_days for alert in alerts_raised(CONTENT, "SCR_GROWTH", newborn)] == [0]


def test_a_rule_the_pathway_does_not_have_is_refused():
    with pytest.raises(Invalid):
        rule_met(CONTENT, "PW_DDH_REFER", "relapse", history())
    with pytest.raises(Invalid):
        rule_met(CONTENT, "PW_ANEMIA", "tasks", history())


@pytest.mark.parametrize("pathway_id", CONTENT.pathways)
def test_every_rule_of_every_pathway_can_be_judged_and_shown(pathway_id):
    rules = CONTENT.pathways[pathway_id].rules
    names = [name for name in ("success", "relapse", "watch", "entry") if getattr(rules, name) is not None]
    for name in (*names, *closing_rules(CONTENT, pathway_id)):
        outcome = rule_met(CONTENT, pathway_id, name, history(triggers=("WAZ",)))
        assert outcome.status in {"not_met", "needs_check", "incomplete"}, (name, outcome)
        assert outcome.text
        assert all(part.text for part in outcome.parts)
