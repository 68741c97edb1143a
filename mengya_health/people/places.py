"""Places: regions, organisations, classes; made by the administrator, chosen from by everybody."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select

from mengya_health.access.actor import PlaceSubject
from mengya_health.access.permissions import Permission, require
from mengya_health.db import new_id
from mengya_health.errors import Invalid, NotFound
from mengya_health.people.models import Group, Membership, Organisation, Region

KINDS = (
    "clinic", "hospital", "mch_institute", "kindergarten", "baby_house", "guidance_centre", "guidance_station",
    "guidance_point",
)  # fmt: skip
WITH_CLASSES = ("kindergarten", "baby_house")
# Who can be named the lead of a kind of place: those who can act on what comes up to them.
LEADING = {
    "clinic": ("doctor",),
    "hospital": ("specialist",),
    "mch_institute": ("manager",),
    "kindergarten": ("teacher", "health_staff"),
    "baby_house": ("teacher", "health_staff"),
}
RECEIVING = ("hospital", "mch_institute")


def add_region(work, *, code: str, name: str, parent_id: UUID | None = None) -> Region:
    """Store a 市, 区 or 街镇 by its code (GB/T 2260, three digits more for a 街镇).

    Raises NotPermitted, Invalid for a code that is taken or a parent that is not there.
    """
    require_management(work)
    if work.session.scalar(select(Region.id).where(Region.code == code)):
        raise _taken("region_code")
    if parent_id and work.session.get(Region, parent_id) is None:
        raise Invalid(fields={"parent_id": ["没有这个上级区划，请重选。 There is no such region; choose again."]})
    return _stored(work, Region(id=new_id(), code=code, name=name, parent_id=parent_id))


def add_organisation(work, *, region_id: UUID, kind: str, code: str, name: str, phone: str = "") -> Organisation:
    """Store a clinic, hospital, kindergarten … of a region.

    Raises NotPermitted, Invalid for a code that is taken, a kind or region that is not there.
    """
    require_management(work)
    if kind not in KINDS:
        raise Invalid(fields={"kind": [f"请选一种：{'、'.join(KINDS)}。 Choose one of these kinds."]})
    if work.session.scalar(select(Organisation.id).where(Organisation.code == code)):
        raise _taken("code")
    if work.session.get(Region, region_id) is None:
        raise Invalid(fields={"region_id": ["没有这个区划，请重选。 There is no such region; choose again."]})
    return _stored(work, Organisation(id=new_id(), region_id=region_id, kind=kind, code=code, name=name, phone=phone))


def add_group(work, *, organisation_id: UUID, name: str) -> Group:
    """Store a class of a kindergarten or baby house. Raises NotPermitted, Invalid for another place or a taken name."""
    require_management(work)
    organisation = work.session.get(Organisation, organisation_id)
    if organisation is None or organisation.kind not in WITH_CLASSES:
        message = "只有幼儿园和宝宝屋有班级，请重选。 Only kindergartens and baby houses have classes."
        raise Invalid(fields={"organisation_id": [message]})
    twin = select(Group.id).where(Group.organisation_id == organisation_id, Group.name == name)
    if work.session.scalar(twin):
        raise Invalid(fields={"class_name": ["这里已有同名的班。 There is a class of this name already."]})
    return _stored(work, Group(id=new_id(), organisation_id=organisation_id, name=name))


def name_lead(work, organisation_id: UUID, user_id: UUID) -> None:
    """Name the lead doctor or teacher of a place: the next named person when something is overdue.

    Raises NotPermitted, NotFound, Invalid for somebody without a role there that could act on it.
    """
    require_management(work)
    organisation = work.session.get(Organisation, organisation_id)
    if organisation is None:
        raise NotFound
    roles = LEADING.get(organisation.kind, LEADING["clinic"])
    member = Membership
    today = member.from_on <= work.today, or_(member.to_on.is_(None), member.to_on > work.today)
    theirs = select(member.id).where(member.user_id == user_id, member.organisation_id == organisation_id, *today)
    if work.session.scalar(theirs.where(member.role.in_(roles)).limit(1)) is None:
        asked = f"负责人要在这里有这样的角色：{'、'.join(roles)}。先用 user role 加上。"
        raise Invalid(fields={"login": [f"{asked} A lead needs such a role at this place; add it first."]})
    organisation.lead_user_id = user_id
    work.session.flush()


@dataclass(frozen=True)
class ClassChoice:
    """One class of a kindergarten or baby house."""

    group_id: UUID
    name: str
    organisation: str


@dataclass(frozen=True)
class Receiver:
    """One institution that children are referred to."""

    id: UUID
    name: str


def classes(work) -> list[ClassChoice]:
    """Return every class of the deployment, by place and name. No child is in it, so anybody signed in may see it."""
    rows = work.session.execute(
        select(Group.id, Group.name, Organisation.name)
        .join(Organisation, Organisation.id == Group.organisation_id)
        .order_by(Organisation.name, Group.name)
    )
    return [ClassChoice(group_id, name, organisation) for group_id, name, organisation in rows]


def receivers(work) -> list[Receiver]:
    """Return the institutions that receive referrals, by name."""
    chosen = select(Organisation.id, Organisation.name).where(Organisation.kind.in_(RECEIVING))
    return [Receiver(id, name) for id, name in work.session.execute(chosen.order_by(Organisation.name))]


def other_clinics(work, clinic_id: UUID) -> list[Receiver]:
    """Return every clinic of the installation but one, by name."""
    chosen = select(Organisation.id, Organisation.name).where(Organisation.kind == "clinic")
    rows = work.session.execute(chosen.where(Organisation.id != clinic_id).order_by(Organisation.name))
    return [Receiver(id, name) for id, name in rows]


def reviewing(work) -> list[Receiver]:
    """Return the offices that have a district reviewer today, by name."""
    member = Membership
    today = member.from_on <= work.today, or_(member.to_on.is_(None), member.to_on > work.today)
    here = select(member.organisation_id).where(member.role == "reviewer", *today)
    chosen = select(Organisation.id, Organisation.name).where(Organisation.id.in_(here))
    return [Receiver(id, name) for id, name in work.session.execute(chosen.order_by(Organisation.name))]


def names_of(work, organisation_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return what these places are called, by id."""
    chosen = select(Organisation.id, Organisation.name).where(Organisation.id.in_(organisation_ids))
    return dict(work.session.execute(chosen).all())


