"""Many visits at once: the same as one by one, to the last flag, label and reason."""

import csv
import random
from datetime import date, timedelta
from decimal import Decimal
from math import nextafter
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

from mengya_health.errors import Invalid
from mengya_health.growth import Visit, judge
from mengya_health.growth.ages import exact_months
from mengya_health.growth.lms import percentile_text
from mengya_health.growth.many import AT_ONCE, judge_many
from mengya_health.growth.many_measures import NOTE_CODES, REASON_CODES, are_implausible
from mengya_health.growth.many_texts import percentile_texts, z_texts
from mengya_health.growth.many_visits import (
    BOY,
    GIRL,
    LYING,
    MILLI,
    PARTS_OF_DAY,
    STANDING,
    UNDETERMINED,
    UNKNOWN,
    Ages,
    Visits,
    ages_from_dates,
    ages_from_days,
    ages_from_months,
)
from mengya_health.growth.who import PLAUSIBLE_Z, is_implausible, lms_tables
from mengya_health.growth.wst423 import AGE_RULES, labels, tables

VECTORS = Path(__file__).parent / "vectors_public.csv"
READINGS = [
    ("who2006", "exact"),
    ("who2007", "exact"),
    ("wst423_2022", "exact"),
    ("wst423_2022", "completed_months"),
]


def columns_of(visits: list[Visit]) -> Visits:
    """Pack visits, with their ages as the scalar path counts them."""

    def milli(number: Decimal | None) -> int:
        scaled = (number or Decimal(0)) * MILLI
        assert scaled == int(scaled)
        return int(scaled)

    positions = {None: UNKNOWN, "l": LYING, "h": STANDING}
    return Visits(
        sex=np.array([{"M": BOY, "F": GIRL, "U": UNDETERMINED}[visit.sex] for visit in visits], np.int8),
        ages=_ages([visit.age() for visit in visits]),
        weight=np.array([milli(visit.weight_kg) for visit in visits]),
        lenhei=np.array([milli(visit.lenhei_cm) for visit in visits]),
        headc=np.array([milli(visit.headc_cm) for visit in visits]),
        position=np.array([positions[visit.position] for visit in visits], np.int8),
        oedema=np.array([visit.oedema for visit in visits]),
    )


def _ages(ages) -> Ages:
    parts = [0 if age is None else age.days * PARTS_OF_DAY for age in ages]
    assert all(each == int(each) for each in parts)
    return Ages(
        is_known=np.array([age is not None for age in ages]),
        parts=np.array([int(each) for each in parts]),
        months=np.array([0 if age is None else age.months.numerator for age in ages]),
        months_over=np.array([1 if age is None else age.months.denominator for age in ages]),
        is_corrected=np.array([age is not None and age.is_corrected for age in ages]),
    )


def _assert_as_one_by_one(visits, reference, age_rule):
    found = judge_many(columns_of(visits), reference, age_rule)
    percentiles = percentile_texts(found.percentile_z, reference)
    for number, visit in enumerate(visits):
        judged = judge(visit, reference, age_rule)
        notes = (NOTE_CODES[found.note[number]],) if found.note[number] else ()
        assert notes == judged.notes, visit
        for place, indicator in enumerate(found.indicators):
            reason = REASON_CODES[found.reason[place, number]]
            assert reason == judged.unscored.get(indicator, ""), (visit, indicator)
            if reason:
                assert np.isnan(found.z[place, number])
                assert not found.flag[place, number]
                continue
            score, about = judged.scores[indicator], (visit, indicator)
            assert found.z[place, number] == pytest.approx(score.z, abs=1e-9, rel=1e-12), about
            assert found.flag[place, number] == score.flag, about
            assert percentiles[place][number] == score.percentile, about
            if reference == "wst423_2022":
                reached, above = found.sd_reached[place, number], found.percentiles_reached[place, number]
                assert labels("table2_sd_level", indicator)[reached] == score.sd_band, about
                assert labels("table3_nutrition", indicator)[reached] == score.nutrition, about
                assert labels("table1_percentile_level", indicator)[above] == score.percentile_band, about
    return found


def _visits_of_vectors():
    with VECTORS.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["case_id"][0] in "ASPQCT"]
    named = {}
    for row in rows:
        value = {
            "wfa": "weight_kg", "wfl": "weight_kg", "wfh": "weight_kg", "lhfa": "lenhei_cm", "hcfa": "headc_cm"
        }.get(row["indicator"])  # fmt: skip
        more = {} if not row["value"] or value is None else {value: row["value"]}
        given = {
            "birth_on": date.fromisoformat(row["birth_date"]) if row["birth_date"] else None,
            "measured_on": date.fromisoformat(row["measured_date"]) if row["measured_date"] else None,
            "age_days": _three_decimals(row["age_days"]),
            "age_months": _three_decimals(row["age_months"]),
            "weight_kg": row["weight_kg"] or None,
            "lenhei_cm": row["lenhei_cm"] or None,
            "headc_cm": row["headc_cm"] or None,
        }
        visit = Visit(sex=row["sex"], position=row["measure"] or None, oedema=row["oedema"] == "y", **given | more)
        named[repr(visit)] = visit
    return list(named.values())


