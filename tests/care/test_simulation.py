"""Years of a whole district, day by day: everything due is done, open, or removed with a typed reason.

People act by chance through the real commands on a real SQLite file: they come late or never, move, refuse, change
their minds, take decisions back; nobody opens the program for weeks; the clock is set back, or it is nearly midnight.
A book beside it says what is due by the files in workflows/ alone, and is compared with what everybody is shown: on
every day how many stand on each list of each clinic, by whom they wait and how many have come up to the lead, and every
line of the families something happened to and of one family in twenty; every Monday and Thursday every line of every
list of the clinics and classes; every Monday the name of every planned check. The specialist's letters every day.
"""

from datetime import timedelta

import pytest
from sqlalchemy import select

from mengya_health.care.models import OPEN_TASK, Referral, Task
from mengya_health.care.tasks import open_body
from tests.care.simulated import rules, shown
from tests.care.simulated.district import SimulatedDistrict
from tests.care.simulated.living import a_day, next_day

OFTEN = {"check", "open", "flag", "refer", "reply", "seen", "plan", "concern"}
# Closing is hardly ever reached by chance: test_twelve_walks.py and test_wandering.py go there on purpose.
SELDOM = {
    "accept handover", "agree to record", "answer question", "ask first", "change class", "clear",
    "come back", "correct check", "decide findings", "decline", "die",
    "end care_task", "end follow_up", "end referral", "evaluate", "excuse", "finish handover", "follow up",
    "leave class", "leave district", "look first", "meet goals", "place ended", "refuse handover",
    "refuse record", "relapse", "release", "renew place", "reopen", "rescreen", "revise", "seen", "send back", "stop",
    "stop what is open", "take back", "withdraw", "withdraw handover",
}  # fmt: skip


def test_sixty_days_of_a_dozen_children(installation, work_as, clock):
    sim = SimulatedDistrict(installation, work_as, clock, seed=6)
    live(sim, children=12, days=60, pace=8.0, oldest_days=900)
    assert set(sim.done) >= OFTEN, sim.done
    require_reasons(sim)


@pytest.mark.full
def test_two_years_of_five_hundred_children(installation, work_as, clock):
    sim = SimulatedDistrict(installation, work_as, clock, seed=2026)
    live(sim, children=500, days=730, pace=0.8, oldest_days=6 * 365)
    assert set(sim.done) >= OFTEN | SELDOM, sim.done
    require_reasons(sim)


def live(sim: SimulatedDistrict, *, children: int, days: int, pace: float, oldest_days: int) -> None:
    """Let so many children live so long; some are known from the start, the others are born meanwhile."""
    last_on = sim.book.today + timedelta(days=days)
    for number in range(round(children * 0.7)):
        register(sim, oldest_days=oldest_days, number=number)
    while sim.book.today < last_on:
        left = (last_on - sim.book.today).days
        if len(sim.book.children) < children and sim.may((children - len(sim.book.children)) / left):
            register(sim, oldest_days=40, number=len(sim.book.children))
        a_day(sim, pace=pace)
        if sim.may(0.1):
            sim.late_in_the_evening()
        everybody = list(sim.book.children.values())
        families = [each for each in everybody if each.id in sim.touched] + everybody[sim.book.today.day % 20 :: 20]
        shown.require_same(sim, families=families, is_in_full=sim.book.today.weekday() in (0, 3))
        if sim.book.today.weekday() == 0:
            shown.require_checks_listed(sim)
        sim.begin_day(next_day(sim))


def register(sim: SimulatedDistrict, *, oldest_days: int, number: int) -> None:
    born_on = sim.book.today - timedelta(days=sim.chance.randrange(oldest_days))
    group = None if number % 2 else sim.chance.randrange(2)
    sim.register(born_on, group=group if (sim.book.today - born_on).days > 300 else None)


def require_reasons(sim: SimulatedDistrict) -> None:
    """Raise AssertionError unless everything that was ever due is open, done on a day, or says why it was removed."""
    with sim.work_as(None) as work:
        rows = list(work.session.scalars(select(Task)))
        unanswered = {row.id: row.status for row in work.session.scalars(select(Referral))}
        for row in rows:
            if row.status in OPEN_TASK:
                assert row.done_on is None, (row.kind, row.status)
                continue
            assert row.done_on is not None, (row.kind, row.status)
            if row.status in ("cancelled", "failed"):
                assert open_body(work, row).get("not_done") in rules.REASONS, (row.kind, row.status)
            elif row.status == "rejected":
                assert unanswered[row.subject_id] == "rejected"
            else:
                assert row.status in ("completed", "entered-in-error"), (row.kind, row.status)  # the latter: taken back
    everything = sum(
        len(child.dues) + sum(len(case.dues) for case in child.cases) for child in sim.book.children.values()
    )
    assert len([row for row in rows if row.status != "entered-in-error"]) == everything
