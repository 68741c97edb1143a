"""Sign one version of one entry: with the signing PIN (level L1) or a passkey of one's own (level L2)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from mengya_health import audit
from mengya_health.access.actor import Tie
from mengya_health.access.permissions import Permission, require
from mengya_health.crypto.canonical import read_txjson
from mengya_health.db import new_id
from mengya_health.errors import Conflict, Invalid, NotNow, NotPermitted
from mengya_health.history import chain
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import User
from mengya_health.signing import by_passkey
from mengya_health.signing.levels import L1, L2
from mengya_health.signing.models import Consent, Signature
from mengya_health.signing.paper_models import PaperSignature
from mengya_health.signing.pins import check_pin
from mengya_health.signing.queries import WITHDRAWABLE_FOR, told_of
from mengya_health.signing.statements import statement

DECISIONS = ("agree", "acknowledge", "disagree")


def sign_entry(
    work,
    child: ChildFacts,
    entry,
    *,
    read_version: int,
    decision: str,
    capacity: str,
    shown: dict,
    nonce: bytes,
    pin: str = "",
    passkey: str = "",
    comment_commit: bytes = b"",
) -> Signature:
    """Sign the version of an entry the signer has read; the statement is bound to that version for ever.

    `entry` is the entry as it stands now (id, kind, version, commit), `read_version` the version the signer read.
    `shown` is {template, template_ver, locale, render_digest}; `nonce` is 16 bytes from the form, so a form signs
    once. The proof is the `pin` (L1) or a `passkey`'s answer to what `prepare_signature` asked with the same words
    (L2). `comment_commit` is the commitment of the revision that holds the signer's own words. Raises Conflict when the
    entry moved on since, Invalid or TooMany for the PIN, Invalid for the passkey, NotPermitted when the actor may not
    sign for this child.
    """
    said = about_entry(child, entry, decision=decision, capacity=capacity, shown=shown, nonce=nonce)
    _require_signable(work, child, entry, read_version, said)
    if passkey:
        proof = by_passkey.proof_of(work, child.id, passkey, _expected(work, said))
    else:
        signer = check_pin(work, pin)
        message = _statement(work, child, said, comment_commit, level=L1)
        signed = work.keys.sign(signer.id, signer.signing_private, message)
        proof = {"level": L1, "statement": message, "signature": signed, "public_key": signer.signing_public}
    return _store(work, child, entry, proof, capacity=capacity, decision=decision, nonce=nonce)


def prepare_signature(
    work,
    child: ChildFacts,
    entry,
    *,
    read_version: int,
    decision: str,
    capacity: str,
    shown: dict,
    nonce: bytes,
    comment_commit: bytes = b"",
) -> dict:
    """Make the statement a passkey will sign, store it for one use, and return what the browser is asked.

    Takes what `sign_entry` takes. Raises what that raises, and NotNow where the actor has no passkey or has not
    accepted the 电子签名使用约定.
    """
    said = about_entry(child, entry, decision=decision, capacity=capacity, shown=shown, nonce=nonce)
    _require_signable(work, child, entry, read_version, said)
    usable = by_passkey.usable_passkeys(work)
    prints = tuple(by_passkey.fingerprint(work, each.credential_id, each.public_key) for each in usable)
    message = _statement(work, child, said, comment_commit, level=L2, passkeys=prints)
    return by_passkey.ask(work, message, usable)


def about_entry(child: ChildFacts, entry, **said) -> dict:
    """Return what a signer says about an entry, by the names of the statement's arguments."""
    about = {"child_id": child.id, "entry_id": entry.id, "kind": entry.kind}
    return about | {"version": entry.version, "commit": entry.commit} | said


def _statement(work, child: ChildFacts, said: dict, comment_commit: bytes, **of_level) -> bytes:
    return statement(
        **said,
        **of_level,
        deployment=work.deployment_id,
        comment_commit=comment_commit.hex(),
        signer_id=work.actor.user_id,
        basis_id=_basis(work, child, said["capacity"]).id,
        consent_version=consent_version(work, child),
        agreement_version=work.session.get(User, work.actor.user_id).agreement_version,
        chain_head=chain.head_hash(work.session, work.keys, child.id),
        at=work.now,
    )


def _expected(work, said: dict) -> dict:
    """Return what must stand in a statement that was prepared for these words."""
    return {
        "deployment": str(work.deployment_id),
        "child": str(said["child_id"]),
        "rec": str(said["entry_id"]),
        "rec_ver": said["version"],
        "commit": said["commit"].hex(),
        "shown": said["shown"],
        "decision": said["decision"],
        "signer": str(work.actor.user_id),
        "capacity": said["capacity"],
        "level": L2,
        "nonce": said["nonce"].hex(),
    }


