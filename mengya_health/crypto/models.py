"""The tables of the keystore: a database of its own, never backed up together with the data."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, MetaData, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from mengya_health.db import NAMING, Id, UtcTime


class KeystoreBase(DeclarativeBase):
    """Every table of the keystore. The ids are UUIDv7 and so tell when a key was made."""

    metadata = MetaData(naming_convention=NAMING)


class Profile(KeystoreBase):
    """One row: which suite's hash this deployment was made with, for good, and which suite it seals with now."""

    __tablename__ = "profile"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash_suite: Mapped[int]
    write_suite: Mapped[int]


class WrappingKey(KeystoreBase):
    """K1, wrapped under the provider's root key. The highest version wraps; all versions unwrap."""

    __tablename__ = "wrapping_key"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    version: Mapped[int] = mapped_column(unique=True)
    root_id: Mapped[UUID] = mapped_column(Id)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)


class Dek(KeystoreBase):
    """One data key: of a child and a class of content, or of a user. Deleting it erases.

    Its newest version seals, with the suite that stands beside it: so one child changes over in one commit, and every
    process with it. A class that is only stored any more has a day until which.
    """

    __tablename__ = "dek"
    __table_args__ = (UniqueConstraint("subject_id", "key_class", "version"),)

    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(Id)
    key_class: Mapped[str] = mapped_column(String(12))  # identity health behaviour family special user
    version: Mapped[int]
    suite: Mapped[int]
    sealed_until: Mapped[date | None]
    wrapping_key_id: Mapped[UUID] = mapped_column(Id, ForeignKey("wrapping_key.id"), index=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)


class EndedKey(KeystoreBase):
    """A data key that was destroyed, so that what it sealed is known to be erased and not lost."""

    __tablename__ = "ended_key"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True)  # of the key
    subject_id: Mapped[UUID] = mapped_column(Id, index=True)
    key_class: Mapped[str] = mapped_column(String(12))
    ended_at: Mapped[datetime] = mapped_column(UtcTime)
