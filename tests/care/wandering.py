"""A case that wanders: whatever people may try on it, in an order drawn by chance, by the product's own commands.

Mostly somebody does the next sensible thing, so that cases get round; else anybody tries anything. What is refused
leaves nothing behind.
"""

from dataclasses import dataclass, field
from random import Random

from sqlalchemy import select

from mengya_health.care import check_ins, closing, commands, follow_ups, plans, referrals
from mengya_health.care.models import WAITING, CaseStep, Referral
from mengya_health.care.undoing import take_back_step
from mengya_health.errors import MengyaError
from mengya_health.people.queries import find_child
from mengya_health.record.models import Entry, Revision, Task
from mengya_health.signing.commands import withdraw_signature
from mengya_health.signing.models import Signature
from mengya_health.signing.queries import own_signatures
from tests.care.walking import Walk

NEXT = {
    "start": ("open",),
    "watching": ("flag", "flag", "release"),
    "positive": ("plan", "refer", "rescreen"),
    "rescreening": ("plan", "refer", "clear"),
    "referred": ("answer", "plan", "plan", "give_up"),
    "planning": ("agree", "agree", "agree", "decline"),
    "active": ("support", "support", "support", "revise"),
    "following": ("propose", "propose", "propose", "relapse"),
    "confirming": ("close", "close", "close", "refer", "relapse"),
    "resolved": ("reopen",),
    "stopped": ("reopen",),
}
ANYTHING = (
    "screen_low", "screen_well", "flag", "rescreen", "refer", "answer", "give_up", "clear", "release", "plan", "agree",
    "decline", "revise", "withdraw", "withdraw_signature", "meet_goals", "relapse", "propose", "confirm_in_class",
    "confirm_closure", "close_unconfirmed", "stop", "reopen", "take_back", "take_back", "take_back",
)  # fmt: skip
SENSIBLE = 0.8  # how often
DAYS_OF_RECORDS = 7  # what the tasks of the plan ask of the family, and a little more
PAUSES = (0, 0, 0, 2, 9)  # days between two things that happen


