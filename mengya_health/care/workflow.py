"""The loop as frozen values: states, events, who sends them, what must be there. `workflow_file` reads them."""

from collections.abc import Mapping
from dataclasses import dataclass

NOTHING_IS_DUE = "nothing_is_due"
START = "start"  # the state of a case that is not opened yet


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What the doctor has to decide in a state, and the time limit; `pathway` names a rule whose days win.

    `when` NOTHING_IS_DUE: only while nobody has anything to do in the case, so that no case ever rests unseen.
    """

    title: str
    limit: str
    pathway: str | None = None
    when: str | None = None


@dataclass(frozen=True, kw_only=True)
class StateName:
    """One state: its names for clinics and for families, its stage, whose turn it is."""

    name: str
    plain: str = ""
    stage: str
    turn: str
    decide: Decision | None = None


@dataclass(frozen=True, kw_only=True)
class ConditionText:
    """A condition in words: its title, and what is said when it does not hold.

    `fix` maps a target that pages know to a button's label. Only what is `evidence` may be released by a reviewer.
    """

    title: str
    what: str
    why: str
    turn: str
    kind: str
    fix: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Transition:
    """One event of one state: where it leads, who may send it (all rules hold), what must be there."""

    to: str
    by: tuple[str, ...]
    conditions: tuple[str, ...]
    release: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The numbers of the loop itself."""

    take_back_minutes: int
    observation_days: int
    home_records: int
    unconfirmed_days: int
    unconfirmed_contacts: int
    lost_after: str
    receiver_days: int
    answered_receiver_days: int
    conference_days: int


@dataclass(frozen=True, kw_only=True)
class ReferralClocks:
    """The time limits of a letter that is out: until it is taken up, and until one asks what came of it."""

    booked: str
    tracked: str


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """How often a check-in is due: every so many days, and how many times in all where that is fixed."""

    every_days: int
    times: int | None = None


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """The whole loop. `due` is purpose → time limit, `clocks` kind of task → the limit by which it comes up."""

    id: str
    version: int
    title: str
    deciders: Mapping[str, str]
    limits: Limits
    due: Mapping[str, str]
    clocks: Mapping[str, str]
    referral_clocks: ReferralClocks
    urgencies: tuple[str, ...]
    needs_instruction: tuple[str, ...]
    beside_referral: tuple[str, ...]
    rhythms: Mapping[str, Rhythm]
    not_done_reasons: Mapping[str, str]
    contact_ways: Mapping[str, str]
    feedback_results: Mapping[str, str]
    stages: Mapping[str, str]
    states: Mapping[str, StateName]
    events: Mapping[str, str]
    conditions: Mapping[str, ConditionText]
    transitions: Mapping[str, Mapping[str, Transition]]

    def is_closed(self, state: str) -> bool:
        """Return whether a case in this state is over."""
        return self.states[state].stage == "closed"
