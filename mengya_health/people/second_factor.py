"""The second factor beside a password: an authenticator app, and spare codes on paper for when it is lost."""

import secrets
from dataclasses import dataclass, field

from sqlalchemy import Date, bindparam, delete, exists, or_, select, update

from mengya_health.crypto import totp
from mengya_health.db import Id
from mengya_health.errors import Invalid, NotNow
from mengya_health.people import notices, throttle
from mengya_health.people.account_history import trace
from mengya_health.people.credential_models import AccountNotice, SpareCode, Totp
from mengya_health.people.models import Membership, User
from mengya_health.people.passkey_models import Passkey

SPARE_CODES = 10
CODE_LENGTH = 10
# Read from paper: no 0 O, 1 I L, 2 Z, 5 S, 8 B, U V.
ALPHABET = "34679ACDEFGHJKMNPQRTWXY"


@dataclass(frozen=True)
class AppSetup:
    """What an app is set up with: the secret to type, or the address for a QR code."""

    secret: str = field(repr=False)
    address: str = field(repr=False)


@dataclass(frozen=True)
class Standing:
    """What decides how an account comes in: has it an app, a passkey, is it one of the staff, has it unread news."""

    has_app: bool
    has_passkey: bool
    is_staff: bool
    has_news: bool


def standing_of(work, user_id) -> Standing:
    """Return what decides how an account comes in, in one statement."""
    return Standing(*work.session.execute(_STANDING, {"user_id": user_id, "today": work.today}).one())


def has_app(work, user_id) -> bool:
    """Return whether an account has an authenticator app in use."""
    return standing_of(work, user_id).has_app


def is_staff(work, user_id) -> bool:
    """Return whether an account has a role somewhere, or is about to have one."""
    return standing_of(work, user_id).is_staff


def is_needed(work, user_id) -> bool:
    """Return whether an account opens nothing without a second factor: the staff's, in production."""
    return work.settings.needs_second_factor and is_staff(work, user_id)


def start_app(work, user: User) -> None:
    """Make a secret for an app. One that is in use stays so until the new one's first code was right."""
    row = work.session.get(Totp, user.id) or Totp(user_id=user.id, last_step=0)
    row.next_secret = _sealed(work, user, totp.new_secret(), "next_secret")
    work.session.add(row)
    work.session.flush()


def setup_of(work, user: User) -> AppSetup | None:
    """Return what the app being set up is given, None where none is."""
    row = work.session.get(Totp, user.id)
    if row is None or row.next_secret is None:
        return None
    secret = _opened(work, user, row.next_secret, "next_secret")
    issuer = f"童馨档案 {work.settings.district}"
    name = work.keys.open_body("user", user.id, user.id, "user", user.body)["name"]
    return AppSetup(secret, totp.address_of(secret, account=name, issuer=issuer))


def confirm_app(work, user: User, code: str) -> list[str]:
    """Take the app being set up into use, and return ten fresh spare codes, shown once; those from before are void.

    Raises Invalid, NotNow, TooMany.
    """
    row = work.session.get(Totp, user.id)
    if row is None or row.next_secret is None:
        raise NotNow("请先开始设置验证器。", "Start setting up the app first.")
    doors = _doors(work, user)
    throttle.require_open(work, *doors)
    secret = _opened(work, user, row.next_secret, "next_secret")
    step = totp.matching_step(secret, _digits(code), work.now)
    if step is None:
        raise _wrong(work, user)
    row.secret, row.next_secret = _sealed(work, user, secret, "secret"), None
    row.last_step, row.confirmed_at = step, work.now
    work.session.flush()
    throttle.forget(work, doors[0])
    notices.tell(work.session, user.id, "app_set", work.now)
    trace(work, user, "second_factor")
    return new_spare_codes(work, user)


