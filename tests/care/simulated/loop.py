"""The loop as people walk it: late, in another order, with refusals, relapses and changed minds."""

import os
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from mengya_health.care import check_ins, closing, commands, concerns, follow_ups, plans, referral_visits, referrals
from mengya_health.care.models import OPEN_TASK, Task
from mengya_health.care.queries import facts_of, find_case
from mengya_health.care.tasks import open_body
from mengya_health.care.undoing import take_back_step
from mengya_health.people.queries import find_child
from mengya_health.record.commands import record_entry
from tests.care.simulated import rules
from tests.care.simulated.book import CaseBook, Child, Due
from tests.care.simulated.district import Refused, SimulatedDistrict
from tests.care.walking import SHOWN, Story
from tests.factories import PIN

URGENCIES = tuple(rules.LOOP["urgencies"][1:])  # the same-day one has an answer of its own
WELL_SINCE_DAYS = 28


def opens(sim: SimulatedDistrict, child: Child, story: Story) -> None:
    """The doctor has measured something low and watches the child."""
    if any(case.story is story for case in child.open_cases):
        return
    with sim.act("open", child, sim.doctor_of(child)) as work:
        listed = [{"code": code, "value": value} for code, value in story.low.items()]
        content = {"readings": follow_ups.known_readings(work, listed)}
        facts = find_child(work, child.id)
        record_entry(work, facts, section="health", kind="screening", content=content, happened_on=work.today)
        work.session.flush()
        case_id = commands.open_case(work, child.id, pathway_id=story.pathway, reason="体检").id
    child.measured_on = sim.book.today
    case = CaseBook(case_id, story, sim.book.today)
    child.cases.append(case)
    sim.book.enter(case, "watching")


def flags(sim, child: Child, case: CaseBook) -> None:
    with sim.act("flag", child, sim.doctor_of(child)) as work:
        commands.flag(work, case.id, reason="达到标准")
    sim.book.enter(case, "positive")


def rescreens(sim, child: Child, case: CaseBook) -> None:
    due_on = sim.book.today + timedelta(days=sim.chance.randrange(1, 40))
    with sim.act("rescreen", child, sim.doctor_of(child)) as work:
        commands.rescreen(work, case.id, due_on=due_on, reason="再看一次")
    sim.book.end_all(case, "decision")
    case.state = "rescreening"
    case.entered_on["rescreening"] = sim.book.today
    sim.book.settle(case, due_on)


def refers(sim, child: Child, case: CaseBook) -> None:
    within = sim.chance.choice(URGENCIES)
    with sim.act("refer", child, sim.doctor_of(child)) as work:
        row = referrals.refer_child(
            work,
            case.id,
            receiver_id=sim.places.mch_institute_id,
            within=within,
            reason="请进一步评估",
            materials=["chart"],
        )
        referral_id = row.id
    due_on = rules.due_for("referral_reply", rules.after(within, sim.book.today))
    due = sim.book.begin(case, "referral_reply", "specialist", due_on, subject=referral_id)
    due.until_on = due_on + timedelta(days=rules.LOOP["limits"]["receiver_days"])  # as long as the receiver looks in
    sim.book.enter(case, "referred" if case.state in ("positive", "rescreening", "referred") else case.state)


def is_seen(sim, child: Child, case: CaseBook, due: Due) -> None:
    """The child has been to the specialist, as the family tells the clinic."""
    seen_on = max(due.began_on, sim.book.today - timedelta(days=sim.chance.randrange(3)))
    with sim.act("seen", child, sim.doctor_of(child)) as work:
        referral_visits.record_visit(work, due.subject, visited_on=seen_on, told_by="family")
    due.due_on = rules.due_for("referral_reply", seen_on)


def replies(sim, child: Child, case: CaseBook, due: Due) -> None:
    """The specialist answers while the letter is open to them; afterwards the clinic writes down the paper slip."""
    by_receiver = sim.book.today < due.until_on and sim.may(0.7)
    actor = sim.places.specialist if by_receiver else sim.doctor_of(child)
    result = sim.chance.choice(["confirmed", "unclear", "excluded"])
    with sim.act("reply", child, actor) as work:
        referrals.record_feedback(work, due.subject, result=result, text="已看", no_scan_reason="传真没有原件")
    sim.book.end(due)
    sim.book.settle(case)


