"""Places and accounts: regions, organisations, classes, users, and what each user is where."""

from datetime import date
from uuid import UUID

from sqlalchemy import or_, select, update

from mengya_health.access.actor import PlaceSubject
from mengya_health.access.permissions import Permission, require
from mengya_health.crypto.passwords import check_password
from mengya_health.db import new_id
from mengya_health.errors import Invalid, NotFound
from mengya_health.people import seals
from mengya_health.people.models import BoundPhone, Group, Membership, Organisation, Region, User, UserSession

ROLES = ("doctor", "teacher", "health_staff", "specialist", "reviewer", "manager", "security_officer", "sysadmin")
# Whoever keeps the keys must not be the one who watches over their use.
_NEVER_TOGETHER = {"sysadmin": "security_officer", "security_officer": "sysadmin"}


def add_region(work, *, code: str, name: str, parent_id: UUID | None = None) -> Region:
    """Store a 市, 区 or 街镇 by its code (GB/T 2260, three digits more for a 街镇)."""
    _require_management(work)
    return _stored(work, Region(id=new_id(), code=code, name=name, parent_id=parent_id))


def add_organisation(work, *, region_id: UUID, kind: str, code: str, name: str, phone: str = "") -> Organisation:
    """Store a clinic, hospital, kindergarten … of a region."""
    _require_management(work)
    return _stored(work, Organisation(id=new_id(), region_id=region_id, kind=kind, code=code, name=name, phone=phone))


def add_group(work, *, organisation_id: UUID, name: str) -> Group:
    """Store a class of a kindergarten or baby house."""
    _require_management(work)
    return _stored(work, Group(id=new_id(), organisation_id=organisation_id, name=name))


def add_user(work, *, login: str, name: str, password: str, phone: str = "") -> User:
    """Store a staff account with its first password; what it may do, its memberships say.

    Raises NotPermitted, Invalid for a login that is taken or a password too easy to guess.
    """
    _require_management(work)
    return new_account(work, login=login, name=name, phone=phone, password=password, is_staff=True)


def add_membership(
    work,
    *,
    user_id: UUID,
    role: str,
    organisation_id: UUID | None = None,
    group_id: UUID | None = None,
    from_on: date | None = None,
    to_on: date | None = None,
) -> Membership:
    """Give a user a role at a place; `to_on` is the first day it no longer holds.

    Raises NotFound, NotPermitted, Invalid for an unknown role or one that excludes a role the user has.
    """
    _require_management(work)
    if role not in ROLES:
        raise Invalid(fields={"role": ["请从列出的角色里选。 Choose one of the listed roles."]})
    # The account is locked, so that two grants at once cannot slip past each other.
    user = work.session.get(User, user_id, with_for_update=True)
    if user is None:
        raise NotFound
    _require_compatible(work, user_id, role)
    membership = Membership(
        id=new_id(),
        user_id=user_id,
        organisation_id=organisation_id,
        group_id=group_id,
        role=role,
        from_on=from_on or work.today,
        to_on=to_on,
        row_version=1,
    )
    seals.seal(work, membership)
    return _stored(work, membership)


def end_membership(work, membership_id: UUID, *, on: date | None = None) -> Membership:
    """End a membership from a day on, today by default."""
    _require_management(work)
    membership = work.session.get(Membership, membership_id)
    if membership is None:
        raise NotFound
    membership.to_on = max(on or work.today, membership.from_on)
    seals.reseal(work, membership)
    work.session.flush()
    return membership


def name_lead(work, organisation_id: UUID, user_id: UUID) -> None:
    """Name the lead doctor or teacher of a place: the next named person when something is overdue."""
    _require_management(work)
    organisation = work.session.get(Organisation, organisation_id)
    if organisation is None:
        raise NotFound
    organisation.lead_user_id = user_id
    work.session.flush()


def disable_user(work, user_id: UUID) -> User:
    """Close an account; its sessions and bound phones end in the same transaction."""
    _require_management(work)
    user = work.session.get(User, user_id)
    if user is None:
        raise NotFound
    user.status = "disabled"
    seals.reseal(work, user)
    end_sessions(work, user_id)
    phones = update(BoundPhone).where(BoundPhone.user_id == user_id, BoundPhone.revoked_at.is_(None))
    work.session.execute(phones.values(revoked_at=work.now))
    work.session.flush()
    return user


# --- building blocks, for commands that have asked for their own permission -----------------------------------------


def new_account(work, *, login: str, name: str, phone: str, password: str, is_staff: bool, relation: str = "") -> User:
    """Store an account with its keys. Raises Invalid for a taken login or a password too easy to guess."""
    check_password(password, is_staff=is_staff, context_words=(login, name))
    require_free_login(work, login)
    user = User(
        id=new_id(),
        login_index=work.keys.index.login(login),
        password_hash=work.passwords.hash(password),
        status="active",
        language="zh",
        created_at=work.now,
        row_version=1,
    )
    work.keys.create_user_keys([user.id])
    body = {"name": name, "phone": phone, "relation": relation}
    user.body = work.keys.seal_body("user", user.id, user.id, "user", body)
    seals.seal(work, user)
    return _stored(work, user)


def require_free_login(work, login: str) -> None:
    """Raise Invalid when another account signs in with this name."""
    if work.session.scalar(select(User.id).where(User.login_index == work.keys.index.login(login))):
        message = "这个登录名已经有账号了，请换一个；如果是您的账号，请先登录。 This sign-in name is taken."
        raise Invalid(fields={"login": [message]})


def set_password(work, user: User, password: str, *, is_staff: bool) -> None:
    """Store a new password of the user's own choice; all their other sessions end. Raises Invalid."""
    check_password(password, is_staff=is_staff)
    user.password_hash = work.passwords.hash(password)
    keep = work.actor.session_id if work.actor else None
    end_sessions(work, user.id, but=keep)
    work.session.flush()


def show_as(work, *, large_text: bool | None, language: str | None) -> None:
    """Keep how the actor wants to read: 大字 on or off, zh or en; None leaves what is chosen."""
    user = work.session.get(User, work.actor.user_id)
    user.large_text = user.large_text if large_text is None else large_text
    user.language = language or user.language


def end_sessions(work, user_id: UUID, *, but: UUID | None = None) -> None:
    """End a user's open sessions, all `but` one."""
    open_ones = update(UserSession).where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
    if but:
        open_ones = open_ones.where(UserSession.id != but)
    work.session.execute(open_ones.values(ended_at=work.now))


def _require_management(work) -> None:
    require(work.actor, Permission.MANAGE_USERS, PlaceSubject(None))


def _require_compatible(work, user_id: UUID, role: str) -> None:
    excluded = _NEVER_TOGETHER.get(role)
    if excluded is None:
        return
    not_over = or_(Membership.to_on.is_(None), Membership.to_on > work.today)
    held = select(Membership.id).where(Membership.user_id == user_id, Membership.role == excluded, not_over)
    if work.session.scalar(held):
        message = "系统管理员和安全审计员不能是同一个人。 One person cannot be both administrator and security officer."
        raise Invalid(fields={"role": [message]})


def _stored(work, row):
    work.session.add(row)
    work.session.flush()
    return row
