"""The content of a check's entry, and back from it to the form it was typed in. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mengya_health.content import Content
from mengya_health.screening.findings import CheckResult
from mengya_health.screening.forms import Filled
from mengya_health.screening.measurements import stored_readings
from mengya_health.screening.planned import CheckPlan, form_name
from mengya_health.screening.second_look import SecondLook
from mengya_health.screening.urgent_answer import typed_answer


def check_content(
    content: Content,
    plan: CheckPlan,
    filled: Filled,
    measured: dict,
    result: CheckResult,
    looks: Sequence[SecondLook],
) -> dict:
    """Return what the entry keeps: everything answered, what it was judged by, and what came of it.

    `readings` [{code, value}] hold every metric, measured and derived; `answers` the other lines by lower-case code.
    """
    kept = said_and_found(content, plan, filled, result, looks)
    return (
        measured
        | kept
        | {
            "visit": plan.visit.id,
            "form": plan.visit.form,
            "readings": stored_readings(result.readings),
            "exam": filled.exam,
            "notes": {code.lower(): note for code, note in filled.notes.items()},
            "seen": dict(filled.seen),
            "positive_domains": result.positive_domains,
            "conclusion": filled.conclusion,
            "next_on": filled.next_on and filled.next_on.isoformat(),
            "advice": filled.advice,
        }
    )


def said_and_found(
    content: Content, plan: CheckPlan, filled: Filled, result: CheckResult, looks: Sequence[SecondLook]
) -> dict:
    """Return what the entry of a check and that of a sheet keep alike."""
    return {
        "done_on": filled.done_on.isoformat(),
        "content_version": content.version,
        "answers": _answers(plan, filled),
        "signs": {
            "group": plan.group.key if plan.group else None,
            "version": content.warning_signs.version,
            "there": {code.lower(): is_there for code, is_there in filled.signs.items()},
            "regression": filled.regression,
        },
        "told": dict(filled.told),
        "confirmed": [{"field": look.field, "value": look.answer, "why": look.why} for look in looks],
        "screenings": result.screenings,
        "findings": result.findings,
        "proposals": result.proposals,
        "decisions": [],
    }


def typed_values(plan: CheckPlan, content: dict) -> dict[str, Any]:
    """Return the form's values as they would be typed: texts, and lists of texts where several may be chosen."""
    readings = {each["code"]: each["value"] for each in content["readings"]}
    typed: dict[str, Any] = {
        "done_on": content["done_on"],
        "position": content["position"],
        "exam": content["exam"],
        "ws_reg": str(content["signs"]["regression"]),
        "conclusion": content["conclusion"],
        "next_on": content["next_on"],
        "advice": content["advice"],
    }
    for line in plan.visit.fields:
        value = readings.get(line.metric) if line.metric else content["answers"].get(line.code.lower())
        typed[form_name(line)] = as_typed(value)
    typed |= {f"exam_{code}_note": note for code, note in content["notes"].items()}
    typed |= {name: _bit(there) for name, there in content["seen"].items()}
    typed |= typed_alike(content)
    return {name: value for name, value in typed.items() if value not in (None, "")}


def typed_alike(content: Mapping) -> dict[str, Any]:
    """Return the values that check and sheet type alike: signs, what was told, what was confirmed, what cannot wait."""
    typed = {f"ws_{code.upper()}": _bit(there) for code, there in content["signs"]["there"].items()}
    typed |= {name: _bit(there) for name, there in content["told"].items()}
    typed |= {f"confirm_{each['field']}": each["value"] for each in content["confirmed"]}
    return typed | typed_answer(content.get("urgent"))


def as_typed(value: Any) -> str | list[str] | None:
    """Return one kept value as it would be typed."""
    if value is None:
        return None
    if isinstance(value, bool):
        return _bit(value)
    return [str(each) for each in value] if isinstance(value, list) else str(value)


def _answers(plan: CheckPlan, filled: Filled) -> dict[str, Any]:
    answered = [line for line in plan.visit.fields if not line.metric and line.code in filled.values]
    return {line.code.lower(): filled.values[line.code] for line in answered}


def _bit(is_there: bool) -> str:
    return "1" if is_there else "0"