def desks_of(work, organisation_ids: Iterable[UUID]) -> list[tuple[str, str]]:
    """Return name and public phone number of these places."""
    chosen = select(Organisation.name, Organisation.phone).where(Organisation.id.in_(organisation_ids))
    return [(name, phone) for name, phone in work.session.execute(chosen.order_by(Organisation.name))]


def hospital_desks(work) -> list[tuple[str, str]]:
    """Return name and public phone number of the hospitals that have one."""
    chosen = select(Organisation.name, Organisation.phone).where(
        Organisation.kind == "hospital", Organisation.phone != ""
    )
    return [(name, phone) for name, phone in work.session.execute(chosen.order_by(Organisation.name))]


def place_name(work, organisation_id: UUID) -> str:
    """Return what a place is called, "" for one that is not there."""
    return work.session.scalar(select(Organisation.name).where(Organisation.id == organisation_id)) or ""


@dataclass(frozen=True)
class RegionShown:
    """One region, with the one it lies in."""

    id: UUID
    code: str
    name: str
    parent_id: UUID | None


@dataclass(frozen=True)
class OrganisationShown:
    """One organisation, with its region."""

    id: UUID
    code: str
    name: str
    kind: str
    phone: str
    region: str


@dataclass(frozen=True)
class GroupShown:
    """One class of an organisation."""

    id: UUID
    organisation_id: UUID
    name: str


@dataclass(frozen=True)
class Places:
    """All places of the deployment, in the order of their codes and names."""

    regions: tuple[RegionShown, ...]
    organisations: tuple[OrganisationShown, ...]
    groups: tuple[GroupShown, ...]


def all_places(work) -> Places:
    """Return every region, organisation and class. No child is in it, so anybody signed in may see it."""
    regions = work.session.execute(select(Region.id, Region.code, Region.name, Region.parent_id).order_by(Region.code))
    organisations = work.session.execute(
        select(
            Organisation.id, Organisation.code, Organisation.name, Organisation.kind, Organisation.phone, Region.name
        )
        .join(Region, Region.id == Organisation.region_id)
        .order_by(Region.code, Organisation.code)
    )
    groups = work.session.execute(select(Group.id, Group.organisation_id, Group.name).order_by(Group.name))
    return Places(
        tuple(RegionShown(*row) for row in regions),
        tuple(OrganisationShown(*row) for row in organisations),
        tuple(GroupShown(*row) for row in groups),
    )


def require_management(work) -> None:
    """Raise NotPermitted for who does not run the system."""
    require(work.actor, Permission.MANAGE_USERS, PlaceSubject(None))


def _taken(field: str) -> Invalid:
    return Invalid(fields={field: ["这个编码已经用过了，请核对。 This code is taken; please check it."]})


def _stored(work, row):
    work.session.add(row)
    work.session.flush()
    return row
