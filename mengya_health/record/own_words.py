"""What somebody wrote about a child they no longer serve: their own words stay readable to them."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, literal, select

from mengya_health.people.models import Membership
from mengya_health.record.opening import (
    ENTRY,
    IN_SECTION,
    REVISION,
    OpenEntry,
    kept_sections,
    open_row,
    rows_of,
    select_entries,
)


def written_about(work, organisation_ids: Iterable[UUID]) -> Select:
    """Return a SELECT of the ids of children about whom the actor, or a doctor of these clinics, wrote something."""
    return select(ENTRY.child_id).where(_own(work, organisation_ids))


def own_words(work, child, *, organisation_ids: Iterable[UUID] = (), limit: int = 200) -> list[OpenEntry]:
    """Return what the actor wrote about a child they no longer serve, newest first, each as they left it.

    `organisation_ids` are clinics whose doctors' entries count as the actor's, too: a desk is shared. What others have
    added since, as a decision about a check, is theirs and not shown. `child` is known by its id and subject alone;
    whoever calls has asked for READ_OWN_WORDS.
    """
    of_child = (ENTRY.child_id == child.id) & ENTRY.section.in_(kept_sections(child)) & IN_SECTION
    newest_first = ENTRY.happened_on.desc(), ENTRY.recorded_at.desc()
    newest = select(ENTRY.id).where(of_child, _own(work, organisation_ids)).order_by(*newest_first).limit(limit)
    chosen = select_entries(child.id).where(ENTRY.id.in_(newest))
    rows = rows_of(work, child, chosen.order_by(*newest_first, ENTRY.id, REVISION.version.desc()), literal(True))
    hands = _hands(work, organisation_ids)
    as_left: dict[UUID, Row] = {}
    for row in rows:
        if row.written_by in hands:
            as_left.setdefault(row.id, row)
    return [open_row(work, child, row) for row in as_left.values()]


def _hands(work, organisation_ids: Iterable[UUID]) -> set[UUID]:
    at_desk = select(Membership.user_id).where(
        Membership.organisation_id.in_(list(organisation_ids)), Membership.role == "doctor"
    )
    return {work.actor.user_id, *work.session.scalars(at_desk)}


def _own(work, organisation_ids: Iterable[UUID]) -> ColumnElement:
    at_desk = ENTRY.organisation_id.in_(list(organisation_ids)) & (ENTRY.author_role == "doctor")
    return (ENTRY.author_id == work.actor.user_id) | at_desk
