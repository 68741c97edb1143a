"""The rota of the district's case conferences, kept by its managers."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for

from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.fields import Form, LocalDate, Reference
from mengya_health.people import rota
from mengya_health.web.shown import rota as shown

bp = Blueprint("rota", __name__)


class TurnForm(Form):
    user_id = Reference(required=True)
    from_on = LocalDate(required=True)
    to_on = LocalDate(required=True)


@bp.get("/rota")
@signed_in
def show(work):
    places = rota.managed_places(work)
    page = shown.rota_page(work, rota.rota(work, places), rota.colleagues(work, places), form_state())
    return render_template("pages/rota.html", **page)


@bp.post("/rota")
@signed_in(again="rota.show")
def name_chair(work):
    rota.name_chair(work, **submitted(TurnForm()))
    return _back()


@bp.post("/rota/<uuid:turn_id>/end")
@signed_in(again="rota.show")
def end_turn(work, turn_id: UUID):
    submitted(Form())  # nothing but the button is sent
    rota.end_turn(work, turn_id)
    return _back()


def _back():
    return redirect(url_for("rota.show", saved="stored"), 303)
