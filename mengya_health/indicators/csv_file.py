"""A table as a CSV file that a spreadsheet opens as text and numbers, never as a formula."""

import csv
import io
from collections.abc import Iterable

STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
BOM = "\ufeff"  # spreadsheets take a file without it for the local code page


def csv_file(rows: Iterable[Iterable[str | int]]) -> bytes:
    """Return a UTF-8 CSV file; a text that a spreadsheet would run is written after a `'` (security design §12)."""
    text = io.StringIO()
    csv.writer(text).writerows([as_cell(value) for value in row] for row in rows)
    return (BOM + text.getvalue()).encode()


def as_cell(value: str | int) -> str | int:
    """Return a value as it may stand in a cell."""
    return f"'{value}" if isinstance(value, str) and value.startswith(STARTS_A_FORMULA) else value
