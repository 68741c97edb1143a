"""Who signed what, at which version and level."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from mengya_health.crypto import webauthn
from mengya_health.crypto.canonical import read_txjson
from mengya_health.crypto.signatures import verify_signature
from mengya_health.errors import IntegrityError
from mengya_health.people import seals
from mengya_health.people.facts import ChildFacts
from mengya_health.people.passkey_models import Passkey
from mengya_health.signing.levels import L2
from mengya_health.signing.models import Signature
from mengya_health.signing.statements import passkey_challenge


@dataclass(frozen=True)
class SignatureFacts:
    """One signature as plain values; its bytes were verified when it was read."""

    id: UUID
    entry_id: UUID
    version: int
    signer_id: UUID
    capacity: str
    decision: str
    level: str
    signed_at: datetime
    withdrawn_at: datetime | None
    is_in_person: bool = False  # L2: two of the staff had seen signer, document and passkey before
    is_synced: bool = False  # L2: the passkey's vendor may copy it to other devices

    @property
    def stands(self) -> bool:
        """Whether it says yes (or read) and was not taken back."""
        return self.withdrawn_at is None and self.decision in ("agree", "acknowledge")


def own_signatures(work, child: ChildFacts, *, since: datetime) -> list[SignatureFacts]:
    """Return the actor's signatures for a child since a moment that still stand, newest first."""
    chosen = _WITH_PASSKEY.where(
        Signature.child_id == child.id,
        Signature.signer_id == work.actor.user_id,
        Signature.signed_at >= since,
        Signature.withdrawn_at.is_(None),
    )
    rows = work.session.execute(chosen.order_by(Signature.signed_at.desc()))
    return [_facts(work, row, passkey) for row, passkey in rows]


def signatures_of(work, child: ChildFacts, entry_ids: Iterable[UUID]) -> dict[UUID, list[SignatureFacts]]:
    """Return the signatures on these entries of a child, oldest first, by entry id.

    Raises IntegrityError when one does not verify: against its own public key, and for L2 against the signer's passkey.
    """
    wanted = list(entry_ids)
    found = defaultdict(list)
    if not wanted:
        return found
    chosen = _WITH_PASSKEY.where(Signature.child_id == child.id, Signature.entry_id.in_(wanted))
    for row, passkey in work.session.execute(chosen.order_by(Signature.signed_at)):
        found[row.entry_id].append(_facts(work, row, passkey))
    return found


# A signature of L2 with the passkey that made it.
_WITH_PASSKEY = select(Signature, Passkey).outerjoin(Passkey, Passkey.credential_id == Signature.credential_id)


def _facts(work, row: Signature, passkey: Passkey | None) -> SignatureFacts:
    is_l2 = row.level == L2
    verified = _holds_by_passkey(work, row, passkey) if is_l2 else _holds_by_pin(row)
    if not (verified and _is_what_it_says(row)):
        raise IntegrityError
    return SignatureFacts(
        id=row.id,
        entry_id=row.entry_id,
        version=row.version,
        signer_id=row.signer_id,
        capacity=row.capacity,
        decision=row.decision,
        level=row.level,
        signed_at=row.signed_at,
        withdrawn_at=row.withdrawn_at,
        is_in_person=is_l2 and _was_witnessed(row, passkey),
        is_synced=is_l2 and webauthn.is_synced(row.authenticator_data),
    )


def _holds_by_pin(row: Signature) -> bool:
    return row.credential_id is None and verify_signature(row.public_key, row.statement, row.signature)


def _holds_by_passkey(work, row: Signature, passkey: Passkey | None) -> bool:
    """Return whether a passkey of the signer's, in use at the time, signed exactly this statement."""
    if passkey is None or not seals.holds(work, Passkey, passkey):
        return False
    is_theirs = passkey.user_id == row.signer_id and passkey.public_key == row.public_key
    was_in_use = passkey.revoked_at is None or row.signed_at <= passkey.revoked_at
    if not (is_theirs and was_in_use and _names(work, row)):
        return False
    proof = {"public_key": row.public_key, "signature": row.signature}
    proof |= {"authenticator_data": row.authenticator_data, "client_data": row.client_data}
    asked = work.keys.digests(passkey_challenge(row.statement))
    return any(webauthn.assertion_holds(challenge, **proof) for challenge in asked)


def _is_what_it_says(row: Signature) -> bool:
    """Return whether the columns that are shown stand so in what was signed: a level is never rounded up."""
    said = read_txjson(row.statement)
    shown = {
        "child": str(row.child_id),
        "rec": str(row.entry_id),
        "rec_ver": row.version,
        "signer": str(row.signer_id),
        "capacity": row.capacity,
        "decision": row.decision,
        "level": row.level,
    }
    return shown == {name: said.get(name) for name in shown}


def _names(work, row: Signature) -> bool:
    """Return whether the statement lists the passkey among those that may sign it."""
    prints = {each.hex() for each in work.keys.digests(row.credential_id + row.public_key)}
    return not prints.isdisjoint(read_txjson(row.statement).get("passkeys", ()))


def _was_witnessed(row: Signature, passkey: Passkey) -> bool:
    return passkey.witnessed_at is not None and passkey.witnessed_at <= row.signed_at
