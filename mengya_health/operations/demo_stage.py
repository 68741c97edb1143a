"""Where the demo is played: an installation whose clock stands where each event needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from mengya_health.access.actor import Actor
from mengya_health.operations.installation import Installation, begin_work
from mengya_health.work import LOCAL, Work

OPENING, MORNING, NOON, AFTERNOON, EVENING = time(8, 20), time(9, 20), time(11, 40), time(15, 30), time(20, 10)


@dataclass
class Stage:
    """The installation, the day it is made for, and who and what there is."""

    installation: Installation
    today: date
    places: dict[str, UUID] = field(default_factory=dict)
    groups: dict[str, UUID] = field(default_factory=dict)
    staff: dict[str, Actor] = field(default_factory=dict)

    @contextmanager
    def work(self, actor: Actor | None, on: date, at: time) -> Iterator[Work]:
        """Open a unit of work as it would have been opened on that day."""
        moment = datetime.combine(on, at, LOCAL)
        with begin_work(replace(self.installation, now=lambda: moment), actor) as work:
            yield work

    def ago(self, days: int) -> date:
        return self.today - timedelta(days=days)


@dataclass(order=True)
class Event:
    """One thing that happened; events are played in the order of time, then in the order they were thought of."""

    on: date
    at: time
    number: int
    act: Callable[[date, time], None] = field(compare=False)
