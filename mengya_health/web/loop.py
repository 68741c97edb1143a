"""流程说明: the loop as its file has it, for whoever works in it."""

from flask import Blueprint, render_template

from mengya_health.access.actor import PlaceSubject
from mengya_health.access.permissions import Permission, is_allowed
from mengya_health.care.loop import loop_of
from mengya_health.entry import signed_in
from mengya_health.web.shown.loop_page import loop_page

bp = Blueprint("loop", __name__)


@bp.get("/loop")
@signed_in
def show(work):
    is_clinical = is_allowed(work.actor, Permission.READ_BASIS, PlaceSubject(None))
    return render_template("pages/loop.html", **loop_page(loop_of(work.content), is_clinical=is_clinical))
