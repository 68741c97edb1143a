"""How long each class of content is kept, and why (workflows/retention.yaml)."""

from dataclasses import dataclass
from datetime import date

from marshmallow import ValidationError, fields, validates_schema

from mengya_health.content.shapes import Flag, Meta, Shape, Sourced, many, one_of, whole, words
from mengya_health.growth.ages import add_months

COUNTED_FROM = ("last_visit", "leaving", "end")


@dataclass(frozen=True, kw_only=True)
class Retention(Sourced):
    """One class of content: for how long it is kept, counted from when; or together with which other class.

    What is kept by law is sealed where a family wants it deleted, and destroyed when its time is over.
    """

    id: str
    what: str
    kept_by_law: bool
    years: int = 0
    months: int = 0
    counted_from: str | None = None
    follows: str | None = None

    def until(self, counted_from_on: date) -> date:
        """Return the day from which it is no longer kept."""
        return add_months(counted_from_on, self.years * 12 + self.months)


class RetentionShape(Shape):
    makes = Retention

    id = words(required=True)
    what = words(required=True)
    kept_by_law = Flag(required=True)
    years = whole(least=1)
    months = whole(least=1)
    counted_from = one_of(*COUNTED_FROM)
    follows = words()
    note = words()

    @validates_schema
    def _has_an_end(self, values: dict, **_kwargs) -> None:
        timed = values.get("counted_from") and (values.get("years") or values.get("months"))
        if bool(timed) == bool(values.get("follows")):
            raise ValidationError("要写从何时起几年几月，或跟随哪一类。Give years or months with a start, or follows.")


class RetentionFile(Shape):
    meta = fields.Nested(Meta, required=True)
    classes = many(RetentionShape, required=True)
