"""Entries in three sections, their immutable revisions, and everything due."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, PrimaryKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mengya_health.db import Base, Id, UtcTime, new_id

SECTIONS = ("health", "behaviour", "family")
OPEN_TASK = ("requested", "received", "accepted", "ready", "in-progress", "on-hold")  # FHIR task-status


class Entry(Base):
    """One thing written about a child by one hand. What it says lives in its revisions."""

    __tablename__ = "entry"
    __table_args__ = (
        UniqueConstraint("child_id", "id"),
        Index("ix_entry_timeline", "child_id", "happened_on"),
        Index("ix_entry_case", "case_id", "kind"),
        Index("ix_entry_task", "task_id"),
    )

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    child_id: Mapped[UUID] = mapped_column(Id, ForeignKey("child.id"))
    section: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20), default="active")  # FHIR request-status where it is a plan
    case_id: Mapped[UUID | None] = mapped_column(Id)
    task_id: Mapped[UUID | None] = mapped_column(Id)
    round: Mapped[int | None]
    author_id: Mapped[UUID] = mapped_column(Id)
    author_role: Mapped[str] = mapped_column(String(20))
    organisation_id: Mapped[UUID | None] = mapped_column(Id)  # where the author wrote it
    happened_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(UtcTime)
    current_version: Mapped[int] = mapped_column(default=1)
    retention_class: Mapped[str] = mapped_column(String(20))
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}


class Revision(Base):
    """One version of an entry: sealed, never changed. The commitment is repeated in the history."""

    __tablename__ = "revision"
    __table_args__ = (PrimaryKeyConstraint("entry_id", "version"), Index("ix_revision_child", "child_id"))

    entry_id: Mapped[UUID] = mapped_column(Id, ForeignKey("entry.id"))
    version: Mapped[int]
    child_id: Mapped[UUID] = mapped_column(Id)
    section: Mapped[str] = mapped_column(String(10))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    commit: Mapped[bytes] = mapped_column(LargeBinary(32))
    author_id: Mapped[UUID] = mapped_column(Id)
    author_role: Mapped[str] = mapped_column(String(20))
    recorded_at: Mapped[datetime] = mapped_column(UtcTime)


class Dispute(Base):
    """A guardian's 有异议 about one version of an entry. What it says, and the answer, are entries of their own."""

    __tablename__ = "dispute"
    __table_args__ = (UniqueConstraint("child_id", "note_id"), Index("ix_dispute_about", "about_id", "status"))

    note_id: Mapped[UUID] = mapped_column(Id, ForeignKey("entry.id"), primary_key=True)  # an entry of kind dispute
    child_id: Mapped[UUID] = mapped_column(Id, ForeignKey("child.id"))
    about_id: Mapped[UUID] = mapped_column(Id, ForeignKey("entry.id"))
    version: Mapped[int]  # the one that the guardian disagrees with
    answer_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("entry.id"))  # of kind dispute_answer
    status: Mapped[str] = mapped_column(String(10), default="open")  # open answered kept closed
    raised_at: Mapped[datetime] = mapped_column(UtcTime)


class Task(Base):
    """Anything due: a visit, a care task, a follow-up, a referral's reply, a concern to answer, a signature asked.

    Overdue is never stored: it is `today > due_on` of something open.
    """

    __tablename__ = "task"
    __table_args__ = (
        UniqueConstraint("child_id", "id"),
        CheckConstraint("done_on IS NULL OR status NOT IN ('requested', 'ready')", name="done_is_closed"),
        Index("ix_task_due", "organisation_id", "whose_turn", "status", "due_on"),
        Index("ix_task_child", "child_id", "status"),
        Index("ix_task_case", "case_id"),
        Index("ix_task_done", "organisation_id", "done_on"),
    )

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    child_id: Mapped[UUID] = mapped_column(Id, ForeignKey("child.id"))
    kind: Mapped[str] = mapped_column(String(16))  # visit care_task follow_up referral_reply concern signature outcome
    case_id: Mapped[UUID | None] = mapped_column(Id)
    subject_id: Mapped[UUID | None] = mapped_column(Id)  # the entry to sign, the referral to answer, the concern
    organisation_id: Mapped[UUID | None] = mapped_column(Id)  # the place whose list it stands on
    whose_turn: Mapped[str] = mapped_column(String(12))  # doctor teacher guardian specialist
    due_on: Mapped[date]
    done_on: Mapped[date | None]
    status: Mapped[str] = mapped_column(String(16), default="requested")
    body: Mapped[bytes] = mapped_column(LargeBinary)  # {item, title, text, freq, weeks …} or {visit}; class health
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    retention_class: Mapped[str] = mapped_column(String(20), default="health", server_default="health")
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}


