"""Growth that was measured and cannot be graded: a child not yet at term, or of undetermined sex. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mengya_health.growth import Judgement
from mengya_health.screening.instruments import GROWTH_METRICS

SCORES = frozenset(GROWTH_METRICS.values())
BEFORE_TERM, SEX_UNKNOWN = "before_term", "sex_unknown"


def why_ungraded(judged: Judgement) -> str | None:
    """Return why nothing measured could be graded, as a code of growth's REASONS; None where something could."""
    return next((reason for reason in (SEX_UNKNOWN, BEFORE_TERM) if reason in judged.unscored.values()), None)


def with_ungraded(screening: Mapping[str, Any], judged: Judgement) -> dict:
    """Return a screening as it is kept, with scores that nobody could have under `ungraded` and not as missing.

    Before term that is all: the screening does not apply. Of undetermined sex it stays undone until the sex is entered.
    """
    missing = screening["missing"]
    why = why_ungraded(judged) if SCORES.intersection(missing) else None
    if why is None:
        return dict(screening) | {"ungraded": None}
    left, conclusion = [name for name in missing if name not in SCORES], screening["conclusion"]
    if why == BEFORE_TERM and conclusion == "incomplete" and not left:
        conclusion = "not_applicable"
    return dict(screening) | {"missing": left, "conclusion": conclusion, "ungraded": why}
