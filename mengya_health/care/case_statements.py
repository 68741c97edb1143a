"""The statements that read cases whole. Built once."""

from sqlalchemy import Select, and_, bindparam, literal, or_, select, true, union_all

from mengya_health.care.models import OPEN_TASK, Case, CaseStep, Referral, Task
from mengya_health.db import Id


def _with_all() -> Select:
    """Return the SELECT of cases with their steps, tasks and referrals: a row for each step and one for each task.

    Joining both to the case would give every pair of them; the two parts keep them apart in one statement. Every
    referral has its task of kind referral_reply, so the join finds them all.
    """
    part = union_all(select(literal(1).label("of")), select(literal(2))).subquery("part").c.of
    of_child = and_(Task.child_id == Case.child_id, or_(Task.case_id == Case.id, Task.status.in_(OPEN_TASK)))
    return (
        select(Case, CaseStep, Task, Referral)
        .select_from(Case)
        .join(part.table, true())
        .outerjoin(CaseStep, and_(part == 1, CaseStep.case_id == Case.id))
        .outerjoin(Task, and_(part == 2, of_child))
        .outerjoin(Referral, and_(Referral.id == Task.subject_id, Referral.case_id == Case.id))
        .order_by(CaseStep.seq, Task.created_at)
    )


WITH_ALL = _with_all()
WITH_STEPS = (
    select(Case, CaseStep.event, CaseStep.from_state, CaseStep.to_state, CaseStep.at)
    .outerjoin(CaseStep, CaseStep.case_id == Case.id)
    .where(Case.child_id == bindparam("child_id", type_=Id()))
    .order_by(Case.opened_on, Case.id, CaseStep.seq)
)
OF_CHILDREN = (
    select(Case)
    .where(Case.child_id.in_(bindparam("child_ids", type_=Id(), expanding=True)))
    .order_by(Case.opened_on, Case.id)
)
