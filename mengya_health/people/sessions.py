"""Sessions: which token stands for whom, for how long, and how they are ended."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, and_, bindparam, select, update

from mengya_health.access.actor import Actor, Emergency
from mengya_health.db import Id, UtcTime, new_id
from mengya_health.errors import NotFound, PasswordNeeded
from mengya_health.people import seals
from mengya_health.people.emergency import BreakGlass
from mengya_health.people.models import BoundPhone, User, UserSession
from mengya_health.people.standing import actor_of, is_open, with_standing

STAFF_LONGEST = timedelta(hours=10)
GUARDIAN_LONGEST = timedelta(hours=12)
TOUCHED_EVERY = timedelta(minutes=1)
FRESH_FOR = timedelta(minutes=5)
PHONE_KEPT = timedelta(days=90)
PENDING_FOR = timedelta(minutes=10)
PENDING = ("half", "stale")  # a right password that opens nothing yet: see `entering`


def actor_for(work, token: str | None) -> Actor | None:
    """Return who a session token stands for, in one indexed statement; None for one that is unknown, ended or old.

    A disabled account, or an account or membership whose seal does not hold, opens nothing. When the session was last
    used is left to the door, at most once a minute.
    """
    if not token:
        return None
    asked = {"token_hash": work.keys.session_hash(token), "today": work.today, "now": work.now}
    rows = work.session.execute(_WHO, asked).all()
    if not rows or not _opens(work, rows[0]):
        return None
    session = rows[0].UserSession
    work.session.info["account"] = rows[0].User  # held: a page that names its reader finds the row already there
    if work.now - session.last_used_at >= TOUCHED_EVERY:
        used = update(UserSession).where(UserSession.id == session.id).values(last_used_at=work.now)
        work.after_answer.append(lambda later: later.execute(used))
    return actor_of(
        work,
        rows,
        session_id=session.id,
        session_kind=session.kind,
        reauthenticated_at=session.reauthenticated_at,
        emergency=_emergency(work, rows[0].BreakGlass),
    )


def open_session(work, user_id: UUID, kind: str) -> str:
    """Return a new session's token; beyond the cap on sessions, the one unused for longest ends."""
    token = secrets.token_urlsafe(32)
    is_proven = kind in ("password", "passkey")
    if kind not in PENDING:  # or a password alone could push out whoever is in
        _keep_under_cap(work, user_id)
    session = UserSession(
        id=new_id(),
        token_hash=work.keys.session_hash(token),
        user_id=user_id,
        kind=kind,
        created_at=work.now,
        last_used_at=work.now,
        reauthenticated_at=work.now if is_proven else None,
    )
    seals.seal_opening(work, session)
    work.session.add(session)
    work.session.flush()
    return token


def renew_token(work, kind: str = "password") -> str:
    """Return a new token for the actor's session, after they proved once more who they are; the old one is void.

    `kind` is how: by password or by passkey.
    """
    token = secrets.token_urlsafe(32)
    session = work.session.get(UserSession, work.actor.session_id)
    session.token_hash = work.keys.session_hash(token)
    session.kind = kind
    session.reauthenticated_at = work.now
    seals.seal_opening(work, session)
    work.session.flush()
    return token


def pending_session(work, token: str | None) -> tuple[UserSession, User] | None:
    """Return the session of a right password that waits for one thing more, and its account; None after ten minutes."""
    if not token:
        return None
    found = (
        select(UserSession, User)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.token_hash == work.keys.session_hash(token), UserSession.kind.in_(PENDING))
    )
    row = work.session.execute(found).one_or_none()
    if row is None or row.UserSession.ended_at or work.now - row.UserSession.created_at > PENDING_FOR:
        return None
    return (row.UserSession, row.User) if seals.opens(work, row.UserSession) and is_open(work, row.User) else None


def open_pending(work, session: UserSession) -> str:
    """Return the token of a session that had all it waited for; the one it had before is void."""
    _keep_under_cap(work, session.user_id)
    token = secrets.token_urlsafe(32)
    session.token_hash, session.kind = work.keys.session_hash(token), "password"
    session.created_at = session.last_used_at = session.reauthenticated_at = work.now
    seals.seal_opening(work, session)
    work.session.flush()
    return token


def end_pending(work, session: UserSession) -> None:
    """End a sign-in that somebody gave up half-way."""
    _end(work, UserSession.id == session.id)


def is_fresh(work) -> bool:
    """Return whether the actor gave password or passkey within five minutes, as consents and exports ask for."""
    given_at = work.actor.reauthenticated_at
    return given_at is not None and work.now - given_at <= FRESH_FOR


