"""Passkeys of one's own: make one, come in with it, confirm with it, take it back.

A passkey is both factors in one: something one has, opened by a finger, a face or the device's code. It works without
a name: the device offers the accounts it knows here.
"""

import os
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from mengya_health import audit
from mengya_health.access.actor import PlaceSubject
from mengya_health.access.permissions import Permission, is_allowed, require
from mengya_health.crypto import webauthn
from mengya_health.crypto.webauthn import Assertion, PasskeyRefused
from mengya_health.db import new_id
from mengya_health.errors import Invalid, NotFound, NotNow, SignInNeeded
from mengya_health.history import chain
from mengya_health.people import seals, throttle
from mengya_health.people.challenges import SIGN_IN, store_challenge, take_challenge
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import User
from mengya_health.people.passkey_models import Passkey
from mengya_health.people.sessions import is_fresh, open_session, renew_token
from mengya_health.people.standing import is_open

ENROL, CONFIRM = "enrol", "confirm"
MOST = 10  # passkeys of one account that are in use
CODE_DIGITS = 8


@dataclass(frozen=True)
class PasskeyFacts:
    """One passkey as its owner, or a witness, sees it."""

    id: UUID
    user_id: UUID
    name: str
    code: str  # eight digits of its fingerprint, to be compared by eye
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    is_synced: bool  # its vendor may copy it to other devices
    witness_id: UUID | None
    is_in_person: bool  # two of the staff saw its owner and a document


@dataclass(frozen=True)
class Answer:
    """A passkey's answer that was checked and holds."""

    passkey: Passkey
    assertion: Assertion
    statement: bytes | None  # what it signs, where that was its purpose


# --- making one -------------------------------------------------------------------------------------------------------


def enrolment_options(work, *, name: str) -> dict:
    """Return what the browser needs to make a passkey; `name` is the owner's, shown by the device.

    Raises SignInNeeded unless password or passkey were given within five minutes, NotNow for one too many.
    """
    _require_fresh(work)
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
    """Store the passkey the browser has made, self-enrolled. Raises SignInNeeded, Invalid where it does not hold."""
    _require_fresh(work)
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
    _name(work, passkey, name)
    seals.seal(work, passkey)
    work.session.add(passkey)
    work.session.flush()
    _trace(work, passkey, "create")
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


# --- keeping them -----------------------------------------------------------------------------------------------------


def my_passkeys(work) -> list[PasskeyFacts]:
    """Return the actor's passkeys, the newest first, those taken back too."""
    return passkeys_of(work, [work.actor.user_id])


def passkeys_of(work, user_ids: list[UUID]) -> list[PasskeyFacts]:
    """Return the passkeys of accounts, the newest first, for callers that have asked for their own permission."""
    work.keys.load(user_ids)
    chosen = select(Passkey).where(Passkey.user_id.in_(user_ids)).order_by(Passkey.created_at.desc())
    return [_facts(work, row) for row in work.session.scalars(chosen) if seals.holds(work, Passkey, row)]


def rename_passkey(work, passkey_id: UUID, name: str) -> None:
    """Give one of the actor's own passkeys another name. Raises NotFound."""
    _name(work, _own(work, passkey_id), name)
    work.session.flush()


def revoke_passkey(work, passkey_id: UUID) -> None:
    """Take a passkey back, one's own or, as sysadmin, anybody's: it opens and signs nothing from now on.

    What it signed before stays valid. Raises NotFound.
    """
    passkey = work.session.get(Passkey, passkey_id)
    manages = is_allowed(work.actor, Permission.MANAGE_USERS, PlaceSubject(None))
    if passkey is None or passkey.revoked_at or not (manages or passkey.user_id == work.actor.user_id):
        raise NotFound
    _require_ours(work, passkey)
    passkey.revoked_at = work.now
    seals.reseal(work, passkey)
    work.session.flush()
    _trace(work, passkey, "end")


def witness_passkey(work, child: ChildFacts, passkey_id: UUID) -> Passkey:
    """Write down that the actor saw the owner, their document and this passkey's code; two make it in-person.

    For the clinic of a child whose guardian the owner is. Raises NotFound, NotPermitted, SignInNeeded unless just
    confirmed, NotNow for one's own passkey or a second look by the same person.
    """
    require(work.actor, Permission.KEEP_CHILD, child.subject)
    _require_fresh(work)
    passkey = work.session.get(Passkey, passkey_id, with_for_update=True)
    guardians = {tie.user_id for tie in child.subject.current("guardian")}
    if passkey is None or passkey.revoked_at or passkey.user_id not in guardians or passkey.witnessed_at:
        raise NotFound
    _require_ours(work, passkey)
    if work.actor.user_id in (passkey.user_id, passkey.witness_id):
        raise NotNow(
            "要由两位不同的工作人员核对，请同事来做第二次。", "Two of the staff look: ask a colleague to be the second."
        )
    if passkey.witness_id is None:
        passkey.witness_id = work.actor.user_id
    else:
        passkey.second_witness_id, passkey.witnessed_at = work.actor.user_id, work.now
    seals.reseal(work, passkey)
    work.session.flush()
    _trace(work, passkey, "witness")
    return passkey


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


def _own(work, passkey_id: UUID) -> Passkey:
    passkey = work.session.get(Passkey, passkey_id)
    if passkey is None or passkey.user_id != work.actor.user_id:
        raise NotFound
    return passkey


def _name(work, passkey: Passkey, name: str) -> None:
    body = {"name": name}
    passkey.body = work.keys.seal_body("passkey", passkey.id, passkey.user_id, "user", body)


def _facts(work, row: Passkey) -> PasskeyFacts:
    body = work.keys.open_body("passkey", row.id, row.user_id, "user", row.body)
    return PasskeyFacts(
        id=row.id,
        user_id=row.user_id,
        name=body["name"],
        code=fingerprint(work, row.credential_id, row.public_key).hex()[:CODE_DIGITS].upper(),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
        is_synced=row.backup_eligible,
        witness_id=row.witness_id,
        is_in_person=row.witnessed_at is not None,
    )


def fingerprint(work, credential_id: bytes, public_key: bytes) -> bytes:
    """Return 32 bytes that stand for one passkey: H(credential id ‖ public key). Statements of L2 name it."""
    return work.keys.digest(credential_id + public_key)


def _trace(work, passkey: Passkey, op: str) -> None:
    """Put a change of a passkey on the deployment's own chain, so that checkpoints say when it was."""
    chain.append(
        work.session,
        work.keys,
        child_id=work.deployment_id,
        at=work.now,
        actor=work.actor.user_id,
        rec=passkey.id,
        rec_type="passkey",
        rec_ver=passkey.row_version,
        op=op,
        commit=fingerprint(work, passkey.credential_id, passkey.public_key),
    )
    audit.note(work, "C" if op == "create" else "U", None, "passkey", record_id=passkey.id, reason=op)


def _require_fresh(work) -> None:
    if not is_fresh(work):
        raise SignInNeeded


def _require_ours(work, passkey: Passkey) -> None:
    if not seals.holds(work, Passkey, passkey):
        raise NotFound


def _refused(work, reason: str, *, child_id: UUID | None = None) -> Invalid:
    action = "Sign" if child_id else "U"
    audit.note(work, action, child_id, "passkey", outcome="deny", reason=reason)
    message = (
        "这把通行密钥没有通过，请再试一次，或改用密码。 The passkey was not accepted; try again, or use your password."
    )
    return Invalid(fields={"passkey": [message]})
