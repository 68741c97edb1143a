"""Passkeys of one's own: make one, come in with it, confirm with it, take it back.

A passkey is both factors in one: something one has, opened by a finger, a face or the device's code. It works without
a name: the device offers the accounts it knows here.
"""

import os
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from mengya_health import audit
from mengya_health.crypto import webauthn
from mengya_health.crypto.webauthn import Assertion, PasskeyRefused
from mengya_health.db import new_id
from mengya_health.errors import Invalid, NotNow
from mengya_health.history import chain
from mengya_health.people import notices, seals, throttle
from mengya_health.people.challenges import SIGN_IN, store_challenge, take_challenge
from mengya_health.people.models import User
from mengya_health.people.passkey_models import Passkey
from mengya_health.people.sessions import open_session, renew_token, require_fresh
from mengya_health.people.standing import is_open

ENROL, CONFIRM = "enrol", "confirm"
MOST = 10  # passkeys of one account that are in use


@dataclass(frozen=True)
class Answer:
    """A passkey's answer that was checked and holds."""

    passkey: Passkey
    assertion: Assertion
    statement: bytes | None  # what it signs, where that was its purpose


# --- making one -------------------------------------------------------------------------------------------------------


def enrolment_options(work, *, name: str) -> dict:
    """Return what the browser needs to make a passkey; `name` is the owner's, shown by the device.

    Raises PasswordNeeded unless password or passkey were given within five minutes, NotNow for one too many.
    """
    require_fresh(work)
    known = _in_use(work, work.actor.user_id)
    if len(known) >= MOST:
        raise NotNow(
            f"一个账号最多 {MOST} 把通行密钥，请先停用一把不用的。",
            f"An account has at most {MOST} passkeys; revoke one that you no longer use.",
        )
    challenge = _new_challenge(work, ENROL)
    return webauthn.enrolment_options(
        party_of(work),
        challenge=challenge,
        user_id=work.actor.user_id.bytes,
        user_name=name,
        known=[each.credential_id for each in known],
    )


def enrol(work, sent: str, *, name: str) -> Passkey:
    """Store the passkey the browser has made, self-enrolled. Raises PasswordNeeded, Invalid where it does not hold."""
    require_fresh(work)
    try:
        challenge = webauthn.challenge_of_enrolment(sent)
        take_challenge(work, ENROL, challenge)
        made = webauthn.verify_enrolment(party_of(work), sent, challenge)
        if work.session.scalar(select(Passkey.id).where(Passkey.credential_id == made.credential_id)):
            raise PasskeyRefused("known")
    except PasskeyRefused as refused:
        raise _refused(work, refused.reason) from refused
    passkey = Passkey(
        id=new_id(),
        user_id=work.actor.user_id,
        credential_id=made.credential_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        backup_eligible=made.backup_eligible,
        backup_state=made.backup_state,
        transports=made.transports,
        created_at=work.now,
        row_version=1,
    )
    seal_name(work, passkey, name)
    seals.seal(work, passkey)
    work.session.add(passkey)
    work.session.flush()
    trace(work, passkey, "create")
    notices.tell(work.session, passkey.user_id, "passkey_added", work.now)
    return passkey


# --- using one --------------------------------------------------------------------------------------------------------


def sign_in_options(work) -> dict:
    """Return what the browser needs to sign in by passkey, without a name. Raises TooMany."""
    throttle.require_open(work, throttle.address_key(work))
    return webauthn.answer_options(party_of(work), challenge=_new_challenge(work, SIGN_IN), allowed=[])


def sign_in_by_passkey(work, sent: str) -> str:
    """Return the token of a new session of the passkey's owner. Raises Invalid, TooMany."""
    door = throttle.address_key(work)
    throttle.require_open(work, door)
    try:
        answer = check_answer(work, sent, SIGN_IN)
    except Invalid:
        throttle.count_later(work, door, throttle.ADDRESS)
        raise
    return open_session(work, answer.passkey.user_id, "passkey")


def confirm_options(work) -> dict:
    """Return what the browser needs to confirm that the actor is still there."""
    allowed = [each.credential_id for each in _in_use(work, work.actor.user_id)]
    return webauthn.answer_options(party_of(work), challenge=_new_challenge(work, CONFIRM), allowed=allowed)


def reauthenticate_by_passkey(work, sent: str) -> str:
    """Return a new token for the actor's session, whose passkey was used just now. Raises Invalid."""
    check_answer(work, sent, CONFIRM)
    return renew_token(work, "passkey")


