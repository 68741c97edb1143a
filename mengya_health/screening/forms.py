"""The form of one check: its fields made from the content, and what was filled in as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from marshmallow import fields

from mengya_health.content import Content
from mengya_health.content.shapes import OLDEST_MONTH
from mengya_health.content.visits import FormField
from mengya_health.errors import Invalid
from mengya_health.fields import Choice, Form, LocalDate, PlainText, WholeNumber
from mengya_health.growth.ages import add_months
from mengya_health.people.facts import ChildFacts
from mengya_health.screening.expected import expected_of
from mengya_health.screening.line_fields import LONGEST_NOTE, line_field, plain_value
from mengya_health.screening.measurements import Measurement
from mengya_health.screening.planned import CheckPlan, form_name
from mengya_health.screening.urgent_answer import UrgentAnswer, answer_fields, answer_from, answer_labels

OEDEMA = "bilateral_oedema"
CONCLUSIONS = ("routine", "screen")
LONGEST_ADVICE = 500
# What a page for another day may have sent along: questions that belong to another age.
OF_ANOTHER_AGE = ("ws_WS", "told_", "seen_", "confirm_")


@dataclass(frozen=True, kw_only=True)
class Filled:
    """One check as it was filled in.

    `values` by the code of the line: numbers as typed, options as int (or a list of them), flags as bool, texts.
    `signs` whether each sign is there, `told` and `seen` what was answered of `CheckPlan.told` and `.seen`, by name.
    `confirmed` field → the very value that was measured twice. `urgent`: what was said about what cannot wait.
    `regression` is None only while the form is being filled in.
    """

    done_on: date
    position: str | None
    values: Mapping[str, Any]
    exam: str
    notes: Mapping[str, str]
    signs: Mapping[str, bool]
    regression: int | None
    told: Mapping[str, bool]
    seen: Mapping[str, bool]
    confirmed: Mapping[str, str]
    conclusion: str
    next_on: date | None
    advice: str
    row_version: int | None = field(default=None)
    urgent: UrgentAnswer = field(default_factory=UrgentAnswer)


class CheckForm(Form):
    """The fields that every check has; `check_form` adds those of its age."""

    done_on = LocalDate(required=True)
    position = Choice("l", "h")
    exam = Choice("all_normal", "by_item", required=True)
    ws_reg = WholeNumber(low=0, high=9, required=True)
    conclusion = Choice(*CONCLUSIONS, required=True)
    next_on = LocalDate()
    advice = PlainText(longest=LONGEST_ADVICE, lines=True)
    row_version = WholeNumber(low=1, high=10**6)
    then = Choice("stay", "next")

    def _single(self, sent: Mapping) -> dict:
        single = super()._single(sent)
        return {name: value for name, value in single.items() if name in self.fields or not _is_of_another_age(name)}


def read_form(content: Content, child: ChildFacts, plan: CheckPlan, sent: Mapping, today: date) -> Filled:
    """Return a sent form as plain values. Raises Invalid with a message per field, Malformed for fields unknown."""
    labels = labels_of(content, plan)
    try:
        loaded = check_form(content, plan, expected_of(child, plan.on))().load(sent)
        problems = dict(_problems(child, plan, loaded, today))
        if problems:
            raise Invalid(fields=problems)
    except Invalid as error:
        raise type(error)(error.zh, error.en, fields=named_fields(error.fields, labels)) from error
    return _filled(content, plan, loaded)


def read_so_far(content: Content, plan: CheckPlan, sent: Mapping) -> Filled:
    """Return what can be read of a form that is still being filled in: to look at, never to store."""
    given = check_form(content, plan)().readable_part(sent)
    if "position" not in given:
        given.pop("length", None)
    return _filled(content, plan, {"exam": "by_item", "conclusion": CONCLUSIONS[0]} | given | {"done_on": plan.on})


def measurement_in(filled: Filled) -> Measurement:
    """Return what a check or a sheet measured; oedema is seen at a check and a line of the growth sheet."""
    return Measurement(
        measured_on=filled.done_on,
        weight_kg=filled.values.get("WEIGHT"),
        lenhei_cm=filled.values.get("LENGTH"),
        headc_cm=filled.values.get("HEADC"),
        position=filled.position,
        oedema=bool(filled.seen.get("seen_growth_bilateral_oedema") or filled.values.get(OEDEMA)),
    )


def check_form(
    content: Content, plan: CheckPlan, expected: Mapping[str, Decimal] = MappingProxyType({})
) -> type[CheckForm]:
    """Return the form of one check. Nothing in it has a default, and every sign has to be answered.

    `expected` are usual figures of this child by metric code, for guesses at what was meant.
    """
    made: dict[str, fields.Field] = {}
    for line in plan.visit.fields:
        name = form_name(line)
        made[name] = line_field(content, line, expected)
        if name.startswith("exam_"):
            made[f"{name}_note"] = PlainText(longest=LONGEST_NOTE)
        if line.metric and line.kind == "number":
            made[f"confirm_{name}"] = PlainText(longest=20)
    yes_or_no = {f"ws_{sign.code}": True for sign in plan.group.items} if plan.group else {}
    yes_or_no |= {told.name: told.is_required for told in plan.told} | {seen.name: False for seen in plan.seen}
    made |= {name: Choice("0", "1", required=required) for name, required in yes_or_no.items()}
    made |= answer_fields(content)
    options = content.regression_question.options
    made["ws_reg"] = Choice(*(str(option.value) for option in options), required=True)
    return CheckForm.from_dict(made, name="CheckOfAge")


def labels_of(content: Content, plan: CheckPlan) -> dict[str, str]:
    """Return what each field is called beside the field and in the summary of what is wrong."""
    labels = {
        "done_on": "检查日期",
        "position": "量法",
        "exam": "体格检查",
        "ws_reg": "最后一问",
        "conclusion": "结论",
        "next_on": "下次检查",
        "advice": "给家长的话",
        "row_version": "版本",
        "then": "保存",
        **answer_labels(content),
    }
    for line in plan.visit.fields:
        name = form_name(line)
        labels |= {name: line.name, f"{name}_note": f"{line.name}所见", f"confirm_{name}": line.name}
    labels |= {f"ws_{sign.code}": f"预警征 {sign.text}" for sign in (plan.group.items if plan.group else ())}
    return labels | {each.name: each.text for each in (*plan.told, *plan.seen)}


def options_of(content: Content, plan: CheckPlan) -> dict[str, dict[str, str]]:
    """Return what the values of each choice of the form mean, by field."""
    there = {"1": "有", "0": "没有"}
    said = {
        form_name(line): {str(value): text for value, text in (line.options or {1: "是", 0: "否"}).items()}
        for line in plan.visit.fields
        if line.kind in ("choice", "choices", "flag")
    }
    said |= {f"ws_{sign.code}": there for sign in (plan.group.items if plan.group else ())}
    said |= {each.name: there for each in (*plan.told, *plan.seen)}
    said["ws_reg"] = {str(option.value): option.text for option in content.regression_question.options}
    said["exam"] = {"all_normal": "全部未见异常", "by_item": "逐项填"}
    said["position"] = {"l": "卧位", "h": "立位"}
    return said | {"conclusion": {"routine": "留在预防", "screen": "进入筛查"}}


def named_fields(problems: Mapping[str, list[str]], labels: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the messages with the name of their field before them; one of several answers counts as the field."""
    named: dict[str, list[str]] = {}
    for place, texts in problems.items():
        name = place.partition(".")[0]
        label = labels.get(name)
        named.setdefault(name, []).extend(f"{label}：{text}" if label else text for text in texts)
    return named


