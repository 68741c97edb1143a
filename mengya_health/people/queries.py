"""Find children, families and accounts: only what the actor has a current relationship to, and only what is sealed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select

from mengya_health.access.permissions import Permission, is_allowed, require
from mengya_health.access.rules import (
    clinic_doctor_of,
    emergency_reader_of,
    receiver_by_link_of,
    receiver_of,
    restricted_guardian_of,
    teacher_of,
)
from mengya_health.audit import AuditEvent
from mengya_health.errors import NotFound
from mengya_health.people.emergency import BreakGlass
from mengya_health.people.facts import ChildFacts, Contact
from mengya_health.people.models import Child, Group, Organisation, Relationship, User
from mengya_health.people.subjects import (
    ATTENDING,
    FAMILY,
    FoundChild,
    current,
    subjects_of,
    subjects_of_classes,
    subjects_of_family,
)


def find_child(work, child_id: UUID, permission: Permission = Permission.READ_CHILD) -> ChildFacts:
    """Return one child, in one statement and one of the keystore.

    Raises NotFound for a child that is not there or that the actor has nothing to do with, NotPermitted when the
    permission is refused, IntegrityError when the sealed body does not open.
    """
    found = subjects_of(work, [child_id])
    if child_id not in found:
        raise NotFound
    require(work.actor, permission, found[child_id].subject)
    work.keys.load([child_id])
    return _facts(work, found[child_id])


def find_children(
    work, child_ids: Iterable[UUID], *, with_open: str = "", permission: Permission = Permission.READ_CHILD
) -> dict[UUID, ChildFacts]:
    """Return those of the children that the actor may see, by id; the number of statements does not grow with them.

    `with_open` names a class that must be neither destroyed nor only stored: work lists are made of such content.
    """
    found = subjects_of(work, list(child_ids))
    still_open = {id: child for id, child in found.items() if not child.subject.has_ended(with_open)}
    return _opened(work, still_open, permission)


def _opened(
    work, found: dict[UUID, FoundChild], permission: Permission = Permission.READ_CHILD
) -> dict[UUID, ChildFacts]:
    visible = {
        child_id: child for child_id, child in found.items() if is_allowed(work.actor, permission, child.subject)
    }
    work.keys.load(visible)
    return {child_id: _facts(work, child) for child_id, child in visible.items()}


def visible_child_ids(work) -> Select:
    """Return a SELECT of the ids of children the actor has a current tie to: the fence in SQL, for work lists.

    It believes the rows; their seals, and the consents, are checked when the children are loaded.
    """
    actor, tie = work.actor, Relationship
    staff = actor.places_as("teacher", "health_staff")
    groups = [place.group_id for place in staff if place.group_id]
    whole_places = [place.organisation_id for place in staff if place.group_id is None]
    clinics = [place.organisation_id for place in actor.places_as("doctor")]
    receivers = [place.organisation_id for place in actor.places_as("specialist")]
    mine = or_(
        and_(tie.user_id == actor.user_id, tie.kind.in_(FAMILY)),
        and_(tie.organisation_id.in_(clinics), tie.kind.in_(("care", "handover"))),
        and_(tie.organisation_id.in_(receivers), tie.kind == "receiver"),
        and_(tie.group_id.in_(groups), tie.kind.in_(ATTENDING)),
        and_(tie.organisation_id.in_(whole_places), tie.kind.in_(ATTENDING)),
    )
    return select(tie.child_id).where(mine, current(tie, work.today))


def class_children(work, *group_ids: UUID) -> list[ChildFacts]:
    """Return the children who are in these classes today, by name; only those the actor may see."""
    return _sorted(_opened(work, subjects_of_classes(work, list(group_ids))))


class MyClass(NamedTuple):
    """A class of the actor's; `is_led`: they are the named lead of its place."""

    id: UUID
    name: str
    organisation_id: UUID | None
    is_led: bool = False


def groups_of(work) -> list[MyClass]:
    """Return the classes the actor teaches, by name; all of a place where they belong to no class."""
    staff = work.actor.places_as("teacher", "health_staff")
    groups = [place.group_id for place in staff if place.group_id]
    whole_places = [place.organisation_id for place in staff if place.group_id is None]
    mine = or_(Group.id.in_(groups), Group.organisation_id.in_(whole_places))
    chosen = select(Group.id, Group.name, Group.organisation_id, Organisation.lead_user_id)
    chosen = chosen.join(Organisation, Organisation.id == Group.organisation_id)
    rows = work.session.execute(chosen.where(mine).order_by(Group.name))
    return [MyClass(*known, lead_id == work.actor.user_id) for *known, lead_id in rows]


@dataclass(frozen=True)
class MyFamily:
    """The children somebody may open, by name, and the clinics to ask about those that are closed to them."""

    children: list[ChildFacts]
    closed_at: frozenset[UUID]
    desks: dict[UUID, tuple[str, str]]  # of each child: name and phone of its clinic, "" where none is known
    relation: str  # what the reader is to them: mother father grandparent other


def my_family(work) -> MyFamily:
    """Return the children whose guardian or caregiver the actor is, and whether the record of any is closed to them."""
    work.keys.load_later([work.actor.user_id])  # the reader is named on the page: the keystore is asked once
    found = subjects_of_family(work)
    closed = {each.subject.clinic_id for each in found.values() if restricted_guardian_of(work.actor, each.subject)}
    desks = {child_id: each.desk for child_id, each in found.items()}
    return MyFamily(_sorted(_opened(work, found)), frozenset(closed), desks, _own_relation(work))


