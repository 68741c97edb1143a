"""Weight and size at birth, as rules and a newborn check use them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from mengya_health.growth.ages import DAYS_PER_WEEK
from mengya_health.growth.birth import GRAMS_PER_KG, birth_weight_size
from mengya_health.people.facts import ChildFacts
from mengya_health.screening.facts import Reading


def birth_size_of(child: ChildFacts, readings: Mapping[str, Any]) -> dict | None:
    """Return how the birth weight written in a check compares by WS/T 800—2022; None where none was, or no row holds.

    The weeks are those of the check, else of the child's sheet.
    """
    if "BW_G" not in readings:
        return None
    weeks = readings.get("GA_WEEKS")
    days = child.gestational_days if weeks is None else int(weeks) * DAYS_PER_WEEK
    found = birth_weight_size(child.sex, days, Decimal(readings["BW_G"]) / GRAMS_PER_KG)
    if found is None:
        return None
    size, between = found.size, found.percentile_range
    return {"reference": "wst800_2022", "weeks": days // DAYS_PER_WEEK, "size": size, "percentile_range": between}


def birth_weight_kg(child: ChildFacts, readings: Mapping[str, Any], before: Sequence[Reading]) -> str | None:
    """Return the weight at birth: of the child's sheet, else as this or an earlier check wrote it; None unknown."""
    written = [each.value for each in before if each.name == "BW_G"]
    grams = readings.get("BW_G", written[-1] if written else None)
    if child.birth_weight_kg is not None or grams is None:
        return child.birth_weight_kg
    return str(Decimal(grams) / GRAMS_PER_KG)
