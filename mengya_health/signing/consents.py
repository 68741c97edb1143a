"""Consents: one purpose, one text, one guardian's own word; given, and taken back as easily."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from mengya_health import audit
from mengya_health.access.permissions import Permission, is_allowed, require
from mengya_health.db import new_id
from mengya_health.errors import Conflict, Invalid, NotFound
from mengya_health.history import chain
from mengya_health.people import seals
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import Consent
from mengya_health.signing.consent_texts import PURPOSES, consent_texts, text_digest
from mengya_health.signing.pins import check_pin


@dataclass(frozen=True)
class ConsentFacts:
    """One consent that was given, in force or over."""

    id: UUID
    purpose: str
    receiver_id: UUID | None
    given_by: UUID | None  # nobody's account where it was signed on paper
    how: str
    witness_id: UUID | None
    text_version: str
    given_at: datetime
    to_on: date | None
    is_in_force: bool


def give_consent(
    work,
    child: ChildFacts,
    purpose: str,
    *,
    shown_digest: bytes,
    receiver_id: UUID | None = None,
    how: str = "pin",
    pin: str | None = None,
) -> Consent:
    """Store a guardian's consent to one purpose: by their PIN, or on paper at the desk, seen by the actor.

    P3 names its receiver, or none for all; the other purposes name none. A consent to the same thing that is in force
    ends the day the new one begins. Find the child again to see it work. Raises Conflict when the text changed since
    it was shown, Invalid, TooMany or NotNow for the PIN, NotPermitted.
    """
    if how == "pin":
        require(work.actor, Permission.CONSENT, child.subject)
    else:
        require(work.actor, Permission.KEEP_CHILD, child.subject)
    _require_known(purpose, receiver_id, how)
    if shown_digest != text_digest(work, purpose):
        raise Conflict("告知书刚刚有了新的一版，请读过再选。", "The text has just changed; read it before you answer.")
    if how == "pin":
        check_pin(work, pin or "")
    for earlier in _in_force(work, child, purpose, receiver_id):
        _end(work, earlier)
    given = Consent(
        id=new_id(),
        child_id=child.id,
        purpose=purpose,
        receiver_id=receiver_id,
        given_by=work.actor.user_id if how == "pin" else None,
        text_version=consent_texts()[purpose].version,
        text_digest=shown_digest,
        how=how,
        witness_id=work.actor.user_id if how == "paper" else None,
        given_at=work.now,
        from_on=work.today,
        row_version=1,
    )
    seals.seal(work, given)
    work.session.add(given)
    work.session.flush()
    _trace(work, given, "create")
    audit.changed(work, child.id, "consent", given.id, action="C")
    return given


def withdraw_consent(work, child: ChildFacts, consent_id: UUID) -> Consent:
    """End a consent at once. Any guardian who signs may, or the clinic for one who says so at the desk.

    Raises NotFound for a consent that is not this child's or is over, NotPermitted.
    """
    if not is_allowed(work.actor, Permission.KEEP_CHILD, child.subject):
        require(work.actor, Permission.CONSENT, child.subject)
    consent = work.session.get(Consent, consent_id)
    if consent is None or consent.child_id != child.id or not _holds(work, consent):
        raise NotFound
    _end(work, consent)
    audit.changed(work, child.id, "consent", consent.id)
    return consent


def consents_of(work, child: ChildFacts) -> list[ConsentFacts]:
    """Return every consent given for a child, newest first within a purpose; without its seal none counts."""
    require(work.actor, Permission.READ_CHILD, child.subject)
    rows = work.session.scalars(
        select(Consent).where(Consent.child_id == child.id).order_by(Consent.purpose, Consent.given_at.desc())
    )
    return [
        ConsentFacts(
            id=row.id,
            purpose=row.purpose,
            receiver_id=row.receiver_id,
            given_by=row.given_by,
            how=row.how,
            witness_id=row.witness_id,
            text_version=row.text_version,
            given_at=row.given_at,
            to_on=row.to_on,
            is_in_force=row.to_on is None or row.to_on > work.today,
        )
        for row in rows
        if seals.holds(work, Consent, row)
    ]


# --- inside -----------------------------------------------------------------------------------------------------------


def _require_known(purpose: str, receiver_id: UUID | None, how: str) -> None:
    if purpose not in PURPOSES or how not in ("pin", "paper") or (receiver_id and purpose != "P3"):
        raise Invalid(fields={"purpose": ["请在页面上选一项再提交。 Choose an item on the page first."]})


def _in_force(work, child: ChildFacts, purpose: str, receiver_id: UUID | None) -> list[Consent]:
    given = select(Consent).where(
        Consent.child_id == child.id,
        Consent.purpose == purpose,
        Consent.receiver_id.is_(None) if receiver_id is None else Consent.receiver_id == receiver_id,
    )
    return [row for row in work.session.scalars(given) if _holds(work, row)]


def _holds(work, consent: Consent) -> bool:
    return (consent.to_on is None or consent.to_on > work.today) and seals.holds(work, Consent, consent)


def _end(work, consent: Consent) -> None:
    consent.to_on = work.today
    seals.reseal(work, consent)
    work.session.flush()
    _trace(work, consent, "end")


def _trace(work, consent: Consent, op: str) -> None:
    chain.append(
        work.session,
        work.keys,
        child_id=consent.child_id,
        at=work.now,
        actor=work.actor.user_id,
        rec=consent.id,
        rec_type="consent",
        rec_ver=consent.row_version,
        op=op,
        commit=consent.seal,
    )
