"""The receipt of one signature: all that a stranger needs to check it, and nothing of what was signed.

`deploy/verify_receipt.py` checks it on a machine without this program. Ids, digests and commitments only, so a receipt
may be handed on to a court or a lawyer without handing on the record.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from mengya_health import audit
from mengya_health.access.permissions import Permission, is_allowed
from mengya_health.config import CHECKOUT
from mengya_health.crypto.canonical import read_txjson
from mengya_health.crypto.webauthn import der_of
from mengya_health.errors import IntegrityError, NotFound
from mengya_health.history.canonical import time_text
from mengya_health.history.checkpoints import Inclusion, inclusion_proof
from mengya_health.history.models import HistoryEvent
from mengya_health.people.facts import ChildFacts
from mengya_health.signing.levels import L2, PAPER
from mengya_health.signing.models import Signature
from mengya_health.signing.paper_models import PaperSignature
from mengya_health.signing.queries import SignatureFacts, find_signature

FORM = "txda/receipt/1"
SCRIPT = CHECKOUT / "deploy" / "verify_receipt.py"
# The events that a receipt shows; that a first witness saw a paper is part of none: it grants nothing.
SHOWN_OPS = ("sign", "confirm", "withdraw")


@dataclass(frozen=True)
class Receipt:
    """A receipt as its file (`fields`), and what the printed one says beside it."""

    fields: dict
    signature: SignatureFacts
    statement: dict
    child_seq: int  # the place of the signature in the child's chain
    checkpoint: str  # the signed note; "" while none covers the signature


@dataclass(frozen=True)
class Standing:
    """Where a signature stands, without its proofs: its place in the child's chain, and whether a checkpoint has it."""

    signature: SignatureFacts
    child_seq: int
    is_covered: bool


def may_hold(work, child: ChildFacts, signature: SignatureFacts) -> bool:
    """Return whether a receipt is the actor's to have: they made or witnessed it, or are the clinic's doctor."""
    theirs = work.actor.user_id in (signature.signer_id, *signature.witness_ids)
    return theirs or is_allowed(work.actor, Permission.WRITE_HEALTH, child.subject)


def standing_of(work, child: ChildFacts, signature_id: UUID) -> Standing:
    """Return what a page says of a receipt; raises what `receipt_of` raises. Two statements."""
    signature = find_signature(work, child, signature_id)
    if not (may_hold(work, child, signature) and signature.is_witnessed):
        raise NotFound
    audit.read(work, child.id, "signature", record_id=signature_id)
    events = _events(work, child.id, signature)
    return Standing(signature, events[0].child_seq, all(each.leaf_index is not None for each in events))


def receipt_of(work, child: ChildFacts, signature_id: UUID) -> Receipt:
    """Return the receipt of one signature, for whoever made or witnessed it, and for the clinic's doctors.

    Raises NotFound for a signature that is not theirs to hold, that is not this child's, or whose second witness is
    still missing; IntegrityError where a part does not hold.
    """
    signature = find_signature(work, child, signature_id)
    if not (may_hold(work, child, signature) and signature.is_witnessed):
        raise NotFound
    audit.read(work, child.id, "signature", record_id=signature_id)
    row, paper = work.session.get(Signature, signature_id), work.session.get(PaperSignature, signature_id)
    events = _events(work, child.id, signature)
    proofs = [inclusion_proof(work, child.id, event.child_seq) for event in events]
    newest = next(filter(None, proofs), None)
    return Receipt(
        fields=_fields(work, row, paper, list(zip(events, proofs, strict=True)), newest),
        signature=signature,
        statement=read_txjson(row.statement),
        child_seq=events[0].child_seq,
        checkpoint=newest.checkpoint.decode() if newest else "",
    )


def verifying_script() -> bytes:
    """Return the script that checks receipts, as it is handed out beside them."""
    return SCRIPT.read_bytes()


# --- inside -----------------------------------------------------------------------------------------------------------


def _events(work, child_id: UUID, signature: SignatureFacts) -> list[HistoryEvent]:
    """Return the events that a receipt shows: that it was signed (on paper: confirmed), and where it was taken back.

    The newest was compared with the signature when that was read. Raises IntegrityError where the history lacks one.
    """
    chosen = select(HistoryEvent).where(HistoryEvent.child_id == child_id, HistoryEvent.rec == signature.id)
    rows = work.session.scalars(chosen.order_by(HistoryEvent.child_seq))
    found = [event for event in rows if read_txjson(event.event)["op"] in SHOWN_OPS]
    if len(found) != 1 + bool(signature.withdrawn_at):
        raise IntegrityError
    return found


def _fields(
    work,
    row: Signature,
    paper: PaperSignature | None,
    events: list[tuple[HistoryEvent, Inclusion | None]],
    newest: Inclusion | None,
) -> dict:
    fields = {
        "form": FORM,
        "hash": work.keys.hash_name,
        "statement": row.statement.decode(),
        "signature": row.signature.hex(),
        "public_key": row.public_key.hex(),
        "events": [
            {
                "event": event.event.decode(),
                "prev": event.prev.hex(),
                "leaf_index": proof.leaf_index if proof else None,
                "path": [each.hex() for each in proof.path] if proof else None,
            }
            for event, proof in events
        ],
        "checkpoint": newest.checkpoint.decode() if newest else None,
        "log_key": work.keys.log_key.public.hex(),
    }
    if row.withdrawn_at:
        fields["withdrawn_at"] = time_text(row.withdrawn_at)
    return fields | _of_level(row, paper)


def _of_level(row: Signature, paper: PaperSignature | None) -> dict:
    if row.level == PAPER:
        return {"second_signature": paper.second_signature.hex(), "second_public_key": paper.second_public_key.hex()}
    if row.level == L2:
        said = {"authenticator_data": row.authenticator_data.hex(), "client_data": row.client_data.decode()}
        return {"public_key": der_of(row.public_key).hex(), "webauthn": said}
    return {}
