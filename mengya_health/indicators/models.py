"""The export ledger: every time figures were asked for, for whom, who approved it, and which file left."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from mengya_health.db import Base, Id, UtcTime, new_id


class Export(Base):
    """One export of figures. Sealed: neither the ledger nor what was published before is changed by SQL alone."""

    __tablename__ = "export"
    __table_args__ = (Index("ix_export_taken", "taken_at"),)

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    scope: Mapped[str] = mapped_column(String(8))  # inside or outside the district
    status: Mapped[str] = mapped_column(String(10))  # asked approved refused taken
    asked_by: Mapped[UUID] = mapped_column(Id)
    asked_at: Mapped[datetime] = mapped_column(UtcTime)
    approval_id: Mapped[UUID] = mapped_column(Id)
    approved_by: Mapped[UUID | None] = mapped_column(Id)
    approved_at: Mapped[datetime | None] = mapped_column(UtcTime)
    taken_at: Mapped[datetime | None] = mapped_column(UtcTime)
    file_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    figures: Mapped[bytes | None] = mapped_column(LargeBinary)  # what is published since, by scope: see exports.py
    body: Mapped[bytes] = mapped_column(LargeBinary)  # {recipient, purpose}, under the asker's key
    seal: Mapped[bytes] = mapped_column(LargeBinary(32))
    row_version: Mapped[int] = mapped_column(default=1)

    # Of two who approve or take it at once, one succeeds.
    __mapper_args__ = {"version_id_col": row_version, "version_id_generator": False}

    def authorising(self) -> tuple:
        """Return the columns that the seal covers."""
        return (
            self.id, self.scope, self.status, self.asked_by, self.asked_at, self.approval_id, self.approved_by,
            self.approved_at, self.taken_at, self.file_hash, self.figures,
        )  # fmt: skip
