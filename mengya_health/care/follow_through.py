"""From something found at a check to its end: the family is told, what was done, the child comes back, it is closed.

An open task stands on the class's list until it is closed; each step is an entry, by whom and when. Where an infection
is the reason, a sheet says what is known of it and so when the child may come back.
Source: `exception_close_loop` and `infections` of behaviours.yaml.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from mengya_health.access.permissions import Permission, require
from mengya_health.care.models import OPEN_TASK, Task
from mengya_health.care.queries import find_task
from mengya_health.care.tasks import change_body, end_task, start_task
from mengya_health.errors import Invalid, NotFound, NotNow
from mengya_health.people.facts import ChildFacts
from mengya_health.record.commands import correct_entry, end_entry, record_entry
from mengya_health.record.queries import OpenEntry
from mengya_health.record.versions import Version, signed_entries_of_task
from mengya_health.screening.returning import Course, Return, facts_asked, return_of
from mengya_health.work import LOCAL

TASK = "daily_exception"
STEPS = {
    "notified": "告诉了监护人",
    "handled": "处置",
    "reported": "报告",
    "disinfected": "消毒",
    "returned": "核验返园",
    "closed": "关闭",
}
WRITTEN = ("notified", "handled", "reported", "disinfected")  # those somebody writes by hand
WAYS = ("电话", "当面", "消息")
HANDLED = ("留观", "离园", "就医")
TIMES = ("symptom_free_at", "afebrile_at")
DATES = ("onset_on", "rash_on", "antibiotic_on")


@dataclass(frozen=True)
class FollowThrough:
    """One matter being followed: the task, its steps, oldest first, and the sheet of the infection, if there is one."""

    child: ChildFacts
    task: Task
    steps: tuple[Version, ...]  # each with the name of who wrote it
    exclusion: OpenEntry | None

    def has(self, step: str) -> bool:
        return any(each.entry.content["step"] == step for each in self.steps)


def place_of_class(work) -> UUID | None:
    """Return the nursery for which the actor keeps the sheets."""
    places = work.actor.places_as("teacher", "health_staff")
    return places[0].organisation_id if places else None


def begin(work, child: ChildFacts) -> None:
    """Put a child on the class's list until its matter is closed; a child stands there once."""
    chosen = select(Task.id).where(Task.child_id == child.id, Task.kind == TASK, Task.status.in_(OPEN_TASK))
    if work.session.scalar(chosen):
        return
    body = {"title": "晨午检跟进"}
    start_task(work, child, kind=TASK, whose_turn="teacher", due_on=work.today, body=body)


def find(work, task_id: UUID) -> FollowThrough:
    """Return what is known of an open matter. Raises NotFound, NotPermitted."""
    found, task = find_task(work, task_id, TASK)
    require(work.actor, Permission.WRITE_BEHAVIOUR, found.subject)
    mine = signed_entries_of_task(work, found, task.id)
    exclusion = (each.entry for each in mine if each.entry.kind == "exclusion" and each.entry.status == "active")
    steps = tuple(each for each in mine if each.entry.kind == "daily_step")
    return FollowThrough(found, task, steps, next(exclusion, None))


def add_step(work, task_id: UUID, step: str, *, way: str = "", text: str = "") -> None:
    """Write down one step. Raises Invalid for what is not filled in, NotFound, NotPermitted."""
    matter = find(work, task_id)
    if step not in WRITTEN:
        raise Invalid(fields={"step": ["请选做了哪一步。 Please choose what was done."]})
    ways = {"notified": WAYS, "handled": HANDLED}.get(step)
    if ways and way not in ways:
        raise Invalid(fields={"way": [f"请选一种：{'、'.join(ways)}。 Please choose how."]})
    if step == "reported" and not text:
        raise Invalid(fields={"text": ["请写报告给了谁。 Please write whom you reported to."]})
    _write_step(work, matter, step, way=way if ways else "", text=text)


