"""Passwords somebody chooses: how good they must be here, hashed while nobody waits for us, stored."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from mengya_health.crypto.passwords import check_password
from mengya_health.errors import Invalid
from mengya_health.people import notices
from mengya_health.people.account_history import trace
from mengya_health.people.accounts import end_sessions
from mengya_health.people.models import User

LONGEST_USE = timedelta(days=90)  # of a staff password, under the profile dengbao3


def hash_of_new(work, password: str, *, is_staff: bool, context_words: Iterable[str] = ()) -> str:
    """Return the hash of a password somebody chose. Raises Invalid for one that is easily guessed.

    Call it before anything is written: it lets go of the database while the password is hashed.
    """
    words = (work.settings.district, *context_words)
    check_password(password, is_staff=is_staff, context_words=words, profile=work.settings.password_profile)
    work.session.rollback()
    return work.passwords.hash(password)


def require_another(work, user: User, password: str) -> None:
    """Raise Invalid where the new password is the one in use. Lets go of the database meanwhile."""
    stored = user.password_hash
    work.session.rollback()
    if stored and work.passwords.verify(stored, password).ok:
        raise Invalid(fields={"password": ["请换一个和现在不同的密码。 Choose one that differs from the present one."]})


def store_password(work, user: User, password_hash: str, *, keep: UUID | None = None) -> None:
    """Store a password of the user's own choice; their sessions end, all but one, and they are told."""
    user.password_hash, user.password_set_at = password_hash, work.now
    end_sessions(work, user.id, but=keep)
    notices.tell(work.session, user.id, "password_set", work.now)
    trace(work, user, "password")
    work.session.flush()


def is_too_old(work, user: User) -> bool:
    """Return whether a staff password must be changed now: after 90 days, where the profile asks for that."""
    if work.settings.password_profile == "default":  # noqa: S105  the name of a profile
        return False
    return work.now - (user.password_set_at or user.created_at) > LONGEST_USE
