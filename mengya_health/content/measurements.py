"""Metrics: what is measured, its unit and the ranges within which a value is taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from mengya_health.content.shapes import (
    Flag,
    Kept,
    Number,
    Range,
    Shape,
    Sourced,
    many,
    one_of,
    whole,
    word_list,
    words,
)


@dataclass(frozen=True, kw_only=True)
class Metric(Sourced):
    """One thing measured, counted or derived.

    Outside `hard` a value is refused, outside `soft` it is asked back; None where the content gives no range. `kind`
    is decimal, integer, code or derived; `decimals` how many are kept and shown; `step` the finest step;
    `convert` says how another unit is turned into this one.
    """

    code: str
    name: str
    unit: str
    kind: str
    decimals: int = 0
    hard: tuple[float, float] | None = None
    soft: tuple[float, float] | None = None
    step: float | None = None
    values: Mapping[int, str] | None = None
    formula: str | None = None
    note: str | None = None
    convert: str | None = None

    def is_possible(self, value: float) -> bool:
        return self.hard is None or self.hard[0] <= value <= self.hard[1]

    def is_usual(self, value: float) -> bool:
        return self.soft is None or self.soft[0] <= value <= self.soft[1]


class MetricShape(Shape):
    makes = Metric

    code = words(required=True, pattern=r"[A-Z][A-Z0-9_]*")
    name = words(required=True)
    unit = Kept(required=True)
    kind = one_of("decimal", "integer", "derived", "code", required=True, key="type")
    decimals = whole()
    hard = Range()
    soft = Range()
    step = Number()
    signed = Flag()
    values = Kept()
    formula = words()
    sample = words()
    convert = words()
    extra = Kept()
    note = words()

    @validates_schema
    def _is_usual_only_within_the_possible(self, values: dict[str, Any], **_: Any) -> None:
        hard, soft = values.get("hard"), values.get("soft")
        if hard and soft and not hard[0] <= soft[0] < soft[1] <= hard[1]:
            raise ValidationError("soft 要在 hard 之内。soft must lie within hard.", "soft")


@dataclass(frozen=True, kw_only=True)
class Input:
    """One thing asked for a screening that is no metric. `kind`: boolean, count, number, choice or set.

    `listed_in` names the list of the screening on which a count counts, `without` what of it is not asked here.
    """

    code: str
    name: str
    kind: str
    values: tuple[Any, ...] = ()
    listed_in: str | None = None
    without: tuple[str, ...] = ()


class InputShape(Shape):
    makes = Input

    code = words(required=True, pattern=r"[a-z][a-z0-9_]*")
    name = words(required=True)
    kind = one_of("boolean", "count", "number", "choice", "set", required=True, key="type")
    values = fields.List(fields.Raw())
    listed_in = words(pattern=r"[a-z_.]+")
    without = word_list()

    @validates_schema
    def _lists_what_may_be_chosen(self, values: dict[str, Any], **_: Any) -> None:
        wanted = {"choice": int, "set": str}.get(values["kind"])
        if wanted and not all(isinstance(each, wanted) for each in values.get("values") or (None,)):
            raise ValidationError("要列出可选的值。Must list what may be chosen.", "values")


@dataclass(frozen=True, kw_only=True)
class AskedInputs:
    """What a screening asks beside metrics, the metrics and inputs it can do without, and which age it goes by."""

    age_basis: str
    optional: tuple[str, ...]
    inputs: tuple[Input, ...]


class AskedInputsShape(Shape):
    makes = AskedInputs

    age_basis = words(required=True)
    optional = word_list(required=True)
    inputs = many(InputShape, required=True)
