"""urgent_findings.yaml: what a family is told about findings for which a child is seen the same day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields

from mengya_health.content.shapes import Flag, Meta, Shape, many, word_list, words


@dataclass(frozen=True, kw_only=True)
class UrgentWords:
    """What a family reads: what to do today, and a second sentence. `call_120`: the disposition names 120."""

    family: str
    then: str
    call_120: bool
    codes: tuple[str, ...] = ()


class UrgentWordsShape(Shape):
    makes = UrgentWords

    codes = word_list()
    family = words(required=True)
    then = words(required=True)
    call_120 = Flag(required=True)


class UrgentFindingsFile(Shape):
    meta = fields.Nested(Meta, required=True)
    usual = fields.Nested(UrgentWordsShape, required=True)
    said = many(UrgentWordsShape, required=True)


def urgent_words_from(loaded: Mapping[str, Any]) -> tuple[Mapping[str, UrgentWords], UrgentWords]:
    """Return the words by code of the finding, and those for every other one."""
    return {code: each for each in loaded["said"] for code in each.codes}, loaded["usual"]
