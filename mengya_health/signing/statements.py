"""What exactly is signed: one statement about one version of one entry (security design §6.1).

How the package `signing` verifies a stored signature says how anybody else may: see its docstring.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from mengya_health.crypto.canonical import txjson
from mengya_health.history.canonical import time_text

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
    signer_id: UUID | None,
    capacity: str,
    basis_id: UUID,
    consent_version: str,
    agreement_version: str,
    chain_head: bytes,
    level: str,
    at: datetime,
    nonce: bytes,
    passkeys: tuple[bytes, ...] = (),
    attachments: Iterable[tuple[UUID, bytes]] = (),
) -> bytes:
    """Return the canonical bytes (TXJSON) a signature is made over.

    `shown` is {template, template_ver, locale, render_digest}: what the signer saw. `basis_id` is the relationship
    that lets them sign, `agreement_version` that of the 电子签名使用约定. Nothing in it tells what the entry says:
    `commit` is salted, and so is `comment_commit`, that of the revision which holds the signer's own words.
    `attachments` are (id, commitment) of what is signed along with it: the scan of a paper. `signer_id` is None for a
    guardian without an account, who signs on paper. A statement of level L2 lists the
    `passkeys` that may sign it, each as H(credential id ‖ public key): ECDSA alone lets a signature be claimed for a
    key made up afterwards.
    """
    said = {
        "v": STATEMENT_VERSION,
        "purpose": "sign",
        "deployment": str(deployment),
        "child": str(child_id),
        "rec": str(entry_id),
        "rec_type": kind,
        "rec_ver": version,
        "commit": commit.hex(),
        "attachments": [{"id": str(each), "commit": sealed.hex()} for each, sealed in attachments],
        "shown": shown,
        "decision": decision,
        "comment_commit": comment_commit,
        "signer": str(signer_id) if signer_id else None,
        "capacity": capacity,
        "basis_id": str(basis_id),
        "consent_ver": consent_version,
        "agreement_ver": agreement_version,
        "chain_head": chain_head.hex(),
        "level": level,
        "at": time_text(at),
        "nonce": nonce.hex(),
    }
    of_its_level = {"passkeys": [each.hex() for each in passkeys]} if passkeys else {}
    return txjson(said | of_its_level)


def passkey_challenge(message: bytes) -> bytes:
    """Return the bytes of which the digest is what a passkey answers when it signs this statement."""
    return b"txda/sign/1\0" + message
