"""Entries that a section does not open, for those whom a command or a query of their own has let in."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import Select, select

from mengya_health import audit
from mengya_health.history.chain import Claim, check_newest
from mengya_health.people.facts import ChildFacts
from mengya_health.record.models import Revision
from mengya_health.record.opening import (
    COLUMNS,
    CURRENT,
    ENTRY,
    REVISION,
    SET_APART,
    OpenEntry,
    kept_sections,
    open_row,
)


def entries_set_apart(work, children: Mapping[UUID, ChildFacts], ids: Iterable[UUID] | Select) -> list[OpenEntry]:
    """Return what is set apart of these children, by id, newest first; one statement, and one for the history.

    For queries that have asked who may read these very entries; nothing else of a section comes this way.
    """
    chosen = select(*COLUMNS).join(Revision.__table__, (REVISION.entry_id == ENTRY.id) & CURRENT)
    chosen = chosen.where(ENTRY.id.in_(ids), ENTRY.child_id.in_(children), ENTRY.kind.in_(SET_APART))
    rows = work.session.execute(chosen.order_by(ENTRY.happened_on.desc(), ENTRY.recorded_at.desc())).all()
    rows = [row for row in rows if row.section in kept_sections(children[row.child_id])]
    check_newest(work.session, work.keys, (Claim(row.child_id, row.id, row.version, row.commit) for row in rows))
    for row in rows:
        audit.read(work, row.child_id, row.kind, record_id=row.id)
    return [open_row(work, children[row.child_id], row) for row in rows]
