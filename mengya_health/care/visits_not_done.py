"""A planned check that will not take place: a typed reason, written down, so that nothing overdue just vanishes."""

from mengya_health.access.permissions import Permission, require
from mengya_health.care.ending import close_all
from mengya_health.care.loop import loop_of
from mengya_health.care.tasks import end_task
from mengya_health.errors import Invalid, NotNow
from mengya_health.people.facts import ChildFacts
from mengya_health.record.commands import record_entry
from mengya_health.record.models import Entry
from mengya_health.record.tasks import open_body
from mengya_health.screening.commands import plan_visit_after
from mengya_health.screening.planned import visit_on
from mengya_health.screening.queries import VISIT_NOT_DONE, open_visit_of
from mengya_health.screening.schedule import GONE

DECEASED = "deceased"


def excuse_visit(work, child: ChildFacts, *, reason: str, text: str = "") -> Entry:
    """Write down why the check that is planned now does not take place, and plan the next one.

    `reason` is one of `not_done_reasons`; other needs a text. What was missed before goes over into the same line: the
    check of the child's age is the one that is excused. A check that is done all the same counts as done.
    Raises Invalid, NotPermitted, NotNow where nothing is planned.
    """
    require(work.actor, Permission.WRITE_HEALTH, child.subject)
    if reason not in loop_of(work.content).not_done_reasons:
        raise Invalid(fields={"reason": ["请选一个原因。 Please choose a reason."]})
    if reason == "other" and not text.strip():
        raise Invalid(fields={"text": ["选“其他”时请写一句。 Explain what is other."]})
    planned = open_visit_of(work, child)
    if planned is None:
        raise NotNow("现在没有排着的检查。", "No check is planned now.")
    body = open_body(work, planned)
    visit = max(
        work.content.visit(body["visit"]), visit_on(work.content, child, work.today), key=lambda each: each.due_month
    )
    entry = record_entry(
        work,
        child,
        section="health",
        kind=VISIT_NOT_DONE,
        content={"visit": visit.id, "reason_code": reason, "text": text},
        happened_on=work.today,
        task_id=planned.id,
    )
    end_task(work, planned, status="cancelled", reason=reason, text=text)
    if reason == DECEASED:
        close_all(work, child, reason)
    elif reason not in GONE:
        plan_visit_after(work, child, visit)
    work.session.flush()
    return entry
