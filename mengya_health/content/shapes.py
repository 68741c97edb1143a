"""The shape of content files: marshmallow schemas that refuse unknown keys and turn into frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields as fields_of
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from mengya_health.content.documents import frozen

BASES = ("official", "consensus", "product_default")
OLDEST_MONTH = 84


class Flag(fields.Boolean):
    """true or false as YAML has them; no words or numbers in their place."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(truthy={True}, falsy={False}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Number(fields.Field):
    """An int or a float as YAML has it, kept as it is."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int | float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValidationError("要填数字。Must be a number.")
        return value


class Kept(fields.Field):
    """A value no rule reads (tables for reference, longer notes), kept as it is and made unchangeable."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        return frozen(value)


class Range(fields.Field):
    """[from, to), two rising numbers."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        numbers = isinstance(value, list) and all(isinstance(x, int | float) and not isinstance(x, bool) for x in value)
        if not numbers or len(value) != 2 or not value[0] < value[1]:
            raise ValidationError("要写成 [起, 止)，起小于止。Must be [from, to) with from below to.")
        return tuple(value)


class AgeRange(Range):
    """[from, to) in whole months, from birth to under seven years."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        start, end = super()._deserialize(value, attr, data, **kwargs)
        if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= OLDEST_MONTH):
            raise ValidationError(f"月龄要在 0 到 {OLDEST_MONTH} 之间。Months must lie between 0 and {OLDEST_MONTH}.")
        return start, end


def words(*, required: bool = False, pattern: str | None = None, key: str | None = None) -> fields.String:
    """A text that is not empty; `key` where the file's key is not the attribute's name."""
    checks: list[Any] = [validate.Length(min=1)]
    if pattern:
        checks.append(validate.Regexp(pattern + r"\Z", error="编号写法不对。Not an id of this kind."))
    return fields.String(required=required, validate=checks, data_key=key)


def word_list(*, required: bool = False) -> fields.List:
    return fields.List(words(), required=required)


def whole(*, required: bool = False, least: int = 0) -> fields.Integer:
    return fields.Integer(strict=True, required=required, validate=validate.Range(min=least))


def many(shape: type[Schema], *, required: bool = False) -> fields.List:
    return fields.List(fields.Nested(shape), required=required)


def one_of(*values: str, required: bool = False, key: str | None = None) -> fields.String:
    """One of a few words; `key` where the file's key is not the attribute's name."""
    return fields.String(required=required, validate=validate.OneOf(values), data_key=key)


@dataclass(frozen=True, kw_only=True)
class Sourced:
    """Where a rule, text or limit comes from. `verified` None: said where the file or the entry around it says it."""

    source: str | None = None
    basis: str | None = None
    verified: bool | None = None
    verified_note: str | None = None


class Shape(Schema):
    """One mapping in a content file. Keys not listed are refused; `makes` is the frozen class it turns into."""

    makes: type | None = None

    source = words()
    basis = one_of(*BASES)
    verified = Flag()
    verified_note = words()

    @post_load
    def _make(self, values: dict[str, Any], **_: Any) -> Any:
        if self.makes is None:
            return frozen(values)
        wanted = {field.name for field in fields_of(self.makes)}
        return self.makes(**{name: frozen(value) for name, value in values.items() if name in wanted})


class Meta(Shape):
    """The head of every file."""

    id = words(required=True)
    version = words(required=True, pattern=r"\d{4}\.\d{2}-\d+")
    sources = fields.Dict(keys=fields.String(), values=words())
    title = words()
    scope = words()
    reading_note = words()
