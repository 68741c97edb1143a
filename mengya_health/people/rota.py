"""轮值表: who chairs the district's case conferences, from when to when. Kept by the district's managers, by name.

A turn is a membership, sealed like any other, and opens nothing by itself: a doctor who calls a conference lets its
chair in to that one.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Row, Select, or_, select
from sqlalchemy.orm import aliased

from mengya_health.access.actor import PlaceSubject
from mengya_health.access.permissions import Permission, require
from mengya_health.db import new_id
from mengya_health.errors import Invalid, NotFound
from mengya_health.growth.ages import add_months
from mengya_health.people import notices, seals
from mengya_health.people.account_history import trace
from mengya_health.people.accounts import LONGEST_MONTHS
from mengya_health.people.leads import in_same_district
from mengya_health.people.models import CHAIR, Membership, Organisation, Region, User
from mengya_health.people.subjects import current

ROLES = ("doctor", "specialist", "teacher", "health_staff", "reviewer")  # whoever works with children may be asked


@dataclass(frozen=True)
class Colleague:
    """Somebody of the district's staff: who, as what, and where."""

    user_id: UUID
    name: str
    role: str
    place_id: UUID
    place: str


@dataclass(frozen=True)
class Turn:
    """One turn on the rota; `to_on` is the first day it is somebody else's."""

    id: UUID
    who: Colleague
    from_on: date
    to_on: date


def colleagues(work, organisation_ids: Iterable[UUID]) -> list[Colleague]:
    """Return who works with children in the district of these places today, by place and name; one statement.

    No child is in it, so anybody of the staff may see it.
    """
    return colleagues_later(work, organisation_ids)()


def colleagues_later(work, organisation_ids: Iterable[UUID]) -> Callable[[], list[Colleague]]:
    """Ask for the same now and for the keys with the next that are fetched; return what names the colleagues then."""
    chosen = _near(organisation_ids).where(Membership.role.in_(ROLES), current(Membership, work.today))
    rows = _rows(work, chosen)
    work.keys.load_later({row.user_id for row in rows})

    def named() -> list[Colleague]:
        found: dict[UUID, Colleague] = {}
        for _row, who in _named(work, rows):
            found.setdefault(who.user_id, who)
        return sorted(found.values(), key=lambda who: (who.place, who.name, who.user_id))

    return named


def rota(work, organisation_ids: Iterable[UUID]) -> list[Turn]:
    """Return the turns of the district of these places that are not over, the next first; one statement."""
    chosen = _near(organisation_ids).where(Membership.role == CHAIR, Membership.to_on > work.today)
    turns = [Turn(row.id, who, row.from_on, row.to_on) for row, who in _named(work, _rows(work, chosen))]
    return sorted((turn for turn in turns if turn.from_on < turn.to_on), key=lambda turn: turn.from_on)


def chair_on(work, organisation_id: UUID, on: date) -> Colleague | None:
    """Return whose turn it is to chair in the district of a place on a day; None where the rota names nobody."""
    return next((turn.who for turn in rota(work, [organisation_id]) if turn.from_on <= on < turn.to_on), None)


def name_chair(work, *, user_id: UUID, from_on: date, to_on: date) -> Membership:
    """Put somebody of the actor's district on the rota, up to a year; they are told on the page of their account.

    Raises Invalid for whoever does not work there, for days gone by, and for days that are somebody's turn already;
    NotPermitted.
    """
    here = managed_places(work)
    who = next((each for each in colleagues(work, here) if each.user_id == user_id), None)
    if who is None:
        raise Invalid(fields={"user_id": ["请从列表里选一位。 Please choose somebody of the list."]})
    if from_on < work.today or not from_on < to_on <= add_months(from_on, LONGEST_MONTHS):
        message = "从今天以后开始，结束在开始之后、一年以内。 From today or later, and for a year at most."
        raise Invalid(fields={"to_on": [message]})
    taken = [turn for turn in rota(work, here) if turn.from_on < to_on and from_on < turn.to_on]
    if taken:
        message = f"{taken[0].from_on} 起已经排了{taken[0].who.name}。 These days are somebody's turn already."
        raise Invalid(fields={"from_on": [message]})
    turn = Membership(
        id=new_id(),
        user_id=user_id,
        organisation_id=who.place_id,  # their own place: a turn reaches no other
        role=CHAIR,
        from_on=from_on,
        to_on=to_on,
        row_version=1,
    )
    seals.seal(work, turn)
    work.session.add(turn)
    work.session.flush()
    notices.tell(work.session, user_id, "chair_named", work.now)
    trace(work, work.session.get(User, user_id), "chair_named")
    return turn


def end_turn(work, turn_id: UUID) -> None:
    """End a turn today; one that has not begun is none then. Raises NotFound, NotPermitted."""
    if turn_id not in {turn.id for turn in rota(work, managed_places(work))}:
        raise NotFound
    turn = work.session.get(Membership, turn_id)
    turn.to_on = max(work.today, turn.from_on)
    seals.reseal(work, turn)
    work.session.flush()
    notices.tell(work.session, turn.user_id, "chair_ended", work.now)
    trace(work, work.session.get(User, turn.user_id), "chair_ended")


def managed_places(work) -> list[UUID]:
    """Return the offices of whose districts the actor keeps the rota. Raises NotPermitted."""
    require(work.actor, Permission.KEEP_ROTA, PlaceSubject(None))
    return [place.organisation_id for place in work.actor.places_as("manager")]


# --- inside -----------------------------------------------------------------------------------------------------------


def _near(organisation_ids: Iterable[UUID]) -> Select:
    """Return the SELECT of memberships, with account and place, in the districts of these places."""
    here, around = aliased(Organisation), aliased(Region)
    is_near = (
        select(here.id)
        .join(around, around.id == here.region_id)
        .where(here.id.in_(list(organisation_ids)), or_(here.id == Organisation.id, in_same_district(around, Region)))
        .exists()
    )
    return (
        select(Membership, User.id.label("user_id"), User.body, Organisation.name.label("place"))
        .join(User, User.id == Membership.user_id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .join(Region, Region.id == Organisation.region_id)
        .where(User.status == "active", is_near)
        .order_by(Membership.from_on, Membership.id)
    )


def _rows(work, chosen: Select) -> list[Row]:
    return [row for row in work.session.execute(chosen).all() if seals.holds(work, Membership, row.Membership)]


def _named(work, rows: list[Row]) -> list[tuple[Membership, Colleague]]:
    work.keys.load({row.user_id for row in rows})
    found = []
    for row in rows:
        name = work.keys.open_body("user", row.user_id, row.user_id, "user", row.body)["name"]
        held = row.Membership
        found.append((held, Colleague(row.user_id, name, held.role, held.organisation_id, row.place)))
    return found
