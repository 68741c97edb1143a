"""What the pages of a release show: what is missing and may be let pass, to the doctor who asks and to the reviewer."""

from collections.abc import Iterable

from flask import url_for
from flask_babel import gettext as _

from mengya_health.care.facts import CaseFacts, TaskFacts
from mengya_health.care.loop import Condition, conditions_of
from mengya_health.care.queries import OpenCase
from mengya_health.people.facts import ChildFacts
from mengya_health.people.places import Receiver
from mengya_health.web.shown import gates, words
from mengya_health.web.shown.cases import back_to_case
from mengya_health.web.shown.children import child_head
from mengya_health.web.shown.looking_again import as_list
from mengya_health.work import LOCAL


def ask_page(
    work, opened: OpenCase, found: Iterable[tuple[str, str, Condition]], offices: list[Receiver], state
) -> dict:
    """Return the page on which a doctor asks for a release (pages/cases/note.html)."""
    as_list(state, "wanted")
    options = [
        {"value": f"{event}.{each.name}", "text": words.told(each.title_zh), "hint": _("用于“%(step)s”", step=said)}
        for event, said, each in found
    ]
    facts = [_("只有缺的材料可以申请放行；家长的同意和签名，谁都不能代替。")]
    if not options:
        facts = [_("现在没有可以申请放行的材料。"), *facts]
    return {
        "child": child_head(opened.child, work.today),
        "back": back_to_case(opened),
        "title": _("请区级复核医生放行"),
        "facts": facts,
        "action": url_for("cases.send", case_id=opened.case.id),
        "form": state,
        "refusal": gates.refusal(state, {}),
        "fields": [
            {"kind": "checks", "name": "wanted", "label": _("哪一步缺的材料"), "options": options},
            {"kind": "area", "name": "reason", "label": _("为什么拿不到，为什么不能等"), "hint": ""},
            *([_office_field(offices)] if offices else []),
        ]
        if options
        else [],
        "button": _("请复核医生决定"),
    }


def list_page(work, found: list[tuple[ChildFacts, TaskFacts]]) -> dict:
    """Return the reviewer's list (pages/reviewer/index.html), due first."""
    return {"rows": [_row(work, child, task) for child, task in found]}


def answer_page(work, opened: OpenCase, facts: CaseFacts, task: TaskFacts, state) -> dict:
    """Return what a reviewer is asked: which step, what is missing, why; and the form of the answer."""
    event, wanted = task.body["event"], task.body["conditions"]
    rows = [each for each in conditions_of(facts, event) if each.name in wanted]
    return {
        "child": child_head(opened.child, work.today, is_clinical=False),
        "back": {"text": _("复核"), "href": url_for("releases.waiting")},
        "facts": [
            {
                "label": _("个案"),
                "text": f"{words.told(facts.pathway.name)} · {words.told(facts.loop.states[facts.state].name)}",
            },
            {"label": _("要走的一步"), "text": words.told(facts.loop.events[event])},
            {"label": _("医生的理由"), "text": task.body["reason"]},
            {"label": _("申请于"), "text": words.stamp(task.created_at)},
            {"label": _("请在此前答复"), "text": task.due_on.isoformat()},
        ],
        "missing": [
            {
                "what": words.told(each.title_zh),
                "why": words.told(each.missing.why_zh) if each.missing else _("现在已经有了"),
            }
            for each in rows
        ],
        "action": url_for("releases.answer", case_id=opened.case.id, task_id=task.id),
        "form": state,
        "choices": [
            {"value": "grant", "text": _("放行"), "hint": _("这一步不再等这些材料，理由写进个案历史")},
            {"value": "refuse", "text": _("不放行"), "hint": _("医生先补材料")},
        ],
    }


def _office_field(offices: list[Receiver]) -> dict:
    options = [{"value": str(each.id), "text": each.name} for each in offices]
    return {"kind": "select", "name": "reviewer", "label": _("请谁复核"), "options": options}


def _row(work, child: ChildFacts, task: TaskFacts) -> dict:
    late = (work.today - task.due_on).days
    return {
        "name": child.name,
        "sex_age": words.sex_and_age(child, work.today),
        "number": child.number,
        "at": task.created_at.astimezone(LOCAL).date().isoformat(),
        "due": task.due_on.isoformat(),
        "tag": {"kind": "overdue", "text": words.overdue(late)} if late > 0 else None,
        "href": url_for("releases.show", case_id=task.case_id, task_id=task.id),
    }
