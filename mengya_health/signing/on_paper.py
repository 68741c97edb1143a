"""A guardian's signature on paper: recorded by one member of staff who saw it, confirmed by a second one.

Both sign the same statement with their own key, the scan's commitment in it; before the second has, it counts for
nothing.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from mengya_health import audit
from mengya_health.access.actor import Tie
from mengya_health.access.permissions import Permission, require, require_no_family
from mengya_health.errors import Invalid, NotFound, NotNow, NotPermitted
from mengya_health.history import chain
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import User
from mengya_health.signing.commands import (
    about_entry,
    consent_version,
    require_current,
    require_unused,
    take_back,
    tell,
)
from mengya_health.signing.levels import PAPER
from mengya_health.signing.models import Signature
from mengya_health.signing.paper_models import PaperSignature
from mengya_health.signing.pins import check_pin
from mengya_health.signing.statements import statement


@dataclass(frozen=True)
class PaperSigner:
    """Who signed: a guardian with an account, or one without, by the name on the paper."""

    name: str
    relation: str  # mother father grandparent other
    signed_on: date
    user_id: UUID | None = None


def record_paper(
    work,
    child: ChildFacts,
    entry,
    signer: PaperSigner,
    *,
    signature_id: UUID,
    read_version: int,
    scan: tuple[UUID, bytes],
    shown: dict,
    nonce: bytes,
    pin: str,
) -> Signature:
    """Record, as the first witness, that a guardian agreed on paper to the version of an entry that was printed.

    `scan` is (id, commitment) of the attachment. Raises Conflict when the entry moved on, Invalid for the PIN or a day
    to come, NotNow for an account that is no signing guardian's, NotPermitted for family of the child.
    """
    _require_witness(work, child)
    require_current(entry, read_version)
    require_unused(work, nonce)
    if signer.signed_on > work.today:
        raise Invalid(fields={"signed_on": ["签的那天不能在今天以后。 The day of signing cannot lie ahead."]})
    basis = _guardianship(child, signer.user_id) if signer.user_id else _care(work, child)
    witness = check_pin(work, pin)
    said = about_entry(child, entry, decision="agree", capacity="guardian", shown=shown, nonce=nonce)
    message = statement(
        **said,
        deployment=work.deployment_id,
        comment_commit="",
        signer_id=signer.user_id,
        basis_id=basis.id,
        consent_version=consent_version(work, child),
        agreement_version="",
        chain_head=chain.head_hash(work.session, work.keys, child.id),
        level=PAPER,
        at=work.now,
        attachments=[scan],
    )
    signature = _signature(work, signature_id, said, signer, witness, message)
    paper = _paper(work, child, signature_id, signer, witness, scan[0])
    work.session.add(signature)
    work.session.flush()
    work.session.add(paper)
    tell(work, signature, paper, op="witness")
    audit.changed(work, child.id, "signature", signature.id, action="Sign")
    return signature


def confirm_paper(work, child: ChildFacts, entry, signature_id: UUID, *, pin: str) -> Signature:
    """Confirm, as the second witness, to have seen the same paper; from now on it counts.

    Raises NotFound, NotNow for one that is confirmed or taken back, Conflict when the entry moved on since, Invalid for
    the PIN, NotPermitted for the first witness, somebody of another place, or family of the child.
    """
    signature, paper = _waiting(work, child, signature_id)
    _require_second(work, child, paper)
    require_current(entry, signature.version)
    second = check_pin(work, pin)
    paper.second_witness_id = second.id
    paper.second_signature = _signed_by(work, second, signature.statement)
    paper.second_public_key = second.signing_public
    paper.confirmed_at = work.now
    work.session.flush()
    tell(work, signature, paper, op="confirm")
    audit.changed(work, child.id, "signature", signature.id, action="Sign")
    return signature


def refuse_paper(work, child: ChildFacts, signature_id: UUID) -> Signature:
    """Say, as the one asked to confirm or as the first witness, that this paper does not count. Raises as above."""
    signature, paper = _waiting(work, child, signature_id)
    _require_witness(work, child)
    take_back(work, signature, paper)
    return signature


# --- inside -----------------------------------------------------------------------------------------------------------


def _require_witness(work, child: ChildFacts) -> None:
    """Raise NotPermitted unless the actor is staff of the child's clinic and no family of the child."""
    require(work.actor, Permission.WITNESS_PAPER, child.subject)
    require_no_family(work.actor, child.subject)


def _require_second(work, child: ChildFacts, paper: PaperSignature) -> None:
    _require_witness(work, child)
    if paper.witness_id == work.actor.user_id or paper.organisation_id not in work.actor.organisation_ids:
        raise NotPermitted(
            "第二位见证人要是同一门诊的另一位同事。请当时也在场的同事来确认。",
            "The second witness is another colleague of the same clinic. Ask one who was there, too.",
        )


def _waiting(work, child: ChildFacts, signature_id: UUID) -> tuple[Signature, PaperSignature]:
    signature, paper = work.session.get(Signature, signature_id), work.session.get(PaperSignature, signature_id)
    if signature is None or paper is None or signature.child_id != child.id:
        raise NotFound
    if paper.second_witness_id or signature.withdrawn_at:
        raise NotNow("这份纸质签名已经有结果了。", "This paper signature is settled already.")
    return signature, paper


def _guardianship(child: ChildFacts, user_id: UUID) -> Tie:
    for tie in child.subject.current("guardian"):
        if tie.user_id == user_id and tie.authority == "signs":
            return tie
    raise NotNow("这位家人不是可以签名的监护人。", "This account is not that of a guardian who may sign.")


def _care(work, child: ChildFacts) -> Tie:
    clinic_id = _clinic_of(work, child)
    return next(tie for tie in child.subject.current("care") if tie.organisation_id == clinic_id)


def _clinic_of(work, child: ChildFacts) -> UUID:
    """Return the clinic at which the actor has this child in care; the permission has made sure of it."""
    clinics = {place.organisation_id for place in work.actor.places_as("doctor")}
    return next(tie.organisation_id for tie in child.subject.current("care") if tie.organisation_id in clinics)


def _signature(work, signature_id: UUID, said: dict, signer: PaperSigner, witness: User, message: bytes) -> Signature:
    kept = ("child_id", "entry_id", "version", "capacity", "decision", "nonce")
    return Signature(
        id=signature_id,
        **{name: said[name] for name in kept},
        signer_id=signer.user_id,
        level=PAPER,
        statement=message,
        signature=_signed_by(work, witness, message),
        public_key=witness.signing_public,
        signed_at=work.now,
    )


def _paper(
    work, child: ChildFacts, signature_id: UUID, signer: PaperSigner, witness: User, scan_id: UUID
) -> PaperSignature:
    said = {"name": signer.name, "relation": signer.relation, "signed_on": signer.signed_on.isoformat()}
    return PaperSignature(
        signature_id=signature_id,
        child_id=child.id,
        scan_id=scan_id,
        body=work.keys.seal_body("paper_signature", signature_id, child.id, "identity", said),
        organisation_id=_clinic_of(work, child),
        witness_id=witness.id,
    )


def _signed_by(work, witness: User, message: bytes) -> bytes:
    return work.keys.sign(witness.id, witness.signing_private, message)
