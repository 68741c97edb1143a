"""A missing piece of evidence: the doctor asks the district to let a step pass, a reviewer answers with a reason."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _
from marshmallow import fields

from mengya_health.access.permissions import Permission
from mengya_health.access.refusals import only_for
from mengya_health.care.queries import facts_of, find_case, find_task
from mengya_health.care.releases import answer_release, ask_release, releasable, releases_asked
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.errors import Invalid, NotFound, NotNow
from mengya_health.fields import Choice, Form, PlainText, Reference
from mengya_health.people.places import reviewing
from mengya_health.web.cases import bp as cases
from mengya_health.web.cases import case_of_clinic
from mengya_health.web.sent import back_to_case
from mengya_health.web.shown import releases as shown

bp = Blueprint("releases", __name__)


NOBODY = (
    "区里还没有复核医生的账号。请系统管理员先建一个，或等材料补齐。",
    "The district has no reviewer yet. Ask the administrator to make that account, or wait for what is missing.",
)


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
    found, state = releasable(facts_of(work, opened)), form_state()
    offices = reviewing(work) if "reviewer" in state.errors else []  # most districts have one: nobody is asked which
    return render_template("pages/cases/note.html", **shown.ask_page(work, opened, found, offices, state))


@cases.post("/cases/<uuid:case_id>/release")
@signed_in(again="cases.ask")
def send(work, case_id: UUID):
    said = submitted(Asking())
    pairs = [each.partition(".") for each in said["wanted"]]
    events = {event for event, _dot, _condition in pairs}
    if len(events) != 1:
        raise Invalid(fields={"wanted": [_("请选同一步里缺的材料。")]})
    offices = [said["reviewer"]] if said["reviewer"] else [each.id for each in reviewing(work)]
    if not offices:
        raise NotNow(*NOBODY)
    if len(offices) > 1:
        raise Invalid(fields={"reviewer": [_("请选复核机构。")]})
    ask_release(
        work,
        case_id,
        event=events.pop(),
        conditions=[condition for _event, _dot, condition in pairs],
        reason=said["reason"],
        reviewer_organisation_id=offices[0],
    )
    return back_to_case(work, case_id)


@bp.get("/releases")
@signed_in
def waiting(work):
    places = work.actor.places_as("reviewer")
    if not places:
        raise only_for("reviewer_of")
    return render_template(
        "pages/reviewer/index.html", **shown.list_page(work, releases_asked(work, places[0].organisation_id))
    )


@bp.get("/releases/<uuid:case_id>/<uuid:task_id>")
@signed_in
def show(work, case_id: UUID, task_id: UUID):
    opened = find_case(work, case_id, permission=Permission.RELEASE_GATE)
    task = next((each for each in opened.tasks if each.id == task_id and each.kind == "release" and each.is_open), None)
    if task is None:
        raise NotFound
    page = shown.answer_page(work, opened, facts_of(work, opened), task, form_state())
    return render_template("pages/reviewer/release.html", **page)


@bp.post("/releases/<uuid:case_id>/<uuid:task_id>")
@signed_in(again="releases.show")
def answer(work, case_id: UUID, task_id: UUID):
    said = submitted(Answer())
    _child, task = find_task(work, task_id, "release")
    if task.case_id != case_id:
        raise NotFound
    answer_release(work, task_id, is_granted=said["decision"] == "grant", reason=said["reason"])
    return redirect(url_for("releases.waiting", saved="stored"), 303)