def is_sent_back(sim, child: Child, case: CaseBook, due: Due) -> None:
    with sim.act("send back", child, sim.places.specialist) as work:
        referrals.reject_referral(work, due.subject, reason="号源已满")
    sim.book.end(due, "other")
    sim.book.settle(case)


def gives_referral_up(sim, child: Child, case: CaseBook, due: Due) -> None:
    reason = sim.reason()
    with sim.act("end referral", child, sim.doctor_of(child)) as work:
        referrals.end_referral(work, due.subject, reason=reason)
    sim.book.end(due, reason)
    sim.book.settle(case)


def clears(sim, child: Child, case: CaseBook) -> None:
    with sim.act("clear", child, sim.doctor_of(child)) as work:
        commands.clear(work, case.id, informed="phone", reason="复查正常")
    sim.book.enter(case, "watching")


def releases(sim, child: Child, case: CaseBook) -> None:
    with sim.act("release", child, sim.doctor_of(child)) as work:
        commands.release(work, case.id, informed="phone", reason="风险已过")
    sim.book.closed(case, "resolved", "done")


def _plan(sim, child: Child, case: CaseBook) -> dict:
    tasks = [dict(t) for t in case.story.tasks if t["who"] == "guardian" or child.group is not None]
    goals = [{"measure": "复查指标", "target": "回到同龄范围"}]
    return {"summary": "家里和班里一起做几件小事。", "goals": goals, "tasks": tasks}


def plans_support(sim, child: Child, case: CaseBook) -> None:
    plan = _plan(sim, child, case)
    with sim.act("plan", child, sim.doctor_of(child)) as work:
        plans.make_plan(work, case.id, plan=plan)
    sim.book.plan_made(case, plan["tasks"])


def revises(sim, child: Child, case: CaseBook) -> None:
    plan = _plan(sim, child, case)
    with sim.act("revise", child, sim.doctor_of(child)) as work:
        plans.revise(work, case.id, plan=plan, reason="换几件")
    sim.book.end_all(case, "care_task", "signature", how="other")
    sim.book.plan_made(case, plan["tasks"])


def relapses(sim, child: Child, case: CaseBook) -> None:
    plan = _plan(sim, child, case)
    with sim.act("relapse", child, sim.doctor_of(child)) as work:
        opened = find_case(work, case.id)
        newest = [e for e in facts_of(work, opened).own_entries if e.kind == "follow_up"]
        plans.relapse(work, case.id, reason="又低了", plan=plan, evidence_id=newest[-1].id if newest else None)
    sim.book.end_all(case, "care_task", "follow_up", "signature", "second_doctor", how="other")
    sim.book.plan_made(case, plan["tasks"])


def signs(sim, child: Child, case: CaseBook, due: Due) -> None:
    """Somebody signs what they are asked to sign, where they can."""
    if case.state == "planning":
        _sign(sim, child, case, "agree", plans.agree, "care_plan", "guardian")
        sim.book.plan_begins(case)
    elif case.state == "active":
        _sign(sim, child, case, "sign evaluation", follow_ups.sign_evaluation, "evaluation", "guardian")
        sim.book.end(due)
        sim.book.settle(case)
    elif due.who == "teacher":
        with sim.act("class summary", child, sim.hand_of(child, "teacher")) as work:
            closing.write_class_summary(work, case.id, text="在班里吃得好")
        _sign(sim, child, case, "confirm in class", closing.confirm_stable, "class_summary", "teacher")
        sim.book.end(due)
    elif not any(each.who == "teacher" for each in case.open("signature")):
        _sign(sim, child, case, "confirm closure", closing.confirm_closure, "closing_summary", "guardian")
        sim.book.end(due)
        sim.book.closed(case, "resolved", "already_done")


def _sign(sim, child: Child, case: CaseBook, name: str, command, kind: str, who: str) -> None:
    actor = sim.hand_of(child, who)
    with sim.act(name, child, actor) as work:
        own = facts_of(work, find_case(work, case.id)).own_entries
        version = next(e.version for e in reversed(own) if e.kind == kind and e.status == "active")
        command(work, case.id, version=version, pin=PIN, shown=SHOWN, nonce=os.urandom(16))


