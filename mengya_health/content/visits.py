"""visit_schedule.yaml and check_forms.yaml: the planned checks, and what is asked, measured and examined at each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from marshmallow import ValidationError, fields, validates, validates_schema

from mengya_health.content.conditions import Condition
from mengya_health.content.corrected_age import CorrectedAge, CorrectedAgeShape
from mengya_health.content.shapes import Flag, Kept, Meta, Shape, Sourced, many, one_of, whole, word_list, words
from mengya_health.content.side_events import SideEventShape
from mengya_health.growth.ages import add_months

DAYS_OF_FIRST_MONTH = 28
_BY_DAY, _BY_MONTH = ("from_day", "to_day"), ("from_month", "to_month_exclusive")
CORRECTED_AGE = "corrected_age"
SECTIONS = ("ask", "measure", "examine", "conclude")


@dataclass(frozen=True, kw_only=True)
class FormField(Sourced):
    """One line of a check form.

    `kind`: number (a `metric`, or a plain number), choice, choices (several), flag (yes or no), text. `normal` is the
    option that says nothing was found. `feeds` "SCR_X.input": the answer goes into that screening. `stands`: usually as
    last time until somebody changes it, so that the page offers the last value to be taken over by one key.
    """

    code: str
    section: str
    name: str
    kind: str
    metric: str | None = None
    options: Mapping[int, str] | None = None
    normal: int | None = None
    visits: tuple[str, ...] = ()
    feeds: str | None = None
    stands: bool = False


class FormFieldShape(Shape):
    makes = FormField

    code = words(required=True)
    section = one_of(*SECTIONS, required=True)
    name = words(required=True)
    kind = one_of("number", "choice", "choices", "flag", "text", required=True, key="type")
    metric = words()
    options = fields.Dict(keys=whole(), values=words())
    normal = whole()
    visits = word_list()
    feeds = words(pattern=r"SCR_[A-Z0-9_]+\.[a-z_]+")
    stands = Flag()

    @validates_schema
    def _has_its_normal_option(self, values: dict[str, Any], **_: Any) -> None:
        if "normal" in values and values["normal"] not in values.get("options", ()):
            raise ValidationError("选项里没有这个代码。There is no such option.", "normal")
        if values["kind"].startswith("choice") and not values.get("options"):
            raise ValidationError("缺少选项。The options are missing.", "options")


class CheckFormShape(Shape):
    id = words(required=True, pattern=r"FORM_[A-Z0-9_]+")
    name = words(required=True)
    lines = fields.List(fields.Nested(FormFieldShape), required=True, data_key="fields")


class CheckFormsMeta(Meta):
    common_options = Kept()


class CheckFormsFile(Shape):
    meta = fields.Nested(CheckFormsMeta, required=True)
    forms = many(CheckFormShape, required=True)


class WindowShape(Shape):
    anchor = one_of("birth", "discharge_or_birth", required=True)
    from_day = whole()
    to_day = whole()
    target_day = whole()
    from_month = whole()
    to_month_exclusive = whole()
    applies_if = Condition()

    @validates_schema
    def _ends_after_it_begins(self, values: dict[str, Any], **_: Any) -> None:
        days, months = ({name for name in pair if name in values} for pair in (_BY_DAY, _BY_MONTH))
        if (len(days), len(months)) not in ((2, 0), (0, 2)):
            raise ValidationError("要写起止日，或起止月。Needs both ends, in days or in months.")
        start, end = (values[name] for name in (_BY_DAY if days else _BY_MONTH))
        if start >= end:
            raise ValidationError("起要早于止。It must begin before it ends.")


@dataclass(frozen=True, kw_only=True)
class HighRisk:
    """The narrower window of a check for a child to whom `condition` applies; days from the same anchor."""

    from_day: int
    to_day: int
    condition: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class PlannedVisit(Sourced):
    """One planned check.

    `due_month` is the age in whole actual months from which it is due, the window ends before `to_month`; checks in
    the first weeks count `from_day` to `to_day` (both included) instead. `fields` are the lines of its form.
    """

    id: str
    name: str
    age_label: str | None = None
    place: str = ""
    form: str
    due_month: int
    to_month: int | None = None
    from_day: int | None = None
    to_day: int | None = None
    target_day: int | None = None
    counts_from_discharge: bool = False
    high_risk: HighRisk | None = None
    must_do: tuple[str, ...] = ()
    screenings: tuple[str, ...]
    warning_sign_age: str | None = None
    extra: str | None = None
    fields: tuple[FormField, ...] = ()

    def window(
        self, birth_on: date, discharged_on: date | None = None, *, is_high_risk: bool = False
    ) -> tuple[date, date]:
        """Return the first and the last day (both included) on which the check is due."""
        if self.from_day is None:
            last_on = add_months(birth_on, self.to_month) - timedelta(days=1)
            return add_months(birth_on, self.due_month), last_on
        anchor = (discharged_on or birth_on) if self.counts_from_discharge else birth_on
        days = self.high_risk if is_high_risk and self.high_risk else self
        return anchor + timedelta(days=days.from_day), anchor + timedelta(days=days.to_day)

    def fields_in(self, section: str) -> tuple[FormField, ...]:
        """Return the lines of one section: ask, measure, examine or conclude."""
        return tuple(field for field in self.fields if field.section == section)


class PlannedVisitShape(Shape):
    id = words(required=True, pattern=r"V_[A-Z0-9]+")
    name = words(required=True)
    age_label = words()
    due = fields.Nested(WindowShape, required=True)
    place = words()
    form = words(required=True)
    who = words()
    must_do = word_list()
    screenings = word_list(required=True)
    high_risk_due = fields.Nested(WindowShape)
    extra = words()
    warning_sign_age = words()


class AgeRuleShape(Shape):
    id = words(required=True)
    rule = words(required=True)
    compute = fields.Nested(CorrectedAgeShape)
    map = Kept()
    preterm_warning_signs = words()


class EveryVisitShape(Shape):
    ask = word_list(required=True)
    examine = word_list(required=True)
    evaluate = word_list(required=True)
    guide = word_list(required=True)
    decide = word_list(required=True)
    sign = words(required=True)


class WindowRulesShape(Shape):
    bounds = words(required=True)
    anchor = Kept(required=True)
    status = Kept(required=True)
    catch_up = words(required=True)
    catch_up_items = word_list(required=True)
    late_visit_items = words(required=True)


class TemplateShape(Shape):
    id = words(required=True)
    name = words(required=True)
    visits = word_list()
    adds = many(PlannedVisitShape)
    note = words()


class VisitScheduleFile(Shape):
    meta = fields.Nested(Meta, required=True)
    age_rules = many(AgeRuleShape, required=True)
    every_visit = fields.Nested(EveryVisitShape, required=True)
    window_rules = fields.Nested(WindowRulesShape, required=True)
    visits = many(PlannedVisitShape, required=True)
    side_events = many(SideEventShape, required=True)
    tcm_service = Kept()
    problem_handling = Kept()
    indicators = Kept()
    templates = many(TemplateShape, required=True)

    @validates("age_rules")
    def _corrects_age(self, rules: list[Mapping[str, Any]], **_: Any) -> None:
        if not any(rule["id"] == CORRECTED_AGE and "compute" in rule for rule in rules):
            raise ValidationError("缺少 corrected_age 的 compute。The compute of corrected_age is missing.")


def corrected_age_from(loaded: Mapping[str, Any]) -> CorrectedAge:
    """Return until when children born early are judged at corrected age."""
    return next(rule["compute"] for rule in loaded["age_rules"] if rule["id"] == CORRECTED_AGE)


NATIONAL = "TPL_NATIONAL"


def planned_visits(loaded: Mapping[str, Any], forms: Mapping[str, Any]) -> tuple[PlannedVisit, ...]:
    """Return every planned check of the file, those that only a district's template adds too, in the order of age."""
    lines_of = {form["id"]: form["lines"] for form in forms["forms"]}
    added = [each for template in loaded["templates"] for each in template.get("adds", ())]
    made = [_planned_visit(each, lines_of.get(each["form"], ())) for each in (*loaded["visits"], *added)]
    return tuple(sorted(made, key=lambda visit: visit.due_month))


