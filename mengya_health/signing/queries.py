"""Who signed what, at which version and level."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Row, func, select

from mengya_health.crypto import webauthn
from mengya_health.crypto.canonical import read_txjson
from mengya_health.crypto.signatures import verify_signature
from mengya_health.errors import IntegrityError, NotFound
from mengya_health.history.canonical import time_text
from mengya_health.history.chain import check_told, newest_event_of
from mengya_health.people import seals
from mengya_health.people.facts import ChildFacts
from mengya_health.people.passkey_models import Passkey
from mengya_health.signing.by_passkey import any_usable, user_and_passkeys
from mengya_health.signing.levels import L2, PAPER
from mengya_health.signing.models import Signature
from mengya_health.signing.paper_models import PaperSignature
from mengya_health.signing.statements import passkey_challenge

WITHDRAWABLE_FOR = timedelta(hours=24)


@dataclass(frozen=True)
class SignatureFacts:
    """One signature as plain values; its bytes and its history were verified when it was read."""

    id: UUID
    entry_id: UUID
    version: int
    signer_id: UUID | None  # None: a guardian without an account, who signed on paper
    capacity: str
    decision: str
    level: str
    signed_at: datetime
    withdrawn_at: datetime | None
    is_in_person: bool = False  # L2: two of the staff had seen signer, document and passkey before
    is_synced: bool = False  # L2: the passkey's vendor may copy it to other devices
    signer_name: str = ""  # paper: who signed, as the first witness wrote it down
    witness_ids: tuple[UUID, ...] = ()  # paper: the staff who saw it, the first one first

    @property
    def is_witnessed(self) -> bool:
        """Whether it needs no second witness any more."""
        return self.level != PAPER or len(self.witness_ids) == 2

    @property
    def stands(self) -> bool:
        """Whether it says yes (or read), was not taken back, and where it is on paper was seen by two of the staff."""
        return self.withdrawn_at is None and self.is_witnessed and self.decision in ("agree", "acknowledge")

    def may_be_taken_back(self, now: datetime) -> bool:
        """Return whether its signer may still take it back at this moment."""
        return self.withdrawn_at is None and now - self.signed_at <= WITHDRAWABLE_FOR


def own_signatures(work, child: ChildFacts) -> list[SignatureFacts]:
    """Return the actor's signatures for a child, newest first, withdrawn ones included."""
    rows = _rows(work, Signature.child_id == child.id, Signature.signer_id == work.actor.user_id)
    return [_facts(work, row) for row in reversed(rows)]


def find_signature(work, child: ChildFacts, signature_id: UUID) -> SignatureFacts:
    """Return one signature of a child. Raises NotFound, IntegrityError."""
    rows = _rows(work, Signature.child_id == child.id, Signature.id == signature_id)
    if not rows:
        raise NotFound
    return _facts(work, rows[0])


class Signer(NamedTuple):
    """The actor, as the page names them on which they sign."""

    name: str
    signed_version: int | None  # the newest version of the entry they signed
    has_passkey: bool  # one they may sign with


def signer_of(work, entry_id: UUID) -> Signer:
    """Return who signs an entry, in one statement. For the page on which one signs; it grants nothing by it."""
    me = work.actor.user_id
    signed = select(func.max(Signature.version)).where(Signature.entry_id == entry_id, Signature.signer_id == me)
    rows = work.session.execute(user_and_passkeys(work).add_columns(signed.scalar_subquery().label("version"))).all()
    body = work.keys.open_body("user", me, me, "user", rows[0].User.body)
    return Signer(body["name"], rows[0].version, any_usable(work, rows))


def signatures_of(work, child: ChildFacts, entry_ids: Iterable[UUID]) -> dict[UUID, list[SignatureFacts]]:
    """Return the signatures on these entries of a child, oldest first, by entry id.

    Raises IntegrityError for one that does not verify against its public key (L2: the signer's passkey), whose row says
    something else than its statement, or that is not what the history says last about it.
    """
    wanted = list(entry_ids)
    found = defaultdict(list)
    if not wanted:
        return found
    for row in _rows(work, Signature.child_id == child.id, Signature.entry_id.in_(wanted)):
        found[row.Signature.entry_id].append(_facts(work, row))
    return found


@dataclass(frozen=True)
class PaperFacts:
    """The paper behind a signature: who signed it and when, its scan, and who saw it first."""

    name: str
    relation: str
    signed_on: date
    scan_id: UUID
    witness_id: UUID


