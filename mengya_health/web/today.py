"""The doctor's day."""

from uuid import UUID

from flask import Blueprint, g, render_template, request, url_for
from flask_babel import gettext as _

from mengya_health.access.refusals import only_for
from mengya_health.care.due import day_list
from mengya_health.care.queries import cases_of_children
from mengya_health.entry import signed_in
from mengya_health.handouts.queries import print_queue
from mengya_health.people.leads import desk_of
from mengya_health.web.shown import today as shown
from mengya_health.web.shown.standings import standings_of_items

bp = Blueprint("today", __name__)


@bp.get("/today")
@signed_in
def show(work):
    g.saved_link = _check_just_saved()
    tab = request.args.get("tab", "due")
    tab = tab if tab in shown.TABS else "due"
    most = shown.ALL if request.args.get("show") == "all" else shown.FIRST
    clinic_id = clinic_of(work)
    desk = desk_of(work, clinic_id)
    day = day_list(work, clinic_id, limits=shown.limits_for(tab, most))
    cases, papers = cases_of_children(work, day.children), print_queue(work)
    items = [item for listed in day.lines.values() for item in listed]
    page = shown.today_page(
        work,
        desk.name,
        day,
        cases,
        papers,
        standings=standings_of_items(work, clinic_id, items, cases, leads=desk.leads(work)),
        tab=tab,
        most=most,
    )
    return render_template("pages/doctor/today.html", **page)


def _check_just_saved() -> dict | None:
    """Return the way to put right the check that was saved on the way here."""
    child_id, entry_id = (request.args.get(name, type=UUID) for name in ("child_id", "entry_id"))
    if not child_id or not entry_id:
        return None
    return {"text": _("更正刚才那份检查"), "href": url_for("checks.correction", child_id=child_id, entry_id=entry_id)}


def clinic_of(work):
    """Return the clinic the doctor works at. Raises NotPermitted for anybody else."""
    places = work.actor.places_as("doctor")
    if not places:
        raise only_for("doctor_here")
    return places[0].organisation_id
