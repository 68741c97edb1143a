"""Every day's work around a case: check-ins, follow-ups, concerns, replies, several events in one save, undoing."""

from datetime import timedelta

import pytest

from mengya_health.care import check_ins, commands, concerns, decisions, follow_ups, plans, queries, referrals, undoing
from mengya_health.care.models import Case, Referral, Task
from mengya_health.care.referral_lists import referrals_to
from mengya_health.care.tasks import open_body
from mengya_health.errors import Invalid, NotFound, NotNow, NotPermitted
from mengya_health.people.queries import find_child
from mengya_health.record.queries import find_entry
from tests.care.walking import STORIES, Walk


def check_in(walk, actor, task_id, **what):
    with walk.as_(actor) as work:
        return check_ins.check_in(work, task_id, **({"done": "done"} | what))


def test_a_check_in_sets_the_next_date_by_the_rhythm_of_the_task(walk):
    walk.in_support()
    (task,) = [task for task in walk.open_tasks("care_task") if task.whose_turn == "guardian"]
    today = walk.facts().today
    assert task.due_on == today + timedelta(days=1)
    walk.clock.forward(days=3)
    check_in(walk, walk.mother, task.id, log={"吃了哪几类": "谷薯、奶、蛋、肉"})
    with walk.work_as(walk.doctor) as work:
        kept = work.session.get(Task, task.id)
        assert (kept.status, kept.due_on) == ("in-progress", today + timedelta(days=4))
        assert open_body(work, kept)["times_done"] == 1


def test_a_tap_and_what_is_written_later_that_day_are_one_record(walk):
    walk.in_support()
    (task,) = [task for task in walk.open_tasks("care_task") if task.whose_turn == "guardian"]
    walk.clock.forward(days=1)
    tapped = check_in(walk, walk.mother, task.id)
    written = check_in(walk, walk.mother, task.id, done="partly", log={"吃了哪几类": "谷薯、奶"}, note="胃口一般")
    check_in(walk, walk.mother, task.id, done="partly")
    assert written.id == tapped.id
    with walk.work_as(walk.mother) as work:
        kept = find_entry(work, walk.child, tapped.id)
        assert open_body(work, work.session.get(Task, task.id))["times_done"] == 1
    assert kept.version == 3
    assert (kept.content["done"], kept.content["note"]) == ("partly", "胃口一般")
    assert kept.content["log"] == [{"name": "吃了哪几类", "value": "谷薯、奶"}]


def test_a_task_is_complete_after_its_weeks(walk):
    walk.plan["tasks"] = [{"item": "BB04", "who": "guardian", "weeks": 1}]
    walk.in_support()
    (task,) = walk.open_tasks("care_task")
    walk.do_tasks(8)
    with walk.work_as(walk.doctor) as work:
        kept = work.session.get(Task, task.id)
        assert kept.status == "completed"
        assert kept.done_on is not None


def test_a_task_of_three_days_is_complete_after_three_days(walk):
    walk.plan["tasks"] = [{"item": "BB01", "who": "guardian"}]
    walk.in_support()
    walk.do_tasks(3)
    assert walk.open_tasks("care_task") == []


def test_only_the_hand_that_has_the_task_checks_in(walk):
    walk.in_support()
    tasks = {task.whose_turn: task.id for task in walk.open_tasks("care_task")}
    with pytest.raises(NotPermitted):
        check_in(walk, walk.mother, tasks["teacher"])
    with pytest.raises(NotPermitted):
        check_in(walk, walk.doctor, tasks["guardian"])
    with pytest.raises(NotFound):
        check_in(walk, walk.district.other_teacher, tasks["teacher"])


def test_a_task_that_waits_for_the_signature_takes_no_check_in(walk):
    walk.flagged()
    walk.make_plan()
    task = walk.open_tasks("care_task")[0]
    with pytest.raises(NotNow):
        check_in(walk, walk.mother if task.whose_turn == "guardian" else walk.teacher, task.id)


def test_a_check_in_with_a_field_the_task_does_not_have_is_invalid(walk):
    walk.in_support()
    (task,) = [task for task in walk.open_tasks("care_task") if task.whose_turn == "guardian"]
    for what in ({"log": {"体重": "9"}}, {"done": "maybe"}):
        with pytest.raises(Invalid):
            check_in(walk, walk.mother, task.id, **what)


def test_follow_ups_come_at_the_intervals_of_the_pathway(installation, work_as, clock, district):
    walk = Walk(installation, work_as, clock, STORIES[1], district).prepare().in_support()
    days = []
    for _ in range(3):
        (planned,) = walk.open_tasks("follow_up")
        days.append((planned.due_on - walk.facts().today).days)
        walk.follow_up({"HB": "105"}, days[-1])
    assert days == [14, 30, 30]


