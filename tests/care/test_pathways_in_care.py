"""What only some pathways have: no tasks of their own, intervals by what is on file, referrals they ask for."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mengya_health.care.due_dates import follow_up_on
from mengya_health.care.escalations import referrals_wanted
from mengya_health.content.pathways import Pathway
from mengya_health.people.queries import find_child
from mengya_health.record.commands import record_entry
from mengya_health.screening.facts import Reading
from mengya_health.screening.sheet_commands import find_sheet, record_sheet
from mengya_health.screening.urgent_care import ARRIVED, NOT_ARRIVED, OUTCOME
from tests.care.walking import STORIES, Story, Walk

HIP = Story(
    pathway="PW_DDH_REFER",
    low={},
    well={},
    success_checks=("专科通知治疗完成",),
    closing_checks=("专科通知治疗完成", "步行正常"),
    tasks=({"item": "GY01", "who": "guardian", "weeks": 4}, {"item": "GY01", "who": "teacher", "weeks": 4}),
    follow_up_gap_days=30,
    consolidation_days=(180,),
)


def sign_found(walk: Walk) -> None:
    found = {"screening": "SCR_DDH", "code": "DDH1", "level": "positive", "result": "髋关节体征"}
    with walk.as_(walk.doctor) as work:
        content = {"readings": [], "screenings": [{"screening": "SCR_DDH", "conclusion": "positive"}]}
        content["findings"] = [found]
        record_entry(work, walk.child, section="health", kind="screening", content=content, happened_on=work.today)


def test_a_hip_is_planned_agreed_followed_and_closed_with_the_common_task(installation, work_as, clock, district):
    walk = Walk(installation, work_as, clock, HIP, district).prepare()
    sign_found(walk)
    walk.open()
    walk.flag()
    walk.answer_referral(walk.refer())
    assert [task.title for task in walk.facts().content.tasks_for("PW_DDH_REFER", 12)] == ["按约复诊"]
    walk.make_plan()
    walk.agree()
    assert {task.due_on - walk.case().opened_on for task in walk.open_tasks("follow_up")} == {timedelta(days=30)}
    walk.do_tasks(days=2)
    walk.end_tasks()
    walk.follow_up({}, 30)
    walk.observe()
    walk.evaluate()
    walk.meet_goals()
    assert walk.state == "following"
    walk.consolidate()
    walk.propose_closure()
    walk.confirm_in_class()
    walk.confirm_closure()
    assert (walk.state, walk.open_tasks()) == ("resolved", [])


@pytest.fixture
def facts(installation, work_as, clock, district):
    """The facts of one case under support; a test sets pathway and figures as it needs them."""
    walk = Walk(installation, work_as, clock, STORIES[1], district).prepare()
    walk.in_support()
    return walk.facts()


def on_file(facts, pathway_id: str, *readings: tuple, codes: tuple = (), **days: int):
    """Return the facts on a pathway: readings (metric, value, days ago), findings, days that rules count from."""
    pathway: Pathway = facts.content.pathways[pathway_id]
    ago = {name: facts.today - timedelta(days=number) for name, number in days.items()}
    history = replace(
        facts.history,
        readings=tuple(Reading(name, value, facts.today - timedelta(days=n)) for name, value, n in readings),
        codes=frozenset(codes),
        dates={**facts.history.dates, **ago},
    )
    return replace(facts, pathway=pathway, history=history)


def test_a_pathway_asks_for_a_referral_and_says_where_that_stands(facts):
    def asked(*given, **days):
        return [(each.rule, each.limit.id) for each in referrals_wanted(on_file(facts, *given, **days))]

    assert asked("PW_ANEMIA", ("HB", 98, 0)) == []
    assert asked("PW_ANEMIA", ("HB", 59, 0)) == [("escalate.0", "SLA_REFER_EMERG")]
    risen_little = ("PW_ANEMIA", ("HB", 97, 0), ("HB", 88, 35))
    assert asked(*risen_little, start_of_iron=35) == [("response_check", "SLA_REFER_URGENT")]
    assert asked("PW_ANEMIA", ("HB", 98, 0), ("HB", 88, 35), start_of_iron=35) == []
    assert asked("PW_ANEMIA", ("HB", 112, 0), ("HB", 106, 35), start_of_iron=35) == []  # it is where it should be
    assert asked("PW_DEVELOPMENT", ("DQ", "69.9", 0)) == [("escalate.0", "SLA_REFER_URGENT")]
    assert asked("PW_UNDERNUTRITION", ("WAZ", "-3.1", 0)) == [("escalate.0", "SLA_REFER_URGENT")]
    (wanted,) = referrals_wanted(on_file(facts, *risen_little, start_of_iron=35))
    assert wanted.text_zh == "规范补铁1个月Hb上升<10g/L或加重"
    assert "儿童营养性疾病管理技术规范" in wanted.origin.source
    assert "97" in wanted.figures_zh


def test_a_child_that_arrived_at_a_hospital_is_not_sent_there_again(installation, work_as, clock, district):
    walk = Walk(installation, work_as, clock, STORIES[1], district).prepare().flagged()
    with walk.as_(walk.doctor) as work:
        sent = {"done_on": work.today.isoformat(), "hb": "55", "confirm_hb": "55"}
        sent |= {"urgent_seen": "A3", "urgent_answer": "arranged"}
        record_sheet(work, find_child(work, walk.child.id), find_sheet(work.content, "SCR_ANEMIA"), sent)
    for result in (NOT_ARRIVED, ARRIVED):
        assert [each.limit.id for each in referrals_wanted(walk.facts())] == ["SLA_REFER_EMERG"]
        with walk.as_(walk.doctor) as work:
            child, content = find_child(work, walk.child.id), {"about": "", "result": result, "where": "", "text": ""}
            record_entry(work, child, section="health", kind=OUTCOME, content=content, happened_on=work.today)
    assert referrals_wanted(walk.facts()) == []


def test_harm_to_a_child_leaves_no_trace_in_a_case(facts):
    found = on_file(facts, "PW_EMOTION")
    assert referrals_wanted(replace(found, history=replace(found.history, codes=frozenset({"SE9"})))) == []


def test_the_next_follow_up_goes_by_what_is_on_file(facts):
    def days(*given, stage="intervention", done=0, **more):
        return (follow_up_on(on_file(facts, *given, **more), stage, done, facts.today) - facts.today).days

    assert days("PW_OVERWEIGHT", ("WHZ", "2.1", 0)) == 30
    assert days("PW_OVERWEIGHT", ("WHZ", "2.1", 0), done=3) == 60
    assert days("PW_OVERWEIGHT", ("WHZ", "1.4", 0)) == 90
    assert days("PW_VITD", codes=("R1",)) == 30
    assert days("PW_VITD", ("VITD25", "24", 0)) == 90
    assert days("PW_VISION") == 90
    assert days("PW_VISION", glasses_fitted=0) == 30
    assert days("PW_VISION", glasses_fitted=31) == 90
    # A year old: [7, 13) months of the tables for preterm children, the longest interval of the row.
    assert days("PW_HIGHRISK", codes=("HR_PT_HIGH",)) == 60
    assert days("PW_HIGHRISK", codes=("HR_PT_LOW",), stage="consolidation") == 90
    assert days("PW_DDH_REFER") == 30
