"""The next named person: who leads a clinic or nursery, and the contact at the district's 妇幼保健所.

Whoever has no role there any more is not named, so that nobody is said to have heard who could not have.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Date, Select, and_, bindparam, exists, func, join, or_, select
from sqlalchemy.orm import aliased

from mengya_health.people.models import DISTRICT_DIGITS, Membership, Organisation, Region, User

DISTRICT_KIND = "mch_institute"


@dataclass(frozen=True)
class Leads:
    """The names of leads by their place, and of the district's contact by the places in that district."""

    of_places: Mapping[UUID, str] = field(default_factory=dict)
    of_districts: Mapping[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Desk:
    """A place for the top of its own page: what it is called, and the rows of who is named for it."""

    name: str
    named: tuple = field(repr=False)

    def leads(self, work) -> Leads:
        """Return who is named."""
        return _opened(work, self.named)


def desk_of(work, organisation_id: UUID) -> Desk:
    """Return a place with its leads, in one statement; their keys come with the next that are fetched."""
    rows = work.session.execute(_NAMED.where(_HERE.id == organisation_id), {"today": work.today}).all()
    named = tuple(row for row in rows if row.user_id)
    work.keys.load_later({row.user_id for row in named})
    return Desk(rows[0].name if rows else "", named)


def leads_of(work, organisation_ids: Iterable[UUID | None]) -> Leads:
    """Return who is named for these places, in one statement and one of the keystore; nothing is asked for none."""
    wanted = {each for each in organisation_ids if each}
    if not wanted:
        return Leads()
    rows = work.session.execute(_NAMED.where(_HERE.id.in_(wanted)), {"today": work.today})
    return _opened(work, [row for row in rows if row.user_id])


def _opened(work, rows: Iterable) -> Leads:
    rows = list(rows)
    work.keys.load({row.user_id for row in rows})
    names = {row.user_id: work.keys.open_body("user", row.user_id, row.user_id, "user", row.body) for row in rows}
    return Leads(
        {row.here_id: names[row.user_id]["name"] for row in rows if row.here_id == row.place_id},
        {row.here_id: names[row.user_id]["name"] for row in rows if row.kind == DISTRICT_KIND},
    )


def in_same_district(one, other):
    """Return the SQL condition that two regions lie in one district."""
    return func.substr(one.code, 1, DISTRICT_DIGITS) == func.substr(other.code, 1, DISTRICT_DIGITS)


def in_district_of(organisation_ids: Iterable[UUID]):
    """Return the SQL condition that the `Region` of a query lies in the district of one of these places."""
    office, around = aliased(Organisation), aliased(Region)
    return (
        select(office.id)
        .join(around, around.id == office.region_id)
        .where(office.id.in_(list(organisation_ids)), in_same_district(around, Region))
        .correlate(Region)
        .exists()
    )


_HERE = aliased(Organisation)


def _named() -> Select:
    around = aliased(Region)
    reachable = or_(
        Organisation.id == _HERE.id, and_(Organisation.kind == DISTRICT_KIND, in_same_district(around, Region))
    )
    return (
        select(
            _HERE.id.label("here_id"),
            _HERE.name,
            Organisation.id.label("place_id"),
            Organisation.kind,
            User.id.label("user_id"),
            User.body,
        )
        .select_from(_HERE)
        .join(around, around.id == _HERE.region_id)
        .outerjoin(
            join(Organisation, Region, Region.id == Organisation.region_id).join(
                User, and_(User.id == Organisation.lead_user_id, User.status == "active", _works_there())
            ),
            reachable,
        )
        .order_by(Organisation.id)
    )


def _works_there():
    """Return the SQL condition that a named lead still has a role there on the day `today`."""
    today = bindparam("today", type_=Date())
    return (
        exists()
        .where(
            Membership.user_id == Organisation.lead_user_id,
            Membership.organisation_id == Organisation.id,
            Membership.from_on <= today,
            or_(Membership.to_on.is_(None), Membership.to_on > today),
        )
        .correlate(Organisation)
    )


_NAMED = _named()
