"""The age rule corrected_age of visit_schedule.yaml: until when a child born early is judged at corrected age."""

from __future__ import annotations

from dataclasses import dataclass

from marshmallow import fields

from mengya_health.content.conditions import Condition
from mengya_health.content.shapes import Shape, whole, words

DAYS_PER_WEEK = 7


@dataclass(frozen=True, kw_only=True)
class ExtremelyPreterm:
    """Children born before `ga_weeks_lt` completed weeks, whom a district may correct for longer."""

    ga_weeks_lt: int
    use_while_actual_months_lt: int


@dataclass(frozen=True, kw_only=True)
class CorrectedAge:
    """Corrected age counts while the child is younger, by birth date, than `use_while_actual_months_lt`."""

    use_while_actual_months_lt: int
    extremely_preterm: ExtremelyPreterm

    def below_months(self, gestational_days: int | None) -> int:
        """Return the age in months, by birth date, at which a child of this gestation is no longer corrected."""
        early = self.extremely_preterm
        if gestational_days is not None and gestational_days < early.ga_weeks_lt * DAYS_PER_WEEK:
            return early.use_while_actual_months_lt
        return self.use_while_actual_months_lt


class ExtremelyPretermShape(Shape):
    makes = ExtremelyPreterm

    ga_weeks_lt = whole(required=True)
    use_while_actual_months_lt = whole(required=True)


class CorrectedAgeShape(Shape):
    makes = CorrectedAge

    applies_if = Condition(required=True)
    corrected_birth_date = words(required=True)
    corrected_months = words(required=True)
    use_while_actual_months_lt = whole(required=True)
    extremely_preterm = fields.Nested(ExtremelyPretermShape, required=True)
    configurable = words()
    before_term = words(required=True)
    ga_days_unknown = words()
