"""Fills in the form of a check as a doctor would: everything measured and asked, nothing found."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from mengya_health.content import Content
from mengya_health.growth import Visit, judge
from mengya_health.growth.ages import age_for_growth
from mengya_health.growth.wst423 import tables
from mengya_health.people.facts import ChildFacts
from mengya_health.screening.planned import CheckPlan, form_name

# Values that no rule of any age minds, for numbers other than growth.
USUAL = {
    "HB": "120", "TEMP": "36.8", "HR": "130", "RR": "40", "MILK_ML": "500", "FOOD_GROUPS": "5", "VITD_DOSE": "400",
    "OUTDOOR_H": "2", "SCREEN_MIN": "0", "SLEEP_H": "13", "TEETH": "6", "DT": "0", "VA_L": "5.0", "VA_R": "5.0",
    "SPH_L": "1.00", "SPH_R": "1.00", "CYL_L": "-0.25", "CYL_R": "-0.25", "COMP_START_M": "6", "GA_WEEKS": "39",
    "BW_G": "3300", "risk_factor_count": "0",
}  # fmt: skip


def filled_form(content: Content, child: ChildFacts, plan: CheckPlan, **changed: str | list | None) -> dict:
    """Return what the page of this check would send; `changed` replaces fields, None leaves one out."""
    sent = {"done_on": plan.on.isoformat(), "exam": "all_normal", "ws_reg": "0", "conclusion": "routine"}
    sent["position"] = "l" if plan.judged_months < 24 else "h"
    sent |= median_growth(child, plan.on)
    for line in plan.visit.fields:
        if line.kind == "number" and line.code not in ("WEIGHT", "LENGTH", "HEADC"):
            sent[form_name(line)] = USUAL.get(line.code, "5")
        elif line.kind in ("choice", "flag") and line not in plan.exam_items:
            sent[form_name(line)] = "1" if line.normal is None else str(line.normal)
    if not any(line.code == "HEADC" for line in plan.visit.fields):
        del sent["headc"]
    if any(line.code == "unsafe_infant_food" for line in plan.visit.fields):
        sent["unsafe_infant_food"] = "0"
    sent |= {f"ws_{sign.code}": "0" for sign in (plan.group.items if plan.group else ())}
    sent |= {each.name: "0" for each in plan.told if each.is_required}
    return {name: value for name, value in (sent | changed).items() if value is not None}


def median_growth(child: ChildFacts, on: date) -> dict[str, str]:
    """Return weight, length or height, and head circumference in the middle of WS/T 423—2022 at the judged age."""
    months = max(Fraction(0), age_for_growth(child.birth_on, on, child.gestational_days).months)
    is_lying = months < 24
    middle = {
        "weight": _median("wfa", child.sex, is_lying, months),
        "length": _median("lhfa", child.sex, is_lying, months),
        "headc": _median("hcfa", child.sex, is_lying, min(months, Fraction(36))),
    }
    return {name: str(value) for name, value in middle.items()}


def _median(indicator: str, sex: str, is_lying: bool, months: Fraction) -> Decimal:
    columns, denominator = tables("wst423_2022_sd")[indicator, sex, is_lying].columns_at(months.as_integer_ratio())
    return (Decimal(columns[3]) / denominator).quantize(Decimal("0.1"))


def z_of(child: ChildFacts, on: date, indicator: str, **measured: str) -> float:
    """Return the z-score of a measurement by WS/T 423—2022, from the growth package itself."""
    visit = Visit(
        sex=child.sex, birth_on=child.birth_on, measured_on=on, gestational_days=child.gestational_days, **measured
    )
    return judge(visit).scores[indicator].z
