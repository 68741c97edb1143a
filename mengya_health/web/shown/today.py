"""What 今日 shows: who comes, whose turn it is, what waits for the doctor, what others owe."""

from collections.abc import Mapping
from uuid import UUID

from flask import url_for
from flask_babel import lazy_gettext

from mengya_health.care.due import DECISION, DONE, DUE, OVERDUE, URGENT, DayList
from mengya_health.care.models import CLOSED_STATES
from mengya_health.care.queries import CaseLine, WorkItem
from mengya_health.locale import gettext as _
from mengya_health.people.facts import ChildFacts
from mengya_health.screening.urgent_care import OUTCOME
from mengya_health.web.shown import words
from mengya_health.web.shown.links import task_href
from mengya_health.web.shown.papers import as_batches
from mengya_health.web.shown.standings import Standings
from mengya_health.web.shown.urgent import late_words

FIRST, ALL = 10, 100  # lines of the list: a screenful, and as many as one page can carry
DECISIONS_SHOWN = 5
TABS = {
    "due": ((DUE,), lazy_gettext("等候与待到")),
    "done": ((DONE,), lazy_gettext("已完成")),
    "overdue": ((OVERDUE,), lazy_gettext("逾期未到")),
    "all": ((OVERDUE, DUE, DONE), lazy_gettext("全部")),
}
MY_TURN = lazy_gettext("轮到我")
# What others still owe, in few words.
OWED = {
    "signature": lazy_gettext("签名"),
    "care_task": lazy_gettext("家园任务"),
    "referral_reply": lazy_gettext("转诊回执"),
}


def limits_for(tab: str, most: int) -> dict[str, int]:
    """Return how many lines of each list of `day_list` a tab opens."""
    return dict.fromkeys(TABS[tab][0], most) | {URGENT: ALL, DECISION: DECISIONS_SHOWN}


def today_page(
    work,
    place: str,
    day: DayList,
    cases: Mapping[UUID, list[CaseLine]],
    printing: list,
    *,
    standings: Standings,
    tab: str,
    most: int,
) -> dict:
    """Return the doctor's day (templates/pages/doctor/today.html)."""
    lists = TABS[tab][0]
    # What cannot wait stands first on every tab, however long the list is.
    urgent = list(day.lines[URGENT])
    items = urgent + [item for name in lists for item in day.lines[name]][:most]
    number = len(urgent) + sum(day.counts.get(name, 0) for name in lists)
    due, done, late = (day.counts.get(name, 0) for name in (DUE, DONE, OVERDUE))
    return {
        "date_line": " · ".join(filter(None, (words.long_day(work.today), place))),
        "counts": [
            {"number": due + done, "text": _("今日应到")},
            {"number": done, "text": _("已完成")},
            {"number": late, "text": _("逾期未到")},
        ],
        "tabs": [_tab(name, day, is_current=name == tab) for name in TABS],
        "rows": [
            _row(work, item, cases[item.child.id], standings, is_done=item in day.lines.get(DONE, ())) for item in items
        ],
        "range_text": _("第 1–%(n)s 项，共 %(all)s 项", n=len(items), all=number),
        "all_href": url_for("today.show", tab=tab, show="all") if number > len(items) and most < ALL else "",
        "overdue": {"count": late, "href": url_for("today.show", tab="overdue")},
        "is_day_done": tab == "due",
        "decisions": _decisions(day, standings),
        "raised": {"count": day.raised, "href": url_for("cases.waiting", tab="raised")},
        "waiting": _waiting(day),
        "printing": _printing(printing),
    }


# --- inside -----------------------------------------------------------------------------------------------------------


def _tab(name: str, day: DayList, *, is_current: bool) -> dict:
    lists, text = TABS[name]
    number = sum(day.counts.get(each, 0) for each in lists)
    return {"text": f"{text} {number}", "href": url_for("today.show", tab=name), "is_current": is_current}


