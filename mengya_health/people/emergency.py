"""What stands behind an emergency access (紧急查阅), and which records are decoys."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mengya_health.db import Base, Id, UtcTime, new_id

LASTS = timedelta(minutes=60)
REVIEW_WITHIN = timedelta(hours=72)
HELD_AT_MOST = timedelta(hours=72)  # how long the officer may keep the notice from the guardians
# Why a record is looked at without a tie to the child.
REASONS = ("treatment", "transfer", "rescue", "protection", "public_health")


class BreakGlass(Base):
    """One emergency access: whose, to which child, why, until when, and what another person found of it."""

    __tablename__ = "break_glass"
    __table_args__ = (UniqueConstraint("child_id", "id"), Index("ix_break_glass_child", "child_id", "opened_at"))

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    child_id: Mapped[UUID] = mapped_column(Id, ForeignKey("child.id"))
    user_id: Mapped[UUID] = mapped_column(Id, ForeignKey("user.id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(Id)
    reason: Mapped[bytes] = mapped_column(LargeBinary)  # sealed under the child's class health: {code, text}
    opened_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    held_until: Mapped[datetime | None] = mapped_column(UtcTime)
    reviewed_by: Mapped[UUID | None] = mapped_column(Id)
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    finding: Mapped[str] = mapped_column(String(12), default="")  # justified, unjustified
    review: Mapped[bytes | None] = mapped_column(LargeBinary)  # what the reviewer wrote, sealed: class health
    seal: Mapped[bytes] = mapped_column(LargeBinary(32))
    row_version: Mapped[int] = mapped_column(default=1)

    def authorising(self) -> tuple:
        """Return the columns that the seal covers: what it opens, and the review that lets its user do it again."""
        return (
            self.id, self.child_id, self.user_id, self.expires_at, self.ended_at, self.held_until, self.reviewed_by,
            self.reviewed_at,
        )  # fmt: skip


class Decoy(Base):
    """A record that is nobody's: whoever reads it had no reason to. Only our key can tell which child it is."""

    __tablename__ = "decoy"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Id, index=True)
    tag: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)  # keyed hash of the child's id
    made_at: Mapped[datetime] = mapped_column(UtcTime)
