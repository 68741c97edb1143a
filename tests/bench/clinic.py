"""A clinic as large as they come: thousands of children with their next check, hundreds of cases in mixed states."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from uuid import UUID

from sqlalchemy import insert

from mengya_health.care import commands, plans
from mengya_health.crypto.passwords import Passwords
from mengya_health.db import new_id
from mengya_health.operations.first_run import initialise
from mengya_health.operations.installation import Installation, begin_work, open_installation
from mengya_health.people.facts import ChildFacts
from mengya_health.record.models import Task
from mengya_health.record.tasks import open_body
from mengya_health.screening.commands import plan_visit_of
from tests.care.walking import STORIES, Story, Walk
from tests.conftest import CHEAP, CHEAP_HASHES, PASSPHRASE, settings_in
from tests.factories import CONSENTS, District, a_child, a_district, a_guardian

AT_ONCE = 250
YOUNGEST_DAYS, OLDEST_DAYS = 91, 84 * 30
IN_CLASS_EVERY = 20  # one child in so many goes to the nursery
LONGEST_AGO_DAYS = 45
DONE_BEFORE = 10  # checks of each child
COPIED = ("child_id", "kind", "organisation_id", "whose_turn", "body", "created_at", "row_version")
CASE_AGES = range(14, 34)  # months: what the two stories' tasks suit
# How far a case has come, and how many of a hundred stand there.
STAGES = {
    "watched": 15,
    "flagged": 15,
    "rescreened": 10,
    "referred": 20,
    "planned": 10,
    "asked": 5,
    "supported": 25,
}


@dataclass
class Clock:
    """What the clinic's clock shows while its cases are being opened."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass(frozen=True)
class Clinic:
    """An installation with such a clinic, and its doctor."""

    installation: Installation
    doctor_id: UUID


def a_clinic(folder: Path, children: int, cases: int = 0) -> Clinic:
    """Make a clinic with so many children of all ages, so many of them with an open case. The same every time."""
    now, settings = datetime.now(UTC), settings_in(folder)
    clock = Clock(now - timedelta(days=2 * LONGEST_AGO_DAYS))
    initialise(settings, PASSPHRASE, now=clock(), cost=CHEAP, environ={})
    installation = open_installation(settings, passwords=Passwords(CHEAP_HASHES), environ={}, now=clock)
    district = a_district(installation)
    registered = _register(installation, district, children, now)
    fit = [child for child in registered if child.age_months(now.date()) in CASE_AGES]
    chance = Random(600)  # noqa: S311
    stages = chance.choices(list(STAGES), weights=list(STAGES.values()), k=cases)
    for number, (child, stage) in enumerate(zip(chance.sample(fit, cases), stages, strict=True)):
        clock.now = now - timedelta(days=chance.randrange(LONGEST_AGO_DAYS), minutes=30)
        _open_case(installation, district, clock, child, STORIES[1 + number % 2], stage)
    installation.close()
    opened = open_installation(settings, passwords=Passwords(CHEAP_HASHES), environ={})
    return Clinic(opened, district.doctor.user_id)


def _register(installation: Installation, district: District, children: int, now: datetime) -> list[ChildFacts]:
    chance, today, registered = Random(5000), now.date(), []  # noqa: S311
    for first in range(0, children, AT_ONCE):
        with begin_work(installation, district.doctor) as work:
            for number in range(first, min(first + AT_ONCE, children)):
                born_on = today - timedelta(days=chance.randrange(YOUNGEST_DAYS, OLDEST_DAYS))
                group_id = None if number % IN_CLASS_EVERY else district.group_id
                child = a_child(
                    work, district, name=f"样本{number}", birth_on=born_on, group_id=group_id, consents=CONSENTS
                )
                task = plan_visit_of(work, child)
                registered.append(child)
                if task:
                    _done_before(work, task)
    return registered


def _done_before(work, planned: Task) -> None:
    """Store as many checks as a child has behind it, which every list has to step over."""
    said = open_body(work, planned)
    work.session.execute(
        insert(Task), [_check_done(work, planned, said, number) for number in range(5, 5 + DONE_BEFORE)]
    )


def _check_done(work, planned: Task, said: dict, number: int) -> dict:
    id, on = new_id(), planned.due_on - timedelta(days=30 * number)
    sealed = work.keys.seal_body("task", id, planned.child_id, "health", said)
    kept = {name: getattr(planned, name) for name in COPIED}
    return {**kept, "id": id, "body": sealed, "due_on": on, "done_on": on, "status": "completed"}


def _open_case(
    installation: Installation, district: District, clock: Clock, child: ChildFacts, story: Story, stage: str
) -> None:
    """Open a child's case and bring it as far as `stage`, by whoever has to act."""
    walk = Walk(installation, partial(begin_work, installation), clock, story, district, child)
    tasks = [dict(task) for task in story.tasks if task["who"] == "guardian" or child.attends]
    walk.plan = {
        "summary": "接下来几周，家里一起做几件小事。",
        "goals": [{"measure": "复查指标", "target": "回到同龄范围"}],
        "tasks": tasks,
    }
    walk.screen(story.low)
    walk.open()
    if stage != "watched":
        walk.flag()
    if stage == "rescreened":
        with walk.as_(walk.doctor) as work:
            commands.rescreen(work, walk.case_id, reason="再看一次")
    if stage == "referred":
        walk.refer()
    if stage in ("planned", "asked", "supported"):
        walk.mother = a_guardian(installation, district, child)
        walk.make_plan()
    if stage == "asked":
        with walk.as_(walk.mother) as work:
            plans.ask_first(work, walk.case_id, question="可以晚一点再开始吗？")
    if stage == "supported":
        walk.agree()
