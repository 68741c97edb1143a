"""Make a care plan, let the family decide on it, change it, stop it at their word."""

from dataclasses import replace
from typing import Unpack
from uuid import UUID

from mengya_health.access.permissions import Permission, require
from mengya_health.care import loop
from mengya_health.care.commands import remember_triggers, start
from mengya_health.care.due_dates import ends_on, follow_up_on, next_check_in_on
from mengya_health.care.entries import write_entry
from mengya_health.care.facts import CaseFacts
from mengya_health.care.follow_ups import start_follow_up
from mengya_health.care.models import Case, CaseStep
from mengya_health.care.plan_content import plan_content
from mengya_health.care.queries import OpenCase, find_task
from mengya_health.care.signatures import Proof, ask_for_signature, sign_paper
from mengya_health.care.tasks import (
    WAITING,
    change_body,
    change_status,
    due_by,
    end_task,
    end_tasks,
    open_body,
    open_tasks,
    settle,
    start_task,
)
from mengya_health.errors import NotNow
from mengya_health.record.commands import correct_entry, end_entry, may_correct
from mengya_health.record.models import Entry
from mengya_health.record.queries import OpenEntry

REPLACED = {"status": "cancelled", "reason": "other", "text": "计划换了一版"}


def make_plan(work, case_id: UUID, *, plan: dict, reason: str = "", seen_version: int | None = None) -> Entry:
    """Write a care plan and ask the guardian to sign it; its tasks wait until then. `plan` is what `PlanInput` loads.

    Raises NotNow with all that is missing, Invalid for a task that is not on the menu.
    """
    opened, facts = start(work, case_id, seen_version, plan=plan, reason=reason)
    if not facts.triggers:
        remember_triggers(work, opened, facts)
    content = plan_content(work.content, facts.loop, plan)
    step = loop.move(work, opened.case, "plan", facts=facts)
    return _put_forward(work, opened, facts, content, step)


def relapse(
    work,
    case_id: UUID,
    *,
    reason: str,
    plan: dict,
    evidence_id: UUID | None = None,
    seen_version: int | None = None,
) -> Entry:
    """Take up support again with a new plan that replaces the old. `evidence_id` is the entry that shows the need."""
    opened, facts = start(work, case_id, seen_version, plan=plan, reason=reason, evidence_id=evidence_id)
    old = [e for e in facts.own_entries if e.kind in ("care_plan", "closing_summary") and e.status == "active"]
    replaced = next((e.id for e in reversed(old) if e.kind == "care_plan"), None)
    content = plan_content(work.content, facts.loop, plan, replaces=replaced)
    noted = {"ended_entries": [str(entry.id) for entry in old], "evidence": str(evidence_id or "")}
    step = loop.move(work, opened.case, "relapse", facts=facts, noted=noted)
    for entry in old:
        end_entry(work, opened.child, entry.id, "completed")
    end_tasks(work, opened.case, "care_task", "follow_up", "signature", "second_doctor", step=step, **REPLACED)
    return _put_forward(work, opened, facts, content, step)


def revise(work, case_id: UUID, *, plan: dict, reason: str, seen_version: int | None = None) -> Entry:
    """Write a new version of the plan in force; the tasks of the old one are closed, the guardian signs anew."""
    opened, facts = start(work, case_id, seen_version, plan=plan, reason=reason)
    content = plan_content(work.content, facts.loop, plan)
    noted = {} if _is_ours(work, opened, facts) else {"ended_entries": [str(facts.newest("care_plan").id)]}
    step = loop.move(work, opened.case, "revise", facts=facts, noted=noted)
    end_tasks(work, opened.case, "care_task", "signature", step=step, **REPLACED)
    return _new_version(work, opened, facts, content, step)


def change_plan(work, case_id: UUID, *, plan: dict, seen_version: int | None = None) -> Entry:
    """Write a new version of a plan nobody agreed to yet, after a question of the family's. No event of the loop."""
    opened, facts = start(work, case_id, seen_version, plan=plan)
    require(work.actor, Permission.WRITE_HEALTH, opened.child.subject)
    content = plan_content(work.content, facts.loop, plan)
    if opened.case.state != "planning" or facts.newest("care_plan") is None:
        raise NotNow("计划已经签了，要改请用“调整计划”。", "The plan is agreed; revise it instead.")
    found = loop.conditions_of(replace(facts, state="active"), "revise")
    wanting = tuple(each.missing for each in found if each.missing and each.name != "reason_is_given")
    if wanting:
        raise NotNow(f"计划还差 {len(wanting)} 件事。", "The plan is not complete.", missing=wanting)
    end_tasks(work, opened.case, "care_task", "signature", **REPLACED)
    return _new_version(work, opened, facts, content, None)


def agree(work, case_id: UUID, *, seen_version: int | None = None, **proof: Unpack[Proof]) -> Case:
    """Sign the plan as its guardian and let it begin."""
    opened, facts = start(work, case_id, seen_version)
    loop.require_decider(work, facts, "agree")
    plan = facts.newest("care_plan")
    facts = sign_paper(work, opened, facts, plan, capacity="guardian", **proof)
    begin_plan(work, opened, facts, loop.move(work, opened.case, "agree", facts=facts))
    return opened.case


def begin_plan(work, opened: OpenCase, facts: CaseFacts, step: CaseStep) -> None:
    """Let an agreed plan begin: nobody is asked to sign it any more, its tasks run from today."""
    end_tasks(work, opened.case, "signature", "question", step=step)
    _begin_tasks(work, opened, facts, step)
    settle(work, opened.child, opened.case, facts, step)