@dataclass
class Wanderer:
    """One case on its way. `done` names what went through."""

    walk: Walk
    chance: Random
    done: list[str] = field(default_factory=list)

    def go(self) -> str:
        """Let one thing be tried, and return its name, "" where it was refused."""
        walk = self.walk
        state = walk.state if walk.case_id else "start"
        is_sensible = state == "start" or self.chance.random() < SENSIBLE
        name = self.chance.choice(NEXT[state] if is_sensible else ANYTHING)
        try:
            getattr(self, f"_{name}")()
        except MengyaError:
            name = ""
        self.done += [name] if name else []
        walk.clock.forward(days=self.chance.choice(PAUSES))
        return name

    # --- what people do -----------------------------------------------------------------------------------------------

    def _open(self):
        self.walk.screen(self.walk.story.low)
        self.walk.open()

    def _screen_low(self):
        self.walk.screen(self.walk.story.low)

    def _screen_well(self):
        self.walk.screen(self.walk.story.well)

    def _flag(self):
        self.walk.flag()

    def _refer(self):
        self.walk.refer()

    def _answer(self):
        self.walk.answer_referral(self._waiting_referral())

    def _give_up(self):
        referral_id = self._waiting_referral()
        with self.walk.as_(self.walk.doctor) as work:
            referrals.end_referral(work, referral_id, reason="not_responding")

    def _rescreen(self):
        self._by_doctor(commands.rescreen)

    def _clear(self):
        self._screen_well()
        self._by_doctor(commands.clear, informed="face")

    def _release(self):
        self._by_doctor(commands.release, informed="phone", reason="几次都好")

    def _plan(self):
        self.walk.make_plan()

    def _revise(self):
        self._by_doctor(plans.revise, plan=self.walk.plan | {"summary": "换一种做法。"}, reason="换")

    def _agree(self):
        self.walk.agree()

    def _decline(self):
        self._by_mother(plans.decline, reason="先不做")

    def _withdraw(self):
        self._by_mother(plans.withdraw)

    def _withdraw_signature(self):
        with self.walk.as_(self.walk.mother) as work:  # as her page does it
            child = find_child(work, self.walk.child.id)
            mine = [each for each in own_signatures(work, child) if each.may_be_taken_back(work.now)]
            withdraw_signature(work, child, self.chance.choice(mine).id if mine else self.walk.case_id)
            if self.chance.random() < SENSIBLE:
                plans.withdraw(work, self.walk.case_id, reason="不想做了")

    def _support(self):
        walk = self.walk
        for _ in range(DAYS_OF_RECORDS):
            walk.clock.forward(days=1)
            for task in walk.open_tasks("care_task"):
                if task.whose_turn == "guardian":
                    with walk.as_(walk.mother) as work:
                        check_ins.check_in(work, task.id, done="done", note="记一笔")
        for _ in range(2):
            walk.follow_up(walk.story.well, walk.story.follow_up_gap_days)
        walk.observe()
        walk.evaluate()
        walk.meet_goals()

    def _meet_goals(self):
        self._by_doctor(follow_ups.meet_goals)

    def _propose(self):
        self.walk.consolidate()
        self.walk.propose_closure()

    def _relapse(self):
        self.walk.relapse(self.walk.screen(self.walk.story.low))

    def _confirm_in_class(self):
        self.walk.confirm_in_class()

    def _confirm_closure(self):
        self.walk.confirm_closure()

    def _close(self):
        self.walk.confirm_in_class()
        self.walk.confirm_closure()

    def _close_unconfirmed(self):
        with self.walk.as_(self.walk.district.second_doctor) as work:
            closing.close_unconfirmed(work, self.walk.case_id)

    def _stop(self):
        self._by_doctor(commands.stop_case, reason_code="5", not_done="moved_away")

    def _reopen(self):
        self._by_doctor(commands.reopen, reason="又担心")

    def _take_back(self):
        with self.walk.as_(self.chance.choice((self.walk.doctor, self.walk.mother, self.walk.teacher))) as work:
            take_back_step(work, self.walk.case_id)

    def _by_doctor(self, command, **said):
        with self.walk.as_(self.walk.doctor) as work:
            command(work, self.walk.case_id, **said)

    def _by_mother(self, command, **said):
        with self.walk.as_(self.walk.mother) as work:
            command(work, self.walk.case_id, **said)

    def _waiting_referral(self):
        chosen = select(Referral.id).where(Referral.case_id == self.walk.case_id, Referral.status.in_(WAITING))
        with self.walk.work_as(self.walk.doctor, writing=False) as work:
            return work.session.scalar(chosen) or self.walk.case_id  # none: whoever answers all the same finds nothing


@dataclass(frozen=True)
class Kept:
    """What must never be lost of a case: its steps, every version of what was written, every signature."""

    steps: list[tuple]
    revisions: frozenset[tuple]
    signatures: frozenset[tuple]
    entries: dict  # id → the round it was written in
    tasks: dict  # id → status
    referrals: list[Referral]


def kept_of(walk: Walk) -> Kept:
    """Return what is stored of a walk's case."""
    of_case = select(Entry.id).where(Entry.case_id == walk.case_id)
    with walk.work_as(walk.doctor, writing=False) as work:

        def all_of(chosen) -> list[tuple]:
            return [tuple(row) for row in work.session.execute(chosen)]

        step, version, signed = CaseStep, Revision, Signature
        steps = select(step.seq, step.event, step.from_state, step.to_state, step.round, step.at, step.body)
        versions = select(version.entry_id, version.version, version.commit)
        signatures = select(signed.entry_id, signed.version, signed.capacity, signed.statement)
        return Kept(
            all_of(steps.where(step.case_id == walk.case_id).order_by(step.seq)),
            frozenset(all_of(versions.where(version.entry_id.in_(of_case)))),
            frozenset(all_of(signatures.where(signed.entry_id.in_(of_case)))),
            dict(all_of(select(Entry.id, Entry.round).where(Entry.case_id == walk.case_id))),
            dict(all_of(select(Task.id, Task.status).where(Task.case_id == walk.case_id))),
            list(work.session.scalars(select(Referral).where(Referral.case_id == walk.case_id))),
        )
