"""The worker's sweep: what was lost is done again, what kills its worker is not tried for ever."""

import pytest
from sqlalchemy import func, select, update

from mengya_health import jobs, worker
from mengya_health.db import new_id
from mengya_health.handouts.commands import ask_for
from mengya_health.jobs import Job
from mengya_health.operations.sweeping import sweep_old
from mengya_health.people import accounts, throttle
from mengya_health.people.account_links import invite_user
from mengya_health.people.credential_models import AccountToken
from mengya_health.people.models import Throttle, UserSession
from mengya_health.people.queries import find_child
from mengya_health.people.sessions import open_session
from mengya_health.record.models import Idempotency
from tests.factories import a_child


@pytest.fixture
def job_id(work_as, district):
    with work_as(district.doctor) as work:
        child = a_child(work, district)
        return ask_for(work, find_child(work, child.id), "record_summary").job_id


@pytest.fixture
def queue(installation):
    is_a_file = installation.settings.database_url.startswith("sqlite")
    made = jobs.make_queue(installation.settings, lambda job_id: None, make_tables=is_a_file)
    yield made
    made.storage.close()


def job(work_as, job_id) -> Job:
    with work_as(None, writing=False) as work:
        return work.session.get(Job, job_id)


def die_with(work_as, clock, job_id) -> None:
    """Leave a job as a worker leaves it that was killed while it did the job."""
    with work_as(None) as work:
        died = update(Job).where(Job.id == job_id)
        work.session.execute(died.values(status="in-progress", started_at=work.now, attempts=Job.attempts + 1))


def waiting(queue) -> list[str]:
    found = []
    while task := queue.dequeue():
        found.append(task.args[0])
    return found


def test_a_job_that_never_reached_the_queue_is_sent_by_the_sweep(installation, queue, job_id, clock):
    waiting(queue)
    assert worker.sweep(installation, queue) == 0  # it may be on its way
    clock.forward(seconds=11)
    assert worker.sweep(installation, queue) == 1
    assert waiting(queue) == [str(job_id)]


def test_a_job_whose_worker_died_is_done_again_but_not_for_ever(installation, queue, job_id, clock, work_as):
    for _ in range(worker.ATTEMPTS):
        waiting(queue)
        die_with(work_as, clock, job_id)
        clock.forward(minutes=4)
        assert worker.sweep(installation, queue) == 0  # it may still be at it
        clock.forward(minutes=2)
        worker.sweep(installation, queue)
    assert (job(work_as, job_id).status, job(work_as, job_id).error_code) == ("failed", "worker_died")
    assert waiting(queue) == []


def test_a_job_of_somebody_who_was_shut_out_is_not_done(installation, queue, job_id, work_as, district):
    with work_as(district.sysadmin) as work:
        accounts.disable_user(work, district.doctor.user_id)
    worker.run_job(installation, job_id)
    assert (job(work_as, job_id).status, job(work_as, job_id).error_code) == ("failed", "not_permitted")


def test_a_job_is_done_by_one_worker_only(installation, queue, job_id, work_as, monkeypatch):
    done = []
    monkeypatch.setitem(worker.KINDS, "render_handout", lambda work, subject_id: done.append(subject_id))
    for _ in range(2):
        worker.run_job(installation, job_id)
    assert len(done) == 1
    with work_as(None, writing=False) as work:
        assert work.session.scalars(select(Job.attempts)).one() == 1


def test_old_sign_ins_tries_links_and_forms_are_swept_and_nothing_that_still_counts(
    installation, work_as, district, clock
):
    def rows() -> dict[str, int]:
        with work_as(None, writing=False) as work:
            tables = (UserSession, Throttle, Idempotency, AccountToken)
            return {
                table.__tablename__: work.session.scalar(select(func.count()).select_from(table)) for table in tables
            }

    def leave_some() -> None:
        with work_as(district.sysadmin) as work:
            user = accounts.add_user(work, login=f"new-{work.now.timestamp()}", name="样本")
            accounts.add_membership(work, user_id=user.id, role="manager", organisation_id=district.clinic_id)
            invite_user(work, user.id)
            open_session(work, user.id, "password")
            work.session.add(
                Idempotency(
                    user_id=user.id, key=new_id(), route="x", body_mac=bytes(32), location="/", stored_at=work.now
                )
            )
            throttle.count(work.session, user.id.bytes * 2, throttle.ACCOUNT, work.now)

    leave_some()
    clock.forward(hours=72, seconds=1)
    leave_some()
    assert set(rows().values()) == {2}
    assert sweep_old(installation) == 3
    assert rows() == dict.fromkeys(rows(), 1) | {"account_token": 2}  # who helped somebody in is known for 30 days
    assert sweep_old(installation) == 0
    clock.forward(days=27)
    assert sweep_old(installation) == 4
    assert rows() == dict.fromkeys(rows(), 0) | {"account_token": 1}
