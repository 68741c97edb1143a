"""How long the lists of a clinic of 5,000 children take: 应检名单 and 今日."""

import statistics
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter, process_time

from mengya_health.app import create_app
from mengya_health.crypto.passwords import Passwords
from mengya_health.entry import cookie_name
from mengya_health.operations.first_run import initialise
from mengya_health.operations.installation import Installation, begin_work, open_installation
from mengya_health.people.sessions import open_session
from mengya_health.screening.commands import plan_visit_of
from tests.bench.measure import request_to
from tests.conftest import CHEAP, CHEAP_HASHES, PASSPHRASE, settings_in
from tests.factories import CONSENTS, a_child, a_district

AT_ONCE = 250
OLDEST_DAYS = 84 * 30
TRIES = 15
PAGES = ("/due", "/due?which=overdue", "/due?which=all", "/due?which=all&page=20", "/today", "/today?tab=all&show=all")


def lines(folder: Path, children: int) -> list[str]:
    """Make such a clinic in a folder and return a line for each page: wall and CPU milliseconds, the median."""
    installation, doctor = _clinic(folder, children)
    app = create_app(installation)
    with begin_work(installation, None) as work:
        cookie = f"{cookie_name(installation)}={open_session(work, doctor, 'password')}"
    printed = [f"a clinic of {children} children, one request at a time, median of {TRIES}: ms (of these CPU)"]
    for path in PAGES:
        request = request_to(app, "GET", path, Cookie=cookie)
        request()
        wall, cpu = [], []
        for _ in range(TRIES):
            started, started_cpu = perf_counter(), process_time()
            request()
            wall.append((perf_counter() - started) * 1000)
            cpu.append((process_time() - started_cpu) * 1000)
        printed.append(f"{path:<44}{statistics.median(wall):>9.1f}{statistics.median(cpu):>9.1f}")
    return printed


def _clinic(folder: Path, children: int) -> tuple[Installation, object]:
    """Return an installation with so many children of all ages, each with its next check planned, and its doctor."""
    settings = settings_in(folder)
    initialise(settings, PASSPHRASE, now=datetime.now(UTC), cost=CHEAP, environ={})
    installation = open_installation(settings, passwords=Passwords(CHEAP_HASHES), environ={})
    district = a_district(installation)
    chance, today = Random(5000), datetime.now(UTC).date()  # noqa: S311
    for first in range(0, children, AT_ONCE):
        with begin_work(installation, district.doctor) as work:
            for number in range(first, min(first + AT_ONCE, children)):
                born_on: date = today - timedelta(days=chance.randrange(OLDEST_DAYS))
                group_id = district.group_id if number % 20 == 0 else None
                child = a_child(
                    work, district, name=f"样本{number}", birth_on=born_on, group_id=group_id, consents=CONSENTS[:1]
                )
                plan_visit_of(work, child)
    return installation, district.doctor.user_id
