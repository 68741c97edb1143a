"""screenings.yaml and screening_inputs.yaml: metrics, screenings with their rules and dispositions, instruments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from marshmallow import fields

from mengya_health.content.conditions import Condition
from mengya_health.content.measurements import AskedInputs, AskedInputsShape, Input, MetricShape
from mengya_health.content.screening_rules import (
    Alert,
    AlertShape,
    Disposition,
    DispositionShape,
    GradeShape,
    Profile,
    ProfileShape,
    Rule,
    RuleShape,
)
from mengya_health.content.shapes import (
    AgeRange,
    Flag,
    Kept,
    Meta,
    Shape,
    Sourced,
    many,
    word_list,
    words,
)


@dataclass(frozen=True, kw_only=True)
class Screening(Sourced):
    """One screening: whom and what, its rules (by `profiles` where there are several), what to do about findings.

    `inputs` are the metrics it reads; `asked` what it asks beside them; `optional` the names without which it may
    still be negative. Preterm children go by corrected age where `uses_corrected_age`. `metric_choice` says which of
    two growth metrics counts at which age.
    """

    id: str
    name: str
    ages: Any
    performer: str | None = None
    inputs: tuple[str, ...] = ()
    derives: tuple[str, ...] = ()
    pathways: tuple[str, ...] = ()
    instrument: str | None = None
    ages_m: tuple[int, int] | None = None
    rules: tuple[Rule, ...] = ()
    profiles: Mapping[str, Profile]
    default_profile: str | None = None
    dispositions: tuple[Disposition, ...] = ()
    alerts: tuple[Alert, ...] = ()
    metric_choice: tuple[Mapping[str, Any], ...] = ()
    alias_of: str | None = None
    applies_if: Mapping[str, Any] | None = None
    asked: tuple[Input, ...]
    optional: tuple[str, ...]
    uses_corrected_age: bool
    rules_note: str | None = None
    closing: str | None = None
    prevention: str | None = None
    inputs_extra: Any = None
    reference: Mapping[str, Any]

    def profile(self, name: str | None = None) -> Profile:
        """Return the rules to judge by: the named profile, else the default one, else the screening's own rules.

        Raises KeyError for a profile it does not have.
        """
        if self.profiles:
            return self.profiles[name or self.default_profile]
        return Profile(rules=self.rules, ages_m=self.ages_m, source=self.source, verified=self.verified)


class ScreeningShape(Shape):
    id = words(required=True, pattern=r"SCR_[A-Z0-9_]+")
    source = words(required=True)
    verified = Flag(required=True)
    name = words(required=True)
    ages = Kept(required=True)
    performer = words()
    inputs = word_list()
    inputs_extra = Kept()
    derives = word_list()
    pathways = word_list()
    instrument = words()
    instruments_allowed = word_list()
    ages_m = AgeRange()
    metric_choice = Kept()
    rules = many(RuleShape)
    score_rules = many(RuleShape)
    grading = many(GradeShape)
    rules_note = words()
    score_rules_note = words()
    levels_note = words()
    rules_profiles = fields.Dict(keys=words(), values=fields.Nested(ProfileShape))
    rules_profile_default = words()
    on_positive = many(DispositionShape)
    trend_alerts = many(AlertShape)
    alias_of = words()
    applies_if = Condition()
    closing = words()
    prevention = words()
    note = words()
    # For reading, not for deciding.
    level_bands = Kept()
    measurement_rules = Kept()
    closing_values = Kept()
    iron_treatment_reference = Kept()
    treatment_reference = Kept()
    prevention_verified = Kept()
    prevention_verified_note = Kept()
    recheck = Kept()
    refer = Kept()
    observation_positive_signs = Kept()
    signs_verified = Kept()
    items_by_age = Kept()
    items_verified = Kept()
    refraction_referral = Kept()
    refraction_verified = Kept()
    refraction_note = Kept()
    hyperopia_reserve_reference = Kept()
    reserve_verified = Kept()
    home = Kept()
    home_rule = Kept()
    home_rule_source = Kept()
    home_rule_verified = Kept()
    tiers = Kept()
    mchat_source = Kept()
    referral_network = Kept()
    formula = Kept()
    factors = Kept()
    followup = Kept()


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """A scale. Those under copyright are score-only: `model` says what may be kept."""

    id: str
    name: str
    copyright: str
    model: str
    ages: str


class InstrumentShape(Shape):
    makes = Instrument

    id = words(required=True)
    name = words(required=True)
    copyright = words(required=True)
    model = words(required=True)
    ages = words(required=True)


class ScreeningsFile(Shape):
    meta = fields.Nested(Meta, required=True)
    metrics_source = words()
    metrics = many(MetricShape, required=True)
    screenings = many(ScreeningShape, required=True)
    instruments = many(InstrumentShape, required=True)
    rule_for_devs = words()


class InputsFile(Shape):
    meta = fields.Nested(Meta, required=True)
    screenings = fields.Dict(keys=words(), values=fields.Nested(AskedInputsShape), required=True)


def screening_from(loaded: Mapping[str, Any], asked: AskedInputs, age_basis: Mapping[str, str]) -> Screening:
    """Return one screening put together from its shape, what is asked for it, and which age counts for what."""
    origin = {"source": loaded.get("source"), "verified": loaded.get("verified")}
    own = [*loaded.get("rules", ()), *loaded.get("score_rules", ())]
    rules = [_rule(each, origin) for each in own] + [_grade(each, origin) for each in loaded.get("grading", ())]
    profiles = {name: _profile(each, origin) for name, each in loaded.get("rules_profiles", {}).items()}
    known = {name: loaded[name] for name in Screening.__dataclass_fields__ if name in loaded}
    taken = {"rules", "score_rules", "grading", "rules_profiles", "on_positive", "trend_alerts", *known}
    return Screening(
        **known
        | {
            "rules": tuple(rules),
            "profiles": profiles,
            "default_profile": loaded.get("rules_profile_default"),
            "dispositions": tuple(_named(each, rules) for each in loaded.get("on_positive", ())),
            "alerts": loaded.get("trend_alerts", ()),
            "asked": asked.inputs,
            "optional": asked.optional,
            "uses_corrected_age": age_basis[asked.age_basis] == "corrected",
            "reference": {name: value for name, value in loaded.items() if name not in taken},
        }
    )


def _named(disposition: Disposition, rules: list[Rule]) -> Disposition:
    """A circumstance that is nothing but the code of a rule names that rule: nothing is left to weigh."""
    if disposition.when not in {rule.code for rule in rules}:
        return disposition
    return replace(disposition, codes=(disposition.when,), when=None)


def _profile(profile: Profile, origin: Mapping[str, Any]) -> Profile:
    own = {"source": profile.source or origin["source"], "verified": profile.verified}
    return replace(profile, rules=tuple(_rule(each, own) for each in profile.rules))


def _rule(loaded: Mapping[str, Any], origin: Mapping[str, Any]) -> Rule:
    when = loaded["when"]
    kept = {name: loaded[name] for name in Rule.__dataclass_fields__ if name in loaded}
    said = when if isinstance(when, str) else None
    return Rule(**{**origin, **kept, "text": said, "condition": loaded.get("rule", when)})


def _grade(loaded: Mapping[str, Any], origin: Mapping[str, Any]) -> Rule:
    # Being at risk is no finding: it opens closer watching, never a referral by itself.
    kept = {name: loaded[name] for name in ("source", "verified", "code") if name in loaded}
    grade = {"text": loaded["rule"], "condition": loaded["compute"], "result": loaded["level"], "level": "watch"}
    return Rule(**{**origin, **kept, **grade})
