"""time_limits.yaml, closing_reasons.yaml, mandatory_report.yaml, institutions.yaml and indicators.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from mengya_health.content.pathway_rules import Days
from mengya_health.content.shapes import Kept, Meta, Shape, Sourced, many, one_of, whole, word_list, words
from mengya_health.content.workdays import after_workdays, knows_year
from mengya_health.growth.ages import add_months

CLOCKS = ("calendar", "workday", "same_day", "from_birth")
# Whom something late comes up to: the doctor in charge, the lead of the place whose turn it is, the district's contact.
RAISED_TO = ("doctor", "lead", "district")
INDICATOR_KINDS = ("days", "share")


@dataclass(frozen=True, kw_only=True)
class TimeLimit(Sourced):
    """One time limit. `clock`: calendar days, workday, same_day, or from_birth (actual birth date, `days` or `months`).

    `escalate_days` after the start it comes up to the next one of `escalate_to`, never before it is late; `escalate`
    says so in words. `warn_at` days before it ends it is announced. SLA_LOSTFU has no days but `compute`: contacts,
    ways, gap and window; its `escalate_days` count from the day something was due.
    """

    id: str
    what: str
    days: int | None = None
    months: int | None = None
    clock: str | None = None
    warn_at: tuple[int, ...] = ()
    escalate: str | None = None
    escalate_days: tuple[int, ...] = ()
    escalate_to: tuple[str, ...] = ()
    action: str | None = None
    rule: str | None = None
    compute: Mapping[str, int] | None = None
    note: str | None = None
    official_text: str | None = None

    def due_on(self, start_on: date) -> date:
        """Return the last day in time; `start_on` is day 0 (for from_birth, the birth date).

        Raises ValueError for a limit without days or months.
        """
        if self.months is not None:
            return add_months(start_on, self.months)
        if self.days is None:
            raise ValueError(f"{self.id} has no number of days")
        return self._after(start_on, self.days)

    def is_estimated(self, due_on: date) -> bool:
        """Return whether a day this limit ends on was counted by plain weekdays, its year not being known yet."""
        return self.clock == "workday" and not knows_year(due_on.year)

    def raised(self, due_on: date) -> tuple[tuple[date, str], ...]:
        """Return from which day on something due on a day has come up to whom, the first first."""
        steps = zip(self.escalate_days, self.escalate_to, strict=True)
        day_after = due_on + timedelta(days=1)
        return tuple((max(day_after, self._after(due_on, max(0, after - (self.days or 0)))), to) for after, to in steps)

    def _after(self, start_on: date, days: int) -> date:
        return after_workdays(start_on, days) if self.clock == "workday" else start_on + timedelta(days=days)


class LossShape(Shape):
    """When a family counts as lost: so many contacts, in so many ways, so far apart, within so many days."""

    window_days = whole(required=True, least=1)
    contacts = whole(required=True, least=1)
    ways = whole(required=True, least=1)
    min_gap_days = whole(required=True)


class TimeLimitShape(Shape):
    makes = TimeLimit

    id = words(required=True, pattern=r"SLA_[A-Z0-9_]+")
    what = words(required=True)
    days = whole()
    months = whole()
    clock = one_of(*CLOCKS)
    warn_at = fields.List(whole())
    escalate = words()
    escalate_days = Days()
    escalate_to = fields.List(one_of(*RAISED_TO))
    action = words()
    rule = words()
    compute = fields.Nested(LossShape)
    note = words()
    official_text = words()

    @validates_schema
    def _has_a_length(self, values: dict[str, Any], **_: Any) -> None:
        if len({"days", "months", "compute"} & set(values)) != 1:
            raise ValidationError("days、months、compute 要写一个。Needs one of days, months and compute.", "days")
        if "compute" not in values and "clock" not in values:
            raise ValidationError("要写按什么日子算。Needs a clock.", "clock")
        self._check_raising(values)

    def _check_raising(self, values: dict[str, Any]) -> None:
        days, to = values.get("escalate_days", ()), values.get("escalate_to", ())
        if len(days) != len(to):
            raise ValidationError("每个天数都要写报给谁。Needs one of escalate_to for each day.", "escalate_to")
        if list(days) != sorted(days):
            raise ValidationError("要从小到大。Must rise.", "escalate_days")


class ClockRulesShape(Shape):
    clock = Kept(required=True)
    workday = words(required=True)
    escalate_to = words(required=True)
    due_on = words(required=True)


class TimeLimitsFile(Shape):
    meta = fields.Nested(Meta, required=True)
    limits = fields.List(fields.Nested(TimeLimitShape), required=True, data_key="sla")
    sla_rules = fields.Nested(ClockRulesShape, required=True)


@dataclass(frozen=True, kw_only=True)
class Coded:
    """A code and its Chinese name."""

    code: str
    name: str


class CodedShape(Shape):
    makes = Coded

    code = words(required=True)
    name = words(required=True)


class ClosingReasonsFile(Shape):
    meta = fields.Nested(Meta, required=True)
    closing_reasons = many(CodedShape, required=True)
    outcome_codes = many(CodedShape, required=True)


class InstitutionsFile(Shape):
    meta = fields.Nested(Meta, required=True)
    institutions = many(CodedShape, required=True)


@dataclass(frozen=True, kw_only=True)
class MandatoryReport(Sourced):
    """强制报告: what sets it off, who reports what, the rules, and what is recorded."""

    trigger: str
    who: str
    what: str
    clock: str
    rules: tuple[str, ...]
    signs: tuple[Coded, ...]
    record: tuple[str, ...]


class MandatoryReportShape(Shape):
    makes = MandatoryReport

    id = words(required=True)
    trigger = words(required=True)
    who = words(required=True)
    what = words(required=True)
    clock = words(required=True)
    rules = word_list(required=True)
    signs = many(CodedShape, required=True)
    record = word_list(required=True)


class MandatoryReportFile(Shape):
    meta = fields.Nested(Meta, required=True)
    mandatory_report = fields.Nested(MandatoryReportShape, required=True)


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """A figure about the loop: its name, what it is (`days`: a median; `share`), and how it is counted, in words.

    `counted` says which cases or referrals it is taken of here; one that is not taken says why in `not_counted`.
    """

    id: str
    name: str
    kind: str
    formula: str
    counted: str | None = None
    not_counted: str | None = None


class IndicatorShape(Shape):
    makes = Indicator

    id = words(required=True, pattern=r"K_[A-Z_]+")
    name = words(required=True)
    kind = one_of(*INDICATOR_KINDS, required=True)
    formula = words(required=True)
    counted = words()
    not_counted = words()

    @validates_schema
    def _says_how_or_why_not(self, values: dict[str, Any], **_: Any) -> None:
        if len({"counted", "not_counted"} & set(values)) != 1:
            raise ValidationError("counted、not_counted 要写一个。Needs one of counted and not_counted.", "counted")


class IndicatorsFile(Shape):
    meta = fields.Nested(Meta, required=True)
    kpis = many(IndicatorShape, required=True)
    kpi_source = words(required=True)
