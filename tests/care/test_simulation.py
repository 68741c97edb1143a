"""Years of a whole district, day by day: everything due is done, open, or removed with a typed reason."""

from datetime import timedelta

import pytest

from tests.care.simulated import shown
from tests.care.simulated.district import SimulatedDistrict
from tests.care.simulated.living import a_day, next_day


def test_four_months_of_a_dozen_children(installation, work_as, clock):
    sim = SimulatedDistrict(installation, work_as, clock, seed=1)
    live(sim, children=12, days=120, pace=6.0)
    print(sim.done, sim.refused)


@pytest.mark.full
def test_two_years_of_five_hundred_children(installation, work_as, clock):
    sim = SimulatedDistrict(installation, work_as, clock, seed=2026)
    live(sim, children=500, days=730, pace=1.0)
    print(sim.done, sim.refused)


def live(sim: SimulatedDistrict, *, children: int, days: int, pace: float) -> None:
    last_on = sim.book.today + timedelta(days=days)
    known = round(children * 0.7)
    for number in range(known):
        register(sim, oldest_days=6 * 365, number=number)
    while sim.book.today < last_on:
        left = (last_on - sim.book.today).days
        if len(sim.book.children) < children and sim.may((children - len(sim.book.children)) / left):
            register(sim, oldest_days=40, number=len(sim.book.children))
        a_day(sim, pace=pace)
        if sim.may(0.1):
            sim.late_in_the_evening()
        everybody = list(sim.book.children.values())
        families = [each for each in everybody if each.id in sim.touched] + everybody[sim.book.today.day % 20 :: 20]
        is_in_full = sim.book.today.weekday() in (0, 3)
        shown.require_same(sim, families=families, is_in_full=is_in_full)
        if is_in_full:
            shown.require_checks_listed(sim)
        sim.begin_day(next_day(sim))


def register(sim: SimulatedDistrict, *, oldest_days: int, number: int) -> None:
    born_on = sim.book.today - timedelta(days=sim.chance.randrange(oldest_days))
    group = None if number % 2 else sim.chance.randrange(2)
    sim.register(born_on, group=group if (sim.book.today - born_on).days > 300 else None)