def keep_exclusion(work, task_id: UUID, said: Mapping, *, row_version: int) -> None:
    """Write down, or correct, what is known of an infection (`row_version` 0: nothing was written yet).

    Raises NotNow where a colleague has written since the page was opened, Invalid for a date to come.
    """
    matter = find(work, task_id)
    if (matter.exclusion.row_version if matter.exclusion else 0) != row_version:
        raise NotNow(
            "您打开以后，同事也改了这一页。请看一看现在的内容，再保存一次。",
            "A colleague has changed this page since. Look at what it says now and save again.",
        )
    content = _stored(work, said)
    if matter.exclusion:
        correct_entry(work, matter.child, matter.exclusion.id, content=content, row_version=row_version)
        return
    record_entry(
        work,
        matter.child,
        section="behaviour",
        kind="exclusion",
        content=content,
        happened_on=work.today,
        task_id=task_id,
    )


def back_of(work, exclusion: OpenEntry) -> Return:
    """Return when a child may come back by what its sheet says."""
    return return_of(
        work.content.behaviours.infections[exclusion.content["disease"]].rule, course_of(exclusion.content)
    )


def confirm_return(work, task_id: UUID) -> None:
    """Say, as a named person, that the certificate was seen and the child is back. Raises NotNow until all is there."""
    matter = find(work, task_id)
    if matter.exclusion is None:
        raise NotFound
    if not back_of(work, matter.exclusion).may_return(work.now):
        raise NotNow(
            "现在还不能回来：天数、条件和证明都要齐。还差的写在这一页上面。",
            "Not yet: days, conditions and certificate are all needed. What is missing stands on this page.",
        )
    _write_step(work, matter, "returned", text="")
    end_entry(work, matter.child, matter.exclusion.id, "completed")


def close(work, task_id: UUID) -> None:
    """Close a matter. Raises NotNow until the family is told, something was done, and whoever was kept away is back."""
    matter = find(work, task_id)
    lacking = [STEPS[step] for step in ("notified", "handled") if not matter.has(step)]
    lacking += [STEPS["returned"]] if matter.exclusion else []
    if lacking:
        raise NotNow(f"还差：{'、'.join(lacking)}。记好再关闭。", "Not all steps are written down yet.")
    _write_step(work, matter, "closed", text="")
    end_task(work, matter.task)


def course_of(content: Mapping) -> Course:
    """Return what a sheet says of an illness."""
    return Course(
        **{name: date.fromisoformat(content[name]) for name in DATES if content.get(name)},
        **{name: datetime.fromisoformat(content[name]).replace(tzinfo=LOCAL) for name in TIMES if content.get(name)},
        has_pneumonia=content.get("has_pneumonia", False),
        conditions=frozenset(content.get("conditions", ())),
        certificate=content.get("certificate", ""),
        days_by_notice=content.get("days_by_notice"),
    )


def excluded(entries: Iterable[OpenEntry]) -> dict[UUID, OpenEntry]:
    """Return the sheets of children who are kept away now, by child."""
    return {each.child_id: each for each in entries if each.kind == "exclusion" and each.status == "active"}


def _stored(work, said: Mapping) -> dict:
    """Return the content of a sheet: what was filled in, days and times as texts. Raises Invalid for days to come."""
    now = work.now.astimezone(LOCAL)
    for name in (*DATES, *TIMES):
        at = said.get(name)
        if at and at > (now if name in TIMES else work.today):
            raise Invalid(fields={name: ["不能填将来的日子。 Not a day to come."]})
    days = {name: said[name].isoformat() for name in DATES if said.get(name)}
    days |= {name: f"{said[name]:%Y-%m-%dT%H:%M}" for name in TIMES if said.get(name)}
    kept = ("disease", "conditions", "certificate", "days_by_notice", "has_pneumonia", "note")
    return {name: said[name] for name in kept if said.get(name)} | days


def asked_of(work, code: str) -> tuple[str, ...]:
    """Return which dates a disease's rule counts from; onset always, for whoever reads it later."""
    return tuple(dict.fromkeys(("onset_on", *facts_asked(work.content.behaviours.infections[code].rule))))


def _write_step(work, matter: FollowThrough, step: str, *, way: str = "", text: str = "") -> None:
    content = {"step": step, "way": way, "text": text}
    record_entry(
        work,
        matter.child,
        section="behaviour",
        kind="daily_step",
        content=content,
        happened_on=work.today,
        task_id=matter.task.id,
    )
    change_body(work, matter.task, last=step)
