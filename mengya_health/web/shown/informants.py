"""What parents and teachers are asked before a check, and their answers beside the doctor's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from flask import url_for
from flask_babel import gettext as _

from mengya_health.content import Content
from mengya_health.content.warning_signs import WarningSignGroup
from mengya_health.people.facts import ChildFacts
from mengya_health.record.queries import OpenEntry
from mengya_health.screening.informants import (
    NOT_THERE,
    REGRESSION,
    Row,
    group_of,
    noticed,
    side_by_side,
    stored_answers,
    typed_answers,
    undecided_rescreen,
)
from mengya_health.screening.planned import CheckPlan
from mengya_health.web.shown import words
from mengya_health.web.shown.punctuation import bracketed, enumerated, joined, labelled


def to_answer(work, child: ChildFacts, group: WarningSignGroup, mine: OpenEntry | None, state, **page) -> dict:
    """Return the page a parent or a teacher answers on (pages/look_first.html); nothing is preset the first time."""
    asked, question = work.content.warning_signs.informants, work.content.regression_question
    if mine and not state.values:
        state.values = typed_answers(mine.content)
    yes_or_no = [{"value": str(each.value), "text": words.told(each.text)} for each in asked.options]
    unsure = [each for each in yes_or_no if each["value"] == str(asked.unsure)]
    return page | {
        "child_name": child.name,
        "lead": words.told(asked.lead),
        "form": state,
        "questions": [
            {"name": f"ws_{sign.code}", "text": words.told(sign.text), "options": yes_or_no} for sign in group.items
        ]
        + [
            {
                "name": REGRESSION,
                "text": words.told(question.prompt),
                "options": [
                    {"value": str(each.value), "text": words.told(each.text)} for each in question.parent_options
                ]
                + unsure,
            }
        ],
    }


def beside(content: Content, child: ChildFacts, plan: CheckPlan, told: Sequence[Mapping]) -> dict:
    """Return what stands beside the doctor's questions (partials/told_signs.html)."""
    rows = side_by_side(content, plan.group, told, None)
    return {
        "who": [_who(each) for each in told],
        "lines": {_field(row): _cells(content, row, told) for row in rows},
        "differing": [_field(row) for row in rows if row.differs],
        "href": url_for("informants.show", child_id=child.id),
    }


def now_page(work, child: ChildFacts, group: WarningSignGroup | None, told: Sequence[OpenEntry], hands, head) -> dict:
    """Return the table of what is answered now, before a check (pages/screening/informants.html)."""
    answers = [stored_answers(entry) for entry in told]
    days = work.content.warning_signs.informants.compare_days
    turns = [words.turn(hand) for hand in hands]
    return _table(work.content, group, answers, None) | {
        "child": head,
        "back": {"text": _("录入检查"), "href": url_for("checks.enter", child_id=child.id)},
        "note": _("只放同一年龄组、%(n)s 天以内的回答。家人关上的栏目看不到。", n=days),
        "ask_action": url_for("informants.ask", child_id=child.id) if group else "",
        "turns": turns,
        "rescreen": None,
        "decided": None,
    }


def check_page(work, child: ChildFacts, opened: OpenEntry, group: WarningSignGroup | None, state, head) -> dict:
    """Return the table of a stored check, with the re-screen to decide where it proposes one."""
    stored = opened.content
    table = _table(work.content, group, stored.get("informants", []), stored["signs"])
    return table | {
        "child": head,
        "back": {"text": _("这次检查"), "href": url_for("checks.show", child_id=child.id, entry_id=opened.id)},
        "note": _("医生那一列是检查时医生自己的回答；判定只看这一列。"),
        "ask_action": "",
        "turns": [],
        "rescreen": _rescreen(work, child, opened, state) if undecided_rescreen(stored) else None,
        "decided": decided(stored),
    }


def compared(content: Content, child: ChildFacts, opened: OpenEntry, group: WarningSignGroup | None) -> dict | None:
    """Return what the page of a check says about others' answers, None where nobody had answered."""
    stored = opened.content
    told = stored.get("informants", [])
    if not told:
        return None
    return {
        "title": who_differs(stored),
        "who": [_who(each) for each in told],
        "differing": differing(content, group, stored),
        "is_open": undecided_rescreen(stored),
        "decided": decided(stored),
        "href": url_for("informants.of_check", child_id=child.id, entry_id=opened.id),
    }


def who_differs(stored: Mapping) -> str:
    """Return the headline of a check whose answers differ: 家长、老师和医生说的不一样."""
    roles = dict.fromkeys(str(words.ROLES[each["role"]][1]) for each in stored["informants"])
    return _("%(who)s和医生说的不一样", who=enumerated(roles))


