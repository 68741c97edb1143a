"""Who signed what, at which version and level."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from mengya_health.crypto.signatures import verify_signature
from mengya_health.errors import IntegrityError
from mengya_health.people.facts import ChildFacts
from mengya_health.signing.models import Signature


@dataclass(frozen=True)
class SignatureFacts:
    """One signature as plain values; its bytes were verified when it was read."""

    id: UUID
    entry_id: UUID
    version: int
    signer_id: UUID
    capacity: str
    decision: str
    level: str
    signed_at: datetime
    withdrawn_at: datetime | None

    @property
    def stands(self) -> bool:
        """Whether it says yes (or read) and was not taken back."""
        return self.withdrawn_at is None and self.decision in ("agree", "acknowledge")


def own_signatures(work, child: ChildFacts, *, since: datetime) -> list[SignatureFacts]:
    """Return the actor's signatures for a child since a moment that still stand, newest first."""
    chosen = select(Signature).where(
        Signature.child_id == child.id,
        Signature.signer_id == work.actor.user_id,
        Signature.signed_at >= since,
        Signature.withdrawn_at.is_(None),
    )
    return [_facts(row) for row in work.session.scalars(chosen.order_by(Signature.signed_at.desc()))]


def signatures_of(work, child: ChildFacts, entry_ids: Iterable[UUID]) -> dict[UUID, list[SignatureFacts]]:
    """Return the signatures on these entries of a child, oldest first, by entry id.

    Raises IntegrityError when one does not verify against its own public key.
    """
    wanted = list(entry_ids)
    found = defaultdict(list)
    if not wanted:
        return found
    chosen = select(Signature).where(Signature.child_id == child.id, Signature.entry_id.in_(wanted))
    for row in work.session.scalars(chosen.order_by(Signature.signed_at)):
        found[row.entry_id].append(_facts(row))
    return found


def _facts(row: Signature) -> SignatureFacts:
    if not verify_signature(row.public_key, row.statement, row.signature):
        raise IntegrityError
    return SignatureFacts(
        id=row.id,
        entry_id=row.entry_id,
        version=row.version,
        signer_id=row.signer_id,
        capacity=row.capacity,
        decision=row.decision,
        level=row.level,
        signed_at=row.signed_at,
        withdrawn_at=row.withdrawn_at,
    )
