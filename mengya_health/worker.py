"""The job runner: takes ids from the queue, does the slow work under the requester's rights, sweeps what was lost."""

import logging
import signal
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update

from mengya_health import db, jobs
from mengya_health.access import fence
from mengya_health.care.places_ended import bring_back_class_work
from mengya_health.errors import MengyaError, NotPermitted
from mengya_health.handouts.fonts import check_rendering
from mengya_health.handouts.making import forget_old, render_handout
from mengya_health.handouts.queries import KEPT
from mengya_health.jobs import Job
from mengya_health.operations.channels import channels_of
from mengya_health.operations.checkpointing import flag_clock, take_checkpoint
from mengya_health.operations.erasing import carry_out
from mengya_health.operations.installation import Installation, begin_work
from mengya_health.operations.messages import post
from mengya_health.operations.sweeping import sweep_old
from mengya_health.people.acting import actor_of_user
from mengya_health.people.watch import HOUR, watch

log = logging.getLogger("mengya")

KINDS = {"render_handout": render_handout, "erase": carry_out}
ATTEMPTS = 3
SWEEP_EVERY_S = 30
CHECKPOINT_EVERY_S = 15 * 60
CLOCK_SLACK = timedelta(seconds=2)
SWEEP_OLD_EVERY_S = 3600
PAUSE_S = 2
MISSED = timedelta(days=7)  # how far back a worker that starts looks for readings of decoys


def run(installation: Installation) -> None:
    """Run jobs and make checkpoints until told to stop.

    Raises StartRefused where PDFs could not be made, Unavailable where nothing may be written.
    """
    installation.require_running()
    check_rendering()
    settings = installation.settings
    channels = channels_of(settings)
    is_a_file = settings.database_url.startswith("sqlite")
    queue = jobs.make_queue(settings, lambda job_id: run_job(installation, job_id), make_tables=is_a_file)
    stopping = _stop_on_signals()
    next_sweep, next_sweep_of_old, next_checkpoint = 0.0, 0.0, time.monotonic() + CHECKPOINT_EVERY_S
    clock = ClockWatch(installation.now)
    while not stopping:
        try:
            if time.monotonic() >= next_sweep:
                if jumped := clock.jump():
                    flag_clock(installation, jumped)
                    next_checkpoint = time.monotonic() + CHECKPOINT_EVERY_S  # it would hold everybody to that clock
                sweep(installation, queue)
                watch_over(installation, decoys_since=HOUR if next_sweep else MISSED)
                post(installation, channels)
                next_sweep = time.monotonic() + SWEEP_EVERY_S
            if time.monotonic() >= next_checkpoint:
                next_checkpoint = time.monotonic() + CHECKPOINT_EVERY_S
                take_checkpoint(installation)
            if time.monotonic() >= next_sweep_of_old:
                sweep_old(installation)
                after_places_ended(installation)
                next_sweep_of_old = time.monotonic() + SWEEP_OLD_EVERY_S
            _next_job(queue)
        except Exception as error:  # noqa: BLE001 a database that is away for a minute must not end the worker
            log.error("the worker waits: %s", type(error).__name__)
            time.sleep(PAUSE_S)
    queue.storage.close()
    checkpoint_at_end(installation)
    installation.close()


def checkpoint_at_end(installation: Installation) -> None:
    """Make the last checkpoint before the process ends; what keeps it from being made is logged."""
    if installation.stopped:
        return
    try:
        take_checkpoint(installation)
    except Exception as error:  # noqa: BLE001 the process ends either way; the next one makes the checkpoint
        log.error("no checkpoint at the end: %s", type(error).__name__)


class ClockWatch:
    """Compares the clock on the wall with one that nobody sets and that goes on while the machine sleeps."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._wall, self._steady_s = now(), _steady_s()

    def jump(self) -> timedelta | None:
        """Return by how much the clock was set since the last look, None for less than two seconds."""
        wall, steady_s = self._now(), _steady_s()
        jumped = wall - self._wall - timedelta(seconds=steady_s - self._steady_s)
        self._wall, self._steady_s = wall, steady_s
        return jumped if abs(jumped) > CLOCK_SLACK else None


def _steady_s() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _next_job(queue) -> None:
    task = queue.dequeue()
    if task is None:
        time.sleep(0.2)
    else:
        queue.execute(task)


def run_job(installation: Installation, job_id: UUID) -> None:
    """Do one job. A second run of a finished job changes nothing."""
    job = _take(installation, job_id)
    if job is None:
        return
    try:
        with begin_work(installation, None, writing=False) as work:
            actor = actor_of_user(work, job.asked_by)
        with begin_work(installation, actor) as work:
            KINDS[job.kind](work, job.subject_id)
    except MengyaError as error:
        again = job.attempts < ATTEMPTS and not isinstance(error, NotPermitted)
        _finish(installation, job_id, "requested" if again else "failed", error.code)
    except Exception as error:  # noqa: BLE001 the outermost loop of jobs: the next one must still run
        log.error("job %s failed: %s", job_id, type(error).__name__)
        _finish(installation, job_id, "requested" if job.attempts < ATTEMPTS else "failed", "unexpected")
    else:
        _finish(installation, job_id, "completed", "")


def sweep(installation: Installation, queue) -> int:
    """Send again what was committed and never begun, and what a dead worker left; return how many."""
    now = installation.now()
    with db.open_session(installation.engine, writing=True) as session:
        dead = (Job.status == "in-progress") & (Job.started_at < now - timedelta(minutes=5))
        lost = update(Job).where(dead, Job.attempts >= ATTEMPTS)  # a job that kills its worker is not tried for ever
        session.execute(lost.values(status="failed", error_code="worker_died", finished_at=now))
        session.execute(update(Job).where(dead).values(status="requested"))
        fence.lift(session)
        forget_old(session, before=now - KEPT)
        waiting = jobs.unsent(session, before=now - timedelta(seconds=10))
        session.commit()
    jobs.send(queue, waiting)
    return len(waiting)


def after_places_ended(installation: Installation) -> None:
    """Bring back to the doctor what a class had to do for children whose place in it has run out."""
    with begin_work(installation, None) as work:
        bring_back_class_work(work)


def watch_over(installation: Installation, *, decoys_since: timedelta = HOUR) -> None:
    """Raise the alarms that the audit calls for."""
    with begin_work(installation, None) as work:
        watch(work, decoys_since=decoys_since)


def _take(installation: Installation, job_id: UUID) -> Job | None:
    """Mark a requested job as begun, by compare-and-set, so that two workers never do it twice at once."""
    with db.open_session(installation.engine, writing=True) as session:
        taken = session.execute(
            update(Job)
            .where(Job.id == job_id, Job.status == "requested")
            .values(status="in-progress", started_at=installation.now(), attempts=Job.attempts + 1)
        )
        job = session.get(Job, job_id) if taken.rowcount else None
        session.commit()
        return job


def _finish(installation: Installation, job_id: UUID, status: str, error_code: str) -> None:
    with db.open_session(installation.engine, writing=True) as session:
        session.execute(
            update(Job)
            .where(Job.id == job_id)
            .values(status=status, error_code=error_code, finished_at=installation.now())
        )
        session.commit()


def _stop_on_signals() -> list:
    stopping: list[int] = []
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda number, _frame: stopping.append(number))
    return stopping
