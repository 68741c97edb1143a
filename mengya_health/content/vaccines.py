"""vaccine_schedule.yaml: the immunisation schedule, for reminding only. The vaccination clinic decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
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
    """One vaccine with its doses.

    `alternative` is the other product that does the same; doses of one `series` follow each other whatever the product
    (IPV, then bOPV). `region` where it is local. `catch_up` says how, by age, where that is not simply the next dose.
    """

    code: str
    name: str
    series: str | None = None
    catch_up: Mapping[str, str] | None = None
    preterm: str | None = None
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
    series = words()
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
    recorded_only = many(OtherVaccineShape)


@dataclass(frozen=True, kw_only=True)
class LowWeightSeries:
    """R_HEPB_LBW: the doses that a vaccine has for a child to whom `condition` applies."""

    vaccine: str
    condition: Mapping[str, Any]
    doses: tuple[Dose, ...]


@dataclass(frozen=True, kw_only=True)
class Transition:
    """R_DTAP_TRANSITION: who began before a day goes on as the clinic says. `counts_as` is dose by recorded code."""

    vaccine: str
    started_before: date
    counts_as: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class BloodTest:
    """R_HEPB_PVST: a blood test so many months after the last dose, where `condition` applies."""

    vaccine: str
    condition: Mapping[str, Any]
    from_months: int
    to_months: int
    text: str


@dataclass(frozen=True, kw_only=True)
class VaccineSchedule:
    """The schedule with its rules. `recorded` is the name of every vaccine that may be written down, by code."""

    vaccines: tuple[Vaccine, ...]
    local: tuple[Vaccine, ...]
    recorded: Mapping[str, str]
    texts: Mapping[str, str]  # of the rules, by id
    live_gap_days: int
    asked_of_special: tuple[str, ...]
    low_weight: LowWeightSeries
    transition: Transition
    blood_test: BloodTest
    disclaimer: str


def vaccine_schedule_from(loaded: Mapping[str, Any]) -> VaccineSchedule:
    """Return the loaded file as one value."""
    rules = {each["id"]: each for each in loaded["rules"]}
    low, blood = rules["R_HEPB_LBW"]["rule"], rules["R_HEPB_PVST"]
    old = rules["R_DTAP_TRANSITION"]["rule"]
    products = [*loaded["vaccines"], *loaded.get("local_vaccines", ())]
    others = [*loaded.get("non_nip", ()), *loaded.get("recorded_only", ())]
    return VaccineSchedule(
        vaccines=tuple(loaded["vaccines"]),
        local=tuple(loaded.get("local_vaccines", ())),
        recorded={each.code: each.name for each in products} | {each["code"]: each["name"] for each in others},
        texts={name: each["text"] for name, each in rules.items()},
        live_gap_days=rules["R_LIVE_28D"]["rule"]["same_day_or_min_interval_days"],
        asked_of_special=rules["R_SPECIAL"]["rule"]["vaccines"],
        low_weight=LowWeightSeries(
            vaccine=low["vaccine"],
            condition=low["if"],
            doses=tuple(Dose(dose=n, age_months=months) for n, months in enumerate(low["schedule_m"], start=1)),
        ),
        transition=Transition(
            vaccine=old["vaccine"],
            started_before=date.fromisoformat(old["started_before"]),
            counts_as=old["counts_as"],
        ),
        blood_test=BloodTest(
            vaccine=blood["rule"]["after"]["vaccine"],
            condition=blood["rule"]["if"],
            from_months=blood["rule"]["from_months"],
            to_months=blood["rule"]["to_months"],
            text=blood["text"],
        ),
        disclaimer=loaded["meta"]["disclaimer_for_parents"],
    )
