"""From a right password to an open session: a code of the app, an app to set up first, a password that is too old.

Until all is there the session is a pending one, which opens no page but these steps.
"""

from dataclasses import dataclass, field

from mengya_health.errors import NotNow, SignInNeeded
from mengya_health.people import second_factor
from mengya_health.people.models import User, UserSession
from mengya_health.people.passwords import hash_of_new, is_too_old, require_another, store_password
from mengya_health.people.sessions import end_pending, open_pending, open_session, pending_session

CODE, PASSKEY, SET_UP, NEW_PASSWORD = "code", "passkey", "set_up", "new_password"


@dataclass(frozen=True)
class Entrance:
    """What a step led to: the token to go on with, and the step that is missing, "" when the session is open."""

    token: str = field(repr=False)
    missing: str = ""
    has_news: bool = False  # something happened to the account that its owner has not seen


@dataclass(frozen=True)
class Pending:
    """A sign-in half-way: whose, and what it waits for."""

    session: UserSession
    user: User
    missing: str


def enter(work, user: User) -> Entrance:
    """Return what a right password opens: a session, or a pending one that waits for more."""
    standing = second_factor.standing_of(work, user.id)
    missing = _missing_factor(work, standing)
    if missing:
        return Entrance(open_session(work, user.id, "half"), missing)
    if standing.is_staff and is_too_old(work, user):
        return Entrance(open_session(work, user.id, "stale"), NEW_PASSWORD)
    return Entrance(open_session(work, user.id, "password"), has_news=standing.has_news)


def pending(work, token: str | None) -> Pending:
    """Return the pending sign-in of a token. Raises SignInNeeded where there is none, or not for ten minutes."""
    found = pending_session(work, token)
    if found is None:
        raise SignInNeeded
    session, user = found
    if session.kind == "stale":
        return Pending(session, user, NEW_PASSWORD)
    return Pending(session, user, _missing_factor(work, second_factor.standing_of(work, user.id)))


def give_code(work, token: str | None, code: str) -> Entrance:
    """Take the code of the app, or a spare one. Raises SignInNeeded, NotNow, Invalid, TooMany."""
    waiting = _waiting_for(work, token, CODE)
    second_factor.require_code(work, waiting.user, code)
    return _go_on(work, waiting, token)


def start_app(work, token: str | None) -> None:
    """Begin to set up the app that the staff cannot do without. Raises SignInNeeded, NotNow."""
    second_factor.start_app(work, _waiting_for(work, token, SET_UP).user)


def confirm_app(work, token: str | None, code: str) -> tuple[Entrance, list[str]]:
    """Take the app into use with its first code; return the spare codes too. Raises what `give_code` raises."""
    waiting = _waiting_for(work, token, SET_UP)
    codes = second_factor.confirm_app(work, waiting.user, code)
    return _go_on(work, waiting, token), codes


def choose_password(work, token: str | None, password: str) -> Entrance:
    """Replace a password that is too old. Raises SignInNeeded, NotNow, Invalid."""
    waiting = _waiting_for(work, token, NEW_PASSWORD)
    require_another(work, waiting.user, password)
    password_hash = hash_of_new(work, password, is_staff=True)
    waiting = _waiting_for(work, token, NEW_PASSWORD)
    store_password(work, waiting.user, password_hash, keep=waiting.session.id)
    return Entrance(open_pending(work, waiting.session))


def give_up(work, token: str | None) -> None:
    """End a pending sign-in, to come in as somebody else."""
    found = pending_session(work, token)
    if found:
        end_pending(work, found[0])


# --- inside -----------------------------------------------------------------------------------------------------------


def _waiting_for(work, token: str | None, step: str) -> Pending:
    waiting = pending(work, token)
    if waiting.missing != step:
        raise NotNow("这一步现在不用做。请回到登录页。", "This step is not needed now. Go back to the sign-in page.")
    return waiting


def _missing_factor(work, standing: second_factor.Standing) -> str:
    if standing.has_app:
        return CODE
    if not (standing.is_staff and work.settings.needs_second_factor):
        return ""
    # Who has a passkey comes in with it: with a password alone nobody sets up an app beside it.
    return PASSKEY if standing.has_passkey else SET_UP


def _go_on(work, waiting: Pending, token: str) -> Entrance:
    standing = second_factor.standing_of(work, waiting.user.id)
    if standing.is_staff and is_too_old(work, waiting.user):
        waiting.session.kind = "stale"
        work.session.flush()
        return Entrance(token, NEW_PASSWORD)
    return Entrance(open_pending(work, waiting.session), has_news=standing.has_news)
