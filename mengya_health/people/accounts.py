"""Accounts: users, and what each of them is where.

Nobody but its owner ever chooses a password: an account is made without one, and `account_links` invites its owner.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import or_, select, update

from mengya_health.db import new_id
from mengya_health.errors import Invalid, NotFound
from mengya_health.growth.ages import add_months
from mengya_health.people import notices, seals
from mengya_health.people.account_history import trace
from mengya_health.people.models import CHAIR, BoundPhone, Group, Membership, User, UserSession
from mengya_health.people.places import require_management
from mengya_health.people.sessions import require_fresh

ROLES = (
    "doctor", "teacher", "health_staff", "specialist", "reviewer", "manager", "security_officer", "sysadmin",
    "safeguarding", "area_safeguarding",  # who reads mandatory reports: of one place, of the place's district
)  # fmt: skip
# Whoever keeps the keys must not be the one who watches over their use.
_NEVER_TOGETHER = {"sysadmin": "security_officer", "security_officer": "sysadmin"}
# Whoever works with children or their numbers does so at a place; these two serve the whole installation.
WITHOUT_A_PLACE = ("sysadmin", "security_officer")
IN_A_CLASS = ("teacher", "health_staff")
LONGEST_MONTHS = 12  # of a role; then it is given anew, or ends


def add_user(work, *, login: str, name: str, phone: str = "") -> User:
    """Store a staff account without a password: its owner chooses one. What it may do, its memberships say.

    Raises NotPermitted, PasswordNeeded, Invalid for a login that is taken.
    """
    require_account_change(work)
    user = new_account(work, login=login, name=name, phone=phone)
    trace(work, user, "create", action="C")
    return user


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
    """Give a user a role at a place for a year; `to_on` is the first day it no longer holds.

    Raises NotFound, NotPermitted, PasswordNeeded, Invalid for an unknown role, one that excludes a role the user has,
    a place that does not fit, more than a year.
    """
    require_account_change(work)
    user = _locked(work, user_id)
    _require_role(work, role, organisation_id, group_id)
    _require_compatible(work, user_id, role)
    begins_on = from_on or work.today
    membership = Membership(
        id=new_id(),
        user_id=user_id,
        organisation_id=organisation_id,
        group_id=group_id,
        role=role,
        from_on=begins_on,
        to_on=_end_of(begins_on, to_on),
        row_version=1,
    )
    seals.seal(work, membership)
    _stored(work, membership)
    if user.password_hash:  # an account that nobody has opened yet begins with its roles
        notices.tell(work.session, user_id, "role_given", work.now)
    trace(work, user, "role_grant")
    return membership


def renew_membership(work, membership_id: UUID) -> Membership:
    """Let a role hold for another year from today. Raises NotFound, NotPermitted, PasswordNeeded, Invalid."""
    require_account_change(work)
    membership = _membership(work, membership_id)
    user = _locked(work, membership.user_id)
    _require_compatible(work, membership.user_id, membership.role)
    membership.to_on = _end_of(max(work.today, membership.from_on), None)
    seals.reseal(work, membership)
    work.session.flush()
    trace(work, user, "role_renew")
    return membership


def end_membership(work, membership_id: UUID, *, on: date | None = None) -> Membership:
    """End a membership from a day on, today by default. Raises NotFound, NotPermitted, PasswordNeeded."""
    require_account_change(work)
    membership = _membership(work, membership_id)
    user = _locked(work, membership.user_id)
    membership.to_on = max(on or work.today, membership.from_on)
    seals.reseal(work, membership)
    work.session.flush()
    notices.tell(work.session, user.id, "role_ended", work.now)
    trace(work, user, "role_end")
    return membership


def disable_user(work, user_id: UUID) -> User:
    """Close an account; its sessions and bound phones end in the same transaction."""
    user = _with_status(work, user_id, "disabled")
    end_sessions(work, user_id)
    phones = update(BoundPhone).where(BoundPhone.user_id == user_id, BoundPhone.revoked_at.is_(None))
    work.session.execute(phones.values(revoked_at=work.now))
    return user


def enable_user(work, user_id: UUID) -> User:
    """Open an account again; password and roles are what they were."""
    return _with_status(work, user_id, "active")


# --- building blocks, for commands that have asked for their own permission -----------------------------------------


def new_account(
    work,
    *,
    login: str,
    name: str,
    phone: str,
    password_hash: str = "",
    relation: str = "",
    status: str = "active",
) -> User:
    """Store an account with its keys; "" for the hash of a password that is still to be chosen.

    Any other status than active signs nobody in.

    Raises Invalid for a taken login.
    """
    require_free_login(work, login)
    user = User(
        id=new_id(),
        login_index=work.keys.index.login(login),
        password_hash=password_hash,
        password_set_at=work.now if password_hash else None,
        status=status,
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


def show_as(work, *, large_text: bool | None, language: str | None, letter_keys: bool | None = None) -> None:
    """Keep how the actor wants to read and type: 大字, zh or en, letters as shortcuts; None leaves what is chosen."""
    user = work.session.get(User, work.actor.user_id)
    user.letter_keys = user.letter_keys if letter_keys is None else letter_keys
    user.large_text = user.large_text if large_text is None else large_text
    user.language = language or user.language


def end_sessions(work, user_id: UUID, *, but: UUID | None = None) -> None:
    """End a user's open sessions, all `but` one."""
    open_ones = update(UserSession).where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
    if but:
        open_ones = open_ones.where(UserSession.id != but)
    work.session.execute(open_ones.values(ended_at=work.now))


