"""The administrator's page of places: regions, organisations, classes."""

from flask import Blueprint, redirect, render_template, url_for

from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.fields import Choice, Form, Phone, PlainText, Reference
from mengya_health.people import places
from mengya_health.web.shown import accounts as shown

bp = Blueprint("places", __name__)


class RegionForm(Form):
    region_code = PlainText(longest=12, required=True)
    region_name = PlainText(longest=60, required=True)
    parent_id = Reference(load_default=None)


class OrganisationForm(Form):
    region_id = Reference(required=True)
    kind = Choice(*places.KINDS, required=True)
    code = PlainText(longest=20, required=True)
    name = PlainText(longest=80, required=True)
    phone = Phone(load_default="")


class GroupForm(Form):
    organisation_id = Reference(required=True)
    class_name = PlainText(longest=40, required=True)


@bp.get("/admin/places")
@signed_in
def show(work):
    places.require_management(work)
    return render_template("pages/admin/places.html", **shown.places_page(work), form=form_state())


@bp.post("/admin/places/regions")
@signed_in(again="places.show")
def add_region(work):
    wanted = submitted(RegionForm())
    code, name = wanted["region_code"], wanted["region_name"]
    places.add_region(work, code=code, name=name, parent_id=wanted["parent_id"])
    return redirect(url_for("places.show", saved="stored"), 303)


@bp.post("/admin/places/organisations")
@signed_in(again="places.show")
def add_organisation(work):
    places.add_organisation(work, **submitted(OrganisationForm()))
    return redirect(url_for("places.show", saved="stored"), 303)


@bp.post("/admin/places/classes")
@signed_in(again="places.show")
def add_group(work):
    wanted = submitted(GroupForm())
    places.add_group(work, organisation_id=wanted["organisation_id"], name=wanted["class_name"])
    return redirect(url_for("places.show", saved="stored"), 303)
