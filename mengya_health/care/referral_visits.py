"""Between letter and reply: the child has been seen."""

from datetime import date
from uuid import UUID

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.care.loop import loop_of
from mengya_health.care.models import Referral
from mengya_health.care.referrals import find_referral, waiting_tasks
from mengya_health.care.tasks import change_body
from mengya_health.errors import Invalid

SEEN = "in-progress"  # FHIR task-status: the child has been seen, the reply is to come


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
