"""What is being followed after a check: the board of the health staff, one child's steps, when it may come back."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from flask import redirect, render_template, url_for

from mengya_health import audit
from mengya_health.access.refusals import only_for
from mengya_health.care import daily_checks, follow_through
from mengya_health.care.queries import tasks_for
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.errors import Invalid
from mengya_health.fields import Choice, Form, LocalDate, PlainText, Ticked, WholeNumber
from mengya_health.people.queries import class_children, groups_of
from mengya_health.record.queries import entries_of_children
from mengya_health.screening.returning import CERTIFICATES, conditions_asked
from mengya_health.web.daily_checks import bp
from mengya_health.web.drafts import of_matter, with_draft
from mengya_health.web.shown import follow_through as shown
from mengya_health.work import LOCAL


class StepForm(Form):
    """One step, how, and a sentence."""

    step = Choice(*follow_through.WRITTEN)
    way = Choice(*follow_through.WAYS, *follow_through.HANDLED)
    text = PlainText(longest=200, load_default="")


class ExclusionForm(Form):
    """What is known of an infection; the conditions are those of its rule."""

    disease = PlainText(longest=10, required=True)
    onset_on = LocalDate()
    rash_on = LocalDate()
    antibiotic_on = LocalDate()
    symptom_free_at = PlainText(longest=20)
    afebrile_at = PlainText(longest=20)
    has_pneumonia = Ticked(load_default=False)
    certificate = Choice(*CERTIFICATES[1:])
    days_by_notice = WholeNumber(low=0, high=60)
    note = PlainText(longest=200)
    row_version = WholeNumber(low=0, high=10**6, required=True)


@bp.get("/class/follow-ups")
@signed_in
def follow_ups(work):
    groups = groups_of(work)
    if not groups:
        raise only_for("teacher_of")
    children = class_children(work, *(group.id for group in groups))
    by_id = {child.id: child for child in children}
    since = daily_checks.looked_back_to(work)
    kinds = (daily_checks.KIND, "exclusion")
    entries = entries_of_children(work, by_id, kinds, since=since, active="exclusion") if children else []
    page = shown.board(work, groups, children, tasks_for(work, by_id, "teacher"), entries)
    audit.read(work, list(by_id), "task")
    return render_template("pages/teacher/follow_ups.html", **page)


@bp.get("/class/follow-ups/<uuid:task_id>")
@signed_in
def follow_up(work, task_id: UUID):
    return render_template("pages/teacher/follow_up.html", **_page(work, task_id))


def _page(work, task_id: UUID) -> dict:
    matter = follow_through.find(work, task_id)
    audit.read(work, [matter.child.id], "task")
    step = with_draft(replace(form_state()), work, matter.child, "daily.add_step")
    known = matter.exclusion.row_version if matter.exclusion else 0
    sheet = with_draft(replace(form_state()), work, matter.child, "daily.keep_exclusion", row_version=known)
    return shown.matter_page(work, matter, step, sheet)


@bp.post("/class/follow-ups/<uuid:task_id>")
@signed_in(again="daily.follow_up", draft=of_matter())
def add_step(work, task_id: UUID):
    said = submitted(StepForm())
    follow_through.add_step(work, task_id, said.get("step", ""), way=said.get("way", ""), text=said["text"])
    return redirect(url_for("daily.follow_up", task_id=task_id, saved="stored"), 303)


@bp.post("/class/follow-ups/<uuid:task_id>/close")
@signed_in(again="daily.follow_up")
def close(work, task_id: UUID):
    submitted(Form())
    follow_through.close(work, task_id)
    return redirect(url_for("daily.follow_ups", saved="stored"), 303)


@bp.post("/class/follow-ups/<uuid:task_id>/exclusion")
@signed_in(again="daily.follow_up", draft=of_matter())
def keep_exclusion(work, task_id: UUID):
    infections = work.content.behaviours.infections
    known = {each for infection in infections.values() for each in conditions_asked(infection.rule)}
    several = {"conditions": shown.several(known)}
    said = submitted(ExclusionForm.from_dict(several)())
    if said["disease"] not in infections:
        raise Invalid(fields={"disease": ["请从列表里选。 Please choose from the list."]})
    times = {name: _moment(said[name], name) for name in follow_through.TIMES if said.get(name)}
    row_version = said.pop("row_version")
    follow_through.keep_exclusion(work, task_id, said | times, row_version=row_version)
    return redirect(url_for("daily.follow_up", task_id=task_id, saved="stored"), 303)


@bp.post("/class/follow-ups/<uuid:task_id>/return")
@signed_in(again="daily.follow_up")
def confirm_return(work, task_id: UUID):
    submitted(Form())
    follow_through.confirm_return(work, task_id)
    return redirect(url_for("daily.follow_up", task_id=task_id, saved="stored"), 303)


def _moment(text: str, name: str) -> datetime:
    """Return the time that a datetime-local field names. Raises Invalid."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=LOCAL)
    except ValueError as error:
        raise Invalid(fields={name: ["没有这个时间，请重新选。 No such time; choose again."]}) from error
