"""Signatures on one version of one entry. A consent is read together with a child's ties, so its table is theirs."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mengya_health.db import Base, Id, UtcTime, new_id
from mengya_health.people.models import Consent

__all__ = ["Consent", "Signature"]


class Signature(Base):
    """One person's decision about one version. The statement holds ids and commitments only, so it lies open."""

    __tablename__ = "signature"
    __table_args__ = (
        UniqueConstraint("child_id", "id"),
        UniqueConstraint("nonce"),
        Index("ix_signature_entry", "entry_id", "version"),
    )

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    child_id: Mapped[UUID] = mapped_column(Id, ForeignKey("child.id"))
    entry_id: Mapped[UUID] = mapped_column(Id)
    version: Mapped[int]
    signer_id: Mapped[UUID | None] = mapped_column(Id)  # None: a guardian without an account, on paper
    capacity: Mapped[str] = mapped_column(String(12))  # guardian doctor teacher
    decision: Mapped[str] = mapped_column(String(12))  # agree acknowledge disagree
    level: Mapped[str] = mapped_column(String(5))  # L0 L1 L2 L3 paper
    statement: Mapped[bytes] = mapped_column(LargeBinary)  # TXJSON
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)  # L1: Ed25519, 32 bytes; L2: the passkey's, COSE
    # L2 only: the passkey, and what it put around the statement when it signed.
    credential_id: Mapped[bytes | None] = mapped_column(LargeBinary)
    authenticator_data: Mapped[bytes | None] = mapped_column(LargeBinary)
    client_data: Mapped[bytes | None] = mapped_column(LargeBinary)
    nonce: Mapped[bytes] = mapped_column(LargeBinary(16))
    signed_at: Mapped[datetime] = mapped_column(UtcTime)
    retention_class: Mapped[str] = mapped_column(String(20), default="health", server_default="health")
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcTime)
