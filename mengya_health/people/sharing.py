"""Who sees which section: a guardian closes one for somebody until a day, and opens it again."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from mengya_health import audit
from mengya_health.access.actor import CLOSABLE
from mengya_health.access.permissions import Permission, require
from mengya_health.db import Base, Id, new_id
from mengya_health.errors import Invalid, NotFound
from mengya_health.history import chain
from mengya_health.people import seals
from mengya_health.people.facts import ChildFacts

LONGEST = timedelta(days=366)  # then the family is asked again, as for everything else that is granted or withheld


class SectionClosure(Base):
    """A section that a guardian has closed for a kind of reader, or for one of them, from a day to a day."""

    __tablename__ = "section_closure"
    __table_args__ = (
        UniqueConstraint("child_id", "id"),
        CheckConstraint("to_on >= from_on", name="dates_in_order"),
        Index("ix_section_closure_child", "child_id", "to_on"),
    )

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    child_id: Mapped[UUID] = mapped_column(Id, ForeignKey("child.id"))
    section: Mapped[str] = mapped_column(String(10))  # health behaviour family
    towards: Mapped[str] = mapped_column(String(12))  # nursery clinic receiver caregiver
    receiver_id: Mapped[UUID | None] = mapped_column(
        Id
    )  # one caregiver's account, one institution; nobody: all of them
    closed_by: Mapped[UUID] = mapped_column(Id)
    from_on: Mapped[date]
    to_on: Mapped[date]  # the first day it no longer holds
    seal: Mapped[bytes] = mapped_column(LargeBinary(32))
    row_version: Mapped[int] = mapped_column(default=1)

    def authorising(self) -> tuple:
        """Return the columns that the seal covers."""
        return (
            self.id, self.child_id, self.section, self.towards, self.receiver_id, self.closed_by,
            self.from_on, self.to_on,
        )  # fmt: skip


@dataclass(frozen=True)
class ClosureFacts:
    """One closure that holds today."""

    id: UUID
    section: str
    towards: str
    receiver_id: UUID | None
    closed_by: UUID
    to_on: date


def close_section(
    work, child: ChildFacts, *, section: str, towards: str, receiver_id: UUID | None = None, to_on: date
) -> SectionClosure:
    """Close a section for a kind of reader, or for one of them, from today until `to_on`; it works on the next request.

    A closure of the same by the same guardian is replaced. Raises Invalid for what cannot be closed (the clinic keeps
    the health record by law) or a day that is past or more than a year away, NotPermitted.
    """
    require(work.actor, Permission.SHARE, child.subject)
    if section not in CLOSABLE.get(towards, ()):
        raise Invalid(fields={"section": ["这一项不能在这里关闭。 This cannot be closed here."]})
    if not work.today < to_on <= work.today + LONGEST:
        message = "请选明天以后、一年以内的日子。 Choose a day after today, within a year."
        raise Invalid(fields={"to_on": [message]})
    for earlier in _held(work, child):
        same = (earlier.section, earlier.towards, earlier.receiver_id) == (section, towards, receiver_id)
        if same and earlier.closed_by == work.actor.user_id:
            _end(work, earlier)
    closure = SectionClosure(
        id=new_id(),
        child_id=child.id,
        section=section,
        towards=towards,
        receiver_id=receiver_id,
        closed_by=work.actor.user_id,
        from_on=work.today,
        to_on=to_on,
        row_version=1,
    )
    seals.seal(work, closure)
    work.session.add(closure)
    _trace(work, closure, "create", action="C")
    return closure


def open_section(work, child: ChildFacts, closure_id: UUID) -> None:
    """Open again what the actor closed. Raises NotFound for what another guardian closed, or nobody, NotPermitted."""
    require(work.actor, Permission.SHARE, child.subject)
    mine = {row.id: row for row in _held(work, child) if row.closed_by == work.actor.user_id}
    if closure_id not in mine:
        raise NotFound
    _end(work, mine[closure_id])


def closures_of(work, child: ChildFacts) -> list[ClosureFacts]:
    """Return what is closed today, and by whom."""
    require(work.actor, Permission.READ_FAMILY, child.subject)
    return [
        ClosureFacts(row.id, row.section, row.towards, row.receiver_id, row.closed_by, row.to_on)
        for row in _held(work, child)
    ]


# --- inside -----------------------------------------------------------------------------------------------------------


def _held(work, child: ChildFacts) -> list[SectionClosure]:
    of_child = select(SectionClosure).where(SectionClosure.child_id == child.id, SectionClosure.to_on > work.today)
    return [row for row in work.session.scalars(of_child) if seals.holds(work, SectionClosure, row)]


def _end(work, closure: SectionClosure) -> None:
    closure.to_on = work.today
    seals.reseal(work, closure)
    _trace(work, closure, "end")


def _trace(work, closure: SectionClosure, op: str, *, action: str = "U") -> None:
    work.session.flush()
    chain.note_row(work, closure, op)
    audit.changed(work, closure.child_id, "section_closure", closure.id, action=action)
