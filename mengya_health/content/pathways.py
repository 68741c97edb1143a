"""pathways/*.yaml: one condition each, from prevention through screening and support to consolidation and closing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields

from mengya_health.content.conditions import Condition
from mengya_health.content.documents import frozen
from mengya_health.content.pathway_rules import (
    Escalation,
    EscalationShape,
    PathwayRules,
    RulesShape,
    Stability,
    rules_from,
    stability_of,
)
from mengya_health.content.shapes import (
    AgeRange,
    Flag,
    Meta,
    Shape,
    Sourced,
    many,
    word_list,
    words,
)


class EntryLine(Condition):
    """A condition, or one key with what it says in words."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if isinstance(value, Mapping) and len(value) == 1 and all(isinstance(x, str) and x for x in value.values()):
            return frozen(value)
        return super()._deserialize(value, attr, data, **kwargs)


class StageShape(Shape):
    doctor = words(required=True)
    teacher = words()
    parent = words()
    limit = words()


class StagesShape(Shape):
    prevention = fields.Nested(StageShape, required=True)
    screening = fields.Nested(StageShape, required=True)
    intervention = fields.Nested(StageShape, required=True)
    consolidation = fields.Nested(StageShape, required=True)


class FollowUpShape(Shape):
    intervention = words()
    consolidation = words()
    low_risk = words()
    high_risk = words()


class AllOfShape(Shape):
    all = word_list(required=True)


class ClosingTextShape(Shape):
    text = words(required=True)
    code = words(required=True)


@dataclass(frozen=True, kw_only=True)
class Pathway(Sourced):
    """One pathway. Texts are what pages show; `rules` is the same for computing, and counts where they differ.

    `short` stands in case numbers (clinic papers only), `plain_name` is what families and teachers read. `stages` is
    stage → {doctor, teacher, parent, limit}: who does what, and the time limit. `success_text` lists what has to hold.
    """

    id: str
    name: str
    short: str
    plain_name: str
    conditions: tuple[str, ...]
    screenings: tuple[str, ...]
    tasks: tuple[str, ...]
    entry: Mapping[str, Any]
    watch: str | None = None
    exclude: tuple[str, ...] = ()
    stages: Mapping[str, Mapping[str, str]]
    stages_source: str
    stages_verified: bool
    follow_up: Mapping[str, Any]
    success_text: tuple[str, ...]
    success_origin: Sourced
    relapse_text: str
    closing_text: str
    closing_origin: Sourced
    escalation: tuple[Escalation, ...]
    rules: PathwayRules
    privacy_note: str | None = None
    note: str | None = None
    sources: Mapping[str, str]
    version: str

    @property
    def stability(self) -> Stability:
        """Return what its closing rules ask of the consolidation; without any, one follow-up at the usual interval."""
        found = [stability_of(closing.condition) for closing in self.rules.closings]
        usual = self.rules.follow_up_days.get("consolidation", 0)
        first = usual[0] if isinstance(usual, tuple) else usual
        follow_ups = max((each.follow_ups for each in found), default=1)
        days = max((each.days for each in found), default=0)
        return Stability(follow_ups=follow_ups, days=days or (first if isinstance(first, int) else 0))


class EntryShape(Shape):
    """When a case is opened, in words for reading; `rules` says it computably."""

    source = words(required=True)
    verified = Flag(required=True)
    any = fields.List(EntryLine())
    all = fields.List(EntryLine())
    ages = words()
    ages_m = AgeRange()
    confirm = words()
    rule = words()
    case_opening = words()
    note = words()
    not_entry = words()


class PathwayShape(Shape):
    id = words(required=True, pattern=r"PW_[A-Z_]+")
    name = words(required=True)
    short = words(required=True, pattern=r"[A-Z]{3}")
    plain_name = words(required=True)
    conditions = word_list(required=True)
    screenings = word_list(required=True)
    tasks = word_list(required=True)
    entry = fields.Nested(EntryShape, required=True)
    watch = words()
    exclude = word_list()
    stages = fields.Nested(StagesShape, required=True)
    stages_source = words(required=True)
    stages_verified = Flag(required=True)
    follow_up = fields.Nested(FollowUpShape, required=True)
    intervention_to_consolidation = fields.Nested(AllOfShape, required=True)
    relapse = words(required=True)
    closing = fields.Nested(ClosingTextShape, required=True)
    escalation = many(EscalationShape, required=True)
    rules = fields.Nested(RulesShape, required=True)
    privacy_note = words()
    note = words()


class PathwayFile(Shape):
    meta = fields.Nested(Meta, required=True)
    pathway = fields.Nested(PathwayShape, required=True)


def pathway_from(loaded: Mapping[str, Any]) -> Pathway:
    """Return the pathway of one loaded file."""
    meta, pathway = loaded["meta"], loaded["pathway"]
    success, closing = pathway["intervention_to_consolidation"], pathway["closing"]
    kept = {name: pathway[name] for name in Pathway.__dataclass_fields__ if name in pathway and name != "rules"}
    return Pathway(
        **kept,
        rules=rules_from(pathway["rules"]),
        success_text=success["all"],
        success_origin=_origin(success),
        relapse_text=pathway["relapse"],
        closing_text=closing["text"],
        closing_origin=_origin(closing),
        sources=meta.get("sources", {}),
        version=meta["version"],
        source=pathway["entry"].get("source"),
        verified=pathway["entry"].get("verified"),
        verified_note=pathway["entry"].get("verified_note"),
    )


def _origin(loaded: Mapping[str, Any]) -> Sourced:
    return Sourced(**{name: loaded.get(name) for name in Sourced.__dataclass_fields__})
