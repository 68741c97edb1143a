"""The teacher's pages: the class board, what was written today, tasks, something for the doctor."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _

from mengya_health import audit
from mengya_health.access.permissions import Permission, is_allowed
from mengya_health.access.refusals import only_for
from mengya_health.care import concerns
from mengya_health.care.informants import answered_since, checks_until
from mengya_health.care.queries import find_task, tasks_for
from mengya_health.entry import form_state, signed_in, submitted
from mengya_health.errors import NotFound
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import class_children, find_child, groups_of
from mengya_health.record.counts import written_lately
from mengya_health.record.queries import entries_of_today
from mengya_health.screening.informants import ANSWERS
from mengya_health.web import check_ins as pages
from mengya_health.web.drafts import of_child, with_draft
from mengya_health.web.sent import sent_to_doctor
from mengya_health.web.shown import classes as shown
from mengya_health.web.shown.class_pages import written_page

bp = Blueprint("classes", __name__)
OBSERVATION = "observation"


@bp.get("/class")
@signed_in
def show(work):
    groups = groups_of(work)
    if not groups:
        raise only_for("teacher_of")
    return _board(work, groups[0], groups)


@bp.get("/class/<uuid:group_id>")
@signed_in
def of(work, group_id: UUID):
    groups = groups_of(work)
    return _board(work, group_among(groups, group_id), groups)


def _board(work, group, groups):
    children = class_children(work, group.id)
    tasks = class_tasks(work, children)
    context = board_context(work, group, groups, children, tasks)
    return render_template("pages/teacher/class.html", board=context, panel=None)


def class_tasks(work, children: list[ChildFacts]):
    """Return what is asked of the class by child, with the checks that are near."""
    return tasks_for(work, {each.id: each for each in children}, "teacher", checks_until=checks_until(work))


def board_context(work, group, groups, children: list[ChildFacts], tasks, current: UUID | None = None) -> dict:
    """Return `board` of pages/teacher/class.html, with who was read in the audit."""
    audit.read(work, [child.id for child in children], "class")
    read = [each.id for each in children if is_allowed(work.actor, Permission.READ_BEHAVIOUR, each.subject)]
    written = written_lately(work, read, "behaviour", (OBSERVATION, ANSWERS), since=answered_since(work))
    return shown.board(
        work,
        group=group,
        groups=groups,
        children=children,
        tasks=tasks,
        noted=written[OBSERVATION],
        answered={child_id: each.last_on for child_id, each in written[ANSWERS].items()},
        current=current,
    )


@bp.get("/class/written")
@signed_in
def written(work):
    children = {child.id: child for child in class_children(work, *(group.id for group in groups_of(work)))}
    rows = [(children[entry.child_id], entry) for entry in entries_of_today(work, children, OBSERVATION)]
    return render_template(
        "pages/teacher/written.html",
        **written_page(work, rows, {"href": url_for("classes.show"), "text": _("班级")}),
    )


# --- tasks, concerns, the class summary -----------------------------------------------------------------------------


@bp.get("/class/<uuid:group_id>/children/<uuid:child_id>/tasks/<uuid:task_id>")
@signed_in
def check_in_page(work, group_id: UUID, child_id: UUID, task_id: UUID):
    child, task = _task(work, child_id, task_id)
    here = {"group_id": group_id, "child_id": child_id}
    action = url_for("classes.check_in", task_id=task_id, **here)
    concern_href = url_for("classes.concern_page", **here)
    form, back = with_draft(form_state(), work, child, "classes.check_in"), _back_to(child, group_id)
    return pages.check_in_page(
        work, child, task, form, back=back, action=action, concern_href=concern_href, is_class=True
    )


@bp.post("/class/<uuid:group_id>/children/<uuid:child_id>/tasks/<uuid:task_id>")
@signed_in(again="classes.check_in_page", draft=of_child("behaviour"))
def check_in(work, group_id: UUID, child_id: UUID, task_id: UUID):
    child, task = _task(work, child_id, task_id)
    group = url_for("classes.of", group_id=group_id, saved="checked_in")
    return redirect(pages.record_check_in(work, child, task, then=group), 303)


def _back_to(child: ChildFacts, group_id: UUID) -> dict:
    return {"href": url_for("classes.observe_page", group_id=group_id, child_id=child.id), "text": child.name}


def _task(work, child_id: UUID, task_id: UUID):
    child, task = find_task(work, task_id, "care_task")
    if child.id != child_id or task.whose_turn != "teacher":
        raise NotFound
    return child, task


@bp.get("/class/<uuid:group_id>/children/<uuid:child_id>/concern")
@signed_in
def concern_page(work, group_id: UUID, child_id: UUID):
    child = find_child(work, child_id, Permission.RAISE_CONCERN)
    action = url_for("classes.raise_concern", group_id=group_id, child_id=child_id)
    form = with_draft(form_state(), work, child, "classes.raise_concern")
    return pages.concern_page(work, child, form, back=_back_to(child, group_id), action=action, is_class=True)


@bp.post("/class/<uuid:group_id>/children/<uuid:child_id>/concern")
@signed_in(again="classes.concern_page", draft=of_child("behaviour", Permission.RAISE_CONCERN))
def raise_concern(work, group_id: UUID, child_id: UUID):
    concerns.raise_concern(work, child_id, text=submitted(pages.TextForm())["text"])
    said = sent_to_doctor(work, find_child(work, child_id))
    return redirect(url_for("classes.of", group_id=group_id, saved=said), 303)


def group_among(groups, group_id: UUID):
    """Return one of the actor's classes. Raises NotFound."""
    group = next((each for each in groups if each.id == group_id), None)
    if group is None:
        raise NotFound
    return group