def check_answer(work, sent: str, purpose: str, *, child_id: UUID | None = None) -> Answer:
    """Return a passkey's answer once it holds, and keep the passkey's new counter.

    It must answer an open challenge of this purpose, session and person, come from our own page, be made by a passkey
    in use of the actor's own (of anybody's at a sign-in), with its owner verified and its counter grown. Raises
    Invalid; what was wrong stands in the audit, where `child_id` names whose record it was about.
    """
    try:
        assertion = webauthn.read_assertion(sent)
        statement = take_challenge(work, purpose, assertion.challenge)
        passkey = _passkey_of(work, assertion, purpose)
        count, is_backed_up = webauthn.verify_assertion(
            party_of(work),
            assertion,
            challenge=assertion.challenge,
            public_key=passkey.public_key,
            sign_count=passkey.sign_count,
            backup_eligible=passkey.backup_eligible,
        )
    except PasskeyRefused as refused:
        raise _refused(work, refused.reason, child_id=child_id) from refused
    passkey.sign_count, passkey.backup_state, passkey.last_used_at = count, is_backed_up, work.now
    seals.reseal(work, passkey)
    work.session.flush()
    return Answer(passkey, assertion, statement)


def passkeys_in_use(work) -> list[Passkey]:
    """Return the actor's own passkeys that may sign: not revoked, and the rows are ours."""
    return _in_use(work, work.actor.user_id)


def has_passkey(work, user_id: UUID) -> bool:
    """Return whether an account has a passkey in use."""
    return bool(_in_use(work, user_id))


def party_of(work) -> webauthn.RelyingParty:
    """Return the relying party of this installation."""
    return webauthn.relying_party(work.settings.base_url)


# --- building blocks, for the modules that keep passkeys and sign with them -------------------------------------------


def fingerprint(work, credential_id: bytes, public_key: bytes) -> bytes:
    """Return 32 bytes that stand for one passkey: H(credential id ‖ public key). Statements of L2 name it."""
    return work.keys.digest(credential_id + public_key)


def seal_name(work, passkey: Passkey, name: str) -> None:
    """Store the name its owner gave a passkey."""
    body = {"name": name}
    passkey.body = work.keys.seal_body("passkey", passkey.id, passkey.user_id, "user", body)


def trace(work, passkey: Passkey, op: str) -> None:
    """Put a change of a passkey on the deployment's own chain, so that checkpoints say when it was."""
    chain.note_event(
        work,
        child_id=work.deployment_id,
        rec=passkey.id,
        rec_type="passkey",
        rec_ver=passkey.row_version,
        op=op,
        commit=fingerprint(work, passkey.credential_id, passkey.public_key),
    )
    audit.note(work, "C" if op == "create" else "U", None, "passkey", record_id=passkey.id, reason=op)


# --- inside -----------------------------------------------------------------------------------------------------------


def _new_challenge(work, purpose: str) -> bytes:
    challenge = os.urandom(32)
    store_challenge(work, purpose, challenge)
    return challenge


def _passkey_of(work, assertion: Assertion, purpose: str) -> Passkey:
    chosen = select(Passkey).where(Passkey.credential_id == assertion.credential_id).with_for_update()
    passkey = work.session.scalar(chosen)
    if passkey is None or not seals.holds(work, Passkey, passkey):
        raise PasskeyRefused("unknown")
    if passkey.revoked_at:
        raise PasskeyRefused("revoked")
    if purpose == SIGN_IN:
        if not is_open(work, work.session.get(User, passkey.user_id)):
            raise PasskeyRefused("account")
    elif passkey.user_id != work.actor.user_id:
        raise PasskeyRefused("not_theirs")
    if assertion.user_handle not in (None, passkey.user_id.bytes):
        raise PasskeyRefused("not_theirs")
    return passkey


def _in_use(work, user_id: UUID) -> list[Passkey]:
    chosen = select(Passkey).where(Passkey.user_id == user_id, Passkey.revoked_at.is_(None))
    return [row for row in work.session.scalars(chosen.order_by(Passkey.id)) if seals.holds(work, Passkey, row)]


def _refused(work, reason: str, *, child_id: UUID | None = None) -> Invalid:
    action = "Sign" if child_id else "U"
    audit.note(work, action, child_id, "passkey", outcome="deny", reason=reason)
    message = (
        "这把通行密钥没有通过，请再试一次，或改用密码。 The passkey was not accepted; try again, or use your password."
    )
    return Invalid(fields={"passkey": [message]})
