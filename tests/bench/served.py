"""Our application and the bare one, each served by gunicorn as `mengya serve` does it, in processes of their own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gunicorn.app.base import BaseApplication

from mengya_health.operations.installation import Installation
from mengya_health.serving import THREADS, WEB_PROCESSES, spare_the_collector
from tests.bench.bounds import bare_app
from tests.journeys.served import free_port, wait_until_open

ROOT = Path(__file__).parents[2]


@contextmanager
def serving_ours(installation: Installation) -> Iterator[int]:
    """Run `mengya serve` over an installation; give the port it answers at."""
    settings, port = installation.settings, free_port()
    ours = {
        "MENGYA_ENV": "test",
        "MENGYA_DATA": str(settings.data_dir),
        "MENGYA_KEYRING": str(settings.keyring_dir),
        "MENGYA_PASSPHRASE_FILE": str(settings.passphrase_file),
    }
    installation.before_fork()
    command = [Path(sys.executable).with_name("mengya"), "serve", "--port", str(port)]
    with _running(command, port, ours):
        yield port


@contextmanager
def serving_bound(database: Path) -> Iterator[int]:
    """Run the bare app over a new database in the same way; give the port it answers at."""
    port = free_port()
    with _running([sys.executable, "-m", "tests.bench.served", str(database), str(port)], port, {}, path="/hello"):
        yield port


@contextmanager
def _running(command: list, port: int, environ: dict[str, str], **first) -> Iterator[None]:
    server = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until_open(server, port, **first)
        yield
    finally:
        server.terminate()
        server.wait(timeout=30)


class _Bound(BaseApplication):
    """The bare app with as many processes and threads as ours has."""

    def __init__(self, database: Path, port: int) -> None:
        self._database, self._port = database, port
        super().__init__()

    def load_config(self) -> None:
        for name, value in {
            "bind": f"127.0.0.1:{self._port}",
            "workers": WEB_PROCESSES,
            "threads": THREADS,
            "worker_class": "gthread",
            "preload_app": True,
            "loglevel": "warning",
            "control_socket_disable": True,
        }.items():
            self.cfg.set(name, value)

    def load(self):
        app = bare_app(self._database)
        spare_the_collector()
        return app


if __name__ == "__main__":
    _Bound(Path(sys.argv[1]), int(sys.argv[2])).run()