def paper_of(work, child: ChildFacts, signature_id: UUID) -> PaperFacts:
    """Return the paper of a signature, for those who are asked to confirm it. Raises NotFound."""
    paper = work.session.get(PaperSignature, signature_id)
    if paper is None or paper.child_id != child.id:
        raise NotFound
    said = _on_paper(work, paper)
    return PaperFacts(
        said["name"], said["relation"], date.fromisoformat(said["signed_on"]), paper.scan_id, paper.witness_id
    )


def told_of(digest: Callable[[bytes], bytes], signature: Signature, paper: PaperSignature | None) -> tuple[int, bytes]:
    """Return the version and the commitment that the newest event about a signature must tell.

    1: signed, or on paper seen by the first witness; one more for the second, one more when it was taken back.
    """
    said, version = signature.statement + signature.signature, 1
    if paper and paper.second_signature:
        said, version = said + paper.second_signature, 2
    if signature.withdrawn_at:
        taken_back_at = time_text(signature.withdrawn_at).encode()
        return version + 1, digest(b"txda/withdraw/1\0" + said + taken_back_at)
    return version, digest(said)


# --- inside -----------------------------------------------------------------------------------------------------------

_EVENT, _IS_NEWEST, _OF_EVENT = newest_event_of(Signature.child_id, Signature.id)
# A signature with the passkey that made it (L2), its paper half, and the newest event about it.
_WITH_PROOF = (
    select(Signature, Passkey, PaperSignature, *_OF_EVENT)
    .outerjoin(Passkey, Passkey.credential_id == Signature.credential_id)
    .outerjoin(PaperSignature, PaperSignature.signature_id == Signature.id)
    .outerjoin(_EVENT, _IS_NEWEST)
    .order_by(Signature.signed_at, Signature.id)
)


def _rows(work, *which) -> list[Row]:
    return list(work.session.execute(_WITH_PROOF.where(*which)))


def _facts(work, found: Row) -> SignatureFacts:
    row, passkey, paper = found.Signature, found.Passkey, found.PaperSignature
    is_l2 = row.level == L2
    verified = _holds_by_passkey(work, row, passkey) if is_l2 else holds_by_key(row, paper)
    if not (verified and is_what_it_says(row)):
        raise IntegrityError
    check_told(work.keys, found, *told_of(work.keys.digest, row, paper))
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
        signer_name=_on_paper(work, paper)["name"] if paper else "",
        witness_ids=tuple(filter(None, (paper.witness_id, paper.second_witness_id))) if paper else (),
    )


def holds_by_key(row: Signature, paper: PaperSignature | None) -> bool:
    """Return whether the signer's own key signed the statement; on paper, that of each witness."""
    signed = [(row.public_key, row.signature)]
    if paper and paper.second_witness_id:
        signed.append((paper.second_public_key, paper.second_signature))
    is_on_paper = paper is not None
    is_of_its_level = row.credential_id is None and is_on_paper == (row.level == PAPER)
    return is_of_its_level and all(verify_signature(key, row.statement, each) for key, each in signed)


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


def is_what_it_says(row: Signature) -> bool:
    """Return whether the columns that are shown stand so in what was signed: a level is never rounded up."""
    said = read_txjson(row.statement)
    shown = {
        "child": str(row.child_id),
        "rec": str(row.entry_id),
        "rec_ver": row.version,
        "signer": str(row.signer_id) if row.signer_id else None,
        "capacity": row.capacity,
        "decision": row.decision,
        "level": row.level,
        "nonce": row.nonce.hex(),
        "at": time_text(row.signed_at),
    }
    return shown == {name: said.get(name) for name in shown}


def _names(work, row: Signature) -> bool:
    """Return whether the statement lists the passkey among those that may sign it."""
    prints = {each.hex() for each in work.keys.digests(row.credential_id + row.public_key)}
    return not prints.isdisjoint(read_txjson(row.statement).get("passkeys", ()))


def _was_witnessed(row: Signature, passkey: Passkey) -> bool:
    return passkey.witnessed_at is not None and passkey.witnessed_at <= row.signed_at


def _on_paper(work, paper: PaperSignature) -> dict:
    return work.keys.open_body("paper_signature", paper.signature_id, paper.child_id, "identity", paper.body)
