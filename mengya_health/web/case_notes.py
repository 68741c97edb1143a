"""The smaller things done about a case: a try to reach the family, a task ended, a word answered, a second doctor."""

from uuid import UUID

from flask import redirect, render_template, url_for
from flask_babel import gettext as _

from mengya_health import audit
from mengya_health.access.permissions import Permission, require
from mengya_health.care import concerns, plans
from mengya_health.care.check_ins import end_care_task
from mengya_health.care.closing import ask_second_doctor
from mengya_health.care.loop import loop_of
from mengya_health.care.queries import find_task
from mengya_health.care.tasks import task_facts
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.errors import Invalid, NotFound
from mengya_health.fields import Choice, Form, LocalDate, PlainText, Reference
from mengya_health.handouts.from_record.sheet import require_plain
from mengya_health.people.schemas import require_possible_day
from mengya_health.web.cases import bp, case_of_clinic
from mengya_health.web.drafts import OF_CASE, of_task, with_draft
from mengya_health.web.sent import back_to_case
from mengya_health.web.shown import case_notes as shown
from mengya_health.web.shown.case_lists import answer_page

TEMPLATE = "pages/cases/note.html"
ANSWERED_BY = {"concern": "cases.answer", "question": "cases.reply"}


class Contact(Form):
    way = PlainText(longest=20, load_default="")
    reached = Choice("1", "0", required=True)
    text = PlainText(longest=200, lines=True, load_default="")
    happened_on = LocalDate(required=True)


class EndTask(Form):
    task_id = Reference(required=True)
    reason = PlainText(longest=20, load_default="")
    text = PlainText(longest=200, load_default="")


class Reason(Form):
    reason = PlainText(longest=200, lines=True, required=True)


class Answer(Form):
    """An answer to a concern: `how` says whether it is taken up in a case of `pathway_id`."""

    text = PlainText(longest=400, lines=True, load_default="")
    how = Choice("answered", "accepted", required=True)
    pathway_id = PlainText(longest=30, load_default="")


class Reply(Form):
    text = PlainText(longest=400, lines=True, required=True)


@bp.get("/cases/<uuid:case_id>/contact")
@signed_in
def contact(work, case_id: UUID):
    opened = case_of_clinic(work, case_id)
    state = form_state(happened_on=work.today.isoformat())
    state = with_draft(state, work, opened.child, "cases.save_contact")
    return render_template(TEMPLATE, **shown.contact_page(work, opened, loop_of(work.content), state))


@bp.post("/cases/<uuid:case_id>/contact")
@signed_in(again="cases.contact", draft=OF_CASE)
def save_contact(work, case_id: UUID):
    said = submitted(Contact())
    child = case_of_clinic(work, case_id).child
    require_possible_day(said["happened_on"], birth_on=child.birth_on, today=work.today, field="happened_on")
    is_reached = said.pop("reached") == "1"
    concerns.log_contact(work, case_id, is_reached=is_reached, **said)
    return back_to_case(work, case_id)


@bp.get("/cases/<uuid:case_id>/tasks")
@signed_in
def end_task(work, case_id: UUID):
    opened = case_of_clinic(work, case_id)
    return render_template(TEMPLATE, **shown.end_task_page(work, opened, loop_of(work.content), form_state()))


@bp.post("/cases/<uuid:case_id>/tasks")
@signed_in(again="cases.end_task")
def save_end_task(work, case_id: UUID):
    said = submitted(EndTask())
    _child, task = find_task(work, said["task_id"], "care_task", "follow_up")
    if task.case_id != case_id:
        raise NotFound
    end_care_task(work, task.id, reason=said["reason"], text=said["text"])
    return back_to_case(work, case_id)


@bp.get("/cases/<uuid:case_id>/second-doctor")
@signed_in
def second_doctor(work, case_id: UUID):
    opened = case_of_clinic(work, case_id)
    state = with_draft(form_state(), work, opened.child, "cases.save_second_doctor")
    return render_template(TEMPLATE, **shown.second_doctor_page(work, opened, state))


@bp.post("/cases/<uuid:case_id>/second-doctor")
@signed_in(again="cases.second_doctor", draft=OF_CASE)
def save_second_doctor(work, case_id: UUID):
    ask_second_doctor(work, case_id, reason=submitted(Reason())["reason"])
    return back_to_case(work, case_id)


@bp.get("/concerns/<uuid:task_id>")
@signed_in
def concern(work, task_id: UUID):
    return _answer_page(work, task_id, "concern")


@bp.post("/concerns/<uuid:task_id>")
@signed_in(again="cases.concern", draft=of_task("concern"))
def answer(work, task_id: UUID):
    said = submitted(Answer())
    require_plain(said["text"], field="text", label="答复")
    is_accepted = said["how"] == "accepted"
    if is_accepted and said["pathway_id"] not in work.content.pathways:
        raise Invalid(fields={"pathway_id": [_("请选一条路径。")]})
    _child, task = find_task(work, task_id, "concern")
    concerns.answer_concern(work, task_id, is_accepted=is_accepted, text=said["text"], pathway_id=said["pathway_id"])
    return back_to_case(work, task.case_id) if is_accepted else redirect(url_for("cases.waiting", saved="stored"), 303)


@bp.get("/questions/<uuid:task_id>")
@signed_in
def question(work, task_id: UUID):
    return _answer_page(work, task_id, "question")


@bp.post("/questions/<uuid:task_id>")
@signed_in(again="cases.question", draft=of_task("question"))
def reply(work, task_id: UUID):
    text = require_plain(submitted(Reply())["text"], field="text", label="答复")
    _child, task = find_task(work, task_id, "question")
    plans.answer_question(work, task_id, text=text)
    return back_to_case(work, task.case_id)


def _answer_page(work, task_id: UUID, kind: str):
    child, task = find_task(work, task_id, kind)
    require(work.actor, Permission.WRITE_HEALTH, child.subject)
    audit.read(work, child.id, "task", record_id=task.id)
    state = with_draft(form_state(), work, child, ANSWERED_BY[kind])
    return render_template("pages/cases/answer.html", **answer_page(work, child, task_facts(work, task), state))
