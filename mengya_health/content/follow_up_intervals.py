"""How long until the next follow-up: days, several one after the other, or a choice by what is on file or by age."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, fields, missing

from mengya_health.content.conditions import Condition
from mengya_health.content.documents import frozen

STAGES = ("intervention", "consolidation")
Days = int | tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class IntervalChoice:
    """These days, or those of a table by age (`rows_of`: a screening and the row's name), where `condition` holds.

    Without a condition it holds always: it is the last of its list.
    """

    condition: Mapping[str, Any] | None = None
    days: Days | None = None
    rows_of: tuple[str, str] | None = None


class Intervals(fields.Field):
    """Days, a list of days, or a list of choices {if, days} and {if, rows_of}, the last without `if`."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value):
            return _choices(value)
        return days_of(value)


def days_of(value: Any) -> Days:
    """Return a number of days as it is, and a list of them as a tuple. Raises ValidationError."""
    listed = value if isinstance(value, list) else [value]
    if not listed or not all(isinstance(day, int) and not isinstance(day, bool) and day > 0 for day in listed):
        raise ValidationError("要填天数，或几个天数。Must be a number of days, or several.")
    return tuple(listed) if isinstance(value, list) else value


def interval_of_age(rows: tuple[Mapping[str, Any], ...], corrected_months: int) -> int:
    """Return the longest interval of the row for this corrected age, in days; outside the table the nearest row's."""
    reached = [row for row in rows if row["corrected_m"][0] <= corrected_months]
    return (reached[-1] if reached else rows[0])["days"][-1]


def _choices(value: list[Mapping[str, Any]]) -> tuple[IntervalChoice, ...]:
    problems = {position: found for position, each in enumerate(value) if (found := _problems(each))}
    if not problems and any(("if" in each) is (each is value[-1]) for each in value):
        problems[len(value) - 1] = ["除最后一项外都要写 if，最后一项不写。All but the last need if; the last has none."]
    if problems:
        raise ValidationError(problems)
    return tuple(_choice(each) for each in value)


def _choice(each: Mapping[str, Any]) -> IntervalChoice:
    rows_of = tuple(each["rows_of"].split(".")) if "rows_of" in each else None
    days = days_of(each["days"]) if "days" in each else None
    return IntervalChoice(condition=frozen(each["if"]) if "if" in each else None, days=days, rows_of=rows_of)


def _problems(each: Mapping[str, Any]) -> dict[Any, Any]:
    unknown = {key: ["这里没有这个项目。Unknown key."] for key in each if key not in ("if", "days", "rows_of")}
    if ("days" in each) is ("rows_of" in each):
        return unknown | {"days": ["days 和 rows_of 要写一个。Needs one of days and rows_of."]}
    if "rows_of" in each and len(str(each["rows_of"]).split(".")) != 2:
        unknown["rows_of"] = ["要写成“筛查.行名”。Must be screening.row."]
    for key, read in (("days", days_of), ("if", lambda value: Condition().deserialize(value, "if", missing))):
        try:
            if key in each:
                read(each[key])
        except ValidationError as error:
            unknown[key] = error.messages
    return unknown
