"""The page 指标: figures in words, each with how it is counted."""

from collections.abc import Mapping

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy

from mengya_health.content.limits import Indicator
from mengya_health.indicators.loop_figures import Figures, LoopFigures
from mengya_health.indicators.measures import Figure
from mengya_health.indicators.suppression import INSIDE_K
from mengya_health.web.shown import words

FIRST = ("K_DAYS_PLAN", "K_DAYS_CLOSE", "K_REPLIED", "K_CLOSE")  # the four that stand at the top
OF_STEPS = {
    "prevention": (),
    "screening": ("K_RESCREEN", "K_REFER_VISIT", "K_FEEDBACK"),
    "intervention": ("K_AGREED", "K_TRIPARTITE"),
    "consolidation": ("K_DAYS_LOOP",),
}
BY_STREET = ("K_DAYS_PLAN", "K_DAYS_CLOSE", "K_REPLIED", "K_AGREED", "K_CLOSE")
KINDS = {"clinic": {"year": lazy("最近一年"), "quarter": lazy("最近三个月")}}
KINDS["district"] = {"year": lazy("最近四个季度"), "quarter": lazy("上个季度")}


def clinic_page(work, name: str, found: LoopFigures) -> dict:
    """Return the context of pages/indicators.html for a clinic's doctors: figures as they are."""
    return _page(work, found, "clinic") | {"title": _("本门诊的指标"), "place": name, "streets": None}


def district_page(work, found: LoopFigures) -> dict:
    """Return the context of pages/indicators.html for the district's managers."""
    lines = [*found.streets, (_("其余合计"), found.together), (_("全区"), found.whole)]
    streets = {
        "heads": [words.told(work.content.indicators[name].name) for name in BY_STREET],
        "rows": [
            {"name": name, "cells": [_cell(work, each, figures) for each in BY_STREET]} for name, figures in lines
        ],
    }
    return _page(work, found, "district") | {
        "title": _("区域指标"),
        "place": work.settings.district,
        "streets": streets,
    }


def _page(work, found: LoopFigures, whose: str) -> dict:
    period = found.period
    return {
        "is_district": whose == "district",
        "from_on": period.first_on.isoformat(),
        "to_on": period.last_on.isoformat(),
        "today": work.today.isoformat(),
        "periods": [
            {
                "text": str(text),
                "href": url_for(f"indicators.{whose}", period=kind),
                "is_current": kind == period.kind,
            }
            for kind, text in KINDS[whose].items()
        ],
        "first": [_card(work, name, found.whole) for name in FIRST],
        "steps": [_step(work, stage, found) for stage in OF_STEPS],
        "late": _late(found.waiting.late_by_turn),
        "how": [_how(each) for each in work.content.indicators.values()],
    }


def _how(indicator: Indicator) -> dict:
    return {
        "name": words.told(indicator.name),
        "formula": words.told(indicator.formula),
        "counted": words.told(indicator.counted) if indicator.counted else "",
        "not_counted": words.told(indicator.not_counted) if indicator.not_counted else "",
    }


def _step(work, stage: str, found: LoopFigures) -> dict:
    number, name = words.STAGES[stage]
    return {
        "number": number,
        "name": str(name),
        "open": found.waiting.by_stage.get(stage, 0),
        "rows": [_card(work, each, found.whole) for each in OF_STEPS[stage]],
    }


def _card(work, name: str, figures: Figures) -> dict:
    indicator, figure = work.content.indicators[name], figures[name]
    is_shown = figure is not None and figure.value is not None
    return {
        "name": words.told(indicator.name),
        "value": _value(indicator.kind, figure) if is_shown else "",
        "unit": (_("天") if indicator.kind == "days" else "%") if is_shown else "",
        "percent": round(figure.value * 100) if is_shown and indicator.kind == "share" else None,
        "note": _taken_of(indicator.kind, figure),
    }


def _cell(work, name: str, figures: Figures) -> str:
    card = _card(work, name, figures)
    return f"{card['value']}{' ' if card['percent'] is None else ''}{card['unit']}" if card["value"] else "–"


def _value(kind: str, figure: Figure) -> str:
    return f"{figure.value:g}" if kind == "days" else str(round(figure.value * 100))


def _taken_of(kind: str, figure: Figure | None) -> str:
    """Return of how many a figure was taken; of a district's only how many at least."""
    if figure is None:
        return _("不足 %(n)s 例，不显示", n=INSIDE_K)
    if figure.value is None:
        return _("这段时间没有")
    if figure.is_rounded:
        return _("至少 %(n)s 例", n=figure.number)
    if kind == "days":
        return _("%(n)s 例的中位数", n=figure.number) if figure.number > 1 else _("只有 1 例")
    return f"{figure.part} / {figure.number}"


def _late(by_turn: Mapping[str, int]) -> list[dict]:
    found = sorted(by_turn.items(), key=lambda each: (-each[1], each[0]))
    return [
        {"role": words.TURNS[turn][0], "who": str(words.TURNS[turn][1]), "number": number} for turn, number in found
    ]
