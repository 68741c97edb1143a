"""The product as it is served, web and worker processes, for a small district; people who look at its pages."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path

import pytest

from mengya_health.config import settings_from
from mengya_health.operations.first_run import initialise
from mengya_health.operations.installation import begin_work, open_installation
from mengya_health.people import accounts
from tests.conftest import CHEAP, PASSPHRASE, START
from tests.factories import PASSWORD, District, a_district
from tests.journeys.people import Person
from tests.journeys.served import clock_in

STARTS_WITHIN_S = 60


@dataclass
class Town:
    """A served installation: where it is, whose places it has, and the hand on its clock."""

    address: str
    district: District
    moved_by: Path

    @property
    def now(self) -> datetime:
        return clock_in(self.moved_by)()

    def wait(self, **by: float) -> None:
        """Let time pass for everybody."""
        seconds = float(self.moved_by.read_text()) + timedelta(**by).total_seconds()
        fresh = self.moved_by.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.replace(self.moved_by)


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    moved_by, passphrase, port = folder / "moved_by", folder / "passphrase", _free_port()
    moved_by.write_text(str((START - datetime.now(UTC)).total_seconds()))
    passphrase.write_text(PASSPHRASE)
    passphrase.chmod(0o600)
    address = f"http://localhost:{port}"
    environ = {
        "MENGYA_ENV": "test",
        "MENGYA_DATA": str(folder / "data"),
        "MENGYA_PASSPHRASE_FILE": str(passphrase),
        "MENGYA_BASE_URL": address,
        "MOVED_BY": str(moved_by),
    }
    made = _district(environ, clock_in(moved_by))
    log = (folder / "log").open("w")
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.journeys.served", str(port)], env=os.environ | environ, stdout=log, stderr=log
    )
    try:
        _wait_until_open(server, port, folder / "log")
        yield Town(address, made, moved_by)
    finally:
        server.terminate()
        server.wait(timeout=30)
        log.close()
    assert (folder / "log").read_text() == ""


@pytest.fixture
def person(new_page, town: Town) -> Callable[..., Person]:
    """Somebody with a browser of their own: `person(width=390, height=844)`."""

    def come(width: int = 1440, height: int = 900, **options) -> Person:
        return Person(new_page(viewport={"width": width, "height": height}, **options), town.address)

    return come


def _district(environ: dict[str, str], now: Callable[[], datetime]) -> District:
    """Make places and staff; two of the staff sign in with names known to the test and the real cost of Argon2."""
    settings = settings_from(environ)
    initialise(settings, PASSPHRASE, now=now(), cost=CHEAP, environ={})
    installation = open_installation(settings, now=now, environ={})
    district = a_district(installation)
    with begin_work(installation, district.sysadmin) as work:
        for login, role, place, group in (
            ("doctor", "doctor", district.clinic_id, None),
            ("teacher", "teacher", district.kindergarten_id, district.group_id),
            ("specialist", "specialist", district.mch_institute_id, None),
        ):
            user = accounts.add_user(work, login=login, name=f"样本{login}", password=PASSWORD)
            accounts.add_membership(work, user_id=user.id, role=role, organisation_id=place, group_id=group)
    installation.close()
    return district


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _wait_until_open(server: subprocess.Popen, port: int, log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until:
        assert server.poll() is None, log.read_text()
        try:
            asked = HTTPConnection("127.0.0.1", port, timeout=5)
            asked.request("GET", "/sign-in")
            asked.getresponse().read()
            asked.close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server did not open: " + log.read_text())
