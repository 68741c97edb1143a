"""What has come up, in words: for the district the clinic to call and the code to name; for a nursery whose class."""

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from mengya_health.care.queries import WorkItem
from mengya_health.care.raised import RaisedId
from mengya_health.web.shown import words

OWED_BY_CLASS = {"signature": lazy("班级小结"), "dispute": lazy("答复家长的异议")}


def page(lines: list[RaisedId]) -> dict:
    """Return the context of pages/raised.html. Kinds are named as for anybody: a decision's title would tell more."""
    return {"rows": [_row(line) for line in lines]}


def classes_page(items: list[WorkItem]) -> dict:
    """Return the context of pages/teacher/raised.html: whose class owes what since when, not what it is about."""
    return {
        "back": {"text": _("班级"), "href": url_for("classes.show")},
        "rows": [
            {
                "name": item.child.name,
                "class_name": item.child.class_name or "",
                "what": str(OWED_BY_CLASS[item.task.kind]),
                "tag": {"kind": "overdue", "text": words.overdue(item.days_overdue)},
            }
            for item in items
        ],
    }


def _row(line: RaisedId) -> dict:
    mark, who, _turned = words.TURNS[line.whose_turn]
    return {
        "clinic": line.clinic,
        "phone": line.phone,
        "code": words.code_of(line.id),
        "what": str(words.TASKS[line.kind]),
        "who": {"role": mark, "text": str(who)},
        "due": line.standing.due_on.isoformat(),
        "tag": {"kind": "overdue", "text": words.overdue(line.standing.days)},
    }
