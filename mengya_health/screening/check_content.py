"""The content of a check's entry, and back from it to the form it was typed in. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mengya_health.content import Content
from mengya_health.content.visits import FormField
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
    return measured | {
        "visit": plan.visit.id,
        "form": plan.visit.form,
        "done_on": filled.done_on.isoformat(),
        "content_version": content.version,
        "readings": stored_readings(result.readings),
        "answers": _answers(plan, filled),
        "exam": filled.exam,
        "notes": {code.lower(): note for code, note in filled.notes.items()},
        "signs": {
            "group": plan.group.key if plan.group else None,
            "version": content.warning_signs.version,
            "there": {code.lower(): is_there for code, is_there in filled.signs.items()},
            "regression": filled.regression,
        },
        "told": dict(filled.told),
        "seen": dict(filled.seen),
        "confirmed": [{"field": look.field, "value": look.answer, "why": look.why} for look in looks],
        "screenings": result.screenings,
        "findings": result.findings,
        "positive_domains": result.positive_domains,
        "proposals": result.proposals,
        "decisions": [],
        "conclusion": filled.conclusion,
        "next_on": filled.next_on and filled.next_on.isoformat(),
        "advice": filled.advice,
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
        typed[form_name(line)] = _typed(line, value)
    typed |= {f"exam_{code}_note": note for code, note in content["notes"].items()}
    typed |= {f"ws_{code.upper()}": _bit(there) for code, there in content["signs"]["there"].items()}
    typed |= {name: _bit(there) for name, there in (content["told"] | content["seen"]).items()}
    typed |= {f"confirm_{each['field']}": each["value"] for each in content["confirmed"]}
    typed |= typed_answer(content.get("urgent"))
    return {name: value for name, value in typed.items() if value not in (None, "")}


def _answers(plan: CheckPlan, filled: Filled) -> dict[str, Any]:
    answered = [line for line in plan.visit.fields if not line.metric and line.code in filled.values]
    return {line.code.lower(): filled.values[line.code] for line in answered}


def _typed(line: FormField, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, bool):
        return _bit(value)
    if isinstance(value, list):
        return [str(each) for each in value]
    return str(value)


def _bit(is_there: bool) -> str:
    return "1" if is_there else "0"
