"""How something due stands today: in time, announced, due, late, and to whom it has come up. Pure; nothing is stored.

The day something is due is told when it is asked for, and stays; what follows from it is worked out on every read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from mengya_health.care.facts import ReferralFacts, TaskFacts
from mengya_health.care.workflow import Workflow
from mengya_health.content.limits import TimeLimit

CARE_TASK, DECISION, RECHECK = "care_task", "decision", "recheck"
# Where a case is while a deadline by age runs. Not corrected: newborn screening counts from the actual birth date.
AGE_DEADLINES = (("watching", "positive", "rescreening"), ("referred",), ("planning",))
IN_TIME, WARNED, DUE, OVERDUE = "in_time", "warned", "due", "overdue"


@dataclass(frozen=True)
class Standing:
    """How something stands on a day. `days`: how many are left, or by how many it is late.

    `raised_to` is the highest it has come up to: doctor, lead, district, "" while it is with whoever's turn it is.
    `is_estimated`: the day was counted in working days of a year whose holidays are not known yet.
    """

    state: str
    days: int
    due_on: date
    raised_to: str = ""
    is_estimated: bool = False

    @property
    def days_overdue(self) -> int:
        return self.days if self.state == OVERDUE else 0


@dataclass(frozen=True)
class Reminder:
    """What a referral that waits is to be reminded of: `what` visit or reply, for how many days, the `step`-th time."""

    what: str
    days: int
    step: int


def standing(limit: TimeLimit | None, due_on: date, today: date) -> Standing:
    """Return how something due on a day stands today. The day itself is in time; without a limit nothing comes up."""
    left = (due_on - today).days
    is_estimated = limit is not None and limit.is_estimated(due_on)
    if left < 0:
        reached = [to for on, to in limit.raised(due_on) if on <= today] if limit else []
        return Standing(OVERDUE, -left, due_on, reached[-1] if reached else "", is_estimated)
    is_near = limit is not None and left <= max(limit.warn_at, default=0)
    return Standing(DUE if not left else WARNED if is_near else IN_TIME, left, due_on, is_estimated=is_estimated)


def limit_of(loop: Workflow, limits: Mapping[str, TimeLimit], kind: str, state: str = "") -> TimeLimit | None:
    """Return the time limit a kind of task runs under; for a decision the one of the state its case is in."""
    decide = loop.states[state].decide if kind == DECISION and state in loop.states else None
    if decide:
        return limits[loop.clocks[RECHECK] if decide.pathway else decide.limit]
    return limits[loop.clocks[kind]] if kind in loop.clocks else None


def task_standing(loop: Workflow, limits: Mapping[str, TimeLimit], task, today: date, *, state: str = "") -> Standing:
    """Return how a task stands today; `task` has kind and due_on, `state` is that of its case.

    A task of the plan is due again and again: it is late once nothing was written down for as long as its limit says.
    """
    limit = limit_of(loop, limits, task.kind, state)
    due_on = limit.due_on(task.due_on - timedelta(days=1)) if task.kind == CARE_TASK and limit else task.due_on
    return standing(limit, due_on, today)


def quiet_since(loop: Workflow, limits: Mapping[str, TimeLimit], today: date) -> date:
    """Return the latest day a task of the plan was wanted on to count as not written down for long, today."""
    limit = limits[loop.clocks[CARE_TASK]]
    return today - (limit.due_on(today) - today) + timedelta(days=1)


def reminder_of(
    loop: Workflow, limits: Mapping[str, TimeLimit], referral: ReferralFacts, today: date
) -> Reminder | None:
    """Return what is late about a referral that waits for its reply; None while nothing is.

    Until the child was seen it is the visit: late from the day after the letter's limit. Then it is the reply: a first
    and a second time, after as many days from the visit as the time limit of the reply escalates. The first
    time falls on the last day in time, when the task of the reply itself is not late yet.
    """
    if referral.is_settled:
        return None
    return _reminder(loop, limits, referral.reply_due_on, today, was_seen=referral.visited_on is not None)


def reminder_of_task(loop: Workflow, limits: Mapping[str, TimeLimit], task: TaskFacts, today: date) -> Reminder | None:
    """Return the same of the task that stands for a reply, for lists; None for any other task."""
    if task.kind != "referral_reply":
        return None
    return _reminder(loop, limits, task.due_on, today, was_seen="visit_told_by" in task.body)


def age_deadline(facts) -> tuple[TimeLimit, Standing] | None:
    """Return what a case has to have reached by the child's age, None where its pathway or its age asks nothing.

    A pathway lists its deadlines in the order of `AGE_DEADLINES`: until the first look is repeated, until the diagnosis
    is in, until support has begun. What was past when the case was opened is no deadline of it.
    """
    places = [place for place, states in enumerate(AGE_DEADLINES) if facts.state in states]
    deadlines = facts.pathway.rules.deadlines
    if not places or places[0] >= len(deadlines):
        return None
    limit = facts.content.time_limits[deadlines[places[0]]["within"]]
    due_on = limit.due_on(facts.child.birth_on)
    return (limit, standing(limit, due_on, facts.today)) if facts.opened_on <= due_on else None


def raised_before(
    loop: Workflow, limits: Mapping[str, TimeLimit], today: date, to: tuple[str, ...]
) -> Iterator[tuple[str, str, date]]:
    """Yield (kind, state, day): a task of that kind, in that state of its case, has come up to one of `to` today where
    it was due on that day or earlier. `state` is "" for kinds that run under one limit in every state.
    """
    of_states = [(DECISION, state) for state, name in loop.states.items() if name.decide]
    for kind, state in [*((kind, "") for kind in loop.clocks if kind != RECHECK), *of_states]:
        limit = limit_of(loop, limits, kind, state)
        latest = _latest_due_on(limit, today, to)
        if latest:
            yield kind, state, quiet_since(loop, limits, latest) if kind == CARE_TASK else latest


def _reminder(
    loop: Workflow, limits: Mapping[str, TimeLimit], reply_due_on: date, today: date, *, was_seen: bool
) -> Reminder | None:
    limit = limits[loop.due["referral_reply"]]
    days = (today - reply_due_on).days + limit.days  # since the visit, or since the day it had to be by
    step = sum(days >= each for each in limit.escalate_days)
    if was_seen:
        return Reminder("reply", days, step) if step else None
    return Reminder("visit", days, step) if days > 0 else None


def _latest_due_on(limit: TimeLimit, today: date, to: tuple[str, ...]) -> date | None:
    """Return the latest day something may have been due on to have come up by today; None where it never does."""
    if not set(to) & set(limit.escalate_to):
        return None
    due_on = today
    while min(on for on, each in limit.raised(due_on) if each in to) > today:
        due_on -= timedelta(days=1)
    return due_on
