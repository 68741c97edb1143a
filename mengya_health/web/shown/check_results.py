"""What the page of a stored check shows: proposals to decide, findings, growth, and how each screening ended."""

from __future__ import annotations

from datetime import date

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from mengya_health.content import Content
from mengya_health.growth.chart_words import WORDS, Reader, number_text, sd_text
from mengya_health.growth.intergrowth import REFERENCE as INTERGROWTH
from mengya_health.growth.visits import NOTES, REASONS
from mengya_health.locale import language
from mengya_health.people.facts import ChildFacts
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.check_content import typed_values
from mengya_health.screening.decisions import choices_for, undecided
from mengya_health.screening.measurements import growth_shown
from mengya_health.screening.planned import SIGNS, CheckPlan, form_name, plan_check
from mengya_health.screening.wording import name_of
from mengya_health.web.shown import words
from mengya_health.web.shown.checks import child_head, no_signs_note
from mengya_health.web.shown.informants import compared
from mengya_health.web.shown.origins import CONCLUSIONS, kept_origin
from mengya_health.web.shown.punctuation import enumerated, joined, with_colons
from mengya_health.web.shown.urgent import said_of_urgent
from mengya_health.web.shown.words import birth_size, postmenstrual_weeks

REFERENCES = {
    "wst423_2022": "WS/T 423—2022",
    "who2006": "WHO 2006",
    "who2007": "WHO 2007",
    "intergrowth21": "INTERGROWTH-21st",
}
INDICATORS = ("wfa", "lhfa", "hfa", "wflh", "bfa", "hcfa")
AGE_RULES = {"exact": lazy_gettext("按精确月龄"), "completed_months": lazy_gettext("按满月龄")}
DECIDED = {"open": lazy_gettext("立个案"), "watch": lazy_gettext("重点关注"), "not_now": lazy_gettext("暂不立案")}
DECISIONS = {
    "open": lazy_gettext("立个案，进入筛查"),
    "watch": lazy_gettext("重点关注"),
    "not_now": lazy_gettext("暂不立案，写明理由"),
}


def check_page(work, child: ChildFacts, opened: OpenEntry, state, *, by: str | None) -> dict:
    """Return the page of one stored check. `by` "who" shows growth by WHO beside the national standard."""
    content, stored = work.content, opened.content
    plan = plan_check(content, child, date.fromisoformat(stored["done_on"]), stored["visit"])
    here = {"child_id": child.id, "entry_id": opened.id}
    return judged_part(work, child, opened, plan, state) | {
        "child": child_head(work, child, plan.on, plan.visit),
        "correct_href": url_for("checks.correction", **here),
        "birth": _birth(stored.get("birth_size")),
        "growth": growth_part(growth_shown(stored)),
        "growth_who": growth_part(stored["growth_who"]) if by == "who" else None,
        "who_href": url_for("checks.show", **here, by="who"),
        "answers": list(_answers(content, plan, stored)),
        "closing": _closing(stored),
        "compared": compared(content, child, opened, plan.group),
    }


def judged_part(work, child: ChildFacts, opened: OpenEntry, plan: CheckPlan, state) -> dict:
    """Return what every judged entry shows: what is to be decided, what was found and why, how each screening ended."""
    content, stored = work.content, opened.content
    return {
        "title": _("健康检查结果"),
        "back": {"text": _("档案"), "href": url_for("children.show", child_id=child.id)},
        "action": url_for("checks.decide", child_id=child.id, entry_id=opened.id),
        "today_href": url_for("today.show"),
        "form": state,
        "row_version": state.seen(opened.row_version),
        "version_line": _("%(day)s 检查 · 第 %(n)s 版", day=stored["done_on"], n=opened.version),
        "content_line": _("按内容版本 %(version)s 判定", version=stored["content_version"]),
        "proposals": [_proposal(each) for each in undecided(opened)],
        "decided": [_decided(content, each) for each in stored["decisions"]],
        "findings": [_finding(content, plan, stored, each) for each in stored["findings"]],
        "urgent_said": said_of_urgent(stored),
        "screenings": [_screening(content, plan, each) for each in stored["screenings"]],
        "confirmed": [each["why"] for each in stored["confirmed"]],
        "hearing": hearing_part(child, opened),
        "birth": "",
        "growth": None,
        "growth_who": None,
        "who_href": "",
        "closing": [],
        "compared": None,
    }


def hearing_part(child: ChildFacts, opened: OpenEntry) -> dict | None:
    """Return that a language or hearing finding asks for a hearing check, and where it is written; None where not."""
    asking = [each for each in opened.content["proposals"] if each["needs_hearing_check"]]
    if not asking:
        return None
    return {
        "text": _("语言或听力方面有提示：请同时安排听力评估。"),
        "basis": kept_origin({"basis": "product_default"}, opened.content["content_version"]),
        "href": url_for("screenings.enter", child_id=child.id, key="SCR_HEARING"),
    }


def _proposal(proposal: dict) -> dict:
    return {
        "pathway": proposal["pathway"],
        "name": words.told(proposal["name"]),
        "why": joined(proposal["why"]),
        "basis": joined(proposal["basis"]),
        "options": [{"value": value, "text": str(DECISIONS[value])} for value in choices_for(proposal)],
    }


def _decided(content: Content, decision: dict) -> dict:
    case_id = decision["case_id"]
    return {
        "name": words.told(content.pathways[decision["pathway"]].name),
        "text": str(DECIDED[decision["decision"]]),
        "reason": decision["reason"],
        "on": decision["on"],
        "href": url_for("cases.show", case_id=case_id) if case_id else "",
    }


