"""A place in class is granted for a year. Where it ran out, what its teachers had to do comes back to the doctor.

Nobody moves the child that day, so nobody's command would: the worker looks every hour.
"""

from uuid import UUID

from sqlalchemy import select

from mengya_health.care.class_moves import put_class_work
from mengya_health.care.facts import CaseRules
from mengya_health.care.loop import loop_of
from mengya_health.care.models import OPEN_TASK, Case, Task
from mengya_health.care.rows import case_body
from mengya_health.care.tasks import settle
from mengya_health.people.facts import PlacedChild
from mengya_health.people.models import Relationship
from mengya_health.people.subjects import ATTENDING, current, subjects_of


def bring_back_class_work(work) -> int:
    """Put back with the doctor what is open for a class that the child is no longer in; return of how many children.

    As the system itself. Doing it again changes nothing.
    """
    attending = select(Relationship.child_id).where(Relationship.kind.in_(ATTENDING), current(Relationship, work.today))
    left = select(Task.child_id).where(
        Task.whose_turn == "teacher", Task.status.in_(OPEN_TASK), Task.child_id.not_in(attending)
    )
    found = subjects_of(work, list(work.session.scalars(left.distinct())))
    for child_id, each in found.items():
        child = PlacedChild(child_id, each.row.organisation_id, each.subject)
        _settle(work, child, put_class_work(work, child))
    return len(found)


def _settle(work, child: PlacedChild, case_ids: set[UUID]) -> None:
    for case in work.session.scalars(select(Case).where(Case.id.in_(case_ids))).all():
        pathway = work.content.pathways[case_body(work, case)["pathway"]]
        settle(work, child, case, CaseRules(loop=loop_of(work.content), pathway=pathway))
