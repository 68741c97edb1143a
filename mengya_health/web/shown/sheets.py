"""What the pages of screenings and scales show: which there are, the form of one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from mengya_health.content import Content
from mengya_health.content.typed_numbers import likely, range_of
from mengya_health.content.visits import FormField
from mengya_health.people.facts import ChildFacts
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.commands import day_asked
from mengya_health.screening.expected import expected_of
from mengya_health.screening.planned import CheckPlan, form_name
from mengya_health.screening.queries import checks_of
from mengya_health.screening.sheet_commands import typed_values, urgent_in_sheet
from mengya_health.screening.sheet_forms import areas_of
from mengya_health.screening.sheets import Sheet, asks_position, notes_of, plan_sheet, sheets, tiers_of, tools_of
from mengya_health.screening.urgent import Urgent, urgent_fields
from mengya_health.screening.wording import in_words
from mengya_health.web.shown import words
from mengya_health.web.shown.checks import no_signs_note, soft_checks, usual_position
from mengya_health.web.shown.children import back_to, child_head
from mengya_health.web.shown.origins import CONCLUSIONS, origin_text
from mengya_health.web.shown.punctuation import enumerated
from mengya_health.web.shown.urgent import banner

# How one tier of a screening came out, as the doctor enters it.
TIERS = {"1": lazy("未见异常"), "2": lazy("异常"), "3": lazy("确诊")}
ALWAYS_LOOKED_AT = {"done_on", "position"}


def index_page(work, child: ChildFacts) -> dict:
    """Return the list of screenings and scales (pages/screening/sheets.html), those of the child's age first."""
    done = checks_of(work, child)
    rows = [(sheet, _suits(child, sheet, work.today), _row(work, child, sheet, done)) for sheet in sheets(work.content)]
    groups = [
        (_("这个月龄可做"), [row for sheet, suits, row in rows if suits and not sheet.is_score_only]),
        (_("量表：只登记得分和结论"), [row for sheet, suits, row in rows if suits and sheet.is_score_only]),
        (_("其他月龄的：仍可登记，不判定"), [row for _sheet, suits, row in rows if not suits]),
    ]
    return {
        "child": child_head(child, work.today),
        "back": back_to(child),
        "groups": [{"title": title, "rows": found} for title, found in groups if found],
        "measure_href": url_for("measurements.enter", child_id=child.id),
        "check_href": url_for("checks.enter", child_id=child.id),
        "version": work.content.version,
    }


def sheet_page(work, child: ChildFacts, sheet: Sheet, state) -> dict:
    """Return the form of a sheet (pages/screening/sheet.html); `state` is the refused form, or a fresh one."""
    plan = plan_sheet(work.content, child, sheet, day_asked(work, child, state.values))
    urgent = urgent_in_sheet(work, child, sheet, state.values) if state.values else ()
    state.values = state.values or {"done_on": plan.on.isoformat(), "position": usual_position(plan)}
    list_of_all = url_for("screenings.index", child_id=child.id)
    return _page(work, child, sheet, plan, state) | {
        "action": url_for("screenings.save", child_id=child.id, key=sheet.key),
        **_looked_at(work, child, sheet, plan, urgent),
        "row_version": None,
        "back": {"text": _("专项筛查"), "href": list_of_all},
    }


def correction_page(work, child: ChildFacts, sheet: Sheet, opened: OpenEntry, state) -> dict:
    """Return the same page filled with what is stored, to correct it."""
    plan = plan_sheet(work.content, child, sheet, day_asked(work, child, state.values or opened.content))
    state.values = state.values or typed_values(plan, opened.content)
    here = {"child_id": child.id, "entry_id": opened.id}
    urgent = urgent_in_sheet(work, child, sheet, state.values, corrects=opened.id)
    return _page(work, child, sheet, plan, state) | {
        **_looked_at(work, child, sheet, plan, urgent, corrects=opened.id),
        "action": url_for("screenings.correct", **here),
        "row_version": state.seen(opened.row_version),
        "back": {"text": _("这次筛查"), "href": url_for("checks.show", **here)},
    }


# --- inside -----------------------------------------------------------------------------------------------------------


def _suits(child: ChildFacts, sheet: Sheet, on: date) -> bool:
    corrected = sheet.screening.uses_corrected_age
    return sheet.suits(max(0, child.corrected_months(on) if corrected else child.age_months(on)))


