"""The demo district as it stands when the tests' clock starts: made once for a run, and copied."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from mengya_health.content import Content
from mengya_health.crypto.passwords import Passwords
from mengya_health.operations import demo
from mengya_health.operations.installation import Installation, open_installation
from tests.conftest import CHEAP_HASHES, START


def open_demo(folder: Path, content: Content, now: datetime = START) -> Installation:
    """Open a demo's installation in a folder, made where it is not there; the district itself `make_demo` makes."""
    settings = demo.prepare(demo.demo_settings(folder, 8000))
    return open_installation(settings, now=lambda: now, passwords=Passwords(CHEAP_HASHES), content=content, environ={})


@pytest.fixture(scope="session")
def demo_kept(tmp_path_factory, shipped_content) -> Path:
    """The folder of a finished demo, the same for every process of the run; nobody opens it again."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    kept = shared / "kept"
    with (shared / "kept.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            folder = tmp_path_factory.mktemp("making")
            installation = open_demo(folder / "demo", shipped_content)
            demo.make_demo(installation)
            installation.close()
            folder.rename(kept)
    return kept


@pytest.fixture(scope="module")
def demo_district(demo_kept, tmp_path_factory, content) -> Iterator[Installation]:
    """A finished demo of the module's own."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copytree(demo_kept, folder, dirs_exist_ok=True)
    installation = open_demo(folder / "demo", content)
    yield installation
    installation.close()
