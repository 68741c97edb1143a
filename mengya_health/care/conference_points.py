"""What a case conference concluded, point by point: who has it, by when, and what became of it."""

from datetime import date
from uuid import UUID

from mengya_health.access.permissions import Permission, require
from mengya_health.care.conferences import (
    BLOCKED,
    CLINIC,
    CONCLUSION,
    FATES,
    KIND,
    POINT,
    SORTS,
    Conference,
    end_if_over,
    find_conference,
    own_tasks,
    require_going,
    revise,
)
from mengya_health.care.deidentified import require_nameless
from mengya_health.care.loop import loop_of
from mengya_health.care.models import OPEN_TASK, Case, Task
from mengya_health.care.tasks import change_body, due_by, end_task, start_task
from mengya_health.errors import Invalid, NotNow

# What lists say of a task: its text is read on the page of the conference alone, for families read tasks' titles, too.
BODIES = {CONCLUSION: {"title": "会商的一条结论"}, BLOCKED: {"title": "会商的一个堵点"}}
CONCLUDED = {"title": "会商：把结论告诉家长"}


def add_point(
    work, conference_id: UUID, *, sort: str, text: str, owner: str, due_on: date | None, row_version: int
) -> None:
    """Write down one conclusion or blocked point, who has it and by when; it stands on work lists until it has a fate.

    By the chair or a doctor of the child's clinic, from the day of the conference on. Raises Invalid, Conflict, NotNow,
    NotFound, NotPermitted.
    """
    found = _led(work, conference_id)
    require_going(found)
    if work.today < found.held_on:
        raise NotNow(f"会商在 {found.held_on}，到那天再记。", f"The conference is on {found.held_on}; write then.")
    _require_point(work, found, sort, text, owner, due_on)
    require_nameless(work, found.child, {"text": text})
    case = work.session.get(Case, found.entry.case_id)
    task = start_task(
        work,
        found.child,
        kind=POINT,
        whose_turn="doctor" if owner == CLINIC else "invited",
        due_on=due_on,
        body=BODIES[sort],
        case=case,
        subject_id=found.entry.id,
    )
    point = {
        "id": str(task.id),
        "sort": sort,
        "text": text,
        "owner": owner,
        "due_on": due_on.isoformat(),
        "fate": "",
        "fate_text": "",
        "fate_on": "",
        "fate_by": "",
    }
    if not found.points:
        _now_tell_family(work, found)
    revise(work, found, {"points": [*found.said["points"], point]}, row_version)


def settle_point(work, conference_id: UUID, point_id: str, *, fate: str, text: str, row_version: int) -> None:
    """Say what became of a point: solved, passed on to somebody, given up for a reason. Then it leaves the work lists.

    By its owner, the chair, or a doctor of the child's clinic. Raises Invalid where it is not said to whom or why,
    Conflict, NotNow, NotFound, NotPermitted.
    """
    found = find_conference(work, conference_id)
    require(work.actor, Permission.ANSWER_CONFERENCE, found.child.subject)
    point = next((each for each in found.points if each.id == point_id), None)
    if point is None or not found.settles(work, point):
        raise NotNow(
            "这一条由它的负责人、主持人或孩子的门诊来写，或已经有下文了。",
            "Its owner, the chair or the child's clinic writes this, or it has its outcome already.",
        )
    _require_fate(fate, text)
    require_nameless(work, found.child, {"fate_text": text})
    told = {"fate": fate, "fate_text": text, "fate_on": work.today.isoformat(), "fate_by": work.actor.role}
    points = [each | told if each["id"] == point_id else each for each in found.said["points"]]
    task = work.session.get(Task, UUID(point.id))
    if task.status in OPEN_TASK:
        end_task(work, task, status="completed" if fate == "solved" else "cancelled")
    revise(work, found, {"points": points}, row_version)
    end_if_over(work, found, found.said["told_family_on"], settled=point_id)


# --- inside -----------------------------------------------------------------------------------------------------------


def _led(work, conference_id: UUID) -> Conference:
    found = find_conference(work, conference_id)
    require(work.actor, Permission.LEAD_CONFERENCE, found.child.subject)
    if not found.leads:  # chair of another conference about the same child
        raise NotNow("这次会商不由您主持。", "You do not chair this conference.")
    return found


def _require_point(work, found: Conference, sort: str, text: str, owner: str, due_on: date | None) -> None:
    people = {each["id"] for each in (found.said["chair"], *found.said["readers"])}
    wrong = {}
    if sort not in SORTS:
        wrong["sort"] = ["请选是结论还是堵点。 Please choose which."]
    if not text.strip():
        wrong["text"] = ["请写一句。 Please write it down."]
    if owner != CLINIC and owner not in people:
        wrong["owner"] = ["请选由谁负责。 Please choose who has it."]
    if due_on is None or due_on < work.today:
        wrong["due_on"] = ["请选今天或以后的日子。 Choose today or a later day."]
    if wrong:
        raise Invalid(fields=wrong)


def _require_fate(fate: str, text: str) -> None:
    if fate not in FATES:
        raise Invalid(fields={"fate": ["请选一个下文。 Please choose what became of it."]})
    if fate == "passed_on" and not text.strip():
        raise Invalid(fields={"fate_text": ["请写转给了谁。 Please say to whom."]})
    if fate == "given_up" and not text.strip():
        raise Invalid(fields={"fate_text": ["请写为什么不再做。 Please say why."]})


def _now_tell_family(work, found: Conference) -> None:
    for task in own_tasks(work, found):
        change_body(work, task, **CONCLUDED)
        task.due_on = due_by(work, loop_of(work.content), KIND)
