"""Links with which the owner of an account chooses a password: an invitation of the staff, a reset, one at the desk.

Whoever makes a link never chooses or sees the password; a second factor is asked for all the same.
"""

import secrets
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from mengya_health import audit
from mengya_health.access.permissions import Permission, require
from mengya_health.db import new_id
from mengya_health.errors import Invalid, NotFound, NotNow, NotPermitted
from mengya_health.people import notices, seals, second_factor, throttle
from mengya_health.people.account_history import trace
from mengya_health.people.accounts import require_account_change
from mengya_health.people.credential_models import AccountToken
from mengya_health.people.entering import Entrance, enter
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import Child, User
from mengya_health.people.passwords import hash_of_new, store_password
from mengya_health.people.sessions import require_fresh

KEPT = {"invite": timedelta(hours=24), "reset": timedelta(minutes=15), "desk": timedelta(minutes=15)}
LOCKED_FOR = timedelta(hours=24)  # signing, after the staff helped somebody to get in again
TWO_PERSONS_FOR = timedelta(days=30)  # within which one administrator does not do both halves of letting somebody in
TRIES = 5


@dataclass(frozen=True)
class IssuedLink:
    """A link to be handed over, shown once: only its token's hash is kept."""

    path: str = field(repr=False)
    expires_at: datetime


def invite_user(work, user_id: UUID) -> IssuedLink:
    """Make the link with which a new account's owner chooses a password, good for 24 hours; earlier ones are void.

    Raises NotFound, NotPermitted, PasswordNeeded, NotNow for an account that has a password.
    """
    require_account_change(work)
    user = _open_staff(work, user_id)
    if user.password_hash:
        raise NotNow(
            "这个账号已经设过密码。忘了请用“重设密码”。", "This account has a password; start a reset instead."
        )
    return _issue(work, user, "invite")


def start_reset(work, user_id: UUID) -> IssuedLink:
    """Make the link with which one of the staff chooses a new password, good for 15 minutes; they are told.

    It never stands for their second factor. Raises NotFound, NotPermitted, PasswordNeeded, NotNow where the same
    administrator has just taken the second factor off.
    """
    require_account_change(work)
    user = _open_staff(work, user_id)
    _require_second_person(work, user, "factor")
    _helped(work, user, "reset_started")
    return _issue(work, user, "reset")


def take_off_second_factor(work, user_id: UUID) -> None:
    """Take a lost app off an account, after seeing its owner's document; signing is locked for a day, they are told.

    Raises NotFound, NotPermitted, PasswordNeeded, NotNow where the same administrator has just started a reset: then
    one person could come in alone.
    """
    require_account_change(work)
    user = _open_staff(work, user_id)
    _require_second_person(work, user, "reset")
    second_factor.drop_app(work, user)
    _helped(work, user, "app_dropped")
    _keep(work, user, "factor", secrets.token_urlsafe(32), work.now)


def start_guardian_reset(work, child: ChildFacts, user_id: UUID) -> IssuedLink:
    """Make the link with which a guardian, seen in person at the clinic's desk, chooses a new password.

    Good for 15 minutes and only with the child's birth date. Raises NotFound for who is no guardian of this child,
    NotPermitted, PasswordNeeded.
    """
    require(work.actor, Permission.INVITE_GUARDIAN, child.subject)
    require_fresh(work)
    ties = [tie for kind in ("guardian", "caregiver") for tie in child.subject.current(kind)]
    user = work.session.get(User, user_id)
    if user is None or user_id not in {tie.user_id for tie in ties}:
        raise NotFound
    _helped(work, user, "reset_started")
    return _issue(work, user, "desk", child_id=child.id)


def confirm_in_person(work, user_id: UUID) -> None:
    """End the day for which signing is locked, after seeing the owner's document.

    Raises NotFound, NotPermitted, PasswordNeeded, NotNow for who started the reset: it takes a second person.
    """
    require_account_change(work)
    user = _open_staff(work, user_id)
    for kind in ("reset", "factor"):
        _require_second_person(work, user, kind)
    user.signing_locked_until = None
    notices.tell(work.session, user.id, "signing_open", work.now)
    trace(work, user, "signing_open")


def choose_first_password(work, *, token: str, password: str, birth_on: date | None = None) -> Entrance:
    """Spend a link: store the password its holder chose, and let them in as far as a password goes.

    Raises Invalid for a link that is unknown, spent or too old, without saying which and after the same work, for a
    wrong birth date and a weak password; TooMany; NotPermitted for somebody signed in with another account.
    """
    throttle.require_open(work, throttle.address_key(work))
    link = _find(work, token)
    _refuse_others(work, link)
    is_staff = link is None or second_factor.is_staff(work, link.user_id)
    password_hash = hash_of_new(work, password, is_staff=is_staff)
    link = _find(work, token)
    if link is None:
        throttle.count_later(work, throttle.address_key(work), throttle.ADDRESS)
        raise _no_link()
    _require_birth_date(work, link, birth_on)
    once = update(AccountToken).where(AccountToken.id == link.id, AccountToken.spent_at.is_(None))
    if work.session.execute(once.values(spent_at=work.now)).rowcount != 1:
        raise _no_link()
    user = work.session.get(User, link.user_id)
    store_password(work, user, password_hash)
    throttle.forget(work, throttle.account_key(work, user.login_index))
    return enter(work, user)


