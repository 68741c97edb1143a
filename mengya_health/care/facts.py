"""What the conditions of the loop may know of a case: frozen plain values, no session behind them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from types import MappingProxyType
from uuid import UUID

from mengya_health.care.models import OPEN_TASK
from mengya_health.care.workflow import START, Workflow
from mengya_health.content import Content
from mengya_health.content.pathways import Pathway
from mengya_health.people.facts import ChildFacts
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.facts import History
from mengya_health.signing.queries import SignatureFacts

# The receiver's refusal is an answer, and a letter written by mistake never went out.
_ANSWERED = ("completed", "rejected", "cancelled", "entered-in-error")
_ENDED = (*_ANSWERED, "failed")


@dataclass(frozen=True, kw_only=True)
class TaskFacts:
    """One task. `body` is what was sealed: title, text, item, weeks, and why it ended."""

    id: UUID
    kind: str
    case_id: UUID | None
    subject_id: UUID | None
    whose_turn: str
    due_on: date
    done_on: date | None
    status: str
    created_at: datetime
    body: Mapping = field(repr=False)
    organisation_id: UUID | None = None  # the place whose list it stands on

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_TASK

    @property
    def title(self) -> str:
        return self.body.get("title", "")


@dataclass(frozen=True, kw_only=True)
class ReferralFacts:
    """One referral. `not_done` is the typed reason where no feedback will come."""

    id: UUID
    number: str
    receiver_id: UUID
    status: str
    sent_on: date
    visit_by_on: date | None
    visited_on: date | None
    reply_due_on: date
    entry_id: UUID
    feedback_entry_id: UUID | None
    not_done: Mapping | None = None
    row_version: int = 1

    @property
    def is_settled(self) -> bool:
        """It has feedback, or a typed reason why none will come."""
        return self.status in _ENDED

    @property
    def is_answered(self) -> bool:
        """The receiver has said something; a typed reason of ours does not count."""
        return self.status in _ANSWERED


@dataclass(frozen=True, kw_only=True)
class StepFacts:
    """One step the case took. `body` is what was sealed: reason, released conditions, what it ended."""

    id: UUID
    seq: int
    event: str
    from_state: str | None
    to_state: str
    round: int
    actor_id: UUID
    actor_role: str
    at: datetime
    on: date  # `at` on the clinic's calendar
    body: Mapping = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class CaseRules:
    """By which rules a case goes, for what happens to it by the calendar: nobody acts and nothing of it is read."""

    loop: Workflow
    pathway: Pathway
    given: Mapping = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CaseFacts:
    """One case at one moment, with what the actor supplies in this event (`given`).

    `entries`: the case's own and the child's readings and observations that the actor may read, oldest first.
    `tasks`: the case's own and all others of the child that are open. `history`: every reading, for rules.
    """

    child: ChildFacts
    content: Content
    loop: Workflow
    pathway: Pathway
    actor_id: UUID
    now: datetime
    today: date
    case_id: UUID | None = None
    state: str = START
    round: int = 1
    opened_on: date | None = None
    triggers: tuple[str, ...] = ()
    other_open_case: UUID | None = None
    entries: tuple[OpenEntry, ...] = ()
    history: History | None = None
    tasks: tuple[TaskFacts, ...] = ()
    referrals: tuple[ReferralFacts, ...] = ()
    signatures: Mapping[UUID, tuple[SignatureFacts, ...]] = field(default_factory=dict)
    steps: tuple[StepFacts, ...] = ()
    given: Mapping = field(default_factory=dict)

    def with_given(self, **given) -> "CaseFacts":
        """Return the same facts with what the actor supplies."""
        return replace(self, given=MappingProxyType({**self.given, **given}))

    @property
    def entered(self) -> StepFacts | None:
        """The step that led into the present state; staying is not entering."""
        return next((step for step in reversed(self.steps) if step.from_state != step.to_state), None)

    @property
    def own_entries(self) -> tuple[OpenEntry, ...]:
        """What was written for this case in its present round."""
        return tuple(e for e in self.entries if e.case_id == self.case_id and e.round in (None, self.round))

    @property
    def own_tasks(self) -> tuple[TaskFacts, ...]:
        return tuple(task for task in self.tasks if task.case_id == self.case_id)

    @property
    def class_takes_part(self) -> bool:
        """The child attends somewhere, and its guardian shares with that place."""
        return self.child.attends and self.child.subject.has_consent("P2")

    def newest(self, *kinds: str) -> OpenEntry | None:
        """Return the newest entry of the round of these kinds that still counts."""
        return next((e for e in reversed(self.own_entries) if e.kind in kinds and e.status == "active"), None)

    def since_entered(self, *kinds: str) -> list[OpenEntry]:
        """Return the entries of these kinds recorded since the case came into its present state."""
        start = self.entered
        return [e for e in self.own_entries if e.kind in kinds and (start is None or e.recorded_at >= start.at)]

    def first_on(self, state: str) -> date | None:
        """Return the last day the case came into a state in this round, None where it never did."""
        step = self.step_into(state)
        return step.on if step else None

    def step_into(self, state: str) -> StepFacts | None:
        """Return the last step of this round that led into a state; staying is not entering."""
        found = [s for s in self.steps if s.round == self.round and s.to_state == state and s.from_state != state]
        return max(found, key=lambda step: step.at, default=None)
