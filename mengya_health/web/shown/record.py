"""What the record of a child shows: the loop, its cases, three hands on one line, what comes next; one entry."""

from collections.abc import Iterable
from datetime import date

from flask import url_for

from mengya_health.access.permissions import Permission
from mengya_health.care.due import VISIT
from mengya_health.care.facts import TaskFacts
from mengya_health.care.models import CLOSED_STATES
from mengya_health.care.queries import CaseLine
from mengya_health.locale import gettext as _
from mengya_health.people.facts import ChildFacts
from mengya_health.record.queries import RecordPage
from mengya_health.screening.measurements import measurements_in
from mengya_health.web.shown import entries as say
from mengya_health.web.shown import words
from mengya_health.web.shown.children import child_head, may
from mengya_health.web.shown.growth import growth_card, key_points, one_sentence
from mengya_health.web.shown.links import task_href
from mengya_health.web.shown.punctuation import enumerated, sentence
from mengya_health.web.shown.urgent import open_outcomes
from mengya_health.web.shown.vaccines import vaccine_points

NEWEST, ALL = 20, 500
DECISIONS = ("care_plan", "evaluation", "referral", "referral_feedback", "closing_summary", "class_summary")


def record_page(
    work, child: ChildFacts, record: RecordPage, cases: list[CaseLine], tasks: list[TaskFacts], asked: dict
) -> dict:
    """Return the record of a child (templates/pages/children/show.html); `asked` is what the address chose."""
    reads_health = may(work, child, Permission.READ_HEALTH)
    open_cases = [each for each in cases if each.state not in CLOSED_STATES]
    first = first_case(open_cases, tasks)
    tasks = tasks if reads_health else [each for each in tasks if each.whose_turn == "teacher"]
    writes_health = may(work, child, Permission.WRITE_HEALTH)
    history = measurements_in(record.of_kinds) if reads_health else []
    here = url_for("children.show", child_id=child.id)
    back = {"text": _("儿童"), "href": url_for("children.search")}
    return {
        "child": child_head(child, work.today, is_clinical=reads_health),
        "back": back if work.actor.places_as("doctor") else {"text": _("首页"), "href": url_for("sign_in.front")},
        "open_urgent": open_outcomes(work, child, tasks) if writes_health else [],
        "print_href": _href("papers.choose", child) if may(work, child, Permission.PRINT_HEALTH) else "",
        "enter_href": _href("checks.enter", child) if writes_health else "",
        "tools": _tools(work, child, writes_health),
        "loop_ring": loop_ring(first, tasks, work.today, is_clinical=reads_health),
        "turn_note": _turn_note(first, tasks, is_doctor=writes_health) if reads_health else None,
        "cases": [
            _case_line(each, tasks, work.today, is_clinical=reads_health, is_doctor=writes_health)
            for each in _open_first(cases)
        ],
        "reads_health": reads_health,
        "chart": growth_card(work, child, history, cases, asked),
        "sentence": one_sentence(child, record.of_kinds, history, first, work.today) if reads_health else "",
        "points": [*key_points(work, record.of_kinds, tasks), *vaccine_points(work, child, record.of_kinds)]
        if reads_health
        else [],
        "hands": [
            {"role": mark, "text": f"{who} {record.counts[section]}"}
            for section, (mark, _name, who) in words.HANDS.items()
            if record.counts.get(section)
        ],
        "only_decisions": _only_decisions(here, asked),
        "entries": say.lines_of(work.content, record.newest, work.today, lambda entry: f"{here}/entries/{entry.id}"),
        "nothing_text": _("还没有决定") if asked["kinds"] else _("还没有人写过"),
        "older_href": f"{here}?entries=all" if record.has_older and asked["limit"] == NEWEST else "",
        "next_steps": [_next_step(child, each, work.today, is_doctor=writes_health) for each in tasks],
    }


def first_case(open_cases: Iterable[CaseLine], tasks: Iterable[TaskFacts]) -> CaseLine | None:
    """Return the open case that needs something first: the one whose next task is due first."""
    due = {}
    for task in tasks:
        due.setdefault(task.case_id, task.due_on)
    return min(open_cases, key=lambda case: (due.get(case.id, date.max), case.opened_on), default=None)


def loop_ring(case: CaseLine | None, tasks: Iterable[TaskFacts], today: date, *, is_clinical: bool) -> dict:
    """Return the ring of a child: that of the case which needs something first, else routine prevention."""
    now, centre = words.STAGES[case.stage] if case else words.STAGES["prevention"]
    note = _next_visit_note(tasks, today)
    if case:
        note = words.told(case.state_name if is_clinical else case.plain_state)
    states = ["done" if step < now else "now" if step == now else "todo" for step in range(1, 5)]
    begun = _("第 %(n)s 天", n=(today - case.opened_on).days + 1) if case else ""
    return {
        "steps": [
            {"name": str(name), "state": state, "note": begun if state == "now" else ""}
            for name, state in zip(words.STEP_NAMES, states, strict=True)
        ],
        "centre": str(centre),
        "note": note,
        "turn": words.turn(case.whose_turn) if case else None,
        "share": 0,
        "round_text": _("第 %(n)s 轮", n=case.round) if case and case.round > 1 else "",
    }


