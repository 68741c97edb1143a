"""The product as it is served, web and worker processes, for a small district; people who look at its pages."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mengya_health.config import settings_from
from mengya_health.operations.first_run import initialise
from mengya_health.operations.installation import Installation, begin_work, open_installation
from mengya_health.people import accounts
from tests.conftest import CHEAP, PASSPHRASE, START
from tests.factories import District, a_district, an_account
from tests.journeys.people import Person
from tests.journeys.served import clock_in, free_port, wait_until_open


@dataclass
class Town:
    """A served installation: where it is, the same data opened beside it, and the hand on its clock."""

    address: str
    installation: Installation
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
    moved_by, passphrase, port = folder / "moved_by", folder / "passphrase", free_port()
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
    installation = _initialised(environ, clock_in(moved_by))
    district = _district(installation)
    log = (folder / "log").open("w")
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.journeys.served", str(port)], env=os.environ | environ, stdout=log, stderr=log
    )
    try:
        wait_until_open(server, port)
        yield Town(address, installation, district, moved_by)
    finally:
        server.terminate()
        server.wait(timeout=30)
        log.close()
        installation.close()
    # The clock of a town is moved by hand, which the checkpointer rightly tells.
    said = [line for line in (folder / "log").read_text().splitlines() if "the clock jumped" not in line]
    assert said == []


@pytest.fixture
def person(new_page, town: Town) -> Callable[..., Person]:
    """Somebody with a browser of their own: `person(width=390, height=844)`."""

    def come(width: int = 1440, height: int = 900, **options) -> Person:
        return Person(new_page(viewport={"width": width, "height": height}, **options), town.address)

    return come


def _initialised(environ: dict[str, str], now: Callable[[], datetime]) -> Installation:
    settings = settings_from(environ)
    initialise(settings, PASSPHRASE, now=now(), cost=CHEAP, environ={})
    return open_installation(settings, now=now, environ={})


def _district(installation: Installation) -> District:
    """Make places and staff, three of whom sign in by names known to the test; Argon2 has its real cost."""
    district = a_district(installation)
    staff = (
        ("doctor", district.clinic_id, None),
        ("teacher", district.kindergarten_id, district.group_id),
        ("specialist", district.mch_institute_id, None),
    )
    with begin_work(installation, district.sysadmin) as work:
        for role, place, group in staff:
            user = an_account(work, login=role)
            accounts.add_membership(work, user_id=user.id, role=role, organisation_id=place, group_id=group)
    return district
