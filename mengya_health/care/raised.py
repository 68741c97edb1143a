"""What is so late that it has come up to the next named person. Worked out on read; nothing marks a task as raised."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import aliased

from mengya_health.access import fence
from mengya_health.access.actor import PlaceSubject
from mengya_health.access.permissions import Permission, require
from mengya_health.care.clocks import Standing, raised_before, task_standing
from mengya_health.care.loop import loop_of
from mengya_health.care.models import CLOSED_STATES, Case, Task
from mengya_health.care.queries import PAGE_ROWS, Page, is_going, work_list
from mengya_health.content import Content
from mengya_health.errors import NotPermitted
from mengya_health.people.leads import in_district_of
from mengya_health.people.models import Organisation, Region

RaisedBy = tuple[str, str, date]  # kind of task, state of its case ("": any), and the latest day it was due on
TO_LEAD, TO_DISTRICT = ("lead", "district"), ("district",)
OF_CLASSES = ("signature", "dispute")  # what a class owes; tasks of a plan come up to the doctor
MOST_LISTED = 200


@dataclass(frozen=True)
class RaisedId:
    """One line for the district: which clinic, which case by its id, what kind of thing, and how late. No child."""

    id: UUID  # of the case, or of the task where there is none
    clinic: str
    phone: str
    kind: str
    whose_turn: str
    standing: Standing


def standing_of(work, task, *, state: str = "") -> Standing:
    """Return how a task stands today; `state` is that of its case."""
    return task_standing(loop_of(work.content), work.content.time_limits, task, work.today, state=state)


def raised_by(work, to: tuple[str, ...]) -> tuple[RaisedBy, ...]:
    """Return what has come up to one of `to` today, by kind and state; see `clocks.raised_before`."""
    return _raised_on(work.content, work.today, to)


@lru_cache(maxsize=16)
def _raised_on(content: Content, today: date, to: tuple[str, ...]) -> tuple[RaisedBy, ...]:
    return tuple(raised_before(loop_of(content), content.time_limits, today, to))


@lru_cache(maxsize=16)
def is_raised(raised: tuple[RaisedBy, ...]) -> ColumnElement:
    """Return the SQL condition that a task has come up; only kinds, states and dates are asked.

    Kept, for building it costs as much as running it.
    """
    in_any_state = [and_(Task.kind == kind, Task.due_on <= day) for kind, state, day in raised if not state]
    own = aliased(Case)
    in_one = [and_(Task.kind == kind, own.state == state, Task.due_on <= day) for kind, state, day in raised if state]
    of_its_case = select(own.id).where(own.id == Task.case_id, or_(*in_one)).correlate(Task).exists()
    kinds = {kind for kind, state, _day in raised if state}
    return or_(*in_any_state, and_(Task.kind.in_(kinds), of_its_case) if in_one else false())


def raised_to_lead(work, organisation_id: UUID, *, limit: int = PAGE_ROWS, page: int = 1) -> Page:
    """Return what has come up to a clinic's lead or beyond, the longest due first; of children the actor may see."""
    require(work.actor, Permission.LIST_CHILDREN, PlaceSubject(organisation_id))
    return work_list(work, limit, page, *_at_clinic(work, organisation_id))


def raised_in_classes(work, *, limit: int = MOST_LISTED) -> Page:
    """Return what teachers owe so long that it has come up to the actor, the named lead of their nursery.

    Raises NotPermitted for anybody else.
    """
    here = [place.organisation_id for place in work.actor.places_as("teacher", "health_staff")]
    named = select(Organisation.id).where(Organisation.lead_user_id == work.actor.user_id, Organisation.id.in_(here))
    led = list(work.session.scalars(named))
    if not led:
        raise NotPermitted(
            "督办清单只给园所的负责人看。谁是负责人，由系统管理员指定。",
            "This list is for the named lead of the nursery. The system administrator names who that is.",
        )
    mine = (Task.organisation_id.in_(led),)
    of_class = (Task.whose_turn == "teacher", Task.kind.in_(OF_CLASSES))
    return work_list(work, limit, 1, *of_class, *mine, is_raised(raised_by(work, TO_LEAD)))


def raised_to_district(work, *, limit: int = MOST_LISTED) -> list[RaisedId]:
    """Return what has come up to the actor's district, the longest due first: ids and days, nothing of a child.

    Raises NotPermitted for anybody but its managers.
    """
    require(work.actor, Permission.FOLLOW_OVERDUE, PlaceSubject(None))
    fence.lift(work.session)  # a manager is tied to no child; what is read below names none
    rows = work.session.execute(_of_district(work).limit(limit)).all()
    return [
        RaisedId(
            row.Case.id if row.Case else row.Task.id,
            row.name,
            row.phone,
            row.Task.kind,
            row.Task.whose_turn,
            standing_of(work, row.Task, state=row.Case.state if row.Case else ""),
        )
        for row in rows
    ]


# --- inside -----------------------------------------------------------------------------------------------------------


def _at_clinic(work, organisation_id: UUID) -> tuple[ColumnElement, ...]:
    of_clinic = select(Case.id).where(Case.organisation_id == organisation_id, Case.state.not_in(CLOSED_STATES))
    # What waits for the class comes up to the lead of the nursery, and stays visible here.
    return or_(Task.organisation_id == organisation_id, Task.case_id.in_(of_clinic)), is_raised(
        raised_by(work, TO_LEAD)
    )


def _of_district(work):
    offices = [place.organisation_id for place in work.actor.places_as("manager")]
    return (
        select(Task, Case, Organisation.name, Organisation.phone)
        .outerjoin(Case, Case.id == Task.case_id)
        .join(Organisation, Organisation.id == func.coalesce(Case.organisation_id, Task.organisation_id))
        .join(Region, Region.id == Organisation.region_id)
        .where(
            is_going(),
            or_(Case.id.is_(None), Case.state.not_in(CLOSED_STATES)),
            in_district_of(offices),
            is_raised(raised_by(work, TO_DISTRICT)),
        )
        .order_by(Task.due_on, Task.id)
    )
