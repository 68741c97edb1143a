"""Places, accounts, children, and who may reach a child."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column

from mengya_health.db import Base, Id, UtcTime, new_id


class Deployment(Base):
    """This installation: one row, made once, named in every signature."""

    __tablename__ = "deployment"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    is_demo: Mapped[bool] = mapped_column(default=False, server_default=false())  # production refuses to open it


DISTRICT_DIGITS = 6  # of a region's code (GB/T 2260): 省, 市, 区


class Region(Base):
    """市, 区 or 街镇; a tree."""

    __tablename__ = "region"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    parent_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("region.id"), index=True)
    code: Mapped[str] = mapped_column(String(12), unique=True)
    name: Mapped[str] = mapped_column(String(60))


class Organisation(Base):
    """A clinic, hospital, 妇幼保健所, kindergarten or baby house."""

    __tablename__ = "organisation"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    region_id: Mapped[UUID] = mapped_column(Id, ForeignKey("region.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))  # clinic hospital mch_institute kindergarten baby_house …
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    phone: Mapped[str] = mapped_column(String(30), default="")  # the desk's public number, nobody's own
    lead_user_id: Mapped[UUID | None] = mapped_column(Id)  # lead_doctor or lead_teacher


class Group(Base):
    """A class (班级) of a kindergarten or baby house."""

    __tablename__ = "group"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Id, ForeignKey("organisation.id"), index=True)
    name: Mapped[str] = mapped_column(String(40))


class User(Base):
    """An account. Name and phone are sealed under the user's own key; the login is a keyed index."""

    __tablename__ = "user"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    login_index: Mapped[bytes] = mapped_column(LargeBinary(16), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200), default="")  # "" until its owner has chosen one
    password_set_at: Mapped[datetime | None] = mapped_column(UtcTime)
    status: Mapped[str] = mapped_column(String(12), default="active")  # active disabled
    body: Mapped[bytes] = mapped_column(LargeBinary)  # {name, phone, relation}; email, digest: see people/reach.py
    language: Mapped[str] = mapped_column(String(8), default="zh")
    large_text: Mapped[bool] = mapped_column(default=False)
    letter_keys: Mapped[bool] = mapped_column(default=True, server_default=true())  # letters pressed alone do things
    pin_hash: Mapped[str | None] = mapped_column(String(200))
    pin_failures: Mapped[int] = mapped_column(default=0)
    signing_locked_until: Mapped[datetime | None] = mapped_column(UtcTime)  # after the staff helped to get in again
    agreement_accepted_at: Mapped[datetime | None] = mapped_column(UtcTime)  # 电子签名使用约定
    agreement_version: Mapped[str] = mapped_column(String(20), default="", server_default="")  # of it; "" before
    signing_public: Mapped[bytes | None] = mapped_column(LargeBinary)
    signing_private: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed under the user's own key
    inbox_seen_at: Mapped[datetime | None] = mapped_column(UtcTime)  # when they last looked at what waits for them
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    seal: Mapped[bytes] = mapped_column(LargeBinary(32))
    row_version: Mapped[int] = mapped_column(default=1)

    def authorising(self) -> tuple:
        """Return the columns that the seal covers."""
        return (self.id, self.login_index, self.status)


CHAIR = "chair"  # a membership with this role is a turn on the rota of the district's case conferences: people/rota.py


class Membership(Base):
    """What a user is, where, and for how long."""

    __tablename__ = "membership"
    __table_args__ = (CheckConstraint("to_on IS NULL OR to_on >= from_on", name="dates_in_order"),)

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(Id, ForeignKey("user.id"), index=True)
    organisation_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("organisation.id"), index=True)
    group_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("group.id"))
    role: Mapped[str] = mapped_column(String(20))
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    seal: Mapped[bytes] = mapped_column(LargeBinary(32))
    row_version: Mapped[int] = mapped_column(default=1)

    def authorising(self) -> tuple:
        """Return the columns that the seal covers."""
        return (self.id, self.user_id, self.organisation_id, self.group_id, self.role, self.from_on, self.to_on)


class Child(Base):
    """A child of the programme. Everything that says who it is lies in the sealed body."""

    __tablename__ = "child"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(24), unique=True)  # 童馨档案号; its running part is random
    organisation_id: Mapped[UUID] = mapped_column(Id, ForeignKey("organisation.id"), index=True)  # home clinic
    birth_ym: Mapped[str] = mapped_column(String(7))
    status: Mapped[str] = mapped_column(String(12), default="active")
    body: Mapped[bytes] = mapped_column(LargeBinary)  # see people/schemas.py, class identity
    retention_class: Mapped[str] = mapped_column(String(20), default="identity")
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    body_version: Mapped[int] = mapped_column(default=1)
    seal: Mapped[bytes] = mapped_column(LargeBinary(32))
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version, "version_id_generator": False}

    def authorising(self) -> tuple:
        """Return the columns that the seal covers."""
        return (self.id, self.organisation_id, self.status)


