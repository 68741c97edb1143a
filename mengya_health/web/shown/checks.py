"""What the form of a check shows, as plain values for its template."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from flask import url_for
from flask_babel import gettext as _

from mengya_health.content import Content
from mengya_health.content.measurements import Metric
from mengya_health.content.typed_numbers import likely, range_of
from mengya_health.content.visits import FormField, PlannedVisit
from mengya_health.growth.wst423 import HEIGHT_FROM_MONTH
from mengya_health.people.facts import ChildFacts
from mengya_health.record.queries import OpenEntry, entries_of_kind
from mengya_health.screening.booklet import VACCINATION
from mengya_health.screening.check_content import typed_values
from mengya_health.screening.commands import plan_for, urgent_so_far
from mengya_health.screening.expected import expected_of
from mengya_health.screening.forms import CONCLUSIONS
from mengya_health.screening.informants import ANSWERS, stored_answers, told_before
from mengya_health.screening.line_fields import LARGEST_PLAIN_NUMBER
from mengya_health.screening.measurements import READING_KINDS
from mengya_health.screening.planned import CheckPlan, form_name
from mengya_health.screening.queries import checks_of, last_check
from mengya_health.screening.second_look import SecondLook
from mengya_health.screening.urgent import urgent_fields
from mengya_health.web.drafts import with_draft
from mengya_health.web.shown import words
from mengya_health.web.shown.informants import beside
from mengya_health.web.shown.punctuation import enumerated, joined
from mengya_health.web.shown.urgent import banner
from mengya_health.web.shown.vaccines import reminders

RESCREEN = "SLA_RESCREEN"
COMPARED = ("WEIGHT", "LENGTH", "HEADC", "HB")
INDICATOR_OF = {"WEIGHT": "wfa", "LENGTH": "lhfa", "HEADC": "hcfa"}


def entry_page(work, child: ChildFacts, visit_id: str | None, state) -> dict:
    """Return the page on which a check is entered; `state` is the refused form, or a fresh one."""
    entries = entries_of_kind(work, child, *READING_KINDS, VACCINATION, ANSWERS)
    checks = [entry for entry in entries if entry.kind in READING_KINDS and entry.status == "active"]
    plan = plan_for(work, child, visit_id, state.values, checks)
    if with_draft(state, work, child, "checks.save", visit=plan.visit.id).values:
        plan = plan_for(work, child, plan.visit.id, state.values, checks)  # its day may be another
    state.values = state.values or {"done_on": plan.on.isoformat(), "position": usual_position(plan)}
    page = _form_page(work, child, plan, state, last_check(checks, plan.on))
    due = joined(reminders(work, child, entries))
    page["hints"] += [{"title": _("接种提醒"), "text": due, "basis": ""}] if due else []
    told = [stored_answers(entry) for entry in told_before(work.content, entries, plan.group, plan.on)]
    return page | {
        "told_before": beside(work.content, child, plan, told),
        "action": url_for("checks.save", child_id=child.id, visit=plan.visit.id),
        "back": {"text": _("今日"), "href": url_for("today.show")},
        "put_aside_href": url_for("today.show"),
    }


def correction_page(work, child: ChildFacts, opened: OpenEntry, state) -> dict:
    """Return the same page filled with a stored check, to correct it."""
    checks = [entry for entry in checks_of(work, child) if entry.id != opened.id]
    plan = plan_for(work, child, opened.content["visit"], state.values or opened.content, ())
    state.values = state.values or typed_values(plan, opened.content)
    page = _form_page(work, child, plan, state, last_check(checks, plan.on))
    shown_at = url_for("checks.show", child_id=child.id, entry_id=opened.id)
    return page | {
        "told_before": beside(work.content, child, plan, opened.content.get("informants", [])),
        "action": url_for("checks.correct", child_id=child.id, entry_id=opened.id),
        "row_version": state.seen(opened.row_version),
        "measures": [
            _measure(work.content, line, opened.content, guesses_for(work.content, plan, child, state))
            for line in plan.visit.fields_in("measure")
        ],
        "back": {"text": _("这次检查"), "href": shown_at},
        "put_aside_href": shown_at,
    }


def usual_position(plan: CheckPlan) -> str:
    """Return how a child of this age is measured: lying until 24 months. Source: WS/T 423—2022."""
    return "l" if plan.judged_months < HEIGHT_FROM_MONTH else "h"


def child_head(work, child: ChildFacts, on, visit: PlannedVisit) -> dict:
    """Return the band above a page of one check; ages are those of that day."""
    facts = [{"label": _("编号"), "text": child.number}, {"label": _("本次"), "text": words.told(visit.name)}]
    if child.allergies:
        facts.append({"label": _("过敏"), "text": child.allergies, "is_warning": True})
    return {
        "name": child.name,
        "initial": words.initial_of(child.name),
        "shade": words.shade_of(child.id),
        "sex_age": words.sex_and_age(child, on),
        "birth_note": " · ".join(note for note in (words.gestation(child), words.corrected(child, on)) if note),
        "facts": facts,
    }


def _form_page(work, child: ChildFacts, plan: CheckPlan, state, last: OpenEntry | None) -> dict:
    content, visit = work.content, plan.visit
    following = content.next_visit_after(max(visit.due_month, plan.age_months))
    _as_lists(plan, state.values)
    guesses = guesses_for(content, plan, child, state)
    return {
        "child": child_head(work, child, plan.on, visit),
        "form": state,
        "row_version": None,
        "measured_line": _measured_line(plan, state.values),
        "asks_position": _asks(visit, "LENGTH"),
        "measures": [_measure(content, line, None, guesses) for line in visit.fields_in("measure")],
        "habits": _with_last(_by_kind(content, visit.fields_in("ask"), guesses), plan, last),
        "exam_items": [_line(content, line) for line in plan.exam_items],
        "exam_rest": _by_kind(content, [line for line in visit.fields_in("examine") if line.normal is None], guesses),
        "guides": _by_kind(content, visit.fields_in("conclude"), guesses),
        **_signs(content, plan),
        "soft_checks": soft_checks(state),
        "urgent": banner(work, urgent_so_far(work, child, plan, state.values)),
        "urgent_href": url_for("urgent.in_check", child_id=child.id, visit=visit.id),
        "urgent_fields": " ".join(urgent_fields(content, plan)),
        "report_href": url_for("reports.write_page", child_id=child.id),
        "conclusions": _conclusions(content, following),
        "next_on_hint": _next_hint(child, following),
        "hints": _hints(content, plan),
        "compare": _compare(content, child, last),
        "after": _after(following),
        "next_name": "",
    }


def guesses_for(content: Content, plan: CheckPlan, child: ChildFacts, state) -> dict[str, str]:
    """Return what was probably meant, by field, where a number was refused."""
    expected = expected_of(child, plan.on)
    numbers = {form_name(line): line for line in plan.visit.fields if line.metric and line.kind == "number"}
    meant = {
        name: likely(str(state.values.get(name, "")), range_of(content.metrics[line.metric], expected.get(line.code)))
        for name, line in numbers.items()
        if name in state.errors and not content.metrics[line.metric].hard[0] < 0
    }
    return {name: guess for name, guess in meant.items() if guess}


def _line(content: Content, line: FormField, guesses: Mapping[str, str] = MappingProxyType({})) -> dict:
    """Return one line of the form: name, label, unit, and its options, of which `bad` ones are findings.

    `number` says when a number typed is complete, so that the page goes on by itself (static/numbers.js).
    """
    metric = content.metrics[line.metric] if line.metric and line.kind == "number" else None
    options = line.options or ({1: _("是"), 0: _("否")} if line.kind == "flag" else {})
    return {
        "name": form_name(line),
        "label": words.told(line.name),
        "unit": words.told(metric.unit) if metric else "",
        "hint": (metric.convert or "") if metric else "",
        "guess": guesses.get(form_name(line), ""),
        "number": _number(line, metric),
        "is_several": line.kind == "choices",
        "alone": str(line.normal or ""),
        "options": [
            {
                "value": str(value),
                "text": words.told(str(text)),
                "bad": line.normal is not None and value != line.normal,
            }
            for value, text in options.items()
        ],
    }


def _number(line: FormField, metric: Metric | None) -> dict | None:
    """Return how far a number may be typed. What is measured waits for its point; signed numbers are never complete."""
    if line.kind != "number" or (metric and metric.hard[0] < 0):
        return None
    most, places = (metric.hard[1], range_of(metric).places) if metric else (LARGEST_PLAIN_NUMBER, 0)
    return {"most": most, "places": places, "waits": line.section == "measure" and places > 0, "last": ""}


def _with_last(lines: dict[str, list[dict]], plan: CheckPlan, last: OpenEntry | None) -> dict[str, list[dict]]:
    """Give what usually stays as it is the value of last time: shown, and taken over when the doctor presses a key."""
    standing = {form_name(line): line.metric for line in plan.visit.fields if line.stands}
    readings = {each["code"]: str(each["value"]) for each in last.content.get("readings", ())} if last else {}
    for line in lines["number"]:
        if value := readings.get(standing.get(line["name"], ""), ""):
            line["number"]["last"] = value
            line["hint"] = _("上次 %(value)s，按 = 照填", value=value)
    return lines


def _by_kind(content: Content, lines: Iterable[FormField], guesses: Mapping[str, str]) -> dict[str, list[dict]]:
    """Return lines sorted by how they are answered: one choice, several, a number, a text."""
    kinds = {"choice": "one", "flag": "one", "choices": "several", "number": "number", "text": "text"}
    found: dict[str, list[dict]] = {name: [] for name in ("one", "several", "number", "text")}
    for line in lines:
        found[kinds[line.kind]].append(_line(content, line, guesses))
    return found


def _measure(content: Content, line: FormField, stored: dict | None, guesses: Mapping[str, str]) -> dict:
    score = stored and stored["growth"]["scores"].get(INDICATOR_OF.get(line.code, ""))
    return _line(content, line, guesses) | {"note": words.told((score and score["sd_band"]) or ""), "warn": False}


def _asks(visit: PlannedVisit, code: str) -> bool:
    return any(line.code == code for line in visit.fields)


def _as_lists(plan: CheckPlan, values: dict) -> None:
    """A box ticked alone comes back as a text; the template looks for it in a list."""
    for line in plan.visit.fields:
        name = form_name(line)
        if line.kind == "choices" and isinstance(values.get(name), str):
            values[name] = [values[name]]


def _measured_line(plan: CheckPlan, values: dict) -> str:
    day = values.get("done_on", "")
    if not _asks(plan.visit, "LENGTH"):
        return _("%(day)s 检查（可改）", day=day)
    how = {"l": _("卧位量身长"), "h": _("立位量身高")}.get(values.get("position"), _("量法还没选"))
    return _("%(day)s 检查 · %(how)s（可改）", day=day, how=how)


def _signs(content: Content, plan: CheckPlan) -> dict:
    """Return everything that is answered with 有 or 没有, and why there are no signs where there are none."""
    question = content.regression_question
    return {
        "told": [{"name": each.name, "text": words.told(each.text)} for each in plan.told if each.is_required],
        "seen": [{"name": each.name, "text": words.told(each.text)} for each in plan.told if not each.is_required]
        + [{"name": each.name, "text": words.told(each.text)} for each in plan.seen],
        "warning_group": words.told(plan.group.label) if plan.group else "",
        "warning_note": "" if plan.group else no_signs_note(content, plan),
        "warning_signs": [
            {"name": f"ws_{sign.code}", "text": words.told(sign.text)}
            for sign in (plan.group.items if plan.group else ())
        ],
        "regression": {
            "text": words.told(question.prompt),
            "note": "",
            "options": [
                {"value": str(option.value), "text": words.told(option.text), "bad": option.value > 0}
                for option in question.options
            ],
        },
    }


def no_signs_note(content: Content, plan: CheckPlan) -> str:
    """Return why no signs are asked at this age: too young, by corrected age for a child born early."""
    first = content.warning_signs.groups[0].from_month
    if plan.is_corrected:
        return _(
            "矫正月龄还不满 %(n)s 个月：这次不做预警征，不算漏检，待矫正 %(n)s 月龄补做。下面一问照样要问。", n=first
        )
    return _("不满 %(n)s 月龄没有对应的预警征条目，不算漏检。下面一问照样要问。", n=first)


def soft_checks(state) -> list[dict]:
    """Return what a refused form is asked back about (partials/asked_back.html)."""
    return [_soft_check(look) for look in state.missing if isinstance(look, SecondLook)]


def _soft_check(look: SecondLook) -> dict:
    tick = _("这次没有量到") if look.is_missing else _("量过两次，是对的")
    said = {"field": look.field, "answer": look.answer, "text": look.why, "note": look.note, "tick": tick}
    return said | {"guess": look.guess}


def _conclusions(content: Content, following: PlannedVisit | None) -> list[dict]:
    again = _("%(visit)s再来", visit=_age_words(following)) if following else _("检查都做完了")
    hints = {"routine": again, "screen": _("%(n)s 天内复筛", n=content.time_limits[RESCREEN].days)}
    texts = {"routine": _("留在预防"), "screen": _("进入筛查")}
    return [{"value": value, "text": texts[value], "hint": hints[value]} for value in CONCLUSIONS]


def _age_words(visit: PlannedVisit) -> str:
    years, months = divmod(visit.due_month, 12)
    return _("%(n)s 岁", n=years) if years > 3 and not months else _("%(n)s 月龄", n=visit.due_month)


def _next_hint(child: ChildFacts, following: PlannedVisit | None) -> str:
    if following is None:
        return _("0～6 岁的检查到此为止")
    first_on, last_on = following.window(child.birth_on)
    return _("不填就按 %(age)s：%(first)s 至 %(last)s", age=_age_words(following), first=first_on, last=last_on)


def _hints(content: Content, plan: CheckPlan) -> list[dict]:
    usual = {line.code for line in content.visit(plan.visit.id).fields}
    caught_up = [words.told(line.name) for line in plan.visit.fields if line.code not in usual]
    if not caught_up:
        return []
    text = _("上次没有结果，这次一起做：%(items)s", items=enumerated(caught_up))
    return [{"title": _("补做"), "text": text, "basis": ""}]


def _compare(content: Content, child: ChildFacts, last: OpenEntry | None) -> dict:
    if last is None:
        return {"title": _("和上次比"), "rows": []}
    readings = {each["code"]: each["value"] for each in last.content.get("readings", ())}
    rows = [
        {
            "label": words.told(content.metrics[code].name),
            "text": f"{readings[code]} {words.told(content.metrics[code].unit)}",
        }
        for code in COMPARED
        if code in readings
    ]
    worries = last.content.get("answers", {}).get("worries")
    if worries:
        rows.append({"label": _("家长说"), "text": f"“{worries}”"})
    return {"title": _("上次（%(age)s）", age=words.age(child.birth_on, last.happened_on)), "rows": rows}


def _after(following: PlannedVisit | None) -> list[str]:
    steps = [_("写进档案，家长能看到结果")]
    if following:
        steps.append(_("排好下次：%(visit)s", visit=words.told(following.name)))
    return [*steps, _("有发现时，请您逐条决定下一步")]
