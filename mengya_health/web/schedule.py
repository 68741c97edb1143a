"""What is planned for a child: its checks, what stands beside them, its vaccinations; and the booklet."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for

from mengya_health import audit
from mengya_health.access.permissions import Permission
from mengya_health.care.visits_not_done import excuse_visit
from mengya_health.entry import form_state, posted, signed_in, submitted
from mengya_health.fields import Form, PlainText
from mengya_health.people.queries import find_child
from mengya_health.record.queries import entries_of_kind
from mengya_health.screening.booklet import VACCINATION, booklet_in, own_copy, record_booklet, typed_booklet
from mengya_health.screening.measurements import READING_KINDS
from mengya_health.screening.queries import SCHEDULE_KINDS, open_visit_of
from mengya_health.web.drafts import of_child, with_draft
from mengya_health.web.shown import schedule as shown
from mengya_health.web.shown import vaccines as shown_vaccines

bp = Blueprint("schedule", __name__)


class Excuse(Form):
    reason = PlainText(longest=20, load_default="")
    text = PlainText(longest=200, load_default="")


@bp.get("/children/<uuid:child_id>/schedule")
@signed_in
def show(work, child_id: UUID):
    child = find_child(work, child_id, Permission.WRITE_HEALTH)
    audit.read(work, child.id, "child")
    entries = entries_of_kind(work, child, *READING_KINDS, *SCHEDULE_KINDS)
    page = shown.schedule_page(work, child, entries, open_visit_of(work, child), form_state())
    return render_template("pages/children/schedule.html", **page)


@bp.post("/children/<uuid:child_id>/schedule")
@signed_in(again="schedule.show")
def excuse(work, child_id: UUID):
    excuse_visit(work, find_child(work, child_id, Permission.WRITE_HEALTH), **submitted(Excuse()))
    return redirect(url_for("schedule.show", child_id=child_id, saved="stored"), 303)


@bp.get("/children/<uuid:child_id>/vaccines")
@signed_in
def booklet(work, child_id: UUID):
    child = find_child(work, child_id, Permission.WRITE_HEALTH)
    audit.read(work, child.id, "child")
    entries = entries_of_kind(work, child, VACCINATION)
    found, own = booklet_in(entries), own_copy(work, child, entries)
    form = form_state(**typed_booklet(found, own))
    form = with_draft(form, work, child, "schedule.save_booklet", row_version=own.row_version if own else None)
    page = shown_vaccines.booklet_page(work, child, found, own, form)
    return render_template("pages/children/vaccines.html", **page)


@bp.post("/children/<uuid:child_id>/vaccines")
@signed_in(again="schedule.booklet", draft=of_child("health", compares=True))
def save_booklet(work, child_id: UUID):
    record_booklet(work, find_child(work, child_id, Permission.WRITE_HEALTH), posted())
    return redirect(url_for("schedule.show", child_id=child_id, saved="stored"), 303)
