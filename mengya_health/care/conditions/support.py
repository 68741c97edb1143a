"""Conditions on the way from support to consolidation, and back."""

from datetime import timedelta

from mengya_health.care import pathway_rules
from mengya_health.care.conditions.finding import Finding, signed
from mengya_health.care.facts import CaseFacts, TaskFacts
from mengya_health.phrases import Phrase, listed


def success_rule_is_met(facts: CaseFacts) -> Finding:
    verdict = pathway_rules.success(facts)
    return Finding(verdict.is_met is True, verdict.text_zh)


def class_has_observed(facts: CaseFacts) -> Finding:
    if not facts.class_takes_part:
        return Finding(True, Phrase("孩子不在托，或家长没有同意与园所共享"))
    observed = [e.happened_on for e in facts.entries if e.kind == "observation"]
    if not observed:
        return Finding(False, Phrase("还没有"))
    is_recent = facts.today - max(observed) <= timedelta(days=facts.loop.limits.observation_days)
    return Finding(is_recent, Phrase("最近 %(on)s", on=f"{max(observed):%m-%d}"))


def home_records_are_in(facts: CaseFacts) -> Finding:
    counts = [(task, *_home_records(facts, task)) for task in _home_tasks(facts)]
    shown = listed(
        Phrase("%(task)s %(kept)s/%(needed)s", task=Phrase(task.title), kept=kept, needed=needed)
        for task, kept, needed in counts
    )
    return Finding(all(kept >= needed for _, kept, needed in counts), shown)


def evaluation_is_signed(facts: CaseFacts) -> Finding:
    evaluations = facts.since_entered("evaluation")
    if not evaluations:
        return Finding(False, Phrase("还没有写评估"), "doctor")
    return signed(facts, evaluations[-1], "guardian")


def relapse_evidence_is_on_file(facts: CaseFacts) -> Finding:
    chosen = next((e for e in facts.entries if e.id == facts.given.get("evidence_id")), None)
    if chosen:
        return Finding(True, Phrase("%(on)s 的记录", on=f"{chosen.happened_on:%m-%d}"))
    verdict = pathway_rules.relapse(facts)
    return Finding(verdict.is_met is True, verdict.text_zh)


def _home_tasks(facts: CaseFacts) -> list[TaskFacts]:
    """Return the family's tasks of the plan in force; those ended with a reason ask for nothing."""
    plan = facts.newest("care_plan")
    return [
        task
        for task in facts.own_tasks
        if task.kind == "care_task"
        and task.whose_turn == "guardian"
        and plan is not None
        and task.subject_id == plan.id
        and (task.is_open or task.status == "completed")
    ]


def _home_records(facts: CaseFacts, task: TaskFacts) -> tuple[int, int]:
    """Return on how many days the family wrote something down for a task, and how many are needed."""
    days = {e.happened_on for e in facts.entries if e.kind == "check_in" and e.task_id == task.id}
    return len(days), task.body.get("records", 0)
