"""A child leaves the district: everything open is named, and ends for one typed reason in one unit of work.

The record stays where it is for as long as the law asks; the family takes a copy along (`handouts.whole_copy`).
"""

from uuid import UUID

from sqlalchemy import select

from mengya_health.access.permissions import Permission
from mengya_health.care.class_moves import open_case_ids
from mengya_health.care.commands import stop_case
from mengya_health.care.handovers import handover_of, withdraw_handover
from mengya_health.care.loop import loop_of
from mengya_health.care.models import OPEN_TASK, Task
from mengya_health.care.tasks import end_task
from mengya_health.care.visits_not_done import excuse_visit
from mengya_health.errors import Invalid, NotNow
from mengya_health.people import seals
from mengya_health.people.commands import end_enrolment
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import Child
from mengya_health.people.queries import find_child
from mengya_health.record.commands import record_entry
from mengya_health.record.models import Entry
from mengya_health.screening.commands import plan_visit_of
from mengya_health.screening.queries import open_visit_of

REASONS = ("moved_away", "transferred")  # not_done_reasons of the loop
LEFT_THE_DISTRICT = "5"  # closing_reasons.yaml
AWAY, HERE = "moved_away", "active"
# What a family has asked for goes on: it is answered wherever they live.
OF_THE_FAMILY = ("erasure", "dispute", "two_persons", "consent_ended", "consent_disputed")


def leave_district(work, child_id: UUID, *, why: str, text: str) -> Entry:
    """Stop every open case (迁出本区), end every task, visit and referral and the place in class, and write it down.

    `why` is one of `REASONS`, `text` says where to, as far as the family told. Raises Invalid, NotNow where it is done
    already, NotPermitted.
    """
    child = find_child(work, child_id, Permission.WRITE_HEALTH)
    _require(work, child, why, text)
    handover = handover_of(work, child)
    if handover is not None and handover.status == "requested":
        withdraw_handover(work, child_id)
    for case_id in open_case_ids(work, child_id):
        stop_case(work, case_id, reason_code=LEFT_THE_DISTRICT, reason=text.strip(), not_done=why)
    if open_visit_of(work, child):
        excuse_visit(work, child, reason=why, text=text.strip())
    for task in _left(work, child):
        end_task(work, task, status="cancelled", reason=why, text=text.strip())
    end_enrolment(work, child)
    _mark(work, child_id, AWAY)
    content = {"reason_code": why, "text": f"{loop_of(work.content).not_done_reasons[why]}：{text.strip()}"}
    return record_entry(work, child, section="health", kind=AWAY, content=content, happened_on=work.today)


def come_back(work, child_id: UUID) -> None:
    """Take a child up again that had left: its next check is planned; cases are opened again one by one.

    Raises NotNow for a child that has not left.
    """
    child = find_child(work, child_id, Permission.WRITE_HEALTH)
    if not has_left(work, child):
        raise NotNow("孩子没有转出。", "The child has not left.")
    _mark(work, child_id, HERE)
    record_entry(work, child, section="health", kind="came_back", content={"text": "又搬回来"}, happened_on=work.today)
    plan_visit_of(work, child)
    work.session.flush()


def has_left(work, child: ChildFacts) -> bool:
    """Return whether the child has left the district."""
    return work.session.scalar(select(Child.status).where(Child.id == child.id)) == AWAY


# --- inside -----------------------------------------------------------------------------------------------------------


def _require(work, child: ChildFacts, why: str, text: str) -> None:
    if has_left(work, child):
        raise NotNow("已经写过搬离本区了。", "That the child has left is written down already.")
    wrong = {}
    if why not in REASONS:
        wrong["why"] = ["请选一个原因。 Please choose a reason."]
    if not text.strip():
        wrong["text"] = ["请写一句搬去哪里、怎么知道的。 Please say where to, and how you know."]
    if wrong:
        raise Invalid(fields=wrong)


def _left(work, child: ChildFacts) -> list[Task]:
    work.session.flush()
    chosen = select(Task).where(Task.child_id == child.id, Task.status.in_(OPEN_TASK), Task.kind.not_in(OF_THE_FAMILY))
    return list(work.session.scalars(chosen))


def _mark(work, child_id: UUID, status: str) -> None:
    row = work.session.get(Child, child_id)
    row.status = status
    seals.reseal(work, row)
    work.session.flush()
