"""The computable rules of a pathway: entry, watching, success, relapse, closing and escalation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, fields, missing

from mengya_health.content.conditions import Condition, simple_conditions
from mengya_health.content.follow_up_intervals import Intervals
from mengya_health.content.shapes import AgeRange, Shape, Sourced, many, whole, word_list, words


@dataclass(frozen=True, kw_only=True)
class Closing:
    """A way to close: if `condition` holds, with closing reason `code` (closing_reasons.yaml)."""

    name: str
    condition: Mapping[str, Any]
    code: str
    applies_if: str | None = None
    then_follow_up_days: int | None = None


class ClosingRule(Condition):
    """A condition with the closing reason it leads to beside it."""

    BESIDE = {"code": words(required=True), "applies_if": words(), "then_follow_up_days": whole(least=1)}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        said, rule = _apart(value, self.BESIDE)
        condition = super()._deserialize(rule, attr, data, **kwargs)
        beside = {key: field.deserialize(said.get(key, missing)) for key, field in self.BESIDE.items()}
        return Closing(name=attr or "", condition=condition, **{k: v for k, v in beside.items() if v is not missing})


class WithKey(Condition):
    """A condition with one more key of its own beside it, of the kind `beside` reads."""

    def __init__(self, key: str, beside: fields.Field, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.key, self.beside = key, beside

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        said, rule = _apart(value, (self.key,))
        condition = super()._deserialize(rule, attr, data, **kwargs)
        return condition, self.beside.deserialize(said[self.key]) if said else None


def _apart(value: Any, keys: Iterable[str]) -> tuple[Mapping[str, Any], Any]:
    """Return what stands beside a condition, and the condition alone; what is no mapping is left for it to refuse."""
    if not isinstance(value, Mapping):
        return {}, value
    return {k: v for k, v in value.items() if k in keys}, {k: v for k, v in value.items() if k not in keys}


class Days(fields.Field):
    """A number of days, or several one after the other; a tuple either way."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        listed = value if isinstance(value, list) else [value]
        if not listed or not all(isinstance(day, int) and not isinstance(day, bool) and day > 0 for day in listed):
            raise ValidationError("要填天数，或几个天数。Must be a number of days, or several.")
        return tuple(listed)


@dataclass(frozen=True, kw_only=True)
class Escalation(Sourced):
    """When to send the child on: `when` in words, to whom (institution codes or names), within which time limit.

    `rules` names what computes it: response_check, or escalate.N, the Nth of the pathway's escalate rules.
    """

    when: str
    to: tuple[str, ...] = ()
    within: str | None = None
    via: str | None = None
    to_pathway: str | None = None
    note: str | None = None
    official_text: str | None = None
    rules: tuple[str, ...] = ()


class EscalationShape(Shape):
    makes = Escalation

    when = words(required=True)
    to = word_list()
    within = words()
    via = words()
    to_pathway = words()
    rules = word_list()
    note = words()
    official_text = words()


@dataclass(frozen=True, kw_only=True)
class Escalate:
    """The same, computable: if `condition` holds, within this time limit."""

    condition: Mapping[str, Any]
    within: str
    to: str | None = None


class EscalateShape(Shape):
    makes = Escalate

    condition = Condition(required=True, data_key="if")
    within = words(required=True)
    to = words()


class DeadlineShape(Shape):
    stage = words(required=True)
    within = words(required=True)


class AfterNegativeShape(Shape):
    recheck_days = whole(required=True, least=1)


class ImagingShape(Shape):
    ages_m = AgeRange(required=True)
    use = words(required=True)


@dataclass(frozen=True, kw_only=True)
class PathwayRules:
    """The computable rules of a pathway; None or empty where it has none of a kind.

    `entry_optional`: the doctor chooses between watching and a case. `entry_optional_decide` says so in words.
    `follow_up_days` days by stage; several give the intervals one after the other, or are choices by what is on file.
    """

    entry: Mapping[str, Any] | None = None
    entry_optional: Mapping[str, Any] | None = None
    entry_optional_decide: str | None = None
    case_entry: Mapping[str, Any] | None = None
    referral_entry: Mapping[str, Any] | None = None
    watch: Mapping[str, Any] | None = None
    watch_recheck_days: int | None = None
    success: Mapping[str, Any] | None = None
    relapse: Mapping[str, Any] | None = None
    closings: tuple[Closing, ...] = ()
    escalate: tuple[Escalate, ...] = ()
    response_check: Mapping[str, Any] | None = None
    requires_hearing_check_if: Mapping[str, Any] | None = None
    follow_up_days: Mapping[str, Any]
    first_recheck_days: tuple[int, ...] = ()
    rescreen_days: tuple[int, ...] = ()
    after_negative_rescreen: Mapping[str, Any] | None = None
    deadlines: tuple[Mapping[str, Any], ...] = ()
    imaging: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = ()


class RulesShape(Shape):
    entry = Condition()
    entry_optional = WithKey("decide", words())
    case_entry = Condition()
    referral_entry = Condition()
    watch = WithKey("recheck_days", whole(least=1))
    success = Condition()
    relapse = Condition()
    closing = ClosingRule()
    closing_excluded = ClosingRule()
    closing_diagnosed = ClosingRule()
    closing_specialist = ClosingRule()
    closing_low_vitd_only = ClosingRule()
    escalate = many(EscalateShape)
    response_check = Condition()
    requires_hearing_check_if = Condition()
    follow_up_days = fields.Dict(keys=words(), values=Intervals())
    first_recheck_days = Days()
    rescreen_days = Days()
    after_negative_rescreen = fields.Nested(AfterNegativeShape)
    deadlines = many(DeadlineShape)
    imaging = many(ImagingShape)
    one_referral = words()
    trigger_note = words()
    never_cancelled_by = words()


@dataclass(frozen=True, kw_only=True)
class Stability:
    """What has to be stable before closing is proposed: this many follow-ups, over at least this many days."""

    follow_ups: int
    days: int


def rules_from(loaded: Mapping[str, Any]) -> PathwayRules:
    """Return the rules of one loaded pathway."""
    kept = {name: loaded[name] for name in PathwayRules.__dataclass_fields__ if name in loaded}
    closings = tuple(each for each in loaded.values() if isinstance(each, Closing))
    notes = ("one_referral", "trigger_note", "never_cancelled_by")
    optional, decide = loaded.get("entry_optional", (None, None))
    watch, recheck_days = loaded.get("watch", (None, None))
    beside = {"closings": closings, "notes": tuple(loaded[name] for name in notes if name in loaded)}
    beside |= {"entry_optional": optional, "entry_optional_decide": decide}
    beside |= {"watch": watch, "watch_recheck_days": recheck_days}
    return PathwayRules(**{"follow_up_days": {}, **kept, **beside})


def stability_of(condition: Mapping[str, Any]) -> Stability:
    """Return what a closing condition asks: the most follow-ups and the longest time any part of it names."""
    follow_ups, days = 1, 0
    for simple in simple_conditions(condition):
        over = simple.get("over", {"count": 1, "min_interval_days": 0})
        follow_ups = max(follow_ups, over["count"])
        days = max(days, (over["count"] - 1) * over["min_interval_days"])
        days = max(days, simple.get("in_consolidation_days_ge", 0))
    return Stability(follow_ups=follow_ups, days=days)