def _row(work, child: ChildFacts, sheet: Sheet, done: Iterable[OpenEntry]) -> dict:
    last = next((entry for entry in reversed(list(done)) if _concerns(entry, sheet)), None)
    ages = sheet.screening.ages if sheet.form is None else sheet.instrument.ages
    row = {
        "name": words.told(sheet.name),
        "ages": ages if isinstance(ages, str) else enumerated(_age_words(str(each)) for each in ages),
        "href": url_for("screenings.enter", child_id=child.id, key=sheet.key),
        "last": "",
        "last_href": "",
        "tag": None,
    }
    if last is None:
        return row
    kind, text = _ended(last, sheet)
    return row | {
        "last": _("上次 %(day)s", day=last.happened_on.isoformat()),
        "last_href": url_for("checks.show", child_id=child.id, entry_id=last.id),
        "tag": {"kind": kind, "text": str(text)},
    }


def _age_words(age: str) -> str:
    """Return the key of an age group (18m, 4y) in words; other texts are words already."""
    number, unit = age[:-1], age[-1:]
    if not number.isdigit() or unit not in ("m", "y"):
        return age
    return _("%(n)s 月龄", n=number) if unit == "m" else _("%(n)s 岁", n=number)


def _concerns(entry: OpenEntry, sheet: Sheet) -> bool:
    if entry.content.get("sheet"):
        return entry.content["sheet"] == sheet.key
    return sheet.form is None and any(_is_done(each, sheet) for each in entry.content.get("screenings", ()))


def _is_done(screening: dict, sheet: Sheet) -> bool:
    return screening["screening"] == sheet.screening.id and screening["conclusion"] != "not_applicable"


def _ended(entry: OpenEntry, sheet: Sheet) -> tuple[str, object]:
    found = (each for each in entry.content["screenings"] if each["screening"] == sheet.screening.id)
    conclusion = next((each["conclusion"] for each in found), None)
    return CONCLUSIONS[conclusion] if conclusion else ("note", _("已登记"))


def _page(work, child: ChildFacts, sheet: Sheet, plan: CheckPlan, state) -> dict:
    content = work.content
    _as_lists(plan, state.values)
    return {
        "child": child_head(child, plan.on),
        "title": words.told(sheet.name),
        "form": state,
        "age_line": _age_line(child, sheet, plan),
        "not_judged": sheet.is_judged and not _suits(child, sheet, plan.on),
        "asks_position": asks_position(plan),
        "numbers": [_number(child, content, plan, line, state) for line in plan.visit.fields if line.kind == "number"],
        "ones": [_line(content, line) for line in plan.visit.fields if line.kind in ("choice", "flag")],
        "several": [_line(content, line) for line in plan.visit.fields if line.kind == "choices"],
        "mental_ages": [_mental_age(content, code) for code in areas_of(sheet)],
        "scores": [{"name": f"score_{code}", "label": name} for code, name in _scores(sheet).items()],
        "results": _options(sheet.form.results) if sheet.form and sheet.form.results else [],
        "tools": _options(tools_of(content, sheet)),
        "tiers": [dict(each) for each in tiers_of(sheet)],
        "tier_results": _options(TIERS),
        "is_score_only": sheet.is_score_only,
        "asks_by": sheet.is_score_only or bool(areas_of(sheet)),
        "told": [
            {"name": each.name, "text": words.told(each.text), "is_required": each.is_required} for each in plan.told
        ],
        "signs_title": words.told(plan.group.label) if plan.group else "",
        "signs": [
            {"name": f"ws_{each.code}", "text": words.told(each.text)}
            for each in (plan.group.items if plan.group else ())
        ],
        "signs_note": no_signs_note(content, plan) if sheet.key == "SCR_WSCST" and plan.group is None else "",
        "soft_checks": soft_checks(state),
        "birth_note": _birth_note(sheet),
        "report_href": url_for("reports.write_page", child_id=child.id) if _is_beside_report(sheet) else "",
        "notes": notes_of(sheet),
        "rules": [_rule(content, sheet, each) for each in sheet.rules],
        "basis": _basis(content, sheet),
        "copyright": sheet.instrument.copyright if sheet.instrument else "",
        "performer": (sheet.screening.performer or "") if sheet.is_judged else "",
    }


