"""One observation of a child: by its teacher on the class board, by its family on a phone."""

from collections.abc import Mapping
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _

from mengya_health.access.permissions import Permission
from mengya_health.access.rules import teacher_of
from mengya_health.care.observing import record_observation
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.errors import Invalid, NotFound
from mengya_health.fields import Choice, Form, PlainText
from mengya_health.people.queries import MyClass, class_children, find_child
from mengya_health.people.schemas import require_possible_day
from mengya_health.record.queries import entries_of_kind
from mengya_health.web.classes import board_context, bp, class_tasks
from mengya_health.web.drafts import of_child, with_draft
from mengya_health.web.family import bp as family
from mengya_health.web.shown import classes as shown
from mengya_health.web.shown import family_observing as shown_at_home


@bp.get("/class/<uuid:group_id>/children/<uuid:child_id>")
@signed_in
def observe_page(work, group_id: UUID, child_id: UUID):
    children = class_children(work, group_id)
    child = next((each for each in children if each.id == child_id), None)
    if child is None or not teacher_of(work.actor, child.subject):
        raise NotFound
    group = MyClass(group_id, child.class_name, None)  # who leads is told on the board
    tasks = class_tasks(work, children)
    form = form_state()
    domain = form["values"].get("domain") or request.args.get("domain", shown.FIRST_DOMAIN)
    if domain not in shown.DOMAINS:
        raise NotFound
    form = with_draft(form, work, child, "classes.observe", domain=domain)
    seen = entries_of_kind(work, child, "observation")
    context = board_context(work, group, [group], children, tasks, child_id)
    is_asked_first = child_id in context["asked_first"]
    panel = shown.card(work, group, child, tasks[child.id], domain, form, seen, is_asked_first=is_asked_first)
    return render_template("pages/teacher/observe.html", board=context, panel=panel)


@bp.post("/class/<uuid:group_id>/children/<uuid:child_id>")
@signed_in(again="classes.observe_page", draft=of_child("behaviour", told_by=("domain",)))
def observe(work, group_id: UUID, child_id: UUID):
    child = find_child(work, child_id, Permission.WRITE_BEHAVIOUR)
    domain = request.form.get("domain", "")
    if domain not in shown.DOMAINS:
        raise NotFound
    asked = shown.questions(work, child, domain, entries_of_kind(work, child, "observation"))
    said = submitted(observation_form(asked, domain=PlainText(longest=10, required=True)))
    content = observed(said, asked, domain=domain, setting="class")
    happened_on = _day(said.get("observed_at", ""), work)
    require_possible_day(happened_on, birth_on=child.birth_on, today=work.today, field="observed_at")
    is_told = record_observation(work, child, section="behaviour", content=content, happened_on=happened_on)
    return redirect(url_for("classes.of", group_id=group_id, saved="told" if is_told else "stored"), 303)


def observation_form(asked: list[dict], **more) -> Form:
    """Return the schema of these questions, a sentence and a time."""
    questions = {each["name"]: Choice(*(option["value"] for option in each["options"])) for each in asked}
    fixed = {
        "note": PlainText(longest=200, lines=True, load_default=""),
        "observed_at": PlainText(longest=20, load_default=""),
    }
    return Form.from_dict(questions | fixed | more)()


def observed(said: dict, asked: list[dict], *, domain: str, setting: str) -> dict:
    """Return the content of an observation. Raises Invalid where nothing was tapped or written."""
    names = [each["name"] for each in asked]
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
        "setting": setting,
    }


def typed_of(content: Mapping) -> dict[str, str]:
    """Return an observation as its form would send it again."""
    items = {f"obs_{each['code']}": str(each["score"]) for each in content.get("items", ())}
    logs = {f"log_{each['name']}": each["value"] for each in content.get("logs", ())}
    return items | logs | {"note": content.get("note", "")}


def _day(text: str, work):
    try:
        return shown.local_moment(text, work.now)
    except ValueError as error:
        raise Invalid(fields={"observed_at": [_("没有这个时间，请重新选。")]}) from error


# --- at home --------------------------------------------------------------------------------------------------------


@family.get("/home/<uuid:child_id>/look")
@signed_in
def look(work, child_id: UUID):
    child = find_child(work, child_id, Permission.WRITE_FAMILY)
    form = form_state()
    seen = entries_of_kind(work, child, "home_observation")
    domain = form["values"].get("domain") or request.args.get("domain", "")
    return render_template("pages/parent/look.html", **shown_at_home.look_page(work, child, domain, form, seen))


@family.post("/home/<uuid:child_id>/look")
@signed_in(again="family.look", draft=of_child("family", told_by=("domain",)))
def write_look(work, child_id: UUID):
    child = find_child(work, child_id, Permission.WRITE_FAMILY)
    domain = request.form.get("domain", "")
    if domain not in work.content.behaviours.domains:
        raise NotFound
    asked = shown_at_home.questions(work, child, domain, entries_of_kind(work, child, "home_observation"))
    said = submitted(observation_form(asked, domain=PlainText(longest=20, required=True)))
    content = observed(said, asked, domain=domain, setting="home")
    happened_on = _day(said["observed_at"], work)
    require_possible_day(happened_on, birth_on=child.birth_on, today=work.today, field="observed_at")
    is_told = record_observation(work, child, section="family", content=content, happened_on=happened_on)
    saved = "told" if is_told else "stored"
    return redirect(url_for("family.look", child_id=child_id, domain=domain, saved=saved), 303)
