"""A table as clinics and survey tools write it: CSV in UTF-8 or GB 18030, or the first sheet of an XLSX workbook."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from mengya_health.errors import Invalid

_ZIP, _OLD_EXCEL, _UTF8_BOM = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Problem:
    """Why a line cannot be taken: its number in the file, the column ("" for the whole line), Chinese then English."""

    line: int
    column: str
    message: str

    def __str__(self) -> str:
        return f"第 {self.line} 行{f' {self.column}' if self.column else ''}：{self.message}"


@dataclass(frozen=True)
class Table:
    """The columns by our names, the lines with something in them (number in the file, filled cells), what is wrong."""

    columns: frozenset[str]
    lines: list[tuple[int, dict[str, str]]]
    problems: list[Problem]


def read_table(path: Path, names: Mapping[str, str]) -> Table:
    """Return a file's first table. `names` maps what a column may be called (in small letters) to our name for it.

    Raises Invalid for a file that cannot be read, and for columns that are unknown or there twice.
    """
    rows = _rows(path)
    columns = _columns(next(rows, (1, []))[1], names)
    lines, problems = [], []
    for number, cells in rows:
        if any(cells[len(columns) :]):
            message = "这一行比表头多出了格子，请核对逗号。 This line has more cells than the header; check the commas."
            problems.append(Problem(number, "", message))
        elif filled := {column: cell for column, cell in zip(columns, cells, strict=False) if cell}:
            lines.append((number, filled))
    return Table(frozenset(columns), lines, problems)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the cells of each row."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Invalid(
            f"打不开文件 {path.name}，请检查文件名和权限。", f"Cannot open {path.name}; check its name and access."
        ) from error
    if content.startswith(_OLD_EXCEL):
        raise Invalid(
            "这是旧版 Excel 文件，请另存为 xlsx 或 CSV 再导入。", "This is an old Excel file; save it as xlsx or CSV."
        )
    return _sheet_rows(content) if content.startswith(_ZIP) else _csv_rows(_decoded(content))


def _decoded(content: bytes) -> str:
    encodings = ("utf-8-sig",) if content.startswith(_UTF8_BOM) else ("utf-8", "gb18030")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid(
        "文件的文字编码读不出来，请另存为 UTF-8 的 CSV 或 xlsx。",
        "Cannot read the encoding of this file; save it as CSV in UTF-8 or as xlsx.",
    )


def _csv_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begins = 1
    try:
        for cells in reader:
            yield begins, [cell.strip() for cell in cells]
            begins = reader.line_num + 1
    except csv.Error as error:
        raise Invalid(
            f"第 {begins} 行的引号或格式不对，请用表格软件另存为 CSV。",
            f"Line {begins} is no proper CSV: check quotes.",
        ) from error


def _sheet_rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        rows = list(workbook.worksheets[0].iter_rows(values_only=True))
        workbook.close()
    except (BadZipFile, InvalidFileException, KeyError, ValueError, IndexError, OSError) as error:
        raise Invalid("这个 xlsx 文件打不开，请重新另存。", "Cannot open this xlsx file; save it again.") from error
    for number, cells in enumerate(rows, start=1):
        yield number, [_cell_text(cell) for cell in cells]


def _cell_text(value: object) -> str:
    """Return a spreadsheet cell as somebody would type it: 9.1, 2026-11-21."""
    match value:
        case None:
            return ""
        case datetime():
            return value.date().isoformat()
        case float():
            return f"{value:.12g}"
    return str(value).strip()


def _columns(header: Iterable[str], names: Mapping[str, str]) -> list[str]:
    written = list(header)
    while written and not written[-1]:
        written.pop()
    unknown = [name or "（空）" for name in written if name.lower() not in names]
    if unknown or not written:
        raise Invalid(
            f"表头里有不认识的列：{'、'.join(unknown)}。请对照说明改名或删掉。" if unknown else "文件是空的。",
            f"Unknown columns in the header: {', '.join(unknown)}." if unknown else "The file is empty.",
        )
    columns = [names[name.lower()] for name in written]
    doubled = sorted({name for name in columns if columns.count(name) > 1})
    if doubled:
        raise Invalid(
            f"表头里 {'、'.join(doubled)} 重复了，请只留一列。",
            f"The header names {', '.join(doubled)} twice; keep one.",
        )
    return columns
