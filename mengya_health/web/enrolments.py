"""The month's list: which enrolments run out, to approve anew or to let end."""

from flask import redirect, render_template, url_for
from marshmallow import fields

from mengya_health.care.class_moves import approve_places
from mengya_health.entry import signed_in, submitted
from mengya_health.fields import Form, Reference
from mengya_health.people.places import classes
from mengya_health.people.renewals import endings
from mengya_health.web.children import bp
from mengya_health.web.shown import enrolments as shown
from mengya_health.web.today import clinic_of


class AnewForm(Form):
    """The ties ticked on the list."""

    tie_id = fields.List(Reference(), load_default=list)


@bp.get("/children/enrolments")
@signed_in
def enrolments(work):
    page = shown.enrolments_page(work, endings(work, clinic_of(work)), classes(work))
    return render_template("pages/children/enrolments.html", **page)


@bp.post("/children/enrolments")
@signed_in
def approve_enrolments(work):
    wanted = submitted(AnewForm())["tie_id"]
    approve_places(work, clinic_of(work), wanted)
    return redirect(url_for("children.enrolments", saved="stored"), 303)
