"""What leaves the system for somebody: when and what became of it. Never what it is about."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mengya_health.db import Base, Id, UtcTime, new_id

DIGEST, URGENT, CODE = "digest", "urgent", "code"


class Message(Base):
    """One message to one account. Its words are made when it is sent: a number, an address, nothing of any child.

    The unique key is what keeps it to one digest a day, however many workers run.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("user_id", "kind", "subject_id", "told_on"),
        Index("ix_message_status", "status", "next_at"),
    )

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(Id, ForeignKey("user.id"))
    kind: Mapped[str] = mapped_column(String(10))  # digest urgent code
    subject_id: Mapped[UUID] = mapped_column(
        Id
    )  # the account itself; of an urgent one, the task; of a code, the asking
    told_on: Mapped[date]  # by the clinic's calendar
    number: Mapped[int] = mapped_column(default=0)  # of things that wait
    # requested in-progress completed failed; nothing: there was nothing new; off: not wanted; unreachable: no channel
    status: Mapped[str] = mapped_column(String(12), default="requested")
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(UtcTime)
    error_code: Mapped[str] = mapped_column(String(20), default="")
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)
