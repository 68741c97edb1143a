"""Scoring a CSV file of measurements, line by line, without a database: what `mengya growth` does."""

from __future__ import annotations

import codecs
import csv
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TextIO

from mengya_health.errors import Invalid
from mengya_health.growth import INDICATORS, NOTES, REASONS, Judgement, Score, Visit, judge

MEASUREMENT_COLUMNS = ("weight_kg", "lenhei_cm", "headc_cm")
NUMBER_COLUMNS = ("age_days", "age_months", *MEASUREMENT_COLUMNS)
DATE_COLUMNS = {"birth_date": "birth_on", "measured_date": "measured_on"}
COLUMN_OF_FIELD = {field: column for column, field in DATE_COLUMNS.items()}
CHOICES = {"sex": {"M": "M", "F": "F"}, "position": {"l": "l", "h": "h"}, "oedema": {"y": True, "n": False}}
NUMBER = re.compile(r"\d{1,6}(\.\d{1,6})?", re.ASCII)
DATE = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})", re.ASCII)
# Nothing to say about a measurement that was not taken.
NOT_TAKEN = ("no_weight", "no_stature", "no_headc")
LINES_PER_REPORT = 1000


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


class BadLine(Exception):
    """A line that cannot be scored; carries the note for its place in the output."""


def score_file(
    source: Path,
    destination: Path,
    *,
    reference: str,
    age_rule: str = "exact",
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Write `destination`: the lines of `source` with their scores beside them. Return the count.

    Lines keep their place; one that cannot be scored has empty results and a note. Reading and writing go line by line,
    and the file appears under its name only when complete. `progress` is called with bytes read and bytes in all.
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
        for cells in table.rows:
            results, judged = _results(table.header, cells, reference, age_rule)
            writer.writerow([*_as_long_as(table.header, cells), *results])
            lines += 1
            scored += bool(judged and judged.scores)
            flagged += bool(judged and any(score.flag for score in judged.scores.values()))
            if progress and lines % LINES_PER_REPORT == 0:
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


def _as_long_as(header: list[str], cells: list[str]) -> list[str]:
    return (cells + [""] * (len(header) - len(cells)))[: len(header)]


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


def _results(header: list[str], cells: list[str], reference: str, age_rule: str) -> tuple[list[str], Judgement | None]:
    is_chinese = reference == "wst423_2022"
    try:
        judged = judge(_visit(header, cells), reference, age_rule)
    except BadLine as problem:
        width = len(INDICATORS[reference]) * (5 if is_chinese else 3) + is_chinese
        return [*[""] * width, str(problem)], None
    results = []
    for indicator in INDICATORS[reference]:
        results += _score_cells(judged.scores.get(indicator), is_chinese)
    if is_chinese:
        results.append(";".join(judged.nutrition))
    return [*results, _note(judged)], judged


def _score_cells(score: Score | None, is_chinese: bool) -> list[str]:
    if score is None:
        return [""] * (5 if is_chinese else 3)
    # Adding zero turns the "-0.00" of a value a hair below the median into "0.00".
    cells = [f"{round(score.z, 2) + 0.0:.2f}", str(int(score.flag)), score.percentile]
    return [*cells, score.sd_band, score.percentile_band] if is_chinese else cells


def _note(judged: Judgement) -> str:
    """Return why indicators are missing and what was done to the length, Chinese and English; "" if all is plain."""
    by_reason: dict[str, list[str]] = {}
    for indicator, reason in judged.unscored.items():
        by_reason.setdefault(reason, []).append(indicator)
    told = [
        f"{'、'.join(indicators)}：{REASONS[reason][0]} / {REASONS[reason][1]}"
        for reason, indicators in by_reason.items()
        if reason not in NOT_TAKEN
    ]
    told += [" / ".join(NOTES[code]) for code in judged.notes]
    if not judged.scores and not told:
        return "没有可以评价的测量值 / nothing measured that can be judged"
    return "；".join(told)


def _visit(header: list[str], cells: list[str]) -> Visit:
    """Return the visit on a line. Raises BadLine with what cannot be read in it."""
    if len(cells) > len(header):
        raise BadLine(f"这一行比表头多 {len(cells) - len(header)} 格 / more cells than the header has")
    given = {column: cell.strip() for column, cell in zip(header, cells, strict=False) if cell.strip()}
    if "sex" not in given:
        raise BadLine("没有性别 / sex missing")
    facts = {column: _number(column, given[column]) for column in NUMBER_COLUMNS if column in given}
    facts |= {DATE_COLUMNS[column]: _date(column, given[column]) for column in DATE_COLUMNS if column in given}
    facts |= {column: _choice(column, given[column]) for column in CHOICES if column in given}
    try:
        return Visit(**facts)
    except Invalid as problem:
        told = [f"{COLUMN_OF_FIELD.get(field, field)}：{texts[0]}" for field, texts in problem.fields.items()]
        raise BadLine("；".join(told)) from problem


def _number(column: str, text: str) -> str:
    if not NUMBER.fullmatch(text):
        raise BadLine(f"{column} 不是数字 / {column} is not a number")
    return text


def _date(column: str, text: str) -> date:
    match = DATE.fullmatch(text)
    try:
        return date(*map(int, match.groups()))
    except (AttributeError, ValueError):
        raise BadLine(f"{column} 不是日期（年-月-日） / {column} is not a date (YYYY-MM-DD)") from None


def _choice(column: str, text: str) -> str | bool:
    choices = CHOICES[column]
    for written, meaning in choices.items():
        if text.lower() == written.lower():
            return meaning
    wanted = " 或 ".join(choices), " or ".join(choices)
    raise BadLine(f"{column} 要写 {wanted[0]} / {column} must be {wanted[1]}")
