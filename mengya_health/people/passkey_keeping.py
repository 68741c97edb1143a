"""Keeping passkeys: one's own by name, taken back when a device is lost, and those that the staff see in person."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from mengya_health.access.actor import PlaceSubject
from mengya_health.access.permissions import Permission, is_allowed, require
from mengya_health.errors import NotFound, NotNow
from mengya_health.people import notices, seals
from mengya_health.people.facts import ChildFacts
from mengya_health.people.passkey_models import Passkey
from mengya_health.people.passkeys import fingerprint, seal_name, trace
from mengya_health.people.sessions import require_fresh

CODE_DIGITS = 8


@dataclass(frozen=True)
class PasskeyFacts:
    """One passkey as its owner, or a witness, sees it."""

    id: UUID
    user_id: UUID
    name: str
    code: str  # eight digits of its fingerprint, to be compared by eye
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    is_synced: bool  # its vendor may copy it to other devices
    witness_id: UUID | None
    is_in_person: bool  # two of the staff saw its owner and a document


def my_passkeys(work) -> list[PasskeyFacts]:
    """Return the actor's passkeys, the newest first, those taken back too."""
    return passkeys_of(work, [work.actor.user_id])


def passkeys_of(work, user_ids: list[UUID]) -> list[PasskeyFacts]:
    """Return the passkeys of accounts, the newest first, for callers that have asked for their own permission."""
    work.keys.load(user_ids)
    chosen = select(Passkey).where(Passkey.user_id.in_(user_ids)).order_by(Passkey.created_at.desc())
    return [_facts(work, row) for row in work.session.scalars(chosen) if seals.holds(work, Passkey, row)]


def rename_passkey(work, passkey_id: UUID, name: str) -> None:
    """Give one of the actor's own passkeys another name. Raises NotFound."""
    seal_name(work, _own(work, passkey_id), name)
    work.session.flush()


def revoke_passkey(work, passkey_id: UUID) -> None:
    """Take a passkey back, one's own or, as sysadmin, anybody's: it opens and signs nothing from now on.

    What it signed before stays valid. Raises NotFound.
    """
    passkey = work.session.get(Passkey, passkey_id)
    manages = is_allowed(work.actor, Permission.MANAGE_USERS, PlaceSubject(None))
    if passkey is None or passkey.revoked_at or not (manages or passkey.user_id == work.actor.user_id):
        raise NotFound
    _require_ours(work, passkey)
    passkey.revoked_at = work.now
    seals.reseal(work, passkey)
    work.session.flush()
    trace(work, passkey, "end")
    notices.tell(work.session, passkey.user_id, "passkey_revoked", work.now)


def witness_passkey(work, child: ChildFacts, passkey_id: UUID) -> Passkey:
    """Write down that the actor saw the owner, their document and this passkey's code; two make it in-person.

    For the clinic of a child whose guardian the owner is. Raises NotFound, NotPermitted, PasswordNeeded unless just
    confirmed, NotNow for one's own passkey or a second look by the same person.
    """
    require(work.actor, Permission.KEEP_CHILD, child.subject)
    require_fresh(work)
    passkey = work.session.get(Passkey, passkey_id, with_for_update=True)
    guardians = {tie.user_id for tie in child.subject.current("guardian")}
    if passkey is None or passkey.revoked_at or passkey.user_id not in guardians or passkey.witnessed_at:
        raise NotFound
    _require_ours(work, passkey)
    if work.actor.user_id in (passkey.user_id, passkey.witness_id):
        raise NotNow(
            "要由两位不同的工作人员核对，请同事来做第二次。", "Two of the staff look: ask a colleague to be the second."
        )
    if passkey.witness_id is None:
        passkey.witness_id = work.actor.user_id
    else:
        passkey.second_witness_id, passkey.witnessed_at = work.actor.user_id, work.now
    seals.reseal(work, passkey)
    work.session.flush()
    trace(work, passkey, "witness")
    return passkey


# --- inside -----------------------------------------------------------------------------------------------------------


def _own(work, passkey_id: UUID) -> Passkey:
    passkey = work.session.get(Passkey, passkey_id)
    if passkey is None or passkey.user_id != work.actor.user_id:
        raise NotFound
    return passkey


def _facts(work, row: Passkey) -> PasskeyFacts:
    body = work.keys.open_body("passkey", row.id, row.user_id, "user", row.body)
    return PasskeyFacts(
        id=row.id,
        user_id=row.user_id,
        name=body["name"],
        code=fingerprint(work, row.credential_id, row.public_key).hex()[:CODE_DIGITS].upper(),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
        is_synced=row.backup_eligible,
        witness_id=row.witness_id,
        is_in_person=row.witnessed_at is not None,
    )


def _require_ours(work, passkey: Passkey) -> None:
    if not seals.holds(work, Passkey, passkey):
        raise NotFound
