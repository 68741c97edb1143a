"""指标: how the loop goes, in figures: at one's own clinic, and in the district for its managers."""

from flask import Blueprint, render_template, request

from mengya_health.entry import signed_in
from mengya_health.indicators.loop_figures import clinic_figures, district_figures
from mengya_health.indicators.periods import MONTHS
from mengya_health.people.places import place_name
from mengya_health.web.shown import indicators as shown
from mengya_health.web.today import clinic_of

bp = Blueprint("indicators", __name__)


@bp.get("/indicators")
@signed_in
def district(work):
    return render_template("pages/indicators.html", **shown.district_page(work, district_figures(work, _period())))


@bp.get("/clinic/indicators")
@signed_in
def clinic(work):
    clinic_id = clinic_of(work)
    found = clinic_figures(work, clinic_id, _period())
    return render_template("pages/indicators.html", **shown.clinic_page(work, place_name(work, clinic_id), found))


def _period() -> str:
    asked = request.args.get("period", "")
    return asked if asked in MONTHS else next(iter(MONTHS))
