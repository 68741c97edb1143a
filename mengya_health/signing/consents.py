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
from mengya_health.people.models import REFUSED, Consent
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
    signed_by: UUID | None = None,
) -> Consent:
    """Store a guardian's consent to one purpose: by their PIN, or on paper at the desk, seen by the actor.

    P3 names its receiver, or none for all; the other purposes name none. Paper may name the guardian who signed it by
    their account (`signed_by`). The same guardian's earlier consent to the same thing, and their no, end the day the
    new one begins; another guardian's stay. Find the child again to see it work. Raises Conflict when the text changed
    since it was shown, Invalid, TooMany or NotNow for the PIN, NotPermitted.
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
    given_by = work.actor.user_id if how == "pin" else _signer(child, signed_by)
    for earlier in _in_force(work, child, purpose):
        is_replaced = earlier.how == REFUSED or earlier.receiver_id == receiver_id
        if is_replaced and _is_of(earlier, given_by):
            _end(work, earlier)
    witness_id = work.actor.user_id if how == "paper" else None
    return _store(work, child, purpose, given_by, how, shown_digest, receiver_id=receiver_id, witness_id=witness_id)


def refuse_consent(work, child: ChildFacts, purpose: str, *, shown_digest: bytes) -> Consent:
    """Store a guardian's no to one purpose, at once and without a PIN: it is as easy as the page can make it.

    What they agreed to themselves ends, and what was signed on paper without an account; what another guardian agreed
    to stays in force and is disputed (`ChildSubject.is_disputed`). Raises Conflict when the text has changed,
    NotPermitted.
    """
    require(work.actor, Permission.CONSENT, child.subject)
    _require_known(purpose, None, "pin")
    if shown_digest != text_digest(work, purpose):
        raise Conflict("告知书刚刚有了新的一版，请读过再选。", "The text has just changed; read it before you answer.")
    return _refuse(work, child, purpose, shown_digest)


def withdraw_consent(work, child: ChildFacts, consent_id: UUID) -> Consent:
    """Take a consent back at once: a guardian who signs, or the clinic for one who says so at the desk.

    A guardian's withdrawal is their no to the purpose (`refuse_consent`). Raises NotFound for a consent that is not
    this child's or is over, NotPermitted.
    """
    is_at_the_desk = is_allowed(work.actor, Permission.KEEP_CHILD, child.subject)
    if not is_at_the_desk:
        require(work.actor, Permission.CONSENT, child.subject)
    consent = work.session.get(Consent, consent_id)
    if consent is None or consent.child_id != child.id or consent.how == REFUSED or not _holds(work, consent):
        raise NotFound
    if is_at_the_desk:
        _end(work, consent)
        audit.changed(work, child.id, "consent", consent.id)
        return consent
    return _refuse(work, child, consent.purpose, text_digest(work, consent.purpose))


def end_answers(work, child: ChildFacts, purpose: str, *, refusals: bool) -> None:
    """End every no to a purpose, or every yes: the clinic's decision between guardians who disagree.

    A building block of a command that has asked for its own permission and keeps the reason.
    """
    for consent in _in_force(work, child, purpose):
        if (consent.how == REFUSED) is refusals:
            _end(work, consent)
            audit.changed(work, child.id, "consent", consent.id)


def consents_of(work, child: ChildFacts) -> list[ConsentFacts]:
    """Return every consent given for a child, newest first within a purpose; without its seal none counts.

    Refusals are not among them: `child.subject.refusing` says who says no.
    """
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
        if row.how != REFUSED and seals.holds(work, Consent, row)
    ]


# --- inside -----------------------------------------------------------------------------------------------------------


def _require_known(purpose: str, receiver_id: UUID | None, how: str) -> None:
    if purpose not in PURPOSES or how not in ("pin", "paper") or (receiver_id and purpose != "P3"):
        raise Invalid(fields={"purpose": ["请在页面上选一项再提交。 Choose an item on the page first."]})


def _signer(child: ChildFacts, signed_by: UUID | None) -> UUID | None:
    """Return whose word a paper is: the guardian named, or the only one who signs. Raises Invalid for anybody else."""
    signing = [tie.user_id for tie in child.subject.current("guardian") if tie.authority == "signs"]
    if signed_by and signed_by not in signing:
        raise Invalid(fields={"signed_by": ["请选这个孩子的监护人。 Choose a guardian of this child."]})
    return signed_by or (signing[0] if len(signing) == 1 else None)


def _is_of(consent: Consent, guardian_id: UUID | None) -> bool:
    """Return whether a consent is this guardian's to replace; on paper without an account it may be anybody's."""
    return consent.given_by is None or consent.given_by == guardian_id


def _refuse(work, child: ChildFacts, purpose: str, shown_digest: bytes) -> Consent:
    for earlier in _in_force(work, child, purpose):
        if _is_of(earlier, work.actor.user_id):
            _end(work, earlier)
    return _store(work, child, purpose, work.actor.user_id, REFUSED, shown_digest)


def _store(
    work,
    child: ChildFacts,
    purpose: str,
    given_by: UUID | None,
    how: str,
    shown_digest: bytes,
    *,
    receiver_id: UUID | None = None,
    witness_id: UUID | None = None,
) -> Consent:
    given = Consent(
        id=new_id(),
        child_id=child.id,
        purpose=purpose,
        receiver_id=receiver_id,
        given_by=given_by,
        text_version=consent_texts()[purpose].version,
        text_digest=shown_digest,
        how=how,
        witness_id=witness_id,
        given_at=work.now,
        from_on=work.today,
        row_version=1,
    )
    seals.seal(work, given)
    work.session.add(given)
    work.session.flush()
    chain.note_row(work, given, "refuse" if how == REFUSED else "create")
    audit.changed(work, child.id, "consent", given.id, action="C")
    return given


def _in_force(work, child: ChildFacts, purpose: str) -> list[Consent]:
    given = select(Consent).where(Consent.child_id == child.id, Consent.purpose == purpose)
    return [row for row in work.session.scalars(given) if _holds(work, row)]


def _holds(work, consent: Consent) -> bool:
    return (consent.to_on is None or consent.to_on > work.today) and seals.holds(work, Consent, consent)


def _end(work, consent: Consent) -> None:
    consent.to_on = work.today
    seals.reseal(work, consent)
    work.session.flush()
    chain.note_row(work, consent, "end")
