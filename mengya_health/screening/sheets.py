"""What is entered outside a planned check: one sheet for each screening, one for each scale. Pure.

The lines of a sheet are made from the content: the metrics a screening reads, what it asks beside them, and what its
rules leave to a clinician's tick. A scale under copyright is scores and a result, never its items.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from mengya_health.content import Content
from mengya_health.content.conditions import names_read
from mengya_health.content.measurements import Input
from mengya_health.content.score_forms import ScoreForm
from mengya_health.content.screenings import Instrument, Screening
from mengya_health.content.visits import FormField, PlannedVisit
from mengya_health.people.facts import ChildFacts
from mengya_health.screening.planned import SIGNS, CheckPlan, plan_of, told_and_seen
from mengya_health.screening.reported import reported_inputs
from mengya_health.screening.wording import answers_of

REGRESSION = "WS_REG"
DEVELOPMENT = "SCR_DEV"  # the scale whose quotients may be worked out from mental ages
NONE_OF_THEM = 1  # the option of a list that says nothing of it was found
MONTHS = "m"


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One thing that can be entered by itself. `key` stands in its address: SCR_DEV, or a scale (ASQ3).

    `form` is None for a screening. `is_judged`: rules say something about it; otherwise the clinician does.
    """

    key: str
    name: str
    screening: Screening
    instrument: Instrument | None
    form: ScoreForm | None

    @property
    def is_judged(self) -> bool:
        return self.form is None or bool(self.form.metrics)

    @property
    def is_score_only(self) -> bool:
        return self.form is not None

    @property
    def rules(self):
        """Return the rules that may speak on this sheet."""
        rules = self.screening.profile().rules
        if self.form is None:
            return rules
        return tuple(rule for rule in rules if names_read(rule.condition) & {*self.form.metrics})

    def suits(self, months: int) -> bool:
        """Return whether anything of it is meant for this age in whole months."""
        if self.form is not None:
            return self.form.ages_m[0] <= months < self.form.ages_m[1]
        whole = self.screening.profile().ages_m or self.screening.ages_m
        return any(_within(months, whole) and _within(months, rule.ages_m) for rule in self.rules)


def sheets(content: Content) -> tuple[Sheet, ...]:
    """Return every sheet: the screenings in their order, then the scales."""
    screenings = [
        Sheet(
            key=each.id,
            name=each.name,
            screening=each,
            instrument=content.instruments.get(each.instrument or ""),
            form=None,
        )
        for each in content.screenings.values()
        if not each.alias_of
    ]
    scales = [
        Sheet(
            key=form.instrument,
            name=content.instruments[form.instrument].name,
            screening=content.screenings[form.screening],
            instrument=content.instruments[form.instrument],
            form=form,
        )
        for form in content.score_forms.values()
    ]
    return (*screenings, *scales)


def sheet_of(content: Content, key: str) -> Sheet | None:
    return next((each for each in sheets(content) if each.key == key), None)


def plan_sheet(content: Content, child: ChildFacts, sheet: Sheet, on: date) -> CheckPlan:
    """Return what a sheet asks on a day, in the shape of a check of one screening."""
    visit = PlannedVisit(
        id=sheet.key,
        name=sheet.name,
        place="",
        form="",
        due_month=max(0, child.age_months(on)),
        must_do=(),
        screenings=(sheet.screening.id,) if sheet.is_judged else (),
        fields=(),
    )
    plan = plan_of(content, child, on, visit)
    lines = tuple(_lines(content, sheet, plan.months_for(sheet.screening)))
    signs = plan.group if sheet.key == SIGNS else None
    plan = replace(plan, visit=replace(visit, fields=lines), group=signs, is_focused=True)
    told, _ = told_and_seen(content, plan)
    return replace(plan, told=told if sheet.form is None else ())


def asks_position(plan: CheckPlan) -> bool:
    return any(line.metric == "LENGTH" for line in plan.visit.fields)


