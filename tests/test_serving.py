"""`mengya serve` for real: web processes and a worker beside them, on both databases."""

import json
import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from mengya_health import cli
from mengya_health.crypto.passwords import Passwords
from mengya_health.handouts.commands import ask_for
from mengya_health.handouts.queries import open_handout
from mengya_health.jobs import Job
from mengya_health.operations import installation as opening
from mengya_health.operations.installation import open_installation
from tests.conftest import CHEAP_HASHES
from tests.factories import PASSWORD, a_child, a_district
from tests.serving import Server, eventually
from tests.web.browsing import Forms


@pytest.fixture
def server(settings, tmp_path) -> Iterator[Server]:
    running = Server(settings, tmp_path)
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.wait()


def test_serving_answers_does_jobs_outlives_its_worker_and_ends_at_once(server, settings, content, operator):
    installation = open_installation(settings, passwords=Passwords(CHEAP_HASHES), content=content, environ={})
    district = a_district(installation)
    health = {"database": True, "keyring": True, "disk": True, "history": True}
    eventually(lambda: json.loads(server.open("/healthz")[1]) == health)
    form = Forms(server.open("/sign-in")[1]).by_action["/sign-in"]
    typed = {name: value for name, (value,) in form.items()} | {"login": "sysadmin", "password": PASSWORD}
    assert server.open("/sign-in", **typed)[0].endswith("/admin/accounts")

    first = eventually(server.worker)
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: server.worker() != first)
    with opening.begin_work(installation, district.doctor) as work:
        child = a_child(work, district, birth_on=work.today - timedelta(days=400))
    installation.queue.storage.enqueue(b"no message of ours")  # nothing that lies in the queue ends the worker
    with opening.begin_work(installation, district.doctor) as work:
        handout = ask_for(work, child, "record_summary")

    def finished() -> bool:
        with opening.begin_work(installation, None, writing=False) as work:
            return work.session.get(Job, handout.job_id).status in ("completed", "failed")

    eventually(finished)
    with opening.begin_work(installation, district.doctor, writing=False) as work:
        assert open_handout(work, handout.id).startswith(b"%PDF")

    again = CliRunner(env=operator.environ).invoke(cli.main, ["serve", "--port", str(server.port)])
    assert (again.exit_code, again.stderr.count("\n")) == (2, 1)
    assert str(server.port) in again.stderr

    below = server.processes()
    everybody = [*below, *(pid for pids in below.values() for pid in pids)]
    assert len(everybody) == 4
    limits = [Path(f"/proc/{pid}/limits").read_text() for pid in everybody]
    assert all(re.search(r"Max core file size +0 +0 ", each) for each in limits)
    begun = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=15) == 0
    assert time.monotonic() - begun < 8
    assert not [pid for pid in everybody if Path(f"/proc/{pid}").exists()]
    assert "Traceback" not in server.stderr.read_text()
    installation.close()


@pytest.mark.parametrize("database", ["sqlite"])
def test_a_killed_parent_leaves_nobody_holding_the_port(server):
    eventually(lambda: server.open("/healthz"))
    below = eventually(server.processes)
    server.process.kill()
    server.process.wait()
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below), seconds=15)
    with socket.create_server(("127.0.0.1", server.port)):
        pass
