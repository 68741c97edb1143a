"""Children who have moved on: their name and number, for whoever served them before and reads what they wrote."""

from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select

from mengya_health import audit
from mengya_health.access.actor import ChildSubject, Tie
from mengya_health.access.permissions import Permission, is_allowed, require
from mengya_health.errors import NotFound
from mengya_health.people import seals
from mengya_health.people.models import Relationship
from mengya_health.people.queries import visible_child_ids
from mengya_health.people.subjects import ATTENDING, FoundChild, subjects_of

MOST = 50  # of a list


@dataclass(frozen=True)
class FormerChild:
    """A child as those see it who served it before: nothing of it but what names it."""

    id: UUID
    number: str
    name: str = field(repr=False)
    until_on: date  # the day it left
    clinic_ids: tuple[UUID, ...]  # of the actor's, that had it in their care
    subject: ChildSubject = field(repr=False)


def former_child(work, child_id: UUID) -> FormerChild:
    """Return one child that the actor served before. Raises NotFound for any other, and where P1 is missing."""
    found = _found(work, Relationship.child_id == child_id)
    if not found:
        raise NotFound
    require(work.actor, Permission.READ_OWN_WORDS, found[0].subject)
    return found[0]


def former_children(work, *, among: Select) -> list[FormerChild]:
    """Return the children who left the actor's clinics and classes, the latest first; at most 50.

    `among` selects the ids of those about whom there is something to read: nobody else is named, for a child nobody
    wrote about (a decoy is one) is nobody's to come across.
    """
    found = [
        each
        for each in _found(work, Relationship.child_id.in_(among))
        if is_allowed(work.actor, Permission.READ_OWN_WORDS, each.subject)
    ]
    audit.read(work, [each.id for each in found], "child")
    return sorted(found, key=lambda each: (each.until_on, each.name), reverse=True)


def _found(work, wanted: ColumnElement) -> list[FormerChild]:
    tie, actor = Relationship, work.actor
    clinics = [place.organisation_id for place in actor.places_as("doctor")]
    staff = actor.places_as("teacher", "health_staff")
    groups = [place.group_id for place in staff if place.group_id]
    whole_places = [place.organisation_id for place in staff if place.group_id is None]
    in_class = or_(tie.group_id.in_(groups), tie.organisation_id.in_(whole_places))
    mine = or_(and_(tie.kind == "care", tie.organisation_id.in_(clinics)), and_(tie.kind.in_(ATTENDING), in_class))
    gone = tie.child_id.not_in(visible_child_ids(work))
    chosen = select(tie).where(mine, tie.to_on <= work.today, gone, wanted)
    chosen = chosen.order_by(tie.to_on.desc()).limit(MOST)
    over: dict[UUID, list[Relationship]] = {}
    for row in work.session.scalars(chosen):
        if seals.holds(work, Relationship, row):
            over.setdefault(row.child_id, []).append(row)
    found = subjects_of(work, list(over))
    return [_former(work, found[id], rows) for id, rows in over.items() if id in found]


def _former(work, found: FoundChild, rows: list[Relationship]) -> FormerChild:
    row, before = found.row, tuple(_as_former(each) for each in rows)
    identity = work.keys.open_body("child", row.id, row.id, "identity", row.body, row.body_version)
    return FormerChild(
        row.id,
        row.number,
        identity["name"],
        max(each.to_on for each in rows),
        tuple({each.organisation_id for each in rows if each.kind == "care"}),
        replace(found.subject, ties=found.subject.ties + before),
    )


def _as_former(row: Relationship) -> Tie:
    """Return a tie that is over as one that only lets its people read what they wrote; it is never stored."""
    by = "care" if row.kind == "care" else "class"
    return Tie(row.id, "former", None, row.organisation_id, row.group_id, by, row.from_on, None)
