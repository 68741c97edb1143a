"""What exactly is signed: one statement about one version of one entry (security design §6.1)."""

from datetime import datetime
from uuid import UUID

from mengya_health.crypto.canonical import txjson

STATEMENT_VERSION = 1


def statement(
    *,
    deployment: UUID,
    child_id: UUID,
    entry_id: UUID,
    kind: str,
    version: int,
    commit: bytes,
    shown: dict,
    decision: str,
    comment_commit: str,
    signer_id: UUID,
    capacity: str,
    basis_id: UUID,
    consent_version: str,
    chain_head: bytes,
    level: str,
    at: datetime,
    nonce: bytes,
) -> bytes:
    """Return the canonical bytes (TXJSON) a signature is made over.

    `shown` is {template, template_ver, locale, render_digest}: what the signer saw. `basis_id` is the relationship
    that lets them sign. Nothing in it tells what the entry says: `commit` is salted.
    """
    return txjson(
        {
            "v": STATEMENT_VERSION,
            "purpose": "sign",
            "deployment": str(deployment),
            "child": str(child_id),
            "rec": str(entry_id),
            "rec_type": kind,
            "rec_ver": version,
            "commit": commit.hex(),
            "attachments": [],
            "shown": shown,
            "decision": decision,
            "comment_commit": comment_commit,
            "signer": str(signer_id),
            "capacity": capacity,
            "basis_id": str(basis_id),
            "consent_ver": consent_version,
            "chain_head": chain_head.hex(),
            "level": level,
            "at": at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z",
            "nonce": nonce.hex(),
        }
    )