def _is_of_another_age(name: str) -> bool:
    return name.startswith(OF_ANOTHER_AGE)


def _problems(child: ChildFacts, plan: CheckPlan, loaded: Mapping, today: date) -> Iterator[tuple[str, list[str]]]:
    """Yield what only several fields, or the child, show to be wrong."""
    yield from wrong_days(child, loaded, today)
    if "length" in loaded and "position" not in loaded:
        yield "position", ["请选是躺着量还是站着量。 Choose lying or standing."]
    for line in plan.exam_items:
        name = form_name(line)
        if loaded["exam"] == "by_item" and name not in loaded:
            yield name, ["请选一项。 Please choose."]
        if loaded["exam"] == "all_normal" and _has_finding(line, loaded.get(name)):
            yield "exam", [f"下面“{line.name}”填了有异常，请核对。 An item below has a finding."]


def wrong_days(child: ChildFacts, loaded: Mapping, today: date) -> Iterator[tuple[str, list[str]]]:
    """Yield what is wrong with the day of a check, and with the day of the next one."""
    done_on, next_on = loaded["done_on"], loaded.get("next_on")
    too_old_on = add_months(child.birth_on, OLDEST_MONTH)
    if done_on > today:
        yield "done_on", ["不能晚于今天。 Not later than today."]
    elif done_on < child.birth_on:
        yield "done_on", ["不能早于出生日期。 Not before the birth date."]
    elif done_on >= too_old_on:
        yield "done_on", ["孩子已满 7 岁，不在 0～6 岁检查范围。 The child is over six."]
    if next_on and not done_on < next_on < too_old_on:
        yield "next_on", ["要晚于检查日期、早于 7 岁生日。 After this check and before the seventh birthday."]


def _has_finding(line: FormField, answer: Any) -> bool:
    chosen = answer if isinstance(answer, list) else [answer]
    return answer is not None and any(each != str(line.normal) for each in chosen)


def _filled(content: Content, plan: CheckPlan, loaded: Mapping) -> Filled:
    return Filled(
        done_on=loaded["done_on"],
        position=loaded.get("position") if "length" in loaded else None,
        values={line.code: value for line in plan.visit.fields if (value := _value(line, loaded)) is not None},
        exam=loaded["exam"],
        notes={
            line.code: loaded[f"{form_name(line)}_note"]
            for line in plan.exam_items
            if loaded["exam"] == "by_item" and f"{form_name(line)}_note" in loaded
        },
        signs={
            sign.code: loaded[f"ws_{sign.code}"] == "1"
            for sign in (plan.group.items if plan.group else ())
            if f"ws_{sign.code}" in loaded
        },
        regression=int(loaded["ws_reg"]) if "ws_reg" in loaded else None,
        told={told.name: loaded[told.name] == "1" for told in plan.told if told.name in loaded},
        seen={seen.name: loaded[seen.name] == "1" for seen in plan.seen if seen.name in loaded},
        confirmed={name[8:]: value for name, value in loaded.items() if name.startswith("confirm_")},
        conclusion=loaded["conclusion"],
        next_on=loaded.get("next_on"),
        advice=loaded.get("advice", ""),
        row_version=loaded.get("row_version"),
        urgent=answer_from(content, loaded),
    )


def _value(line: FormField, loaded: Mapping) -> Any:
    name = form_name(line)
    if name.startswith("exam_") and loaded["exam"] == "all_normal":
        return [line.normal] if line.kind == "choices" else line.normal
    return plain_value(line, loaded[name]) if name in loaded else None
