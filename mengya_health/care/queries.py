"""Read cases and everything due. A case with its steps, tasks and referrals is one statement, a work list another."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby
from uuid import UUID

from sqlalchemy import and_, func, select

from mengya_health import audit
from mengya_health.access.permissions import Permission, is_allowed, require
from mengya_health.care.case_statements import OF_CHILDREN, WITH_ALL, WITH_STEPS
from mengya_health.care.clocks import CARE_TASK, quiet_since
from mengya_health.care.facts import CaseFacts, ReferralFacts, StepFacts, TaskFacts
from mengya_health.care.loop import loop_of
from mengya_health.care.models import CLOSED_STATES, OPEN_TASK, Case, Task
from mengya_health.care.readings import READING_KINDS, history_from
from mengya_health.care.rows import case_body, referral_facts, step_facts
from mengya_health.care.tasks import may_see, task_facts
from mengya_health.care.turning_points import TurningPoint, turning_points
from mengya_health.errors import Conflict, NotFound
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import find_child, find_children, visible_child_ids
from mengya_health.record.queries import entries_of_case
from mengya_health.screening.rescreens import CHECKS
from mengya_health.screening.urgent_care import OUTCOME
from mengya_health.signing.queries import signatures_of
from mengya_health.work import LOCAL

PAGE_ROWS = 50  # of a list: what is shown is opened, and nothing else
SIGNED_KINDS = ("care_plan", "evaluation", "class_summary", "closing_summary")


@dataclass(frozen=True)
class OpenCase:
    """A case found for this actor: child, row, what its body says; its steps, tasks and referrals, oldest first.

    `tasks` are the case's own and all others of the child that are open.
    """

    child: ChildFacts
    case: Case
    body: Mapping = field(repr=False)
    steps: tuple[StepFacts, ...] = field(default=(), repr=False)
    tasks: tuple[TaskFacts, ...] = field(default=(), repr=False)
    referrals: tuple[ReferralFacts, ...] = ()


@dataclass(frozen=True)
class CaseLine:
    """One case as lists and badges show it. `pathway_id` is for clinic pages; families read `plain_name`."""

    id: UUID
    child_id: UUID
    number: str  # shows the pathway: clinic papers only
    pathway_id: str
    name: str
    plain_name: str
    state: str
    state_name: str
    plain_state: str
    stage: str
    whose_turn: str
    round: int
    opened_on: date
    closed_on: date | None
    row_version: int
    turning_points: tuple[TurningPoint, ...] = ()  # of `cases_of` alone


@dataclass(frozen=True)
class WorkItem:
    """One line of a work list: a task with its child. `days_overdue` is computed now and never stored."""

    child: ChildFacts
    task: TaskFacts
    days_overdue: int


class Page(list):
    """The lines of one page of a list; `number` is how many stand on all its pages, also of closed records."""

    def __init__(self, lines: Iterable = (), number: int = 0) -> None:
        super().__init__(lines)
        self.number = number


def find_case(
    work, case_id: UUID, *, permission: Permission = Permission.READ_CASE, seen_version: int | None = None
) -> OpenCase:
    """Return one case with its child and all that belongs to it but the entries.

    Raises NotFound, NotPermitted, and Conflict when the case is no longer at the version the page had shown.
    """
    work.session.flush()
    rows = work.session.execute(WITH_ALL.where(Case.id == case_id)).all()
    if not rows:
        raise NotFound
    case = rows[0].Case
    child = find_child(work, case.child_id, permission)
    if seen_version is not None and seen_version != case.row_version:
        raise Conflict(
            "您打开以后，这个个案已经往前走了。请刷新页面，看看现在到哪一步了。",
            "This case has moved since you opened it. Reload the page and look where it stands.",
        )
    audit.read(work, child.id, "case", record_id=case.id)
    return OpenCase(
        child,
        case,
        case_body(work, case),
        steps=tuple(step_facts(work, row.CaseStep) for row in rows if row.CaseStep),
        tasks=tuple(task_facts(work, row.Task) for row in rows if row.Task),
        referrals=tuple(referral_facts(work, row.Referral) for row in rows if row.Referral),
    )


def facts_of(work, opened: OpenCase, *, other_open_case: UUID | None = None, **given) -> CaseFacts:
    """Return the facts the loop decides on, as this actor may read them, with what the actor supplies."""
    facts = facts_without_signatures(work, opened)
    signed = [each.id for each in facts.entries if each.kind in SIGNED_KINDS and each.case_id == opened.case.id]
    signatures = {id: tuple(found) for id, found in signatures_of(work, opened.child, signed).items()}
    return replace(facts, signatures=signatures, other_open_case=other_open_case, given=given)


def facts_without_signatures(work, opened: OpenCase) -> CaseFacts:
    """Return the facts of a case for a page that decides nothing; one statement less."""
    child, case = opened.child, opened.case
    entries = entries_of_case(work, child, case.id, also=(*READING_KINDS, "observation", OUTCOME))
    entries = [each for each in entries if (each.kind, each.status) != ("observation", "entered-in-error")]
    return CaseFacts(
        child=child,
        content=work.content,
        loop=loop_of(work.content),
        pathway=work.content.pathways[opened.body["pathway"]],
        actor_id=work.actor.user_id,
        now=work.now.astimezone(LOCAL),
        today=work.today,
        case_id=case.id,
        state=case.state,
        round=case.round,
        opened_on=case.opened_on,
        triggers=tuple(opened.body.get("triggers", ())),
        entries=tuple(entries),
        history=history_from(work.content, child, entries, work.today),
        tasks=opened.tasks,
        referrals=opened.referrals,
        steps=opened.steps,
    )


def case_facts(work, case_id: UUID) -> tuple[OpenCase, CaseFacts]:
    """Return a case and its facts, for its page."""
    opened = find_case(work, case_id)
    return opened, facts_of(work, opened)


def number_of_open_cases(work, child: ChildFacts) -> int:
    """Return how many cases are open, for a clinic that may not read them any more and has to stop them."""
    is_open = (Case.child_id == child.id) & Case.state.not_in(CLOSED_STATES)
    return work.session.scalar(select(func.count()).select_from(Case).where(is_open))


def open_cases_of(work, child: ChildFacts) -> list[CaseLine]:
    """Return a child's open cases, the one opened first at the top."""
    return [line for line in cases_of(work, child) if line.state not in CLOSED_STATES]


