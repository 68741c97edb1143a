"""A district that lives by chance: everybody does what is due sooner or later, or never, through the real commands.

Each act is one unit of work of whoever does it, and a line in the book. An act that is refused leaves the book alone.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

from mengya_health.access.actor import Actor
from mengya_health.errors import MengyaError
from mengya_health.people.commands import enrol_child
from mengya_health.people.facts import ChildFacts
from mengya_health.people.models import User
from mengya_health.people.queries import find_child
from mengya_health.screening.commands import plan_first_visits
from mengya_health.signing.pins import set_pin
from tests.care.simulated.book import Book, Child
from tests.factories import PIN, District, a_child, a_district, a_guardian, a_member

OPENING = timedelta(hours=1)  # nine in the morning by the clinic's wall
EARLY_DAYS = 245  # 35 weeks
YEAR = timedelta(days=365)


class SimulatedDistrict:
    """The places, the people, the clock and the dice."""

    def __init__(self, installation, work_as, clock, seed: int) -> None:
        self.installation, self.work_as, self.clock = installation, work_as, clock
        self.chance = Random(seed)  # noqa: S311
        self.book = Book()
        self.done: Counter[str] = Counter()  # acts that went through, by name
        self.refused: Counter[str] = Counter()
        self.touched: set[UUID] = set()  # children something happened to today
        self.places: District = a_district(work_as)
        with work_as(self.places.sysadmin) as work:
            colleague = a_member(work, "doctor", self.places.other_clinic_id)
        self.doctors = ((self.places.doctor, self.places.second_doctor), (self.places.other_doctor, colleague))
        self.clinics = (self.places.clinic_id, self.places.other_clinic_id)
        self.groups = (self.places.group_id, self.places.other_group_id)
        self.teachers = (self.places.teacher, self.places.other_teacher)
        with work_as(None) as work:
            for teacher in self.teachers:
                set_pin(work, work.session.get(User, teacher.user_id), PIN)
        self.begin_day(clock.now.date())

    # --- time ---------------------------------------------------------------------------------------------------------

    def begin_day(self, on: date) -> None:
        self.clock.now = datetime(on.year, on.month, on.day, tzinfo=UTC) + OPENING
        self.book.today = on
        self.touched.clear()

    def late_in_the_evening(self) -> None:
        """Let the clock show a few minutes before midnight, where UTC is still in the afternoon."""
        self.clock.now = self.clock.now.replace(hour=15, minute=57)

    def clock_is_set_back(self) -> None:
        """Let somebody correct the clock: it shows up to half an hour less than before, on the same day."""
        earliest = self.clock.now.replace(hour=0, minute=30)
        self.clock.now = max(earliest, self.clock.now - timedelta(minutes=self.chance.randrange(1, 30)))

    # --- people -------------------------------------------------------------------------------------------------------

    def doctor_of(self, child: Child) -> Actor:
        return self.doctors[child.clinic][0]

    def mother_of(self, child: Child) -> Actor:
        """Return the child's mother, who signs up the first time she is needed."""
        if child.mother is None:
            with self.work_as(self.doctor_of(child)) as work:
                facts = find_child(work, child.id)
            child.mother = a_guardian(self.installation, self._places_of(child), facts)
        return child.mother

    def _places_of(self, child: Child) -> District:
        return replace(self.places, doctor=self.doctor_of(child), clinic_id=self.clinics[child.clinic])

    def hand_of(self, child: Child, who: str) -> Actor | None:
        """Return whoever has to do something of a kind of hand for a child."""
        if who == "teacher":
            return None if child.group is None else self.teachers[child.group]
        return {"doctor": self.doctor_of, "guardian": self.mother_of}[who](child)

    @contextmanager
    def act(self, name: str, child: Child, actor: Actor) -> Iterator:
        """Do one thing as somebody; what is refused is counted, and told to the caller by the exception `Refused`."""
        try:
            with self.work_as(actor) as work:
                yield work
        except MengyaError as error:
            self.refused[f"{name}: {type(error).__name__}"] += 1
            raise Refused from error
        self.done[name] += 1
        child.acts.append(f"{self.clock.now:%m-%d %H:%M} {name}")
        self.touched.add(child.id)
        self.clock.forward(seconds=1)

    # --- children -----------------------------------------------------------------------------------------------------

    def register(self, born_on: date, *, group: int | None) -> Child:
        """Take a child in at the first clinic; its next check is planned."""
        today, is_early = self.book.today, self.may(0.1)
        enrolled_on = max(born_on, today - timedelta(days=self.chance.randrange(YEAR.days)))
        name = f"样本{len(self.book.children)}"
        with self.work_as(self.places.doctor) as work:
            made: ChildFacts = a_child(
                work,
                self.places,
                name=name,
                birth_on=born_on,
                gestational_days=EARLY_DAYS if is_early else None,
                group_id=None,
            )
            if group is not None:
                enrol_child(work, made, self.groups[group], from_on=enrolled_on)
            plan_first_visits(work, made)
        child = Child(made.id, name, born_on, is_early, 0, group, enrolled_on if group is not None else None, today)
        self.book.children[child.id] = child
        self.book.plan_visit(child)
        self.touched.add(child.id)
        return child

    def may(self, chance: float) -> bool:
        return self.chance.random() < chance

    def reason(self) -> str:
        """Return a typed reason at random, none that needs a text or says the child is gone."""
        return self.chance.choice(["already_done", "not_responding", "declined", "wrong_contact"])

    def class_place_ended(self, child: Child) -> bool:
        """Return whether the year for which a place in class is granted is over today."""
        return child.enrolled_on is not None and child.enrolled_on + YEAR <= self.book.today


class Refused(Exception):
    """An act the product refused with a typed error; nothing was stored."""
