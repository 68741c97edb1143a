"""Send a child to somebody who knows more, follow what becomes of it, and bring the answer back."""

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from mengya_health import audit
from mengya_health.access.permissions import Permission, require
from mengya_health.care import loop
from mengya_health.care.class_advice import suggest
from mengya_health.care.commands import start
from mengya_health.care.ending import give_up, narrow_door
from mengya_health.care.entries import write_entry
from mengya_health.care.facts import CaseFacts
from mengya_health.care.follow_ups import known_readings
from mengya_health.care.models import OPEN_TASK, WAITING, Referral, Task
from mengya_health.care.queries import OpenCase, facts_of, find_case
from mengya_health.care.referral_lists import referral_at_door
from mengya_health.care.referral_sending import free_number, send
from mengya_health.care.tasks import end_task, settle
from mengya_health.errors import Invalid, NotNow
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import Organisation
from mengya_health.record.attachments import store_attachment
from mengya_health.record.files import CleanFile
from mengya_health.record.models import Entry
from mengya_health.record.queries import sent_along
from mengya_health.screening.urgent_care import SAME_DAY_LIMIT, answered_by_reply


def refer_child(
    work,
    case_id: UUID,
    *,
    receiver_id: UUID,
    within: str,
    reason: str,
    materials: Iterable[str],
    questions: Iterable[str] = (),
    department: str = "",
    impression: str = "",
    medical_history: str = "",
    seen_version: int | None = None,
) -> Referral:
    """Refer the child of a case and start waiting for the reply; the receiver reads the letter and what goes with it.

    `within` is one of the loop's `urgencies` (a time limit), `materials` are ids of entries, or "chart".
    Raises NotNow (no consent for this receiver, no reason, no materials), Invalid, NotPermitted, NotFound.
    """
    chosen = list(materials)
    opened, facts = start(work, case_id, seen_version, receiver_id=receiver_id, reason=reason, materials=chosen)
    receiver = _receiver(work, receiver_id)
    limit = _urgency(work, facts, within)
    step = loop.move(work, opened.case, "refer", facts=facts)
    letter = {
        "receiver_id": str(receiver_id),
        "receiver": receiver.name,
        "department": department,
        "within": within,
        "reason": reason,
        "impression": impression,
        "medical_history": medical_history,
        "materials": chosen,
        "questions": list(questions),
        "number": free_number(work, opened),
        "visit_by": limit.due_on(work.today).isoformat(),
    }
    entry = write_entry(work, opened, "referral", letter)
    reply_due_on = work.content.time_limits[facts.loop.due["referral_reply"]].due_on(limit.due_on(work.today))
    return send(work, opened, facts, entry, letter, step, receiver_id=receiver_id, reply_due_on=reply_due_on)


def receive_referral(work, referral_id: UUID) -> Referral:
    """Say as the receiver that the letter has come."""
    return _answer_arrival(work, referral_id, "received")


def accept_referral(work, referral_id: UUID) -> Referral:
    """Say as the receiver that the child will be seen."""
    return _answer_arrival(work, referral_id, "accepted")


def reject_referral(work, referral_id: UUID, *, reason: str) -> Referral:
    """Send a referral back unseen, with a reason; then it is the doctor's turn again."""
    child, row = find_referral(work, referral_id, Permission.ANSWER_REFERRAL)
    if not reason.strip():
        raise Invalid(fields={"reason": ["请写一句理由。 Please give a reason."]})
    opened, facts = case_of(work, row)
    give_up(work, child, row, reason="other", text=reason, status="rejected")
    _end_waiting(work, opened, facts, row, status="rejected")
    return row


def record_feedback(
    work,
    referral_id: UUID,
    *,
    result: str,
    text: str,
    happened_on: date | None = None,
    for_doctor: str = "",
    for_class: str = "",
    for_family: str = "",
    readings: Iterable[dict] = (),
    next_visit_on: date | None = None,
    replied_by: str = "",
    scan: CleanFile | None = None,
    no_scan_reason: str = "",
) -> Entry:
    """Write the reply: by the receiver, or by the clinic from the paper slip. `result` is of `feedback_results`.

    `happened_on` is the day the child was seen. A slip comes with its `scan`, or with the reason why there is none;
    `replied_by` names who replied where no account does. Afterwards the receiver reads on for a few days only.
    Raises NotNow for a referral that is answered or ended, Invalid, NotPermitted, NotFound.
    """
    child, row = find_referral(work, referral_id)
    from_paper = not work.actor.receiving_ids
    require(work.actor, Permission.WRITE_HEALTH if from_paper else Permission.ANSWER_REFERRAL, child.subject)
    opened, facts = case_of(work, row)
    if result not in facts.loop.feedback_results:
        raise Invalid(fields={"result": ["请选结论。 Please choose the result."]})
    _require_scan(from_paper, scan, no_scan_reason)
    _require_name(work, replied_by)
    seen_on = happened_on or work.today
    content = {
        "result": result,
        "text": text,
        "for_doctor": for_doctor,
        "for_class": for_class,
        "for_family": for_family,
        "readings": known_readings(work, readings),
        "next_visit_on": next_visit_on.isoformat() if next_visit_on else "",
        "from_paper": from_paper,
        "no_scan_reason": "" if scan else no_scan_reason,
        "replied_by": replied_by,
        "referral": str(row.id),
    }
    entry = write_entry(work, opened, "referral_feedback", content, happened_on=seen_on)
    if scan:
        store_attachment(work, child, section="health", file=scan, subject_id=entry.id)
    suggest(work, opened.child, for_class, entry_id=entry.id)
    _answered(work, opened, facts, row, entry, seen_on)
    return entry