def _row(work, item: WorkItem, cases: list[CaseLine], standings: Standings, *, is_done: bool) -> dict:
    child, task, today = item.child, item.task, work.today
    case = _case_of(item, cases)
    step, step_text = words.STAGES[case.stage] if case else words.STAGES["prevention"]
    ages = filter(None, (words.sex_and_age(child, today), words.corrected(child, today)))
    return {
        "time": _("今天") if is_done or task.due_on == today else f"{task.due_on:%m-%d}",
        "initial": words.initial_of(child.name),
        "shade": words.shade_of(child.id),
        "name": child.name,
        "age": " · ".join(ages),
        "item": words.short_visit(task.title or str(words.TASKS[task.kind])),
        "remark": None if is_done else _remark(work, item, case, child, standings),
        "step": step,
        "step_text": words.said(step_text),
        "turn": _turn(case, is_urgent=task.kind == OUTCOME),
        "child_href": url_for("children.show", child_id=child.id),
        "enter_href": "" if is_done else task_href(child.id, task),
        "enter_text": _("写结果") if task.kind == OUTCOME else _("录入"),
        "print_href": url_for("papers.choose", child_id=child.id),
        "is_done": is_done,
    }


def _case_of(item: WorkItem, cases: list[CaseLine]) -> CaseLine | None:
    """Return the case a line is about; for a planned visit the child's first open one."""
    open_cases = [case for case in cases if case.state not in CLOSED_STATES]
    own = [case for case in open_cases if case.id == item.task.case_id]
    return next(iter(own or open_cases), None)


def _remark(work, item: WorkItem, case: CaseLine | None, child: ChildFacts, standings: Standings) -> dict | None:
    if item.task.kind == OUTCOME:
        return {"kind": "overdue", "text": late_words(work, item.days_overdue), "sign": "alert"}
    if late := standings.tag(item.task):
        return late
    if case:
        return {"kind": "flag", "text": words.told(case.plain_name)}
    born = words.gestation(child)
    return {"kind": "note", "text": born} if born else None


def _turn(case: CaseLine | None, *, is_urgent: bool = False) -> dict:
    whose = case.whose_turn if case and not is_urgent else "doctor"
    mark, who, _text = words.TURNS[whose]
    is_mine = is_urgent or (case is not None and whose == "doctor")
    return {"role": mark, "text": words.said(MY_TURN) if is_mine else words.said(who), "is_mine": is_mine}


def _decisions(day: DayList, standings: Standings) -> dict:
    number, items = day.counts.get(DECISION, 0), day.lines[DECISION]
    left = number - len(items)
    return {
        "count": number,
        "rows": [
            {
                "name": item.child.name,
                "text": words.told(item.task.title) or str(words.TASKS[item.task.kind]),
                "href": task_href(item.child.id, item.task),
                "note": standings.due(item.task),
                "tag": standings.tag(item.task),
            }
            for item in items
        ],
        "more_text": _("另外 %(n)s 项", n=left) if left > 0 else "",
        "more_href": url_for("cases.waiting"),
    }


def _waiting(day: DayList) -> dict:
    rows = []
    for whose, (mark, who, _turned) in words.TURNS.items():
        owed = [(kind, number) for (turn, kind), number in sorted(day.waiting.items()) if turn == whose]
        if owed:
            text = " · ".join(f"{OWED.get(kind, words.TASKS[kind])} {number}" for kind, number in owed)
            rows.append({"role": mark, "role_text": str(who), "text": text})
    return {"count": sum(day.waiting.values()), "rows": rows}


def _printing(papers: list) -> dict | None:
    """Return how far today's papers are; None where none is being made."""
    batches = [batch for batch in as_batches(papers) if batch.is_waiting]
    if not batches:
        return None
    newest = batches[0]
    return {
        "name": newest.name,
        "done": newest.done,
        "total": newest.total,
        "note": newest.time_left(),
        "href": url_for("papers.queue"),
    }