def test_a_follow_up_of_a_weight_keeps_its_scores(walk):
    walk.in_support()
    walk.follow_up(walk.story.well, 30)
    codes = {each["code"] for each in walk.facts().newest("follow_up").content["readings"]}
    assert {"WEIGHT", "LENGTH", "WAZ", "HAZ", "WHZ"} <= codes


def test_an_impossible_reading_is_refused_by_its_code(walk):
    walk.in_support()
    for value in ("900", "12.5", "nan", "一百"):
        with walk.work_as(walk.doctor) as work, pytest.raises(Invalid) as refused:
            follow_ups.record_follow_up(work, walk.case_id, readings=[{"code": "HB", "value": value}])
        assert list(refused.value.fields) == ["HB"]


def test_a_concern_of_a_teacher_stands_on_the_clinics_list_until_it_is_answered(walk):
    walk.raise_concern(walk.teacher)
    with walk.work_as(walk.doctor) as work:
        (line,) = queries.waiting_for_doctor(work, walk.district.clinic_id)
        assert (line.child.id, line.task.kind, line.days_overdue) == (walk.child.id, "concern", 0)
        assert line.task.due_on == work.today + timedelta(days=3)  # three working days from a Monday
    with walk.as_(walk.doctor) as work:
        concerns.answer_concern(work, line.task.id, is_accepted=False, text="已电话沟通，先观察一周")
    with walk.work_as(walk.doctor) as work:
        assert queries.waiting_for_doctor(work, walk.district.clinic_id) == []


def test_an_accepted_concern_opens_a_case_and_counts_as_its_reason(walk):
    walk.raise_concern(walk.mother)
    with walk.work_as(walk.doctor) as work:
        (line,) = queries.waiting_for_doctor(work, walk.district.clinic_id)
    with walk.as_(walk.doctor) as work:
        concerns.answer_concern(work, line.task.id, is_accepted=True, text="请来复查", pathway_id="PW_UNDERNUTRITION")
    with walk.work_as(walk.doctor) as work:
        (case,) = queries.open_cases_of(work, find_child(work, walk.child.id))
        assert case.state == "positive"


def test_a_receiver_may_send_a_referral_back_and_a_clinic_may_give_up_waiting(walk):
    walk.flagged()
    first = walk.refer()
    with walk.as_(walk.district.specialist) as work:
        ((child, letter),) = referrals_to(work, walk.district.mch_institute_id)
        assert (child.id, letter.id) == (walk.child.id, first)
        referrals.reject_referral(work, first, reason="请转儿童医院")
    assert walk.turn == "doctor"
    second = walk.refer()
    with walk.as_(walk.doctor) as work:
        referrals.end_referral(work, second, reason="declined")
    with walk.as_(walk.doctor) as work, pytest.raises(NotNow):
        referrals.record_feedback(work, second, result="excluded", text="晚了")
    assert walk.turn == "doctor"


def test_the_clinic_enters_a_paper_reply(walk):
    walk.flagged()
    referral_id = walk.refer()
    with walk.as_(walk.doctor) as work:
        referrals.record_feedback(
            work,
            referral_id,
            result="confirmed",
            text="见回执",
            happened_on=work.today,
            no_scan_reason="原件在家长手里",
        )
    with walk.work_as(walk.doctor) as work:
        row = work.session.get(Referral, referral_id)
        assert (row.status, row.feedback_entry_id is not None) == ("completed", True)
    assert walk.facts().newest("referral_feedback").content["from_paper"] is True


def test_a_referral_in_any_other_open_state_leaves_the_case_where_it_is(walk):
    walk.in_support()
    walk.refer()
    assert walk.state == "active"
    with pytest.raises(NotNow) as refused:
        walk.meet_goals()
    assert "referrals_have_feedback" in [m.condition for m in refused.value.missing]


def test_several_events_of_one_save_are_all_stored_or_none(walk):
    walk.screen(walk.story.low)
    with walk.as_(walk.doctor) as work:
        walk.case_id = commands.open_case(work, walk.child.id, pathway_id="PW_UNDERNUTRITION").id
        decisions.apply_events(work, walk.case_id, [("flag", {}), ("rescreen", {})])
    assert walk.state == "rescreening"
    with pytest.raises(NotNow):
        open_and_flag(walk, "PW_ANEMIA")  # no blood count is on file
    with walk.work_as(walk.doctor) as work:
        assert len(queries.cases_of(work, find_child(work, walk.child.id))) == 1


