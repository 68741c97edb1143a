"""`mengya serve` as a process that tests start, ask, and kill."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode


class Server:
    """`mengya serve` in a process of its own, and the processes below it."""

    def __init__(self, settings, folder: Path, port: int | None = None) -> None:
        self.port = port or free_port()
        self.stderr = folder / "stderr"
        ours = {
            "MENGYA_ENV": "test",
            "MENGYA_DATA": str(settings.data_dir),
            "MENGYA_KEYRING": str(settings.keyring_dir),
            "MENGYA_PASSPHRASE_FILE": str(settings.passphrase_file),
            "DATABASE_URL": settings.database_url,
            "KEYSTORE_URL": settings.keystore_url,
            "HOME": str(folder),
        }
        self.command = [Path(sys.executable).with_name("mengya"), "serve", "--port", str(self.port)]
        with self.stderr.open("w") as stderr:
            self.process = subprocess.Popen(
                self.command, env=os.environ | ours, stdout=stderr, stderr=stderr, start_new_session=True
            )
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def open(self, path: str, **form: str) -> tuple[str, str]:
        """Return the address a page is at in the end, and its text."""
        body = urlencode(form).encode() if form else None
        with self.opener.open(f"http://127.0.0.1:{self.port}{path}", body, timeout=20) as answer:
            return answer.url, answer.read().decode()

    def processes(self) -> dict[int, list[int]]:
        """Return the processes below ours: each child with its own children."""
        return {child: children_of(child) for child in children_of(self.process.pid)}

    def kill_all(self) -> None:
        """End the parent and every process below it at once, without a word (kill -9)."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def worker(self) -> int:
        return next(pid for pid, below in self.processes().items() if not below)


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(what: Callable, *, seconds: float = 60):
    """Return what a function gives once it gives something and raises nothing."""
    until = time.monotonic() + seconds
    while True:
        try:
            if found := what():
                return found
        except (OSError, StopIteration):
            pass
        assert time.monotonic() < until
        time.sleep(0.1)
