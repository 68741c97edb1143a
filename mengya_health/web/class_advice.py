"""给老师的建议: one suggestion for the class, to be read."""

from uuid import UUID

from flask import redirect, render_template, url_for

from mengya_health import audit
from mengya_health.access.permissions import Permission, require
from mengya_health.care import class_advice
from mengya_health.entry import signed_in
from mengya_health.web.classes import bp
from mengya_health.web.shown import class_pages as shown


@bp.get("/class/<uuid:group_id>/children/<uuid:child_id>/advice/<uuid:task_id>")
@signed_in
def advice(work, group_id: UUID, child_id: UUID, task_id: UUID):
    child, task = class_advice.find_suggestion(work, child_id, task_id)
    require(work.actor, Permission.WRITE_BEHAVIOUR, child.subject)
    audit.read(work, child.id, "task", record_id=task.id)
    return render_template("pages/teacher/advice.html", **shown.advice_page(work, group_id, child, task))


@bp.post("/class/<uuid:group_id>/children/<uuid:child_id>/advice/<uuid:task_id>")
@signed_in
def understood(work, group_id: UUID, child_id: UUID, task_id: UUID):
    child, _task = class_advice.find_suggestion(work, child_id, task_id)
    require(work.actor, Permission.WRITE_BEHAVIOUR, child.subject)
    class_advice.understand(work, child_id, task_id)
    return redirect(url_for("classes.of", group_id=group_id, saved="stored"), 303)
