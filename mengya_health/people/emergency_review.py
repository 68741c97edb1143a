"""The review of emergency accesses by somebody else: justified or not, and whether the guardians may be told yet."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from mengya_health import audit
from mengya_health.access import fence
from mengya_health.access.actor import PlaceSubject
from mengya_health.access.permissions import Permission, require
from mengya_health.audit import Alarm
from mengya_health.errors import Invalid, NotPermitted
from mengya_health.history import chain
from mengya_health.people import seals
from mengya_health.people.break_glass import SHORTEST_REASON, open_words, sealed_row, sealed_words
from mengya_health.people.emergency import HELD_AT_MOST, REVIEW_WITHIN, BreakGlass
from mengya_health.people.models import Organisation, Relationship
from mengya_health.work import LOCAL


def review_emergency(work, break_glass_id: UUID, *, finding: str, text: str) -> BreakGlass:
    """Say as another person whether an emergency access was justified, and why.

    Raises NotPermitted for one's own, Invalid for a finding that is none or fewer than 10 characters.
    """
    _require_overseer(work)
    opened = _of_another(work, break_glass_id)
    if finding not in ("justified", "unjustified"):
        raise Invalid(fields={"finding": ["请选一项。 Please choose one."]})
    if len(text.strip()) < SHORTEST_REASON:
        raise Invalid(fields={"text": ["请写明依据，至少 10 个字。 Please say why, at least 10 characters."]})
    opened.finding, opened.reviewed_by, opened.reviewed_at = finding, work.actor.user_id, work.now
    opened.review = sealed_words(work, opened, "review", {"text": text.strip()})
    done = {"seen_by": work.actor.user_id, "seen_at": work.now, "finding": "followed_up"}
    told = update(Alarm).where(Alarm.kind == "break_glass", Alarm.subject == str(opened.id))
    work.session.execute(told.values(done))
    return _changed(work, opened, "review")


def hold_notice(work, break_glass_id: UUID) -> BreakGlass:
    """Keep the notice from the guardians for 72 hours after the access, where a child may have to be protected."""
    _require_overseer(work)
    opened = _of_another(work, break_glass_id)
    opened.held_until = opened.opened_at + HELD_AT_MOST
    fence.lift(work.session)  # the officer has no tie to the child, and only this one row is touched
    tie = work.session.scalar(select(Relationship).where(Relationship.basis_id == opened.id))
    # The family's first page reads ties, not emergencies: the tie says from which day it may be told.
    tie.authority = opened.held_until.astimezone(LOCAL).date().isoformat()
    seals.reseal(work, tie)
    chain.note_row(work, tie, "hold")
    return _changed(work, opened, "hold")


@dataclass(frozen=True)
class EmergencyFacts:
    """One emergency access as the officer reviews it: whose, why, when; never which child by name."""

    id: UUID
    user_id: UUID
    organisation: str
    code: str
    text: str
    opened_at: datetime
    expires_at: datetime
    held_until: datetime | None
    review_by: datetime
    finding: str
    is_mine: bool


def emergencies(work, *, limit: int = 50) -> list[EmergencyFacts]:
    """Return emergency accesses for their review, those without one first, the oldest at the top."""
    _require_overseer(work)
    chosen = select(BreakGlass, Organisation.name).outerjoin(
        Organisation, Organisation.id == BreakGlass.organisation_id
    )
    waiting_first = BreakGlass.reviewed_at.is_not(None), BreakGlass.opened_at
    rows = work.session.execute(chosen.order_by(*waiting_first).limit(limit)).all()
    work.keys.load(row.BreakGlass.child_id for row in rows)
    audit.note(work, "R", None, "break_glass", purpose="oversight")
    return [_facts(work, row.BreakGlass, row.name) for row in rows]


def emergency_of(work, break_glass_id: UUID) -> EmergencyFacts:
    """Return one emergency access for its review. Raises NotFound."""
    _require_overseer(work)
    opened = sealed_row(work, break_glass_id)
    audit.note(work, "R", None, "break_glass", record_id=opened.id, purpose="oversight")
    return _facts(work, opened, work.session.scalar(_NAME.where(Organisation.id == opened.organisation_id)))


# --- inside -----------------------------------------------------------------------------------------------------------

_NAME = select(Organisation.name)


def _require_overseer(work) -> None:
    require(work.actor, Permission.OVERSEE, PlaceSubject(None))


def _of_another(work, break_glass_id: UUID) -> BreakGlass:
    opened = sealed_row(work, break_glass_id)
    if opened.user_id == work.actor.user_id:
        raise NotPermitted("自己的紧急查阅要由别人复核。", "One's own emergency access is reviewed by somebody else.")
    return opened


def _changed(work, opened: BreakGlass, op: str) -> BreakGlass:
    """Seal what an officer changed, leave its trace in the child's history, and audit it without naming the child."""
    seals.reseal(work, opened)
    work.session.flush()
    chain.note_row(work, opened, op)
    audit.note(work, "U", None, "break_glass", record_id=opened.id, purpose="oversight")
    return opened


def _facts(work, opened: BreakGlass, organisation: str | None) -> EmergencyFacts:
    said = open_words(work, opened, "reason")
    return EmergencyFacts(
        id=opened.id,
        user_id=opened.user_id,
        organisation=organisation or "",
        code=said["code"],
        text=said["text"],
        opened_at=opened.opened_at,
        expires_at=opened.ended_at or opened.expires_at,
        held_until=opened.held_until,
        review_by=opened.opened_at + REVIEW_WITHIN,
        finding=opened.finding,
        is_mine=opened.user_id == work.actor.user_id,
    )
