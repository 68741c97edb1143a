"""The grammar of computable rules, as the head of screenings.yaml states it. Only its form: screening decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import ValidationError, fields

from mengya_health.content.documents import Place, frozen, walk

OPERATORS = ("lt", "le", "gt", "ge", "eq", "ne", "in", "between", "intersects")
CHANGE_OPERATORS = ("lt", "le", "gt", "ge", "pct_le")

# What a condition is about (one of these, the first that is there), and the keys that go with it.
_COMPARED = {"op", "value"}
KINDS: dict[str, set[str]] = {
    "metric": _COMPARED
    | {"change_op", "vs", "over", "age_group", "from_days", "to_days", "on_fail", "value_of", "times", "ages_m"},
    "any_metric": _COMPARED | {"ages_m"},
    "input": _COMPARED | {"ages_m"},
    "all": set(),
    "any": set(),
    "not": set(),
    "abs_diff": _COMPARED,
    "range_of": _COMPARED,
    "check": {"over"},
    "ref": {"over"},
    "alert": set(),
    "any_of_both_eyes": {"op", "by_age"},
    "days_since": _COMPARED,
    "item_domain": {"positive"},
    "in_consolidation_days_ge": set(),
    "in_intervention_days_ge": set(),
    "corrected_months_ge": set(),
    "actual_months_ge": set(),
    "code": set(),
}
_OVER = {"count", "min_interval_days", "min_interval_days_from_12m"}
# How many names stand after each kind that reads several.
_NAMES = {"any_metric": (1, None), "range_of": (2, None), "abs_diff": (2, 2)}
_DAYS = ("in_consolidation_days_ge", "in_intervention_days_ge", "corrected_months_ge", "actual_months_ge")
_ORDERED = ("lt", "le", "gt", "ge", *CHANGE_OPERATORS)


def kind_of(condition: Mapping[str, Any]) -> str:
    """Return what a condition is about: "metric", "all", "check" … Raises KeyError for none of them."""
    for kind in KINDS:
        if kind in condition:
            return kind
    raise KeyError(next(iter(condition), ""))


def parts_of(condition: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Return the conditions an all, any or not is made of; none for a simple one."""
    kind = kind_of(condition)
    if kind in ("all", "any"):
        return tuple(condition[kind])
    return (condition["not"],) if kind == "not" else ()


def simple_conditions(condition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the simple conditions in a condition, in their order."""
    parts = parts_of(condition)
    if not parts:
        yield condition
    for part in parts:
        yield from simple_conditions(part)


def names_read(condition: Mapping[str, Any]) -> frozenset[str]:
    """Return the metrics and inputs a condition reads."""
    names: set[str] = set()
    for simple in simple_conditions(condition):
        kind = kind_of(simple)
        if kind in ("metric", "input"):
            names.add(simple[kind])
        elif kind in ("any_metric", "abs_diff", "range_of"):
            names.update(simple[kind])
    return frozenset(names)


def checks_named(condition: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a clinician is asked to tick, in the order of the rule."""
    return tuple(simple["check"] for simple in simple_conditions(condition) if kind_of(simple) == "check")


def codes_named(condition: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the codes of findings that a condition looks for."""
    return tuple(simple["code"] for simple in simple_conditions(condition) if kind_of(simple) == "code")


class Condition(fields.Field):
    """A condition of the grammar; the value stays the mapping it was."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        problems = _problems(value)
        if problems:
            raise ValidationError(problems)
        return frozen(value)


def conditions_in(value: Any) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """Yield every simple condition anywhere in a plain value, with its place."""
    for place, each in walk(value):
        if isinstance(each, Mapping) and ("op" in each or "change_op" in each) and not KINDS.keys().isdisjoint(each):
            yield place, each


def _problems(condition: Any) -> Any:
    """Return what is wrong as marshmallow nests messages: by key, then by position. Nothing wrong: empty."""
    if not isinstance(condition, Mapping):
        return ["要写成一条规则。Must be a condition."]
    try:
        kind = kind_of(condition)
    except KeyError:
        return ["不是规则文法里的条件。Not a condition of the grammar."]
    if kind in ("all", "any"):
        return _problems_of_parts(kind, condition)
    if kind == "not":
        inner = _problems(condition["not"])
        return {"not": inner} if inner else {}
    return _problems_of_simple(kind, condition)


def _problems_of_parts(kind: str, condition: Mapping[str, Any]) -> dict[Any, Any]:
    parts = condition[kind]
    if not isinstance(parts, list) or not parts:
        return {kind: ["至少要有一条。Needs at least one condition."]}
    nested = {position: found for position, part in enumerate(parts) if (found := _problems(part))}
    unknown = _unknown_keys(condition, {kind})
    return unknown | ({kind: nested} if nested else {})


def _problems_of_simple(kind: str, condition: Mapping[str, Any]) -> dict[Any, Any]:
    problems = _unknown_keys(condition, KINDS[kind] | {kind}) | _problems_of_subject(kind, condition[kind])
    operators = CHANGE_OPERATORS if "change_op" in condition else OPERATORS
    operator = condition.get("change_op", condition.get("op"))
    if KINDS[kind] >= _COMPARED and operator not in operators:
        problems["op"] = [f"要用 {' '.join(operators)} 之一。Must be one of these operators."]
    if "change_op" in condition and "vs" not in condition:
        problems["change_op"] = ["要写明和什么比（vs）。Needs vs: what it is compared with."]
    if KINDS[kind] >= _COMPARED and "value" not in condition and "value_of" not in condition:
        problems["value"] = ["缺少 value。value is missing."]
    if operator == "between" and not _rises(condition.get("value")):
        problems["value"] = ["要写成 [起, 止)。Must be [from, to)."]
    if operator in _ORDERED and "value" in condition and not _is_number(condition["value"]):
        problems["value"] = ["要填数字。Must be a number."]
    if operator in ("in", "intersects") and not _is_listed(condition.get("value")):
        problems["value"] = ["要写成列表。Must be a list."]
    if "over" in condition and not _is_over(condition["over"]):
        problems["over"] = ["要写 count 和 min_interval_days。Needs count and min_interval_days."]
    return problems


def _unknown_keys(condition: Mapping[str, Any], known: set[str]) -> dict[Any, Any]:
    return {key: ["这里没有这个项目。Unknown key."] for key in condition if key not in known}


def _problems_of_subject(kind: str, subject: Any) -> dict[Any, Any]:
    """Return what is wrong with what the condition is about: a name, several names, or a number of days or months."""
    if kind in _NAMES:
        least, most = _NAMES[kind]
        are_names = isinstance(subject, list) and all(_is_name(each) for each in subject)
        if not are_names or not least <= len(subject) <= (most or len(subject)):
            return {kind: ["要列出名称。Must list names."]}
    elif kind in _DAYS:
        if not _is_count(subject):
            return {kind: ["要填整数。Must be a whole number."]}
    elif not _is_name(subject):
        return {kind: ["要写一个名称。Must be a name."]}
    return {}


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_listed(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, int | float | str) for each in value)


def _rises(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_number, value)) and value[0] < value[1]


def _is_over(over: Any) -> bool:
    is_named = isinstance(over, Mapping) and {"count", "min_interval_days"} <= set(over) <= _OVER
    return is_named and all(map(_is_count, over.values())) and over["count"] > 0
