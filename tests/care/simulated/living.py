"""One day of everybody's life: what is due is done by chance, sooner or later or never, and things come between."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta

from tests.care.simulated import checks, loop, moves
from tests.care.simulated.book import CaseBook, Child, Due
from tests.care.simulated.district import Refused, SimulatedDistrict
from tests.care.walking import STORIES

# How likely something due is taken up on a day: the doctor's desk is quick, families and classes take their time.
PACE = {"visit": 0.06, "finding": 0.3, "decision": 0.25, "signature": 0.2, "question": 0.3, "concern": 0.3,
        "care_task": 0.12, "follow_up": 0.1, "referral_reply": 0.05, "handover": 0.15, "look_first": 0.15,
        "consent_ended": 0.1, "second_doctor": 0.1}  # fmt: skip
BORN_BEFORE_IT_STARTS = (0, 6 * 365)  # days: how old a child is when it is first known
LONGEST_GAP_DAYS = 21


def a_day(sim: SimulatedDistrict, *, pace: float = 1.0) -> None:
    """Let everybody live one day; `pace` stretches how often things come between."""
    moves.places_end(sim)
    if sim.book.today.day == 3:
        for clinic in range(2):
            moves.places_are_renewed(sim, clinic)
    for child in list(sim.book.children.values()):
        _try(lambda child=child: _live(sim, child, pace))
    if sim.may(0.1):
        sim.clock_is_set_back()
        for child in sim.chance.sample(list(sim.book.children.values()), min(3, len(sim.book.children))):
            _try(lambda child=child: _live(sim, child, pace))


def next_day(sim: SimulatedDistrict) -> date:
    """Return the day that follows: tomorrow, or after a time in which nobody opened the program, some weeks later."""
    days = sim.chance.randrange(2, LONGEST_GAP_DAYS) if sim.may(0.01) else 1
    return sim.book.today + timedelta(days=days)


def _try(act: Callable[[], None]) -> None:
    with suppress(Refused):  # counted, and the book says as before
        act()


def _live(sim: SimulatedDistrict, child: Child, pace: float) -> None:
    if not child.is_alive:
        return
    if not child.is_here:
        if sim.may(0.01):
            moves.comes_back(sim, child)
        return
    if not child.is_kept:
        _without_record(sim, child)
        return
    for due, case in list(child.all_open()):
        is_there = any(each is due for each, _case in child.all_open())  # not taken back meanwhile, and not done
        if is_there and not due.resting and sim.may(PACE[due.kind]):
            _try(lambda due=due, case=case: _take_up(sim, child, case, due))
            if not (child.is_alive and child.is_here and child.is_kept):
                return
    _something_comes_between(sim, child, pace)


def _without_record(sim: SimulatedDistrict, child: Child) -> None:
    waiting = child.open("consent_ended")
    if waiting and sim.may(PACE["consent_ended"]):
        moves.what_is_open_stops(sim, child, waiting[0])
    elif sim.may(0.05):
        moves.record_is_agreed(sim, child)


def _take_up(sim: SimulatedDistrict, child: Child, case: CaseBook | None, due: Due) -> None:
    if case is None:
        TAKEN_UP[due.kind](sim, child, due)
    elif due.kind == "decision":
        _decide(sim, child, case)
    else:
        OF_A_CASE[due.kind](sim, child, case, due)


def _visit(sim: SimulatedDistrict, child: Child, due: Due) -> None:
    if due.due_on > sim.book.today + timedelta(days=31) or child.months(sim.book.today) >= 84:
        return
    (checks.comes if sim.may(0.9) else checks.does_not_come)(sim, child, due)


def _finding(sim: SimulatedDistrict, child: Child, due: Due) -> None:
    (checks.decides if sim.may(0.85) else checks.corrects)(sim, child, due)


def _concern(sim: SimulatedDistrict, child: Child, due: Due) -> None:
    loop.answers(sim, child, None, due)


def _signature(sim: SimulatedDistrict, child: Child, case: CaseBook, due: Due) -> None:
    drawn = sim.chance.random()
    if case.state == "planning" and drawn < 0.15:
        loop.declines(sim, child, case)
    elif case.state == "planning" and drawn < 0.3:
        loop.asks_first(sim, child, case)
    elif case.state == "confirming" and drawn < 0.3:
        loop.calls(sim, child, case)
    else:
        loop.signs(sim, child, case, due)


def _care_task(sim: SimulatedDistrict, child: Child, case: CaseBook, due: Due) -> None:
    if due.who == "doctor" or sim.may(0.03):
        loop.gives_task_up(sim, child, case, due)
    elif due.due_on <= sim.book.today:
        loop.writes_down(sim, child, case, due)


def _follow_up(sim: SimulatedDistrict, child: Child, case: CaseBook, due: Due) -> None:
    if due.due_on <= sim.book.today + timedelta(days=3):
        (loop.gives_task_up if sim.may(0.04) else lambda *_: loop.follows_up(sim, child, case))(sim, child, case, due)


def _referral_reply(sim: SimulatedDistrict, child: Child, case: CaseBook, due: Due) -> None:
    drawn = sim.chance.random()
    if drawn < 0.3:
        loop.is_seen(sim, child, case, due)
    elif drawn < 0.8:
        loop.replies(sim, child, case, due)
    elif drawn < 0.9 and sim.book.today < due.until_on:
        loop.is_sent_back(sim, child, case, due)
    else:
        loop.gives_referral_up(sim, child, case, due)


def _second_doctor(sim: SimulatedDistrict, child: Child, case: CaseBook, due: Due) -> None:
    loop.closes_unconfirmed(sim, child, case)


TAKEN_UP = {
    "visit": _visit, "finding": _finding, "concern": _concern, "handover": moves.goes_on_with_handover,
    "look_first": checks.looks_first, "consent_ended": moves.what_is_open_stops,
}  # fmt: skip
OF_A_CASE = {
    "signature": _signature, "question": loop.answers, "care_task": _care_task, "follow_up": _follow_up,
    "referral_reply": _referral_reply, "second_doctor": _second_doctor,
}  # fmt: skip
# What a doctor decides in each state, and how often; what is refused stays to be decided.
DECIDED = {
    "watching": ((loop.flags, 5), (loop.refers, 1), (loop.releases, 1)),
    "positive": ((loop.rescreens, 2), (loop.refers, 3), (loop.plans_support, 5), (loop.clears, 1)),
    "rescreening": ((loop.refers, 2), (loop.plans_support, 3), (loop.clears, 1)),
    "referred": ((loop.plans_support, 5), (loop.rescreens, 1), (loop.refers, 1), (loop.clears, 1)),
    "active": ((loop.evaluates, 2), (loop.meets_goals, 2), (loop.revises, 1)),
    "following": ((loop.proposes_closing, 5), (loop.relapses, 1)),
}


def _decide(sim: SimulatedDistrict, child: Child, case: CaseBook) -> None:
    acts, weights = zip(*DECIDED[case.state], strict=True)
    act = sim.chance.choices(acts, weights)[0]
    if sim.may(0.1):
        loop.takes_back(sim, child, case, act)
    else:
        act(sim, child, case)


def _something_comes_between(sim: SimulatedDistrict, child: Child, pace: float) -> None:
    months = child.months(sim.book.today)
    for case in list(child.open_cases):
        if not sim.may(0.02 * pace):
            continue
        _try(lambda case=case: _of_a_case(sim, child, case))
    for case in [case for case in child.cases if not case.is_open]:
        if sim.may(0.001 * pace) and not any(other.story is case.story for other in child.open_cases):
            _try(lambda case=case: loop.reopens(sim, child, case))
    for chance, act in (
        (0.003, lambda: loop.opens(sim, child, sim.chance.choice(STORIES[1:])) if 6 <= months < 30 else None),
        (0.002, lambda: loop.worries(sim, child, "guardian" if child.group is None or sim.may(0.5) else "teacher")),
        (0.003, lambda: checks.asks_to_look_first(sim, child) if 4 <= months < 70 else None),
        (0.003, lambda: loop.observes(sim, child) if child.group is not None else None),
        (0.001, lambda: moves.changes_class(sim, child) if months >= 10 else None),
        (0.0015, lambda: moves.leaves_class(sim, child) if child.group is not None else None),
        (0.0004, lambda: moves.asks_for_another_clinic(sim, child) if child.going_to is None else None),
        (0.0002, lambda: moves.leaves_district(sim, child)),
        (0.0002, lambda: moves.record_is_refused(sim, child)),
        (0.00005, lambda: moves.dies(sim, child) if child.open_cases else None),
    ):
        if sim.may(chance * pace):
            _try(act)
            if not (child.is_alive and child.is_here and child.is_kept):
                return


def _of_a_case(sim: SimulatedDistrict, child: Child, case: CaseBook) -> None:
    possible: list = [loop.refers]
    if sim.may(0.1):
        possible = [loop.stops]
    elif case.state == "active":
        possible = [loop.evaluates, loop.meets_goals, loop.revises, loop.withdraws, loop.refers]
        if child.group is not None:
            loop.observes(sim, child)
    elif case.state == "following":
        possible = [loop.proposes_closing, loop.proposes_closing, loop.relapses, loop.withdraws]
    elif case.state == "confirming":
        possible = [loop.calls, loop.relapses] + ([] if case.open("second_doctor") else [loop.asks_colleague])
    elif case.state == "planning":
        possible = [loop.asks_first, loop.declines, loop.refers]
    sim.chance.choice(possible)(sim, child, case)
