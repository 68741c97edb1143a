"""Accounts and places as the command line makes them, in the name of an administrator, one transaction each."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from mengya_health.errors import Invalid, NotFound
from mengya_health.operations.installation import Installation, begin_work
from mengya_health.people import account_links, accounts
from mengya_health.people.acting import actor_of_login
from mengya_health.people.models import Group, Membership, Organisation, Region, User
from mengya_health.work import LOCAL, Work


@contextmanager
def acting_as(installation: Installation, admin: str) -> Iterator[Work]:
    """Open a unit of work of an administrator's, committed at its end. Raises NotPermitted for an unknown account."""
    with begin_work(installation, None, writing=False) as work:
        actor = actor_of_login(work, admin)
    with begin_work(installation, actor) as work:
        yield work


@dataclass(frozen=True)
class Handed:
    """A link to hand over to the owner of an account, as an address, and until when it is good."""

    address: str
    until: str


def add_staff(
    work: Work, *, login: str, name: str, role: str, organisation: str | None, group: str | None = None
) -> Handed:
    """Store an account with its role at the organisation of that code, and return the link for its owner.

    Raises NotPermitted, Invalid for an unknown role, code or class, a role without its place, a taken login.
    """
    user = accounts.add_user(work, login=login, name=name)
    give_role(work, user.id, role=role, organisation=organisation, group=group)
    return _handed(work, account_links.invite_user(work, user.id))


def give_role(work: Work, user_id: UUID, *, role: str, organisation: str | None, group: str | None = None) -> None:
    """Give an account a role at the organisation of that code, in the class of that name; raises as `add_staff`."""
    organisation_id = organisation_of(work, organisation).id if organisation else None
    group_id = group_of(work, organisation_id, group) if group else None
    accounts.add_membership(work, user_id=user_id, role=role, organisation_id=organisation_id, group_id=group_id)


def new_link(work: Work, user_id: UUID) -> Handed:
    """Return a fresh link: an invitation for who has no password yet, else a reset."""
    user = work.session.get(User, user_id)
    make = account_links.start_reset if user.password_hash else account_links.invite_user
    return _handed(work, make(work, user_id))


def renew_roles(work: Work, user_id: UUID) -> int:
    """Let all roles of an account that are not over hold for another year; return how many."""
    held = select(Membership.id).where(Membership.user_id == user_id)
    held = held.where(Membership.to_on.is_(None) | (Membership.to_on > work.today))
    ids = work.session.scalars(held).all()
    for membership_id in ids:
        accounts.renew_membership(work, membership_id)
    return len(ids)


def end_roles(work: Work, user_id: UUID, *, role: str, on: date | None = None) -> None:
    """End one role of an account. Raises NotFound where it has none of that name."""
    held = select(Membership.id).where(Membership.user_id == user_id, Membership.role == role)
    ids = work.session.scalars(held.where(Membership.to_on.is_(None) | (Membership.to_on > work.today))).all()
    if not ids:
        raise NotFound("这个账号没有这个角色。", "This account does not have that role.")
    for membership_id in ids:
        accounts.end_membership(work, membership_id, on=on)


def user_of(work: Work, login: str) -> UUID:
    """Return the account that signs in with a name. Raises NotFound."""
    found = work.session.scalar(select(User.id).where(User.login_index == work.keys.index.login(login)))
    if found is None:
        raise NotFound("没有这个账号，请核对登录名。", "There is no such account; check the sign-in name.")
    return found


def organisation_of(work: Work, code: str) -> Organisation:
    """Return the organisation of a code. Raises Invalid."""
    found = work.session.scalar(select(Organisation).where(Organisation.code == code))
    if found is None:
        raise Invalid(fields={"organisation": ["没有这个机构编码，请核对。 There is no organisation with this code."]})
    return found


def region_of(work: Work, code: str) -> UUID:
    """Return the region of a code. Raises Invalid."""
    found = work.session.scalar(select(Region.id).where(Region.code == code))
    if found is None:
        raise Invalid(
            fields={"region": ["没有这个区划编码，请先建。 There is no region with this code; add it first."]}
        )
    return found


def group_of(work: Work, organisation_id: UUID | None, name: str) -> UUID:
    """Return the class of that name at a place. Raises Invalid."""
    found = work.session.scalar(select(Group.id).where(Group.organisation_id == organisation_id, Group.name == name))
    if found is None:
        raise Invalid(fields={"group": ["这个机构没有这个班。 There is no class of this name at this place."]})
    return found


def _handed(work: Work, link: account_links.IssuedLink) -> Handed:
    until = link.expires_at.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M")
    return Handed(work.settings.base_url.rstrip("/") + link.path, until)
