"""Read the referrals that wait for an institution, those of a child, and whether one is open to the actor."""

from uuid import UUID

from sqlalchemy import select

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.care.facts import ReferralFacts
from mengya_health.care.models import WAITING, Referral
from mengya_health.care.rows import referral_facts
from mengya_health.errors import NotFound
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import find_child, find_children, visible_child_ids
from mengya_health.people.search import require_searcher


def referrals_to(work, organisation_id: UUID, *, limit: int = 50) -> list[tuple[ChildFacts, ReferralFacts]]:
    """Return the referrals an institution has not answered yet, due first; only of children the actor may see."""
    waiting = Referral.status.in_(WAITING)
    chosen = select(Referral).where(Referral.receiver_id == organisation_id, waiting)
    rows = list(work.session.scalars(chosen.order_by(Referral.reply_due_on).limit(limit)))
    reads = Permission.READ_REFERRAL
    children = find_children(work, {row.child_id for row in rows}, with_open="health", permission=reads)
    rows = [row for row in rows if row.child_id in children and has_door(work, children[row.child_id], row)]
    audit.read(work, list({row.child_id for row in rows}), "referral")
    return [(children[row.child_id], referral_facts(work, row)) for row in rows]


def referrals_of(work, child: ChildFacts) -> list[ReferralFacts]:
    """Return the referrals of a child, the newest first."""
    chosen = select(Referral).where(Referral.child_id == child.id).order_by(Referral.sent_on.desc(), Referral.id.desc())
    return [referral_facts(work, row) for row in work.session.scalars(chosen)]


def referral_numbered(work, number: str) -> Referral | None:
    """Return the letter with a number that this clinic sent about a child it looks after; asking is audited."""
    require_searcher(work)
    places = [place.organisation_id for place in work.actor.places_as("doctor")]
    is_ours = Referral.organisation_id.in_(places) & Referral.child_id.in_(visible_child_ids(work))
    row = work.session.scalar(select(Referral).where(Referral.number == number, is_ours))
    audit.note(work, "S", [row.child_id] if row else None, "search")
    return row


def referral_at_door(work, referral_id: UUID, permission: Permission) -> tuple[ChildFacts, Referral]:
    """Return a referral open to the actor, waiting or settled, with its child. Raises NotFound, NotPermitted."""
    row = work.session.get(Referral, referral_id)
    if row is None:
        raise NotFound
    child = find_child(work, row.child_id, permission)
    if not has_door(work, child, row):
        raise NotFound
    return child, row


def has_door(work, child: ChildFacts, row: Referral) -> bool:
    """Return whether this very referral is open to the actor: a receiver has a tie for each, the clinic needs none."""
    if not work.actor.receiving_ids:
        return True
    is_theirs = row.receiver_id in work.actor.receiving_ids
    return is_theirs and any(tie.basis_id == row.id for tie in child.subject.current("receiver"))