class ChildIndex(Base):
    """Blind indexes that find a child by 身份证号, the clinic's own number, phone, name or pinyin initials."""

    __tablename__ = "child_index"
    __table_args__ = (
        Index("ix_child_index_lookup", "kind", "value"),
        UniqueConstraint("unique_value"),
    )

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    child_id: Mapped[UUID] = mapped_column(Id, ForeignKey("child.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))  # id_no clinic_no phone name initials
    value: Mapped[bytes] = mapped_column(LargeBinary(16))
    # Filled for 身份证号 and the clinic's own number: one number, one child, in the whole deployment or the clinic.
    unique_value: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    bidx_version: Mapped[int] = mapped_column(default=1)


class Relationship(Base):
    """The one table that says who may reach a child. Its seal makes a row written by SQL alone worthless."""

    __tablename__ = "relationship"
    __table_args__ = (
        UniqueConstraint("child_id", "id"),
        CheckConstraint("to_on IS NULL OR to_on >= from_on", name="dates_in_order"),
        Index("ix_relationship_user", "user_id", "kind"),
        Index("ix_relationship_organisation", "organisation_id", "kind"),
        Index("ix_relationship_group", "group_id"),
    )

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    child_id: Mapped[UUID] = mapped_column(Id, ForeignKey("child.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))  # guardian caregiver enrolment care receiver visit conference …
    user_id: Mapped[UUID | None] = mapped_column(Id)
    organisation_id: Mapped[UUID | None] = mapped_column(Id)
    group_id: Mapped[UUID | None] = mapped_column(Id)
    authority: Mapped[str] = mapped_column(
        String(20), default=""
    )  # guardian: signs | reads; caregiver: records | reads
    basis_id: Mapped[UUID | None] = mapped_column(Id)  # the evidence: a referral, a booked visit, an approver
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    seal: Mapped[bytes] = mapped_column(LargeBinary(32))
    row_version: Mapped[int] = mapped_column(default=1)

    def authorising(self) -> tuple:
        """Return the columns that the seal covers."""
        return (
            self.id, self.child_id, self.kind, self.user_id, self.organisation_id, self.group_id,
            self.authority, self.basis_id, self.from_on, self.to_on,
        )  # fmt: skip


REFUSED = "refused"  # how a guardian said no


class Consent(Base):
    """A guardian's word on one purpose (P1–P5), versioned with the text it was given to. Withdrawal ends it.

    A no is a row as well: another guardian's yes does not pass over it.
    """

    __tablename__ = "consent"
    __table_args__ = (UniqueConstraint("child_id", "id"), Index("ix_consent_child", "child_id", "purpose"))

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    child_id: Mapped[UUID] = mapped_column(Id, ForeignKey("child.id"))
    purpose: Mapped[str] = mapped_column(String(4))
    receiver_id: Mapped[UUID | None] = mapped_column(Id)  # P3 names whom it covers
    given_by: Mapped[UUID | None] = mapped_column(Id)  # nobody's account where it was signed on paper
    text_version: Mapped[str] = mapped_column(String(20))
    text_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    how: Mapped[str] = mapped_column(String(10))  # pin; paper: signed at the clinic, seen by staff; refused: a no
    witness_id: Mapped[UUID | None] = mapped_column(Id)
    given_at: Mapped[datetime] = mapped_column(UtcTime)
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    seal: Mapped[bytes] = mapped_column(LargeBinary(32))
    retention_class: Mapped[str] = mapped_column(String(20), default="consent", server_default="consent")
    row_version: Mapped[int] = mapped_column(default=1)

    def authorising(self) -> tuple:
        """Return the columns that the seal covers."""
        return (
            self.id, self.child_id, self.purpose, self.receiver_id, self.given_by,
            self.text_version, self.text_digest, self.how, self.witness_id, self.from_on, self.to_on,
        )  # fmt: skip


class Invitation(Base):
    """A guardian's one-time invitation to one guardianship; only the code's hash is kept."""

    __tablename__ = "invitation"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    child_id: Mapped[UUID] = mapped_column(Id, ForeignKey("child.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))  # guardian caregiver
    authority: Mapped[str] = mapped_column(String(20))
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    made_by: Mapped[UUID] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    tries: Mapped[int] = mapped_column(default=0)
    redeemed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    seal: Mapped[bytes] = mapped_column(LargeBinary(32))
    row_version: Mapped[int] = mapped_column(default=1)

    def authorising(self) -> tuple:
        """Return the columns that the seal covers: what redeeming it grants, and until when."""
        return (self.id, self.child_id, self.kind, self.authority, self.code_hash, self.made_by, self.expires_at)


class UserSession(Base):
    """A sign-in. The cookie holds the token, this row only its SHA-256, and a seal: SQL alone signs nobody in."""

    __tablename__ = "user_session"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    user_id: Mapped[UUID] = mapped_column(Id, ForeignKey("user.id"), index=True)
    # password or passkey; device: a bound phone, reading only. half (no second factor) and stale (password too old)
    # open nothing yet
    kind: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    last_used_at: Mapped[datetime] = mapped_column(UtcTime)
    reauthenticated_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    seal: Mapped[bytes] = mapped_column(LargeBinary(32), default=b"", server_default="")

    def opening(self) -> tuple:
        """Return the columns that the seal covers: for whom the token opens what, and since when."""
        return (self.id, self.token_hash, self.user_id, self.kind, self.created_at, self.reauthenticated_at)


class BoundPhone(Base):
    """A device that may open a guardian's pages for reading without a password."""

    __tablename__ = "bound_phone"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(Id, ForeignKey("user.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    bound_at: Mapped[datetime] = mapped_column(UtcTime)
    last_used_at: Mapped[datetime] = mapped_column(UtcTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    seal: Mapped[bytes] = mapped_column(LargeBinary(32), default=b"", server_default="")

    def opening(self) -> tuple:
        """Return the columns that the seal covers: for whom the device opens pages."""
        return (self.id, self.token_hash, self.user_id, self.bound_at)


class Throttle(Base):
    """Failed tries at one door (an account, an address, a look-up), shared by all web processes."""

    __tablename__ = "throttle"

    key: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    since_at: Mapped[datetime] = mapped_column(UtcTime)
    blocked_until: Mapped[datetime | None] = mapped_column(UtcTime)
