"""Sign in by password or bound phone, give the password once more, change it."""

import secrets

from sqlalchemy import bindparam, select

from mengya_health.db import new_id
from mengya_health.errors import Invalid, NotPermitted, SignInNeeded
from mengya_health.people import seals, second_factor, throttle
from mengya_health.people.entering import Entrance, enter
from mengya_health.people.models import BoundPhone, User
from mengya_health.people.passwords import hash_of_new, store_password
from mengya_health.people.sessions import (
    PHONE_KEPT,
    actor_for,
    is_fresh,
    open_session,
    phones_of,
    renew_token,
    require_fresh,
    revoke_phone,
    revoke_session,
    sessions_of,
    sign_out,
)

__all__ = [
    "actor_for",
    "bind_phone",
    "change_password",
    "is_fresh",
    "needs_code",
    "open_by_phone",
    "phones_of",
    "prove",
    "reauthenticate",
    "require_fresh",
    "revoke_phone",
    "revoke_session",
    "sessions_of",
    "sign_in",
    "sign_out",
]


def sign_in(work, *, login: str, password: str) -> Entrance:
    """Return what the right password led to: an open session, or a pending one and what it waits for.

    Raises Invalid for a wrong login or password, without saying which and after the same work; TooMany after too many
    failures at one account or from one address, counted for all processes. Call it before anything else is written:
    it lets go of the database while the password is hashed.
    """
    login_index = work.keys.index.login(login)
    doors = throttle.account_key(work, login_index), throttle.address_key(work)
    failed_at = throttle.require_open(work, *doors)
    user = work.session.scalar(_BY_LOGIN, {"login_index": login_index})
    owner_id = user.id if user else None
    if not _fits(work, user, password):
        throttle.count_later(work, doors[0], throttle.ACCOUNT, owner_id=owner_id)
        throttle.count_later(work, doors[1], throttle.ADDRESS)
        raise _wrong("账号或密码不对，请再看一遍。 The sign-in name or the password is not right.")
    if doors[0] in failed_at:
        throttle.forget(work, doors[0])
    return enter(work, user)


def needs_code(work) -> bool:
    """Return whether the actor's password alone is not enough: they have an app, and gave no code lately."""
    return not is_fresh(work) and second_factor.has_app(work, work.actor.user_id)


def reauthenticate(work, *, password: str, code: str = "") -> str:
    """Return a new token for the actor's session, whose password (and code, where they have an app) came just now.

    Raises Invalid or TooMany.
    """
    user = _require_own_password(work, password)
    if needs_code(work):
        second_factor.require_code(work, user, code)
    return renew_token(work)


def prove(work, *, password: str, code: str = "") -> None:
    """Raise Invalid or TooMany unless these are the actor's own password, and code where they have an app.

    For the command line, where nobody has a session.
    """
    user = _require_own_password(work, password)
    if second_factor.has_app(work, user.id):
        second_factor.require_code(work, user, code)


def change_password(work, *, old_password: str, password: str, code: str = "") -> None:
    """Replace the actor's password; their other sessions end. Raises Invalid or TooMany."""
    password_hash = hash_of_new(work, password, is_staff=bool(work.actor.places))
    user = _require_own_password(work, old_password, field="old_password")
    if needs_code(work):
        second_factor.require_code(work, user, code)
    store_password(work, user, password_hash, keep=work.actor.session_id)


def bind_phone(work) -> str:
    """Return a token with which this device opens the actor's pages for reading, without a password.

    For families only, and only just after the password was given: raises NotPermitted, PasswordNeeded.
    """
    if work.actor.places:
        raise NotPermitted
    require_fresh(work)
    token = secrets.token_urlsafe(32)
    phone = BoundPhone(
        id=new_id(),
        user_id=work.actor.user_id,
        token_hash=work.keys.session_hash(token),
        bound_at=work.now,
        last_used_at=work.now,
    )
    seals.seal_opening(work, phone)
    work.session.add(phone)
    work.session.flush()
    return token


def open_by_phone(work, phone_token: str | None) -> str:
    """Return the token of a new session that only reads. Raises SignInNeeded for a device that is not bound."""
    token_hash = work.keys.session_hash(phone_token or "")
    phone = work.session.scalar(select(BoundPhone).where(BoundPhone.token_hash == token_hash))
    if phone is None or phone.revoked_at or work.now - phone.last_used_at > PHONE_KEPT:
        raise SignInNeeded
    user = work.session.get(User, phone.user_id)
    if user.status != "active" or not (seals.opens(work, phone) and seals.holds(work, User, user)):
        raise SignInNeeded
    phone.last_used_at = work.now
    return open_session(work, user.id, "device")


# --- inside -----------------------------------------------------------------------------------------------------------


# Built once: a sign-in is to cost little beside its hash.
_BY_LOGIN = select(User).where(User.login_index == bindparam("login_index"))


def _fits(work, user: User | None, password: str) -> bool:
    """Return whether this is the password of an open account. An unknown one costs the same work."""
    stored, login_index = (user.password_hash, user.login_index) if user else ("", b"")
    # A hash takes a tenth of a second, more in the line: meanwhile nobody waits for us to write.
    work.session.rollback()
    if not stored:  # no account, or one whose owner has not chosen a password yet
        work.passwords.verify_nothing(password)
        return False
    verified = work.passwords.verify(stored, password)
    made_anew = work.passwords.hash(password) if verified.needs_rehash else stored
    work.session.scalar(_BY_LOGIN, {"login_index": login_index}, execution_options={"populate_existing": True})
    opens = verified.ok and user.status == "active" and user.password_hash == stored
    if opens and seals.holds(work, User, user):
        user.password_hash = made_anew
        return True
    return False


def _require_own_password(work, password: str, *, field: str = "password") -> User:
    user = work.session.get(User, work.actor.user_id)
    door = throttle.account_key(work, user.login_index)
    throttle.require_open(work, door)
    if not _fits(work, user, password):
        throttle.count_later(work, door, throttle.ACCOUNT, owner_id=work.actor.user_id)
        raise _wrong("密码不对，请再输一次。 The password is not right; please type it again.", field=field)
    throttle.forget(work, door)
    return user


def _wrong(message: str, *, field: str = "password") -> Invalid:
    return Invalid(fields={field: [message]})
