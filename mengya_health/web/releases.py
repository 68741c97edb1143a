"""A missing piece of evidence: the doctor asks the district to let a step pass, a reviewer answers with a reason."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _
from marshmallow import fields

from mengya_health import audit
from mengya_health.access.permissions import Permission, require
from mengya_health.access.refusals import only_for
from mengya_health.care.queries import facts_of, find_case, find_task
from mengya_health.care.releases import answer_release, ask_release, releasable, releases_asked
from mengya_health.care.tasks import task_facts
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.errors import Invalid
from mengya_health.fields import Choice, Form, PlainText, Reference
from mengya_health.people.places import reviewing
from mengya_health.web.cases import bp as cases
from mengya_health.web.cases import case_of_clinic
from mengya_health.web.shown import releases as shown

bp = Blueprint("releases", __name__)


class Asking(Form):
    """What is asked for: `wanted` are "event.condition", all of one event."""

    wanted = fields.List(PlainText(longest=60), load_default=list)
    reason = PlainText(longest=400, lines=True, load_default="")
    reviewer = Reference(load_default=None)


class Answer(Form):
    decision = Choice("grant", "refuse", required=True)
    reason = PlainText(longest=400, lines=True, load_default="")


@cases.get("/cases/<uuid:case_id>/release")
@signed_in
def ask(work, case_id: UUID):
    opened = case_of_clinic(work, case_id)
    found = releasable(facts_of(work, opened))
    return render_template(
        "pages/cases/note.html", **shown.ask_page(work, opened, found, reviewing(work), form_state())
    )


@cases.post("/cases/<uuid:case_id>/release")
@signed_in(again="cases.ask")
def send(work, case_id: UUID):
    said = submitted(Asking())
    pairs = [each.partition(".") for each in said["wanted"]]
    events = {event for event, _dot, _condition in pairs}
    if len(events) != 1 or said["reviewer"] is None:
        missing = {"reviewer": [_("请选复核机构。")]} if said["reviewer"] is None else {}
        one = {} if len(events) == 1 else {"wanted": [_("请选同一步里缺的材料。")]}
        raise Invalid(fields=one | missing)
    ask_release(
        work,
        case_id,
        event=events.pop(),
        conditions=[condition for _event, _dot, condition in pairs],
        reason=said["reason"],
        reviewer_organisation_id=said["reviewer"],
    )
    return redirect(url_for("cases.show", case_id=case_id, saved="stored"), 303)


@bp.get("/releases")
@signed_in
def waiting(work):
    places = work.actor.places_as("reviewer")
    if not places:
        raise only_for("reviewer_of")
    return render_template(
        "pages/reviewer/index.html", **shown.list_page(work, releases_asked(work, places[0].organisation_id))
    )


@bp.get("/releases/<uuid:task_id>")
@signed_in
def show(work, task_id: UUID):
    child, task = find_task(work, task_id, "release")
    require(work.actor, Permission.RELEASE_GATE, child.subject)
    opened = find_case(work, task.case_id)
    audit.read(work, child.id, "task", record_id=task.id)
    page = shown.answer_page(work, opened, facts_of(work, opened), task_facts(work, task), form_state())
    return render_template("pages/reviewer/release.html", **page)


@bp.post("/releases/<uuid:task_id>")
@signed_in(again="releases.show")
def answer(work, task_id: UUID):
    said = submitted(Answer())
    answer_release(work, task_id, is_granted=said["decision"] == "grant", reason=said["reason"])
    return redirect(url_for("releases.waiting", saved="stored"), 303)