def asks_birth_date(work, token: str) -> bool:
    """Return whether a link also asks for the child's birth date: those made at the clinic's desk."""
    link = _find(work, token)
    return link is not None and link.kind == "desk"


# --- inside -----------------------------------------------------------------------------------------------------------


def _open_staff(work, user_id: UUID) -> User:
    """Return the account of one of the staff. A family's is none of the administrators' business: NotFound."""
    user = work.session.get(User, user_id, with_for_update=True)
    if user is None or user.status != "active" or not second_factor.is_staff(work, user_id):
        raise NotFound
    return user


def _helped(work, user: User, notice: str) -> None:
    user.signing_locked_until = work.now + LOCKED_FOR
    work.session.flush()
    notices.tell(work.session, user.id, notice, work.now)
    notices.tell(work.session, user.id, "signing_locked", work.now)


def _issue(work, user: User, kind: str, *, child_id: UUID | None = None) -> IssuedLink:
    open_ones = update(AccountToken).where(AccountToken.user_id == user.id, AccountToken.spent_at.is_(None))
    work.session.execute(open_ones.values(spent_at=work.now))
    token = secrets.token_urlsafe(32)
    link = _keep(work, user, kind, token, work.now + KEPT[kind], child_id=child_id)
    trace(work, user, kind)
    return IssuedLink(f"/join/{token}", link.expires_at)


def _keep(
    work, user: User, kind: str, token: str, expires_at: datetime, *, child_id: UUID | None = None
) -> AccountToken:
    link = AccountToken(
        id=new_id(),
        user_id=user.id,
        child_id=child_id,
        kind=kind,
        token_hash=work.keys.session_hash(token),
        made_by=work.actor.user_id,
        made_at=work.now,
        expires_at=expires_at,
        row_version=1,
    )
    seals.seal(work, link)
    work.session.add(link)
    work.session.flush()
    return link


def _find(work, token: str) -> AccountToken | None:
    link = work.session.scalar(select(AccountToken).where(AccountToken.token_hash == work.keys.session_hash(token)))
    if link is None or link.kind not in KEPT or link.spent_at or work.now >= link.expires_at or link.tries >= TRIES:
        return None
    user = work.session.get(User, link.user_id)
    holds = seals.holds(work, AccountToken, link) and seals.holds(work, User, user)
    return link if holds and user.status == "active" else None


def _refuse_others(work, link: AccountToken | None) -> None:
    if link is None or work.actor is None or work.actor.user_id == link.user_id:
        return
    audit.note(work, "U", None, "account", record_id=link.user_id, outcome="deny", reason="link_of_another")
    raise NotPermitted(
        "这个链接是给别人的，只有本人能用。请交给本人；如果是您的，请先退出现在的账号。",
        "This link is somebody else's; only they may use it. If it is yours, sign out of this account first.",
    )


def _require_second_person(work, user: User, kind: str) -> None:
    """Raise NotNow where the actor did the other half of letting somebody in within 30 days.

    A day would be no second person: whoever chose a password by their own link need only wait.
    """
    lately = select(AccountToken.id).where(
        AccountToken.user_id == user.id,
        AccountToken.kind == kind,
        AccountToken.made_by == work.actor.user_id,
        AccountToken.made_at > work.now - TWO_PERSONS_FOR,
    )
    if work.session.scalar(lately.limit(1)):
        raise NotNow(
            "重设密码和取下验证器（或当面确认）要两位管理员分别做。请另一位管理员来做这一步。",
            "A reset and taking the app off (or confirming in person) take two administrators. Ask another one.",
        )


def _require_birth_date(work, link: AccountToken, birth_on: date | None) -> None:
    if link.child_id is None:
        return
    child = work.session.get(Child, link.child_id)
    identity = work.keys.open_body("child", child.id, child.id, "identity", child.body, child.body_version)
    if birth_on is not None and identity["birth_on"] == birth_on.isoformat():
        return
    tried = update(AccountToken).where(AccountToken.id == link.id).values(tries=AccountToken.tries + 1)
    work.after_rollback.append(lambda session: session.execute(tried))
    throttle.count_later(work, throttle.address_key(work), throttle.ADDRESS)
    raise Invalid(fields={"birth_on": ["出生日期和档案不一样，请核对。 Not the child's birth date; please check."]})


def _no_link() -> Invalid:
    message = "这个链接不对、已经用过或过期了。请再要一个。 This link is not right, used or too old; ask for a new one."
    return Invalid(fields={"token": [message]})
