"""应检名单: whom the clinic has to see, to print or to call."""

from uuid import UUID

from flask import Blueprint, render_template, request

from mengya_health.entry import signed_in
from mengya_health.errors import NotFound
from mengya_health.people.places import classes, place_name
from mengya_health.screening.due_list import NO_CLASS, due_list
from mengya_health.web.shown import due as shown
from mengya_health.web.today import clinic_of

bp = Blueprint("due", __name__)


@bp.get("/due")
@signed_in
def show(work):
    clinic_id = clinic_of(work)
    asked = _asked()
    found = due_list(work, clinic_id, which=asked["which"], group=asked["group"], page=asked["page"])
    page = shown.due_page(work, place_name(work, clinic_id), found, classes(work), asked)
    return render_template("pages/doctor/due.html", **page)


def _asked() -> dict:
    """Return what the address chose: which list, which class, which page, and whether telephone numbers are shown."""
    which, group = request.args.get("which"), request.args.get("group") or None
    try:
        chosen = group if group in (None, NO_CLASS) else UUID(group)
    except ValueError as error:
        raise NotFound from error
    return {
        "which": which if which in shown.TABS else shown.USUAL,
        "group": chosen,
        "page": max(1, request.args.get("page", 1, type=int)),
        "phones": request.args.get("phones") == "1",
    }
