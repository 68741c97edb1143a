"""签名回执: the receipt of one signature in words, for whoever holds it."""

from uuid import UUID

from mengya_health.errors import NotFound
from mengya_health.handouts.content import SignatureReceipt
from mengya_health.handouts.from_record.sheet import (
    child_on_paper,
    fitted,
    imprint,
    name_of,
    place,
    room,
    with_relation,
)
from mengya_health.history.notes import origin_of, read_signed
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import accounts_of
from mengya_health.signing.levels import level_words
from mengya_health.signing.queries import SignatureFacts
from mengya_health.signing.receipts import Receipt, receipt_of
from mengya_health.work import LOCAL

PAPERS = {
    "care_plan": "支持计划",
    "evaluation": "阶段评估",
    "class_summary": "班级小结",
    "closing_summary": "结案小结",
}
DECISIONS = {"agree": "同意", "acknowledge": "看过了", "disagree": "有异议"}
CAPACITIES = {"guardian": "监护人", "teacher": "老师", "doctor": "医生"}


def signature_receipt(work, child: ChildFacts, signature_id: UUID | None) -> SignatureReceipt:
    """Return the receipt of a signature as it is printed. Raises what `receipt_of` raises."""
    if signature_id is None:
        raise NotFound
    receipt = receipt_of(work, child, signature_id)
    signed, said, fields = receipt.signature, receipt.statement, receipt.fields
    size, root = _checkpoint(work, receipt)
    return SignatureReceipt(
        imprint=imprint(work, place(work, child.clinic_id), number=child.number),
        child=child_on_paper(work, child),
        what=PAPERS.get(said["rec_type"], "档案里的一条记录"),
        version=signed.version,
        decision=DECISIONS[signed.decision],
        who=_who(work, signed),
        capacity=CAPACITIES[signed.capacity],
        level=level_words(signed),
        signed_at=signed.signed_at.astimezone(LOCAL),
        withdrawn_at=signed.withdrawn_at.astimezone(LOCAL) if signed.withdrawn_at else None,
        witnesses=tuple(name_of(work, each)[:16] for each in signed.witness_ids),
        agreement_version=said["agreement_ver"],
        shown_digest=said["shown"]["render_digest"],
        entry_commit=said["commit"],
        statement_digest=work.keys.digest(fields["statement"].encode()).hex(),
        public_key=fields["public_key"],
        chain_position=receipt.child_seq,
        checkpoint=receipt.checkpoint,
        checkpoint_size=size,
        checkpoint_root=root,
        log_key=fields["log_key"],
    )


def _who(work, signed: SignatureFacts) -> str:
    if signed.signer_name:
        return fitted(SignatureReceipt, "who", signed.signer_name)
    account = accounts_of(work, [signed.signer_id])[signed.signer_id]
    return with_relation(account.name, account.relation, room(SignatureReceipt, "who"))


def _checkpoint(work, receipt: Receipt) -> tuple[int | None, str]:
    if not receipt.checkpoint:
        return None, ""
    stored, origin = receipt.checkpoint.encode(), origin_of(work.deployment_id)
    note = read_signed(stored, origin=origin, public_key=work.keys.log_key.public)
    return note.size, note.root.hex()
