"""Scoring some thousand lines at once with `judge_many`; a line it cannot take goes through `line_results`, alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mengya_health.growth import INDICATORS
from mengya_health.growth.many import Judgements, judge_many
from mengya_health.growth.many_measures import NOTE_CODES, REASON_CODES
from mengya_health.growth.many_texts import percentile_texts, z_texts
from mengya_health.growth.wst423 import labels
from mengya_health.operations.growth_cells import CellReader, Once
from mengya_health.operations.growth_line import line_results, note_text, nutrition_text

# More than there are reasons, notes or labels: the step between two of them in one number.
STEP = 32


class Scored(NamedTuple):
    """A block of lines as columns of text, results included; and how many have a score, how many a flag."""

    columns: list[Sequence[str]]
    scored: int
    flagged: int


class BlockScorer:
    """Scores the lines of one file, block by block; keeps what it has read and written for the next."""

    def __init__(self, header: list[str], reference: str, age_rule: str) -> None:
        self._header, self._reference, self._age_rule = header, reference, age_rule
        self._cells = CellReader(header)
        self._notes = Once(self._note)
        self._nutrition = Once(self._nutrition_of)

    def score(self, rows: list[list[str]]) -> Scored:
        """Return the rows with their results."""
        width = len(self._header)
        lines = [cells if len(cells) == width else [*cells, *[""] * width][:width] for cells in rows]
        cells = list(zip(*lines, strict=True))
        visits, alone = self._cells.visits_in(cells)
        alone |= np.array([len(cells) > width for cells in rows])
        judged = judge_many(visits, self._reference, self._age_rule)
        results = self._results(judged)
        scored = int(((judged.reason == 0).any(axis=0) & ~alone).sum())
        flagged = int((judged.flag.any(axis=0) & ~alone).sum())
        for number in np.flatnonzero(alone):
            written, one = line_results(self._header, rows[number], self._reference, self._age_rule)
            for column, cell in zip(results, written, strict=True):
                column[number] = cell
            scored += bool(one and one.scores)
            flagged += bool(one and any(score.flag for score in one.scores.values()))
        return Scored([*cells, *results], scored, flagged)

    def _results(self, judged: Judgements) -> list[list[str]]:
        """Return the columns of results, in the order of the header."""
        is_scored = judged.reason == 0
        parts = [
            z_texts(judged.z),
            _taken(("0", "1"), judged.flag, is_scored),
            percentile_texts(judged.percentile_z, self._reference),
        ]
        if self._reference != "wst423_2022":
            return [*_side_by_side(parts), self._notes.of(_one_number([*judged.reason, judged.note]))]
        methods = (("table2_sd_level", judged.sd_reached), ("table1_percentile_level", judged.percentiles_reached))
        parts += [self._bands(method, reached, is_scored) for method, reached in methods]
        reached = np.where(is_scored, judged.sd_reached, STEP - 1)
        return [
            *_side_by_side(parts),
            self._nutrition.of(_one_number(reached)),
            self._notes.of(_one_number([*judged.reason, judged.note])),
        ]

    def _bands(self, method: str, reached: NDArray[np.int8], is_scored: NDArray[np.bool_]) -> NDArray[np.object_]:
        texts = (labels(method, indicator) for indicator in INDICATORS[self._reference])
        return np.array([_taken(*row) for row in zip(texts, reached, is_scored, strict=True)])

    def _note(self, number: int) -> str:
        *reasons, note = _numbers_in(number, len(INDICATORS[self._reference]) + 1)
        indicators = INDICATORS[self._reference]
        unscored = {indicator: REASON_CODES[code] for indicator, code in zip(indicators, reasons, strict=True) if code}
        return note_text(unscored, [NOTE_CODES[note]] if note else [], is_scored=0 in reasons)

    def _nutrition_of(self, number: int) -> str:
        indicators = INDICATORS[self._reference]
        found = {}
        for indicator, reached in zip(indicators, _numbers_in(number, len(indicators)), strict=True):
            label = labels("table3_nutrition", indicator)[reached] if reached != STEP - 1 else None
            if label:
                found[label] = True
        return nutrition_text(found)


def _taken(texts: Sequence[str | None], places: NDArray[Any], is_scored: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Return the text at each place, "" where there is none or no score."""
    blank = len(texts)
    return np.array([*(text or "" for text in texts), ""], object)[np.where(is_scored, places, blank)]


def _side_by_side(parts: list[NDArray[np.object_]]) -> list[list[str]]:
    """Return the columns of the first indicator, then those of the second, as the header has them."""
    return [part[place].tolist() for place in range(len(parts[0])) for part in parts]


def _one_number(codes: Sequence[NDArray[np.int8]]) -> list[int]:
    number = np.zeros(len(codes[0]), np.int64)
    for column in codes:
        number = number * STEP + column
    return number.tolist()


def _numbers_in(number: int, count: int) -> list[int]:
    return [number // STEP**place % STEP for place in reversed(range(count))]
