"""One line of a file of measurements: what is read in its cells, and what is written beside them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date

from mengya_health.errors import Invalid
from mengya_health.growth import INDICATORS, NOTES, REASONS, Judgement, Score, Visit, judge
from mengya_health.growth.lms import z_text

MEASUREMENT_COLUMNS = ("weight_kg", "lenhei_cm", "headc_cm")
NUMBER_COLUMNS = ("age_days", "age_months", *MEASUREMENT_COLUMNS)
DATE_COLUMNS = {"birth_date": "birth_on", "measured_date": "measured_on"}
COLUMN_OF_FIELD = {field: column for column, field in DATE_COLUMNS.items()}
CHOICES = {"sex": {"M": "M", "F": "F"}, "position": {"l": "l", "h": "h"}, "oedema": {"y": True, "n": False}}
NUMBER = re.compile(r"\d{1,6}(\.\d{1,6})?", re.ASCII)
DATE = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})", re.ASCII)
# Nothing to say about a measurement that was not taken.
NOT_TAKEN = ("no_weight", "no_stature", "no_headc")


class BadLine(Exception):
    """A line that cannot be scored; carries the note for its place in the output."""


def line_results(
    header: list[str], cells: list[str], reference: str, age_rule: str
) -> tuple[list[str], Judgement | None]:
    """Return the cells to write beside a line, and its judgement; None, and a note, where it cannot be read."""
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
        results.append(nutrition_text(judged.nutrition))
    return [*results, note_text(judged.unscored, judged.notes, is_scored=bool(judged.scores))], judged


def _score_cells(score: Score | None, is_chinese: bool) -> list[str]:
    if score is None:
        return [""] * (5 if is_chinese else 3)
    cells = [z_text(score.z), str(int(score.flag)), score.percentile]
    return [*cells, score.sd_band or "", score.percentile_band or ""] if is_chinese else cells


def nutrition_text(labels: Collection[str]) -> str:
    """Return the labels of Table 3 in one cell."""
    return ";".join(labels)


def note_text(unscored: Mapping[str, str], notes: Collection[str], *, is_scored: bool) -> str:
    """Return why indicators are missing and what was done to the length, Chinese and English; "" if all is plain."""
    by_reason: dict[str, list[str]] = {}
    for indicator, reason in unscored.items():
        by_reason.setdefault(reason, []).append(indicator)
    told = [
        f"{'、'.join(indicators)}：{REASONS[reason][0]} / {REASONS[reason][1]}"
        for reason, indicators in by_reason.items()
        if reason not in NOT_TAKEN
    ]
    told += [" / ".join(NOTES[code]) for code in notes]
    if not is_scored and not told:
        return "没有可以评价的测量值 / nothing measured that can be judged"
    return "；".join(told)


def _visit(header: list[str], cells: list[str]) -> Visit:
    """Return the visit on a line. Raises BadLine with what cannot be read in it."""
    if len(cells) > len(header):
        raise BadLine(f"这一行比表头多 {len(cells) - len(header)} 格 / more cells than the header has")
    given = {column: cell.strip() for column, cell in zip(header, cells, strict=False) if cell.strip()}
    if "sex" not in given:
        raise BadLine("没有性别 / sex missing")
    facts = {column: number_in(column, given[column]) for column in NUMBER_COLUMNS if column in given}
    facts |= {DATE_COLUMNS[column]: date_in(column, given[column]) for column in DATE_COLUMNS if column in given}
    facts |= {column: choice_in(column, given[column]) for column in CHOICES if column in given}
    try:
        return Visit(**facts)
    except Invalid as problem:
        told = [f"{COLUMN_OF_FIELD.get(field, field)}：{texts[0]}" for field, texts in problem.fields.items()]
        raise BadLine("；".join(told)) from problem


def number_in(column: str, text: str) -> str:
    """Return the text of a number. Raises BadLine if it is not one."""
    if not NUMBER.fullmatch(text):
        raise BadLine(f"{column} 不是数字 / {column} is not a number")
    return text


def date_in(column: str, text: str) -> date:
    """Return the date written there. Raises BadLine if there is no such day."""
    match = DATE.fullmatch(text)
    try:
        return date(*map(int, match.groups()))
    except (AttributeError, ValueError):
        raise BadLine(f"{column} 不是日期（年-月-日） / {column} is not a date (YYYY-MM-DD)") from None


def choice_in(column: str, text: str) -> str | bool:
    """Return which of the choices is written there. Raises BadLine if it is none."""
    choices = CHOICES[column]
    for written, meaning in choices.items():
        if text.lower() == written.lower():
            return meaning
    wanted = " 或 ".join(choices), " or ".join(choices)
    raise BadLine(f"{column} 要写 {wanted[0]} / {column} must be {wanted[1]}")
