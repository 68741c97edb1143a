"""A piece of work in a child process that may take only so long, only so much memory, and no network."""

import os
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from mengya_health.errors import Unavailable

SECONDS = 20
MEMORY_MB = 512
DONE, FAILED, TOO_MUCH_MEMORY = b"+", b"-", b"too_much_memory"
SIZE_BYTES = 8  # of the number that a child says first
NEARLY_ALL = 0.9
# Nobody should open a connection or start a program while a document is being made.
FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.system", "os.fork")


class RenderFailed(Unavailable):
    """A document could not be made. `reason` says why in fixed words, without anything of its content."""

    code = "render_failed"
    zh = "这份打印件没有生成，内容没有丢。请再试一次；还不行请联系系统管理员。"
    en = "This document could not be made; nothing is lost. Try again, or contact the system administrator."

    def __init__(self, reason: str, zh: str | None = None, en: str | None = None) -> None:
        super().__init__(zh, en)
        self.reason = reason


def within_limits(
    function: Callable[..., bytes], *arguments, seconds: float = SECONDS, memory_mb: int = MEMORY_MB
) -> bytes:
    """Return what `function(*arguments)` returns, worked out in a forked child process.

    Raises RenderFailed when the child fails, is too slow, needs too much memory or dies.
    """
    answer_end, child_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(answer_end)
        _answer(child_end, function, arguments, seconds, memory_mb)
    os.close(child_end)
    try:
        answer = _read_all(answer_end, until=time.monotonic() + seconds)
    finally:
        os.close(answer_end)
        os.kill(child, signal.SIGKILL)
        most_kib = os.wait4(child, 0)[2].ru_maxrss
    begun_with_kib, outcome, said = answer[:SIZE_BYTES], answer[SIZE_BYTES:][:1], answer[SIZE_BYTES + 1 :]
    if outcome == DONE:
        return said
    if begun_with_kib and most_kib - int.from_bytes(begun_with_kib) > NEARLY_ALL * memory_mb * 1024:
        # Pango ends its process where it gets no memory, and Python may find no room to say so.
        said = said or TOO_MUCH_MEMORY
    raise RenderFailed(said.decode() or "child_died")


def _read_all(pipe: int, *, until: float) -> bytes:
    parts = []
    while select.select([pipe], [], [], max(0.0, until - time.monotonic()))[0]:
        part = os.read(pipe, 1 << 20)
        if not part:
            return b"".join(parts)
        parts.append(part)
    raise RenderFailed("too_slow")


def _answer(pipe: int, function: Callable[..., bytes], arguments: tuple, seconds: float, memory_mb: int) -> NoReturn:
    # Always by os._exit: the parent's open connections and exit handlers are not the child's to close or run.
    try:
        os.write(pipe, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss.to_bytes(SIZE_BYTES))
        with os.fdopen(pipe, "wb") as out:
            out.write(_outcome(function, arguments, seconds, memory_mb))
    finally:
        os._exit(0)


def _outcome(function: Callable[..., bytes], arguments: tuple, seconds: float, memory_mb: int) -> bytes:
    try:
        _limit(seconds, memory_mb)
        return DONE + function(*arguments)
    except RenderFailed as failure:
        return FAILED + failure.reason.encode()
    except MemoryError:
        pass  # only when this is left does what the document held become free, and room to say something
    except SystemError:
        raise  # where memory ends inside C; what could still be said of it would not be true
    except BaseException as error:  # noqa: BLE001 (the outer edge of a job)
        # The message may quote the document, so only the kind and the place leave the child.
        place = traceback.extract_tb(error.__traceback__)[-1]
        return FAILED + f"{type(error).__name__} at {os.path.basename(place.filename)}:{place.lineno}".encode()
    return FAILED + TOO_MUCH_MEMORY


def _limit(seconds: float, memory_mb: int) -> None:
    # A child begins with what its parent holds, which is not the document's doing.
    inherited_pages = int(Path("/proc/self/statm").read_text().split()[5])
    memory = inherited_pages * resource.getpagesize() + memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 1))  # also when the parent is gone
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the document
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # nothing of a document ever lands on a disk
    sys.addaudithook(_refuse_forbidden)


def _refuse_forbidden(event: str, _arguments: tuple) -> None:
    if event.startswith(FORBIDDEN):
        raise RenderFailed(f"forbidden {event}")
