"""`mengya serve` with a clock that a test can move: what time it is stands in a file, as seconds to add to now."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path

from mengya_health.config import settings_from
from mengya_health.operations.installation import open_installation
from mengya_health.serving import serve


def clock_in(file: Path) -> Callable[[], datetime]:
    """Return a clock that runs on, moved by as many seconds as stand in the file."""
    return lambda: datetime.now(UTC) + timedelta(seconds=float(file.read_text()))


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wait_until_open(server: subprocess.Popen, port: int, *, path: str = "/sign-in", within_s: float = 120) -> None:
    """Return once pages are served. Raises RuntimeError when the server ends before, or takes too long."""
    until = time.monotonic() + within_s
    while not _answers(port, path):
        if server.poll() is not None or time.monotonic() > until:
            raise RuntimeError("the server did not open")
        time.sleep(0.1)


def _answers(port: int, path: str) -> bool:
    asked = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        asked.request("GET", path)
        return asked.getresponse().status == 200
    except OSError:
        return False
    finally:
        asked.close()


if __name__ == "__main__":
    moved_clock = clock_in(Path(os.environ["MOVED_BY"]))
    serve(open_installation(settings_from(), now=moved_clock), host="127.0.0.1", port=int(sys.argv[1]))
