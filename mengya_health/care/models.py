"""Cases, the steps they took, and referrals. What a case is about lies in its sealed body; what is due, in record."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from mengya_health.db import Base, Id, UtcTime, new_id
from mengya_health.record.models import OPEN_TASK as OPEN_TASK
from mengya_health.record.models import Task as Task

# A referral that has neither feedback nor a typed reason; in-progress: the child has been seen.
WAITING = ("requested", "received", "accepted", "in-progress")
CLOSED_STATES = ("resolved", "stopped")


class Case(Base):
    """A concern about a child that goes round the loop. `state` is written by `care.loop.move` alone."""

    __tablename__ = "case"
    __table_args__ = (
        UniqueConstraint("child_id", "id"),
        Index(
            "uq_case_open_pathway",
            "child_id",
            "pathway_tag",
            unique=True,
            sqlite_where=text("state NOT IN ('resolved', 'stopped')"),
            postgresql_where=text("state NOT IN ('resolved', 'stopped')"),
        ),
        Index("ix_case_organisation", "organisation_id", "state"),
    )

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    child_id: Mapped[UUID] = mapped_column(Id, ForeignKey("child.id"))
    organisation_id: Mapped[UUID] = mapped_column(Id)  # the clinic in charge
    workflow: Mapped[str] = mapped_column(String(20))
    workflow_version: Mapped[int]
    state: Mapped[str] = mapped_column(String(12))
    whose_turn: Mapped[str] = mapped_column(String(12))
    round: Mapped[int] = mapped_column(default=1)
    pathway_tag: Mapped[bytes] = mapped_column(LargeBinary(16))
    body: Mapped[bytes] = mapped_column(LargeBinary)  # {pathway, content_version, reason, number_suffix …}
    opened_on: Mapped[date]
    closed_on: Mapped[date | None]
    retention_class: Mapped[str] = mapped_column(String(20), default="health", server_default="health")
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}


class CaseStep(Base):
    """One event that happened to a case. Never changed, never removed."""

    __tablename__ = "case_step"
    __table_args__ = (UniqueConstraint("child_id", "id"), UniqueConstraint("case_id", "seq"))

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(Id, ForeignKey("case.id"))
    child_id: Mapped[UUID] = mapped_column(Id)
    seq: Mapped[int]
    event: Mapped[str] = mapped_column(String(20))
    from_state: Mapped[str | None] = mapped_column(String(12))
    to_state: Mapped[str] = mapped_column(String(12))
    round: Mapped[int]
    actor_id: Mapped[UUID] = mapped_column(Id)
    actor_role: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcTime)
    body: Mapped[bytes] = mapped_column(LargeBinary)  # {reason, checks, …}


class ReferralLink(Base):
    """A link with which a receiver without an account reads and answers one referral, in one browser.

    The address holds a token, the browser's cookie another; this row holds their keyed hashes alone, and a seal.
    """

    __tablename__ = "referral_link"
    __table_args__ = (Index("ix_referral_link_referral", "referral_id"),)

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    referral_id: Mapped[UUID] = mapped_column(Id)
    child_id: Mapped[UUID] = mapped_column(Id, ForeignKey("child.id"))
    receiver_id: Mapped[UUID] = mapped_column(Id)
    user_id: Mapped[UUID] = mapped_column(Id, ForeignKey("user.id"))  # under whom its holder stands in the audit
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    browser_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)  # None until it is opened
    made_by: Mapped[UUID] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    tries: Mapped[int] = mapped_column(default=0)
    seal: Mapped[bytes] = mapped_column(LargeBinary(32))
    row_version: Mapped[int] = mapped_column(default=1)

    def authorising(self) -> tuple:
        """Return the columns that the seal covers: what it opens, for whom, in which browser, until when."""
        return (
            self.id, self.referral_id, self.child_id, self.receiver_id, self.user_id, self.token_hash,
            self.browser_hash, self.expires_at, self.ended_at,
        )  # fmt: skip


class Referral(Base):
    """A child sent to somebody who knows more. It stays open until feedback or a typed reason is in."""

    __tablename__ = "referral"
    __table_args__ = (UniqueConstraint("child_id", "id"), Index("ix_referral_receiver", "receiver_id", "status"))

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    child_id: Mapped[UUID] = mapped_column(Id, ForeignKey("child.id"))
    case_id: Mapped[UUID] = mapped_column(Id, ForeignKey("case.id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(Id)
    receiver_id: Mapped[UUID] = mapped_column(Id)
    number: Mapped[str] = mapped_column(String(30), unique=True)
    status: Mapped[str] = mapped_column(String(16), default="requested")  # FHIR task-status
    entry_id: Mapped[UUID] = mapped_column(Id)  # the letter: an entry of kind referral
    feedback_entry_id: Mapped[UUID | None] = mapped_column(Id)
    visit_by_on: Mapped[date | None]  # None for letters from before this was kept
    visited_on: Mapped[date | None]
    reply_due_on: Mapped[date]
    sent_on: Mapped[date]
    not_done_reason: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed: the typed reason why no feedback
    retention_class: Mapped[str] = mapped_column(String(20), default="health", server_default="health")
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}
