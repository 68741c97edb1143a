"""behaviours.yaml: what teachers and parents observe, when the doctor is told, kinds of class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from marshmallow import ValidationError, fields

from mengya_health.content.daily_checks import DailyCheck, DailyCheckShape, Infection, InfectionsShape
from mengya_health.content.shapes import Flag, Kept, Meta, Shape, Sourced, many, whole, word_list, words


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """One thing to look for. `warning_sign` is the sign it belongs to, None for most."""

    code: str
    domain: str
    text: str
    warning_sign: str | None = None


class BehaviourItems(fields.Field):
    """domain → [[code, text] or [code, text, warning sign], …]"""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, Mapping):
            raise ValidationError("要按领域分列。Must be listed by domain.")
        found, problems = [], {}
        for domain, rows in value.items():
            for position, row in enumerate(rows if isinstance(rows, list) else [rows]):
                if not _is_row(row):
                    message = "要写成 [编号, 文字] 或加预警条目编号。Must be [code, text] or with a warning sign."
                    problems.setdefault(domain, {})[position] = [message]
                else:
                    found.append(Behaviour(code=row[0], domain=domain, text=row[1], warning_sign=[*row, None][2]))
        if problems:
            raise ValidationError(problems)
        return tuple(found)


def _is_row(row: Any) -> bool:
    return isinstance(row, list) and 2 <= len(row) <= 3 and all(isinstance(cell, str) for cell in row)


@dataclass(frozen=True, kw_only=True)
class BehaviourBand(Sourced):
    """What is looked for from `from_month` (included) to `to_month` (not included)."""

    band: str
    label: str
    from_month: int
    to_month: int
    items: tuple[Behaviour, ...]


class BehaviourBandShape(Shape):
    makes = BehaviourBand

    band = words(required=True)
    label = words(required=True)
    from_month = whole(required=True)
    to_month = fields.Integer(strict=True, required=True, data_key="to_month_exclusive")
    items = BehaviourItems(required=True)


@dataclass(frozen=True, kw_only=True)
class ClassKind(Sourced):
    """A kind of class: its ages, how many children at most, how many to one carer. In words: districts differ."""

    code: str
    name: str
    age: str
    max: Any
    ratio: str


class ClassKindShape(Shape):
    makes = ClassKind

    code = words(required=True)
    name = words(required=True)
    age = words(required=True)
    max = Kept(required=True)
    ratio = words(required=True)


class CarePointShape(Shape):
    age = words(required=True)
    domain = words(required=True)
    text = words(required=True)


class UnlinkedRuleShape(Shape):
    condition = words(required=True, key="if")
    then = words(required=True)
    months_before_end = whole(required=True)
    zeros_in_a_domain = whole(required=True, least=1)
    domains_with_a_zero = whole(required=True, least=1)


class ConcernRuleShape(Shape):
    text = words(required=True)
    linked_rule = Kept(required=True)
    unlinked_rule = fields.Nested(UnlinkedRuleShape, required=True)
    score_9 = words(required=True)
    score_9_times = whole(required=True, least=1)
    regression = words(required=True)
    age_basis = words(required=True)


class BehavioursMeta(Meta):
    observers = word_list(required=True)
    domains = Kept(required=True)
    scale = Kept(required=True)
    concern_rule = fields.Nested(ConcernRuleShape, required=True)
    recording = words(required=True)
    observations_a_month = fields.Dict(keys=fields.String(), values=whole(), required=True)
    items_source = words(required=True)
    items_verified = Flag(required=True)
    items_verified_note = words()


class BehavioursFile(Shape):
    meta = fields.Nested(BehavioursMeta, required=True)
    age_bands = many(BehaviourBandShape, required=True)
    care_points = many(CarePointShape, required=True)
    daily_check = fields.Nested(DailyCheckShape, required=True)
    infections = fields.Nested(InfectionsShape, required=True)
    classes = many(ClassKindShape, required=True)


@dataclass(frozen=True, kw_only=True)
class Behaviours(Sourced):
    """Everything about observing. `domains` and `scale` are code → Chinese name; `concern_text` the rule in words."""

    bands: tuple[BehaviourBand, ...]
    domains: Mapping[str, str]
    scale: Mapping[int, str]
    concern_text: str
    concern_rule: Mapping[str, Any]
    observations_a_month: Mapping[str, int]
    care_points: tuple[Mapping[str, Any], ...]
    daily_check: DailyCheck
    infections: Mapping[str, Infection]
    infection_notes: tuple[str, str]
    class_kinds: Mapping[str, ClassKind]

    @cached_property
    def items(self) -> Mapping[str, Behaviour]:
        """Return every item by its code."""
        return {item.code: item for band in self.bands for item in band.items}

    def band_for(self, age_months: int) -> BehaviourBand | None:
        """Return the band of an age in whole months (corrected for preterm children), None from 84."""
        return next((each for each in self.bands if each.from_month <= age_months < each.to_month), None)


def behaviours_from(loaded: Mapping[str, Any]) -> Behaviours:
    """Return the content of the loaded file."""
    meta, infections = loaded["meta"], loaded["infections"]
    return Behaviours(
        bands=loaded["age_bands"],
        domains=meta["domains"],
        scale=meta["scale"],
        concern_text=meta["concern_rule"]["text"],
        concern_rule=meta["concern_rule"],
        observations_a_month=meta["observations_a_month"],
        care_points=loaded["care_points"],
        daily_check=loaded["daily_check"],
        infections={each.code: each for each in infections["list"]},
        infection_notes=(infections["report"], infections["allergy_note"]),
        class_kinds={each.code: each for each in loaded["classes"]},
        source=meta["items_source"],
        verified=meta["items_verified"],
    )
