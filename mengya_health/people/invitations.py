"""Let guardians and caregivers in: a code is handed out, redeemed once, and leaves a relationship behind."""

import secrets
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from mengya_health import audit
from mengya_health.access import fence
from mengya_health.access.permissions import Permission, require
from mengya_health.db import new_id
from mengya_health.errors import Invalid, NotFound, Restricted
from mengya_health.people import seals, throttle
from mengya_health.people.accounts import new_account
from mengya_health.people.commands import end_tie, tie_child
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import Child, Invitation, Organisation, Relationship, User
from mengya_health.people.passwords import hash_of_new
from mengya_health.people.sessions import open_session
from mengya_health.people.subjects import current

KEPT = timedelta(days=7)
LET_IN_FOR = timedelta(days=365)  # a caregiver, unless a guardian says less; a guardianship does not run out
TRIES = 5
# Typed from paper: no 0 O, 1 I L, 2 Z, 5 S, 8 B, U V.
ALPHABET = "34679ACDEFGHJKMNPQRTWXY"
CODE_LENGTH = 10
GUARDIAN_AUTHORITIES = ("signs", "reads")
CAREGIVER_AUTHORITIES = ("records", "reads")


@dataclass(frozen=True)
class IssuedInvitation:
    """A code to be handed over, shown once: only its keyed hash is kept."""

    id: UUID
    code: str = field(repr=False)
    path: str = field(repr=False)  # where the QR leads
    expires_at: datetime


@dataclass(frozen=True)
class OpenInvitation:
    """An invitation that nobody has redeemed yet."""

    id: UUID
    kind: str
    authority: str
    made_by: UUID
    expires_at: datetime


def invite_guardian(work, child: ChildFacts, *, authority: str = "signs") -> IssuedInvitation:
    """Make an invitation to one guardianship, after seeing the person's document. Raises NotPermitted, Invalid."""
    require(work.actor, Permission.INVITE_GUARDIAN, child.subject)
    return _invite(work, child, "guardian", authority, GUARDIAN_AUTHORITIES)


def invite_caregiver(work, child: ChildFacts, *, authority: str = "records") -> IssuedInvitation:
    """Make an invitation for a grandparent or other caregiver, who never signs. Raises NotPermitted, Invalid."""
    require(work.actor, Permission.INVITE_FAMILY, child.subject)
    return _invite(work, child, "caregiver", authority, CAREGIVER_AUTHORITIES)


def open_invitations(work, child: ChildFacts) -> list[OpenInvitation]:
    """Return the invitations the actor made for a child that can still be redeemed, newest first."""
    found = select(Invitation).where(
        Invitation.child_id == child.id,
        Invitation.made_by == work.actor.user_id,
        Invitation.redeemed_at.is_(None),
        Invitation.expires_at > work.now,
        Invitation.tries < TRIES,
    )
    return [
        OpenInvitation(row.id, row.kind, row.authority, row.made_by, row.expires_at)
        for row in work.session.scalars(found.order_by(Invitation.made_at.desc()))
    ]


def revoke_invitation(work, child: ChildFacts, invitation_id: UUID) -> None:
    """Take back an invitation the actor made. Raises NotFound for any other."""
    invitation = work.session.get(Invitation, invitation_id)
    if invitation is None or invitation.child_id != child.id or invitation.made_by != work.actor.user_id:
        raise NotFound
    invitation.expires_at = work.now
    seals.reseal(work, invitation)
    work.session.flush()


def remove_caregiver(work, child: ChildFacts, user_id: UUID) -> None:
    """End a caregiver's access, today. Raises NotFound where there is none, NotPermitted."""
    require(work.actor, Permission.INVITE_FAMILY, child.subject)
    ties = [tie for tie in child.subject.current("caregiver") if tie.user_id == user_id]
    if not ties:
        raise NotFound
    for tie in ties:
        end_tie(work, child, tie.id)


def end_invitations_of(work, child: ChildFacts, user_id: UUID) -> None:
    """End what a guardian had granted: the caregivers they let in, and the codes nobody has redeemed yet.

    A grant lives from whoever made it. A building block of commands that have asked for their own permission.
    """
    made = select(Invitation).where(Invitation.child_id == child.id, Invitation.made_by == user_id)
    invitations = {row.id: row for row in work.session.scalars(made)}
    for invitation in invitations.values():
        if invitation.redeemed_at is None and invitation.expires_at > work.now:
            invitation.expires_at = work.now
            seals.reseal(work, invitation)
    tied = select(Relationship.id).where(
        Relationship.child_id == child.id, Relationship.kind == "caregiver", Relationship.basis_id.in_(invitations)
    )
    for tie_id in work.session.scalars(tied.where(current(Relationship, work.today))).all():
        end_tie(work, child, tie_id)
    work.session.flush()


@dataclass(frozen=True)
class Redeemed:
    """What redeeming led to. `token` is that of a session for the new account."""

    user: User = field(repr=False)
    child_id: UUID
    kind: str
    authority: str
    token: str = field(repr=False)


def redeem_invitation(
    work,
    *,
    code: str,
    birth_on: date,
    name: str,
    phone: str,
    relation: str,
    password: str,
    login: str | None = None,
) -> Redeemed:
    """Make an account for whoever was invited, tie it to the child, and sign it in. Nobody needs to be signed in.

    The signing PIN is set after this, in the same piece of work (`signing.pins.set_pin`). Without a login the phone
    number is it. Raises Invalid for a wrong code, birth date (five tries), taken login or weak password; TooMany.
    """
    throttle.require_open(work, throttle.address_key(work))
    # Before the code is looked at: nothing is written while the password is hashed, and a wrong code costs the same.
    password_hash = hash_of_new(work, password, is_staff=False, context_words=(login or phone, name))
    invitation = _spend(work, code, birth_on)
    user = new_account(
        work, login=login or phone, name=name, phone=phone, password_hash=password_hash, relation=relation
    )
    _tie(work, invitation, user.id)
    return Redeemed(
        user, invitation.child_id, invitation.kind, invitation.authority, open_session(work, user.id, "password")
    )


