"""The book beside the product: what is due for each child, by whom and until when, as its own rules say.

Nothing in it is read from the product. What is written off stays written: done on a day, or removed for a reason.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from mengya_health.access.actor import Actor
from tests.care.simulated import rules
from tests.care.walking import Story

FINISHED = ("resolved", "stopped")
NOWHERE = -1
OF_THE_CLASS_ALONE = ("signature", "look_first")  # end where nobody else can do them
OF_THE_FAMILY = ("dispute", "consent_ended")  # are answered wherever the child is


@dataclass
class Due:
    """One thing due. `resting`: a task of a plan nobody has signed, which is nobody's turn."""

    kind: str
    who: str
    due_on: date
    item: str = ""
    resting: bool = False
    until_on: date | None = None
    from_class: bool = False
    at_clinic: int | None = None  # where it is on the list, if not at the child's own clinic; or NOWHERE
    subject: UUID | None = None
    began_on: date | None = None
    ended: str = ""  # "done", or the typed reason; "" while it is open
    ended_on: date | None = None


@dataclass
class CaseBook:
    """One case: where it stands, and everything that was ever due in it."""

    id: UUID
    story: Story
    opened_on: date
    state: str = "watching"
    dues: list[Due] = field(default_factory=list)
    entered_on: dict[str, date] = field(default_factory=dict)  # the last time it came into each state
    follow_ups_on: list[date] = field(default_factory=list)
    readings: list[tuple[date, bool]] = field(default_factory=list)  # of each follow-up, whether it was well
    iron_stopped_on: date | None = None

    @property
    def is_open(self) -> bool:
        return self.state not in FINISHED

    def open(self, *kinds: str) -> list[Due]:
        return [due for due in self.dues if not due.ended and (not kinds or due.kind in kinds)]

    def follow_ups_since(self, state: str) -> int:
        return sum(on >= self.entered_on[state] for on in self.follow_ups_on)


@dataclass
class Child:
    """One child of the book."""

    id: UUID
    name: str
    born_on: date
    is_early: bool
    clinic: int
    group: int | None
    enrolled_on: date | None
    in_care_from: date
    mother: Actor | None = None
    is_here: bool = True
    is_alive: bool = True
    is_kept: bool = True  # the family agrees that the record is kept
    dues: list[Due] = field(default_factory=list)
    cases: list[CaseBook] = field(default_factory=list)
    measured_on: date | None = None  # the last time, at a check or besides
    going_to: int | None = None  # the clinic that was asked to take the child over
    acts: list[str] = field(default_factory=list)  # what happened, for whoever reads a failure

    def open(self, *kinds: str) -> list[Due]:
        return [due for due in self.dues if not due.ended and (not kinds or due.kind in kinds)]

    def all_open(self) -> Iterator[tuple[Due, CaseBook | None]]:
        yield from ((due, None) for due in self.open())
        for case in self.cases:
            yield from ((due, case) for due in case.open())

    @property
    def open_cases(self) -> list[CaseBook]:
        return [case for case in self.cases if case.is_open]

    def months(self, on: date) -> int:
        return rules.age_months(self.born_on, on)