def _finding(content: Content, plan: CheckPlan, stored: dict, finding: dict) -> dict:
    kind, word = CONCLUSIONS[finding["level"]]
    figures = [f"{name_of(each['code'], content)} {_shown(content, each)}" for each in finding["values"]]
    if finding["screening"] == SIGNS and plan.group:
        there = stored["signs"]["there"]
        figures += [f"“{words.told(sign.text)}”" for sign in plan.group.items if there.get(sign.code.lower())]
    return {
        "name": finding["name"],
        "result": finding["result"],
        "kind": kind,
        "level": str(word),
        "text": finding["text"],
        "figures": joined(figures),
        "actions": finding["actions"],
        "weigh": finding["weigh"],
        "limit": _limit(finding["within_days"]),
        "basis": kept_origin(finding, stored["content_version"]),
        "code": finding["code"],
    }


def _limit(days: int | None) -> str:
    if days is None:
        return ""
    return _("当天") if days == 0 else _("%(n)s 天内", n=days)


def _shown(content: Content, reading: dict) -> str:
    """Return a reading as it is shown: rounded to the metric's decimals, with its unit."""
    metric, value = content.metrics.get(reading["code"]), reading["value"]
    if metric is None:
        return {True: _("有"), False: _("没有")}.get(value, str(value)) if isinstance(value, bool) else str(value)
    if metric.kind == "derived" and isinstance(value, str):
        value = sd_text(float(value), metric.decimals) if metric.unit == "SD" else f"{float(value):.{metric.decimals}f}"
    return f"{value} {words.told(metric.unit)}".strip()


def growth_part(growth: dict) -> dict:
    """Return a stored growth judgement as a table."""
    rows = [
        {
            "label": Reader(language=language()).read(WORDS["lhfa" if indicator == "hfa" else indicator].name)
            if indicator != "wflh"
            else _("身长/身高别体重"),
            "value": number_text(float(score["value"])),
            "band": words.told(score["sd_band"] or ""),
            "z": f"{sd_text(float(score['z']), 2)} SD",
            "percentile": score["percentile_range"] or score["percentile"],
            "nutrition": score["nutrition"] or "",
        }
        for indicator in INDICATORS
        if (score := growth["scores"].get(indicator))
    ]
    left_out = dict.fromkeys(REASONS[reason][0] for reason in growth["unscored"].values())
    return {
        "reference": REFERENCES[growth["reference"]],
        "rule": f"{AGE_RULES[growth['age_rule']]} · {_('水平按标准差法（表 2）')}" if growth["age_rule"] else "",
        "age": _age_words(growth),
        "rows": rows,
        "notes": [*(NOTES[code][0] for code in growth["notes"]), *left_out],
    }


def _birth(size: dict | None) -> str:
    if size is None:
        return ""
    said = birth_size(size["size"], size["percentile_range"])
    return _("出生体重按 WS/T 800—2022（单胎）孕 %(weeks)s 周：%(size)s", weeks=size["weeks"], size=said)


def _age_words(growth: dict) -> str:
    """Return at which age growth was judged; before term in weeks since the last period, as INTERGROWTH counts."""
    if growth["reference"] == INTERGROWTH:
        return _("月经后胎龄 %(weeks)s 周，足月前不评级", weeks=postmenstrual_weeks(growth["age_days"]))
    return _("矫正月龄") if growth["is_corrected"] else _("实足月龄")


def _screening(content: Content, plan: CheckPlan, screening: dict) -> dict:
    kind, word = CONCLUSIONS[screening["conclusion"]]
    ungraded = screening.get("ungraded")
    note = REASONS[ungraded][0] if ungraded else ""
    if screening["conclusion"] == "incomplete" and screening["missing"]:
        note = _("还缺：%(names)s", names=enumerated(name_of(name, content) for name in screening["missing"]))
    if screening["conclusion"] == "not_applicable" and screening["screening"] == SIGNS:
        note = no_signs_note(content, plan)
    return {"name": words.told(screening["name"]), "kind": kind, "text": str(word), "note": note}


def _answers(content: Content, plan: CheckPlan, stored: dict):
    """Yield what was answered, line by line, in the order of the form."""
    typed = typed_values(plan, stored)
    for line in plan.visit.fields:
        value = typed.get(form_name(line))
        if value is None:
            continue
        options = line.options or ({1: _("是"), 0: _("否")} if line.kind == "flag" else {})
        texts = [
            words.told(str(options.get(int(each), each))) if options else each
            for each in (value if isinstance(value, list) else [value])
        ]
        unit = content.metrics[line.metric].unit if line.metric and not options else ""
        note = stored["notes"].get(line.code.lower(), "")
        answer = f"{enumerated(texts)} {words.told(unit)}".rstrip()
        yield {"label": words.told(line.name), "text": with_colons(filter(None, (answer, note)))}
    for sign in plan.group.items if plan.group else ():
        is_there = stored["signs"]["there"].get(sign.code.lower())
        yield {"label": words.told(sign.text), "text": _("有") if is_there else _("没有")}
    question = content.regression_question
    answer = next(words.told(each.text) for each in question.options if each.value == stored["signs"]["regression"])
    yield {"label": _("语言或社交的困难、倒退"), "text": answer}
    names = {each.name: words.told(each.text) for each in (*plan.told, *plan.seen)}
    for name, is_there in (stored["told"] | stored["seen"]).items():
        yield {"label": names.get(name, name), "text": _("有") if is_there else _("没有")}


def _closing(stored: dict) -> list[dict]:
    rows = [{"label": _("结论"), "text": {"routine": _("留在预防"), "screen": _("进入筛查")}[stored["conclusion"]]}]
    if stored["next_on"]:
        rows.append({"label": _("下次检查"), "text": stored["next_on"]})
    if stored["advice"]:
        rows.append({"label": _("给家长的话"), "text": stored["advice"]})
    return rows