def decline(work, case_id: UUID, *, reason: str, seen_version: int | None = None) -> Case:
    """Say no to the plan as a guardian; all other care goes on."""
    opened, facts = start(work, case_id, seen_version, reason=reason)
    plan = facts.newest("care_plan")
    ended = [str(plan.id)] if plan else []
    step = loop.move(work, opened.case, "decline", facts=facts, noted={"ended_entries": ended})
    end_tasks(work, opened.case, "care_task", "signature", "question", status="cancelled", reason="declined", step=step)
    if plan:
        end_entry(work, opened.child, plan.id, "revoked")
    settle(work, opened.child, opened.case, facts, step)
    return opened.case


def ask_first(work, case_id: UUID, *, question: str, seen_version: int | None = None) -> Entry:
    """Ask the doctor before deciding; it is the doctor's turn until the question is answered."""
    opened, facts = start(work, case_id, seen_version, question=question)
    step = loop.move(work, opened.case, "ask_first", facts=facts)
    entry = write_entry(work, opened, "question", {"text": question}, section="family")
    start_task(
        work,
        opened.child,
        kind="question",
        whose_turn="doctor",
        due_on=due_by(work, facts.loop, "question"),
        body={"title": "家长想先问问", "text": question},
        case=opened.case,
        step=step,
        subject_id=entry.id,
    )
    settle(work, opened.child, opened.case, facts, step)
    return entry


def answer_question(work, task_id: UUID, *, text: str) -> Entry:
    """Answer a family's question; then it is their turn again. Raises NotFound for one that is answered already."""
    child, task = find_task(work, task_id, "question")
    opened, facts = start(work, task.case_id, None)
    entry = write_entry(work, opened, "advice", {"text": text, "answers": str(task.subject_id)}, task_id=task.id)
    end_task(work, task)
    settle(work, child, opened.case, facts)
    return entry


def withdraw(work, case_id: UUID, *, reason: str = "", seen_version: int | None = None) -> Case:
    """Take the agreement back as a guardian: its tasks rest at once, the plan may be agreed to again."""
    opened, facts = start(work, case_id, seen_version, reason=reason)
    step = loop.move(work, opened.case, "withdraw", facts=facts)
    for task in open_tasks(work, opened.case):
        if task.kind == "care_task":
            change_status(work, task, WAITING, step)
    end_tasks(work, opened.case, "signature", status="cancelled", reason="declined", step=step)
    plan = facts.newest("care_plan")
    if plan:
        _ask_guardian(work, opened, facts, plan.id, step)
    settle(work, opened.child, opened.case, facts, step)
    return opened.case


# --- inside -----------------------------------------------------------------------------------------------------------


def _put_forward(work, opened: OpenCase, facts: CaseFacts, content: dict, step: CaseStep) -> Entry:
    entry = write_entry(work, opened, "care_plan", content)
    return _lay_out(work, opened, facts, entry, content, step)


def _is_ours(work, opened: OpenCase, facts: CaseFacts) -> bool:
    """Return whether the plan in force was written here: a clinic that took the child over writes its own."""
    plan = facts.newest("care_plan")
    return plan is None or may_correct(work, opened.child, plan)


def _new_version(work, opened: OpenCase, facts: CaseFacts, content: dict, step: CaseStep | None) -> Entry:
    plan: OpenEntry = facts.newest("care_plan")
    if not _is_ours(work, opened, facts):
        end_entry(work, opened.child, plan.id, "completed")
        return _put_forward(work, opened, facts, content | {"replaces": str(plan.id)}, step)
    kept = {"replaces": plan.content["replaces"]} if "replaces" in plan.content else {}
    entry = correct_entry(work, opened.child, plan.id, content=content | kept, row_version=plan.row_version)
    return _lay_out(work, opened, facts, entry, content, step)


def _lay_out(work, opened: OpenCase, facts: CaseFacts, entry: Entry, content: dict, step: CaseStep | None) -> Entry:
    """Store the plan's tasks, which wait for the guardian's word, and ask for it."""
    for task in content["tasks"]:
        start_task(
            work,
            opened.child,
            kind="care_task",
            whose_turn=task["who"],
            due_on=work.today,
            body=task,
            case=opened.case,
            step=step,
            subject_id=entry.id,
            status=WAITING,
        )
    _ask_guardian(work, opened, facts, entry.id, step)
    settle(work, opened.child, opened.case, facts, step)
    return entry


def _ask_guardian(work, opened: OpenCase, facts: CaseFacts, plan_id: UUID, step: CaseStep | None) -> None:
    due_on = due_by(work, facts.loop, "plan_signature")
    ask_for_signature(work, opened, step, whose_turn="guardian", document="care_plan", entry_id=plan_id, due_on=due_on)


def _begin_tasks(work, opened: OpenCase, facts: CaseFacts, step: CaseStep) -> None:
    """Set the plan's tasks going from today, and give the doctor a follow-up where none is planned."""
    tasks = open_tasks(work, opened.case)
    for task in [task for task in tasks if task.kind == "care_task" and task.status == WAITING]:
        body = open_body(work, task)
        if "until_on" not in body:
            task.due_on = next_check_in_on(facts.loop, body["frequency"], work.today)
            change_body(work, task, until_on=ends_on(work.today, body["weeks"]).isoformat())
        change_status(work, task, "accepted", step)
    if not any(task.kind == "follow_up" for task in tasks):
        start_follow_up(work, opened, step, "intervention", follow_up_on(facts, "intervention", 0, work.today))
