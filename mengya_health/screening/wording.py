"""A condition in Chinese, for pages that show what a rule asks and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mengya_health.content import Content
from mengya_health.content.conditions import kind_of
from mengya_health.screening.facts import Reading

_SIGNS = {"lt": "＜", "le": "≤", "gt": "＞", "ge": "≥", "eq": "＝", "ne": "≠"}
_CHANGES = {"lt": "变化＜", "le": "变化≤", "gt": "变化＞", "ge": "变化≥", "pct_le": "变化百分比≤"}
_NAMED = {
    "trigger": "入案时的指标",
    "entry": "入案时",
    "previous": "上次",
    "baseline": "基线",
    "start_of_iron": "开始补铁时",
    "birth_weight": "出生体重",
    "iron_stopped": "停用铁剂",
    "glasses_fitted": "配镜",
    "consolidation": "进入巩固",
    "intervention": "开始干预",
    "success": "达到成功标准",
}
_REGRESSION = "WS_REG"
_DOMAINS = {"language": "语言", "hearing": "听力"}


def in_words(condition: Mapping[str, Any], content: Content) -> str:
    """Return a condition as a Chinese phrase."""
    kind = kind_of(condition)
    if kind in ("all", "any"):
        joined = "，且".join if kind == "all" else " 或 ".join
        return joined(in_words(part, content) for part in condition[kind])
    if kind == "not":
        return f"没有“{in_words(condition['not'], content)}”"
    if kind in ("metric", "any_metric", "input", "abs_diff", "range_of"):
        return _compared(kind, condition, content) + _repeated(condition)
    return _other(kind, condition) + _repeated(condition)


def name_of(code: str, content: Content) -> str:
    """Return the Chinese name of a metric, input or named day; the code itself where there is none."""
    if code in content.metrics:
        return content.metrics[code].name
    asked = (each.name for screening in content.screenings.values() for each in screening.asked if each.code == code)
    return next(asked, _NAMED.get(code, code))


def missing_in_words(code: str, content: Content) -> str:
    """Return what is not on file yet: a metric, an input, or the date of a named day."""
    return name_of(code, content) + ("的日期" if code in _NAMED else "")


def answers_of(code: str, content: Content) -> Mapping[int, str]:
    """Return what a coded metric may be, in words; the regression question keeps its words with the warning signs."""
    if code == _REGRESSION:
        return {each.value: each.text for each in content.regression_question.options}
    return content.metrics[code].values or {}


def figure_in_words(figure: Reading, content: Content) -> str:
    """Return one figure as it is shown beside a rule: name, value and unit."""
    metric = content.metrics.get(figure.name)
    if metric is None:
        return f"{name_of(figure.name.removeprefix('days_since_'), content)} {figure.value}"
    answers = answers_of(figure.name, content)
    if answers:
        return f"{metric.name} {answers[int(figure.value)]}"
    is_decimal = isinstance(figure.value, float) or metric.kind in ("decimal", "derived")
    value = f"{Decimal(figure.value):.{metric.decimals}f}" if is_decimal else str(figure.value)
    return f"{metric.name} {value.replace('-', '−')} {metric.unit}".strip()


def _compared(kind: str, condition: Mapping[str, Any], content: Content) -> str:
    names = condition[kind] if kind in ("any_metric", "abs_diff", "range_of") else (condition[kind],)
    subject = "或".join(name_of(name, content) for name in names)
    subject += {"abs_diff": "的差", "range_of": "的最大差"}.get(kind, "")
    if "change_op" in condition:
        return f"{subject}与{_NAMED[condition['vs']]}相比{_CHANGES[condition['change_op']]}{condition['value']}"
    if "value_of" in condition:
        times = f"{condition['times'] * 100:g}%"
        return f"{subject}{_SIGNS[condition['op']]}{_NAMED[condition['value_of']]}的{times}"
    return subject + _target(condition["op"], condition["value"])


def _target(operator: str, value: Any) -> str:
    if operator == "between":
        return f"在 {value[0]} 到 {value[1]} 之间（不含 {value[1]}）"
    if operator in ("in", "intersects"):
        return "为 " + "、".join(str(each) for each in value)
    if isinstance(value, bool):
        return "：有" if value else "：没有"
    return f"{_SIGNS[operator]}{value}"


def _repeated(condition: Mapping[str, Any]) -> str:
    over = condition.get("over")
    if not over or over["count"] < 2:
        return ""
    return f"（连续 {over['count']} 次，间隔至少 {over['min_interval_days']} 天）"


def _other(kind: str, condition: Mapping[str, Any]) -> str:
    value = condition[kind]
    phrases = {
        "check": f"{value}（医生判断）",
        "code": f"有发现 {value}",
        "alert": f"有提醒 {value}",
        "ref": _NAMED.get(str(value), str(value)),
        "any_of_both_eyes": "矫正后视力达到年龄要求（医生判断）",
        "item_domain": f"{_DOMAINS.get(str(value), value)}类条目需要关注",
        "in_consolidation_days_ge": f"进入巩固满 {value} 天",
        "in_intervention_days_ge": f"干预满 {value} 天",
        "actual_months_ge": f"满 {value} 月龄",
        "corrected_months_ge": f"矫正满 {value} 月龄",
    }
    if kind == "days_since":
        return f"{_NAMED[str(value)]}满 {condition['value']} 天"
    return phrases[kind]
