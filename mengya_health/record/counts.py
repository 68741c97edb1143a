"""How much is written about many children at once. A count opens nothing."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import case, func, select

from mengya_health.record.models import Entry

_ENTRY = Entry.__table__.c


class Written(NamedTuple):
    """How many entries of a kind a child has from today and from this month, and from which day the newest is."""

    today: int = 0
    month: int = 0
    last_on: date | None = None


def written_lately(
    work, child_ids: list[UUID], section: str, kinds: tuple[str, ...], *, since: date
) -> Mapping[str, Mapping[UUID, Written]]:
    """Return what a section has of each of these kinds, by kind and child, in one statement.

    Looked at are the days of this month, and those since `since` where that is earlier; a child without entries of a
    kind from these days is left out.
    """
    first_of_month = work.today.replace(day=1)
    today = func.sum(case((_ENTRY.happened_on == work.today, 1), else_=0))
    month = func.sum(case((_ENTRY.happened_on >= first_of_month, 1), else_=0))
    days = _ENTRY.happened_on.between(min(since, first_of_month), work.today)
    counted = (
        select(_ENTRY.kind, _ENTRY.child_id, today, month, func.max(_ENTRY.happened_on))
        .where(_ENTRY.child_id.in_(child_ids), _ENTRY.section == section, _ENTRY.kind.in_(kinds), days)
        .where(_ENTRY.status != "entered-in-error")
        .group_by(_ENTRY.kind, _ENTRY.child_id)
    )
    found: dict[str, dict[UUID, Written]] = {kind: {} for kind in kinds}
    for kind, child_id, *numbers in work.session.execute(counted):
        found[kind][child_id] = Written(*numbers)
    return found
