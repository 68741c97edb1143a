"""A letter is on its way: its number, its row, the door of its receiver, and the task of the reply."""

import secrets
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from mengya_health.care.facts import CaseFacts
from mengya_health.care.models import CaseStep, Referral, Task
from mengya_health.care.queries import OpenCase
from mengya_health.care.tasks import settle, start_task
from mengya_health.db import new_id
from mengya_health.errors import Unavailable
from mengya_health.people.commands import tie_child
from mengya_health.people.messages import staff_of, tell_at_once
from mengya_health.people.models import Organisation
from mengya_health.record.models import Entry

_DRAWS = 50


def free_number(work, opened: OpenCase) -> str:
    """Return a free number: ZZ, the end of the clinic's code, the day, three digits (drawn: a counter would be hot)."""
    code = work.session.get(Organisation, opened.case.organisation_id).code
    head = f"ZZ{code[-4:]}-{work.today:%Y%m%d}"
    for _ in range(_DRAWS):
        number = f"{head}-{secrets.randbelow(1000):03d}"
        if not work.session.scalar(select(Referral.id).where(Referral.number == number)):
            return number
    raise Unavailable("今天的转诊单号快用完了，请明天再开，或联系系统管理员。", "Today's numbers are nearly used up.")


def send(
    work,
    opened: OpenCase,
    facts: CaseFacts,
    entry: Entry,
    letter: dict,
    step: CaseStep,
    *,
    receiver_id: UUID,
    reply_due_on: date,
) -> Referral:
    """Store the referral, open its receiver's door for a time, and put the reply on their list."""
    row = Referral(
        id=new_id(),
        child_id=opened.child.id,
        case_id=opened.case.id,
        organisation_id=opened.case.organisation_id,
        receiver_id=receiver_id,
        number=letter["number"],
        status="requested",
        entry_id=entry.id,
        visit_by_on=date.fromisoformat(letter["visit_by"]),
        reply_due_on=reply_due_on,
        sent_on=work.today,
    )
    work.session.add(row)
    last_on = reply_due_on + timedelta(days=facts.loop.limits.receiver_days)
    tie_child(work, opened.child.id, kind="receiver", organisation_id=receiver_id, basis_id=row.id, to_on=last_on)
    task = _ask_for_reply(work, opened, row, step)
    if work.content.time_limits[letter["within"]].clock == "same_day":
        tell_at_once(work, staff_of(work, receiver_id, "specialist"), subject_id=task.id)
    settle(work, opened.child, opened.case, facts, step)
    return row


def _ask_for_reply(work, opened: OpenCase, row: Referral, step: CaseStep) -> Task:
    return start_task(
        work,
        opened.child,
        kind="referral_reply",
        whose_turn="specialist",
        due_on=row.reply_due_on,
        body={"title": "转诊待回执", "number": row.number},
        case=opened.case,
        step=step,
        subject_id=row.id,
        organisation_id=row.receiver_id,
    )
