"""What stands on a page about findings that cannot wait: the banner over a form, what is still open, the outcome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from mengya_health.care.facts import TaskFacts
from mengya_health.care.loop import loop_of
from mengya_health.people.facts import ChildFacts
from mengya_health.people.places import hospital_desks
from mengya_health.screening.urgent import Urgent, weighed_in
from mengya_health.screening.urgent_answer import ARRANGED, CALLED, DECLINED, RECHECK
from mengya_health.screening.urgent_care import OUTCOME, SAME_DAY_LIMIT
from mengya_health.web.shown import words
from mengya_health.web.shown.children import back_to, child_head
from mengya_health.web.shown.punctuation import joined

ANSWERS = {
    ARRANGED: lazy_gettext("已当面告知家长，并安排当日就诊"),
    CALLED: lazy_gettext("已叫 120"),
    DECLINED: lazy_gettext("家长不同意，原因写在下面"),
    RECHECK: lazy_gettext("不成立，我重新核对"),
}
MOST_DESKS = 3


def banner(work, urgent: Sequence[Urgent]) -> dict | None:
    """Return the banner of partials/urgent.html, None where nothing is urgent."""
    if not urgent:
        return None
    return {
        "seen": " ".join(each.code for each in urgent),
        "call_120": any(each.words.call_120 for each in urgent),
        "rows": [
            {
                "what": each.figures or each.result,
                "result": each.result,
                "screening": each.screening,
                "actions": list(each.actions),
                "circumstance": each.circumstance,
                "field": weighed_in(each.code),
                "basis": each.source,
            }
            for each in urgent
        ],
        "short": joined(each.figures or each.result for each in urgent),
        "options": [{"value": value, "text": str(text)} for value, text in ANSWERS.items()],
        "desks": [{"name": name, "phone": phone} for name, phone in hospital_desks(work)[:MOST_DESKS]],
    }


def said_of_urgent(stored: Mapping) -> dict | None:
    """Return what a stored entry says about its urgent findings and what was done that day; None where it has none."""
    said = stored.get("urgent")
    if not said:
        return None
    named = {each["code"]: each["result"] for each in stored["findings"]}
    not_so = [each["code"] for each in said["weighed"] if not each["holds"]]
    return {
        "results": [named.get(code, code) for code in said["codes"]],
        "weighed_out": [named.get(code, code) for code in not_so],
        "text": str(ANSWERS.get(said["answer"], "")),
        "note": said["note"],
    }


def open_outcomes(work, child: ChildFacts, tasks: Iterable[TaskFacts]) -> list[dict]:
    """Return what stands on top of a child's pages until somebody answers; the clinic's tasks alone."""
    return [
        {
            "late": late_words(work, max(0, (work.today - task.due_on).days)),
            "is_late": task.due_on < work.today,
            "since": words.day(task.due_on, work.today),
            "check_href": url_for("children.entry", child_id=child.id, entry_id=task.subject_id),
            "href": url_for("urgent.outcome", child_id=child.id, task_id=task.id),
        }
        for task in tasks
        if task.kind == OUTCOME and task.whose_turn == "doctor"
    ]


def late_words(work, days_overdue: int) -> str:
    """Return how a list says that a result is still waited for; louder from the day the time limit escalates."""
    limit = work.content.time_limits[SAME_DAY_LIMIT]
    if not days_overdue:
        return _("当日就诊 · 还没有结果")
    late = _("当日就诊 · 逾期 %(n)s 天", n=days_overdue)
    escalates = limit.escalate and any(days_overdue >= each for each in limit.escalate_days)
    return f"{late} · {limit.escalate}" if escalates else late


def family_notices(tasks: Iterable[TaskFacts]) -> list[dict]:
    """Return what a family does today, in its own words; nothing of what was found."""
    return [
        {
            "title": words.told(task.title),
            "then": task.body["then"],
            "call_120": task.body["call_120"],
            "clinic": task.body["clinic"],
            "phone": task.body["phone"],
        }
        for task in tasks
        if task.kind == OUTCOME
    ]


def outcome_page(work, child: ChildFacts, task_id, entry_id, state) -> dict:
    """Return the page on which the outcome is written (pages/screening/outcome.html)."""
    state.values = state.values or {"happened_on": work.today.isoformat()}
    reasons = loop_of(work.content).not_done_reasons
    return {
        "child": child_head(child, work.today),
        "back": back_to(child),
        "form": state,
        "action": url_for("urgent.record", child_id=child.id, task_id=task_id),
        "check_href": url_for("children.entry", child_id=child.id, entry_id=entry_id),
        "arrived": [
            {"value": "yes", "text": _("到了")},
            {"value": "no", "text": _("没有到")},
        ],
        "reasons": [{"value": value, "text": text} for value, text in reasons.items()],
        "desks": [{"name": name, "phone": phone} for name, phone in hospital_desks(work)[:MOST_DESKS]],
        "escalate": work.content.time_limits[SAME_DAY_LIMIT].escalate or "",
    }
