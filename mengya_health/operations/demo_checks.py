"""The checks of the demo's children, filled in as the doctor's page would send them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from mengya_health.care.decisions import decide_check
from mengya_health.content import Content
from mengya_health.content.visits import FormField
from mengya_health.operations.demo_children import SampleChild
from mengya_health.people.facts import ChildFacts
from mengya_health.record.queries import OpenEntry, find_entry
from mengya_health.screening.commands import record_check
from mengya_health.screening.decisions import NOT_NOW, OPEN, WATCH, Decision, choices_for, undecided
from mengya_health.screening.planned import CheckPlan, form_name, plan_check
from mengya_health.screening.queries import checks_of
from mengya_health.screening.second_look import AskedBack

USUAL = {
    "MILK_ML": "600", "FOOD_GROUPS": "5", "VITD_DOSE": "400", "OUTDOOR_H": "2", "SCREEN_MIN": "0", "TEMP": "36.7",
    "HR": "124", "RR": "36", "DT": "0", "SPH_L": "1.25", "SPH_R": "1.25", "CYL_L": "-0.25", "CYL_R": "-0.25",
    "VA_L": "5.0", "VA_R": "5.0", "COMP_START_M": "6",
}  # fmt: skip
TEETH_BY_MONTH = ((30, "20"), (24, "16"), (18, "12"), (12, "6"), (8, "3"), (6, "1"), (0, "0"))
SLEEP_BY_MONTH = ((24, "12.5"), (12, "13.5"), (0, "14.5"))
FONTANELLE_OPEN_BELOW_MONTHS, ONLY_MILK_BELOW_MONTHS = 15, 6
ADVICE = "吃睡都好，继续按月龄添加食物，多到户外，多和孩子说话。"
NOT_NOW_WHY = "同一次发现，已并入上面的个案。"


def check_child(
    work,
    child: ChildFacts,
    sample: SampleChild,
    *,
    today: date,
    next_on: date | None = None,
    pathway: str = "",
    sign: bool = False,
    is_decided: bool = True,
) -> None:
    """Record the check of a child's age, and decide on what it finds as the story wants it.

    `pathway`: the case to open or go on with; `sign`: one warning sign is there. A measurement that looks unusual was
    taken twice, as the page asks for.
    """
    plan = plan_check(work.content, child, work.today, None, checks_of(work, child))
    sent = _filled(work.content, plan, sample, today)
    if sign and plan.group:
        sent[f"ws_{plan.group.items[-1].code}"] = "1"
    if next_on:
        sent["next_on"] = next_on.isoformat()
    if pathway:
        sent |= {"conclusion": "screen", "advice": ""}
    try:
        entry = record_check(work, child, plan.visit.id, sent)
    except AskedBack as asked:
        sent |= {f"confirm_{look.field}": look.answer for look in asked.missing}
        entry = record_check(work, child, plan.visit.id, sent)
    if is_decided:
        work.session.flush()
        _decide(work, child, find_entry(work, child, entry.id), pathway)


def _decide(work, child: ChildFacts, opened: OpenEntry, pathway: str) -> None:
    decisions = [_decision(each, pathway) for each in undecided(opened)]
    if decisions:
        decide_check(work, child, opened, decisions, row_version=opened.row_version)


def _decision(proposal: Mapping, pathway: str) -> Decision:
    if proposal["pathway"] != pathway:
        return Decision(proposal["pathway"], NOT_NOW, NOT_NOW_WHY)
    chosen = WATCH if WATCH in choices_for(proposal) else OPEN
    return Decision(pathway, chosen, "按体检结果")


def _filled(content: Content, plan: CheckPlan, sample: SampleChild, today: date) -> dict[str, str]:
    """Return what the page of a check sends when nothing is found but what was measured."""
    measured = sample.measured(plan.on, today)
    numbers = USUAL | {
        "WEIGHT": measured["weight_kg"],
        "LENGTH": measured["lenhei_cm"],
        "HEADC": measured["headc_cm"],
        "HB": str(round(sample.hb.at((today - plan.on).days))),
        "TEETH": _by_month(TEETH_BY_MONTH, plan.judged_months),
        "SLEEP_H": _by_month(SLEEP_BY_MONTH, plan.age_months),
    }
    sent = {"done_on": plan.on.isoformat(), "exam": "all_normal", "ws_reg": "0", "conclusion": "routine"}
    sent |= {"position": "l" if plan.judged_months < 24 else "h", "advice": ADVICE}
    for line in plan.visit.fields:
        answer = _answer(line, plan, numbers)
        if answer is not None:
            sent[form_name(line)] = answer
    sent |= {f"ws_{sign.code}": "0" for sign in (plan.group.items if plan.group else ())}
    return sent | {each.name: "0" for each in plan.told if each.is_required}


def _answer(line: FormField, plan: CheckPlan, numbers: Mapping[str, str]) -> str | None:
    if line.kind == "number":
        return numbers.get(line.code)
    if line in plan.exam_items or line.kind in ("choices", "text"):
        return None
    special = {
        "fontanelle": "2" if plan.age_months < FONTANELLE_OPEN_BELOW_MONTHS else "1",
        "feeding": "1" if plan.age_months < ONLY_MILK_BELOW_MONTHS else "2",
        "unsafe_infant_food": "0",
    }
    return special.get(line.code, "1" if line.normal is None else str(line.normal))


def _by_month(steps: tuple[tuple[int, str], ...], months: int) -> str:
    return next(value for from_month, value in steps if months >= from_month)
