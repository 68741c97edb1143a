"""The side events of visit_schedule.yaml: what is to be done beside the planned checks, or with some of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields

from mengya_health.content.conditions import Condition
from mengya_health.content.shapes import Flag, Shape, Sourced, whole, word_list, words


class AnsweredShape(Shape):
    field = words(required=True)
    values = fields.List(whole(), required=True)
    also_unanswered = Flag()


@dataclass(frozen=True, kw_only=True)
class SideEvent(Sourced):
    """Something to be done beside the planned checks, or with those it names (`visits`).

    Days and months are counted by birth date; `to_day` is included, `to_month_exclusive` is not. `when` is the answer
    of a check form on which it depends: {field, values, also_unanswered}.
    """

    id: str
    name: str
    note: str
    from_day: int | None = None
    to_day: int | None = None
    target_day: int | None = None
    from_month: int | None = None
    to_month_exclusive: int | None = None
    every_months: int | None = None
    is_optional: bool = False
    visits: tuple[str, ...] = ()
    applies_if: Mapping[str, Any] | None = None
    when: Mapping[str, Any] | None = None


class SideEventShape(Shape):
    makes = SideEvent

    id = words(required=True)
    name = words(required=True)
    note = words(required=True)
    from_day = whole()
    to_day = whole()
    target_day = whole()
    from_month = whole()
    to_month_exclusive = whole()
    every_months = whole(least=1)
    is_optional = Flag(data_key="optional")
    visits = word_list()
    screening = words()
    applies_if = Condition()
    when = fields.Nested(AnsweredShape)