def declines(sim, child: Child, case: CaseBook) -> None:
    with sim.act("decline", child, sim.mother_of(child)) as work:
        plans.decline(work, case.id, reason="想先等等")
    sim.book.end_all(case, "care_task", "signature", "question", how="declined")
    sim.book.enter(case, "positive")


def asks_first(sim, child: Child, case: CaseBook) -> None:
    with sim.act("ask first", child, sim.mother_of(child)) as work:
        plans.ask_first(work, case.id, question="要做多久？")
        work.session.flush()
    sim.book.begin(case, "question", "doctor", rules.due_for("question", sim.book.today))


def withdraws(sim, child: Child, case: CaseBook) -> None:
    with sim.act("withdraw", child, sim.mother_of(child)) as work:
        plans.withdraw(work, case.id, reason="先停一停")
    sim.book.end_all(case, "signature", how="declined")
    for due in case.open("care_task"):
        due.resting = True
    sim.book.ask_to_sign(case, "guardian", rules.due_for("plan_signature", sim.book.today))
    sim.book.enter(case, "planning")


def answers(sim, child: Child, case: CaseBook | None, due: Due) -> None:
    """The doctor answers a question or a concern."""
    with sim.act(f"answer {due.kind}", child, sim.doctor_of(child)) as work:
        task_id = _task_id(work, child, case, due)
        if due.kind == "question":
            plans.answer_question(work, task_id, text="大约八周。")
        else:
            concerns.answer_concern(work, task_id, is_accepted=False, text="看过了，先观察。")
    sim.book.end(due)


def writes_down(sim, child: Child, case: CaseBook, due: Due) -> None:
    actor = sim.hand_of(child, due.who)
    with sim.act("check in", child, actor) as work:
        check_ins.check_in(work, _task_id(work, child, case, due), done=sim.chance.choice(["done", "partly"]))
    sim.book.written_down(case, due)


def gives_task_up(sim, child: Child, case: CaseBook, due: Due) -> None:
    reason = sim.reason()
    with sim.act(f"end {due.kind}", child, sim.doctor_of(child)) as work:
        check_ins.end_care_task(work, _task_id(work, child, case, due), reason=reason)
    sim.book.end(due, reason)
    sim.book.settle(case)


def _task_id(work, child: Child, case: CaseBook | None, due: Due) -> UUID:
    """Return the task a person would click on: by what the lists say of it."""
    chosen = select(Task).where(Task.child_id == child.id, Task.kind == due.kind, Task.status.in_(OPEN_TASK))
    chosen = chosen.where(Task.case_id == (case.id if case else None), Task.due_on == due.due_on)
    rows = [row for row in work.session.scalars(chosen) if row.whose_turn == due.who]
    return next(row.id for row in rows if not due.item or open_body(work, row)["item"] == due.item)


def follows_up(sim, child: Child, case: CaseBook) -> None:
    """The child comes again: well, or low once more."""
    is_well, story = sim.may(0.85), case.story
    readings = [{"code": code, "value": value} for code, value in (story.well if is_well else story.low).items()]
    dates = []
    if story.dates and case.state == "following" and case.iron_stopped_on is None:
        dates = [{"name": name, "on": sim.book.today} for name in story.dates]
    with sim.act("follow up", child, sim.doctor_of(child)) as work:
        follow_ups.record_follow_up(work, case.id, text="随访", readings=readings, dates=dates)
    if dates:
        case.iron_stopped_on = sim.book.today
    case.readings.append((sim.book.today, is_well))
    sim.book.looked_again(case, may_close=_shows_what_closing_asks(sim, case))


def _shows_what_closing_asks(sim, case: CaseBook) -> bool:
    """Return whether the follow-ups are as many as planned, and well for as long as the pathway says."""
    if case.state != "following":
        return False
    done = case.follow_ups_since("following") + 1
    return done >= rules.planned_follow_ups(case.story.pathway) and CLOSING[case.story.pathway](sim, case)


def _well_twice(case: CaseBook, apart_days: int) -> bool:
    """Return whether the newest reading and one long enough before it, and all between them, were well."""
    newest_on, is_well = case.readings[-1]
    if not is_well:
        return False
    for on, was_well in reversed(case.readings[:-1]):
        if not was_well:
            return False
        if (newest_on - on).days >= apart_days:
            return True
    return False


