"""Passkeys (WebAuthn credentials) of an account, and the challenges that wait for one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from mengya_health.db import Base, Id, UtcTime, new_id


class Passkey(Base):
    """A key pair on somebody's own device; here lies its public half. Never deleted: what it signed is read with it."""

    __tablename__ = "passkey"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(Id, ForeignKey("user.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)  # COSE
    sign_count: Mapped[int] = mapped_column(BigInteger)
    backup_eligible: Mapped[bool]  # the device's vendor may copy it to other devices
    backup_state: Mapped[bool]  # … and has, when it was last used
    transports: Mapped[str] = mapped_column(String(60), default="")  # as the browser named them, with blanks between
    body: Mapped[bytes] = mapped_column(LargeBinary)  # {name}, sealed under the user's own key
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcTime)
    # In person: two of the staff saw the owner's document and this passkey. Without both it is self-enrolled.
    witness_id: Mapped[UUID | None] = mapped_column(Id)
    second_witness_id: Mapped[UUID | None] = mapped_column(Id)
    witnessed_at: Mapped[datetime | None] = mapped_column(UtcTime)  # when the second one had seen it
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    seal: Mapped[bytes] = mapped_column(LargeBinary(32))
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version, "version_id_generator": False}

    def authorising(self) -> tuple:
        """Return the columns that the seal covers; the counter too, or setting it back would let a copy sign."""
        return (
            self.id, self.user_id, self.credential_id, self.public_key, self.sign_count, int(self.backup_eligible),
            self.witness_id, self.second_witness_id, self.witnessed_at, self.revoked_at,
        )  # fmt: skip


class PasskeyChallenge(Base):
    """What a passkey is asked to answer, once, within minutes. Only its hash is kept."""

    __tablename__ = "passkey_challenge"

    challenge_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(10))  # enrol sign_in confirm sign
    user_id: Mapped[UUID | None] = mapped_column(Id)  # nobody yet, at a sign-in
    session_id: Mapped[UUID | None] = mapped_column(Id)
    statement: Mapped[bytes | None] = mapped_column(LargeBinary)  # TXJSON: what exactly the answer will sign
    expires_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)
