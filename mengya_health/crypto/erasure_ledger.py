"""The erasure ledger: which data keys were destroyed, and when. It lies outside the databases and their backups.

One line for each key, an id and a time, nothing about anybody. A backup from before an erasure is useless without it:
the program does not start until every line is carried out again on what was restored. Its hash stands in every
checkpoint.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from mengya_health.crypto.private_files import alone_in, append_private, drop_torn_line
from mengya_health.errors import StartRefused

_START = b"txda/erasures/1\0"


class ErasureLedger:
    """The ledger in one file, which only grows."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def add(self, key_ids: Iterable[UUID], at: datetime) -> None:
        """Write down keys that are about to be destroyed; returns once that is on the disk. Known ones stay as is."""
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with alone_in(self._file.parent):
            drop_torn_line(self._file)
            known = self.entries()
            lines = [f"{key_id} {_time(at)}\n" for key_id in key_ids if key_id not in known]
            if lines:
                append_private(self._file, "".join(lines))

    def entries(self) -> dict[UUID, datetime]:
        """Return when each key was destroyed. Raises StartRefused for a file that is not a ledger."""
        try:
            whole_lines = [line for line in self._bytes().decode().splitlines(keepends=True) if line.endswith("\n")]
            parts = [line.split() for line in whole_lines]
            return {UUID(key_id): datetime.fromisoformat(at) for key_id, at in parts}
        except ValueError as error:
            raise StartRefused(
                f"销毁登记 {self._file} 已损坏。请从另一份拷贝恢复；没有它就不知道哪些内容应当已经销毁。",
                f"The erasure ledger {self._file} is damaged. Restore it from a copy: it says what must stay erased.",
            ) from error

    def content(self) -> bytes:
        """Return the bytes whose hash every checkpoint repeats."""
        return _START + self._bytes()

    def _bytes(self) -> bytes:
        return self._file.read_bytes() if self._file.exists() else b""


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
