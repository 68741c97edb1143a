"""How long the lists of a clinic of 5,000 children and 600 open cases take: 今日, the work lists, 应检名单."""

import os
import statistics
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter, process_time

from sqlalchemy import event

from mengya_health.app import create_app
from mengya_health.entry import cookie_name
from mengya_health.operations.installation import begin_work
from mengya_health.people.sessions import open_session
from tests.bench.clinic import DONE_BEFORE, Clinic, a_clinic
from tests.bench.measure import Request, request_to

TRIES = 41
CASES_PER_CHILD = 600 / 5000
PAGES = (
    "/today",
    "/today?tab=overdue",
    "/today?tab=all&show=all",
    "/cases",
    "/cases?tab=others",
    "/cases?tab=raised",
    "/cases?tab=open",
    "/due",
    "/due?which=overdue",
    "/due?which=all",
    "/due?which=all&page=20",
)


def lines(folder: Path, children: int) -> Iterator[str]:
    """Make such a clinic in a folder and yield a line for each page: milliseconds by clock and of CPU, and statements.

    One request after the other in one process, as the server's own time: no network and no browser.
    """
    cases = round(children * CASES_PER_CHILD)
    clinic = a_clinic(folder, children, cases)
    known = f"{children} children, {cases} open cases, {children * DONE_BEFORE} checks done before"
    yield f"a clinic of {known}: one request at a time, {TRIES} of each"
    yield f"load before: {_load()}"
    yield f"{'':<28}{'clock ms':>18}{'CPU ms':>18}{'SQL':>6}"
    yield f"{'':<28}{'median':>10}{'p95':>8}{'median':>10}{'p95':>8}"
    yield from (_line(path, *measured) for path, *measured in _measured(clinic))
    yield f"load after: {_load()}"


def _measured(clinic: Clinic) -> Iterator[tuple[str, list[float], list[float], int]]:
    installation, seen = clinic.installation, []
    app = create_app(installation)
    with begin_work(installation, None) as work:
        cookie = f"{cookie_name(installation)}={open_session(work, clinic.doctor_id, 'password')}"
    for engine in (installation.engine, installation.keystore._engine):
        event.listen(engine, "before_cursor_execute", lambda _c, _cursor, statement, *_: seen.append(statement))
    for path in PAGES:
        request = request_to(app, "GET", path, Cookie=cookie)
        request()  # compiles its statements and templates
        seen.clear()
        request()
        asked = sum(not each.startswith(("BEGIN", "COMMIT", "SET")) for each in seen)
        yield path, *_times_ms(request), asked


def _times_ms(request: Request) -> tuple[list[float], list[float]]:
    clock, cpu = [], []
    for _ in range(TRIES):
        started, started_cpu = perf_counter(), process_time()
        request()
        clock.append((perf_counter() - started) * 1000)
        cpu.append((process_time() - started_cpu) * 1000)
    return clock, cpu


def _line(path: str, clock: list[float], cpu: list[float], asked: int) -> str:
    figures = "".join(f"{statistics.median(each):>10.1f}{_p95(each):>8.1f}" for each in (clock, cpu))
    return f"{path:<28}{figures}{asked:>6}"


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def _load() -> str:
    return " ".join(f"{each:.2f}" for each in os.getloadavg())
