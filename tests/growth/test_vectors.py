"""The published and recorded answers of other software and of the tables themselves, every row of them."""

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from mengya_health.growth import REASONS, Visit, judge
from mengya_health.growth.birth import birth_size

VECTORS = Path(__file__).parent / "vectors_public.csv"
BY_EXACT_ARITHMETIC = "floating-point artefact"


def _rows():
    with VECTORS.open(encoding="utf-8", newline="") as file:
        by_source = defaultdict(list)
        for row in csv.DictReader(file):
            by_source[row["case_id"][0]].append(row)
        return by_source


ROWS = _rows()


def _visit(row, **more):
    given = {
        "sex": row["sex"],
        "birth_on": date.fromisoformat(row["birth_date"]) if row["birth_date"] else None,
        "measured_on": date.fromisoformat(row["measured_date"]) if row["measured_date"] else None,
        "age_days": row["age_days"] or None,
        "age_months": row["age_months"] or None,
        "weight_kg": row["weight_kg"] or None,
        "lenhei_cm": row["lenhei_cm"] or None,
        "position": row["measure"] or None,
        "headc_cm": row["headc_cm"] or None,
        "oedema": row["oedema"] == "y",
    }
    return Visit(**given | more)


@pytest.mark.parametrize("source", ["A", "S", "P", "Q"])
def test_who_scores_and_flags_equal_those_of_who_software(source):
    wrong = []
    for row in ROWS[source]:
        score = judge(_visit(row), row["reference"]).scores.get(row["indicator"])
        expected = row["alt_expected_z"] if BY_EXACT_ARITHMETIC in row["note"] else row["expected_z"]
        if (score is None) != (expected == ""):
            wrong.append((row["case_id"], row["indicator"], score, expected))
        elif score and round(score.z, 2) != float(expected):
            wrong.append((row["case_id"], row["indicator"], score.z, expected))
        elif score and row["expected_flag"] and score.flag != (row["expected_flag"] == "1"):
            wrong.append((row["case_id"], row["indicator"], score.flag, row["expected_flag"]))
    assert wrong == []
    assert len(ROWS[source]) == {"A": 2670, "S": 701, "P": 300, "Q": 108}[source]


def _measurement_of(row):
    """Put the one value of a WS/T 423 row where a visit keeps it; a BMI is the weight of a child of one metre."""
    indicator, value = row["indicator"], row["value"]
    if indicator == "bfa":
        return "bfa", {"weight_kg": value, "lenhei_cm": "100", "position": None}
    if indicator in ("wfl", "wfh"):
        return "wflh", {"weight_kg": value}
    return indicator, {{"wfa": "weight_kg", "lhfa": "lenhei_cm", "hcfa": "headc_cm"}[indicator]: value}


@pytest.mark.parametrize("age_rule", ["exact", "completed_months"])
def test_every_boundary_of_the_chinese_tables_has_the_label_of_tables_1_to_3(age_rule):
    wrong = []
    for row in ROWS["T"]:
        indicator, measurement = _measurement_of(row)
        score = judge(_visit(row, **measurement), "wst423_2022", age_rule).scores[indicator]
        found = (f"sd:{score.sd_band}", f"percentile:{score.percentile_band}", score.nutrition or "")
        if found != (row["expected_level"], row["expected_band"], row["expected_nutrition"]):
            wrong.append((row["case_id"], found))
    assert wrong == []
    assert len(ROWS["T"]) == 576


def _range_as_in_vectors(percentile_range):
    return {"<P3": "below-p3", "≥P97": "p97-plus"}.get(percentile_range, percentile_range.lower().replace("–", "-"))


def test_completed_months_give_the_bands_of_the_printed_rows():
    wrong = []
    for row in ROWS["C"]:
        indicator, measurement = _measurement_of(row)
        score = judge(_visit(row, **measurement), "wst423_2022", "completed_months").scores[indicator]
        if row["expected_band"]:
            found = (_range_as_in_vectors(score.percentile_range), score.percentile_band)
            if found != (row["expected_band"], row["expected_level"]):
                wrong.append((row["case_id"], found))
        if row["expected_z"] and abs(score.z - float(row["expected_z"])) > 0.01:
            wrong.append((row["case_id"], score.z))
    assert wrong == []
    assert len(ROWS["C"]) == 328


def test_birth_size_equals_the_tables_by_completed_week():
    wrong = []
    for row in ROWS["N"]:
        days = int(row["ga_weeks"]) * 7 + int(row["ga_days"])
        found = birth_size(row["indicator"], row["sex"], days, Decimal(row["value"]))
        expected_size = row["expected_level"] if row["indicator"] == "birth_weight" else None
        if (_range_as_in_vectors(found.percentile_range), found.size) != (row["expected_band"], expected_size):
            wrong.append((row["case_id"], found))
    assert wrong == []
    assert len(ROWS["N"]) == 114


def test_every_reason_not_to_score_in_the_vectors_has_words():
    reasons = {
        reason
        for source in "ASPQ"
        for row in ROWS[source]
        for reason in judge(_visit(row), row["reference"]).unscored.values()
    }
    assert reasons <= set(REASONS)
    assert {"oedema", "age_outside", "stature_outside", "no_age", "no_headc", "no_weight", "no_stature"} <= reasons
