"""behaviours.yaml: the morning and noon checks of a class, and when a child may come back after an infection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marshmallow import fields

from mengya_health.content.shapes import Flag, Kept, Shape, Sourced, many, whole, word_list, words


@dataclass(frozen=True, kw_only=True)
class Infection(Sourced):
    """When a child may come back: `exclude` in words, `rule` the same for computing.

    `plain_name` is for staff of a class; `cluster_rule` says how many cases in a class or place are told of.
    """

    code: str
    name: str
    exclude: str
    rule: Mapping[str, Any]
    notify: str
    cluster: str | None = None
    cluster_rule: Mapping[str, int] | None = None
    plain_name: str | None = None

    @property
    def said(self) -> str:
        """Return its name without a word that belongs to the clinic."""
        return self.plain_name or self.name


class ReturnRuleShape(Shape):
    """What must be over: days and hours counted from a day (day 0), and ticks. `any`: one of several is enough."""

    onset_days_ge = whole()
    rash_days_ge = whole()
    if_pneumonia_rash_days_ge = whole()
    symptom_free_days_ge = whole()
    symptom_free_hours_ge = whole()
    afebrile_hours_ge = whole()
    antibiotic_days_ge = whole()
    conditions = word_list()
    any = fields.List(fields.Nested(lambda: ReturnRuleShape()))
    configurable = Flag()


class ClusterRuleShape(Shape):
    """How many children of one class, of one place, or in how many of its classes, within some days."""

    within_days = whole(required=True, least=1)
    same_class_count_ge = whole(least=1)
    same_class_percent_ge = whole(least=1)
    same_site_count_ge = whole(least=1)
    classes_ge = whole(least=1)


class InfectionShape(Shape):
    makes = Infection

    code = words(required=True)
    name = words(required=True)
    exclude = words(required=True)
    rule = fields.Nested(ReturnRuleShape, required=True)
    notify = words(required=True)
    cluster = words()
    cluster_rule = fields.Nested(ClusterRuleShape)
    plain_name = words()


class InfectionsShape(Shape):
    meta = Kept(required=True)
    list = many(InfectionShape, required=True)
    report = words(required=True)
    allergy_note = words(required=True)


@dataclass(frozen=True, kw_only=True)
class MorningStep:
    """One step of the morning check: 摸 看 问 查 牌.

    `symptoms` are what is counted over a class; `plain` says a value in the words a teacher reads.
    """

    code: str
    step: str
    text: str
    values: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    threshold: Mapping[str, Any] | None = None
    symptoms: tuple[str, ...] = ()
    plain: Mapping[str, str] | None = None

    def said(self, value: str) -> str:
        """Return a value in the words a teacher reads."""
        return (self.plain or {}).get(value, value)


class MorningStepShape(Shape):
    makes = MorningStep

    code = words(required=True)
    step = words(required=True)
    text = words(required=True)
    values = word_list()
    asked = fields.List(words(), data_key="fields")
    threshold = Kept()
    symptoms = word_list()
    plain = Kept()


@dataclass(frozen=True, kw_only=True)
class DailyCheck(Sourced):
    """The daily check of a class: morning steps, noon and all-day items, what is an emergency and what to do."""

    mnemonic: str
    morning: tuple[MorningStep, ...]
    noon: tuple[str, ...]
    all_day: tuple[str, ...]
    emergency: tuple[Mapping[str, str], ...]
    exception_close_loop: str
    injury_note: str
    absence: str
    absence_rule: Mapping[str, Any]
    columns: tuple[str, ...]

    def step(self, code: str) -> MorningStep:
        """Return one step of the morning check; raises KeyError."""
        return {each.code: each for each in self.morning}[code]

    @property
    def fever_from_celsius(self) -> Decimal:
        """The axillary temperature from which a child stays apart and its family is told."""
        return Decimal(self.step("MC1").threshold["fever_axillary_ge"])

    @property
    def symptoms(self) -> tuple[str, ...]:
        """Every symptom that is counted over a class."""
        fever = self.step("MC1").threshold["symptom"]
        return (fever, *(each for step in self.morning for each in step.symptoms))


class DailyCheckShape(Shape):
    makes = DailyCheck

    legal_basis = Kept(required=True)
    mnemonic = words(required=True)
    morning = many(MorningStepShape, required=True)
    noon = word_list(required=True)
    all_day = word_list(required=True)
    emergency = Kept(required=True)
    emergency_source = Kept(required=True)
    exception_close_loop = words(required=True)
    injury_note = words(required=True)
    absence = words(required=True)
    absence_rule = Kept(required=True)
    columns = word_list(required=True)