def cases_of(work, child: ChildFacts) -> list[CaseLine]:
    """Return all cases of a child with their turning points, opened first at the top; none if closed to the actor."""
    if not _may_read_cases(work, child):
        return []
    rows = work.session.execute(WITH_STEPS, {"child_id": child.id})
    return [
        replace(_line(work, child, case), turning_points=turning_points(row for row in of_case if row.event))
        for case, of_case in groupby(rows, key=lambda row: row.Case)
    ]


def cases_of_children(work, children: Mapping[UUID, ChildFacts]) -> Mapping[UUID, list[CaseLine]]:
    """Return the cases of several children, by child, in one statement; children without any are in it, too.

    Cases that are closed to the actor are left out.
    """
    found: dict[UUID, list[CaseLine]] = defaultdict(list)
    children = {id: child for id, child in children.items() if _may_read_cases(work, child)}
    if children:
        for case in work.session.scalars(OF_CHILDREN, {"child_ids": list(children)}):
            found[case.child_id].append(_line(work, children[case.child_id], case))
    return found


def open_case_on(work, child: ChildFacts, pathway_id: str) -> Case | None:
    """Return the child's open case on a pathway, None where there is none."""
    tags = work.keys.tags_of_pathway(child.id, pathway_id)
    chosen = select(Case).where(Case.child_id == child.id, Case.pathway_tag.in_(tags), Case.state.not_in(CLOSED_STATES))
    return work.session.scalar(chosen)


def case_number(child: ChildFacts, pathway, round: int) -> str:
    """Return the number on clinic papers. It tells the pathway, so it is composed when shown and never stored."""
    return f"{child.number}-{pathway.short}-{round:02d}"


def waiting_for_doctor(work, organisation_id: UUID, *, limit: int = PAGE_ROWS, page: int = 1) -> Page:
    """Return what a clinic's doctors have to do, due first: decisions, follow-ups, concerns, questions; no visits."""
    return work_list(work, limit, page, Task.organisation_id == organisation_id, Task.whose_turn == "doctor")


