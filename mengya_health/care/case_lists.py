"""The cases of a clinic as lists: those that are going on, those that are over."""

from uuid import UUID

from sqlalchemy import func, select

from mengya_health import audit
from mengya_health.access.actor import PlaceSubject
from mengya_health.access.permissions import Permission, require
from mengya_health.care.models import CLOSED_STATES, Case
from mengya_health.care.queries import PAGE_ROWS, Page, cases_of_children
from mengya_health.people.queries import find_children, visible_child_ids


def clinic_cases(
    work, organisation_id: UUID, *, is_closed: bool = False, limit: int = PAGE_ROWS, page: int = 1
) -> Page:
    """Return a page of a clinic's open cases, opened first at the top, or of its closed ones, closed last at the top.

    Its lines are pairs of child (`ChildFacts`) and case (`CaseLine`); the number of statements does not grow with them.
    Raises NotPermitted.
    """
    require(work.actor, Permission.LIST_CHILDREN, PlaceSubject(organisation_id))
    wanted = Case.state.in_(CLOSED_STATES) if is_closed else Case.state.not_in(CLOSED_STATES)
    first = (Case.closed_on.desc(), Case.id.desc()) if is_closed else (Case.opened_on, Case.id)
    chosen = select(Case.id, Case.child_id, func.count().over().label("number")).where(
        Case.organisation_id == organisation_id, Case.child_id.in_(visible_child_ids(work)), wanted
    )
    rows = work.session.execute(chosen.order_by(*first).limit(limit).offset((page - 1) * limit)).all()
    children = find_children(work, {row.child_id for row in rows}, with_open="health")
    audit.read(work, list(children), "case")
    lines = {line.id: line for found in cases_of_children(work, children).values() for line in found}
    shown = [(children[row.child_id], lines[row.id]) for row in rows if row.id in lines]
    return Page(shown, rows[0].number if rows else 0)
