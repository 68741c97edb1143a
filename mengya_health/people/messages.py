"""Messages to accounts: what must be told at once, and what the owner of an account chooses about them."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from mengya_health.db import new_id
from mengya_health.errors import Invalid, NotNow, PasswordNeeded
from mengya_health.people import notices, throttle
from mengya_health.people.account_history import trace
from mengya_health.people.message_models import CODE, URGENT, Message
from mengya_health.people.models import Membership, User
from mengya_health.people.subjects import current

CODE_HOLDS = timedelta(minutes=30)
CODES_A_DAY = 5
_ASKED = ("email_asked", "email_code", "email_until")


def tell_at_once(work, user_ids: Iterable[UUID], *, subject_id: UUID) -> None:
    """Ask for an urgent message to these accounts about one task; it waits neither for the morning nor for an undo."""
    for user_id in sorted(set(user_ids), key=str):
        work.session.add(new_message(work, user_id, URGENT, subject_id=subject_id, number=1))


def staff_of(work, organisation_id: UUID, *roles: str) -> list[UUID]:
    """Return the accounts that hold one of these roles at a place today."""
    held = select(Membership.user_id).where(
        Membership.organisation_id == organisation_id, Membership.role.in_(roles), current(Membership, work.today)
    )
    return list(work.session.scalars(held.distinct()))


def new_message(work, user_id: UUID, kind: str, *, subject_id: UUID, number: int = 0, status: str = "requested"):
    """Return a message that is not stored yet."""
    return Message(
        id=new_id(),
        user_id=user_id,
        kind=kind,
        subject_id=subject_id,
        told_on=work.today,
        number=number,
        status=status,
        next_at=work.now,
        created_at=work.now,
    )


def see_inbox(work) -> None:
    """Note that the actor has looked at what waits for them. They say so: opening a page changes nothing."""
    seen = update(User).where(User.id == work.actor.user_id)
    work.session.execute(seen.values(inbox_seen_at=work.now))


def account_body(work, user: User) -> dict:
    """Return what an account's sealed body says."""
    work.keys.load([user.id])
    return work.keys.open_body("user", user.id, user.id, "user", user.body)


def choose_digest(work, *, is_wanted: bool) -> None:
    """Turn the daily message on or off; what is urgent comes all the same."""
    user = _me(work)
    _keep(work, user, account_body(work, user) | {"digest": is_wanted})


def ask_email(work, email: str) -> None:
    """Send a code to a mail address, which counts once the code was typed.

    Raises NotNow where no mail can be sent, or after five codes on one day; PasswordNeeded for a bound phone.
    """
    if "mail" not in work.settings.channels:
        raise NotNow("本系统还没有接通邮件。请系统管理员设置。", "No mail is set up here; ask the administrator.")
    today = select(Message.id).where(
        Message.user_id == work.actor.user_id, Message.kind == CODE, Message.told_on == work.today
    )
    if len(work.session.scalars(today).all()) >= CODES_A_DAY:
        raise NotNow("今天要了太多次验证码，请明天再试。", "Too many codes today; try again tomorrow.")
    user = _me(work)
    asked = {
        "email_asked": email,
        "email_code": f"{secrets.randbelow(10**6):06d}",
        "email_until": (work.now + CODE_HOLDS).isoformat(),
    }
    _keep(work, user, account_body(work, user) | asked)
    work.session.add(new_message(work, user.id, CODE, subject_id=new_id(), number=1))


def confirm_email(work, code: str) -> None:
    """Take a mail address into use whose code this is. Raises Invalid for a wrong or old code, TooMany."""
    user = _me(work)
    door = throttle.account_key(work, b"email" + user.id.bytes)
    throttle.require_open(work, door)
    body = account_body(work, user)
    until = body.get("email_until", "")
    is_right = secrets.compare_digest(body.get("email_code", "").encode(), code.encode())
    if not until or work.now > datetime.fromisoformat(until) or not is_right:
        throttle.count_later(work, door, throttle.ACCOUNT)
        raise Invalid(fields={"code": ["验证码不对或过期了，请再看一遍。 The code is not right, or too old."]})
    kept = {name: value for name, value in body.items() if name not in _ASKED}
    _keep(work, user, kept | {"email": body["email_asked"]})
    notices.tell(work.session, user.id, "email_set", work.now)


def drop_email(work) -> None:
    """Forget the actor's mail address, and one that waits for its code."""
    user = _me(work)
    body = account_body(work, user)
    _keep(work, user, {name: value for name, value in body.items() if name not in (*_ASKED, "email")})
    notices.tell(work.session, user.id, "email_set", work.now)


def _me(work) -> User:
    if work.actor.session_kind == "device":  # a bound phone only reads
        raise PasswordNeeded
    return work.session.get(User, work.actor.user_id, with_for_update=True)


def _keep(work, user: User, body: dict) -> None:
    user.body = work.keys.seal_body("user", user.id, user.id, "user", body)
    work.session.flush()
    trace(work, user, "messages")
