"""Families and teachers write down what they did: one tap, a few words, and the next date."""

from datetime import date
from uuid import UUID

from mengya_health.access.permissions import Permission, require
from mengya_health.care.concerns import SECTION_OF_ROLE
from mengya_health.care.due_dates import next_check_in_on
from mengya_health.care.loop import loop_of
from mengya_health.care.queries import facts_of, find_case, find_task
from mengya_health.care.tasks import WAITING, change_body, end_task, open_body, settle
from mengya_health.errors import Invalid, NotNow, NotPermitted
from mengya_health.people.facts import ChildFacts
from mengya_health.record.commands import correct_entry, record_entry
from mengya_health.record.models import Entry, Task
from mengya_health.record.queries import OpenEntry
from mengya_health.record.versions import signed_entries_of_task

PHOTO = "照片"  # the menu's word for a picture among the fields of a check-in: kept beside it, only under consent P5
DONE = {"done": "做到了", "partly": "做了一些", "not_today": "今天没做"}
HANDS = {"family": "guardian", "behaviour": "teacher"}


def check_in(
    work, task_id: UUID, *, done: str, log: dict[str, str] | None = None, note: str = "", on: date | None = None
) -> Entry:
    """Write down one time of a care task: `done` is a key of DONE, `log` answers fields of the task's `log`.

    Sets the next date by the task's rhythm, and completes the task after its weeks. What one writes of a day already
    written down by oneself is added to it: a tap now and the details later are one record. Raises NotFound for a task
    that is over, NotPermitted when it is another hand's, NotNow while it rests, Invalid.
    """
    child, task = find_task(work, task_id, "care_task")
    body, section = open_body(work, task), SECTION_OF_ROLE.get(work.actor.role)
    if HANDS.get(section) != task.whose_turn:
        raise NotPermitted("这一项不在您的名下。", "This task is not yours.")
    if task.status == WAITING:
        raise NotNow("这一项要等家长签了计划才开始。", "This task waits for the guardian's signature.")
    happened_on = _day(work, on)
    said = {"done": _known(done), "log": _answers(body, log or {}), "note": note, "item": body["item"]}
    before = _written_before(work, child, task, happened_on)
    if before:
        said = before.content | said | {"log": _both(before.content["log"], said["log"])}
        said["note"] = note or before.content["note"]
        return correct_entry(work, child, before.id, content=said, row_version=before.row_version)
    entry = record_entry(
        work,
        child,
        section=section,
        kind="check_in",
        content=said,
        happened_on=happened_on,
        case_id=task.case_id,
        task_id=task.id,
    )
    _move_on(work, task, body, happened_on)
    opened = find_case(work, task.case_id)
    settle(work, child, opened.case, facts_of(work, opened))
    return entry


def end_care_task(work, task_id: UUID, *, reason: str, text: str = "") -> None:
    """End a task of the plan before its time, as its doctor, for a typed reason (`not_done_reasons`)."""
    child, task = find_task(work, task_id, "care_task", "follow_up")
    opened = find_case(work, task.case_id)
    facts = facts_of(work, opened)
    require(work.actor, Permission.WRITE_HEALTH, child.subject)
    if reason not in facts.loop.not_done_reasons or (reason == "other" and not text.strip()):
        raise Invalid(fields={"reason": ["请选原因；选“其他”时写一句。 Choose a reason; explain what is other."]})
    end_task(work, task, status="cancelled", reason=reason, text=text)
    settle(work, child, opened.case, facts)


def _written_before(work, child: ChildFacts, task: Task, on: date) -> OpenEntry | None:
    """Return what the actor wrote of this task for that day already."""
    found = (each.entry for each in signed_entries_of_task(work, child, task.id))
    mine = (each for each in found if each.kind == "check_in" and each.author_id == work.actor.user_id)
    return next((each for each in mine if each.happened_on == on), None)


def _both(before: list[dict], added: list[dict]) -> list[dict]:
    """Return the answers of a day: those written later in place of earlier ones of the same name."""
    answers = {each["name"]: each["value"] for each in (*before, *added)}
    return [{"name": name, "value": value} for name, value in answers.items()]


def _move_on(work, task, body: dict, from_on: date) -> None:
    workflow = loop_of(work.content)
    times = body.get("times_done", 0) + 1
    next_on = next_check_in_on(workflow, body["frequency"], from_on)
    change_body(work, task, times_done=times)
    enough = workflow.rhythms[body["frequency"]].times
    if next_on > date.fromisoformat(body["until_on"]) or (enough and times >= enough):
        end_task(work, task)
        return
    task.status = "in-progress"
    task.due_on = next_on


def _day(work, on: date | None) -> date:
    if on is not None and on > work.today:
        raise Invalid(fields={"on": ["不能记将来的日子。 Not a day to come."]})
    return on or work.today


def _known(done: str) -> str:
    if done not in DONE:
        raise Invalid(fields={"done": ["请先点一项。 Please choose one."]})
    return done


def _answers(body: dict, log: dict[str, str]) -> list[dict]:
    unknown = log.keys() - set(body["log"])
    if unknown:
        raise Invalid(fields={"log": [f"这一项不记 {'、'.join(sorted(unknown))}。 Not a field of this task."]})
    return [{"name": name, "value": value} for name, value in log.items() if value]
