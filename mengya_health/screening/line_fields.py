"""The field of one line of a form, made from the content, and its answer as it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from marshmallow import ValidationError, fields

from mengya_health.content import Content
from mengya_health.content.measurements import Metric
from mengya_health.content.typed_numbers import range_of
from mengya_health.content.visits import FormField
from mengya_health.fields import Choice, DecimalText, PlainText, WholeNumber

# For numbers that are no metric: as many digits as a paper form has boxes.
LARGEST_PLAIN_NUMBER = 9999
LONGEST_NOTE = 200
NOTHING_ELSE = "“{normal}”不能和别的同时选。 “None” cannot be chosen together with others."


class Several(fields.List):
    """Several codes: a box for each, or all in one text with commas, where one of two whole answers is chosen."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list:
        codes = [code for each in value for code in str(each).split(",") if code] if isinstance(value, list) else value
        return super()._deserialize(codes, attr, data, **kwargs)


def line_field(
    content: Content, line: FormField, expected: Mapping[str, Decimal] = MappingProxyType({})
) -> fields.Field:
    """Return the field of one line of a form; `expected` helps to guess."""
    match line.kind:
        case "number":
            if line.metric is None:
                return _plain_number()
            return metric_field(content.metrics[line.metric], expected.get(line.code))
        case "choice":
            return Choice(*map(str, line.options))
        case "choices":
            return Several(Choice(*map(str, line.options)), validate=_normal_stands_alone(line))
        case "flag":
            return Choice("0", "1")
    return PlainText(longest=LONGEST_NOTE)


def metric_field(metric: Metric, expected: Decimal | None = None, **kwargs) -> DecimalText:
    """Return the field of a metric with hard limits, kept as typed; `expected` of this child helps to guess."""
    within = range_of(metric, expected)
    return DecimalText(
        low=str(metric.hard[0]),
        high=str(metric.hard[1]),
        places=within.places,
        unit=metric.unit,
        within=within,
        validate=_in_steps(metric),
        **kwargs,
    )


def plain_value(line: FormField, value: Any) -> Any:
    """Return an answer of a form as it is kept: options as int, flags as bool, numbers and texts as typed."""
    match line.kind:
        case "choice":
            return int(value)
        case "choices":
            return [int(each) for each in value]
        case "flag":
            return value == "1"
    return value


def _plain_number() -> WholeNumber:
    return WholeNumber(low=0, high=LARGEST_PLAIN_NUMBER)


def _in_steps(metric: Metric):
    def check(text: str) -> None:
        if metric.step and Decimal(text) % Decimal(str(metric.step)):
            raise ValidationError(f"要是 {metric.step} 的倍数。 Must be a multiple of {metric.step}.")

    return check


def _normal_stands_alone(line: FormField):
    def check(chosen: list[str]) -> None:
        if line.section != "conclude" and str(line.normal) in chosen and len(chosen) > 1:
            raise ValidationError(NOTHING_ELSE.format(normal=line.options[line.normal]))

    return check
