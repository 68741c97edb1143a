"""What proves that somebody is the owner of an account beside the password, and what the owner is told about it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from mengya_health.db import Base, Id, UtcTime, new_id


class Totp(Base):
    """A user's authenticator app. A new secret is `next_secret` until its first code was right."""

    __tablename__ = "totp"

    user_id: Mapped[UUID] = mapped_column(Id, ForeignKey("user.id"), primary_key=True)
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)  # base32, sealed under the user's own key
    next_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    last_step: Mapped[int] = mapped_column(
        BigInteger, default=0
    )  # of 30 s since 1970: no code at or before it is taken
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcTime)


class SpareCode(Base):
    """One of ten codes on paper, each good for one sign-in without the authenticator app."""

    __tablename__ = "spare_code"

    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)  # keyed, with the user in it
    user_id: Mapped[UUID] = mapped_column(Id, ForeignKey("user.id"), index=True)
    spent_at: Mapped[datetime | None] = mapped_column(UtcTime)


class AccountToken(Base):
    """A one-time link with which the owner of an account chooses a password; only its hash is kept."""

    __tablename__ = "account_token"
    __table_args__ = (Index("ix_account_token_user", "user_id", "made_at"),)

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(Id, ForeignKey("user.id"))
    child_id: Mapped[UUID | None] = mapped_column(Id)  # a guardian's: whose birth date is asked for
    kind: Mapped[str] = mapped_column(String(10))  # invite reset desk, or factor: no link, a second factor taken off
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    made_by: Mapped[UUID] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    tries: Mapped[int] = mapped_column(default=0)
    spent_at: Mapped[datetime | None] = mapped_column(UtcTime)
    seal: Mapped[bytes] = mapped_column(LargeBinary(32))
    row_version: Mapped[int] = mapped_column(default=1)

    def authorising(self) -> tuple:
        """Return the columns that the seal covers: whose account it opens, and until when."""
        return (
            self.id, self.user_id, self.child_id, self.kind, self.token_hash, self.made_by, self.made_at,
            self.expires_at,
        )  # fmt: skip


class AccountNotice(Base):
    """One line for the owner of an account about something that happened to it."""

    __tablename__ = "account_notice"
    __table_args__ = (Index("ix_account_notice_user", "user_id", "at"),)

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(Id, ForeignKey("user.id"))
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcTime)
    seen_at: Mapped[datetime | None] = mapped_column(UtcTime)
