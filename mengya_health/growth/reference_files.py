"""Reading the reference tables in `references/`, only if they are unchanged. Who calls keeps what it makes of them."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

from mengya_health.errors import IntegrityError

FOLDER = Path(__file__).parent / "references"
CHECKSUM = "# sha256 of all that follows this line: "


def reference_rows(name: str) -> Iterator[dict[str, str]]:
    """Return the rows of `references/NAME.csv` as text, in the order of the file.

    Raises IntegrityError if the file is missing or its content does not match the checksum in its own head.
    """
    return csv.DictReader(_verified_body(FOLDER / f"{name}.csv").splitlines())


def reference_heads() -> list[dict[str, str]]:
    """Return what the head of each reference file says: title, source, edition, licence; several of one kind joined."""
    heads = []
    for path in sorted(FOLDER.glob("*.csv")):
        told: dict[str, str] = {"file": path.stem}
        with path.open(encoding="utf-8") as lines:
            for line in takewhile(lambda line: line.startswith("# ") and not line.startswith(CHECKSUM), lines):
                key, _, text = line[2:].strip().partition(": ")
                told[key] = f"{told[key]} {text}" if key in told else text
        heads.append(told)
    return heads


def _verified_body(path: Path) -> str:
    try:
        head, _, rest = path.read_bytes().partition(CHECKSUM.encode())
    except OSError as problem:
        raise _not_usable(path) from problem
    checksum, _, body = rest.partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != checksum.strip():
        raise _not_usable(path)
    return body.decode()


def _not_usable(path: Path) -> IntegrityError:
    return IntegrityError(
        f"生长标准数据文件 {path.name} 缺失或被改动过，生长评价已停用。请重新安装程序。",
        f"The growth reference file {path.name} is missing or has been altered; growth is not judged. "
        "Install the program again.",
    )
