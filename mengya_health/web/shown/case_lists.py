"""What the lists of cases show: what waits for the doctor, for others, all cases; a new case; a word to answer."""

from collections.abc import Mapping
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from mengya_health.care.facts import TaskFacts
from mengya_health.care.queries import PAGE_ROWS, CaseLine, Page, WorkItem
from mengya_health.people.facts import ChildFacts
from mengya_health.web.shown import gates, words
from mengya_health.web.shown.children import back_to, child_head
from mengya_health.web.shown.links import task_href
from mengya_health.web.shown.punctuation import enumerated
from mengya_health.web.shown.reminders import task_reminder
from mengya_health.web.shown.standings import Standings
from mengya_health.work import LOCAL

TABS = {
    "mine": lazy("等我决定"),
    "others": lazy("在等别人"),
    "raised": lazy("督办清单"),
    "open": lazy("全部进行中"),
    "closed": lazy("已结案"),
}
NOBODY_WAITS = {
    "mine": lazy("现在没有要您决定的"),
    "others": lazy("现在没有在等的人"),
    "raised": lazy("现在没有逾期上报的事"),
}
ASKED = ("concern", "question")  # answered, not decided


def tasks_page(
    work,
    tab: str,
    items: list[WorkItem],
    cases: Mapping[UUID, list[CaseLine]],
    standings: Standings,
    *,
    unheard: frozenset[UUID] = frozenset(),
) -> dict:
    """Return a list of what is due (pages/cases/index.html), one line for each task.

    `unheard`: the tasks of which nobody who has to do them gets a message.
    """
    by_id = {line.id: line for lines in cases.values() for line in lines}
    asked = [item for item in items if item.task.kind in ASKED and tab == "mine"]
    rest = [item for item in items if item not in asked]
    return _page(tab) | {
        "empty": str(NOBODY_WAITS[tab]),
        "asked": [_asked(work, item, standings) for item in asked],
        "rows": [
            _task_row(work, item, by_id.get(item.task.case_id), standings) | {"unheard": item.task.id in unheard}
            for item in rest
        ],
        "what_label": _("要做的事"),
    }


def cases_page(work, tab: str, lines: list[tuple[ChildFacts, CaseLine]]) -> dict:
    """Return a list of cases (pages/cases/index.html), one line for each."""
    rows = [_case_row(child, line) for child, line in lines]
    return _page(tab) | {"empty": _("这里没有个案"), "asked": [], "rows": rows, "what_label": _("状态")}


def paged(tab: str, items: Page, page: int) -> dict:
    """Return which lines of a list a page shows, and the way to those before and after; words only where it is long."""
    first, last = (page - 1) * PAGE_ROWS, min(page * PAGE_ROWS, items.number)
    said = {"first": first + 1, "last": last, "all": items.number}
    return {
        "range_text": _("第 %(first)s–%(last)s 项，共 %(all)s 项", **said) if items.number > PAGE_ROWS else "",
        "before_href": url_for("cases.waiting", tab=tab, page=page - 1) if page > 1 else "",
        "after_href": url_for("cases.waiting", tab=tab, page=page + 1) if last < items.number else "",
    }


def new_page(work, child: ChildFacts, cases: list[CaseLine], state) -> dict:
    """Return the page on which a case is opened: the pathways without an open case of this child."""
    taken = {line.pathway_id for line in cases if line.stage != "closed"}
    refused = gates.refusal(state, {"open_case": url_for("children.show", child_id=child.id)})
    return {
        "child": child_head(child, work.today),
        "back": back_to(child),
        "action": url_for("cases.create", child_id=child.id),
        "form": state,
        "refusal": refused,
        "pathways": [
            {"value": each.id, "text": words.told(each.name), "hint": enumerated(map(words.told, each.conditions))}
            for each in work.content.pathways.values()
            if each.id not in taken
        ],
    }


def answer_page(work, child: ChildFacts, task: TaskFacts, state) -> dict:
    """Return the page on which a concern or a family's question is answered (pages/cases/answer.html)."""
    is_concern = task.kind == "concern"
    endpoint = "cases.answer" if is_concern else "cases.reply"
    asked_by = words.ROLES[task.body["from"]] if is_concern else words.ROLES["guardian"]
    pathways = [{"value": each.id, "text": words.told(each.name)} for each in work.content.pathways.values()]
    return {
        "child": child_head(child, work.today),
        "back": {"text": _("个案"), "href": url_for("cases.waiting")},
        "title": str(words.TASKS[task.kind]),
        "by": {"role": asked_by[0], "text": str(asked_by[1])},
        "at": words.day(task.created_at.astimezone(LOCAL).date(), work.today),
        "text": task.body["text"],
        "action": url_for(endpoint, task_id=task.id),
        "form": state,
        "pathways": pathways if is_concern else [],
        "record_href": url_for("children.show", child_id=child.id),
    }


# --- inside -----------------------------------------------------------------------------------------------------------


def _page(tab: str) -> dict:
    return {
        "tabs": [
            {"text": str(text), "href": url_for("cases.waiting", tab=name), "is_current": name == tab}
            for name, text in TABS.items()
        ],
        "figures_href": url_for("indicators.clinic"),
    }


def _asked(work, item: WorkItem, standings: Standings) -> dict:
    by = words.role(item.task.body.get("from", "guardian"))
    return {
        "name": item.child.name,
        "title": str(words.TASKS[item.task.kind]),
        "text": item.task.body.get("text", ""),
        "by": by,
        "at": words.day(item.task.created_at.astimezone(LOCAL).date(), work.today),
        "due": standings.due(item.task),
        "tag": standings.tag(item.task),
        "href": task_href(item.child.id, item.task),
    }


def _child(child: ChildFacts) -> dict:
    return {"name": child.name, "initial": words.initial_of(child.name), "shade": words.shade_of(child.id)}


def _task_row(work, item: WorkItem, case: CaseLine | None, standings: Standings) -> dict:
    step, name = words.STAGES[case.stage if case else "prevention"]
    mark, text = gates.who(item.task.whose_turn)
    tag, late = standings.tag(item.task), task_reminder(work, item.task)
    return _child(item.child) | {
        "title": words.told(case.name) if case else str(words.TASKS[item.task.kind]),
        "step": step,
        "step_text": str(name),
        "state": words.told(item.task.title) or str(words.TASKS[item.task.kind]),
        "code": standings.code(item.task),
        "note": late or standings.due(item.task),
        "turn": {"role": mark, "text": text, "is_mine": item.task.whose_turn == "doctor"},
        "tag": tag and tag | {"text": " · ".join(filter(None, (tag["text"], late)))},
        "href": task_href(item.child.id, item.task),
    }


def _case_row(child: ChildFacts, case: CaseLine) -> dict:
    step, name = words.STAGES[case.stage]
    mark, text = gates.who(case.whose_turn)
    on = case.closed_on or case.opened_on
    is_over = case.stage == "closed"
    return _child(child) | {
        "title": words.told(case.name),
        "step": 1 if case.state == "stopped" else step,
        "step_text": str(name),
        "state": words.told(case.state_name),
        "code": "",
        "note": _("%(day)s 结束", day=on) if is_over else _("%(day)s 开始", day=on),
        "turn": None if is_over else {"role": mark, "text": text, "is_mine": case.whose_turn == "doctor"},
        "tag": None,
        "href": url_for("cases.show", case_id=case.id),
    }
