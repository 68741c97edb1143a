"""Entries that belong to a case: each is of the round the case is in."""

from datetime import date
from uuid import UUID

from mengya_health.care.queries import OpenCase
from mengya_health.record.commands import record_entry
from mengya_health.record.models import Entry


def write_entry(
    work,
    opened: OpenCase,
    kind: str,
    content: dict,
    *,
    section: str = "health",
    happened_on: date | None = None,
    task_id: UUID | None = None,
) -> Entry:
    """Write an entry of a case, today unless said. Raises what `record_entry` raises."""
    return record_entry(
        work,
        opened.child,
        section=section,
        kind=kind,
        content=content,
        happened_on=happened_on or work.today,
        case_id=opened.case.id,
        task_id=task_id,
        round=opened.case.round,
    )
