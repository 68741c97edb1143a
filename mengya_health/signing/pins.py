"""The signing PIN: six digits the signer chose, checked anew for each signature."""

from datetime import date

from sqlalchemy import update

from mengya_health.crypto.passwords import check_pin as check_acceptable
from mengya_health.errors import Invalid, NotNow, TooMany
from mengya_health.people.models import User
from mengya_health.people.standing import require_signing_open
from mengya_health.signing.agreement import signing_agreement

TRIES = 5


def set_pin(work, user: User, pin: str, *, birth_dates: tuple[date, ...] = ()) -> None:
    """Store a new PIN for a user who accepted the 电子签名使用约定; make the signing key at the first time.

    Raises Invalid for sequences, repeats and birth dates.
    """
    check_acceptable(pin, birth_dates)
    store_pin(work, user, work.passwords.hash(pin))


def hash_of_pin(work, pin: str, *, birth_dates: tuple[date, ...] = ()) -> str:
    """Return the hash of a PIN that `store_pin` is to store. Raises Invalid as `set_pin` does.

    Call it before anything is written: it lets go of the database while the PIN is hashed.
    """
    check_acceptable(pin, birth_dates)
    work.session.rollback()
    return work.passwords.hash(pin)


def store_pin(work, user: User, pin_hash: str) -> None:
    """Store a PIN by its hash, forget wrong tries, and make the signing key at the first time."""
    user.pin_hash = pin_hash
    user.pin_failures = 0
    user.agreement_accepted_at = user.agreement_accepted_at or work.now
    user.agreement_version = signing_agreement().version
    if user.signing_public is None:
        user.signing_public, user.signing_private = work.keys.new_signing_key(user.id)


def check_pin(work, pin: str) -> User:
    """Return the actor's account when the PIN is theirs: typed for this signature, so nobody else's sign-in will do.

    Raises Invalid when it is not, TooMany after five wrong tries, NotNow when none was ever chosen or signing is
    locked after a reset. A wrong try is counted even though the unit of work rolls back: see `count_wrong_pin`.
    """
    user = work.session.get(User, work.actor.user_id)
    require_signing_open(work, user)
    if user.pin_hash is None:
        raise NotNow(
            "您还没有设签名密码。请先看一看电子签名使用约定，再设一个六位数字。",
            "You have no signing PIN yet. Read the signing agreement and choose six digits first.",
        )
    if user.pin_failures >= TRIES:
        raise _locked()
    if not pin:
        raise Invalid(fields={"pin": ["请输入六位签名密码。 Please type your six-digit signing PIN."]})
    if not work.passwords.verify(user.pin_hash, pin).ok:
        # The row expires with the rollback, and reading it then would open the refused transaction once more.
        user_id = user.id
        work.after_rollback.append(lambda session: count_wrong_pin(session, user_id))
        left = TRIES - user.pin_failures - 1
        if left == 0:
            raise _locked()
        raise Invalid(fields={"pin": [f"签名密码不对，还可以试 {left} 次。 The PIN is not right; {left} tries left."]})
    user.pin_failures = 0
    return user


def count_wrong_pin(session, user_id) -> None:
    """Add one wrong try, in a unit of work of its own: the refused one leaves nothing behind."""
    session.execute(update(User).where(User.id == user_id).values(pin_failures=User.pin_failures + 1))


def _locked() -> TooMany:
    return TooMany(
        "签名密码输错五次，签名已锁定。请用密码重新登录后改签名密码，或到门诊当面办理。",
        "Five wrong PINs: signing is locked. Sign in with your password to choose a new one, or come to the clinic.",
        retry_after_s=900,
    )
