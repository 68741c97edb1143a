"""Take figures out: asked for by the manager, approved by the security officer, taken once within a day.

The file is made when it is taken and kept nowhere; the ledger keeps its hash and what is published since.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from mengya_health import audit
from mengya_health.access.actor import PlaceSubject
from mengya_health.access.permissions import Permission, is_allowed, require
from mengya_health.db import new_id
from mengya_health.errors import NotFound, NotNow
from mengya_health.history import chain
from mengya_health.indicators.counting import NO_CASE, STAGES, Cell, count_children
from mengya_health.indicators.csv_file import csv_file
from mengya_health.indicators.models import Export
from mengya_health.indicators.suppression import INSIDE_K, OUTSIDE_K, publishable
from mengya_health.people import approvals, seals
from mengya_health.people.models import Organisation
from mengya_health.people.sessions import require_fresh

WHAT = "export_figures"
K = {"inside": INSIDE_K, "outside": OUTSIDE_K}
OPEN_FOR = timedelta(hours=24)
COLUMNS = (NO_CASE, *STAGES)
HEAD = ("机构", "出生季度", "没有个案", "预防", "筛查", "干预", "巩固", "合计（只加列出的）")

Figures = dict[str, dict[Cell, int]]  # by scope


@dataclass(frozen=True)
class Asked:
    """One line of the ledger."""

    id: UUID
    scope: str
    status: str  # asked approved refused taken; closed: approved and not taken in time
    recipient: str
    purpose: str
    asked_at: datetime
    approved_at: datetime | None
    taken_at: datetime | None
    file_hash: str
    is_mine: bool


def ask_export(work, *, scope: str, recipient: str, purpose: str) -> Export:
    """Store that the actor wants figures, for whom and what for; nothing is counted yet. Raises NotPermitted."""
    require(work.actor, Permission.EXPORT_FIGURES, PlaceSubject(None))
    words, export_id = {"recipient": recipient, "purpose": purpose}, new_id()
    approval = approvals.ask_approval(work, WHAT, subject_id=export_id, terms=_terms(scope, words))
    export = Export(
        id=export_id,
        scope=scope,
        status="asked",
        asked_by=work.actor.user_id,
        asked_at=work.now,
        approval_id=approval.id,
        body=work.keys.seal_body("export", export_id, work.actor.user_id, "user", words),
        row_version=1,
    )
    seals.seal(work, export)
    work.session.add(export)
    _trace(work, export, "create")
    audit.note(work, "C", None, "export", record_id=export.id, purpose="statistics")
    return export


def decide_export(work, export_id: UUID, *, is_approved: bool) -> Export:
    """As the security officer, let it be taken within a day, or not at all.

    Raises NotPermitted, PasswordNeeded, NotFound where nothing waits.
    """
    require(work.actor, Permission.APPROVE_EXPORT, PlaceSubject(None))
    require_fresh(work)
    export = _held(work, export_id, "asked")
    (approvals.approve if is_approved else approvals.refuse)(work, export.approval_id)
    export.approved_by, export.approved_at = work.actor.user_id, work.now
    _move(work, export, "approved" if is_approved else "refused")
    audit.note(work, "U", None, "export", record_id=export.id, purpose="statistics")
    return export


def take_export(work, export_id: UUID) -> bytes:
    """Return the file, once: figures of today, with whatever is too small left out.

    Raises NotPermitted, PasswordNeeded, NotFound for what is not approved or somebody else's, NotNow after a day.
    """
    require(work.actor, Permission.EXPORT_FIGURES, PlaceSubject(None))
    require_fresh(work)
    export = _held(work, export_id, "approved")
    if export.asked_by != work.actor.user_id:
        raise NotFound
    if work.now > export.approved_at + OPEN_FOR:
        raise NotNow(
            "批准已超过 24 小时，请重新提交。", "The approval is older than 24 hours; please ask for it again."
        )
    # Also what makes two exports at once wait for one another: each starts from what the other published.
    approvals.use_approval(work, WHAT, subject_id=export.id, terms=_terms(export.scope, _words(work, export)))
    published = _published(work)
    inside = publishable(count_children(work), published["inside"], INSIDE_K)
    # From the inside figures, so that whoever gets both learns nothing more than from those.
    now = {"inside": inside, "outside": publishable(inside, published["outside"], OUTSIDE_K)}
    content = csv_file(_table(now[export.scope], _place_names(work, export.scope)))
    export.figures, export.file_hash, export.taken_at = _as_bytes(now), work.keys.digest(content), work.now
    _move(work, export, "taken")
    audit.note(work, "E", None, "export", record_id=export.id, purpose="statistics")
    return content


def export_ledger(work, *, limit: int = 50) -> list[Asked]:
    """Return what was asked for, newest first. Raises NotPermitted for who neither asks nor approves."""
    if not is_allowed(work.actor, Permission.APPROVE_EXPORT, PlaceSubject(None)):
        require(work.actor, Permission.EXPORT_FIGURES, PlaceSubject(None))
    rows = work.session.scalars(select(Export).order_by(Export.id.desc()).limit(limit)).all()
    rows = [row for row in rows if seals.holds(work, Export, row)]
    work.keys.load({row.asked_by for row in rows})
    audit.note(work, "R", None, "export", purpose="statistics")
    return [_asked(work, row) for row in rows]


# --- inside -----------------------------------------------------------------------------------------------------------


def _asked(work, row: Export) -> Asked:
    is_closed = row.status == "approved" and work.now > row.approved_at + OPEN_FOR
    return Asked(
        row.id,
        row.scope,
        "closed" if is_closed else row.status,
        **_words(work, row),
        asked_at=row.asked_at,
        approved_at=row.approved_at,
        taken_at=row.taken_at,
        file_hash=row.file_hash.hex() if row.file_hash else "",
        is_mine=row.asked_by == work.actor.user_id,
    )


def _table(figures: Mapping[Cell, int], names: Mapping[UUID, str]) -> list[list[str | int]]:
    """Return the lines of the file: none for a place and quarter of which nothing is shown."""
    lines = sorted({(names[cell.place_id], cell.quarter, cell.place_id) for cell in figures})
    table = [[name, quarter, *_line(figures, place_id, quarter)] for name, quarter, place_id in lines]
    totals = [sum(figures.get(Cell(id, each, stage), 0) for _name, each, id in lines) for stage in COLUMNS]
    return [list(HEAD), *table, ["合计（只加列出的）", "", *totals, sum(totals)]]


def _line(figures: Mapping[Cell, int], place_id: UUID, quarter: str) -> list[str | int]:
    shown = [figures.get(Cell(place_id, quarter, stage), 0) for stage in COLUMNS]
    return [*(figure or "不列" for figure in shown), sum(shown)]


def _place_names(work, scope: str) -> dict[UUID, str]:
    """Return what each place is called; outside the district by a pseudonym that no other export shares."""
    places = work.session.execute(select(Organisation.id, Organisation.name)).all()
    # Drawn and forgotten: not even we could say later which place it was.
    return {place.id: place.name if scope == "inside" else f"机构 {secrets.token_hex(4)}" for place in places}


def _published(work) -> Figures:
    """Return what is published by now, by scope.

    Raises IntegrityError where that was changed behind our back: without it the next figures might tell too much.
    """
    latest = work.session.scalar(select(Export).where(Export.figures.is_not(None)).order_by(Export.taken_at.desc()))
    if latest is None:
        return {"inside": {}, "outside": {}}
    work.keys.check_row_seal("export", latest.seal, *latest.authorising(), latest.row_version)
    kept = json.loads(latest.figures)
    return {
        scope: {Cell(UUID(place), quarter, stage): figure for place, quarter, stage, figure in kept[scope]}
        for scope in K
    }


def _as_bytes(figures: Figures) -> bytes:
    kept = {
        scope: sorted([cell.place_id.hex, cell.quarter, cell.stage, figure] for cell, figure in cells.items())
        for scope, cells in figures.items()
    }
    return json.dumps(kept, separators=(",", ":")).encode()


def _terms(scope: str, words: Mapping[str, str]) -> str:
    return json.dumps([scope, words["recipient"], words["purpose"]])


def _words(work, row: Export) -> dict[str, str]:
    return work.keys.open_body("export", row.id, row.asked_by, "user", row.body)


def _held(work, export_id: UUID, status: str) -> Export:
    export = work.session.get(Export, export_id)
    if export is None or export.status != status or not seals.holds(work, Export, export):
        raise NotFound
    return export


def _move(work, export: Export, status: str) -> None:
    export.status = status
    seals.reseal(work, export)
    _trace(work, export, status)


def _trace(work, export: Export, op: str) -> None:
    work.session.flush()
    chain.note_row(work, export, op, child_id=work.deployment_id)
