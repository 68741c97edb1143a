"""How what is due stands, in words: days left or late, and who has heard of it. Calm: a date, a number, a name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from mengya_health.care.clocks import CARE_TASK, DUE, OVERDUE, WARNED, Standing, task_standing
from mengya_health.care.facts import CaseFacts, TaskFacts
from mengya_health.care.loop import loop_of
from mengya_health.care.queries import CaseLine, WorkItem
from mengya_health.care.raised import standing_of
from mengya_health.care.workflow import Workflow
from mengya_health.content.limits import TimeLimit
from mengya_health.people.leads import Leads, leads_of
from mengya_health.web.shown import words
from mengya_health.work import LOCAL

# Who hears of something late where nobody is named yet.
UNNAMED = {"lead": lazy("医生主管"), "teacher": lazy("园所负责人"), "district": lazy("区妇幼联系人")}


@dataclass(frozen=True)
class Standings:
    """How the tasks of a page stand today, with the names of those it has come up to."""

    today: date
    clinic_id: UUID | None
    by_task: Mapping[UUID, Standing]
    tracked_on: Mapping[UUID, date]  # by the task of a referral's reply: when one asks what came of it
    leads: Leads | None  # None on a page without names

    def due(self, task: TaskFacts) -> str:
        """Return until when: 11-25 前, and where that day was only estimated."""
        day = _("%(day)s 前", day=words.short_day(task.due_on, self.today))
        return f"{day} · {estimated(task.due_on)}" if self.by_task[task.id].is_estimated else day

    def tag(self, task: TaskFacts) -> dict | None:
        """Return a status tag for what is late or nearly due; None for what has time."""
        stands = self.by_task[task.id]
        if task.kind == CARE_TASK:
            return _quiet(stands, (self.today - task.due_on).days + 1)
        if stands.state == OVERDUE:
            said = filter(None, (words.overdue(stands.days), self._heard(task)))
            return {"kind": "overdue", "text": " · ".join(said)}
        if task.id in self.tracked_on and self.tracked_on[task.id] <= self.today:
            return {"kind": "waiting", "text": _("还没有回音，打个电话问问")}
        return {"kind": "note", "text": _("还有 %(n)s 天", n=stands.days)} if stands.state == WARNED else None

    def code(self, task: TaskFacts) -> str:
        """Return what the district calls the case by, once it has heard of this; "" before."""
        has_heard = self.by_task[task.id].raised_to == "district"
        return words.code_of(task.case_id or task.id) if has_heard else ""

    def _heard(self, task: TaskFacts) -> str:
        """Return who has heard of something late: 已报 and a name, or whom to tell where nobody is named."""
        to = self.by_task[task.id].raised_to
        to = "teacher" if to == "lead" and task.whose_turn == "teacher" else to
        if to not in UNNAMED:
            return _("请打电话问问") if to else ""
        if self.leads is None:
            return _("已报%(who)s", who=UNNAMED[to])
        place = task.organisation_id if to == "teacher" else self.clinic_id
        name = (self.leads.of_districts if to == "district" else self.leads.of_places).get(place, "")
        return _("已报 %(name)s", name=name) if name else _("请报%(who)s", who=UNNAMED[to])


def standings_of(
    work, clinic_id: UUID | None, tasks: Iterable[tuple[TaskFacts, str]], leads: Leads | None = None
) -> Standings:
    """Return how tasks stand, each given with the state of its case; names in one statement, where any are needed."""
    listed = list(tasks)
    found = _standings(loop_of(work.content), work.content.time_limits, work.today, listed)
    raised = [task for task, _state in listed if found.by_task[task.id].raised_to in UNNAMED]
    places = {task.organisation_id for task in raised if task.whose_turn == "teacher"}
    leads = leads or leads_of(work, places | ({clinic_id} if raised else set()))
    return replace(found, clinic_id=clinic_id, leads=leads)


def standings_of_items(
    work,
    clinic_id: UUID,
    items: Iterable[WorkItem],
    cases: Mapping[UUID, list[CaseLine]],
    *,
    leads: Leads | None = None,
) -> Standings:
    """Return how the lines of a clinic's list stand; `cases` are of their children, `leads` are those known already."""
    states = {line.id: line.state for lines in cases.values() for line in lines}
    return standings_of(work, clinic_id, ((item.task, states.get(item.task.case_id, "")) for item in items), leads)


def standings_of_case(facts: CaseFacts) -> Standings:
    """Return how the open tasks of a case stand, for its own page: who has heard is said by office."""
    found = [(task, facts.state) for task in facts.own_tasks if task.is_open]
    return _standings(facts.loop, facts.content.time_limits, facts.today, found)


def _standings(loop: Workflow, limits: Mapping[str, TimeLimit], today: date, listed: list) -> Standings:
    found = {task.id: task_standing(loop, limits, task, today, state=state) for task, state in listed}
    tracked = limits[loop.referral_clocks.tracked]
    sent = {task.id: task.created_at for task, _state in listed if task.kind == "referral_reply"}
    asked = {id: tracked.due_on(at.astimezone(LOCAL).date()) for id, at in sent.items()}
    return Standings(today, None, found, asked, None)


def estimated(due_on: date) -> str:
    """Return that a day was counted before the holidays of its year were known."""
    return _("%(year)s 年放假安排还没收录，先按普通周末推算", year=due_on.year)


def is_wanted(work, task: TaskFacts) -> bool:
    """Return whether a task of the plan may be tapped today: one written down and not due again yet is not."""
    is_due = task.due_on <= work.today or not task.body.get("times_done")
    return task.status != "on-hold" and is_due


def calm(work, task: TaskFacts) -> str:
    """Return a reminder for who does a task of the plan and has not written it down for a week, "" before."""
    is_quiet = task.kind == CARE_TASK and standing_of(work, task).state in (DUE, OVERDUE)
    return _("这周还没记，记一次就好") if is_quiet else ""


def _quiet(stands: Standing, days: int) -> dict | None:
    if stands.state not in (DUE, OVERDUE):
        return None
    text = _("%(n)s 天没有记录", n=days)
    return {"kind": "flag", "text": f"{text} · {_('请问问')}"} if stands.raised_to else {"kind": "note", "text": text}
