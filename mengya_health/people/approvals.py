"""The two-person rule: one person asks, another approves, and the approval is used once.

For what nobody of the staff may do alone: restricting a guardian, exporting in bulk, erasing a class of data,
destroying a key. A command that needs it goes through three steps, each in a piece of work of its own:

    ask_approval(work, "restrict_guardian", child_id=…, subject_id=…, terms=…)    the first, who has looked at it
    approve(work, approval_id)                                                    the second, who may not be the first
    use_approval(work, "restrict_guardian", child_id=…, subject_id=…, terms=…)    whoever then does it, once

All three are building blocks: the command asks for its own permission first, and says who may approve. `terms` is what
the approval is for, word for word (a filter, a class, a new value); only its digest is kept, so that what is done is
what was approved. Rows are sealed: an approval written by SQL approves nothing.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Index, LargeBinary, String, select
from sqlalchemy.orm import Mapped, mapped_column

from mengya_health import audit
from mengya_health.db import Base, Id, UtcTime, new_id
from mengya_health.errors import NotFound, NotNow, NotPermitted
from mengya_health.history import chain
from mengya_health.people import seals

KEPT = timedelta(days=7)


class Approval(Base):
    """Something that takes two: who asked for it, who approved it, and whether it is done."""

    __tablename__ = "approval"
    __table_args__ = (Index("ix_approval_what", "what", "status"), Index("ix_approval_child", "child_id"))

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    what: Mapped[str] = mapped_column(String(30))  # restrict_guardian, lift_restriction, …
    organisation_id: Mapped[UUID | None] = mapped_column(Id)  # the place whose staff decide
    child_id: Mapped[UUID | None] = mapped_column(Id)
    subject_id: Mapped[UUID | None] = mapped_column(Id)  # the account, tie or key it is about
    evidence_id: Mapped[UUID | None] = mapped_column(Id)  # the sealed document both have seen
    terms: Mapped[bytes] = mapped_column(LargeBinary(32))  # digest of exactly what was asked for
    asked_by: Mapped[UUID] = mapped_column(Id)
    asked_at: Mapped[datetime] = mapped_column(UtcTime)
    approved_by: Mapped[UUID | None] = mapped_column(Id)
    approved_at: Mapped[datetime | None] = mapped_column(UtcTime)
    status: Mapped[str] = mapped_column(String(10))  # asked approved refused used
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    seal: Mapped[bytes] = mapped_column(LargeBinary(32))
    row_version: Mapped[int] = mapped_column(default=1)

    # Of two who approve or use it at once, one succeeds.
    __mapper_args__ = {"version_id_col": row_version, "version_id_generator": False}

    def authorising(self) -> tuple:
        """Return the columns that the seal covers."""
        return (
            self.id, self.what, self.organisation_id, self.child_id, self.subject_id, self.evidence_id, self.terms,
            self.asked_by, self.asked_at, self.approved_by, self.approved_at, self.status, self.expires_at,
        )  # fmt: skip


def ask_approval(
    work,
    what: str,
    *,
    organisation_id: UUID | None = None,
    child_id: UUID | None = None,
    subject_id: UUID | None = None,
    evidence_id: UUID | None = None,
    terms: str = "",
    kept: timedelta = KEPT,
) -> Approval:
    """Store what the actor wants to do and cannot do alone. It waits for a second person until it expires."""
    approval = Approval(
        id=new_id(),
        what=what,
        organisation_id=organisation_id,
        child_id=child_id,
        subject_id=subject_id,
        evidence_id=evidence_id,
        terms=_digest(work, terms),
        asked_by=work.actor.user_id,
        asked_at=work.now,
        status="asked",
        expires_at=work.now + kept,
        row_version=1,
    )
    seals.seal(work, approval)
    work.session.add(approval)
    _trace(work, approval, "create", action="C")
    return approval


def approve(work, approval_id: UUID) -> Approval:
    """Approve as the second person. Raises NotPermitted for whoever asked, NotFound where nothing waits."""
    approval = _waiting(work, approval_id)
    if approval.asked_by == work.actor.user_id:
        raise NotPermitted(
            "这件事要两个人办：请另一位同事看过材料后批准。",
            "This takes two people: ask a colleague to look at it and approve.",
        )
    approval.approved_by, approval.approved_at = work.actor.user_id, work.now
    _move(work, approval, "approved")
    return approval


def refuse(work, approval_id: UUID) -> Approval:
    """Say no to what somebody asked for, or take back what one asked for oneself. Raises NotFound."""
    approval = _waiting(work, approval_id)
    _move(work, approval, "refused")
    return approval


def use_approval(
    work, what: str, *, child_id: UUID | None = None, subject_id: UUID | None = None, terms: str = ""
) -> Approval:
    """Use up the approval for exactly this; whoever does it has two people behind it.

    Raises NotNow where none is there: not asked for, not approved yet, expired, used already, or for something else;
    IntegrityError for one that was put back by SQL to what it was before.
    """
    found = select(Approval).where(Approval.what == what, Approval.status == "approved")
    found = found.where(Approval.expires_at > work.now, Approval.terms == _digest(work, terms))
    for column, value in ((Approval.child_id, child_id), (Approval.subject_id, subject_id)):
        found = found.where(column.is_(None) if value is None else column == value)
    for approval in work.session.scalars(found.order_by(Approval.asked_at.desc())):
        if _holds(work, approval) and approval.approved_by not in (None, approval.asked_by):
            _move(work, approval, "used")
            return approval
    raise NotNow(
        "这件事要两个人办：还没有另一位同事批准，或批准已过期。",
        "This takes two people: no colleague has approved it yet, or the approval has expired.",
    )


def waiting_approvals(work, *whats: str, organisation_id: UUID | None = None, child_id: UUID | None = None) -> list:
    """Return what waits for a second person, newest first; narrowed to a place or a child where one is named."""
    found = select(Approval).where(Approval.what.in_(whats), Approval.status == "asked", Approval.expires_at > work.now)
    if organisation_id:
        found = found.where(Approval.organisation_id == organisation_id)
    if child_id:
        found = found.where(Approval.child_id == child_id)
    rows = work.session.scalars(found.order_by(Approval.asked_at.desc()))
    return [row for row in rows if seals.holds(work, Approval, row)]


# --- inside -----------------------------------------------------------------------------------------------------------


def _waiting(work, approval_id: UUID) -> Approval:
    approval = work.session.get(Approval, approval_id)
    if approval is None or approval.status != "asked" or approval.expires_at <= work.now:
        raise NotFound
    if not _holds(work, approval):
        raise NotFound
    return approval


def _holds(work, approval: Approval) -> bool:
    """Return whether an approval carries its seal and is what the history says last: one put back is spent already."""
    if not seals.holds(work, Approval, approval):
        return False
    said = chain.Claim(approval.child_id or work.deployment_id, approval.id, approval.row_version, approval.seal)
    work.session.flush()  # what this very work has told of it counts, too
    chain.check_newest(work.session, work.keys, [said])
    return True


def _move(work, approval: Approval, status: str) -> None:
    approval.status = status
    seals.reseal(work, approval)
    _trace(work, approval, status)


def _digest(work, terms: str) -> bytes:
    return work.keys.digest(terms.encode())


def _trace(work, approval: Approval, op: str, *, action: str = "U") -> None:
    work.session.flush()
    chain.note_row(work, approval, op, child_id=approval.child_id or work.deployment_id)
    audit.note(work, action, approval.child_id, "approval", record_id=approval.id, purpose="two_persons")