def test_a_decision_is_taken_back_within_ten_minutes_and_everything_stands_as_before(walk):
    walk.flagged()
    before = [(task.kind, task.status, task.due_on) for task in walk.open_tasks()]
    walk.make_plan()
    with walk.as_(walk.doctor) as work:
        undoing.take_back_step(work, walk.case_id)
    assert walk.state == "positive"
    assert [(task.kind, task.status, task.due_on) for task in walk.open_tasks()] == before
    assert walk.facts().newest("care_plan") is None
    assert [step.event for step in walk.facts().steps] == ["open", "flag", "plan", "take_back"]


def test_a_whole_save_is_taken_back_and_what_is_left_is_watched(walk):
    walk.screen(walk.story.low)
    with walk.as_(walk.doctor) as work:
        walk.case_id = commands.open_case(work, walk.child.id, pathway_id="PW_UNDERNUTRITION").id
        decisions.apply_events(work, walk.case_id, [("flag", {}), ("rescreen", {})])
    with walk.as_(walk.doctor) as work:
        undoing.take_back_step(work, walk.case_id)
    assert walk.state == "watching"


def test_a_referral_taken_back_closes_the_receivers_door(walk):
    walk.flagged()
    walk.refer()
    with walk.as_(walk.doctor) as work:
        undoing.take_back_step(work, walk.case_id)
    assert walk.state == "positive"
    with walk.work_as(walk.district.specialist) as work, pytest.raises(NotFound):
        find_child(work, walk.child.id)


def test_nothing_is_taken_back_too_late_by_somebody_else_or_after_somebody_acted(walk):
    walk.flagged()
    with walk.work_as(walk.district.second_doctor) as work, pytest.raises(NotNow):
        undoing.take_back_step(work, walk.case_id)
    walk.clock.forward(minutes=11)
    with walk.work_as(walk.doctor) as work, pytest.raises(NotNow):
        undoing.take_back_step(work, walk.case_id)
    walk.make_plan()
    with walk.as_(walk.mother) as work:
        plans.ask_first(work, walk.case_id, question="为什么？")
    with walk.work_as(walk.doctor) as work, pytest.raises(NotNow):
        undoing.take_back_step(work, walk.case_id)


def test_a_revision_taken_back_gives_the_plan_its_former_words(walk):
    walk.in_support()
    walk.plan["tasks"] = [{"item": "BB08", "who": "guardian"}]
    with walk.as_(walk.doctor) as work:
        plans.revise(work, walk.case_id, plan=walk.plan, reason="换一项")
    with walk.as_(walk.doctor) as work:
        undoing.take_back_step(work, walk.case_id)
    assert walk.state == "active"
    assert [task["item"] for task in walk.facts().newest("care_plan").content["tasks"]] == ["BB04", "BB05"]
    assert len(walk.open_tasks("care_task")) == 2


def test_work_lists_show_each_hand_its_own(walk):
    walk.in_support()
    with walk.work_as(walk.doctor) as work:
        (mine,) = queries.waiting_for_doctor(work, walk.district.clinic_id)
        others = queries.waiting_for_others(work, walk.district.clinic_id)
    assert mine.task.kind == "follow_up"
    assert {line.task.whose_turn for line in others} == {"guardian", "teacher"}
    with walk.work_as(walk.teacher) as work:
        children = {walk.child.id: find_child(work, walk.child.id)}
        (task,) = queries.tasks_for(work, children, "teacher")[walk.child.id]
    assert (task.kind, task.title) == ("care_task", "顺应喂养四步")


def test_what_a_case_is_about_is_nowhere_plain(walk):
    walk.in_support()
    with walk.work_as(walk.doctor) as work:
        case = work.session.get(Case, walk.case_id)
        plain = " ".join(str(getattr(case, c.key)) for c in Case.__table__.columns if c.key not in ("body",))
    assert "UNDERNUTRITION" not in plain
    (line,) = lines(walk)
    assert line.number == f"{walk.child.number}-{line.number[-6:-3]}-01"


def open_and_flag(walk, pathway_id: str) -> None:
    with walk.as_(walk.doctor) as work:
        case = commands.open_case(work, walk.child.id, pathway_id=pathway_id)
        decisions.apply_events(work, case.id, [("flag", {})])


def test_an_opening_alone_is_not_taken_back_but_stopped(walk):
    walk.open()
    with walk.work_as(walk.doctor) as work, pytest.raises(NotNow):
        undoing.take_back_step(work, walk.case_id)
    with walk.as_(walk.doctor) as work:
        commands.stop_case(work, walk.case_id, reason_code="9")
    assert walk.state == "stopped"


def lines(walk) -> list:
    with walk.work_as(walk.doctor) as work:
        return queries.cases_of(work, find_child(work, walk.child.id))
