"""Challenges for passkeys: each for one purpose, one account and one sign-in, answered once within five minutes.

They lie in the database, as hashes, so that any web process may take the answer.
"""

from datetime import timedelta

from sqlalchemy import delete, update

from mengya_health.crypto.webauthn import PasskeyRefused
from mengya_health.people.passkey_models import PasskeyChallenge

OPEN_FOR = timedelta(minutes=5)
SIGN_IN = "sign_in"  # the one purpose at which nobody is known yet


def store_challenge(work, purpose: str, challenge: bytes, *, statement: bytes | None = None) -> None:
    """Remember a challenge that is about to be shown, with the statement its answer signs; forget those that are over.

    It belongs to the actor and their session, except at a sign-in.
    """
    work.session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.expires_at < work.now))
    user_id, session_id = _whose(work, purpose)
    work.session.add(
        PasskeyChallenge(
            challenge_hash=work.keys.digest(challenge),
            purpose=purpose,
            user_id=user_id,
            session_id=session_id,
            statement=statement,
            expires_at=work.now + OPEN_FOR,
        )
    )
    work.session.flush()


def take_challenge(work, purpose: str, challenge: bytes) -> bytes | None:
    """Use a challenge up, even where its answer is refused later on; return the statement that was stored with it.

    Raises PasskeyRefused for one that was never made, is used or old, or is somebody else's or of another purpose.
    """
    user_id, session_id = _whose(work, purpose)
    use = (
        update(PasskeyChallenge)
        .where(
            PasskeyChallenge.challenge_hash == work.keys.digest(challenge),
            PasskeyChallenge.purpose == purpose,
            PasskeyChallenge.user_id == user_id,
            PasskeyChallenge.session_id == session_id,
            PasskeyChallenge.expires_at >= work.now,
            PasskeyChallenge.used_at.is_(None),
        )
        .values(used_at=work.now)
    )
    taken = work.session.execute(use.returning(PasskeyChallenge.statement)).one_or_none()
    if taken is None:
        raise PasskeyRefused("challenge")
    work.after_rollback.append(lambda session: session.execute(use))
    return taken.statement


def _whose(work, purpose: str) -> tuple:
    return (None, None) if purpose == SIGN_IN else (work.actor.user_id, work.actor.session_id)
