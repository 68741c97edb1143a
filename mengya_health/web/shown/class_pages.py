"""The other pages of a class: a whole class by exception, what was written today, a suggestion for the class."""

from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from mengya_health.care.daily_checks import AWAY
from mengya_health.care.models import Task
from mengya_health.care.observing import STRUCK
from mengya_health.care.tasks import open_body
from mengya_health.people.facts import ChildFacts
from mengya_health.record.commands import may_correct
from mengya_health.record.queries import OpenEntry
from mengya_health.web.shown import seen, words
from mengya_health.web.shown.classes import LOGS

NOT_SEEN = "away"  # of a child of whom nothing is written


def whole_page(work, group, children: list[ChildFacts], came: dict[UUID, str], form) -> dict:
    """Return the context of pages/teacher/whole.html: nothing is preset but that who has not come was not seen."""
    text, options = LOGS["eat"]["meal"]
    return {
        "back": {"href": url_for("classes.of", group_id=group.id), "text": group.name},
        "queued_as": f"{group.name} · {text}",
        "on": form["values"].get("on", work.today.isoformat()),
        "action": url_for("classes.save_whole", group_id=group.id),
        "form": form,
        "children": [_meal_row(child, came.get(child.id, ""), form) for child in children],
        "options": [{"value": value, "text": str(said)} for value, said in options.items()],
    }


def _meal_row(child: ChildFacts, came: str, form) -> dict:
    field = f"meal_{child.id.hex}"
    is_away = came in AWAY
    return {
        "name": child.name,
        "field": field,
        "chosen": form["values"].get(field, NOT_SEEN if is_away else ""),
        "note": _("没来") if is_away else "",
    }


def advice_page(work, group_id: UUID, child: ChildFacts, task: Task) -> dict:
    """Return the context of pages/teacher/advice.html."""
    here = {"group_id": group_id, "child_id": child.id}
    return {
        "back": {"href": url_for("classes.observe_page", **here), "text": child.name},
        "child_name": child.name,
        "at": words.stamp(task.created_at),
        "text": open_body(work, task)["text"],
        "action": url_for("classes.understood", **here, task_id=task.id),
        "concern_href": url_for("classes.concern_page", **here),
    }


def written_page(work, rows: list[tuple[ChildFacts, OpenEntry]], back: dict) -> dict:
    """Return the context of pages/teacher/written.html."""
    return {
        "back": back,
        "former_href": url_for("moves.former"),
        "rows": [
            {
                "name": child.name,
                "at": words.moment(entry.happened_on, entry.recorded_at, work.today),
                "text": seen.plainly(work.content, entry),
                "files_href": url_for("attachments.show", child_id=child.id, entry_id=entry.id),
                "change_href": url_for("classes.own", group_id=child.group_id, child_id=child.id, entry_id=entry.id)
                if entry.status != STRUCK and may_correct(work, child, entry)
                else "",
            }
            for child, entry in rows
        ],
    }


def own_page(work, group_id: UUID, child: ChildFacts, entry: OpenEntry, asked: list[dict], form) -> dict:
    """Return the context of pages/teacher/own.html: an observation with its questions, to be changed or struck."""
    here = {"group_id": group_id, "child_id": child.id, "entry_id": entry.id}
    return {
        "back": {"href": url_for("classes.written"), "text": _("今天记的")},
        "child_name": child.name,
        "at": words.moment(entry.happened_on, entry.recorded_at, work.today),
        "now": seen.plainly(work.content, entry),
        "action": url_for("classes.change_own", **here),
        "strike_action": url_for("classes.strike_own", **here),
        "versions_href": url_for("children.entry", child_id=child.id, entry_id=entry.id),
        "form": form,
        "row_version": form.seen(entry.row_version),
        "questions": asked,
    }
