"""One child, its case and the people around it, walked through the loop by the product's own commands."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from uuid import UUID

from sqlalchemy import select

from mengya_health.access.actor import Actor
from mengya_health.care import (
    check_ins,
    closing,
    commands,
    concerns,
    follow_ups,
    plans,
    queries,
    referrals,
)
from mengya_health.care.models import OPEN_TASK, Case, Task
from mengya_health.care.queries import case_facts
from mengya_health.people import renewals
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import User
from mengya_health.people.queries import find_child
from mengya_health.record.commands import record_entry
from mengya_health.screening.measurements import Measurement, measured_content
from mengya_health.signing.commands import prepare_signature
from mengya_health.signing.pins import set_pin
from tests.authenticator import Device
from tests.factories import PIN, District, a_child, a_district, a_guardian

SHOWN = {"template": "case_paper", "template_ver": "1", "locale": "zh", "render_digest": "0" * 64}


@dataclass(frozen=True)
class Story:
    """What one pathway needs to go round: readings that are low and that are well, ticks, tasks."""

    pathway: str
    low: dict
    well: dict
    success_checks: tuple[str, ...]
    closing_checks: tuple[str, ...]
    tasks: tuple[dict, ...]
    follow_up_gap_days: int
    consolidation_days: tuple[int, ...]
    dates: tuple[str, ...] = ()
    is_measured: bool = False


STORIES = (
    Story(
        pathway="PW_UNDERNUTRITION",
        low={"weight_kg": "6.9", "lenhei_cm": "74.0", "position": "l"},
        well={"weight_kg": "9.6", "lenhei_cm": "76.0", "position": "l"},
        success_checks=("体重增速不低于同龄中位增速",),
        closing_checks=("一般情况好",),
        tasks=({"item": "BB04", "who": "guardian"}, {"item": "BB05", "who": "teacher"}),
        follow_up_gap_days=30,
        consolidation_days=(30, 30, 30),
        is_measured=True,
    ),
    Story(
        pathway="PW_ANEMIA",
        low={"HB": "98"},
        well={"HB": "118"},
        success_checks=("症状好转", "已按医嘱续服"),
        closing_checks=("疗程满（Hb正常后续服约2个月）",),
        tasks=(
            {"item": "BB02", "who": "guardian"},
            {"item": "BB10", "who": "guardian", "note": "按处方，两餐之间，每天一次"},
            {"item": "BB04", "who": "teacher"},
        ),
        follow_up_gap_days=30,
        consolidation_days=(30, 90),
        dates=("iron_stopped",),
    ),
    Story(
        pathway="PW_DEVELOPMENT",
        low={"WSCST_N": "1", "WS_REG": "0", "DQ": "72.0"},
        well={"WSCST_N": "0", "WS_REG": "0", "DQ": "88.0"},
        success_checks=("教师与家长均报告达成",),
        closing_checks=(),
        tasks=({"item": "XJ01", "who": "guardian"}, {"item": "XJ02", "who": "teacher"}),
        follow_up_gap_days=90,
        consolidation_days=(90, 90),
    ),
)


@dataclass
class Walk:
    """The people and the case. Every step is one unit of work of whoever takes it."""

    installation: object
    work_as: object
    clock: object
    story: Story
    district: District = None
    child: ChildFacts = None
    mother: Actor = None
    case_id: UUID = None
    plan: dict = field(default_factory=dict)

    def prepare(self, **child) -> "Walk":
        self.district = self.district or a_district(self.work_as)
        with self.work_as(self.doctor) as work:
            self.child = a_child(work, self.district, **child)
        self.mother = a_guardian(self.installation, self.district, self.child)
        with self.work_as(None) as work:
            set_pin(work, work.session.get(User, self.teacher.user_id), PIN)
        self.plan = {
            "summary": "接下来几周，家里和班里一起做几件小事。",
            "goals": [{"measure": "复查指标", "target": "回到同龄范围"}],
            "tasks": [dict(task) for task in self.story.tasks],
        }
        return self

    @property
    def doctor(self) -> Actor:
        return self.district.doctor

    @property
    def teacher(self) -> Actor:
        return self.district.teacher

    @contextmanager
    def as_(self, actor: Actor) -> Iterator:
        with self.work_as(actor) as work:
            yield work
        self.clock.forward(minutes=1)

    # --- looking ------------------------------------------------------------------------------------------------------

    def case(self) -> Case:
        with self.work_as(self.doctor) as work:
            return work.session.get(Case, self.case_id)

    @property
    def state(self) -> str:
        return self.case().state

    @property
    def turn(self) -> str:
        return self.case().whose_turn

    def facts(self, actor: Actor | None = None):
        with self.work_as(actor or self.doctor) as work:
            return case_facts(work, self.case_id)[1]

    def open_tasks(self, *kinds: str) -> list[Task]:
        chosen = select(Task).where(Task.case_id == self.case_id, Task.status.in_(OPEN_TASK))
        with self.work_as(self.doctor) as work:
            found = list(work.session.scalars(chosen.order_by(Task.due_on)))
        return [task for task in found if not kinds or task.kind in kinds]

    # --- screening ----------------------------------------------------------------------------------------------------

    def screen(self, readings: dict) -> UUID:
        with self.as_(self.doctor) as work:
            content = self._content(work, readings)
            entry = record_entry(
                work, self.child, section="health", kind="screening", content=content, happened_on=work.today
            )
            return entry.id

    def open(self) -> None:
        with self.as_(self.doctor) as work:
            self.case_id = commands.open_case(work, self.child.id, pathway_id=self.story.pathway, reason="体检").id

    def flag(self) -> None:
        with self.as_(self.doctor) as work:
            commands.flag(work, self.case_id, reason="达到标准")

    def flagged(self) -> "Walk":
        """Screened, opened and flagged."""
        self.screen(self.story.low)
        self.open()
        self.flag()
        return self

    def in_support(self) -> "Walk":
        """Flagged, and under support: the plan is agreed to."""
        self.flagged()
        self.make_plan()
        self.agree()
        return self

    def refer(self, within: str = "SLA_REFER_URGENT") -> UUID:
        with self.as_(self.doctor) as work:
            return referrals.refer_child(
                work,
                self.case_id,
                receiver_id=self.district.mch_institute_id,
                within=within,
                reason="请进一步评估",
                materials=["chart"],
            ).id

    def answer_referral(self, referral_id: UUID, result: str = "confirmed") -> None:
        with self.as_(self.district.specialist) as work:
            referrals.accept_referral(work, referral_id)
        with self.as_(self.district.specialist) as work:
            referrals.record_feedback(work, referral_id, result=result, text="已看", for_class="多和孩子说话")

    # --- support ------------------------------------------------------------------------------------------------------

    def make_plan(self) -> None:
        with self.as_(self.doctor) as work:
            plans.make_plan(work, self.case_id, plan=self.plan)

    def sign(self, actor: Actor, command, kind: str, **more) -> None:
        written = [e.version for e in self.facts(actor).own_entries if e.kind == kind and e.status == "active"]
        version = max(written, default=1)  # of nothing: refused by the command
        with self.as_(actor) as work:
            command(work, self.case_id, version=version, pin=PIN, shown=SHOWN, nonce=os.urandom(16), **more)

    def sign_by_passkey(self, actor: Actor, device: Device, command, kind: str, capacity: str) -> None:
        entry = max((e for e in self.facts(actor).own_entries if e.kind == kind), key=lambda e: e.version)
        signing = {"shown": SHOWN, "nonce": os.urandom(16)}
        with self.as_(actor) as work:
            said = {"read_version": entry.version, "decision": "agree", "capacity": capacity}
            asked = prepare_signature(work, find_child(work, self.child.id), entry, **said, **signing)
        with self.as_(actor) as work:
            command(work, self.case_id, version=entry.version, passkey=device.get(asked), **signing)

    def agree(self) -> None:
        self.sign(self.mother, plans.agree, "care_plan")

    def do_tasks(self, days: int = 7) -> None:
        for _ in range(days):
            self.clock.forward(days=1)
            for task in self.open_tasks("care_task"):
                actor = self.mother if task.whose_turn == "guardian" else self.teacher
                with self.as_(actor) as work:
                    check_ins.check_in(work, task.id, done="done", note="记一笔")

    def end_tasks(self) -> None:
        for task in self.open_tasks("care_task"):
            with self.as_(self.doctor) as work:
                check_ins.end_care_task(work, task.id, reason="already_done")

    def later(self, days: int) -> None:
        """Let time go by; a long walk outlasts the year for which a place in class is granted."""
        self.clock.forward(days=days)
        with self.work_as(self.doctor) as work:
            ending = renewals.endings(work, self.district.clinic_id)
            renewals.approve_anew(work, self.district.clinic_id, [each.tie_id for each in ending])

    def follow_up(self, readings: dict, after_days: int, checks: tuple[str, ...] = ()) -> None:
        self.later(after_days)
        with self.as_(self.doctor) as work:
            given = {} if self.story.is_measured else {"readings": self._listed(readings)}
            measured = self._measurement(work, readings) if self.story.is_measured else None
            dates = [{"name": name, "on": work.today} for name in self.story.dates if not self._has_date(name)]
            follow_ups.record_follow_up(
                work, self.case_id, text="随访", measurement=measured, checks=checks, dates=dates, **given
            )

    def observe(self) -> None:
        with self.as_(self.teacher) as work:
            child = find_child(work, self.child.id)
            content = {"item": "B0101", "answer": 2}
            record_entry(work, child, section="behaviour", kind="observation", content=content, happened_on=work.today)

    def evaluate(self) -> None:
        with self.as_(self.doctor) as work:
            follow_ups.record_evaluation(
                work, self.case_id, text="达标", plain_text="孩子这段时间长得不错", checks=self.story.success_checks
            )
        self.sign(self.mother, follow_ups.sign_evaluation, "evaluation")

    def meet_goals(self) -> None:
        with self.as_(self.doctor) as work:
            follow_ups.meet_goals(work, self.case_id, reason="达标")

    def support(self) -> None:
        """From an agreed plan to consolidation."""
        self.do_tasks()
        for _ in range(2):
            self.follow_up(self.story.well, self.story.follow_up_gap_days)
        self.observe()
        self.evaluate()
        self.meet_goals()

    # --- closing ------------------------------------------------------------------------------------------------------

    def consolidate(self) -> None:
        for days in self.story.consolidation_days:
            self.follow_up(self.story.well, days)
        self.end_tasks()

    def propose_closure(self) -> None:
        with self.as_(self.doctor) as work:
            closing.propose_closure(
                work, self.case_id, text="稳定", plain_text="这一轮可以结束了", checks=self.story.closing_checks
            )

    def confirm_in_class(self) -> None:
        with self.as_(self.teacher) as work:
            closing.write_class_summary(work, self.case_id, text="在班里吃得好，愿意说话")
        self.sign(self.teacher, closing.confirm_stable, "class_summary")

    def confirm_closure(self) -> None:
        self.sign(self.mother, closing.confirm_closure, "closing_summary")

    def relapse(self, evidence_id: UUID | None = None) -> None:
        with self.as_(self.doctor) as work:
            plans.relapse(work, self.case_id, reason="又低了", plan=self.plan, evidence_id=evidence_id)

    def raise_concern(self, actor: Actor) -> UUID:
        with self.as_(actor) as work:
            return concerns.raise_concern(work, self.child.id, text="这两周吃得很少").id

    # --- inside -------------------------------------------------------------------------------------------------------

    def _content(self, work, readings: dict) -> dict:
        if self.story.is_measured:
            return measured_content(work, self.child, self._measurement(work, readings))
        return {"readings": follow_ups.known_readings(work, self._listed(readings))}

    def _measurement(self, work, readings: dict) -> Measurement:
        return Measurement(measured_on=work.today, **readings)

    @staticmethod
    def _listed(readings: dict) -> list[dict]:
        return [{"code": code, "value": value} for code, value in readings.items()]

    def _has_date(self, name: str) -> bool:
        return any(each["name"] == name for e in self.facts().own_entries for each in e.content.get("dates", ()))


def at_home(walk: Walk) -> Walk:
    """Return the same walk with a child that is in no class."""
    tasks = tuple(task for task in walk.story.tasks if task["who"] == "guardian")
    return replace(walk, story=replace(walk.story, tasks=tasks))


def lines_of(walk: Walk) -> list:
    with walk.work_as(walk.doctor) as work:
        return queries.cases_of(work, find_child(work, walk.child.id))