def new_spare_codes(work, user: User) -> list[str]:
    """Return ten fresh spare codes; only their keyed hashes are kept, and earlier ones are void."""
    work.session.execute(delete(SpareCode).where(SpareCode.user_id == user.id))
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)) for _ in range(SPARE_CODES)]
    work.session.add_all(SpareCode(code_hash=_code_hashes(work, user, code)[0], user_id=user.id) for code in codes)
    work.session.flush()
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def require_code(work, user: User, typed: str) -> None:
    """Take a code of the app, or a spare code, once. Raises Invalid for any other, TooMany after five wrong ones."""
    doors = _doors(work, user)
    throttle.require_open(work, *doors)
    if not (_take_code(work, user, typed) or _take_spare_code(work, user, typed)):
        raise _wrong(work, user)
    throttle.forget(work, doors[0])


def drop_app(work, user: User) -> None:
    """Take an account's app and spare codes off it; its owner is told."""
    work.session.execute(delete(SpareCode).where(SpareCode.user_id == user.id))
    work.session.execute(delete(Totp).where(Totp.user_id == user.id))
    notices.tell(work.session, user.id, "app_dropped", work.now)
    trace(work, user, "second_factor_off")


# --- inside -----------------------------------------------------------------------------------------------------------


_WHOSE, _TODAY = bindparam("user_id", type_=Id()), bindparam("today", type_=Date())
# Built once: a sign-in is to cost little beside its hash.
_STANDING = select(
    exists().where(Totp.user_id == _WHOSE, Totp.secret.is_not(None)).label("has_app"),
    exists().where(Passkey.user_id == _WHOSE, Passkey.revoked_at.is_(None)).label("has_passkey"),
    exists()
    .where(Membership.user_id == _WHOSE, or_(Membership.to_on.is_(None), Membership.to_on > _TODAY))
    .label("is_staff"),
    exists().where(AccountNotice.user_id == _WHOSE, AccountNotice.seen_at.is_(None)).label("has_news"),
)


def _take_code(work, user: User, typed: str) -> bool:
    row = work.session.get(Totp, user.id)
    if row is None or row.secret is None:
        return False
    step = totp.matching_step(_opened(work, user, row.secret, "secret"), _digits(typed), work.now)
    if step is None:
        return False
    # Compared and set at once: of two who send the same code to two processes, one succeeds.
    once = update(Totp).where(Totp.user_id == user.id, Totp.last_step < step).values(last_step=step)
    return work.session.execute(once).rowcount == 1


def _take_spare_code(work, user: User, typed: str) -> bool:
    code = "".join(character for character in typed.upper() if character.isalnum())
    once = update(SpareCode).where(
        SpareCode.code_hash.in_(_code_hashes(work, user, code)), SpareCode.spent_at.is_(None)
    )
    if work.session.execute(once.values(spent_at=work.now)).rowcount != 1:
        return False
    notices.tell(work.session, user.id, "spare_code_spent", work.now)
    return True


def _wrong(work, user: User) -> Invalid:
    account, address = _doors(work, user)
    throttle.count_later(work, account, throttle.ACCOUNT, owner_id=user.id)
    throttle.count_later(work, address, throttle.ADDRESS)
    message = (
        "验证码不对，或已经用过。请等下一个，再输一次。 Not the right code, or used already; wait for the next one."
    )
    return Invalid(fields={"code": [message]})


def _doors(work, user: User) -> tuple[bytes, bytes]:
    # Apart from the door of the password: a right password must not make room for more guesses at the code.
    return work.keys.code_hash(f"throttle|code|{user.id.hex}"), throttle.address_key(work)


def _digits(typed: str) -> str:
    return "".join(typed.split())


def _code_hashes(work, user: User, code: str) -> list[bytes]:
    return work.keys.code_hashes(f"spare|{user.id.hex}|{code}")


def _sealed(work, user: User, secret: str, column: str) -> bytes:
    return work.keys.seal_body("totp", user.id, user.id, "user", {"secret": secret}, column=column)


def _opened(work, user: User, sealed: bytes, column: str) -> str:
    return work.keys.open_body("totp", user.id, user.id, "user", sealed, column=column)["secret"]
