"""Where lines of work lists lead, and the way back."""

from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from mengya_health.care.facts import TaskFacts
from mengya_health.people.facts import ChildFacts

# Kind of task → the page of the child on which it is done.
OF_CHILD = {
    "visit": "checks.enter",
    "rescreen": "checks.enter",
    "look_first": "informants.show",
    "consent_ended": "children.consents",
    "consent_disputed": "children.consents",
    "two_persons": "children.guardians",
    "erasure": "erasures.show",
    "handover": "moves.handover",
}
# Kind of task → the page of the task itself.
OF_TASK = {"concern": "cases.concern", "witness": "cases.confirm_paper", "question": "cases.question"}


def task_href(child_id: UUID, task: TaskFacts) -> str:
    """Return the page on which the doctor does what a task asks."""
    if task.kind in OF_CHILD:
        return url_for(OF_CHILD[task.kind], child_id=child_id)
    if task.kind in OF_TASK:
        return url_for(OF_TASK[task.kind], task_id=task.id)
    match task.kind:
        case "finding":
            return url_for("checks.show", child_id=child_id, entry_id=task.subject_id)
        case "dispute":
            return url_for("disputes.answer_page", child_id=child_id, note_id=task.subject_id)
        case "conference" | "conference_point":
            return url_for("conferences.show", conference_id=task.subject_id)
        case "outcome":
            return url_for("urgent.outcome", child_id=child_id, task_id=task.id)
    return url_for("cases.show", case_id=task.case_id) if task.case_id else url_for("children.show", child_id=child_id)


def home_link(child: ChildFacts) -> dict:
    """Return the way back to a child's first page."""
    return {"href": url_for("family.home_of", child_id=child.id), "text": _("首页")}


def to_ring(desk: tuple[str, str]) -> dict | None:
    """Return the button that rings a place, of its name and number; None where no number is known."""
    name, phone = desk
    return {"text": _("打给%(name)s", name=name), "tel": phone} if phone else None


def local_path(wanted: str) -> str:
    """Return a path of ours to go on to, or "" for anything that could lead elsewhere."""
    is_local = wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted and wanted.isprintable()
    return wanted if is_local else ""
