"""Printed documents: which paper, from which versions, and its bytes for a day."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mengya_health.db import Base, Id, UtcTime, new_id


class Handout(Base):
    """A paper someone asked for. The PDF is kept sealed for 24 hours; a reprint renders again."""

    __tablename__ = "handout"
    __table_args__ = (UniqueConstraint("child_id", "id"),)

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    child_id: Mapped[UUID] = mapped_column(Id, ForeignKey("child.id"), index=True)
    document: Mapped[str] = mapped_column(String(20))  # home_guide referral_letter record_summary closing_summary
    subject_id: Mapped[UUID | None] = mapped_column(Id)  # the case or referral it is about
    job_id: Mapped[UUID] = mapped_column(Id)
    asked_by: Mapped[UUID] = mapped_column(Id, index=True)
    asked_role: Mapped[str] = mapped_column(String(20))
    asked_at: Mapped[datetime] = mapped_column(UtcTime)
    template_version: Mapped[str] = mapped_column(String(20), default="")
    pdf: Mapped[bytes | None] = mapped_column(LargeBinary)
    pages: Mapped[int | None]
    sources: Mapped[str] = mapped_column(String(2000), default="")  # entry ids and versions it was made from
    retention_class: Mapped[str] = mapped_column(String(20), default="health", server_default="health")