def _looked_at(
    work, child: ChildFacts, sheet: Sheet, plan: CheckPlan, urgent: Sequence[Urgent], **corrects: UUID
) -> dict:
    """Return what cannot wait in the form, and where its script asks about it; '' where nothing asked ever is."""
    fields = urgent_fields(work.content, plan)
    asked = {"child_id": child.id, "key": sheet.key} | corrects
    return {
        "urgent": banner(work, urgent),
        "urgent_href": url_for("urgent.in_sheet", **asked) if {*fields} - ALWAYS_LOOKED_AT else "",
        "urgent_fields": " ".join(fields),
    }


def _basis(content: Content, sheet: Sheet) -> str:
    if sheet.is_judged:
        return origin_text(sheet.screening, content.version)
    return _("本产品不判定这个量表：登记它自己的结论，由医生判断。")


def _age_line(child: ChildFacts, sheet: Sheet, plan: CheckPlan) -> str:
    if not sheet.is_judged:
        return words.sex_and_age(child, plan.on)
    if plan.is_corrected and sheet.screening.uses_corrected_age:
        return _("按矫正月龄 %(age)s 判定", age=words.corrected_age(child, plan.on))
    return _("按实足月龄 %(age)s 判定", age=words.age(child.birth_on, plan.on))


def _line(content: Content, line: FormField) -> dict:
    options = line.options or ({1: _("是"), 0: _("否")} if line.kind == "flag" else {})
    metric = content.metrics.get(line.metric or "")
    has_range = metric is not None and metric.hard is not None and line.kind == "number"
    return {
        "name": form_name(line),
        "label": words.told(line.name),
        "unit": words.told(metric.unit) if metric and line.kind == "number" else "",
        "hint": _("%(low)s～%(high)s", low=metric.hard[0], high=metric.hard[1]) if has_range else "",
        "options": [{"value": str(value), "text": words.told(str(text))} for value, text in options.items()],
    }


def _number(child: ChildFacts, content: Content, plan: CheckPlan, line: FormField, state) -> dict:
    """Return the line of a number; a refused one with a guess at what was meant."""
    shown, metric = _line(content, line), content.metrics.get(line.metric or "")
    if shown["name"] not in state.errors or metric is None or metric.hard is None:
        return shown
    within = range_of(metric, expected_of(child, plan.on).get(metric.code))
    return shown | {"guess": likely(str(state.values.get(shown["name"], "")), within) or ""}


def _mental_age(content: Content, code: str) -> dict:
    label = content.metrics[code].name.replace("发育商", "智龄")
    return {"name": f"ma_{code.lower()}", "label": label, "unit": _("月")}


def _scores(sheet: Sheet) -> dict[str, str]:
    return dict(sheet.form.scores or {}) if sheet.form else {}


def _options(named) -> list[dict]:
    return [{"value": str(value), "text": str(text)} for value, text in (named or {}).items()]


def _birth_note(sheet: Sheet) -> str:
    is_read = {"GA_WEEKS", "BW_G"} & {*sheet.screening.inputs} and sheet.form is None
    return _("出生胎龄和出生体重不填时，用档案里的。") if is_read else ""


def _is_beside_report(sheet: Sheet) -> bool:
    """A screening that hears of harm: that is reported on a page of its own, and leaves nothing here."""
    return sheet.form is None and "PW_EMOTION" in sheet.screening.pathways


def _rule(content: Content, sheet: Sheet, rule) -> dict:
    _kind, word = CONCLUSIONS[rule.level]
    ages = _("%(first)s～%(last)s 月龄", first=rule.ages_m[0], last=rule.ages_m[1] - 1) if rule.ages_m else ""
    return {
        "text": rule.text or in_words(rule.condition, content),
        "result": rule.result,
        "ages": ages,
        "level": str(word),
        "basis": origin_text(rule, "") if rule.source != sheet.screening.source or rule.basis else "",
    }


def _as_lists(plan: CheckPlan, values: dict) -> None:
    """A box ticked alone comes back as a text; the template looks for it in a list."""
    for line in plan.visit.fields:
        if line.kind == "choices" and isinstance(values.get(form_name(line)), str):
            values[form_name(line)] = [values[form_name(line)]]