def require_fresh(work) -> None:
    """Raise PasswordNeeded unless the actor proved within the last five minutes who they are.

    At the command line there is no session: whoever runs it there holds the keyring's passphrase.
    """
    if work.actor.session_kind != "job" and not is_fresh(work):
        raise PasswordNeeded


def sign_out(work) -> None:
    """End the actor's session."""
    _end(work, UserSession.id == work.actor.session_id)


@dataclass(frozen=True)
class OpenSession:
    """One of a user's own open sessions."""

    id: UUID
    kind: str
    created_at: datetime
    last_used_at: datetime
    is_this_one: bool


def sessions_of(work) -> list[OpenSession]:
    """Return the actor's open sessions, the last used first."""
    found = select(UserSession).where(*_open_of(work.actor.user_id))
    return [
        OpenSession(row.id, row.kind, row.created_at, row.last_used_at, row.id == work.actor.session_id)
        for row in work.session.scalars(found.order_by(UserSession.last_used_at.desc()))
    ]


def revoke_session(work, session_id: UUID) -> None:
    """End one of the actor's own sessions. Raises NotFound for anybody else's."""
    if not _end(work, UserSession.id == session_id, UserSession.user_id == work.actor.user_id):
        raise NotFound


@dataclass(frozen=True)
class PhoneBound:
    """One device that opens the actor's pages for reading."""

    id: UUID
    bound_at: datetime
    last_used_at: datetime


def phones_of(work) -> list[PhoneBound]:
    """Return the devices bound to the actor's account."""
    found = select(BoundPhone).where(BoundPhone.user_id == work.actor.user_id, BoundPhone.revoked_at.is_(None))
    return [
        PhoneBound(row.id, row.bound_at, row.last_used_at)
        for row in work.session.scalars(found.order_by(BoundPhone.last_used_at.desc()))
    ]


def revoke_phone(work, phone_id: UUID) -> None:
    """Unbind one of the actor's own devices, and end the sessions devices opened. Raises NotFound."""
    phone = work.session.get(BoundPhone, phone_id)
    if phone is None or phone.user_id != work.actor.user_id or phone.revoked_at:
        raise NotFound
    phone.revoked_at = work.now
    _end(work, UserSession.user_id == work.actor.user_id, UserSession.kind == "device")
    work.session.flush()


# --- inside -----------------------------------------------------------------------------------------------------------


def _open_of(user_id) -> tuple:
    return UserSession.user_id == user_id, UserSession.ended_at.is_(None), UserSession.kind.not_in(PENDING)


# Built once: every request begins with it.
_WHO = with_standing(
    select(UserSession, User, BreakGlass)
    .join(User, User.id == UserSession.user_id)
    .outerjoin(
        BreakGlass,
        and_(
            BreakGlass.user_id == User.id,
            BreakGlass.expires_at > bindparam("now", type_=UtcTime()),
            BreakGlass.ended_at.is_(None),
        ),
    )
    .where(UserSession.token_hash == bindparam("token_hash"))
)


_BEYOND = (
    select(UserSession.id)
    .where(*_open_of(bindparam("user_id", type_=Id())))
    .order_by(UserSession.last_used_at.desc())
    .offset(bindparam("kept"))
)


def _emergency(work, opened: BreakGlass | None) -> Emergency | None:
    """Return the emergency access that is running; one whose seal does not hold opens nothing."""
    if opened is None or not seals.holds(work, BreakGlass, opened):
        return None
    return Emergency(opened.id, opened.child_id, opened.expires_at)


def _opens(work, row: Row) -> bool:
    session, user = row.UserSession, row.User
    idle = work.settings.staff_idle_minutes if row.Membership else work.settings.guardian_idle_minutes
    longest = STAFF_LONGEST if row.Membership else GUARDIAN_LONGEST
    return (
        session.ended_at is None
        and session.kind not in PENDING
        and work.now - session.last_used_at <= timedelta(minutes=idle)
        and work.now - session.created_at <= longest
        and seals.opens(work, session)
        and is_open(work, user)
    )


def _keep_under_cap(work, user_id: UUID) -> None:
    cap = work.settings.session_cap
    if cap is None:
        return
    too_many = work.session.scalars(_BEYOND, {"user_id": user_id, "kept": cap - 1}).all()
    if too_many:
        _end(work, UserSession.id.in_(too_many))


def _end(work, *which) -> int:
    ended = update(UserSession).where(*which, UserSession.ended_at.is_(None)).values(ended_at=work.now)
    return work.session.execute(ended).rowcount