def _store(work, child, entry, proof: dict, *, capacity: str, decision: str, nonce: bytes) -> Signature:
    signature = Signature(
        id=new_id(),
        child_id=child.id,
        entry_id=entry.id,
        version=entry.version,
        signer_id=work.actor.user_id,
        capacity=capacity,
        decision=decision,
        nonce=nonce,
        signed_at=datetime.fromisoformat(read_txjson(proof["statement"])["at"]),
        **proof,
    )
    work.session.add(signature)
    tell(work, signature, None, op="sign")
    audit.changed(work, child.id, "signature", signature.id, action="Sign")
    return signature


def tell(work, signature: Signature, paper: PaperSignature | None, *, op: str) -> None:
    """Write into the history what has just happened to a signature."""
    rec_ver, commit = told_of(work.keys.digest, signature, paper)
    chain.note_event(
        work,
        child_id=signature.child_id,
        rec=signature.id,
        rec_type="signature",
        rec_ver=rec_ver,
        op=op,
        commit=commit,
    )


def _require_signable(work, child: ChildFacts, entry, read_version: int, said: dict) -> None:
    _require_capacity(work, child, said["capacity"])
    if said["decision"] not in DECISIONS:
        raise Invalid(fields={"decision": ["请先选一项。 Choose one first."]})
    require_current(entry, read_version)
    require_unused(work, said["nonce"])


def _require_capacity(work, child: ChildFacts, capacity: str) -> None:
    permission = {
        "guardian": Permission.SIGN,
        "teacher": Permission.WRITE_BEHAVIOUR,
        "doctor": Permission.WRITE_HEALTH,
    }[capacity]
    require(work.actor, permission, child.subject)


def require_current(entry, read_version: int) -> None:
    """Raise Conflict when an entry is no longer at the version that was read."""
    if entry.version != read_version:
        raise Conflict(
            "您读的这一版刚刚改过，请读一读新的一版再签。",
            "What you read has just changed. Please read the new version before signing.",
        )


def require_unused(work, nonce: bytes) -> None:
    """Raise Conflict for a form that has signed already."""
    if work.session.scalar(select(Signature.id).where(Signature.nonce == nonce)):
        raise Conflict("这份签名已经收到了，不用再签一次。", "This signature has already been received.")


def _basis(work, child: ChildFacts, capacity: str) -> Tie:
    """Return the relationship that lets the actor sign."""
    kinds = {"guardian": ("guardian",), "teacher": ("enrolment", "visit"), "doctor": ("care",)}[capacity]
    actor = work.actor
    for kind in kinds:
        for tie in child.subject.current(kind):
            mine = tie.user_id == actor.user_id if kind == "guardian" else True
            reaches = tie.organisation_id in actor.organisation_ids or tie.group_id in actor.group_ids
            if mine and (kind == "guardian" or reaches):
                return tie
    raise NotPermitted


def consent_version(work, child: ChildFacts) -> str:
    """Return which text the newest consent to keeping the record was given to; "" for none."""
    newest = select(Consent.text_version).where(Consent.child_id == child.id, Consent.purpose == "P1")
    return work.session.scalar(newest.order_by(Consent.given_at.desc()).limit(1)) or ""


def withdraw_signature(work, child: ChildFacts, signature_id: UUID) -> Signature:
    """Take one's own signature back within 24 hours; the statement stays, marked withdrawn.

    Raises NotPermitted for somebody else's signature or after 24 hours, NotNow for one that was taken back.
    """
    signature = work.session.get(Signature, signature_id)
    own = signature is not None and signature.child_id == child.id and signature.signer_id == work.actor.user_id
    if own and signature.withdrawn_at:
        raise NotNow("这份签名已经撤回了。", "This signature was taken back already.")
    if not own or work.now - signature.signed_at > WITHDRAWABLE_FOR:
        raise NotPermitted(
            "签名只能由本人在二十四小时内撤回。之后请联系医生。",
            "Only the signer takes a signature back, within 24 hours. Afterwards talk to the doctor.",
        )
    take_back(work, signature, work.session.get(PaperSignature, signature_id))
    return signature


def take_back(work, signature: Signature, paper: PaperSignature | None) -> None:
    """Mark a signature withdrawn, in the history too: neither the mark nor its absence can be put there by SQL."""
    signature.withdrawn_at = work.now
    tell(work, signature, paper, op="withdraw")
    audit.changed(work, signature.child_id, "signature", signature.id)
