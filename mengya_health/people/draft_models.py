"""What somebody began to write about a child. It stands here to be found in one statement with the child's rows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mengya_health.db import Base, Id, UtcTime


class Draft(Base):
    """What somebody typed into a form and has not saved: theirs alone, for a week. `id` names the author and the form.

    It is no part of the record: it has no history, and saving the form deletes it.
    """

    __tablename__ = "draft"
    __table_args__ = (
        UniqueConstraint("child_id", "id"),
        Index("ix_draft_user", "user_id"),
        Index("ix_draft_saved", "saved_at"),
    )

    id: Mapped[UUID] = mapped_column(Id, primary_key=True)  # Keys.draft_id
    user_id: Mapped[UUID] = mapped_column(Id, ForeignKey("user.id"))
    child_id: Mapped[UUID] = mapped_column(Id, ForeignKey("child.id"))
    section: Mapped[str] = mapped_column(String(10))
    body: Mapped[bytes] = mapped_column(LargeBinary)  # {values, field}
    saved_at: Mapped[datetime] = mapped_column(UtcTime)
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}
