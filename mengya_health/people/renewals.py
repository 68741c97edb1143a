"""What somebody granted runs out within a year: which ends soon, and granting it anew (security.md §9.3).

Enrolments are granted by the clinic, caregivers by a guardian. A guardianship is no grant but a fact of law, and the
clinic's care of a child ends when the child moves, not by the calendar; the doctors' own roles run out with their
memberships.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from mengya_health import audit
from mengya_health.access.actor import PlaceSubject, Tie
from mengya_health.access.permissions import Permission, require
from mengya_health.errors import Invalid, NotFound
from mengya_health.people.commands import end_tie, tie_child
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import Relationship
from mengya_health.people.queries import find_children

YEAR = timedelta(days=365)
LISTED_BEFORE = LISTED_AFTER = timedelta(days=31)  # the list is gone through once a month


@dataclass(frozen=True)
class Ending:
    """One enrolment that ends soon, or ran out within the last month."""

    child: ChildFacts
    tie_id: UUID
    group_id: UUID
    to_on: date


def endings(work, clinic_id: UUID) -> list[Ending]:
    """Return the enrolments of a clinic's children to approve anew or to let end, first the one that ends first.

    A child that left before its year was over is not among them. Three statements in all. Raises NotPermitted.
    """
    require(work.actor, Permission.LIST_CHILDREN, PlaceSubject(clinic_id))
    in_care = select(Relationship.child_id).where(
        Relationship.kind == "care", Relationship.organisation_id == clinic_id, Relationship.to_on.is_(None)
    )
    soon = Relationship.to_on.between(work.today - LISTED_AFTER, work.today + LISTED_BEFORE)
    chosen = select(Relationship).where(Relationship.kind == "enrolment", soon, Relationship.child_id.in_(in_care))
    rows = [row for row in work.session.scalars(chosen.order_by(Relationship.to_on)) if _ran_its_year(row)]
    children = find_children(work, {row.child_id for row in rows})
    audit.read(work, list(children), "child")
    return [
        Ending(children[row.child_id], row.id, row.group_id, row.to_on)
        for row in rows
        if row.child_id in children and not _is_elsewhere(children[row.child_id], row)
    ]


def approve_anew(work, clinic_id: UUID, tie_ids: Iterable[UUID]) -> int:
    """Let these enrolments go on for another year from today; return how many. Raises NotFound for any other tie."""
    found = {each.tie_id: each for each in endings(work, clinic_id)}
    wanted = list(tie_ids)
    if not set(wanted) <= set(found):
        raise NotFound
    for tie_id in wanted:
        ending = found[tie_id]
        require(work.actor, Permission.KEEP_CHILD, ending.child.subject)
        _renew(work, ending.child, tie_id, work.today + YEAR)
    return len(wanted)


def let_caregiver_in_until(work, child: ChildFacts, user_id: UUID, to_on: date) -> None:
    """Say until when a caregiver may look in, at most a year from today.

    Raises NotFound where nobody of that account is let in, Invalid for another day, NotPermitted.
    """
    require(work.actor, Permission.INVITE_FAMILY, child.subject)
    ties = ties_of_caregiver(child, user_id)
    if not work.today < to_on <= work.today + YEAR:
        message = "请选明天以后、一年以内的日子。 Choose a day after today, within a year."
        raise Invalid(fields={"until": [message]})
    for tie in ties:
        _renew(work, child, tie.id, to_on)


def ties_of_caregiver(child: ChildFacts, user_id: UUID) -> list[Tie]:
    """Return by what an account is let in as a caregiver. Raises NotFound where it is not."""
    ties = [tie for tie in child.subject.current("caregiver") if tie.user_id == user_id]
    if not ties:
        raise NotFound
    return ties


def _renew(work, child: ChildFacts, tie_id: UUID, to_on: date) -> None:
    """End a tie and begin it anew: each grant stays a row of its own, with who approved it in the history."""
    tie = work.session.get(Relationship, tie_id)
    if tie.to_on is None or tie.to_on > work.today:
        end_tie(work, child, tie_id)
    tie_child(
        work,
        child.id,
        kind=tie.kind,
        user_id=tie.user_id,
        organisation_id=tie.organisation_id,
        group_id=tie.group_id,
        authority=tie.authority,
        basis_id=tie.basis_id,
        to_on=to_on,
    )


def _ran_its_year(row: Relationship) -> bool:
    return row.to_on - row.from_on >= YEAR


def _is_elsewhere(child: ChildFacts, row: Relationship) -> bool:
    """Return whether the child has another enrolment by now: then this one is history."""
    return any(tie.id != row.id for tie in child.subject.current("enrolment"))