def my_children(work) -> list[ChildFacts]:
    """Return the children whose guardian or caregiver the actor is, by name."""
    return _sorted(_opened(work, subjects_of_family(work)))


def _own_relation(work) -> str:
    me = work.session.get(User, work.actor.user_id)
    work.keys.load([me.id])
    return work.keys.open_body("user", me.id, me.id, "user", me.body).get("relation", "")


def identity_of(work, child: ChildFacts) -> dict:
    """Return all that is kept of who a child is, 身份证号 and contacts included, as `register_child` takes it.

    Raises NotPermitted unless the actor keeps this child's sheet.
    """
    require(work.actor, Permission.KEEP_CHILD, child.subject)
    row = work.session.get(Child, child.id)
    return work.keys.open_body("child", row.id, row.id, "identity", row.body, row.body_version)


@dataclass(frozen=True)
class Viewing:
    """One time somebody opened something of a child, as a guardian is told of it."""

    at: datetime
    organisation: str  # "" for the family itself
    role: str
    purpose: str
    action: str


def who_viewed(work, child: ChildFacts, *, limit: int = 100) -> list[Viewing]:
    """Return who opened the child's record, newest first, one line for each page. Raises NotPermitted."""
    require(work.actor, Permission.READ_AUDIT, child.subject)
    event = AuditEvent
    what = (Organisation.name, event.role, event.purpose, event.action)
    held_back = select(BreakGlass.id).where(BreakGlass.child_id == child.id, BreakGlass.held_until > work.now)
    is_told = or_(event.break_glass_id.is_(None), event.break_glass_id.not_in(held_back))
    rows = work.session.execute(
        select(func.max(event.at), *what)
        .outerjoin(Organisation, Organisation.id == event.organisation_id)
        .where(event.child_id == child.id, event.outcome == "allow", event.purpose != "oversight", is_told)
        .where(event.record_type != "draft")  # its author's alone: nothing was written that anybody could look for
        .group_by(event.request_id, *what)
        .order_by(func.max(event.at).desc())
        .limit(limit)
    )
    return [Viewing(at, organisation or "", role, purpose, action) for at, organisation, role, purpose, action in rows]


@dataclass(frozen=True)
class Account:
    """Who a user is, opened from the account's sealed body."""

    user_id: UUID
    name: str
    phone: str
    relation: str  # of a family account: mother father grandparent other; "" for staff


def accounts_of(work, user_ids: Iterable[UUID]) -> dict[UUID, Account]:
    """Return accounts by id, in one statement and one of the keystore. For people the actor shares a child with."""
    wanted = set(user_ids)
    if not wanted:
        return {}
    work.keys.load(wanted)
    rows = work.session.execute(select(User.id, User.body).where(User.id.in_(wanted)))
    opened = {user_id: work.keys.open_body("user", user_id, user_id, "user", body) for user_id, body in rows}
    return {
        user_id: Account(user_id, body["name"], body["phone"], body.get("relation", ""))
        for user_id, body in opened.items()
    }


@dataclass(frozen=True)
class FamilyMember:
    """A guardian or caregiver of a child, without phone or address: parents may live apart."""

    tie_id: UUID
    user_id: UUID
    kind: str
    authority: str
    name: str
    relation: str
    to_on: date | None = None  # the first day they no longer see anything; None for a guardian


def family_of(work, child: ChildFacts, *kinds: str) -> list[FamilyMember]:
    """Return who of the family has an account for this child: guardians, then caregivers, or those of other kinds."""
    ties = [tie for kind in kinds or FAMILY for tie in child.subject.current(kind)]
    accounts = accounts_of(work, [tie.user_id for tie in ties])
    return [
        FamilyMember(tie.id, tie.user_id, tie.kind, tie.authority, account.name, account.relation, tie.ends_on)
        for tie in ties
        if (account := accounts.get(tie.user_id))
    ]


def _sorted(children: dict[UUID, ChildFacts]) -> list[ChildFacts]:
    return sorted(children.values(), key=lambda child: (child.name, child.birth_on, child.id))


def _facts(work, found: FoundChild) -> ChildFacts:
    row, subject = found.row, found.subject
    identity = work.keys.open_body("child", row.id, row.id, "identity", row.body, row.body_version)
    serving = clinic_doctor_of, teacher_of, receiver_of, receiver_by_link_of, emergency_reader_of
    serves = any(rule(work.actor, subject) for rule in serving)
    return ChildFacts(
        id=row.id,
        number=row.number,
        name=identity["name"],
        sex=identity["sex"],
        birth_on=date.fromisoformat(identity["birth_on"]),
        gestational_days=identity["gestational_days"],
        corrected_below_months=work.content.corrected_age.below_months(identity["gestational_days"]),
        birth_weight_kg=identity["birth_weight_kg"],
        allergies=identity["allergies"],
        clinic_id=row.organisation_id,
        class_name=found.class_name,
        group_id=found.group_id,
        attends=any(tie.kind in ATTENDING for tie in subject.ties),
        contacts=tuple(Contact(**contact) for contact in identity["contacts"]) if serves else (),
        row_version=row.row_version,
        body_version=row.body_version,
        subject=subject,
        drafts=found.drafts,
    )