def accept_invitation(work, *, code: str, birth_on: date) -> UUID:
    """Tie the child of an invitation to the account that is signed in already, and return the child's id.

    Raises Invalid and TooMany as `redeem_invitation` does.
    """
    invitation = _spend(work, code, birth_on)
    _tie(work, invitation, work.actor.user_id)
    return invitation.child_id


# --- inside -----------------------------------------------------------------------------------------------------------


def _invite(work, child: ChildFacts, kind: str, authority: str, authorities: tuple[str, ...]) -> IssuedInvitation:
    if authority not in authorities:
        raise Invalid(fields={"authority": ["请选一项。 Please choose one."]})
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    invitation = Invitation(
        id=new_id(),
        child_id=child.id,
        kind=kind,
        authority=authority,
        code_hash=work.keys.code_hash(code),
        made_by=work.actor.user_id,
        made_at=work.now,
        expires_at=work.now + KEPT,
        tries=0,
        row_version=1,
    )
    seals.seal(work, invitation)
    work.session.add(invitation)
    work.session.flush()
    audit.changed(work, child.id, "invitation", invitation.id, action="C")
    return IssuedInvitation(invitation.id, f"{code[:5]}-{code[5:]}", f"/invitations/{code}", invitation.expires_at)


def _spend(work, code: str, birth_on: date) -> Invitation:
    """Return the invitation of a code, marked as redeemed. A wrong code or birth date is counted and refused."""
    address = throttle.address_key(work)
    throttle.require_open(work, address)
    typed = "".join(character for character in code.upper() if character.isalnum())
    invitation = work.session.scalar(select(Invitation).where(Invitation.code_hash.in_(work.keys.code_hashes(typed))))
    if invitation is None or not _is_open(work, invitation):
        throttle.count_later(work, address, throttle.ADDRESS)
        if invitation and invitation.redeemed_at is None and work.now >= invitation.expires_at:
            raise _expired(work, invitation)
        raise _refused("code", "邀请码不对或已过期，请核对，或请门诊再发一张。 This code is wrong or has expired.")
    fence.lift(work.session)  # nobody is tied to the child yet: the sealed invitation is what lets them in
    if _birth_on(work, invitation.child_id) != birth_on:
        tried = update(Invitation).where(Invitation.id == invitation.id).values(tries=Invitation.tries + 1)
        work.after_rollback.append(lambda session: session.execute(tried))
        throttle.count_later(work, address, throttle.ADDRESS)
        raise _wrong_birth_date(TRIES - invitation.tries - 1)
    # Compared and set at once: of two who redeem the same code, one succeeds.
    once = update(Invitation).where(Invitation.id == invitation.id, Invitation.redeemed_at.is_(None))
    if work.session.execute(once.values(redeemed_at=work.now)).rowcount != 1:
        raise _refused("code", "这个邀请码已经用过了。 This code has been used.")
    return invitation


def _is_open(work, invitation: Invitation) -> bool:
    is_open = invitation.redeemed_at is None and work.now < invitation.expires_at and invitation.tries < TRIES
    return is_open and seals.holds(work, Invitation, invitation)


def _birth_on(work, child_id: UUID) -> date | None:
    child = work.session.get(Child, child_id)
    if not seals.holds(work, Child, child):
        return None
    identity = work.keys.open_body("child", child.id, child.id, "identity", child.body, child.body_version)
    return date.fromisoformat(identity["birth_on"])


def _tie(work, invitation: Invitation, user_id: UUID) -> Relationship:
    restricted = select(Relationship.id).where(
        Relationship.child_id == invitation.child_id,
        Relationship.user_id == user_id,
        Relationship.kind == "restricted",
        current(Relationship, work.today),
    )
    if work.session.scalar(restricted):
        raise Restricted
    return tie_child(
        work,
        invitation.child_id,
        kind=invitation.kind,
        user_id=user_id,
        authority=invitation.authority,
        basis_id=invitation.id,
        to_on=work.today + LET_IN_FOR if invitation.kind == "caregiver" else None,
        by=user_id,
    )


def _expired(work, invitation: Invitation) -> Invalid:
    """Return the refusal for whoever holds a code that is too old: whom to ring for another, nothing of the child."""
    fence.lift(work.session)
    clinic = select(Organisation.phone).join(Child, Child.organisation_id == Organisation.id)
    phone = work.session.scalar(clinic.where(Child.id == invitation.child_id))
    zh, en = (f"电话 {phone}。", f": {phone}") if phone else ("", "")
    return _refused(
        "code", f"邀请码过期了，请门诊再发一次。{zh} This code has expired; ask the clinic for another{en}."
    )


def _wrong_birth_date(left: int) -> Invalid:
    if left > 0:
        return _refused(
            "birth_on", f"出生日期和档案不一样，还可以试 {left} 次。 Not the child's birth date; {left} left."
        )
    return _refused(
        "birth_on", "试错五次，这个邀请码作废了，请门诊再发一张。 Five wrong tries: ask for a new invitation."
    )


def _refused(name: str, message: str) -> Invalid:
    return Invalid(fields={name: [message]})
