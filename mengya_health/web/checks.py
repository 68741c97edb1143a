"""Pages of a health check: enter it, see it, correct it, decide on what it found."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.care.decisions import decide_check
from mengya_health.entry import form_state, posted, signed_in
from mengya_health.errors import NotFound
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import find_child
from mengya_health.record.models import Entry
from mengya_health.screening.commands import correct_check, find_check, record_check
from mengya_health.screening.decisions import read_decisions
from mengya_health.screening.queries import waits_for_decision
from mengya_health.web.drafts import of_child, with_draft
from mengya_health.web.shown.check_results import check_page
from mengya_health.web.shown.checks import correction_page, entry_page
from mengya_health.web.shown.sheet_results import sheet_result_page

bp = Blueprint("checks", __name__)


@bp.get("/children/<uuid:child_id>/check")
@signed_in
def enter(work, child_id: UUID):
    child = _child(work, child_id)
    audit.read(work, child.id, "check")
    page = entry_page(work, child, request.args.get("visit"), form_state())
    return render_template("pages/screening/check.html", **page)


@bp.post("/children/<uuid:child_id>/check")
@signed_in(again="checks.enter", draft=of_child("health"))
def save(work, child_id: UUID):
    entry = record_check(work, _child(work, child_id), request.args.get("visit"), posted())
    return redirect(_after_saving(work, entry), 303)


@bp.get("/children/<uuid:child_id>/checks/<uuid:entry_id>")
@signed_in
def show(work, child_id: UUID, entry_id: UUID):
    child = _child(work, child_id)
    opened = find_check(work, child, entry_id)
    if opened.content.get("sheet"):
        page = sheet_result_page(work, child, opened, form_state())
    else:
        page = check_page(work, child, opened, form_state(), by=request.args.get("by"))
    return render_template("pages/screening/shown.html", **page)


@bp.post("/children/<uuid:child_id>/checks/<uuid:entry_id>")
@signed_in(again="checks.show")
def decide(work, child_id: UUID, entry_id: UUID):
    child = _child(work, child_id)
    opened = find_check(work, child, entry_id)
    decisions, row_version = read_decisions(opened, posted())
    decide_check(work, child, opened, decisions, row_version=row_version)
    return redirect(url_for("checks.show", child_id=child_id, entry_id=entry_id, saved="stored"), 303)


@bp.get("/children/<uuid:child_id>/checks/<uuid:entry_id>/correction")
@signed_in
def correction(work, child_id: UUID, entry_id: UUID):
    child = _child(work, child_id)
    opened = find_check(work, child, entry_id)
    if opened.content.get("sheet"):
        raise NotFound
    form = with_draft(form_state(), work, child, "checks.correct", row_version=opened.row_version)
    page = correction_page(work, child, opened, form)
    return render_template("pages/screening/check.html", **page)


@bp.post("/children/<uuid:child_id>/checks/<uuid:entry_id>/correction")
@signed_in(again="checks.correction", draft=of_child("health", compares=True))
def correct(work, child_id: UUID, entry_id: UUID):
    entry = correct_check(work, _child(work, child_id), entry_id, posted())
    return redirect(_after_saving(work, entry), 303)


def _child(work, child_id: UUID) -> ChildFacts:
    return find_child(work, child_id, Permission.WRITE_HEALTH)


def _after_saving(work, entry: Entry) -> str:
    """Return where to go on: what was found is decided first, else as the pressed button says."""
    if request.form.get("then") == "next" and not waits_for_decision(work, entry.id):
        return url_for("today.show", saved="stored", child_id=entry.child_id, entry_id=entry.id)
    return url_for("checks.show", child_id=entry.child_id, entry_id=entry.id, saved="stored")
