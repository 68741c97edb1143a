"""What the page of a care plan shows: goals, the tasks of the menu that suit, and what the family will read."""

from collections.abc import Mapping

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from mengya_health.care.facts import CaseFacts
from mengya_health.care.queries import OpenCase
from mengya_health.content import Content
from mengya_health.content.service_menu import Task
from mengya_health.handouts.content import HomeGuide
from mengya_health.people.facts import ChildFacts
from mengya_health.web.shown import entries as say
from mengya_health.web.shown import gates, words
from mengya_health.web.shown.asked import asked_of_follow_up, basis_text, rule_card
from mengya_health.web.shown.cases import back_to_case
from mengya_health.web.shown.children import child_head
from mengya_health.web.shown.looking_again import as_list
from mengya_health.web.shown.punctuation import enumerated, in_a_row

GOALS = (1, 2, 3)
WHO = {"parent": "guardian", "teacher": "teacher"}  # the menu's word → the hand that does it
# State → what saving does, and the words for it.
MODES = {
    "positive": ("plan", lazy("写干预计划")),
    "rescreening": ("plan", lazy("写干预计划")),
    "referred": ("plan", lazy("写干预计划")),
    "planning": ("change", lazy("改还没签的计划")),
    "active": ("revise", lazy("调整计划，换一版")),
    "following": ("relapse", lazy("再次干预，写新的计划")),
    "confirming": ("relapse", lazy("再次干预，写新的计划")),
}
EVIDENCE_KINDS = ("screening", "follow_up", "referral_feedback", "observation")
MOST_EVIDENCE = 8
SENTENCE_AT_MOST = HomeGuide.__dataclass_fields__["sentence"].metadata["at_most"]


def offered_tasks(content: Content, child: ChildFacts, pathway_id: str, today) -> tuple[Task, ...]:
    """Return the tasks of the menu that suit the pathway, the age, and a child at home or in a class."""
    suiting = content.tasks_for(pathway_id, child.corrected_months(today))
    return tuple(task for task in suiting if hands_of(task, child))


def hands_of(task: Task, child: ChildFacts) -> tuple[str, ...]:
    """Return who may be given a task; a child at home has no teacher."""
    return tuple(WHO[who] for who in task.who if who == "parent" or child.attends)


def plan_page(work, opened: OpenCase, facts: CaseFacts, state) -> dict:
    """Return the page on which a plan is written, changed, or written anew (pages/cases/plan.html)."""
    mode, title = MODES[facts.state]
    tasks = offered_tasks(work.content, opened.child, facts.pathway.id, work.today)
    state.values = state.values or _stored(facts, opened.child, tasks)
    as_list(state, "tasks")
    here = {"edit_plan": "#tasks", "write_reason": "#reason"}
    return {
        "child": child_head(opened.child, work.today),
        "back": back_to_case(opened),
        "title": str(title),
        "action": url_for("cases.save_plan", case_id=opened.case.id),
        "row_version": state.seen(opened.case.row_version),
        "form": state,
        "refusal": gates.refusal(state, gates.fix_links(opened, **here)),
        "goal_numbers": GOALS,
        "measure_hint": _measure_hint(work.content, facts),
        "rule": rule_card(facts, "success"),
        "services": _services(work, facts, opened.child, tasks),
        "limit_note": _limit_note(facts),
        "stop_rule": work.content.task_rules.stop_rule,
        "asks_reason": mode in ("revise", "relapse"),
        "evidence": _evidence(facts) if mode == "relapse" else [],
        "sentence_at_most": SENTENCE_AT_MOST,
    }


# --- inside -----------------------------------------------------------------------------------------------------------


def _stored(facts: CaseFacts, child: ChildFacts, tasks: tuple[Task, ...]) -> dict:
    """Return the newest plan as the form's fields would be typed; for a new one, each task as the menu has it."""
    typed: dict = {"tasks": []}
    for task in tasks:
        typed |= {f"task_{task.id}_who": hands_of(task, child)[0], f"task_{task.id}_weeks": str(task.weeks)}
    plan = facts.newest("care_plan")
    if plan is None:
        return typed
    offered = {task.id for task in tasks}
    for number, goal in zip(GOALS, plan.content["goals"], strict=False):
        typed |= {f"goal_{number}_{part}": goal.get(part, "") for part in ("measure", "target", "by_on")}
    for task in plan.content["tasks"]:
        if task["item"] in offered:
            typed["tasks"].append(task["item"])
            typed |= {f"task_{task['item']}_{part}": str(task[part]) for part in ("who", "weeks", "note")}
    return typed | {"summary": plan.content["summary"]}


def _measure_hint(content: Content, facts: CaseFacts) -> str:
    asked = asked_of_follow_up(content, facts.pathway, facts.state)
    named = [
        words.told(content.metrics[code].name) for code in (*facts.triggers, *asked.readings) if code in content.metrics
    ]
    if not named:
        return _("写能数、能量、能看到的")
    return _("例如：%(names)s", names=enumerated(list(dict.fromkeys(named))[:3]))


def _services(work, facts: CaseFacts, child: ChildFacts, tasks: tuple[Task, ...]) -> list[dict]:
    """Return the tasks by the parcel they come from; those of no parcel last."""
    rules = work.content.task_rules
    parcels = [(service.name, service.name, service.provider) for service in work.content.services]
    shown = []
    for parcel, name, provider in [*parcels, ("", _("通用"), _("社区门诊"))]:
        own = [task for task in tasks if task.service == parcel]
        if own:
            listed = [_task(facts, child, task, rules.general_safety) for task in own]
            shown.append({"name": name, "provider": provider, "tasks": listed})
    return shown


def _task(facts: CaseFacts, child: ChildFacts, task: Task, general_safety) -> dict:
    hands = [{"value": hand, "text": gates.who(hand)[1]} for hand in hands_of(task, child)]
    needs = task.id in facts.loop.needs_instruction
    every = general_safety(task.general_safety) if task.general_safety else ""
    return {
        "code": task.id,
        "title": words.told(task.title),
        "text": task.text,
        "frequency": " · ".join(filter(None, (words.told(task.frequency), _minutes(task)))),
        "safety": task.safety or "",
        "general_safety": every.partition("——")[2] or every,
        "basis": basis_text(task),
        "who": hands,
        "note_label": _("剂量和交代（医生填写）") if needs else _("补充交代（可以不写）"),
    }


def _minutes(task: Task) -> str:
    return _("每次约 %(n)s 分钟", n=task.minutes) if task.minutes else ""


def _limit_note(facts: CaseFacts) -> str:
    """Return how many tasks each hand may have, and what other cases have given them already."""
    rules = facts.content.task_rules
    most: Mapping[str, int] = {"guardian": rules.parent_open_max, "teacher": rules.teacher_open_max}
    others = [t.whose_turn for t in facts.tasks if t.kind == "care_task" and t.is_open and t.case_id != facts.case_id]
    parts = [
        _("还能派给%(who)s %(n)s 项（最多 %(most)s）", who=gates.who(hand)[1], n=limit - others.count(hand), most=limit)
        for hand, limit in most.items()
        if hand == "guardian" or facts.child.attends
    ]
    return in_a_row(parts)


def _evidence(facts: CaseFacts) -> list[dict]:
    """Return the records that may show why support is needed again, the newest first."""
    found = [entry for entry in facts.entries if entry.kind in EVIDENCE_KINDS and entry.status == "active"]
    return [
        {
            "value": str(entry.id),
            "text": f"{words.day(entry.happened_on, facts.today)}　{say.say(facts.content, entry).title}",
        }
        for entry in reversed(found[-MOST_EVIDENCE:])
    ]