def _three_decimals(text):
    return Decimal(text).quantize(Decimal("0.001")) if text else None


@pytest.mark.parametrize(("reference", "age_rule"), READINGS)
def test_the_public_vectors_are_judged_as_one_by_one(reference, age_rule):
    visits = _visits_of_vectors()
    assert len(visits) > 1500
    found = _assert_as_one_by_one(visits, reference, age_rule)
    assert (found.reason == 0).any(axis=1).all()


def _random_visit(draw: random.Random) -> Visit:
    """One of every kind: edge ages, both positions, table ends, values far out, ages of every form, preterm."""
    days = draw.choice([0, 1, 272, 273, 274, 730, 731, 732, 1826, 1856, 1857, 1858, 2556, 2557, draw.randint(0, 2600)])
    months = draw.choice([0, 9, 23, 24, 36, 60, 61, 83, 84, 121, 229, 230, draw.randint(0, 90)])
    birth_on = date(2020, 1, 1) + timedelta(days=draw.randint(0, 800))
    age = draw.choice(
        [
            {},
            {"age_days": days},
            {"age_days": Decimal(draw.randint(0, 2_600_000)) / 1000},
            {"age_days": Decimal(days) - Decimal("0.5") if days else 0},
            {"age_months": months},
            {"age_months": Decimal(draw.randint(0, 90_000)) / 1000},
            {"birth_on": birth_on, "measured_on": birth_on + timedelta(days=days)},
            {
                "birth_on": birth_on,
                "measured_on": birth_on + timedelta(days=draw.randint(0, 900)),
                "gestational_days": draw.randint(168, 290),
            },
        ]
    )

    def some(low, high):
        kind = draw.random()
        if kind < 0.1:
            return draw.choice([None, 0])
        decimals = draw.choice([1, 1, 1, 2, 3])
        return Decimal(draw.randint(low * 10**decimals, high * 10**decimals)) / 10**decimals

    return Visit(
        sex=draw.choice("MMMFFFU"),
        weight_kg=draw.choice([some(1, 30), some(8, 14), some(0, 300)]),
        lenhei_cm=draw.choice(
            [
                some(43, 131),
                some(60, 90),
                Decimal("44.9"),
                87,
                Decimal("0.7"),
                Decimal("0.5"),
                45,
                110,
                Decimal("110.7"),
                120,
                130,
            ]
        ),
        headc_cm=some(28, 56),
        position=draw.choice(["l", "h", None]),
        oedema=draw.random() < 0.05,
        **age,
    )


@pytest.mark.parametrize(("reference", "age_rule"), READINGS)
def test_visits_of_every_kind_are_judged_as_one_by_one(reference, age_rule):
    draw = random.Random(f"{reference} {age_rule}")  # noqa: S311
    found = _assert_as_one_by_one([_random_visit(draw) for _ in range(2500)], reference, age_rule)
    seen = {REASON_CODES[code] for code in np.unique(found.reason)}
    assert {"sex_unknown", "no_age", "no_weight", "no_stature", "oedema", "before_term", "age_outside"} < seen
    assert {True, False} == set(np.unique(found.flag))


