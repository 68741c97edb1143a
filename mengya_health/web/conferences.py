"""Case conferences: those one is asked to, those about a case, one of them, and what is written in it."""

from dataclasses import replace
from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from marshmallow import fields

from mengya_health.access.refusals import only_for
from mengya_health.care import conference_points, conferring
from mengya_health.care.conferences import Conference, conferences_of, find_conference, my_conferences
from mengya_health.care.deidentified import KINDS, findings_in
from mengya_health.entry import FormState, form_state, signed_in, submitted
from mengya_health.fields import Form, LocalDate, PlainText, Reference, Ticked
from mengya_health.people.rota import colleagues_later
from mengya_health.record.queries import entries_of_case
from mengya_health.web.cases import RowVersion, case_of_clinic
from mengya_health.web.drafts import OF_CASE, of_conference, with_draft
from mengya_health.web.shown import conferences as shown

bp = Blueprint("conferences", __name__)

WRITTEN = ("add_point", "settle", "tell", "cancel")  # the forms on the page of one conference


class Call(Form):
    """When, about what, which findings, and who is asked."""

    held_on = LocalDate(load_default=None)
    question = PlainText(longest=500, lines=True, load_default="")
    findings = fields.List(Reference(), load_default=list)
    readers = fields.List(Reference(), load_default=list)
    is_family_told = Ticked(load_default=False)


class PointForm(RowVersion):
    sort = PlainText(longest=20, load_default="")
    text = PlainText(longest=200, load_default="")
    owner = PlainText(longest=40, load_default="")
    due_on = LocalDate(load_default=None)


class FateForm(RowVersion):
    point = PlainText(longest=40, load_default="")
    fate = PlainText(longest=20, load_default="")
    fate_text = PlainText(longest=200, load_default="")


class ForFamily(RowVersion):
    for_family = PlainText(longest=500, lines=True, load_default="")


class Cancelling(RowVersion):
    reason = PlainText(longest=200, load_default="")


@bp.get("/conferences")
@signed_in
def index(work):
    if not work.actor.places:
        raise only_for("invited_to_conference")
    return render_template("pages/conferences/index.html", **shown.list_page(work, my_conferences(work)))


@bp.get("/cases/<uuid:case_id>/conferences")
@signed_in
def of_case(work, case_id: UUID):
    opened = case_of_clinic(work, case_id)
    page = shown.case_page(work, opened, conferences_of(work, opened.child, case_id))
    return render_template("pages/conferences/of_case.html", **page)


@bp.get("/cases/<uuid:case_id>/conferences/new")
@signed_in
def new(work, case_id: UUID):
    staff = colleagues_later(work, [place.organisation_id for place in work.actor.places_as("doctor")])
    opened = case_of_clinic(work, case_id)
    entries = entries_of_case(work, opened.child, case_id, also=KINDS[:1])
    about = opened.body.get("triggers", ())
    found = findings_in(work.content, opened.child, entries, about=about)
    people = conferring.invitable(opened.child, staff())
    form = with_draft(form_state(), work, opened.child, "conferences.call")
    return render_template("pages/conferences/new.html", **shown.new_page(work, opened, found, people, form))


@bp.post("/cases/<uuid:case_id>/conferences/new")
@signed_in(again="conferences.new", draft=OF_CASE)
def call(work, case_id: UUID):
    said = submitted(Call())
    entry_ids, reader_ids = said.pop("findings"), said.pop("readers")
    entry = conferring.call_conference(work, case_id, entry_ids=entry_ids, reader_ids=reader_ids, **said)
    return _back(entry.id)


@bp.get("/conferences/<uuid:conference_id>")
@signed_in
def show(work, conference_id: UUID):
    found = find_conference(work, conference_id)
    page = shown.conference_page(work, found, form_state(), {name: _drafted(work, found, name) for name in WRITTEN})
    return render_template("pages/conferences/show.html", **page)


@bp.post("/conferences/<uuid:conference_id>/points")
@signed_in(again="conferences.show", draft=of_conference())
def add_point(work, conference_id: UUID):
    conference_points.add_point(work, conference_id, **submitted(PointForm()))
    return _back(conference_id)


@bp.post("/conferences/<uuid:conference_id>/fate")
@signed_in(again="conferences.show", draft=of_conference())
def settle(work, conference_id: UUID):
    said = submitted(FateForm())
    point_id, text = said.pop("point"), said.pop("fate_text")
    conference_points.settle_point(work, conference_id, point_id, text=text, **said)
    return _back(conference_id)


@bp.post("/conferences/<uuid:conference_id>/family")
@signed_in(again="conferences.show", draft=of_conference())
def tell(work, conference_id: UUID):
    said = submitted(ForFamily())
    conferring.tell_family(work, conference_id, text=said["for_family"], row_version=said["row_version"])
    return _back(conference_id)


@bp.post("/conferences/<uuid:conference_id>/cancel")
@signed_in(again="conferences.show", draft=of_conference())
def cancel(work, conference_id: UUID):
    conferring.cancel_conference(work, conference_id, **submitted(Cancelling()))
    return _back(conference_id)


def _drafted(work, found: Conference, name: str) -> FormState:
    """Return one form of a conference: refused, as it was left, or fresh. Several stand on its page."""
    state = replace(form_state())
    return with_draft(state, work, found.child, f"conferences.{name}", row_version=found.entry.row_version)


def _back(conference_id: UUID):
    return redirect(url_for("conferences.show", conference_id=conference_id, saved="stored"), 303)
