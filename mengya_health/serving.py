"""Web processes and one worker process beside them, under one parent that ends or restarts them."""

import ctypes
import errno
import gc
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from gunicorn.app.base import BaseApplication

from mengya_health import worker
from mengya_health.app import create_app
from mengya_health.errors import MengyaError, StartRefused
from mengya_health.handouts.fonts import check_rendering
from mengya_health.operations.installation import Installation

log = logging.getLogger("mengya")

WEB_PROCESSES = 2
THREADS = 8
GRACE_S = 10  # for what is being answered or printed when we are told to stop
RESTART_AFTER_S = 1  # a worker that dies at once must not spin
_PARENT_DIED = 1  # PR_SET_PDEATHSIG of <linux/prctl.h>


class _Web(BaseApplication):
    """gunicorn, configured here and from nowhere else."""

    def __init__(self, installation: Installation, listening: socket.socket) -> None:
        self._installation = installation
        self._bind = f"fd://{listening.fileno()}"
        super().__init__()

    def load_config(self) -> None:
        for name, value in {
            "bind": self._bind,
            "workers": WEB_PROCESSES,
            "threads": THREADS,
            "worker_class": "gthread",
            "preload_app": True,  # the keyring is opened once, before the processes part
            "loglevel": "warning",
            "graceful_timeout": GRACE_S,
            "control_socket_disable": True,  # nobody steers it but we, by signals
            "proc_name": "mengya",
            "worker_exit": lambda _server, _worker: self._installation.close(),
        }.items():
            self.cfg.set(name, value)

    def load(self):
        app = create_app(self._installation)
        spare_the_collector()
        return app


def spare_the_collector() -> None:
    """Set this process up to answer many at once; called when everything it keeps has been loaded."""
    # What is loaded stays: nobody need look through it for garbage again, and processes that part here share it.
    gc.collect()
    gc.freeze()
    # A page makes some ten thousand things that go with it. At the usual 700 they are looked through a dozen times
    # before, a sixth of the time a long record takes.
    gc.set_threshold(50_000, 20, 50)
    # Whoever holds the database's one lock must not stand behind seven others for 5 ms each to get on.
    sys.setswitchinterval(0.0005)


def serve(installation: Installation, *, host: str, port: int) -> None:
    """Serve until told to stop.

    Raises StartRefused where the papers could not be printed, a setting is unsafe or the port is taken.
    """
    check_rendering()
    create_app(installation)  # an unfit setting is refused here, before anything is forked
    listening = _listen(host, port)
    installation.before_fork()
    children: dict[int, str] = {}
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: sys.exit(0))
    try:
        children[_child(_Web(installation, listening).run)] = "web"
        listening.close()
        if not installation.stopped:
            children[_child(lambda: worker.run(installation))] = "worker"
        _watch(children, installation)
    finally:
        _end(children)
        worker.checkpoint_at_end(installation)  # of what was still answered while we stopped


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StartRefused(
                f"端口 {port} 已被占用：是不是已经启动过了？请先停掉，或用 --port 换一个。",
                f"Port {port} is in use: is it running already? Stop that, or choose another --port.",
            ) from error
        raise StartRefused(
            f"不能在 {host}:{port} 上提供服务（{error.strerror}）。请检查 --host 和 --port。",
            f"Cannot serve on {host}:{port} ({error.strerror}). Check --host and --port.",
        ) from error


def _watch(children: dict[int, str], installation: Installation) -> None:
    """Restart the worker when it ends; when the web processes end, leave with their exit code."""
    while True:
        pid, status = os.wait()
        code = os.waitstatus_to_exitcode(status)
        if children.pop(pid, "") == "web":
            sys.exit(code or 1)
        log.error("the worker process ended with %s and is started again", code)
        time.sleep(RESTART_AFTER_S)
        children[_child(lambda: worker.run(installation))] = "worker"


def _child(run: Callable[[], None]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        ctypes.CDLL(None).prctl(_PARENT_DIED, signal.SIGTERM)  # nobody is left behind holding the port
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        run()
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except MengyaError as refused:
        log.error("%s", refused)
    except Exception as error:  # noqa: BLE001 the outer edge of a process; its text may quote a record
        log.error("a process ended by %s", type(error).__name__)
    finally:
        sys.stderr.flush()
        os._exit(code)


def _end(children: dict[int, str]) -> None:
    """Tell all to stop; whoever takes longer than the grace is killed."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    for pid in children:
        _tell(pid, signal.SIGTERM)
    until = time.monotonic() + GRACE_S + 2
    while time.monotonic() < until:
        try:
            pid, _status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            time.sleep(0.02)
    for pid in children:
        _tell(pid, signal.SIGKILL)


def _tell(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