def differing(content: Content, group: WarningSignGroup | None, stored: Mapping) -> list[str]:
    """Return a sentence for each line of a check on which somebody says 有 and somebody 没有."""
    told = stored.get("informants", [])
    said = []
    for row in side_by_side(content, group, told, stored["signs"]) if told else ():
        if row.differs:
            cells = [labelled(each["by"], each["text"]) for each in _cells(content, row, told)]
            said.append(bracketed(row.text, " · ".join([*cells, _("医生：%(text)s", text=_doctor(content, row))])))
    return said


def told_answers(content: Content, said: Mapping) -> str:
    """Return one hand's answers in a sentence anybody may read: what they saw, else that there was nothing."""
    group = group_of(content, said["group"])
    seen = [f"“{text}”" for text in noticed(content, group, said).values()]
    unsure = [*said["there"].values(), said["regression"]].count(content.warning_signs.informants.unsure)
    parts = [_("有：%(items)s", items=enumerated(seen))] if seen else []
    parts += [_("%(n)s 条不确定", n=unsure)] if unsure else []
    return joined([*(parts or [_("这几条都没有")]), *([said["note"]] if said["note"] else [])])


def in_full(content: Content, said: Mapping) -> Iterator[tuple[str, str]]:
    """Yield every line of one hand's answers."""
    for row in side_by_side(content, group_of(content, said["group"]), [said], None):
        yield row.text, _text(content, row, row.told[0])
    yield _("补充"), said["note"]
    yield _("量表版本"), f"{said['instrument']} {said['instrument_version']}"


def decided(stored: Mapping) -> dict | None:
    """Return what the doctor decided about a proposed re-screen."""
    decision = stored.get("rescreen_decision")
    if not decision:
        return None
    day = decision["due_on"]
    text = _("复筛：%(day)s 前", day=day) if day else _("不另外复筛")
    return {"text": text, "reason": decision["reason"], "on": decision["on"]}


# --- inside -----------------------------------------------------------------------------------------------------------


def _table(content: Content, group: WarningSignGroup | None, told: Sequence[Mapping], signs: Mapping | None) -> dict:
    rows = side_by_side(content, group, told, signs)
    return {
        "title": _("%(age)s预警征", age=words.told(group.label)) if group else _("预警征"),
        "version": content.warning_signs.version,
        "source": content.warning_signs.source,
        "who": [_who(each) for each in told],
        "has_doctor": signs is not None,
        "rows": [
            {
                "text": row.text,
                "cells": _cells(content, row, told, with_unasked=True),
                "doctor": _doctor(content, row),
                "is_there": bool(row.doctor),
                "differs": row.differs,
            }
            for row in rows
        ],
        "notes": [_who(each) | {"note": each["note"]} for each in told if each["note"]],
        "differing": sum(row.differs for row in rows),
    }


def _rescreen(work, child: ChildFacts, opened: OpenEntry, state) -> dict:
    proposed = opened.content["rescreen"]
    on = work.today + timedelta(days=proposed["within_days"])
    state.values = state.values or {"due_on": on.isoformat()}
    return {
        "action": url_for("informants.decide", child_id=child.id, entry_id=opened.id),
        "form": state,
        "row_version": state.seen(opened.row_version),
        "why": proposed["why"],
        "basis": proposed["limit"],
        "options": [
            {"value": "rescreen", "text": _("%(n)s 天内复筛", n=proposed["within_days"])},
            {"value": "not_now", "text": _("不另外复筛，写明理由")},
        ],
    }


def _who(answers: Mapping) -> dict:
    mark, by = words.ROLES[answers["role"]]
    return {"role": mark, "text": str(by), "on": f"{date.fromisoformat(answers['on']):%m-%d}"}


def _field(row: Row) -> str:
    return row.code if row.code == REGRESSION else f"ws_{row.code.upper()}"


def _cells(content: Content, row: Row, told: Sequence[Mapping], *, with_unasked: bool = False) -> list[dict]:
    unsure = content.warning_signs.informants.unsure
    pairs = zip(told, row.told, strict=True)
    return [
        {
            "role": words.ROLES[each["role"]][0],
            "by": str(words.ROLES[each["role"]][1]),
            "text": _text(content, row, answer),
            "is_there": answer not in (None, NOT_THERE, unsure),
        }
        for each, answer in pairs
        if answer is not None or with_unasked
    ]


def _text(content: Content, row: Row, answer: int | None) -> str:
    signs = content.warning_signs
    options = [*signs.informants.options]
    if row.code == REGRESSION:
        options = [
            *signs.regression.parent_options,
            *(each for each in options if each.value == signs.informants.unsure),
        ]
    return next((words.told(each.text) for each in options if each.value == answer), "—")


def _doctor(content: Content, row: Row) -> str:
    if row.doctor is None:
        return "—"
    if row.code == REGRESSION:
        return next(words.told(each.text) for each in content.regression_question.options if each.value == row.doctor)
    return _("有") if row.doctor else _("没有")