def tools_of(content: Content, sheet: Sheet) -> dict[str, str]:
    """Return the scales with which a screening may be done, by id; none where it has no choice."""
    allowed = sheet.screening.reference.get("instruments_allowed", ()) if sheet.form is None else ()
    return {each: content.instruments[each].name for each in allowed}


def tiers_of(sheet: Sheet) -> tuple[Mapping[str, Any], ...]:
    """Return the tiers of a screening as they are written (初筛, 复筛, 诊断): who, with what, and what counts."""
    return tuple(sheet.screening.reference.get("tiers", ())) if sheet.form is None else ()


def notes_of(sheet: Sheet) -> list[str]:
    """Return what the content says about reading the result of a sheet."""
    if not sheet.is_judged:
        return []
    reference = sheet.screening.reference
    said = [sheet.screening.rules_note, *(reference.get(key) for key in ("score_rules_note", "levels_note", "formula"))]
    if "MCHATR" in (sheet.form.metrics if sheet.form else sheet.screening.inputs):
        said.append(reference.get("mchat_source"))
    return [each for each in said if each]


# --- inside -----------------------------------------------------------------------------------------------------------


def _lines(content: Content, sheet: Sheet, months: int) -> Iterator[FormField]:
    if sheet.form is not None:
        yield from (_metric_line(content, code) for code in sheet.form.metrics)
        return
    typed = [code for code in sheet.screening.inputs if content.metrics[code].kind != "derived"]
    yield from (_metric_line(content, code) for code in typed)
    read = {name for rule in sheet.rules for name in names_read(rule.condition)} - reported_inputs(
        content, sheet.screening
    )
    for asked in sheet.screening.asked:
        if asked.code in read:
            yield _input_line(sheet.screening, asked, months)


def _metric_line(content: Content, code: str) -> FormField:
    metric, options = content.metrics[code], answers_of(code, content)
    kind = "choice" if options else "number"
    return FormField(
        code=code, section="measure", name=metric.name, kind=kind, metric=code, options=dict(options) or None
    )


def _input_line(screening: Screening, asked: Input, months: int) -> FormField:
    """Return the line of an input: its options are the list it counts, the set it chooses from, or named codes."""
    named = [each for each in asked.values if isinstance(each, str)] or _listed(screening, asked, months)
    kind, options = {"boolean": "flag", "choice": "choice"}.get(asked.kind, "number"), None
    if kind == "choice":
        words = (screening.inputs_extra or {}).get(asked.code, {})
        options = {value: words.get(value, str(value)) for value in asked.values}
    if asked.kind in ("set", "count") and named:
        kind = "choices"
        options = {NONE_OF_THEM: "都没有"} | dict(enumerate(named, NONE_OF_THEM + 1))
    return FormField(
        code=asked.code,
        section="ask",
        name=asked.name,
        kind=kind,
        options=options,
        normal=NONE_OF_THEM if kind == "choices" else None,
        feeds=f"{screening.id}.{asked.code}",
    )


def _listed(screening: Screening, asked: Input, months: int) -> list[str]:
    """Return the list on which a count counts, at this age where it differs by age."""
    if asked.listed_in is None:
        return []
    first, _, inner = asked.listed_in.partition(".")
    found = screening.inputs_extra if first == "inputs_extra" else screening.reference.get(first)
    return [each for each in _texts(found[inner] if inner else found, months) if each not in asked.without]


def _texts(found: Any, months: int) -> Iterable[str]:
    if isinstance(found, Mapping):
        return [text for each in found.values() for text in each]
    if found and isinstance(found[0], Mapping):
        by_age = [each for each in found if int(each["age"].removesuffix(MONTHS)) <= months]
        return by_age[-1]["signs"] if by_age else ()
    return found


def _within(months: int, ages: tuple[int, int] | None) -> bool:
    return ages is None or ages[0] <= months < ages[1]
