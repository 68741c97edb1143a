"""Conditions on a care plan and on the guardian's word about it."""

from collections.abc import Iterable

from mengya_health.care.conditions.finding import Finding, signed
from mengya_health.care.conditions.screening import referrals_are_settled
from mengya_health.care.facts import CaseFacts
from mengya_health.phrases import Phrase, listed

PERSONS = {"guardian": "家长 %(tasks)s/%(most)s", "teacher": "老师 %(tasks)s/%(most)s"}


def plan_may_run_beside_referral(facts: CaseFacts) -> Finding:
    if facts.pathway.id in facts.loop.beside_referral:
        return Finding(True, Phrase("这条路径可以同时进行"))
    return referrals_are_settled(facts)


def goals_are_measurable(facts: CaseFacts) -> Finding:
    goals = _plan(facts).get("goals", ())
    whole = all(goal.get("measure") and goal.get("target") for goal in goals)
    return Finding(bool(goals) and whole, Phrase("%(n)s 个目标", n=len(goals)) if goals else "")


def tasks_are_assigned(facts: CaseFacts) -> Finding:
    tasks = _plan(facts).get("tasks", ())
    return Finding(bool(tasks), Phrase("%(n)s 项", n=len(tasks)) if tasks else "")


def tasks_are_complete(facts: CaseFacts) -> Finding:
    bare = [
        task["item"]
        for task in _plan(facts).get("tasks", ())
        if task["item"] in facts.loop.needs_instruction and not str(task.get("note", "")).strip()
    ]
    return Finding(not bare, _titles(facts, bare))


def tasks_are_few(facts: CaseFacts) -> Finding:
    rules = facts.content.task_rules
    most = {"guardian": rules.parent_open_max, "teacher": rules.teacher_open_max}
    # The case's own tasks make way for the new plan's.
    kept = [t.whose_turn for t in facts.tasks if t.kind == "care_task" and t.is_open and t.case_id != facts.case_id]
    wanted = [task["who"] for task in _plan(facts).get("tasks", ())]
    counts = {who: kept.count(who) + wanted.count(who) for who in most}
    shown = listed(Phrase(PERSONS[who], tasks=count, most=most[who]) for who, count in counts.items() if count)
    return Finding(all(count <= most[who] for who, count in counts.items()), shown)


def tasks_suit_age(facts: CaseFacts) -> Finding:
    months = facts.child.corrected_months(facts.today)
    unfit = [
        task["item"]
        for task in _plan(facts).get("tasks", ())
        if task["item"] not in facts.content.tasks or not facts.content.tasks[task["item"]].suits(months)
    ]
    return Finding(not unfit, _titles(facts, unfit))


def plan_is_signed(facts: CaseFacts) -> Finding:
    return signed(facts, facts.newest("care_plan"), "guardian", "agree", since_entered=True)


def _plan(facts: CaseFacts) -> dict:
    return facts.given.get("plan") or {}


def _titles(facts: CaseFacts, items: Iterable[str]) -> str:
    return "、".join(facts.content.tasks[item].title if item in facts.content.tasks else item for item in items)