def visits_of_templates(loaded: Mapping[str, Any]) -> Mapping[str, frozenset[str]]:
    """Return the ids of the checks that each template plans: its own list (the national one if it has none), and more.

    The id of the national one is NATIONAL.
    """
    usual = [each["id"] for each in loaded["visits"]]
    return {
        each["id"]: frozenset([*(each.get("visits") or usual), *(added["id"] for added in each.get("adds", ()))])
        for each in loaded["templates"]
    }


def _planned_visit(loaded: Mapping[str, Any], lines: tuple[FormField, ...]) -> PlannedVisit:
    due, risky = loaded["due"], loaded.get("high_risk_due")
    # A check counted in days belongs to the month that starts with it: the one at 28–42 days to month 1.
    month_by_days = due.get("target_day", due.get("from_day", 0)) // DAYS_OF_FIRST_MONTH
    kept = {name: loaded[name] for name in PlannedVisit.__dataclass_fields__ if name in loaded}
    return PlannedVisit(
        **kept,
        due_month=due.get("from_month", month_by_days),
        to_month=due.get("to_month_exclusive"),
        from_day=due.get("from_day"),
        to_day=due.get("to_day"),
        target_day=due.get("target_day"),
        counts_from_discharge=due["anchor"] == "discharge_or_birth",
        high_risk=HighRisk(from_day=risky["from_day"], to_day=risky["to_day"], condition=risky["applies_if"])
        if risky
        else None,
        fields=tuple(line for line in lines if not line.visits or loaded["id"] in line.visits),
    )
