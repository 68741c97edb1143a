"""Mandatory reports: whom it is about, the report itself, what was written and how far it has come."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _
from marshmallow import fields

from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.errors import Invalid, NotFound
from mengya_health.fields import Choice, Form, LocalDate, PlainText
from mengya_health.people.facts import ChildFacts
from mengya_health.people.schemas import require_possible_day
from mengya_health.record.reporting import add_note, children_to_report, find_child_to_report, write_report
from mengya_health.record.reports import STATUSES, open_file_of_report, open_report, reports_of
from mengya_health.uploads import received_file
from mengya_health.web.attachments import as_download
from mengya_health.web.shown import reports as shown

bp = Blueprint("reports", __name__)


class ReportForm(Form):
    """What was seen, when, and whether the police know. Only the first is needed to save."""

    text = PlainText(longest=2000, lines=True, load_default="")
    seen_on = LocalDate(load_default=None)
    seen_at = PlainText(longest=20, load_default="")
    police = Choice("called", "calling", load_default="calling")
    police_at = PlainText(longest=40, load_default="")
    police_number = PlainText(longest=60, load_default="")
    authority = PlainText(longest=200, lines=True, load_default="")
    protection = PlainText(longest=500, lines=True, load_default="")


class NoteForm(Form):
    """Words added to a report, and for a lead how far it has come."""

    text = PlainText(longest=2000, lines=True, load_default="")
    status = Choice(*STATUSES, load_default="")


@bp.get("/reports")
@signed_in
def index(work):
    _require_staff(work)
    return render_template("pages/reports/index.html", **shown.index_page(work, reports_of(work)))


@bp.get("/reports/new")
@signed_in
def choose(work):
    _require_staff(work)
    return render_template("pages/reports/choose.html", **shown.choose_page(work, children_to_report(work)))


@bp.get("/children/<uuid:child_id>/report")
@signed_in
def write_page(work, child_id: UUID):
    child = find_child_to_report(work, child_id)
    return render_template("pages/reports/write.html", **shown.write_page(work, child, form_state()))


@bp.post("/children/<uuid:child_id>/report")
@signed_in(again="reports.write_page")
def write(work, child_id: UUID):
    child = find_child_to_report(work, child_id)
    content = _written(work, child)
    report = write_report(work, child, content=content, file=received_file(work))
    return redirect(url_for("reports.show", report_id=report.id, saved="stored"), 303)


@bp.get("/reports/<uuid:report_id>")
@signed_in
def show(work, report_id: UUID):
    page = shown.report_page(work, open_report(work, report_id), form_state())
    return render_template("pages/reports/show.html", **page)


@bp.post("/reports/<uuid:report_id>/notes")
@signed_in(again="reports.show")
def note(work, report_id: UUID):
    add_note(work, report_id, **submitted(NoteForm()))
    return redirect(url_for("reports.show", report_id=report_id, saved="stored"), 303)


@bp.get("/reports/<uuid:report_id>/attachments/<uuid:attachment_id>")
@signed_in
def download(work, report_id: UUID, attachment_id: UUID):
    return as_download(open_file_of_report(work, report_id, attachment_id))


def _require_staff(work) -> None:
    if not work.actor.places:
        raise NotFound


def _written(work, child: ChildFacts) -> dict:
    """Return the content of the posted report. Raises Invalid where it says nothing."""
    codes = [sign.code for sign in work.content.mandatory_report.signs]
    said = submitted(ReportForm.from_dict({"signs": fields.List(Choice(*codes), load_default=list)})())
    if not (said["signs"] or said["text"]):
        raise Invalid(fields={"signs": [_("点一项，或在下面写一句看到的事。")]})
    seen_on = said.pop("seen_on") or work.today
    require_possible_day(seen_on, birth_on=child.birth_on, today=work.today, field="seen_on")
    return said | {"seen_on": seen_on.isoformat()}
