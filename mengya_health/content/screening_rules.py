"""What a screening is made of: rules and grades, what to do about findings, alerts, and sets of thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError

from mengya_health.content.conditions import Condition
from mengya_health.content.shapes import AgeRange, Kept, Shape, Sourced, many, one_of, whole, word_list, words

LEVELS = ("negative", "watch", "positive", "severe")


@dataclass(frozen=True, kw_only=True)
class Rule(Sourced):
    """One rule of a screening: if `condition` holds at an age within `ages_m` ([from, to) months), `result` is found.

    `level` is negative, watch, positive or severe; `text` the rule in words, None where the condition says it all.
    """

    code: str
    text: str | None = None
    condition: Mapping[str, Any]
    result: str
    level: str
    ages_m: tuple[int, int] | None = None
    note: str | None = None
    unit_check: str | None = None


class When(Condition):
    """A condition, or the same in words: then `rule` beside it says it computably."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, str):
            return super()._deserialize(value, attr, data, **kwargs)
        if data is None or "rule" not in data:
            raise ValidationError("用文字写的条件要配一条可计算的 rule。A condition in words needs a rule beside it.")
        return value


class RuleShape(Shape):
    when = When(required=True)
    rule = Condition()
    result = words(required=True)
    code = words(required=True, pattern=r"[A-Z][A-Z0-9_]*")
    level = one_of(*LEVELS, required=True)
    ages_m = AgeRange()
    ages = words()
    note = words()
    unit_check = words()


class GradeShape(Shape):
    level = words(required=True)
    code = words(required=True)
    rule = words(required=True)
    compute = Condition(required=True)


@dataclass(frozen=True, kw_only=True)
class Disposition(Sourced):
    """What to do about a finding, and within how many days of which step.

    `codes` the rules it is for (none: every rule of `level`); `when` a circumstance in words that a clinician weighs,
    `stage` and `tier` the step it belongs to.
    Within 0 days is the same day.
    """

    action: str
    level: str | None = None
    codes: tuple[str, ...] = ()
    when: str | None = None
    stage: str | None = None
    tier: str | None = None
    rule: Mapping[str, Any] | None = None
    refer_within_days: int | None = None
    rescreen_within_days: int | None = None
    within_days: int | None = None
    recheck_hb_days: tuple[int, ...] = ()
    deadline_days: int | None = None
    deadline_months: int | None = None
    deadline: str | None = None
    feedback_within_days: int | None = None
    sla: str | None = None
    official_text: str | None = None
    note: str | None = None

    @property
    def first_days(self) -> int | None:
        """The shortest time limit in days, None if it names none."""
        days = (self.refer_within_days, self.rescreen_within_days, self.within_days, self.deadline_days)
        return min((limit for limit in days if limit is not None), default=None)


class DispositionShape(Shape):
    makes = Disposition

    action = words(required=True)
    level = one_of(*LEVELS)
    codes = word_list()
    when = words(key="cond")
    stage = words()
    tier = words()
    rule = Condition()
    refer_within_days = whole()
    rescreen_within_days = whole()
    within_days = whole()
    recheck_hb_days = Kept()
    deadline_days = whole()
    deadline_months = whole()
    deadline = words()
    feedback_within_days = whole()
    sla = words()
    official_text = words()
    note = words()


@dataclass(frozen=True, kw_only=True)
class Alert(Sourced):
    """A trend that reminds, without opening a case. `rule` None: the growth curve itself shows it."""

    code: str
    text: str
    rule: Mapping[str, Any] | None = None
    ages_m: tuple[int, int] | None = None
    rescreen_within_days: int | None = None
    within_days: int | None = None


class AlertShape(Shape):
    makes = Alert

    code = words(required=True)
    text = words(required=True)
    rule = Condition()
    ages_m = AgeRange()
    rescreen_within_days = whole()
    within_days = whole()


@dataclass(frozen=True, kw_only=True)
class Profile(Sourced):
    """One of several sets of thresholds for the same screening."""

    rules: tuple[Rule, ...]
    ages_m: tuple[int, int] | None = None
    out_of_range: str | None = None


class ProfileShape(Shape):
    makes = Profile

    rules = many(RuleShape, required=True)
    ages_m = AgeRange()
    applies = words()
    out_of_range = words()
