"""What has come up: to the district by clinic and by code, never a child; to the lead of a nursery what classes owe."""

from flask import Blueprint, render_template

from mengya_health.care.raised import raised_in_classes, raised_to_district
from mengya_health.entry import signed_in
from mengya_health.web.shown import raised as shown

bp = Blueprint("raised", __name__)


@bp.get("/raised")
@signed_in
def show(work):
    return render_template("pages/raised.html", **shown.page(raised_to_district(work)))


@bp.get("/class/raised")
@signed_in
def in_classes(work):
    return render_template("pages/teacher/raised.html", **shown.classes_page(raised_in_classes(work)))
