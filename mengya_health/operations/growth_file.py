"""Scoring a CSV file of measurements, block by block, without a database: what `mengya growth` does."""

from __future__ import annotations

import codecs
import csv
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

from mengya_health.errors import Invalid
from mengya_health.growth import INDICATORS, Visit, judge
from mengya_health.operations.growth_block import BlockScorer
from mengya_health.operations.growth_line import MEASUREMENT_COLUMNS

# So many lines at once: enough that NumPy pays, few enough that memory stays small and the bar moves.
LINES_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Summary:
    """How many lines there were, how many got at least one score, and how many hold an implausible value."""

    lines: int
    scored: int
    flagged: int


@dataclass(frozen=True, slots=True)
class Table:
    """An opened CSV file: its header, stripped, and its lines as they come."""

    header: list[str]
    has_bom: bool
    file: TextIO
    rows: Iterator[list[str]]

    def share_read(self) -> tuple[int, int]:
        """Bytes read so far, and bytes in all."""
        return self.file.buffer.tell(), os.fstat(self.file.fileno()).st_size


def score_file(
    source: Path,
    destination: Path,
    *,
    reference: str,
    age_rule: str = "exact",
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Write `destination`: the lines of `source` with their scores beside them. Return the count.

    Lines keep their place; one that cannot be scored has empty results and a note. Reading and writing go block
    by block, and the file appears under its name only when complete. `progress` is called with bytes read and in all.
    Raises Invalid if the file is missing, is not UTF-8 CSV with a usable header, or cannot be written.
    """
    judge(Visit(sex="M"), reference, age_rule)
    if destination.exists() and source.exists() and destination.samefile(source):
        raise Invalid("输出文件不能就是输入文件，请换一个名字。", "The output must not be the input file; rename it.")
    lines = scored = flagged = 0
    with _opened(source) as table, _complete_file(destination, with_bom=table.has_bom) as target:
        added = _added_columns(table.header, reference)
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow([*table.header, *added])
        scorer = BlockScorer(table.header, reference, age_rule)
        while rows := list(islice(table.rows, LINES_AT_ONCE)):
            block = scorer.score(rows)
            writer.writerows(zip(*block.columns, strict=True))
            lines, scored, flagged = lines + len(rows), scored + block.scored, flagged + block.flagged
            if progress:
                progress(*table.share_read())
    return Summary(lines, scored, flagged)


@contextmanager
def _opened(source: Path) -> Iterator[Table]:
    try:
        file = source.open(encoding="utf-8-sig", newline="")
    except OSError as problem:
        raise Invalid(
            f"打不开文件 {source.name}，请检查文件名和权限。", f"Cannot open {source.name}; check its name and access."
        ) from problem
    with file:
        has_bom = file.buffer.peek(3).startswith(codecs.BOM_UTF8)
        rows = _readable(csv.reader(file))
        header = [name.strip() for name in next(rows, [])]
        doubled = sorted({name for name in header if header.count(name) > 1})
        if doubled:
            raise Invalid(
                f"表头里 {'、'.join(doubled)} 重复了，请只留一列。",
                f"The header names {', '.join(doubled)} twice; keep one.",
            )
        yield Table(header, has_bom, file, rows)


def _readable(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """Pass lines on. Raises Invalid, naming the line, where the file is not UTF-8 or not CSV."""
    line = 0
    try:
        for line, cells in enumerate(reader, start=1):  # noqa: B007
            yield cells
    except (UnicodeDecodeError, csv.Error) as problem:
        raise Invalid(
            f"第 {line + 1} 行附近读不出来：请把文件另存为 UTF-8 编码的 CSV。",
            f"Cannot read near line {line + 1}: save the file as CSV in UTF-8.",
        ) from problem


@contextmanager
def _complete_file(destination: Path, *, with_bom: bool) -> Iterator[TextIO]:
    """Give a file to write that takes its name only when all of it is written, and leaves nothing behind otherwise."""
    part = destination.with_name(f".{destination.name}.part")
    try:
        with part.open("w", encoding="utf-8-sig" if with_bom else "utf-8", newline="") as file:
            yield file
        part.replace(destination)
    except OSError as problem:
        raise Invalid(
            f"写不了文件 {destination.name}，请检查文件夹、权限和剩余空间。",
            f"Cannot write {destination.name}; check the folder, access and free space.",
        ) from problem
    finally:
        part.unlink(missing_ok=True)


def _added_columns(header: list[str], reference: str) -> list[str]:
    """Return the names of the columns we add. Raises Invalid where the header lacks or already has what is needed."""
    if "sex" not in header or not set(MEASUREMENT_COLUMNS) & set(header):
        raise Invalid(
            "表头里要有 sex，以及 weight_kg、lenhei_cm、headc_cm 中的至少一列。",
            "The header needs sex and at least one of weight_kg, lenhei_cm, headc_cm.",
        )
    parts = ["z", "flag", "percentile"]
    if reference == "wst423_2022":
        parts += ["sd_band", "percentile_band"]
    added = [f"{indicator}_{part}" for indicator in INDICATORS[reference] for part in parts]
    added += ["nutrition", "note"] if reference == "wst423_2022" else ["note"]
    taken = sorted(set(header) & set(added))
    if taken:
        raise Invalid(
            f"表头里已有 {'、'.join(taken)}，和要加的结果列重名，请先改名。",
            f"The header already has {', '.join(taken)}, which results will use; rename these columns.",
        )
    return added
