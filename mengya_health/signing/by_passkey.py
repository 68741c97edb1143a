"""Level L2: a statement is made, stored and shown to the signer's own device, whose answer covers exactly its bytes."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, Select, and_, select

from mengya_health import audit
from mengya_health.crypto import webauthn
from mengya_health.crypto.canonical import read_txjson
from mengya_health.errors import Invalid, NotNow
from mengya_health.people import seals
from mengya_health.people.challenges import store_challenge
from mengya_health.people.models import User
from mengya_health.people.passkey_models import Passkey
from mengya_health.people.passkeys import check_answer, fingerprint, party_of, passkeys_in_use
from mengya_health.people.standing import require_signing_open
from mengya_health.signing.levels import L2
from mengya_health.signing.statements import passkey_challenge

SIGN = "sign"


def usable_passkeys(work) -> list[Passkey]:
    """Return the actor's passkeys.

    Raises NotNow where there is none, the agreement is not accepted, or signing is locked after a reset.
    """
    user = work.session.get(User, work.actor.user_id)
    require_signing_open(work, user)
    if user.agreement_accepted_at is None:
        raise NotNow(
            "请先看一看电子签名使用约定，同意以后再签。", "Read and accept the signing agreement before you sign."
        )
    usable = passkeys_in_use(work)
    if not usable:
        raise NotNow(
            "您还没有通行密钥。请到“我的账号”里添加，或用签名密码签。",
            "You have no passkey yet: add one in your account, or sign with the PIN.",
        )
    return usable


def may_sign_by_passkey(work) -> bool:
    """Return whether `usable_passkeys` would name any, in one statement."""
    return any_usable(work, work.session.execute(user_and_passkeys(work)).all())


def user_and_passkeys(work) -> Select:
    """Return a SELECT of the actor's account with each passkey in use, for `any_usable`."""
    in_use = and_(Passkey.user_id == User.id, Passkey.revoked_at.is_(None))
    return select(User, Passkey).outerjoin(Passkey, in_use).where(User.id == work.actor.user_id)


def any_usable(work, rows: Sequence[Row]) -> bool:
    """Return whether one of these rows lets the actor sign by passkey."""
    has_accepted = rows[0].User.agreement_accepted_at is not None
    return has_accepted and any(row.Passkey and seals.holds(work, Passkey, row.Passkey) for row in rows)


def ask(work, message: bytes, usable: list[Passkey]) -> dict:
    """Store a statement for one answer; return what the browser is asked (`navigator.credentials.get`)."""
    challenge = work.keys.digest(passkey_challenge(message))
    store_challenge(work, SIGN, challenge, statement=message)
    allowed = [each.credential_id for each in usable]
    return webauthn.answer_options(party_of(work), challenge=challenge, allowed=allowed)


def proof_of(work, child_id: UUID, sent: str, expected: dict) -> dict:
    """Return what a signature row keeps of a passkey's answer.

    `expected` are the members the statement must have: an answer to another statement signs nothing here. Raises
    Invalid, and the audit says why; NotNow while signing is locked.
    """
    require_signing_open(work, work.session.get(User, work.actor.user_id))
    answer = check_answer(work, sent, SIGN, child_id=child_id)
    message, passkey, assertion = answer.statement or b"", answer.passkey, answer.assertion
    if not _was_asked(work, message, assertion.challenge):
        raise _refused(work, child_id, "statement")
    pinned = read_txjson(message)
    if {name: pinned.get(name) for name in expected} != expected:
        raise _refused(work, child_id, "statement")
    if fingerprint(work, passkey.credential_id, passkey.public_key).hex() not in pinned["passkeys"]:
        raise _refused(work, child_id, "passkey")
    return {
        "level": L2,
        "statement": message,
        "signature": assertion.signature,
        "public_key": passkey.public_key,
        "credential_id": passkey.credential_id,
        "authenticator_data": assertion.authenticator_data,
        "client_data": assertion.client_data,
    }


def _was_asked(work, message: bytes, challenge: bytes) -> bool:
    return bool(message) and work.keys.digest(passkey_challenge(message)) == challenge


def _refused(work, child_id: UUID, reason: str) -> Invalid:
    audit.note(work, "Sign", child_id, "passkey", outcome="deny", reason=reason)
    message = (
        "签的不是这一页的内容，没有收下。请刷新页面再签。 This answer is not for this page; reload and sign again."
    )
    return Invalid(fields={"passkey": [message]})
