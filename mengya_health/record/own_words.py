"""What somebody wrote about a child they no longer serve: their own words stay readable to them."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select

from mengya_health.record.opening import CURRENT, ENTRY, OpenEntry, kept_sections, open_row, rows_of, select_entries


def written_about(work, organisation_ids: Iterable[UUID]) -> Select:
    """Return a SELECT of the ids of children about whom the actor, or a doctor of these clinics, wrote something."""
    return select(ENTRY.child_id).where(_own(work, organisation_ids))


def own_words(work, child, *, organisation_ids: Iterable[UUID] = (), limit: int = 200) -> list[OpenEntry]:
    """Return what the actor wrote about a child they no longer serve, newest first.

    `organisation_ids` are clinics whose doctors' entries count as the actor's, too: a desk is shared. `child` is known
    by its id and subject alone; whoever calls has asked for READ_OWN_WORDS.
    """
    chosen = select_entries(child.id).where(_own(work, organisation_ids), ENTRY.section.in_(kept_sections(child)))
    chosen = chosen.order_by(ENTRY.happened_on.desc(), ENTRY.recorded_at.desc()).limit(limit)
    return [open_row(work, child, row) for row in rows_of(work, child, chosen, CURRENT)]


def _own(work, organisation_ids: Iterable[UUID]) -> ColumnElement:
    at_desk = ENTRY.organisation_id.in_(list(organisation_ids)) & (ENTRY.author_role == "doctor")
    return (ENTRY.author_id == work.actor.user_id) | at_desk
