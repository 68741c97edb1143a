"""The cells of many lines as columns of numbers; each distinct text is read once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from mengya_health.growth.many_visits import (
    BOY,
    GIRL,
    LYING,
    MILLI,
    STANDING,
    UNKNOWN,
    Ages,
    Bools,
    Ints,
    Visits,
    ages_from_dates,
    ages_from_days,
    ages_from_months,
)
from mengya_health.operations.growth_line import (
    CHOICES,
    DATE_COLUMNS,
    NUMBER_COLUMNS,
    BadLine,
    choice_in,
    date_in,
    number_in,
)

# What a cell holds beside a number: nothing, or something only `line_results` can answer.
NOT_GIVEN, UNREADABLE = -2, -1
# Distinct keys kept; a file with more starts again, so that memory does not grow with it.
REMEMBERED = 20_000
# What `Visits` takes; nobody is older, weighs or measures as much.
LARGEST = {"age_days": 100_000, "age_months": 2400, "weight_kg": 500, "lenhei_cm": 400, "headc_cm": 400}
CODES = {"M": BOY, "F": GIRL, "l": LYING, "h": STANDING, True: 1, False: 0}
# Sex must be given.
CODE_OF_BLANK = {"sex": UNREADABLE, "position": UNKNOWN, "oedema": 0}
DAY_1970 = np.datetime64("1970-01-01").item().toordinal()


class Once(dict):
    """What each distinct key means, worked out once."""

    def __init__(self, meaning: Callable) -> None:
        super().__init__()
        self._meaning = meaning

    def __missing__(self, key):
        if len(self) >= REMEMBERED:
            self.clear()
        self[key] = meaning = self._meaning(key)
        return meaning

    def of(self, keys: Iterable) -> list:
        """Return what each of the keys means."""
        return list(map(self.__getitem__, keys))


class CellReader:
    """Reads the lines of one file, block by block."""

    def __init__(self, header: Sequence[str]) -> None:
        readers = dict.fromkeys(NUMBER_COLUMNS, _milli) | dict.fromkeys(DATE_COLUMNS, _day)
        readers |= dict.fromkeys(CHOICES, _code)
        self._header = header
        self._cells = {column: Once(_meaning(reader, column)) for column, reader in readers.items()}

    def visits_in(self, columns: Sequence[Sequence[str]]) -> tuple[Visits, Bools]:
        """Return the visits of these columns, and which of them are not what their line says: judge those alone."""
        texts = dict(zip(self._header, columns, strict=True))
        blank = [""] * len(texts["sex"])
        read = {name: np.array(cells.of(texts.get(name, blank)), np.int64) for name, cells in self._cells.items()}
        unreadable = np.zeros(len(blank), bool)
        for numbers in read.values():
            unreadable |= numbers == UNREADABLE
        ages = _ages(read)
        is_backwards = _has_dates(read) & (read["measured_date"] < read["birth_date"])
        measured = [np.maximum(read[name], 0) for name in ("weight_kg", "lenhei_cm", "headc_cm")]
        codes = {name: read[name].astype(np.int8) for name in ("sex", "position")}
        return Visits(codes["sex"], ages, *measured, codes["position"], read["oedema"] == 1), unreadable | is_backwards


def _has_dates(read: dict[str, Ints]) -> Bools:
    return (read["birth_date"] > 0) & (read["measured_date"] > 0)


def _ages(read: dict[str, Ints]) -> Ages:
    """Return the ages: by two dates, else by days, else by months, as `Visit.age` takes them."""
    birth_on, measured_on = ((read[name] - DAY_1970).astype("M8[D]") for name in DATE_COLUMNS)
    found = replace(ages_from_dates(birth_on, measured_on), is_known=_has_dates(read))
    for name, ages_from in (("age_days", ages_from_days), ("age_months", ages_from_months)):
        if not found.is_known.all():
            found = found.or_else(replace(ages_from(read[name]), is_known=read[name] >= 0))
    return found


def _meaning(reader: Callable[[str, str], int], column: str) -> Callable[[str], int]:
    def meaning(cell: str) -> int:
        text = cell.strip()
        if not text:
            return CODE_OF_BLANK.get(column, NOT_GIVEN)
        try:
            return reader(column, text)
        except BadLine:
            return UNREADABLE

    return meaning


def _milli(column: str, text: str) -> int:
    """Return the thousandths a number says, where it says no less and is not too large."""
    whole, _, decimals = number_in(column, text).partition(".")
    if decimals[3:].strip("0"):
        return UNREADABLE
    milli = int(whole) * MILLI + int(f"{decimals:0<3}"[:3])
    return milli if milli <= LARGEST[column] * MILLI else UNREADABLE


def _day(column: str, text: str) -> int:
    return date_in(column, text).toordinal()


def _code(column: str, text: str) -> int:
    return CODES[choice_in(column, text)]
