"""A guardian asks another clinic to take the child over."""

from uuid import UUID

from flask import redirect, render_template, url_for

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.care import handovers
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.fields import Form, PlainText, Reference
from mengya_health.people.places import other_clinics, place_name
from mengya_health.people.queries import find_child
from mengya_health.web.family import bp
from mengya_health.web.shown import moves as shown


class ClinicWish(Form):
    """Which clinic, and the PIN."""

    clinic_id = Reference(required=True)
    pin = PlainText(longest=6, required=True)


@bp.get("/home/<uuid:child_id>/clinic")
@signed_in
def clinic(work, child_id: UUID):
    child = find_child(work, child_id, Permission.CONSENT)
    audit.read(work, child.id, "child")
    newest = handovers.newest_handover(work, child)
    here, clinics = place_name(work, child.clinic_id), other_clinics(work, child.clinic_id)
    page = shown.family_page(work, child, newest, here, clinics, form_state())
    return render_template("pages/parent/clinic.html", **page)


@bp.post("/home/<uuid:child_id>/clinic")
@signed_in(again="family.clinic")
def change_clinic(work, child_id: UUID):
    handovers.ask_as_guardian(work, child_id, **submitted(ClinicWish()))
    return redirect(url_for("family.clinic", child_id=child_id, saved="sent_on"), 303)


@bp.post("/home/<uuid:child_id>/clinic/withdrawal")
@signed_in
def stay_at_clinic(work, child_id: UUID):
    handovers.withdraw_handover(work, child_id)
    return redirect(url_for("family.clinic", child_id=child_id, saved="withdrawn"), 303)