@pytest.mark.parametrize("age_rule", ["exact", "completed_months"])
def test_a_value_on_a_chinese_boundary_is_on_it_whatever_binary_numbers_say(age_rule):
    """Between the printed rows, where the boundary is a fraction, as near as three decimals come to it."""
    draw, visits = random.Random(age_rule), []  # noqa: S311
    for (indicator, sex, is_lying), table in tables("wst423_2022_sd").items():
        if indicator not in ("wfa", "wflh"):
            continue
        for x, row in zip(table.xs, table.rows, strict=True):
            where = {"age_months": x} if indicator == "wfa" else {"lenhei_cm": x, "age_days": 300 if is_lying else 900}
            for tenths in (row[draw.randrange(7)], row[0], row[6]):
                edge = Decimal(tenths) / 10
                visits += [
                    Visit(sex=sex, weight_kg=edge + by, **where) for by in (0, Decimal("0.001"), -Decimal("0.001"))
                ]
            into = draw.randint(1, 29)
            birth_on, on = date(2021, 4, 1), date(2021 + (3 + x) // 12, (3 + x) % 12 + 1, 1) + timedelta(days=into)
            columns, over = table.columns_at(exact_months(birth_on, on).as_integer_ratio())
            place = {"birth_on": birth_on, "measured_on": on}
            if indicator == "wfa":
                near = round(Decimal(columns[draw.randrange(7)]) / over, 3)
                visits += [Visit(sex=sex, weight_kg=near + by, **place) for by in (0, Decimal("0.001"))]
    _assert_as_one_by_one(visits, "wst423_2022", age_rule)


def test_the_largest_numbers_stay_whole():
    ages = [{"age_days": Decimal(day) + Decimal("0.001")} for day in (0, 700, 2000, 2530, 2556)]
    sizes = [(500, "399.999"), ("0.001", "399.999"), (500, "0.001"), ("399.999", 1), (260, 400)]
    visits = [
        Visit(sex=sex, weight_kg=weight, lenhei_cm=length, headc_cm=400, **age)
        for sex in "MF" for age in ages for weight, length in sizes
    ]  # fmt: skip
    for age_rule in AGE_RULES:
        _assert_as_one_by_one(visits, "wst423_2022", age_rule)


def test_flags_begin_where_two_decimals_pass_the_limit():
    """±3, ±5 and ±6 SD of length, where z is straight in the measurement: each thousandth of a cm around them."""
    rows = lms_tables("who2006")["lhfa", "M"].rows
    visits = []
    for days in (0, 100, 730, 731, 1856):
        for z in (-6.005, -6, -3, 3, 6, 6.005):
            at = round(Decimal(rows[days].median * (1 + rows[days].variation * z)), 3)
            visits += [Visit(sex="M", age_days=days, lenhei_cm=at + Decimal(by) / 1000) for by in range(-3, 4)]
    found = _assert_as_one_by_one(visits, "who2006", "exact")
    assert 0 < found.flag[1].sum() < len(visits)


def test_flags_begin_just_beyond_the_numbers_that_round_to_the_limit():
    for indicator, limits in PLAUSIBLE_Z.items():
        for limit in limits:
            side = 0.005 if limit > 0 else -0.005
            z = [limit + side, nextafter(limit + side, 0), nextafter(limit + side, 9 * limit), limit]
            assert list(are_implausible(indicator, np.array(z))) == [is_implausible(indicator, each) for each in z]


def test_percentiles_are_rounded_as_one_by_one_next_to_every_change():
    z = np.array([NormalDist().inv_cdf((permille - 0.5) / 1000) for permille in range(2, 1000)])
    near = np.concatenate([z, np.nextafter(z, -9), np.nextafter(z, 9), z - 1e-12, [-3, 3, -3.001, 3.001, 0]])
    assert list(percentile_texts(near, "who2006")) == [percentile_text(float(each)) for each in near]
    assert list(percentile_texts(np.array([-np.inf, np.inf, np.nan]), "wst423_2022")) == ["<3", ">97", ""]


def test_z_is_written_as_one_by_one():
    z = np.array([0.285, -0.004, 0.0, 9.995, 10.005, -123.456, 2.675, 1.005, np.nan])
    assert list(z_texts(z)) == ["0.28", "0.00", "0.00", "9.99", "10.01", "-123.46", "2.67", "1.00", ""]


def test_ages_of_columns_are_those_of_single_visits():
    births = [date(2020, 1, 31) + timedelta(days=step) for step in range(0, 500, 7)] + [date(2020, 2, 29)]
    pairs = [
        (birth, birth + timedelta(days=days)) for birth in births for days in (*range(0, 70), 365, 366, 1461, 2556)
    ]
    by_dates = ages_from_dates(*(np.array(dates, "M8[D]") for dates in zip(*pairs, strict=True)))
    for number, (birth, on) in enumerate(pairs):
        expected = exact_months(birth, on)
        assert by_dates.months[number] == expected * int(by_dates.months_over[number]), (birth, on)
    assert list(by_dates.whole_days) == [(on - birth).days for birth, on in pairs]
    for given, ages in (("age_days", ages_from_days), ("age_months", ages_from_months)):
        milli = [*range(0, 90_000, 37), 730_499, 730_500, 731_000]
        found = ages(np.array(milli))
        for number, each in enumerate(milli):
            expected = Visit(sex="M", **{given: Decimal(each) / 1000}).age()
            assert (found.whole_days[number], found.whole_months[number]) == (
                expected.whole_days,
                expected.whole_months,
            )
            assert found.months[number] == expected.months * int(found.months_over[number])


def test_more_than_one_block_is_judged_and_none_at_all():
    visits = columns_of([Visit(sex="M", age_months=12, weight_kg="9.6"), Visit(sex="F", weight_kg=9)])
    assert judge_many(visits.part(0, 0), "who2006").z.shape == (5, 0)
    repeated = np.arange(2 * AT_ONCE + 2) % 2
    many = judge_many(_repeat(visits, repeated), "wst423_2022")
    few = judge_many(visits, "wst423_2022")
    assert np.array_equal(many.z, few.z[:, repeated], equal_nan=True)
    assert np.array_equal(many.reason, few.reason[:, repeated])


def _repeat(visits: Visits, places) -> Visits:
    ages = Ages(*(getattr(visits.ages, name)[places] for name in Ages.__slots__))
    return Visits(*(ages if name == "ages" else getattr(visits, name)[places] for name in Visits.__slots__))


@pytest.mark.parametrize(("reference", "age_rule"), [("cdc", "exact"), ("intergrowth21", "exact"), ("who2006", "?")])
def test_unknown_references_and_age_rules_are_refused(reference, age_rule):
    with pytest.raises(Invalid):
        judge_many(columns_of([Visit(sex="M")]), reference, age_rule)
