"""What a family wants deleted, what became of it, and which keys were destroyed for it."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from mengya_health.db import Base, Id, UtcTime, new_id


class Ending(NamedTuple):
    """What becomes of one class: destroyed, or only stored until a day."""

    key_class: str
    sealed_until: date | None


class Erasure(Base):
    """One wish to delete, and the decision about it. Sealed: nothing is destroyed for a row written by SQL alone."""

    __tablename__ = "erasure"
    __table_args__ = (Index("ix_erasure_child", "child_id"), Index("ix_erasure_status", "status"))

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    child_id: Mapped[UUID] = mapped_column(Id, ForeignKey("child.id"))
    scope: Mapped[str] = mapped_column(String(10))  # family: one section; record: everything
    legal_basis: Mapped[str] = mapped_column(String(20))  # pipl47
    endings: Mapped[str] = mapped_column(String(200), default="")  # family:destroyed,health:2041-11-23; once decided
    status: Mapped[str] = mapped_column(String(10))  # asked proposed approved done refused
    asked_by: Mapped[UUID] = mapped_column(Id)
    asked_at: Mapped[datetime] = mapped_column(UtcTime)
    proposed_by: Mapped[UUID | None] = mapped_column(Id)
    approval_id: Mapped[UUID | None] = mapped_column(Id)
    approved_by: Mapped[UUID | None] = mapped_column(Id)
    done_at: Mapped[datetime | None] = mapped_column(UtcTime)
    seal: Mapped[bytes] = mapped_column(LargeBinary(32))
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version, "version_id_generator": False}

    def authorising(self) -> tuple:
        """Return the columns that the seal covers."""
        return (
            self.id, self.child_id, self.scope, self.legal_basis, self.endings, self.status, self.asked_by,
            self.proposed_by, self.approval_id, self.approved_by,
        )  # fmt: skip

    def decided(self) -> tuple[Ending, ...]:
        """Return what becomes of each class, as it was decided."""
        parts = (each.split(":") for each in self.endings.split(",") if each)
        return tuple(Ending(name, None if how == "destroyed" else date.fromisoformat(how)) for name, how in parts)


class ErasedKey(Base):
    """A destroyed key whose traces are gone from this database, too. A backup from before does not have its row."""

    __tablename__ = "erased_key"

    key_id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    erased_at: Mapped[datetime] = mapped_column(UtcTime)


def endings_text(endings: tuple[Ending, ...]) -> str:
    """Return endings as they are stored."""
    return ",".join(f"{each.key_class}:{each.sealed_until or 'destroyed'}" for each in endings)
