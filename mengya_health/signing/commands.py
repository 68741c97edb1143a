"""Sign one version of one entry with the signing PIN (level L1)."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from mengya_health import audit
from mengya_health.access.actor import Tie
from mengya_health.access.permissions import Permission, require
from mengya_health.crypto.canonical import txjson
from mengya_health.db import new_id
from mengya_health.errors import Conflict, Invalid, NotPermitted
from mengya_health.history import chain
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import User
from mengya_health.signing.models import Consent, Signature
from mengya_health.signing.pins import check_pin
from mengya_health.signing.statements import statement

DECISIONS = ("agree", "acknowledge", "disagree")
L1 = "L1"
WITHDRAWABLE_FOR = timedelta(hours=24)
LEVEL_LABELS = {
    "L0": "已阅（非签名）",
    "L1": "电子签名·系统代管密钥",
    "L2": "电子签名·本人设备密钥",
    "L3": "可靠电子签名",
    "paper": "纸质签名·当面见证",
}


def sign_entry(
    work,
    child: ChildFacts,
    entry,
    *,
    read_version: int,
    decision: str,
    pin: str,
    capacity: str,
    shown: dict,
    nonce: bytes,
    comment: str = "",
) -> Signature:
    """Sign the version of an entry the signer has read; the statement is bound to that version for ever.

    `entry` is the entry as it stands now (id, kind, version, commit), `read_version` the version the signer read.
    `shown` is {template, template_ver, locale, render_digest}; `nonce` is 16 bytes from the form, so a form signs
    once. Raises Conflict when the entry moved on since, Invalid or TooMany for the PIN, NotPermitted when the actor
    may not sign for this child.
    """
    _require_capacity(work, child, capacity)
    if decision not in DECISIONS:
        raise Invalid(fields={"decision": ["请先选一项。 Choose one first."]})
    _require_current(entry, read_version)
    _require_unused(work, nonce)
    signer = check_pin(work, pin)
    message = statement(
        deployment=work.deployment_id,
        child_id=child.id,
        entry_id=entry.id,
        kind=entry.kind,
        version=entry.version,
        commit=entry.commit,
        shown=shown,
        decision=decision,
        comment_commit=work.keys.digest(nonce + txjson({"comment": comment})).hex() if comment else "",
        signer_id=signer.id,
        capacity=capacity,
        basis_id=_basis(work, child, capacity).id,
        consent_version=_consent_version(work, child),
        chain_head=chain.head_hash(work.session, work.keys, child.id),
        level=L1,
        at=work.now,
        nonce=nonce,
    )
    return _store(work, child, entry, signer, message, capacity=capacity, decision=decision, nonce=nonce)


def _store(
    work, child, entry, signer: User, message: bytes, *, capacity: str, decision: str, nonce: bytes
) -> Signature:
    signature = Signature(
        id=new_id(),
        child_id=child.id,
        entry_id=entry.id,
        version=entry.version,
        signer_id=signer.id,
        capacity=capacity,
        decision=decision,
        level=L1,
        statement=message,
        signature=work.keys.sign(signer.id, signer.signing_private, message),
        public_key=signer.signing_public,
        nonce=nonce,
        signed_at=work.now,
    )
    work.session.add(signature)
    chain.append(
        work.session,
        work.keys,
        child_id=child.id,
        at=work.now,
        actor=signer.id,
        rec=signature.id,
        rec_type="signature",
        rec_ver=1,
        op="sign",
        commit=work.keys.digest(message + signature.signature),
    )
    audit.changed(work, child.id, "signature", signature.id, action="Sign")
    return signature


def _require_capacity(work, child: ChildFacts, capacity: str) -> None:
    permission = {
        "guardian": Permission.SIGN,
        "teacher": Permission.WRITE_BEHAVIOUR,
        "doctor": Permission.WRITE_HEALTH,
    }[capacity]
    require(work.actor, permission, child.subject)


def _require_current(entry, read_version: int) -> None:
    if entry.version != read_version:
        raise Conflict(
            "您读的这一版刚刚改过，请读一读新的一版再签。",
            "What you read has just changed. Please read the new version before signing.",
        )


def _require_unused(work, nonce: bytes) -> None:
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


def _consent_version(work, child: ChildFacts) -> str:
    newest = select(Consent.text_version).where(Consent.child_id == child.id, Consent.purpose == "P1")
    return work.session.scalar(newest.order_by(Consent.given_at.desc()).limit(1)) or ""


def withdraw_signature(work, child: ChildFacts, signature_id: UUID) -> Signature:
    """Take one's own signature back within 24 hours; the statement stays, marked withdrawn.

    Raises NotPermitted for somebody else's signature or after 24 hours.
    """
    signature = work.session.get(Signature, signature_id)
    own = signature is not None and signature.child_id == child.id and signature.signer_id == work.actor.user_id
    if not own or work.now - signature.signed_at > WITHDRAWABLE_FOR:
        raise NotPermitted(
            "签名只能由本人在二十四小时内撤回。之后请联系医生。",
            "Only the signer takes a signature back, within 24 hours. Afterwards talk to the doctor.",
        )
    signature.withdrawn_at = work.now
    audit.changed(work, child.id, "signature", signature.id)
    return signature
