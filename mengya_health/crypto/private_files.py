"""Files that only their owner may read: the keyring, and the passphrase that opens it."""

import fcntl
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from getpass import getpass
from pathlib import Path

from mengya_health.errors import StartRefused


def read_passphrase(file: Path | None, ask: Callable[[str], str] = getpass) -> str:
    """Return the passphrase from its file (mode 0600), or from whoever sits at the terminal; raises StartRefused."""
    if file is not None:
        require_private(file)
        return file.read_text().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise StartRefused(
            "没有密钥环口令：请设置 MENGYA_PASSPHRASE_FILE，或在终端里启动。",
            "No passphrase for the keyring: set MENGYA_PASSPHRASE_FILE, or start from a terminal.",
        )
    return ask("密钥环口令 Keyring passphrase: ")


def require_private(path: Path) -> None:
    """Raise StartRefused unless the path exists and only its owner may use it."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise StartRefused(
            f"读不到 {path}。请检查路径和权限。", f"Cannot read {path}. Check it and its mode."
        ) from error
    if mode & 0o077:
        wanted = "700" if path.is_dir() else "600"
        raise StartRefused(
            f"{path} 的权限是 {mode:o}，别人也能读。请运行 chmod {wanted} {path} 后再启动。",
            f"{path} has mode {mode:o}, open to others. Run chmod {wanted} {path}, then start again.",
        )


def write_once(file: Path, text: str) -> None:
    """Write a file that only its owner may read and that is whole or not there at all; raises StartRefused."""
    part = _written_beside(file, text)
    try:
        os.link(part, file)  # unlike a rename, never replaces a keyring
    except FileExistsError as error:
        raise StartRefused(f"{file} 已经有了，没有改动。", f"{file} exists already and was left alone.") from error
    finally:
        part.unlink()


def replace_private(file: Path, text: str) -> None:
    """Put a new file in place of the old one; after a crash either is there, whole."""
    _written_beside(file, text).rename(file)
    _sync(file.parent)


def append_private(file: Path, text: str) -> None:
    """Add to the end of a file that only its owner may read; returns once it is on the disk."""
    is_new = not file.exists()
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    if is_new:
        _sync(file.parent)


def drop_torn_line(file: Path) -> None:
    """Cut off what a crash left of a last line."""
    if not file.exists():
        return
    written = file.read_bytes()
    if written and not written.endswith(b"\n"):
        os.truncate(file, written.rfind(b"\n") + 1)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other processes that ask the same out of a folder meanwhile."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _written_beside(file: Path, text: str) -> Path:
    part = file.with_suffix(".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    return part


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
