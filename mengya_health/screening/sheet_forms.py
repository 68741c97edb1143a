"""The form of one sheet: its fields made from the content, and what was filled in as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from marshmallow import fields

from mengya_health.content import Content
from mengya_health.content.visits import FormField
from mengya_health.errors import Invalid
from mengya_health.fields import NEEDED, Choice, DecimalText, Form, LocalDate, PlainText, WholeNumber
from mengya_health.people.facts import ChildFacts
from mengya_health.screening.development import TOTAL, Quotients, quotients
from mengya_health.screening.forms import Filled, wrong_days
from mengya_health.screening.line_fields import line_field, plain_value
from mengya_health.screening.planned import CheckPlan, form_name
from mengya_health.screening.sheets import DEVELOPMENT, REGRESSION, Sheet, asks_position, tiers_of, tools_of
from mengya_health.screening.urgent_answer import answer_fields, answer_from, answer_labels

HIGHEST_SCORE = "9999"
LONGEST_WORD, LONGEST_NOTE = 60, 500
# How a tier ended: what is written of a diagnosis is that a specialist made it.
TIER_RESULTS = ("1", "2", "3")  # nothing found, something found, a diagnosis
OF_ANOTHER_AGE = ("ws_WS", "told_", "confirm_")
NOTHING = "什么都没填：至少填一项。 Nothing is filled in."


@dataclass(frozen=True, kw_only=True)
class FilledSheet:
    """One sheet as it was filled in: `filled` as of a check; `about` what is kept beside it, plain values."""

    filled: Filled
    about: Mapping[str, Any]


class SheetForm(Form):
    """The fields that every sheet has; `sheet_form` adds its own."""

    done_on = LocalDate(required=True)
    by = PlainText(longest=LONGEST_WORD)
    note = PlainText(longest=LONGEST_NOTE, lines=True)
    row_version = WholeNumber(low=1, high=10**6)

    def _single(self, sent: Mapping) -> dict:
        single = super()._single(sent)
        return {name: each for name, each in single.items() if name in self.fields or not _is_of_another_age(name)}


def sheet_form(content: Content, sheet: Sheet, plan: CheckPlan) -> type[SheetForm]:
    """Return the form of one sheet. Nothing in it has a default."""
    made: dict[str, fields.Field] = {}
    for line in plan.visit.fields:
        name = form_name(line)
        made[name] = _field(content, line)
        if line.metric and line.kind == "number":
            made[f"confirm_{name}"] = PlainText(longest=20)
    made |= {f"ws_{sign.code}": Choice("0", "1", required=True) for sign in (plan.group.items if plan.group else ())}
    made |= {told.name: Choice("0", "1", required=told.is_required) for told in plan.told}
    made |= _fields_of_scale(sheet) | _fields_of_choice(content, sheet) | answer_fields(content)
    if asks_position(plan):
        made["position"] = Choice("l", "h")
    return SheetForm.from_dict(made, name="Sheet")


def labels_of(content: Content, sheet: Sheet, plan: CheckPlan) -> dict[str, str]:
    """Return what each field is called beside the field and in the summary of what is wrong."""
    labels = {"done_on": "哪一天做的", "by": "施测者", "note": "备注", "row_version": "版本", "position": "量法"}
    labels |= {"version": "量表版本", "cutoff": "所用界值", "scale_result": "量表结论"}
    labels |= {"tool": "所用量表", "tier": "哪一级", "tier_result": "这一级的结论"}
    labels |= {f"score_{code}": name for code, name in ((sheet.form and sheet.form.scores) or {}).items()}
    for line in plan.visit.fields:
        name = form_name(line)
        labels |= {name: line.name, f"confirm_{name}": line.name, f"ma_{name}": line.name.replace("发育商", "智龄")}
    labels |= {f"ws_{sign.code}": f"预警征 {sign.text}" for sign in (plan.group.items if plan.group else ())}
    return labels | answer_labels(content) | {each.name: each.text for each in plan.told}


def read_sheet(
    content: Content, child: ChildFacts, sheet: Sheet, plan: CheckPlan, sent: Mapping, today: date
) -> FilledSheet:
    """Return a sent sheet as plain values. Raises Invalid with a message per field, Malformed for fields unknown."""
    try:
        loaded = sheet_form(content, sheet, plan)().load(sent)
        problems = dict(wrong_days(child, loaded, today)) | _unsaid(content, plan, loaded)
        if problems:
            raise Invalid(fields=problems)
        return _filled(content, child, sheet, plan, loaded)
    except Invalid as error:
        labels = labels_of(content, sheet, plan)
        named = {
            name.partition(".")[0]: [f"{labels[name.partition('.')[0]]}：{text}" for text in texts]
            for name, texts in error.fields.items()
        }
        raise type(error)(error.zh, error.en, fields=named) from error


def read_sheet_so_far(content: Content, child: ChildFacts, sheet: Sheet, plan: CheckPlan, sent: Mapping) -> FilledSheet:
    """Return what can be read of a sheet that is still being filled in: to look at, never to store."""
    given = sheet_form(content, sheet, plan)().readable_part(sent)
    # A length counts with its position; quotients worked out from mental ages are never urgent.
    without = {"length"} if "position" not in given else set()
    read = {name: each for name, each in given.items() if name not in without and not name.startswith("ma_")}
    return _filled(content, child, sheet, plan, read | {"done_on": plan.on})


def asks_mental_ages(sheet: Sheet) -> bool:
    return sheet.key == DEVELOPMENT


def areas_of(sheet: Sheet) -> tuple[str, ...]:
    """Return the metrics of the areas whose mental ages are taken."""
    return tuple(code for code in sheet.screening.inputs if code != TOTAL) if asks_mental_ages(sheet) else ()


# --- inside -----------------------------------------------------------------------------------------------------------


def _is_of_another_age(name: str) -> bool:
    return name.startswith(OF_ANOTHER_AGE)


def _field(content: Content, line: FormField) -> fields.Field:
    if line.metric and line.kind == "number" and content.metrics[line.metric].hard is None:
        return DecimalText(low="0", high=HIGHEST_SCORE, places=content.metrics[line.metric].decimals)
    field = line_field(content, line)
    field.required = line.code == REGRESSION  # whoever asks about signs gets an answer to this one, too
    return field


def _fields_of_scale(sheet: Sheet) -> dict[str, fields.Field]:
    """Return what is said of the scale itself: where it is not ours, which one it was and who used it."""
    made: dict[str, fields.Field] = {}
    if sheet.is_score_only:
        made |= {"version": PlainText(longest=LONGEST_WORD, required=True), "cutoff": PlainText(longest=LONGEST_WORD)}
        made |= {
            f"score_{code}": DecimalText(low="0", high=HIGHEST_SCORE, places=2) for code in sheet.form.scores or ()
        }
        if sheet.form.results:
            made["scale_result"] = Choice(*map(str, sheet.form.results))
    if sheet.is_score_only or asks_mental_ages(sheet):
        made["by"] = PlainText(longest=LONGEST_WORD, required=True)
    made |= {f"ma_{code.lower()}": DecimalText(low="0", high="120", places=1, unit="月") for code in areas_of(sheet)}
    return made


def _fields_of_choice(content: Content, sheet: Sheet) -> dict[str, fields.Field]:
    made: dict[str, fields.Field] = {}
    tools, tiers = tools_of(content, sheet), tiers_of(sheet)
    if tools:
        made["tool"] = Choice(*tools)
    if tiers:
        made |= {"tier": Choice(*(each["tier"] for each in tiers)), "tier_result": Choice(*TIER_RESULTS)}
    return made


def _unsaid(content: Content, plan: CheckPlan, loaded: Mapping) -> dict[str, list[str]]:
    """Return what only several fields together show to be wanting."""
    problems: dict[str, list[str]] = {}
    if "length" in loaded and asks_position(plan) and "position" not in loaded:
        problems["position"] = ["请选是躺着量还是站着量。 Choose lying or standing."]
    if ("tier" in loaded) != ("tier_result" in loaded):
        problems["tier" if "tier_result" in loaded else "tier_result"] = [NEEDED]
    about = {"done_on", "by", "version", "cutoff", "tool", "position", "row_version", "tier", *answer_labels(content)}
    if not {name for name in loaded if not name.startswith("confirm_")} - about:
        problems["note"] = [NOTHING]
    return problems


def _filled(content: Content, child: ChildFacts, sheet: Sheet, plan: CheckPlan, loaded: Mapping) -> FilledSheet:
    lines = {line.code: line for line in plan.visit.fields}
    given = {code: loaded[form_name(line)] for code, line in lines.items() if form_name(line) in loaded}
    values = {code: plain_value(lines[code], value) for code, value in given.items()}
    development = _development(child, sheet, plan, values, loaded)
    values |= development.values if development else {}
    signs = {each.code: loaded[f"ws_{each.code}"] == "1" for each in (plan.group.items if plan.group else ())}
    filled = Filled(
        done_on=loaded["done_on"],
        position=loaded.get("position") if "length" in loaded else None,
        values=values,
        exam="by_item",
        notes={},
        signs=signs,
        regression=values.get(REGRESSION),
        told={each.name: loaded[each.name] == "1" for each in plan.told if each.name in loaded},
        seen={},
        confirmed={name[8:]: value for name, value in loaded.items() if name.startswith("confirm_")},
        conclusion="",
        next_on=None,
        advice="",
        row_version=loaded.get("row_version"),
        urgent=answer_from(content, loaded),
    )
    return FilledSheet(filled=filled, about=_about(loaded, development))


def _development(
    child: ChildFacts, sheet: Sheet, plan: CheckPlan, values: Mapping, loaded: Mapping
) -> Quotients | None:
    if not asks_mental_ages(sheet):
        return None
    ages = {code: loaded[f"ma_{code.lower()}"] for code in areas_of(sheet) if f"ma_{code.lower()}" in loaded}
    return quotients(child, plan.on, ages, dict(values), areas_of(sheet))


def _about(loaded: Mapping, development: Quotients | None) -> dict[str, Any]:
    """Return what is kept beside answers and readings; nothing that was not said."""
    kept = {name: loaded[name] for name in ("by", "version", "cutoff", "tool", "tier", "note") if name in loaded}
    kept |= {name: int(loaded[name]) for name in ("scale_result", "tier_result") if name in loaded}
    scores = {name[6:]: value for name, value in loaded.items() if name.startswith("score_")}
    ages = {name[3:]: value for name, value in loaded.items() if name.startswith("ma_")}
    kept |= {"scores": scores} if scores else {}
    if ages:
        kept |= {"mental_ages": ages, "age_months": development.months, "is_corrected": development.is_corrected}
    return kept
