"""What happens at checks: a child comes or does not, something is found or not, and the doctor decides."""

from datetime import timedelta
from uuid import UUID

from mengya_health.care import informants, visits_not_done
from mengya_health.care.commands import flag, open_case
from mengya_health.care.queries import open_case_on
from mengya_health.people.queries import find_child
from mengya_health.screening.commands import (
    correct_check,
    decide_findings,
    find_check,
    plan_for,
    record_check,
)
from mengya_health.screening.decisions import NOT_NOW, OPEN, Decision, undecided
from mengya_health.screening.queries import checks_of
from mengya_health.screening.second_look import AskedBack
from tests.care.simulated import rules
from tests.care.simulated.book import CaseBook, Child, Due
from tests.care.simulated.district import SimulatedDistrict
from tests.care.walking import STORIES
from tests.screening.filling import filled_form

ANEMIA = next(story for story in STORIES if story.pathway == "PW_ANEMIA")
LOW_HB = "98"
FIND_FROM_MONTHS, FIND_TO_MONTHS = 6, 36  # ages at which the form asks for a haemoglobin, or may
ANSWER_WITHIN_DAYS = rules.read("warning_signs.yaml")["informants"]["answer_within_days"]


def comes(sim: SimulatedDistrict, child: Child, due: Due) -> None:
    """The child is checked: nothing is found, or too little haemoglobin."""
    visit = rules.visit_at(child.born_on, sim.book.today)
    is_low = sim.may(0.3)
    with sim.act("check", child, sim.doctor_of(child)) as work:
        entry_id, has_proposals = _check(work, child, is_low=is_low)
    child.measured_on = sim.book.today
    if visit.months >= next(each for each in rules.VISITS if each.id == due.item).months:
        sim.book.visit_ended(child, visit, "done")  # before its window opens it is the one before, once more
    if has_proposals:
        sim.book.end_all(child, "finding")
        sim.book.begin(child, "finding", "doctor", rules.after("SLA_NOTIFY", sim.book.today), subject=entry_id)


def does_not_come(sim: SimulatedDistrict, child: Child, due: Due) -> None:
    """The clinic writes down why a check does not take place."""
    reason, today = sim.reason(), sim.book.today
    by_age = rules.visit_at(child.born_on, today)
    planned = next(each for each in rules.VISITS if each.id == due.item)
    with sim.act("excuse", child, sim.doctor_of(child)) as work:
        visits_not_done.excuse_visit(work, find_child(work, child.id), reason=reason)
    sim.book.visit_ended(child, max(planned, by_age, key=lambda each: each.months), reason)


def decides(sim: SimulatedDistrict, child: Child, due: Due) -> None:
    """The doctor opens a case for what a check found, or says why not now."""
    opens = sim.may(0.7)
    with sim.act("decide findings", child, sim.doctor_of(child)) as work:
        facts = find_child(work, child.id)
        opened = find_check(work, facts, due.subject)
        made, cases = [], {}
        for each in undecided(opened):
            is_wanted = opens and each["pathway"] == ANEMIA.pathway
            if is_wanted:
                case = open_case_on(work, facts, each["pathway"])
                case = case or open_case(work, child.id, pathway_id=each["pathway"], reason="体检")
                if case.state == "watching":
                    flag(work, case.id, reason="体检")
                cases[each["pathway"]] = case.id
            made.append(Decision(each["pathway"], OPEN if is_wanted else NOT_NOW, "看过了"))
        decide_findings(work, facts, opened, made, row_version=opened.row_version, cases=cases)
    sim.book.end(due)
    for case_id in cases.values():
        _taken_up(sim, child, case_id)


def corrects(sim: SimulatedDistrict, child: Child, due: Due) -> None:
    """The doctor had mistyped: with the right figures there is nothing to decide any more."""
    with sim.act("correct check", child, sim.doctor_of(child)) as work:
        facts = find_child(work, child.id)
        opened = find_check(work, facts, due.subject)
        on = {"done_on": opened.content["done_on"]}
        plan = plan_for(work, facts, opened.content["visit"], on, ())
        sent = filled_form(work.content, facts, plan) | {"row_version": str(opened.row_version)}
        try:
            correct_check(work, facts, opened.id, sent)
        except AskedBack as asked:
            sent |= {f"confirm_{look.field}": look.answer for look in asked.missing}
            correct_check(work, facts, opened.id, sent)
    sim.book.end(due, "other")


def asks_to_look_first(sim: SimulatedDistrict, child: Child) -> None:
    """Before a check the doctor asks the family, and the class, to look at a few things."""
    with sim.act("ask to look first", child, sim.doctor_of(child)) as work:
        informants.ask_to_look_first(work, find_child(work, child.id))
    due_on = sim.book.today + timedelta(days=ANSWER_WITHIN_DAYS)
    hands = ("guardian",) if child.group is None else ("guardian", "teacher")
    for who in hands:
        if not any(each.who == who for each in child.open("look_first")):
            sim.book.begin(child, "look_first", who, due_on)


def looks_first(sim: SimulatedDistrict, child: Child, due: Due) -> None:
    """The family, or the class, answers that nothing is seen."""
    section = {"guardian": "family", "teacher": "behaviour"}[due.who]
    with sim.act("look first", child, sim.hand_of(child, due.who)) as work:
        group, _told = informants.answers_of(work, find_child(work, child.id))
        sent = {f"ws_{sign.code}": "0" for sign in (group.items if group else ())} | {"ws_reg": "0"}
        informants.answer_signs(work, child.id, section, sent)
    for each in [each for each in child.open("look_first") if each.who == due.who]:
        sim.book.end(each)


def _check(work, child: Child, *, is_low: bool) -> tuple[UUID, bool]:
    facts = find_child(work, child.id)
    plan = plan_for(work, facts, None, {"done_on": work.today.isoformat()}, checks_of(work, facts))
    sent = filled_form(work.content, facts, plan)
    if is_low and "hb" in sent:
        sent["hb"] = LOW_HB
    try:
        entry = record_check(work, facts, None, sent)
    except AskedBack as asked:
        sent |= {f"confirm_{look.field}": look.answer for look in asked.missing}
        entry = record_check(work, facts, None, sent)
    work.session.flush()
    return entry.id, bool(find_check(work, facts, entry.id).content["proposals"])


def _taken_up(sim: SimulatedDistrict, child: Child, case_id: UUID) -> None:
    known = next((case for case in child.cases if case.id == case_id), None)
    if known is None:
        known = CaseBook(case_id, ANEMIA, sim.book.today)
        child.cases.append(known)
        sim.book.enter(known, "watching")
    if known.state == "watching":
        sim.book.enter(known, "positive")
