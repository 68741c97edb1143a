"""vaccine_schedule.yaml: the immunisation schedule, for reminding only. The vaccination clinic decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields

from mengya_health.content.shapes import Flag, Kept, Meta, Shape, Sourced, many, whole, words


@dataclass(frozen=True, kw_only=True)
class Dose:
    """One dose: the youngest age in months, by which month it should be done, and the gaps to the one before."""

    dose: int
    age_months: int
    complete_before_m: int | None = None
    min_interval_days: int | None = None
    min_interval_months: int | None = None
    max_interval_days: int | None = None
    min_interval_from_dose1_months: int | None = None
    within_hours: int | None = None
    after: Mapping[str, Any] | None = None
    note: str | None = None


class AfterShape(Shape):
    code = words(required=True)
    dose = whole(required=True, least=1)
    min_interval_months = whole()


class DoseShape(Shape):
    makes = Dose

    dose = whole(required=True, least=1)
    age_months = whole(required=True)
    complete_before = words()
    complete_before_m = whole()
    min_interval_days = whole()
    min_interval_months = whole()
    max_interval_days = whole()
    min_interval_from_dose1_months = whole()
    within_hours = whole()
    after = fields.Nested(AfterShape)
    note = words()


@dataclass(frozen=True, kw_only=True)
class Vaccine(Sourced):
    """One vaccine with its doses. `alternative` is the other product of the same series; `region` where it is local."""

    code: str
    name: str
    disease: str
    route: str
    doses: tuple[Dose, ...]
    alternative: str | None = None
    is_optional: bool = False
    is_live_injected: bool = False
    no_catch_up_from_m: int | None = None
    region: str | None = None
    born_from: str | None = None
    note: str | None = None


class VaccineShape(Shape):
    makes = Vaccine

    code = words(required=True)
    name = words(required=True)
    disease = words(required=True)
    route = words(required=True)
    doses = many(DoseShape, required=True)
    alternative = words()
    is_optional = Flag(data_key="optional")
    is_live_injected = Flag(data_key="live_injected")
    no_catch_up_from_m = whole()
    catch_up = Kept()
    preterm = words()
    effective_from = words()
    replaces = words()
    region = words()
    born_from = words()
    note = words()


class VaccineRuleShape(Shape):
    id = words(required=True, pattern=r"R_[A-Z0-9_]+")
    text = words(required=True)
    rule = Kept()


class NoteShape(Shape):
    text = words(required=True)


class OtherVaccineShape(Shape):
    code = words(required=True)
    name = words(required=True)
    typical = words(required=True)


class VaccineMeta(Meta):
    edition_note = words()
    verified_scope = words()
    note = words(required=True)
    disclaimer_for_parents = words(required=True)


class VaccineScheduleFile(Shape):
    meta = fields.Nested(VaccineMeta, required=True)
    compute = Kept(required=True)
    vaccines = many(VaccineShape, required=True)
    rules = many(VaccineRuleShape, required=True)
    shanghai_notes = many(NoteShape)
    local_vaccines = many(VaccineShape)
    non_nip = many(OtherVaccineShape)
