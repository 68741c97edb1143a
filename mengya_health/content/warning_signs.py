"""warning_signs.yaml: the four signs of each age group and the question about going backwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields

from mengya_health.content.shapes import Flag, Meta, Shape, Sourced, many, one_of, whole, words

DOMAINS = ("hearing", "vision", "language", "social", "cognition", "gross_motor", "fine_motor", "self_care")


@dataclass(frozen=True, kw_only=True)
class WarningSign:
    """One sign. Ticked means there. `domain` and `asd_flag` are ours and only sort, they never decide on referral."""

    code: str
    seq: int
    text: str
    domain: str
    asd_flag: bool


class WarningSignShape(Shape):
    makes = WarningSign

    code = words(required=True, pattern=r"WS\d{4}")
    seq = whole(required=True, least=1)
    text = words(required=True)
    domain = one_of(*DOMAINS, required=True)
    asd_flag = Flag(required=True)


@dataclass(frozen=True, kw_only=True)
class WarningSignGroup:
    """The signs asked from `from_month` (included) to `to_month` (not included)."""

    key: str
    label: str
    from_month: int
    to_month: int
    items: tuple[WarningSign, ...]


class WarningSignGroupShape(Shape):
    makes = WarningSignGroup

    key = words(required=True)
    label = words(required=True)
    from_month = whole(required=True)
    to_month = fields.Integer(strict=True, required=True, data_key="to_month_exclusive")
    items = many(WarningSignShape, required=True)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One answer of a question: the number stored and the words shown."""

    value: int
    text: str


class ChoiceShape(Shape):
    makes = Choice

    value = fields.Integer(strict=True, required=True, data_key="v")
    text = words(required=True, key="t")


@dataclass(frozen=True, kw_only=True)
class RegressionQuestion(Sourced):
    """The question asked at every age. `parent_options` are its answers in words for the family."""

    code: str
    prompt: str
    prompt_note: str
    options: tuple[Choice, ...]
    parent_options: tuple[Choice, ...]


class RegressionQuestionShape(Shape):
    makes = RegressionQuestion

    code = words(required=True)
    prompt = words(required=True)
    prompt_note = words()
    options = many(ChoiceShape, required=True)
    parent_options = many(ChoiceShape, required=True)
    required = Flag(required=True)
    unanswered = words()
    positive_if = words()


class PositiveRuleShape(Shape):
    rule = words(required=True)
    text = words(required=True)
    also_positive_any_age = words(required=True)
    not_a_diagnosis = words(required=True)


@dataclass(frozen=True, kw_only=True)
class Informants(Sourced):
    """How parents and teachers look at the signs before a check: when they are asked, and what their answers lead to.

    `options` are their answers to each sign; `unsure` is the value that means neither there nor not there.
    """

    ask_before_days: int
    compare_days: int
    answer_within_days: int
    lead: str
    options: tuple[Choice, ...]
    unsure: int
    concern: str
    disagreement: str
    rescreen_limit: str


class InformantsShape(Shape):
    makes = Informants

    ask_before_days = whole(required=True)
    compare_days = whole(required=True)
    answer_within_days = whole(required=True)
    lead = words(required=True)
    options = many(ChoiceShape, required=True)
    unsure = whole(required=True)
    concern = words(required=True)
    disagreement = words(required=True)
    rescreen_limit = words(required=True, pattern=r"SLA_[A-Z0-9_]+")


class AgeUseShape(Shape):
    rule = words(required=True)
    lookup = words(required=True)
    below_first = words(required=True)
    above_last = words(required=True)


class WarningSignsMeta(Meta):
    name = words(required=True)
    abbr = words(required=True)
    how = words(required=True)
    version_note = words()


class WarningSignsFile(Shape):
    meta = fields.Nested(WarningSignsMeta, required=True)
    positive_rule = fields.Nested(PositiveRuleShape, required=True)
    regression_question = fields.Nested(RegressionQuestionShape, required=True)
    informants = fields.Nested(InformantsShape, required=True)
    age_use = fields.Nested(AgeUseShape, required=True)
    ages = many(WarningSignGroupShape, required=True)


@dataclass(frozen=True, kw_only=True)
class WarningSigns(Sourced):
    """The whole instrument: `how` it is asked, the rule in words, the groups in the order of age."""

    version: str
    how: str
    rule_text: str
    not_a_diagnosis: str
    regression: RegressionQuestion
    informants: Informants
    groups: tuple[WarningSignGroup, ...]

    def group_for(self, age_months: int) -> WarningSignGroup | None:
        """Return the group of an age in whole months (corrected for preterm children), None below 3 and from 84."""
        return next((each for each in self.groups if each.from_month <= age_months < each.to_month), None)


def warning_signs_from(loaded: Mapping[str, Any]) -> WarningSigns:
    """Return the instrument from its loaded file."""
    meta, rule = loaded["meta"], loaded["positive_rule"]
    return WarningSigns(
        version=meta["version"],
        how=meta["how"],
        rule_text=rule["text"],
        not_a_diagnosis=rule["not_a_diagnosis"],
        regression=loaded["regression_question"],
        informants=loaded["informants"],
        groups=loaded["ages"],
        source=meta["source"],
        verified=meta["verified"],
    )
