"""The growth of a child for its record: the chart with its tabs, one sentence, the figures of the last check."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from flask import url_for

from mengya_health.care.due import VISIT
from mengya_health.care.facts import TaskFacts
from mengya_health.care.queries import CaseLine
from mengya_health.growth.chart import SIZES, Event
from mengya_health.growth.chart_words import WHY_THEY_DIFFER, Reader, sd_text, short_name, turning_point_words
from mengya_health.growth.intergrowth import REFERENCE as INTERGROWTH
from mengya_health.locale import gettext as _
from mengya_health.locale import language
from mengya_health.people.facts import ChildFacts
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.measurements import Measurement, charts_of, growth_shown, latest_velocity
from mengya_health.web.shown import words
from mengya_health.web.shown.entries import SHOWN_READINGS, reading
from mengya_health.web.shown.punctuation import enumerated, in_a_row, sentence, sentences

CHARTS = ("wfa", "lhfa", "wflh", "bfa", "hcfa")
AGES = ("judged", "actual", "both")
BESIDE = ("none", "who")
# Which score says where a reading lies.
SCORE_OF = {"WEIGHT": "wfa", "LENGTH": "lhfa", "HEADC": "hcfa"}


def growth_card(work, child: ChildFacts, history: Sequence[Measurement], cases: list[CaseLine], asked: dict):
    """Return chart, tabs and table of what was measured so far; None where nothing was."""
    if not history:
        return None
    reader = Reader(language=language())
    how = {
        "today_on": work.today,
        "language": reader.language,
        "ages": asked["ages"],
        "events": marks_of(cases, reader),
        "age_rule": work.settings.age_rule,
    }
    standards = ("wst423_2022", "who") if asked["beside"] == "who" and child.has_known_sex() else ("wst423_2022",)
    corrected = any(child.uses_corrected_age(each.measured_on) for each in history)
    ages = zip(AGES, (_("矫正"), _("实足"), _("两者")), strict=True) if corrected else ()
    beside = zip(BESIDE, (_("只看国家标准"), _("和 WHO 并排看")), strict=True) if child.has_known_sex() else ()
    return {
        "drawings": [
            dict(zip(SIZES, charts_of(child, history, asked["chart"], reference=each, **how), strict=True))
            for each in standards
        ],
        "why_they_differ": reader.read(WHY_THEY_DIFFER),
        "tabs": [_choice(child, asked, "chart", code, short_name(code, reader)) for code in CHARTS],
        "ages": [_choice(child, asked, "ages", code, title) for code, title in ages],
        "beside": [_choice(child, asked, "beside", code, title) for code, title in beside],
    }


def marks_of(cases: Sequence[CaseLine], reader: Reader) -> list[Event]:
    """Return what this reader sees marked on a chart; `cases` are those it may see."""
    points = [point for case in cases for point in case.turning_points]
    return [Event(point.on, text) for point in points if (text := turning_point_words(point.kind, reader))]


def key_points(work, entries: Sequence[OpenEntry], tasks: list[TaskFacts]) -> list[dict]:
    """Return the figures of the newest check or follow-up that has any, its signs, and when the next one is due."""
    newest = next(
        (each for each in reversed(entries) if each.status == "active" and each.content.get("readings")), None
    )
    points = []
    if newest:
        points.append({"label": _("日期"), "text": words.day(newest.happened_on, work.today), "note": ""})
        points += [point for code in SHOWN_READINGS if (point := _point(work, newest.content, code))]
        points += _before_term(newest.content)
        points += _signs(newest.content)
    visit = next((task for task in tasks if task.kind == VISIT), None)
    if visit:
        text = _("%(day)s 前", day=visit.due_on.isoformat())
        points.append({"label": _("下次"), "text": text, "note": words.told(visit.title)})
    return points


def one_sentence(
    child: ChildFacts,
    entries: Sequence[OpenEntry],
    history: Sequence[Measurement],
    case: CaseLine | None,
    today: date,
) -> str:
    """Return how the weight went between the last two measurements, how fast it all grows, where the first case is."""
    weighed = [each for each in history if each.weight_kg is not None]
    parts = []
    if len(weighed) > 1:
        last_two = {each.entry_id for each in weighed[-2:]}
        bands = {entry.id: _band(entry.content, "wfa") for entry in entries if entry.id in last_two}
        parts.append(_weight_course(weighed[-2], weighed[-1], bands))
    parts.append(_velocities(child, history))
    if case:
        turn = words.turn(case.whose_turn)
        turned = [turn["text"]] if turn else []
        days = (today - case.opened_on).days + 1
        now = _(
            "%(name)s：%(state)s，第 %(n)s 天", name=words.told(case.name), state=words.told(case.state_name), n=days
        )
        parts.append(sentence(in_a_row([now, *turned])))
    return sentences(parts)


# --- inside -----------------------------------------------------------------------------------------------------------


def _choice(child: ChildFacts, asked: dict, name: str, code: str, text: str) -> dict:
    chosen = {each: asked[each] for each in ("chart", "ages", "beside")} | {name: code}
    return {
        "text": text,
        "href": url_for("children.show", child_id=child.id, **chosen),
        "is_current": asked[name] == code,
    }


def _point(work, said: dict, code: str) -> dict | None:
    value = next((each["value"] for each in said["readings"] if each["code"] == code), None)
    if value is None:
        return None
    name, text = reading(work.content, code, value, said.get("position"))
    growth = growth_shown(said)
    score = growth.get("scores", {}).get(SCORE_OF.get(code))
    if not score:
        return {"label": name, "text": text, "note": ""}
    basis = _("，矫正月龄") if growth["is_corrected"] else ""
    if growth["reference"] == INTERGROWTH:
        basis = _("，百分位 %(percentile)s", percentile=score["percentile"])
    band = words.told(score["sd_band"] or "")
    return {"label": name, "text": f"{text}　{band}".strip(), "note": f"{sd_text(float(score['z']), 2)} SD{basis}"}


def _before_term(said: dict) -> list[dict]:
    """Return by what a child not yet at term is measured, and that this is no grade."""
    growth = growth_shown(said)
    if growth.get("reference") != INTERGROWTH:
        return []
    note = _("月经后胎龄 %(weeks)s 周，足月前不评级", weeks=words.postmenstrual_weeks(growth["age_days"]))
    return [{"label": _("标准"), "text": "INTERGROWTH-21st", "note": note}]


def _signs(said: dict) -> list[dict]:
    """Return how many of the warning signs asked were there; clinic pages only."""
    there = said.get("signs", {}).get("there", {})
    if not there:
        return []
    text = _("%(n)s / %(all)s 条阳性", n=sum(there.values()), all=len(there))
    return [{"label": _("预警征"), "text": text, "note": ""}]


def _band(said: dict, indicator: str) -> str:
    score = said.get("growth", {}).get("scores", {}).get(indicator) or {}
    return words.told(score.get("sd_band") or "")


def _velocities(child: ChildFacts, history: Sequence[Measurement]) -> str:
    """Return 按月折算：体重 +0.41 kg（同龄中位 +0.38）… over the last month or longer; "" where nothing can be said."""
    named = {"wfa": (_("体重"), "kg", 2), "lhfa": (_("身长/身高"), "cm", 1), "hcfa": (_("头围"), "cm", 1)}
    told = [
        _("%(name)s %(own)s %(unit)s（同龄中位 %(median)s）", name=name, own=own, unit=unit, median=median)
        for indicator, (name, unit, places) in named.items()
        if (found := latest_velocity(child, history, indicator))
        for own, median in [(f"{each:+.{places}f}" for each in (found.per_month, found.median_per_month))]
    ]
    return _("按月折算：%(all)s。", all=enumerated(told)) if told else ""


def _weight_course(before: Measurement, now: Measurement, bands: dict) -> str:
    change = Decimal(now.weight_kg) - Decimal(before.weight_kg)
    days = (now.measured_on - before.measured_on).days
    verb = _("增") if change > 0 else _("减")
    moved = f"{verb} {abs(change)} kg" if change else _("没有变化")
    course = _(
        "%(days)s 天体重%(moved)s（%(was)s → %(now)s）", days=days, moved=moved, was=before.weight_kg, now=now.weight_kg
    )
    was, is_now = bands.get(before.entry_id, ""), bands.get(now.entry_id, "")
    if was and is_now and was != is_now:
        return course + _("，由“%(was)s”到“%(now)s”。", was=was, now=is_now)
    return course + (_("，仍在“%(now)s”。", now=is_now) if is_now else sentence(""))
