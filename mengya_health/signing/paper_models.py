"""What a signature on paper consists of beside the statement: the scan, and the two members of staff who saw it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from mengya_health.db import Base, Id, UtcTime


class PaperSignature(Base):
    """The paper half of a signature of level `paper`: `Signature.signature` is then the first witness's own.

    It counts once a second witness has signed the same statement; until then it is a claim of one person.
    """

    __tablename__ = "paper_signature"
    __table_args__ = (
        CheckConstraint("second_witness_id IS NULL OR second_witness_id <> witness_id", name="two_people"),
        CheckConstraint("(second_witness_id IS NULL) = (confirmed_at IS NULL)", name="whole_confirmation"),
    )

    signature_id: Mapped[UUID] = mapped_column(Id, ForeignKey("signature.id"), primary_key=True)
    child_id: Mapped[UUID] = mapped_column(Id, ForeignKey("child.id"), index=True)
    scan_id: Mapped[UUID] = mapped_column(Id)  # the attachment
    body: Mapped[bytes] = mapped_column(LargeBinary)  # {name, relation, signed_on} of who signed; class identity
    organisation_id: Mapped[UUID] = mapped_column(Id)  # where both witnesses work
    witness_id: Mapped[UUID] = mapped_column(Id)
    second_witness_id: Mapped[UUID | None] = mapped_column(Id)
    second_signature: Mapped[bytes | None] = mapped_column(LargeBinary)
    second_public_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcTime)