def waiting_for_others(work, organisation_id: UUID, *, limit: int = PAGE_ROWS, page: int = 1) -> Page:
    """Return what families, teachers and specialists have to do for a clinic's children, due first."""
    cases = select(Case.id).where(Case.organisation_id == organisation_id, Case.state.not_in(CLOSED_STATES))
    return work_list(work, limit, page, Task.case_id.in_(cases), Task.whose_turn != "doctor")


def tasks_for(
    work, children: Mapping[UUID, ChildFacts], whose_turn: str, *, checks_until: date | None = None
) -> Mapping[UUID, list[TaskFacts]]:
    """Return the open tasks of one hand for these children, by child, due first.

    With `checks_until` the checks due by that day stand among them, whosever turn they are. Suspended ones are left
    out, and those of cases that are closed to the actor.
    """
    found: dict[UUID, list[TaskFacts]] = defaultdict(list)
    children = {id: child for id, child in children.items() if not child.subject.has_ended("health")}
    if children:
        wanted = Task.whose_turn == whose_turn
        if checks_until:
            wanted |= Task.kind.in_(CHECKS) & (Task.due_on <= checks_until)
        chosen = select(Task).where(Task.child_id.in_(children), wanted, is_going())
        for task in work.session.scalars(chosen.order_by(Task.due_on, Task.created_at)):
            if may_see(work, children[task.child_id], task):
                found[task.child_id].append(task_facts(work, task))
    return found


def find_task(work, task_id: UUID, *kinds: str, also_over: bool = False) -> tuple[ChildFacts, Task]:
    """Return an open task of one of these kinds with its child.

    Raises NotFound, unless `also_over` also for one that is over; NotPermitted where its case is closed to the actor.
    """
    task = work.session.get(Task, task_id)
    if task is None or task.kind not in kinds or not (also_over or task.status in OPEN_TASK):
        raise NotFound
    child = find_child(work, task.child_id)
    if not may_see(work, child, task):
        require(work.actor, Permission.READ_CASE, child.subject)
    return child, task


# --- inside -----------------------------------------------------------------------------------------------------------


def _may_read_cases(work, child: ChildFacts) -> bool:
    return is_allowed(work.actor, Permission.READ_CASE, child.subject)


def _line(work, child: ChildFacts, case: Case) -> CaseLine:
    loop, pathway = loop_of(work.content), work.content.pathways[case_body(work, case)["pathway"]]
    state = loop.states[case.state]
    return CaseLine(
        id=case.id,
        child_id=child.id,
        number=case_number(child, pathway, case.round),
        pathway_id=pathway.id,
        name=pathway.name,
        plain_name=pathway.plain_name,
        state=case.state,
        state_name=state.name,
        plain_state=state.plain or state.name,
        stage=state.stage,
        whose_turn=case.whose_turn,
        round=case.round,
        opened_on=case.opened_on,
        closed_on=case.closed_on,
        row_version=case.row_version,
    )


def is_going():
    """Return the SQL condition that a task is open and does not rest until a plan is signed."""
    return Task.status.in_(tuple(status for status in OPEN_TASK if status != "on-hold"))


def work_list(work, limit: int, page: int, *wanted) -> Page:
    """Return one page of a list: one statement for the tasks, those of `find_children` for the children shown.

    Due first; tasks of a plan stand at the end unless nobody wrote them down for long, for they are due every day.
    """
    quiet_on = quiet_since(loop_of(work.content), work.content.time_limits, work.today)
    is_going_well = and_(Task.kind == CARE_TASK, Task.due_on > quiet_on)
    chosen = select(Task, func.count().over().label("number")).where(
        Task.child_id.in_(visible_child_ids(work)), is_going(), Task.kind != "visit", *wanted
    )
    due_first = chosen.order_by(is_going_well, Task.due_on, Task.created_at, Task.id)
    rows = work.session.execute(due_first.limit(limit).offset((page - 1) * limit)).all()
    tasks = [row.Task for row in rows]
    children = find_children(work, {task.child_id for task in tasks}, with_open="health")
    audit.read(work, list(children), "task")
    lines = [
        WorkItem(children[task.child_id], task_facts(work, task), max(0, (work.today - task.due_on).days))
        for task in tasks
        if task.child_id in children and may_see(work, children[task.child_id], task)
    ]
    return Page(lines, rows[0].number if rows else 0)