class Book:
    """Every child, and the rules of what follows from what happened to it."""

    def __init__(self) -> None:
        self.children: dict[UUID, Child] = {}
        self.today: date | None = None

    def begin(self, of: Child | CaseBook, kind: str, who: str, due_on: date, **more) -> Due:
        due = Due(kind, who, due_on, began_on=self.today, **more)
        of.dues.append(due)
        return due

    def end(self, due: Due, how: str = "done") -> None:
        if how != "done" and how not in rules.REASONS:
            raise AssertionError(f"{how} is no typed reason")
        due.ended, due.ended_on = how, self.today

    def end_all(self, of: Child | CaseBook, *kinds: str, how: str = "done") -> None:
        for due in of.open(*kinds):
            self.end(due, how)

    # --- checks -------------------------------------------------------------------------------------------------------

    def plan_visit(self, child: Child) -> None:
        """Plan the check whose turn it is, unless it is done already or the child is too old."""
        if child.open("visit"):
            return
        visit = rules.visit_at(child.born_on, self.today)
        if child.measured_on and child.measured_on >= visit.first_on(child.born_on):
            visit = rules.visit_after(visit, child.born_on, child.born_on)
        if visit and rules.months_later(child.born_on, rules.OLDEST_MONTHS) > self.today:
            self._await(child, visit)

    def visit_ended(self, child: Child, visit: rules.Visit, how: str) -> None:
        """Write down that a check was done, or why not; the next one is planned."""
        self.end_all(child, "visit", how=how)
        following = rules.visit_after(visit, child.born_on, self.today)
        if how not in rules.GONE and following:
            self._await(child, following)

    def _await(self, child: Child, visit: rules.Visit) -> None:
        last_on = visit.last_on(child.born_on, is_early=child.is_early)
        self.begin(child, "visit", "doctor", last_on, item=visit.id)

    # --- cases --------------------------------------------------------------------------------------------------------

    def enter(self, case: CaseBook, state: str) -> None:
        """Let a case come into a state: what was to be decided before is decided."""
        if case.state != state:
            self.end_all(case, "decision")
        case.state = state
        case.entered_on[state] = self.today
        self.settle(case)

    def settle(self, case: CaseBook, due_on: date | None = None) -> None:
        """Give the doctor a date wherever the file asks for a decision, or where nothing else is due in a case."""
        if not case.is_open:
            return
        others = [due for due in case.open() if due.kind != "decision" and not due.resting]
        is_waiting = case.state == "referred" and any(due.kind == "referral_reply" for due in others)
        decided_always = case.state in ("watching", "positive", "rescreening", "referred")
        if decided_always and not is_waiting and not case.open("decision"):
            by_rule = rules.decision_on(case.state, case.story.pathway, self.today)
            self.begin(case, "decision", "doctor", due_on or by_rule)
        if not decided_always and case.state in ("active", "following"):
            if not others and not case.open("decision"):
                self.begin(case, "decision", "doctor", rules.decision_on(case.state, case.story.pathway, self.today))
            elif others:
                self.end_all(case, "decision")

    def plan_made(self, case: CaseBook, items: list[dict]) -> None:
        for item in items:
            self.begin(case, "care_task", item["who"], self.today, item=item["item"], resting=True)
        self.ask_to_sign(case, "guardian", rules.due_for("plan_signature", self.today))
        self.enter(case, "planning")

    def ask_to_sign(self, case: CaseBook, who: str, due_on: date) -> None:
        self.begin(case, "signature", who, due_on)

    def plan_begins(self, case: CaseBook) -> None:
        """The family agreed: tasks run from today, and a follow-up is planned where there is none."""
        self.end_all(case, "signature", "question")
        for due in case.open("care_task"):
            due.resting = False
            if due.until_on is None:
                weeks = rules.TASKS[due.item]["weeks"]
                due.until_on = date.fromordinal(self.today.toordinal() + 7 * weeks)
                due.due_on = date.fromordinal(self.today.toordinal() + rules.every_days(due.item))
        if not case.open("follow_up"):
            on = rules.follow_up_on(case.story.pathway, "intervention", 0, self.today)
            self.begin(case, "follow_up", "doctor", on)
        self.enter(case, "active")

    def written_down(self, case: CaseBook, due: Due) -> None:
        """A task of the plan was done once: it is due again by its rhythm, until its weeks are over."""
        due.due_on = date.fromordinal(self.today.toordinal() + rules.every_days(due.item))
        if due.due_on > due.until_on:
            self.end(due)
        self.settle(case)

    def looked_again(self, case: CaseBook, *, may_close: bool) -> None:
        """A follow-up took place. `may_close`: it was the last one planned and showed what closing asks for."""
        stage = {"active": "intervention", "following": "consolidation"}.get(case.state)
        case.follow_ups_on.append(self.today)
        self.end_all(case, "follow_up")
        if stage and not may_close:
            done = case.follow_ups_since(case.state)
            self.begin(case, "follow_up", "doctor", rules.follow_up_on(case.story.pathway, stage, done, self.today))
        self.settle(case)

    def closed(self, case: CaseBook, state: str, how: str) -> None:
        self.end_all(case, how=how)
        case.state = state

    # --- moves --------------------------------------------------------------------------------------------------------

    def class_work_follows(self, child: Child) -> None:
        """A child without a class: its teachers' work is the doctor's; with one, it is the class's again."""
        for due, case in list(child.all_open()):
            if child.group is None and due.who == "teacher":
                if due.kind in OF_THE_CLASS_ALONE:
                    self.end(due, "transferred")
                else:
                    due.who, due.from_class = "doctor", True
            elif child.group is not None and due.from_class:
                due.who, due.from_class = "teacher", False
            if case:
                self.settle(case)

    def gone(self, child: Child, reason: str, state: str = "stopped") -> None:
        """Everything due for a child ends for one reason, but what its family has asked."""
        for case in child.open_cases:
            self.closed(case, state, reason)
        for due in child.open():
            if due.kind not in OF_THE_FAMILY:
                self.end(due, reason)
        child.going_to = None

    def remember(self, child: Child) -> tuple:
        """Return what a child's page of the book says now, for taking a step back."""
        return deepcopy((child.dues, child.cases))

    def recall(self, child: Child, remembered: tuple) -> None:
        child.dues, child.cases = remembered