def require_account_change(work) -> None:
    """Raise NotPermitted for who does not run the system, PasswordNeeded for who did not just prove who they are."""
    require_management(work)
    require_fresh(work)


# --- inside -----------------------------------------------------------------------------------------------------------


def _with_status(work, user_id: UUID, status: str) -> User:
    require_account_change(work)
    user = _locked(work, user_id)
    user.status = status
    seals.reseal(work, user)
    work.session.flush()
    trace(work, user, status)
    return user


def _locked(work, user_id: UUID) -> User:
    """Return an account, locked so that two changes at once cannot slip past each other. Raises NotFound."""
    user = work.session.get(User, user_id, with_for_update=True)
    if user is None:
        raise NotFound
    return user


def _membership(work, membership_id: UUID) -> Membership:
    membership = work.session.get(Membership, membership_id)
    if membership is None or membership.role == CHAIR:  # turns of the rota are the district managers' to give and end
        raise NotFound
    return membership


def _end_of(begins_on: date, to_on: date | None) -> date:
    last = add_months(begins_on, LONGEST_MONTHS)
    if to_on is not None and not begins_on < to_on <= last:
        message = "结束日期要在开始之后、一年以内；到期可以再续。 The end must lie within a year; it can be renewed."
        raise Invalid(fields={"to_on": [message]})
    return to_on or last


def _require_role(work, role: str, organisation_id: UUID | None, group_id: UUID | None) -> None:
    if role not in ROLES:
        raise Invalid(fields={"given_role": ["请从列出的角色里选。 Choose one of the listed roles."]})
    if organisation_id is None and role not in WITHOUT_A_PLACE:
        raise Invalid(fields={"organisation": ["这个角色要选机构。 This role needs an organisation."]})
    group = work.session.get(Group, group_id) if group_id else None
    if group_id and (group is None or group.organisation_id != organisation_id or role not in IN_A_CLASS):
        raise Invalid(
            fields={"group": ["班级和机构、角色对不上，请重选。 This class does not fit the place and role."]}
        )


def _require_compatible(work, user_id: UUID, role: str) -> None:
    excluded = _NEVER_TOGETHER.get(role)
    if excluded is None:
        return
    not_over = or_(Membership.to_on.is_(None), Membership.to_on > work.today)
    held = select(Membership.id).where(Membership.user_id == user_id, Membership.role == excluded, not_over)
    if work.session.scalar(held):
        message = "系统管理员和安全审计员不能是同一个人。 One person cannot be both administrator and security officer."
        raise Invalid(fields={"given_role": [message]})


def _stored(work, row):
    work.session.add(row)
    work.session.flush()
    return row
