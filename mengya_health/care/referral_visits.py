"""Between letter and reply: the child has been seen, and what to do where it was not, or no reply came."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.care.facts import ReferralFacts, TaskFacts
from mengya_health.care.loop import loop_of
from mengya_health.care.models import Referral
from mengya_health.care.referrals import find_referral, waiting_tasks
from mengya_health.care.tasks import change_body
from mengya_health.content import Content
from mengya_health.errors import Invalid

SEEN = "in-progress"  # FHIR task-status: the child has been seen, the reply is to come


@dataclass(frozen=True)
class Reminder:
    """What a referral that waits is to be reminded of: `what` visit or reply, for how many days, the `step`-th time."""

    what: str
    days: int
    step: int


def record_visit(work, referral_id: UUID, *, visited_on: date, told_by: str = "") -> Referral:
    """Say that the child was seen, by the receiver, or by the clinic as it was told; the reply is due from then on.

    `told_by` is who told the clinic: family or receiver. Raises Invalid for a day that cannot be, NotNow, NotFound,
    NotPermitted.
    """
    by_receiver = bool(work.actor.receiving_ids)
    permission = Permission.ANSWER_REFERRAL if by_receiver else Permission.WRITE_HEALTH
    child, row = find_referral(work, referral_id, permission)
    if not row.sent_on <= visited_on <= work.today:
        message = "就诊日期要在开转诊单以后、今天以前。 The child was seen between the letter and today."
        raise Invalid(fields={"visited_on": [message]})
    if not by_receiver and told_by not in ("family", "receiver"):
        raise Invalid(fields={"told_by": ["请选是谁说的。 Please choose who said so."]})
    limit = work.content.time_limits[loop_of(work.content).due["referral_reply"]]
    row.status, row.visited_on, row.reply_due_on = SEEN, visited_on, limit.due_on(visited_on)
    for task in waiting_tasks(work, row):
        task.due_on = row.reply_due_on
        change_body(work, task, visit_told_by="receiver" if by_receiver else told_by)
    audit.changed(work, child.id, "referral", row.id)
    work.session.flush()
    return row


def reminder_of(content: Content, referral: ReferralFacts, today: date) -> Reminder | None:
    """Return what is late about a referral that waits for its reply; None while nothing is. Computed, never stored.

    Until the child was seen it is the visit: late from the day after the letter's limit. Then it is the reply: a first
    and a second time, after as many days from the visit as the time limit of the reply escalates.
    """
    if referral.is_settled:
        return None
    return _reminder(content, referral.reply_due_on, today, was_seen=referral.visited_on is not None)


def reminder_of_task(content: Content, task: TaskFacts, today: date) -> Reminder | None:
    """Return the same of the task that stands for a reply, for lists; None for any other task."""
    if task.kind != "referral_reply":
        return None
    return _reminder(content, task.due_on, today, was_seen="visit_told_by" in task.body)


def _reminder(content: Content, reply_due_on: date, today: date, *, was_seen: bool) -> Reminder | None:
    limit = content.time_limits[loop_of(content).due["referral_reply"]]
    days = (today - reply_due_on).days + limit.days  # since the visit, or since the day it had to be by
    step = sum(days >= each for each in limit.escalate_days)
    if was_seen:
        return Reminder("reply", days, step) if step else None
    return Reminder("visit", days, step) if days > 0 else None
