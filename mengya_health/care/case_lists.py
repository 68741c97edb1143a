"""The cases of a clinic as lists: those that are going on, those that are over."""

from uuid import UUID

from sqlalchemy import select

from mengya_health import audit
from mengya_health.access.actor import PlaceSubject
from mengya_health.access.permissions import Permission, require
from mengya_health.care.models import CLOSED_STATES, Case
from mengya_health.care.queries import CaseLine, cases_of_children
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import find_children, visible_child_ids


def clinic_cases(
    work, organisation_id: UUID, *, is_closed: bool = False, limit: int = 200
) -> list[tuple[ChildFacts, CaseLine]]:
    """Return a clinic's open cases, opened first at the top, or its closed ones, closed last at the top.

    The number of statements does not grow with them. Raises NotPermitted.
    """
    require(work.actor, Permission.LIST_CHILDREN, PlaceSubject(organisation_id))
    wanted = Case.state.in_(CLOSED_STATES) if is_closed else Case.state.not_in(CLOSED_STATES)
    first = (Case.closed_on.desc(), Case.id.desc()) if is_closed else (Case.opened_on, Case.id)
    chosen = select(Case.id, Case.child_id).where(
        Case.organisation_id == organisation_id, Case.child_id.in_(visible_child_ids(work)), wanted
    )
    rows = work.session.execute(chosen.order_by(*first).limit(limit)).all()
    children = find_children(work, {child_id for _, child_id in rows}, with_open="health")
    audit.read(work, list(children), "case")
    lines = {line.id: line for found in cases_of_children(work, children).values() for line in found}
    return [(children[child_id], lines[case_id]) for case_id, child_id in rows if case_id in lines]