CLOSING = {
    "PW_ANEMIA": lambda sim, case: (
        _well_twice(case, WELL_SINCE_DAYS)
        and case.iron_stopped_on is not None
        and (sim.book.today - case.iron_stopped_on).days >= WELL_SINCE_DAYS
    ),
    "PW_DEVELOPMENT": lambda sim, case: _well_twice(case, 90),
}


def evaluates(sim, child: Child, case: CaseBook) -> None:
    with sim.act("evaluate", child, sim.doctor_of(child)) as work:
        follow_ups.record_evaluation(
            work, case.id, text="达标", plain_text="长得不错", checks=case.story.success_checks
        )
    sim.book.end_all(case, "signature", how="other")
    sim.book.ask_to_sign(case, "guardian", rules.due_for("evaluation_signature", sim.book.today))
    sim.book.settle(case)


def meets_goals(sim, child: Child, case: CaseBook) -> None:
    with sim.act("meet goals", child, sim.doctor_of(child)) as work:
        follow_ups.meet_goals(work, case.id, reason="达标")
    sim.book.end_all(case, "follow_up", how="already_done")
    on = rules.follow_up_on(case.story.pathway, "consolidation", 0, sim.book.today)
    sim.book.begin(case, "follow_up", "doctor", on)
    sim.book.enter(case, "following")


def proposes_closing(sim, child: Child, case: CaseBook) -> None:
    with sim.act("propose closure", child, sim.doctor_of(child)) as work:
        closing.propose_closure(work, case.id, text="稳定", plain_text="可以结束了", checks=case.story.closing_checks)
    due_on = sim.book.today + timedelta(days=rules.LOOP["limits"]["unconfirmed_days"])
    for who in ("guardian",) if child.group is None else ("guardian", "teacher"):
        sim.book.ask_to_sign(case, who, due_on)
    sim.book.enter(case, "confirming")


def asks_colleague(sim, child: Child, case: CaseBook) -> None:
    with sim.act("ask second doctor", child, sim.doctor_of(child)) as work:
        closing.ask_second_doctor(work, case.id, reason="家长一直没有回音")
    sim.book.begin(case, "second_doctor", "doctor", rules.due_for("second_doctor", sim.book.today))


def calls(sim, child: Child, case: CaseBook) -> None:
    way = sim.chance.choice(["phone", "message", "visit"])
    with sim.act("contact", child, sim.doctor_of(child)) as work:
        concerns.log_contact(work, case.id, way=way, is_reached=False)


def closes_unconfirmed(sim, child: Child, case: CaseBook) -> None:
    colleague = sim.doctors[child.clinic][1]
    with sim.act("close unconfirmed", child, colleague) as work:
        closing.close_unconfirmed(work, case.id, reason="联系过三次")
    sim.book.closed(case, "resolved", "not_responding")


def stops(sim, child: Child, case: CaseBook) -> None:
    not_done = sim.reason()
    with sim.act("stop", child, sim.doctor_of(child)) as work:
        commands.stop_case(work, case.id, reason_code="7", reason="家长不愿意继续", not_done=not_done)
    sim.book.closed(case, "stopped", not_done)


def reopens(sim, child: Child, case: CaseBook) -> None:
    with sim.act("reopen", child, sim.doctor_of(child)) as work:
        commands.reopen(work, case.id, reason="又出现了")
    sim.book.enter(case, "positive")


def takes_back(sim, child: Child, case: CaseBook, act, *more) -> None:
    """Do something and, within the minutes the file allows, take it back: everything is as it was."""
    remembered = sim.book.remember(child)
    act(sim, child, case, *more)
    try:
        with sim.act("take back", child, sim.doctor_of(child)) as work:
            take_back_step(work, case.id)
    except Refused:
        return
    sim.book.recall(child, remembered)


def worries(sim, child: Child, who: str) -> None:
    with sim.act("concern", child, sim.hand_of(child, who)) as work:
        concerns.raise_concern(work, child.id, text="这两周吃得很少")
    sim.book.begin(child, "concern", "doctor", rules.due_for("concern", sim.book.today))


def observes(sim, child: Child) -> None:
    with sim.act("observe", child, sim.hand_of(child, "teacher")) as work:
        facts = find_child(work, child.id)
        content = {"item": "B0101", "answer": 2}
        record_entry(work, facts, section="behaviour", kind="observation", content=content, happened_on=work.today)
