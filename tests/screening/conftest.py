"""A child of any age at the clinic, and one check of it."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from mengya_health.growth.ages import add_months
from mengya_health.people.facts import ChildFacts
from mengya_health.people.queries import find_child
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.commands import find_check, plan_for, record_check
from mengya_health.screening.planned import CheckPlan
from mengya_health.screening.queries import checks_of
from tests.conftest import START
from tests.factories import a_child
from tests.screening.filling import filled_form

TODAY = START.date()


@pytest.fixture
def child_of(work_as, district) -> Callable[..., ChildFacts]:
    """A child so many months (and days) old today."""

    def made(months: int, days: int = 3, **overrides) -> ChildFacts:
        born_on = add_months(TODAY, -months) - timedelta(days=days)
        with work_as(district.doctor) as work:
            return a_child(work, district, **{"birth_on": born_on} | overrides)

    return made


@pytest.fixture
def plan_of(work_as, district) -> Callable[..., CheckPlan]:
    """What a check asks on a day."""

    def planned(child: ChildFacts, on: date = TODAY) -> CheckPlan:
        with work_as(district.doctor, writing=False) as work:
            found = find_child(work, child.id)
            return plan_for(work, found, None, {"done_on": on.isoformat()}, checks_of(work, found))

    return planned


@pytest.fixture
def form_of(content, plan_of) -> Callable[..., dict]:
    """A filled-in form of a check on a day; keywords replace fields."""

    def filled(child: ChildFacts, on: date = TODAY, **changed) -> dict:
        return filled_form(content, child, plan_of(child, on), **changed)

    return filled


@pytest.fixture
def check(work_as, district, form_of) -> Callable[..., OpenEntry]:
    """Record a check and return it as it is stored."""

    def recorded(child: ChildFacts, on: date = TODAY, **changed) -> OpenEntry:
        sent = form_of(child, on, **changed)
        with work_as(district.doctor) as work:
            entry = record_check(work, find_child(work, child.id), None, sent)
        return stored(child, entry.id)

    def stored(child: ChildFacts, entry_id) -> OpenEntry:
        with work_as(district.doctor, writing=False) as work:
            return find_check(work, find_child(work, child.id), entry_id)

    return recorded