class Attachment(Base):
    """A file kept with an entry or a paper. What it is called, its kind and size lie in the sealed body."""

    __tablename__ = "attachment"
    __table_args__ = (
        UniqueConstraint("child_id", "id"),
        Index("ix_attachment_subject", "child_id", "subject_id"),
        Index("ix_attachment_author", "author_id", "recorded_at"),
    )

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    child_id: Mapped[UUID] = mapped_column(Id, ForeignKey("child.id"))
    section: Mapped[str] = mapped_column(String(10))  # health behaviour family, or special: named people only
    subject_id: Mapped[UUID] = mapped_column(Id)  # the entry or paper it belongs to
    author_id: Mapped[UUID] = mapped_column(Id)
    author_role: Mapped[str] = mapped_column(String(20))
    recorded_at: Mapped[datetime] = mapped_column(UtcTime)
    body: Mapped[bytes] = mapped_column(LargeBinary)  # {name, kind, size, digest}
    commit: Mapped[bytes] = mapped_column(LargeBinary(32))
    start: Mapped[bytes] = mapped_column(LargeBinary(84))  # of the envelope whose segments follow
    segments: Mapped[int]
    retention_class: Mapped[str] = mapped_column(String(20))


class AttachmentSegment(Base):
    """64 KiB of an attachment, sealed. Rows, so that they commit, back up, move and are erased with the record."""

    __tablename__ = "attachment_segment"
    __table_args__ = (
        PrimaryKeyConstraint("attachment_id", "index"),
        Index("ix_attachment_segment_child", "child_id"),
    )

    attachment_id: Mapped[UUID] = mapped_column(Id, ForeignKey("attachment.id"))
    index: Mapped[int]
    child_id: Mapped[UUID] = mapped_column(Id)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class MandatoryReport(Base):
    """强制报告. Its events stand in the deployment's chain, its readings in a table of their own."""

    __tablename__ = "mandatory_report"
    __table_args__ = (
        UniqueConstraint("child_id", "id"),
        Index("ix_mandatory_report_place", "organisation_id", "recorded_at"),
        Index("ix_mandatory_report_author", "author_id", "recorded_at"),
    )

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    child_id: Mapped[UUID] = mapped_column(Id, ForeignKey("child.id"))
    author_id: Mapped[UUID] = mapped_column(Id)
    author_role: Mapped[str] = mapped_column(String(20))
    organisation_id: Mapped[UUID | None] = mapped_column(Id)  # where the author works: its lead reads it
    recorded_at: Mapped[datetime] = mapped_column(UtcTime)
    status: Mapped[str] = mapped_column(String(16))  # FHIR task-status: requested received in-progress completed
    body: Mapped[bytes] = mapped_column(LargeBinary)  # class special
    commit: Mapped[bytes] = mapped_column(LargeBinary(32))
    retention_class: Mapped[str] = mapped_column(String(20))
    seal: Mapped[bytes] = mapped_column(LargeBinary(32))
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version, "version_id_generator": False}

    def authorising(self) -> tuple:
        """Return the columns that the seal covers: who may read it hangs on them."""
        return (self.id, self.child_id, self.author_id, self.organisation_id, self.status)


class ReportNote(Base):
    """What its author or a lead adds to a mandatory report, and the status it was given with it."""

    __tablename__ = "report_note"
    __table_args__ = (UniqueConstraint("child_id", "id"), Index("ix_report_note_report", "report_id"))

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    report_id: Mapped[UUID] = mapped_column(Id, ForeignKey("mandatory_report.id"))
    child_id: Mapped[UUID] = mapped_column(Id)
    author_id: Mapped[UUID] = mapped_column(Id)
    author_role: Mapped[str] = mapped_column(String(20))
    recorded_at: Mapped[datetime] = mapped_column(UtcTime)
    body: Mapped[bytes] = mapped_column(LargeBinary)  # {text, status}; class special
    commit: Mapped[bytes] = mapped_column(LargeBinary(32))
    retention_class: Mapped[str] = mapped_column(String(20))


class ReportReading(Base):
    """Who wrote or read what of mandatory reports: the audit apart, of the same terms as the audit."""

    __tablename__ = "report_reading"
    __table_args__ = (Index("ix_report_reading_report", "report_id", "at"),)

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    request_id: Mapped[UUID] = mapped_column(Id)
    report_id: Mapped[UUID | None] = mapped_column(Id)  # none where only the form was open
    child_id: Mapped[UUID | None] = mapped_column(Id)
    user_id: Mapped[UUID] = mapped_column(Id)
    role: Mapped[str] = mapped_column(String(20))
    session_id: Mapped[UUID | None] = mapped_column(Id)
    action: Mapped[str] = mapped_column(String(6))  # C R U
    source: Mapped[str] = mapped_column(String(45))
    at: Mapped[datetime] = mapped_column(UtcTime)


class Idempotency(Base):
    """A form that was sent and stored, so that sending it again stores nothing twice."""

    __tablename__ = "idempotency"

    user_id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    key: Mapped[UUID] = mapped_column(Id, primary_key=True)
    route: Mapped[str] = mapped_column(String(80))
    body_mac: Mapped[bytes] = mapped_column(LargeBinary(32))
    location: Mapped[str] = mapped_column(String(300))  # where the first sending was answered with; ids only
    stored_at: Mapped[datetime] = mapped_column(UtcTime)
