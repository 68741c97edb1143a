"""What the page of a stored sheet shows: what was entered, what came of it, what is to be decided."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from flask import url_for
from flask_babel import gettext as _

from mengya_health.content import Content
from mengya_health.people.facts import ChildFacts
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.measurements import growth_shown
from mengya_health.screening.planned import CheckPlan, form_name
from mengya_health.screening.sheet_commands import find_sheet, typed_values
from mengya_health.screening.sheet_forms import areas_of, labels_of
from mengya_health.screening.sheets import Sheet, notes_of, plan_sheet
from mengya_health.web.shown import words
from mengya_health.web.shown.check_results import growth_part, judged_part
from mengya_health.web.shown.children import child_head
from mengya_health.web.shown.punctuation import enumerated
from mengya_health.web.shown.sheets import TIERS

OF_TIERS = {1: "{tier}未见异常", 2: "{tier}异常", 3: "确诊"}


def sheet_result_page(work, child: ChildFacts, opened: OpenEntry, state) -> dict:
    """Return the page of one stored sheet (pages/screening/shown.html)."""
    content, stored = work.content, opened.content
    sheet = find_sheet(content, stored["sheet"])
    plan = plan_sheet(content, child, sheet, date.fromisoformat(stored["done_on"]))
    return judged_part(work, child, opened, plan, state) | {
        "child": child_head(child, plan.on),
        "title": words.told(sheet.name),
        "correct_href": url_for("screenings.correction", child_id=child.id, entry_id=opened.id),
        "version_line": _(
            "%(day)s %(name)s · 第 %(n)s 版", day=stored["done_on"], name=words.told(sheet.name), n=opened.version
        ),
        "answers": [{"label": label, "text": text} for label, text in _answers(content, sheet, plan, stored)],
        "growth": growth_part(growth_shown(stored)) if stored.get("growth") else None,
        "closing": [{"label": _("提示"), "text": each} for each in (*_of_tier(sheet, stored), *notes_of(sheet))],
    }


def _answers(content: Content, sheet: Sheet, plan: CheckPlan, stored: dict) -> Iterator[tuple[str, str]]:
    """Yield what was entered, line by line, in the order of the form."""
    typed, labels = typed_values(plan, stored), labels_of(content, sheet, plan)
    yield from _about(content, sheet, typed, labels)
    for code in areas_of(sheet):
        if f"ma_{code.lower()}" in typed:
            yield labels[f"ma_{code.lower()}"], f"{typed[f'ma_{code.lower()}']} {_('月')}"
    if "age_months" in stored:
        of_what = _("矫正月龄") if stored["is_corrected"] else _("实足月龄")
        yield _("发育商的分母"), _("%(what)s %(n)s 个月", what=of_what, n=stored["age_months"])
    for line in plan.visit.fields:
        value = typed.get(form_name(line))
        if value is not None:
            options = line.options or ({1: _("是"), 0: _("否")} if line.kind == "flag" else {})
            texts = [options[int(each)] if options else each for each in ([value] if isinstance(value, str) else value)]
            unit = content.metrics[line.metric].unit if line.metric and not options else ""
            yield (
                words.told(line.name),
                f"{enumerated(words.told(str(each)) for each in texts)} {words.told(unit)}".strip(),
            )
    yield from _ticked(plan, typed)


def _about(content: Content, sheet: Sheet, typed: dict, labels: dict) -> Iterator[tuple[str, str]]:
    if "tier" in typed:
        yield labels["tier"], typed["tier"]
        yield labels["tier_result"], str(TIERS[typed["tier_result"]])
    if "tool" in typed:
        yield labels["tool"], words.told(content.instruments[typed["tool"]].name)
    for name in ("by", "version", "cutoff"):
        if name in typed:
            yield labels[name], typed[name]
    for name in (name for name in typed if name.startswith("score_")):
        yield labels[name], typed[name]
    if "scale_result" in typed:
        yield labels["scale_result"], sheet.form.results[int(typed["scale_result"])]
    if "note" in typed:
        yield labels["note"], typed["note"]


def _ticked(plan: CheckPlan, typed: dict) -> Iterator[tuple[str, str]]:
    for each in plan.group.items if plan.group else ():
        yield words.told(each.text), _("有") if typed.get(f"ws_{each.code}") == "1" else _("没有")
    for each in plan.told:
        if each.name in typed:
            yield words.told(each.text), _("有") if typed[each.name] == "1" else _("没有")


def _of_tier(sheet: Sheet, stored: dict) -> list[str]:
    """Return what follows from the tier as it was written, with its time limit."""
    if "tier" not in stored:
        return []
    wanted = OF_TIERS[stored["tier_result"]].format(tier=stored["tier"])
    met = [each for each in sheet.screening.dispositions if each.tier == wanted]
    return [_("%(what)s：%(action)s（%(n)s 天内）", what=wanted, action=each.action, n=each.first_days) for each in met]
