"""Judging one visit: every indicator the reference knows, or the reason why not."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from mengya_health.errors import Invalid
from mengya_health.growth.ages import DAYS_PER_MONTH
from mengya_health.growth.intergrowth import REFERENCE as INTERGROWTH
from mengya_health.growth.intergrowth import measured_intergrowth, score_intergrowth
from mengya_health.growth.measures import Measured
from mengya_health.growth.visits import Judgement, Score, Unscored, Visit
from mengya_health.growth.who import WHO_2007_FROM_MONTH, measured_2006, measured_2007, score_2006, score_2007
from mengya_health.growth.wst423 import AGE_RULES, measured_423, score_423

DEFAULT_REFERENCE = "wst423_2022"
INDICATORS = {
    "wst423_2022": ("wfa", "lhfa", "wflh", "bfa", "hcfa"),
    "who2006": ("wfa", "lhfa", "wflh", "bfa", "hcfa"),
    "who2007": ("wfa", "hfa", "bfa"),
    "intergrowth21": ("wfa", "lhfa", "hcfa"),
}


def judge(
    visit: Visit, reference: str = DEFAULT_REFERENCE, age_rule: str = "exact", *, only: str | None = None
) -> Judgement:
    """Return the visit compared with a reference: "wst423_2022", "who2006", "who2007" or "intergrowth21".

    `age_rule`, "exact" or "completed_months", is for WS/T 423 only; `only` is the one indicator wanted, of those the
    reference has. A child born before 37 weeks is judged at corrected age while younger by birth date than the visit
    says; one whose sex is undetermined by no reference, and with that reason.
    Raises Invalid for an unknown reference or age rule.
    Sources: WS/T 423—2022; WHO Child Growth Standards 2006; WHO Growth Reference 2007; INTERGROWTH-21st Preterm
    Postnatal Growth Standards.
    """
    prepare, score = _reading(reference, age_rule)
    child = prepare(visit)
    scores: dict[str, Score] = {}
    unscored: dict[str, str] = {}
    for indicator in (only,) if only else INDICATORS[reference]:
        try:
            scores[indicator] = score(indicator, child)
        except Unscored as problem:
            unscored[indicator] = problem.reason
    rule = age_rule if reference == "wst423_2022" else None
    return Judgement(reference, rule, child.age, child.stature, scores, unscored, child.notes)


def who_reference(visit: Visit) -> str:
    """Return which WHO reference holds at the age of this visit: 2006, and 2007 from 61 months of 30.4375 days."""
    age = visit.age()
    return "who2007" if age and age.days >= WHO_2007_FROM_MONTH * DAYS_PER_MONTH else "who2006"


def reference_for(visit: Visit) -> str:
    """Return which reference holds for this visit: WS/T 423, or INTERGROWTH-21st for a preterm child not yet at term.

    Source: measurement_rules of SCR_GROWTH in screenings.yaml.
    """
    age = visit.age()
    return INTERGROWTH if age and age.is_corrected and age.days < 0 else DEFAULT_REFERENCE


def _reading(reference: str, age_rule: str) -> tuple[Callable[[Visit], Measured], Callable[[str, Measured], Score]]:
    if age_rule not in AGE_RULES:
        raise Invalid(f"没有“{age_rule}”这种月龄算法。", f"There is no age rule {age_rule!r}.")
    readings = {
        "wst423_2022": (measured_423, partial(score_423, age_rule=age_rule)),
        "who2006": (measured_2006, score_2006),
        "who2007": (measured_2007, score_2007),
        INTERGROWTH: (measured_intergrowth, score_intergrowth),
    }
    if reference not in readings:
        raise Invalid(f"没有“{reference}”这份生长标准。", f"There is no growth reference {reference!r}.")
    return readings[reference]
