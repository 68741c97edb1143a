"""S-51: four processes guess one account's password from fifty addresses."""

import multiprocessing
from datetime import timedelta

import pytest
from sqlalchemy import select

from mengya_health.crypto.passwords import Passwords
from mengya_health.errors import Invalid, TooMany
from mengya_health.operations.installation import begin_work, open_installation
from mengya_health.people import accounts, sign_in
from mengya_health.people.credential_models import AccountNotice
from mengya_health.people.models import Throttle
from mengya_health.people.throttle import account_key
from tests.conftest import CHEAP_HASHES, START
from tests.factories import PASSWORD, an_account

LOGIN = "doctor.one"
PROCESSES, TRIES, ADDRESSES = 4, 50, 50


def guess(settings, content, process: int, together, answers) -> None:
    """Try fifty passwords, half a minute apart, in step with the other processes."""
    now = [START]
    installation = open_installation(
        settings, now=lambda: now[0], passwords=Passwords(CHEAP_HASHES), content=content, environ={}
    )
    for number in range(TRIES):
        now[0] = START + timedelta(seconds=30 * number)
        together.wait()
        try:
            with begin_work(installation, None) as work:
                work.address = f"203.0.113.{(number * PROCESSES + process) % ADDRESSES}"
                sign_in.sign_in(work, login=LOGIN, password=f"guess number {number} of {process}")
        except (Invalid, TooMany) as refused:
            answers.put((number, refused.code))
    installation.close()


@pytest.mark.usefixtures("district")
def test_four_processes_share_one_count_of_what_was_guessed(installation, work_as, district, settings, content, clock):
    with work_as(district.sysadmin) as work:
        user_id = an_account(work, login=LOGIN).id
        accounts.add_membership(work, user_id=user_id, role="doctor", organisation_id=district.clinic_id)
    installation.before_fork()
    forking = multiprocessing.get_context("fork")
    together, answers = forking.Barrier(PROCESSES), forking.Queue()
    guessers = [
        forking.Process(target=guess, args=(settings, content, number, together, answers))
        for number in range(PROCESSES)
    ]
    for each in guessers:
        each.start()
    said = [answers.get(timeout=120) for _ in range(PROCESSES * TRIES)]
    for each in guessers:
        each.join(timeout=60)
        assert each.exitcode == 0
    hashed = sorted(number for number, code in said if code == "invalid")
    with work_as(None, writing=False) as work:
        key = account_key(work, work.keys.index.login(LOGIN))
        counted = work.session.scalar(select(Throttle.failures).where(Throttle.key == key))
        told = work.session.scalars(select(AccountNotice.kind).where(AccountNotice.user_id == user_id)).all()
    assert counted == len(hashed)  # none was lost between the processes
    assert len(hashed) < 5 * PROCESSES  # of two hundred
    openings = sorted(set(hashed))
    pauses = [later - earlier for earlier, later in zip(openings, openings[1:], strict=False)]
    assert pauses == sorted(pauses)  # each longer than the one before
    assert pauses[-1] > pauses[0]
    assert told.count("tries_failed") == 1
    clock.now = START + timedelta(seconds=30 * TRIES) + timedelta(minutes=15)
    with work_as(None) as work:
        assert sign_in.sign_in(work, login=LOGIN, password=PASSWORD).token  # and it is not shut for good
