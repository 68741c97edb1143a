"""Parents and teachers look first: when they are asked, what they answer, when the doctor hears of it at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from mengya_health.access.permissions import WRITE_SECTION, Permission, is_allowed, require
from mengya_health.care.concerns import raise_concern
from mengya_health.care.facts import TaskFacts
from mengya_health.care.tasks import LOOK_FIRST, end_task, place_of, start_task
from mengya_health.content.warning_signs import WarningSignGroup
from mengya_health.errors import Invalid, NotNow
from mengya_health.fields import Choice, Form, LocalDate, PlainText, WholeNumber
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import find_child
from mengya_health.record.commands import correct_entry, decide_on_entry, record_entry
from mengya_health.record.models import OPEN_TASK, Entry, Task
from mengya_health.record.queries import OpenEntry, entries_of_kind
from mengya_health.screening.commands import find_check
from mengya_health.screening.deciding import ask_for_decision
from mengya_health.screening.informants import (
    ANSWERS,
    REGRESSION,
    answers_content,
    answers_form,
    began_on,
    group_on,
    noticed,
    told_before,
    undecided_rescreen,
)
from mengya_health.screening.rescreens import CHECKS, RESCREEN

TURN_OF = {"family": "guardian", "behaviour": "teacher"}
LOOK_AGAIN, NOT_NOW = "rescreen", "not_now"
LONGEST_REASON = 300


class RescreenForm(Form):
    """What the doctor says to a proposed re-screen; without a day it is the one proposed."""

    decide = Choice(LOOK_AGAIN, NOT_NOW, required=True)
    due_on = LocalDate(load_default=None)
    reason = PlainText(longest=LONGEST_REASON, lines=True, load_default="")
    row_version = WholeNumber(low=1, high=10**6, required=True)


def checks_until(work) -> date:
    """Return the last day of the checks that a family and a class prepare now."""
    return work.today + timedelta(days=work.content.warning_signs.informants.ask_before_days)


def answered_since(work) -> date:
    """Return the day from which answers still count today."""
    return work.today - timedelta(days=work.content.warning_signs.informants.compare_days)


def is_asked(work, child: ChildFacts, tasks: Iterable[TaskFacts], section: str, answered_on: date | None) -> bool:
    """Return whether the hand that writes a section is asked to look first at a child.

    `tasks` are those of `tasks_for(checks_until=…)`; `answered_on` the newest answers of that hand. The doctor asked,
    or a check is near and nobody of that hand has answered for the child's age group.
    """
    group = group_on(work.content, child, work.today)
    if group is None or not is_allowed(work.actor, WRITE_SECTION[section], child.subject):
        return False
    kinds = {task.kind for task in tasks}
    if LOOK_FIRST in kinds:
        return True
    since = max(answered_since(work), began_on(child, group, work.today))
    return bool(kinds & {*CHECKS}) and not (answered_on and answered_on >= since)


def answers_of(work, child: ChildFacts) -> tuple[WarningSignGroup | None, list[OpenEntry]]:
    """Return the signs of a child's age today, and who answered them lately, as far as the actor may read."""
    group = group_on(work.content, child, work.today)
    return group, told_before(work.content, entries_of_kind(work, child, ANSWERS), group, work.today)


def answer_signs(work, child_id: UUID, section: str, sent: Mapping) -> Entry:
    """Write what a parent or a teacher answers; who answers again for the same age corrects their own answers.

    It decides nothing. Going backwards, and a sign while no check is near, is raised as a concern at once.
    Raises Invalid with a message per line, NotNow at an age without signs, NotPermitted.
    """
    child = find_child(work, child_id, WRITE_SECTION[section])
    group, told = answers_of(work, child)
    if group is None:
        raise NotNow("这个月龄没有要先看的。", "There is nothing to look at first at this age.")
    said = answers_content(work.content, group, answers_form(work.content, group)().load(sent))
    mine = next((each for each in told if each.author_id == work.actor.user_id and each.section == section), None)
    if mine:
        entry = correct_entry(work, child, mine.id, content=said, row_version=mine.row_version)
        entry.happened_on = work.today
    else:
        entry = record_entry(work, child, section=section, kind=ANSWERS, content=said, happened_on=work.today)
    for task in _asked(work, child, TURN_OF[section]):
        end_task(work, task)
    _tell_at_once(work, child, group, said, mine.content if mine else None)
    work.session.flush()
    return entry