# --- inside -----------------------------------------------------------------------------------------------------------


def _href(endpoint: str, child: ChildFacts) -> str:
    return url_for(endpoint, child_id=child.id)


def _tools(work, child: ChildFacts, writes_health: bool) -> list[dict]:
    """Return the smaller things a desk does with a record, as links under the head."""
    keeps = may(work, child, Permission.KEEP_CHILD)
    tools = [
        (_("新立个案"), "cases.new", writes_health),
        (_("量一量"), "measurements.enter", writes_health),
        (_("专项筛查"), "screenings.index", writes_health),
        (_("写一句指导"), "children.advise", writes_health),
        (_("检查与接种"), "schedule.show", writes_health),
        (_("改基本信息"), "children.edit", keeps),
        (_("知情同意"), "children.consents", keeps),
        (_("监护人"), "children.guardians", keeps),
        (_("邀请家长"), "children.invite", may(work, child, Permission.INVITE_GUARDIAN)),
        (_("换门诊"), "moves.handover", keeps),
        (_("搬离本区"), "moves.away", writes_health),
        (_("删除要求"), "erasures.show", may(work, child, Permission.ERASE)),
        (_("强制报告"), "reports.write_page", may(work, child, Permission.WRITE_REPORT)),
        (_("核对通行密钥"), "passkeys.witness_page", keeps),
    ]
    return [{"text": text, "href": _href(endpoint, child)} for text, endpoint, is_offered in tools if is_offered]


def _open_first(cases: list[CaseLine]) -> list[CaseLine]:
    return sorted(cases, key=lambda case: case.state in CLOSED_STATES)


def _case_line(case: CaseLine, tasks: list[TaskFacts], today: date, *, is_clinical: bool, is_doctor: bool) -> dict:
    step, name = words.STAGES[case.stage]
    is_closed = case.state in CLOSED_STATES
    late = [task for task in tasks if task.case_id == case.id and task.due_on < today]
    tag = {"kind": "overdue", "text": words.overdue((today - late[0].due_on).days)} if late else None
    if is_closed:
        tag = {"kind": "note", "text": words.told(case.state_name if is_clinical else case.plain_state)}
    return {
        "text": words.told(case.name if is_clinical else case.plain_name),
        "href": url_for("cases.show", case_id=case.id) if is_doctor else "",
        "step": step if not is_closed or case.state == "resolved" else 1,
        "step_text": case.closed_on.isoformat() if is_closed and case.closed_on else str(name),
        "turn": None if is_closed or late else words.turn(case.whose_turn),
        "tag": tag,
    }


def _turn_note(case: CaseLine | None, tasks: list[TaskFacts], *, is_doctor: bool) -> dict | None:
    """Return what the hand whose turn it is has still to do in the first case."""
    if case is None or case.whose_turn not in words.TURNS:
        return None
    own = [task for task in tasks if task.case_id == case.id and task.whose_turn == case.whose_turn]
    if not own:
        return None
    who = words.TURNS[case.whose_turn][1]
    return {
        "lead": _("还差%(who)s %(n)s 件事：", who=who, n=len(own)),
        "text": sentence(enumerated(words.told(task.title) for task in own)),
        "href": url_for("cases.show", case_id=case.id) if is_doctor else "",
        "link_text": _("看这个个案"),
    }


def _next_visit_note(tasks: Iterable[TaskFacts], today: date) -> str:
    visit = next((task for task in tasks if task.kind == VISIT), None)
    if visit is None:
        return ""
    if visit.due_on < today:
        return words.overdue((today - visit.due_on).days)
    return _("下次 %(day)s 前", day=f"{visit.due_on:%Y-%m-%d}")


def _next_step(child: ChildFacts, task: TaskFacts, today: date, *, is_doctor: bool) -> dict:
    mark, who, _turn = words.TURNS[task.whose_turn]
    late = (today - task.due_on).days
    when = _("%(day)s 前", day=f"{task.due_on:%Y-%m-%d}")
    return {
        "what": words.told(task.title) or str(words.TASKS[task.kind]),
        "note": f"{when} · {words.overdue(late)}" if late > 0 else when,
        "role": mark,
        "role_text": str(who),
        "href": task_href(child.id, task) if is_doctor else "",
    }


def _only_decisions(here: str, asked: dict) -> dict:
    if asked["kinds"]:
        return {"href": here, "text": _("看全部")}
    return {"href": f"{here}?only=decisions", "text": _("只看决定")}
