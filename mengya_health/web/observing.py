"""One observation of a child, by its teacher: a few taps on the class board."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _

from mengya_health.access.permissions import Permission
from mengya_health.care.queries import tasks_for
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.errors import Invalid, NotFound
from mengya_health.fields import Choice, Form, PlainText
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import class_children, find_child, groups_of
from mengya_health.people.schemas import require_possible_day
from mengya_health.record.commands import record_entry
from mengya_health.web.classes import board_context, bp, group_among
from mengya_health.web.shown import classes as shown


@bp.get("/class/<uuid:group_id>/children/<uuid:child_id>")
@signed_in
def observe_page(work, group_id: UUID, child_id: UUID):
    groups = groups_of(work)
    group = group_among(groups, group_id)
    children = class_children(work, group_id)
    child = next((each for each in children if each.id == child_id), None)
    if child is None:
        raise NotFound
    tasks = tasks_for(work, {each.id: each for each in children}, "teacher")
    form = form_state()
    domain = form["values"].get("domain") or request.args.get("domain", shown.FIRST_DOMAIN)
    if domain not in shown.DOMAINS:
        raise NotFound
    panel = shown.card(work, group, child, tasks[child.id], domain, form, saved_for="")
    context = board_context(work, group, groups, children, tasks, child_id)
    return render_template("pages/teacher/observe.html", board=context, panel=panel)


@bp.post("/class/<uuid:group_id>/children/<uuid:child_id>")
@signed_in(again="classes.observe_page")
def observe(work, group_id: UUID, child_id: UUID):
    child = find_child(work, child_id, Permission.WRITE_BEHAVIOUR)
    domain = request.form.get("domain", "")
    if domain not in shown.DOMAINS:
        raise NotFound
    names = [question["name"] for question in shown.questions(work, child, domain)]
    said = submitted(_observation_form(work, child, domain))
    content = _observed(said, names, domain)
    happened_on = _day(said.get("observed_at", ""), work)
    require_possible_day(happened_on, birth_on=child.birth_on, today=work.today, field="observed_at")
    record_entry(work, child, section="behaviour", kind="observation", content=content, happened_on=happened_on)
    return redirect(url_for("classes.of", group_id=group_id, saved="stored"), 303)


def _observation_form(work, child: ChildFacts, domain: str) -> Form:
    """Return the schema of one tile's questions."""
    questions = {
        each["name"]: Choice(*(option["value"] for option in each["options"]))
        for each in shown.questions(work, child, domain)
    }
    fixed = {
        "domain": PlainText(longest=10, required=True),
        "note": PlainText(longest=200, load_default=""),
        "observed_at": PlainText(longest=20, load_default=""),
    }
    return Form.from_dict(questions | fixed)()


def _observed(said: dict, names: list[str], domain: str) -> dict:
    answered = [name for name in names if said.get(name)]
    if not answered and not said["note"]:
        raise Invalid(fields={names[0] if names else "note": [_("点一项，或写一句。")]})
    return {
        "domain": domain,
        "items": [
            {"code": name.removeprefix("obs_"), "score": int(said[name])}
            for name in answered
            if name.startswith("obs_")
        ],
        "logs": [
            {"name": name.removeprefix("log_"), "value": said[name]} for name in answered if name.startswith("log_")
        ],
        "note": said["note"],
        "setting": "class",
    }


def _day(text: str, work):
    try:
        return shown.local_moment(text, work.now)
    except ValueError as error:
        raise Invalid(fields={"observed_at": [_("没有这个时间，请重新选。")]}) from error