def ask_to_look_first(work, child: ChildFacts) -> None:
    """Ask the family, and the class of a child that attends one, to look first; asking twice changes nothing.

    Raises NotPermitted, NotNow at an age without signs.
    """
    require(work.actor, Permission.WRITE_HEALTH, child.subject)
    if group_on(work.content, child, work.today) is None:
        raise NotNow("这个月龄没有要先看的。", "There is nothing to look at first at this age.")
    due_on = work.today + timedelta(days=work.content.warning_signs.informants.answer_within_days)
    for hand in TURN_OF.values():
        is_there = hand != "teacher" or place_of(child, hand)
        if is_there and not _asked(work, child, hand):
            body = {"title": "医生请您先看一看几条"}
            start_task(work, child, kind=LOOK_FIRST, whose_turn=hand, due_on=due_on, body=body)
    work.session.flush()


def asked_hands(work, child: ChildFacts) -> list[str]:
    """Return whose turn it is to look first because the doctor asked."""
    return [task.whose_turn for task in _asked(work, child)]


def decide_rescreen(work, child: ChildFacts, entry_id: UUID, sent: Mapping) -> Entry:
    """Write down what the doctor decides about a re-screen that a check proposes, and set its day where one is wanted.

    Raises NotNow for one that is decided, Invalid without a reason for not doing it, Conflict, NotPermitted.
    """
    require(work.actor, Permission.WRITE_HEALTH, child.subject)
    opened = find_check(work, child, entry_id)
    if not undecided_rescreen(opened.content):
        raise NotNow("这一条已经决定过了。", "This has been decided already.")
    said = RescreenForm().load(sent)
    is_wanted = said["decide"] == LOOK_AGAIN
    due_on = said["due_on"] or work.today + timedelta(days=opened.content["rescreen"]["within_days"])
    if not is_wanted and not said["reason"]:
        raise Invalid(fields={"reason": ["不安排复筛要写明理由。 Say why there is no re-screen."]})
    if is_wanted and due_on <= work.today:
        raise Invalid(fields={"due_on": ["要晚于今天。 After today."]})
    decision = {"decision": said["decide"], "reason": said["reason"]}
    decision |= {"due_on": due_on.isoformat() if is_wanted else None}
    decision |= {"by": str(work.actor.user_id), "on": work.today.isoformat()}
    decided = {"rescreen_decision": decision}
    entry = decide_on_entry(work, child, entry_id, decided=decided, row_version=said["row_version"])
    if is_wanted:
        body = {"title": "复筛预警征：几个人说的不一样"}
        start_task(work, child, kind=RESCREEN, whose_turn="doctor", due_on=due_on, body=body, subject_id=entry_id)
    ask_for_decision(work, child, entry, {**opened.content, **decided}, ended="completed")
    work.session.flush()
    return entry


def _asked(work, child: ChildFacts, *hands: str) -> list[Task]:
    is_open = (Task.child_id == child.id) & (Task.kind == LOOK_FIRST) & Task.status.in_(OPEN_TASK)
    wanted = Task.whose_turn.in_(hands or tuple(TURN_OF.values()))
    return list(work.session.scalars(select(Task).where(is_open, wanted).order_by(Task.created_at)))


def _tell_at_once(work, child: ChildFacts, group: WarningSignGroup, said: Mapping, before: Mapping | None) -> None:
    """Raise a concern about what is new in these answers and cannot wait for a check."""
    known = noticed(work.content, group, before) if before else {}
    new = {code: text for code, text in noticed(work.content, group, said).items() if code not in known}
    if not new or (REGRESSION not in new and _has_check_soon(work, child)):
        return
    lines = [f"“{text}”：有" for code, text in new.items() if code != REGRESSION]
    if REGRESSION in new:
        lines.append(f"{new[REGRESSION]}有困难，或者原来会、后来不会了")
    text = "\n".join([f"先看一看（{group.label}）时看到：", *lines, *([said["note"]] if said["note"] else [])])
    raise_concern(work, child.id, text=text)


def _has_check_soon(work, child: ChildFacts) -> bool:
    """Return whether a check is due in the days ahead; one that is overdue may never come."""
    is_open = (Task.child_id == child.id) & Task.kind.in_(CHECKS) & Task.status.in_(OPEN_TASK)
    soon = Task.due_on.between(work.today, checks_until(work))
    return work.session.scalar(select(Task.id).where(is_open, soon)) is not None
