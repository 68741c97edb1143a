"""Comparing values the way the rules mean it: as written, without what floating point adds."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def exact(value: Any) -> Decimal:
    """Return a number as it is written, so that 4.8 compared with 4.8 is the same whichever type it came as."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def compares(operator: str, value: Any, target: Any) -> bool:
    """Return whether `value operator target` holds; between takes [from, to)."""
    if operator == "between":
        return exact(target[0]) <= exact(value) < exact(target[1])
    if operator == "intersects":
        return bool(set(value) & set(target))
    if operator == "in":
        return value in target
    if operator in ("eq", "ne"):
        return (value == target) is (operator == "eq")
    one, other = exact(value), exact(target)
    return {"lt": one < other, "le": one <= other, "gt": one > other, "ge": one >= other}[operator]


def has_changed(condition: Mapping[str, Any], value: Any, before: Any) -> bool:
    """Return whether a value differs from an earlier one as `change_op` says; pct_ in percent of the earlier one."""
    change = exact(value) - exact(before)
    operator = condition["change_op"]
    if operator.startswith("pct_"):
        change, operator = change / exact(before) * 100, operator.removeprefix("pct_")
    return compares(operator, change, condition["value"])
