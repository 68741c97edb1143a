"""Which rows the history tells of, and what each must agree with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from sqlalchemy import Row, Select, case, func, literal, select

from mengya_health.care.models import CaseStep
from mengya_health.crypto import webauthn
from mengya_health.crypto.canonical import read_txjson
from mengya_health.db import Id
from mengya_health.errors import IntegrityError
from mengya_health.history.canonical import time_text
from mengya_health.history.chain_check import Chain, Told
from mengya_health.history.merkle import Digest
from mengya_health.indicators.models import Export
from mengya_health.people.approvals import Approval
from mengya_health.people.erasure_models import Erasure
from mengya_health.people.models import Child, Consent, Relationship
from mengya_health.people.sharing import SectionClosure
from mengya_health.record.models import Attachment, Entry, MandatoryReport, ReportNote, Revision
from mengya_health.signing.levels import L2
from mengya_health.signing.models import Signature
from mengya_health.signing.paper_models import PaperSignature
from mengya_health.signing.queries import holds_by_key, is_what_it_says, told_of
from mengya_health.signing.statements import passkey_challenge

ENTRIES = select(Entry.child_id, Entry.id, Entry.current_version, Entry.author_id, Entry.recorded_at)


@dataclass(frozen=True)
class Kind:
    """A kind of record that the history tells of.

    Its rows begin with whose chain tells of them and with the record's id. `told` returns the version and the
    commitment that the event about a row must have; `agrees` what else must hold. `keeps_versions`: every version has
    a row of its own, not only the newest.
    """

    rec_type: str
    rows: Select
    told: Callable[[Digest, Row], tuple[int, bytes]]
    agrees: Callable[[Digest, Chain, Told, Row], bool] = lambda _digest, _chain, _event, _row: True
    keeps_versions: bool = False
    fault: str = "record_changed"


def kinds_of(deployment_id: UUID) -> tuple[Kind, ...]:
    """Return every kind of record; what is about no child stands in the chain of the deployment."""
    nobody = literal(deployment_id, Id())
    # A mandatory report must not show in the child's own history.
    of_report = Attachment.subject_id.in_(select(MandatoryReport.id))
    chain_of_file = case((of_report, nobody), else_=Attachment.child_id)
    return (
        Kind(
            "entry",
            select(
                *(Revision.child_id, Revision.entry_id, Revision.version),
                *(Revision.commit, Revision.author_id, Revision.recorded_at),
            ),
            lambda _digest, row: (row.version, row.commit),
            lambda _digest, _chain, event, row: was_written(event, row.author_id, row.recorded_at),
            keeps_versions=True,
        ),
        Kind(
            "signature",
            select(Signature.child_id, Signature.id, Signature, PaperSignature).outerjoin(
                PaperSignature, PaperSignature.signature_id == Signature.id
            ),
            lambda digest, row: told_of(digest, row.Signature, row.PaperSignature),
            _signature_agrees,
            fault="signature_changed",
        ),
        Kind(
            "child",
            select(Child.id, Child.id.label("rec"), Child.body_version, Child.body),
            lambda digest, row: (row.body_version, digest(row.body)),
        ),
        Kind(
            "case_step",
            select(CaseStep.child_id, CaseStep.id, CaseStep.body),
            lambda digest, row: (1, digest(row.body)),
        ),
        Kind(
            "attachment",
            select(chain_of_file.label("chain_id"), Attachment.id, Attachment.commit),
            lambda _digest, row: (1, row.commit),
        ),
        *(
            _apart(rec_type, model, nobody)
            for rec_type, model in (("report", MandatoryReport), ("report_note", ReportNote))
        ),
        *(_sealed(model, nobody) for model in (Relationship, Consent, SectionClosure, Approval, Erasure, Export)),
    )


def was_written(event: Told, author_id: UUID, at: datetime) -> bool:
    """Return whether an event is by this hand and of this moment."""
    return event.actor == _id_text(author_id) and event.at == time_text(at)


_id_text = lru_cache(maxsize=4096)(str)  # a few hands write everything


def _apart(rec_type: str, model, nobody) -> Kind:
    """Return the kind of rows that are about a child and told of in the deployment's chain."""
    rows = select(nobody.label("chain_id"), model.id, model.commit, model.author_id, model.recorded_at)
    return Kind(
        rec_type,
        rows,
        lambda _digest, row: (1, row.commit),
        lambda _digest, _chain, event, row: was_written(event, row.author_id, row.recorded_at),
    )


def _sealed(model, nobody) -> Kind:
    """Return the kind of rows whose commitment in the history is their seal."""
    chain_id = func.coalesce(model.child_id, nobody, type_=Id()) if hasattr(model, "child_id") else nobody
    rows = select(chain_id.label("chain_id"), model.id, model.row_version, model.seal)
    return Kind(model.__tablename__, rows, lambda _digest, row: (row.row_version, row.seal))


def _signature_agrees(digest: Digest, chain: Chain, event: Told, row: Row) -> bool:
    """Return whether a signature holds, and its statement says what its row and the history say."""
    signature, paper = row.Signature, row.PaperSignature
    try:
        if not _holds(digest, signature, paper) or not is_what_it_says(signature):
            return False
        said = read_txjson(signature.statement)
        head = bytes.fromhex(said["chain_head"])
    except (IntegrityError, KeyError, TypeError, ValueError):
        return False
    signed = (signature.entry_id.bytes, signature.version)
    commits = {told.commit.hex() for told in chain.events if (told.rec, told.rec_ver) == signed and told.commit}
    # What had happened until then is part of what was signed: a chain written anew does not lead there.
    return said["commit"] in commits and head in {b"", *chain.hashes[: event.seq - 1]}


def _holds(digest: Digest, signature: Signature, paper: PaperSignature | None) -> bool:
    if signature.level != L2:
        return holds_by_key(signature, paper)
    challenge = digest(passkey_challenge(signature.statement))
    proof = {
        name: getattr(signature, name) for name in ("public_key", "signature", "authenticator_data", "client_data")
    }
    return webauthn.assertion_holds(challenge, **proof)
