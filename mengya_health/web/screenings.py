"""Pages of one screening or one scale by itself: which there are, enter one, correct it."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.entry import form_state, posted, signed_in
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import find_child
from mengya_health.screening.commands import find_check
from mengya_health.screening.sheet_commands import correct_sheet, find_sheet, record_sheet
from mengya_health.web.drafts import of_child, with_draft
from mengya_health.web.shown import sheets as shown

bp = Blueprint("screenings", __name__)


@bp.get("/children/<uuid:child_id>/screenings")
@signed_in
def index(work, child_id: UUID):
    child = _child(work, child_id)
    audit.read(work, child.id, "child")
    return render_template("pages/screening/sheets.html", **shown.index_page(work, child))


@bp.get("/children/<uuid:child_id>/screenings/<key>")
@signed_in
def enter(work, child_id: UUID, key: str):
    child, sheet = _child(work, child_id), find_sheet(work.content, key)
    audit.read(work, child.id, "check")
    form = with_draft(form_state(), work, child, "screenings.save")
    return render_template("pages/screening/sheet.html", **shown.sheet_page(work, child, sheet, form))


@bp.post("/children/<uuid:child_id>/screenings/<key>")
@signed_in(again="screenings.enter", draft=of_child("health"))
def save(work, child_id: UUID, key: str):
    entry = record_sheet(work, _child(work, child_id), find_sheet(work.content, key), posted())
    return _to_result(child_id, entry.id)


@bp.get("/children/<uuid:child_id>/screened/<uuid:entry_id>")
@signed_in
def correction(work, child_id: UUID, entry_id: UUID):
    child = _child(work, child_id)
    opened = find_check(work, child, entry_id)
    sheet = find_sheet(work.content, opened.content.get("sheet", ""))
    form = with_draft(form_state(), work, child, "screenings.correct", row_version=opened.row_version)
    return render_template("pages/screening/sheet.html", **shown.correction_page(work, child, sheet, opened, form))


@bp.post("/children/<uuid:child_id>/screened/<uuid:entry_id>")
@signed_in(again="screenings.correction", draft=of_child("health", compares=True))
def correct(work, child_id: UUID, entry_id: UUID):
    correct_sheet(work, _child(work, child_id), entry_id, posted())
    return _to_result(child_id, entry_id)


def _child(work, child_id: UUID) -> ChildFacts:
    return find_child(work, child_id, Permission.WRITE_HEALTH)


def _to_result(child_id: UUID, entry_id: UUID):
    return redirect(url_for("checks.show", child_id=child_id, entry_id=entry_id, saved="stored"), 303)