def end_referral(work, referral_id: UUID, *, reason: str, text: str = "") -> Referral:
    """Say as the clinic why no reply will come (`not_done_reasons`); the receiver no longer reaches the child."""
    child, row = find_referral(work, referral_id, Permission.WRITE_HEALTH)
    opened, facts = case_of(work, row)
    if reason not in facts.loop.not_done_reasons or (reason == "other" and not text.strip()):
        raise Invalid(fields={"reason": ["请选原因；选“其他”时写一句。 Choose a reason; explain what is other."]})
    give_up(work, child, row, reason=reason, text=text)
    _end_waiting(work, opened, facts, row, status="failed", reason=reason, text=text)
    return row


def find_referral(
    work, referral_id: UUID, permission: Permission = Permission.READ_REFERRAL
) -> tuple[ChildFacts, Referral]:
    """Return a referral that waits for its reply, with its child. Raises NotFound, NotPermitted, NotNow."""
    child, row = referral_at_door(work, referral_id, permission)
    if row.status not in WAITING:
        raise NotNow("这张转诊单已经有结果了。", "This referral is settled already.")
    return child, row


def case_of(work, row: Referral) -> tuple[OpenCase, CaseFacts]:
    """Return the case of a referral the actor may read, with its facts; a receiver sees none of its entries."""
    opened = find_case(work, row.case_id, permission=Permission.READ_REFERRAL)
    return opened, facts_of(work, opened)


def waiting_tasks(work, row: Referral) -> list[Task]:
    """Return the open task that stands for the reply, as a list."""
    waiting = select(Task).where(Task.subject_id == row.id, Task.kind == "referral_reply", Task.status.in_(OPEN_TASK))
    return list(work.session.scalars(waiting))


# --- inside -----------------------------------------------------------------------------------------------------------


def _receiver(work, receiver_id: UUID) -> Organisation:
    found = work.session.get(Organisation, receiver_id)
    if found is None:
        raise Invalid(fields={"receiver_id": ["请选接诊机构。 Please choose who receives the child."]})
    return found


def _urgency(work, facts: CaseFacts, within: str):
    if within not in facts.loop.urgencies:
        raise Invalid(fields={"within": ["请选缓急。 Please choose how urgent it is."]})
    return work.content.time_limits[within]


def _answer_arrival(work, referral_id: UUID, status: str) -> Referral:
    child, row = find_referral(work, referral_id, Permission.ANSWER_REFERRAL)
    if WAITING.index(row.status) > WAITING.index(status):
        raise NotNow("这张转诊单已经往前走了。请刷新页面。", "This referral has moved on already. Reload the page.")
    row.status = status
    audit.changed(work, child.id, "referral", row.id)
    work.session.flush()
    return row


def _require_scan(from_paper: bool, scan: CleanFile | None, no_scan_reason: str) -> None:
    if from_paper and scan is None and not no_scan_reason.strip():
        message = "请附上回执的扫描件或照片；没有的，写一句为什么。 Attach the scanned slip, or say why there is none."
        raise Invalid(fields={"scan": [message]})


def _require_name(work, replied_by: str) -> None:
    if work.actor.link and not replied_by.strip():
        raise Invalid(fields={"replied_by": ["请写您的姓名。 Please write your name."]})


def _is_emergency(work, child: ChildFacts, row: Referral) -> bool:
    return any(each.content["within"] == SAME_DAY_LIMIT for each in sent_along(work, child, [row.entry_id]).open(bool))


def _answered(work, opened: OpenCase, facts: CaseFacts, row: Referral, entry: Entry, seen_on: date) -> None:
    """Close a referral with its reply: nobody waits for it any more, and its receiver reads on for a few days."""
    child = opened.child
    row.status, row.feedback_entry_id, row.visited_on = "completed", entry.id, row.visited_on or seen_on
    if _is_emergency(work, child, row):
        answered_by_reply(work, child.id, row.sent_on)
    narrow_door(work, child, row.id, work.today + timedelta(days=facts.loop.limits.answered_receiver_days))
    _end_waiting(work, opened, facts, row, status="completed")


def _end_waiting(work, opened: OpenCase, facts: CaseFacts, row: Referral, *, status: str, **why: str) -> None:
    work.session.flush()
    for task in waiting_tasks(work, row):
        end_task(work, task, status=status, **why)
    settle(work, opened.child, opened.case, facts)
