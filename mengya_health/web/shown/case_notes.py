"""What the pages of smaller things show (pages/cases/note.html): a title, a few facts, a few fields, one button."""

from flask import url_for
from flask_babel import gettext as _

from mengya_health.care.queries import OpenCase
from mengya_health.care.workflow import Workflow
from mengya_health.web.shown import gates, words
from mengya_health.web.shown.cases import back_to_case, choices
from mengya_health.web.shown.children import child_head
from mengya_health.web.shown.punctuation import bracketed, in_a_row


def contact_page(work, opened: OpenCase, loop: Workflow, state) -> dict:
    """Return the page on which a try to reach the family is written down, with whom to call."""
    contacts = [words.contact(each) for each in opened.child.contacts]
    reached = [{"value": "1", "text": _("联系上了")}, {"value": "0", "text": _("没联系上")}]
    return _page(work, opened, state, "cases.save_contact") | {
        "title": _("记一次联系"),
        "facts": contacts,
        "fields": [
            {"kind": "select", "name": "way", "label": _("怎么联系的"), "options": choices(loop.contact_ways)},
            {"kind": "radios", "name": "reached", "label": _("结果"), "options": reached},
            {"kind": "date", "name": "happened_on", "label": _("日期")},
            {"kind": "area", "name": "text", "label": _("说了什么"), "hint": _("可以不写")},
        ],
        "button": _("保存"),
    }


def end_task_page(work, opened: OpenCase, loop: Workflow, state) -> dict:
    """Return the page on which a task is ended before its time, for a typed reason."""
    left = [task for task in opened.tasks if task.case_id == opened.case.id and task.is_open]
    tasks = [
        {"value": str(task.id), "text": _task_line(task)} for task in left if task.kind in ("care_task", "follow_up")
    ]
    return _page(work, opened, state, "cases.save_end_task") | {
        "title": _("结束一项任务"),
        "facts": [] if tasks else [_("现在没有要结束的任务。")],
        "fields": [
            {"kind": "radios", "name": "task_id", "label": _("哪一项"), "options": tasks},
            {"kind": "select", "name": "reason", "label": _("为什么"), "options": choices(loop.not_done_reasons)},
            {"kind": "text", "name": "text", "label": _("选“其他”时写一句")},
        ]
        if tasks
        else [],
        "button": _("结束这一项"),
    }


def second_doctor_page(work, opened: OpenCase, state) -> dict:
    """Return the page on which a colleague is asked to decide on closing without the family's word."""
    return _page(work, opened, state, "cases.save_second_doctor") | {
        "title": _("请另一位医生决定结案"),
        "facts": [_("家长一直没有确认时用。您提出，另一位医生在这个个案里决定“未能确认，两位医生结案”。")],
        "fields": [{"kind": "area", "name": "reason", "label": _("理由")}],
        "button": _("请另一位医生"),
    }


# --- inside -----------------------------------------------------------------------------------------------------------


def _page(work, opened: OpenCase, state, endpoint: str) -> dict:
    return {
        "child": child_head(opened.child, work.today),
        "back": back_to_case(opened),
        "action": url_for(endpoint, case_id=opened.case.id),
        "form": state,
        "refusal": gates.refusal(state, {}),
    }


def _task_line(task) -> str:
    return bracketed(words.told(task.title), in_a_row([gates.who(task.whose_turn)[1], f"{task.due_on:%m-%d}"]))
