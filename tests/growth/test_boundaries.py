"""The days, months and centimetres at which something changes, one by one."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from mengya_health.growth import Visit, judge, who_reference
from mengya_health.growth.ages import add_months, exact_months
from mengya_health.growth.who import lms_tables
from mengya_health.growth.wst423 import tables

FULL = {"weight_kg": "12.3", "lenhei_cm": "88.0", "headc_cm": "48.0"}
LEAP_DAY = date(2024, 2, 29)


def _z(reference="wst423_2022", indicator="wfa", **given):
    return judge(Visit(**{"sex": "M"} | given), reference).scores[indicator].z


def _reason(indicator, reference="wst423_2022", **given):
    return judge(Visit(**{"sex": "M"} | given), reference).unscored.get(indicator)


def test_a_child_is_judged_on_the_day_it_is_born():
    newborn = {"birth_on": LEAP_DAY, "measured_on": LEAP_DAY, "weight_kg": "3.3", "lenhei_cm": "50", "headc_cm": "34"}
    for reference in ("wst423_2022", "who2006"):
        judged = judge(Visit(sex="F", **newborn), reference)
        assert judged.unscored == {}
        assert judged.age.days == 0


@pytest.mark.parametrize(
    ("birth_on", "last_on"),
    [
        (LEAP_DAY, date(2031, 2, 27)),
        (date(2023, 3, 31), date(2030, 3, 30)),
        (date(2023, 12, 31), date(2030, 12, 30)),
        (date(2024, 1, 1), date(2030, 12, 31)),
    ],
)
def test_seven_years_end_on_the_birthday_and_not_a_day_before(birth_on, last_on):
    given = {"birth_on": birth_on, "weight_kg": "22", "lenhei_cm": "120"}
    assert {"wfa", "lhfa", "wflh", "bfa"} == judge(Visit(sex="M", measured_on=last_on, **given)).scores.keys()
    later = judge(Visit(sex="M", measured_on=last_on + timedelta(1), **given))
    assert later.scores == {}
    assert later.unscored["wfa"] == "age_outside"


@pytest.mark.parametrize("birth_on", [LEAP_DAY, date(2024, 1, 31), date(2023, 8, 31), date(2023, 12, 1)])
def test_each_months_day_reads_its_printed_row(birth_on):
    rows = tables("wst423_2022_sd")["wfa", "M", True]
    for month, columns in zip(rows.xs, rows.rows, strict=True):
        for rule in ("exact", "completed_months"):
            visit = Visit(
                sex="M",
                birth_on=birth_on,
                measured_on=add_months(birth_on, month),
                weight_kg=Decimal(columns[3]) / 10,
            )
            assert judge(visit, age_rule=rule).scores["wfa"].z == 0


def test_between_two_rows_each_column_is_read_by_the_day():
    # Boys' median is 12.1 kg at 24 months and 12.6 kg at 27: half of the way lies at 25 months and a half.
    rows = dict(zip(*_table("wfa", "M"), strict=True))
    half = Decimal(rows[24][3] + rows[27][3]) / 20
    assert _z(age_months="25.5", weight_kg=half) == 0
    birth_on = date(2022, 4, 10)
    half_on = date(2024, 5, 25)  # 15 days into the 31 from 10 May on
    assert exact_months(birth_on, half_on) == 25 + Fraction(15, 31)
    month_and_half = Visit(sex="M", birth_on=birth_on, measured_on=half_on, weight_kg=half)
    assert judge(month_and_half).scores["wfa"].z == pytest.approx(0, abs=0.01)
    at_25 = judge(month_and_half, age_rule="completed_months").scores["wfa"].z
    assert at_25 == _z(age_months=25, weight_kg=half)


def _table(indicator, sex, is_lying=False):
    table = tables("wst423_2022_sd")[indicator, sex, is_lying]
    return table.xs, table.rows


@pytest.mark.parametrize("rule", ["exact", "completed_months"])
@pytest.mark.parametrize("indicator", ["wfa", "lhfa", "bfa"])
def test_after_81_months_the_last_slope_goes_on(indicator, rule):
    rows = _table(indicator, "F")[1]
    for month in (82, 83):
        before, last = (Decimal(row[5]) / 10 for row in rows[-2:])  # +2 SD at 78 and 81 months
        value = (last + (last - before) * (month - 81) / 3).quantize(Decimal("0.000001"))
        measured = {"lenhei_cm": value} if indicator == "lhfa" else {"weight_kg": value, "lenhei_cm": "100"}
        score = judge(Visit(sex="F", age_months=month, **measured), age_rule=rule).scores[indicator]
        assert score.z == pytest.approx(2, abs=1e-4)


def test_length_until_day_730_and_height_from_day_731_by_who():
    rows = lms_tables("who2006")["lhfa", "M"].rows
    assert rows[730].median - rows[731].median == pytest.approx(0.7, abs=0.05)
    for day in (730, 731):
        assert _z("who2006", "lhfa", age_days=day, lenhei_cm=round(rows[day].median, 4)) == pytest.approx(0, abs=1e-3)
    lying = judge(Visit(sex="M", age_days=731, lenhei_cm="88.0", position="l"), "who2006")
    standing = judge(Visit(sex="M", age_days=730, lenhei_cm="88.0", position="h"), "who2006")
    assert (lying.lenhei_cm, lying.notes) == (Decimal("87.3"), ("took_0_7",))
    assert (standing.lenhei_cm, standing.notes) == (Decimal("88.7"), ("added_0_7",))


def test_who_2006_ends_with_day_1856_and_2007_begins_with_month_61():
    assert "wfa" in judge(Visit(sex="F", age_days=1856, weight_kg="18"), "who2006").scores
    assert _reason("wfa", "who2006", age_days=1857, weight_kg="18") == "age_outside"
    assert (who_reference(Visit(sex="F", age_days=1856)), who_reference(Visit(sex="F", age_days=1857))) == (
        "who2006",
        "who2007",
    )
    for months, is_scored in (("59.99", False), ("60", True), ("61", True), ("83.99", True)):
        assert (_reason("wfa", "who2007", age_months=months, weight_kg="18") is None) == is_scored


def test_fractions_of_a_day_are_rounded_half_up():
    rows = lms_tables("who2006")["wfa", "M"].rows
    for days, row in (("99.5", 100), ("100.49", 100), ("100.5", 101)):
        assert _z("who2006", age_days=days, weight_kg=rows[row].median) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("months", "stature", "reason"),
    [
        (10, "44.9", "stature_outside"),
        (10, "45.0", None),
        (10, "100.0", None),
        (10, "100.1", "stature_outside"),
        (40, "74.9", "stature_outside"),
        (40, "75.0", None),
        (40, "130.0", None),
        (40, "130.1", "stature_outside"),
    ],
)
def test_the_chinese_tables_by_stature_end_where_they_end(months, stature, reason):
    assert _reason("wflh", age_months=months, weight_kg="12", lenhei_cm=stature) == reason
    assert _reason("bfa", age_months=months, weight_kg="12", lenhei_cm=stature) is None


@pytest.mark.parametrize(
    ("days", "stature", "reason"),
    [
        (300, "44.9", "stature_outside"),
        (300, "45.0", None),
        (300, "110.0", None),
        (300, "110.1", "stature_outside"),
        (1200, "64.9", "stature_outside"),
        (1200, "65.0", None),
        (1200, "120.0", None),
        (1200, "120.1", "stature_outside"),
    ],
)
def test_whos_tables_by_stature_end_where_they_end(days, stature, reason):
    assert _reason("wflh", "who2006", age_days=days, weight_kg="12", lenhei_cm=stature) == reason


def test_between_two_centimetres_each_column_is_read_by_the_millimetre():
    xs, rows = _table("wflh", "F", is_lying=True)
    at = dict(zip(xs, rows, strict=True))
    value = (Decimal(at[70][3]) * 6 + Decimal(at[71][3]) * 4) / 100
    assert _z(sex="F", indicator="wflh", age_months=8, weight_kg=value, lenhei_cm="70.4") == 0


def test_whos_rows_by_stature_are_found_exactly_after_seven_millimetres():
    # 103.1 - 0.7 is 102.39999999999999 in binary, and would be read from the row before.
    row = lms_tables("who2006")["wfh", "M"]
    lms = row.rows[1024 - row.start]
    z = _z("who2006", "wflh", age_days=1200, weight_kg=Decimal(str(lms.median)), lenhei_cm="103.1", position="l")
    assert z == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("months", "position", "stature", "note"),
    [
        ("8.99", "h", "70.0", ("standing_too_young",)),
        ("9", "h", "70.7", ("added_0_7",)),
        ("23.99", "h", "70.7", ("added_0_7",)),
        ("23.99", "l", "70.0", ()),
        ("24", "h", "70.0", ()),
        ("24", "l", "69.3", ("took_0_7",)),
        ("12", None, "70.0", ()),
        ("36", None, "70.0", ()),
    ],
)
@pytest.mark.parametrize("reference", ["wst423_2022", "who2006"])
def test_the_position_decides_over_seven_millimetres(reference, months, position, stature, note):
    months = {"24": "24.02", "9": "9.01"}.get(months, months) if reference == "who2006" else months
    judged = judge(Visit(sex="F", age_months=months, lenhei_cm="70.0", position=position), reference)
    assert (judged.lenhei_cm, judged.notes) == (Decimal(stature), note)


@pytest.mark.parametrize(
    ("stature", "position", "is_lying"),
    [("86.9", None, True), ("87.0", None, False), ("95", "l", True), ("70", "h", False)],
)
def test_without_an_age_the_position_decides_and_then_the_stature(stature, position, is_lying):
    judged = judge(Visit(sex="F", weight_kg="11", lenhei_cm=stature, position=position), "who2006")
    table = lms_tables("who2006")["wfl" if is_lying else "wfh", "F"]
    lms = table.rows[int(Decimal(stature) * 10) - table.start]
    assert judged.scores.keys() == {"wflh"}
    assert judged.scores["wflh"].z == pytest.approx(((11 / lms.median) ** lms.power - 1) / (lms.power * lms.variation))
    assert {judged.unscored[name] for name in ("wfa", "lhfa", "bfa")} == {"no_age"}


@pytest.mark.parametrize("reference", ["wst423_2022", "who2006"])
def test_oedema_leaves_length_and_head_and_nothing_that_rests_on_weight(reference):
    judged = judge(Visit(sex="M", age_months=18, oedema=True, **FULL), reference)
    assert judged.scores.keys() == {"lhfa", "hcfa"}
    assert {judged.unscored[name] for name in ("wfa", "wflh", "bfa")} == {"oedema"}


def test_zero_is_not_measured():
    judged = judge(Visit(sex="M", age_months=18, weight_kg=0, lenhei_cm=0, headc_cm=0))
    assert judged.unscored == {
        "wfa": "no_weight",
        "lhfa": "no_stature",
        "wflh": "no_weight",
        "bfa": "no_weight",
        "hcfa": "no_headc",
    }


@pytest.mark.parametrize(
    ("reference", "indicator", "facts", "flags"),
    [
        ("who2006", "lhfa", {"age_days": 400}, (-6, 6)),
        ("who2006", "wfa", {"age_days": 400}, (-6, 5)),
        ("who2006", "hcfa", {"age_days": 400}, (-5, 5)),
        ("who2006", "bfa", {"age_days": 400, "lenhei_cm": "100"}, (-5, 5)),
    ],
)
def test_flags_begin_just_beyond_their_limits(reference, indicator, facts, flags):
    name = {"lhfa": "lenhei_cm", "hcfa": "headc_cm"}.get(indicator, "weight_kg")

    def score(value):
        return judge(Visit(sex="M", **facts | {name: Decimal(value) / 1000}), reference).scores[indicator]

    for limit in flags:
        low, high = 1, 200_000
        while high - low > 1:  # the first value, in grams or hundredths of a millimetre, whose rounded z is beyond
            middle = (low + high) // 2
            is_beyond = round(score(middle).z, 2) > limit if limit > 0 else round(score(middle).z, 2) >= limit
            low, high = (low, middle) if is_beyond else (middle, high)
        assert score(high).flag == (limit > 0)
        assert score(low).flag == (limit < 0)


def test_every_label_of_table_3_is_reached_at_its_printed_column():
    columns = _table("bfa", "M")[1][0]
    below = {0: "重度消瘦", 1: "消瘦", 2: None, 4: None, 5: "超重", 6: "肥胖"}
    on_it = {0: "消瘦", 1: None, 2: None, 4: "超重", 5: "肥胖", 6: "重度肥胖"}
    for step, labels in ((0, on_it), (-1, below)):
        for index, label in labels.items():
            weight_kg = Decimal(columns[index]) / 10 + Decimal(step) / 1000
            visit = Visit(sex="M", age_months=24, weight_kg=weight_kg, lenhei_cm="100")
            assert judge(visit).scores["bfa"].nutrition == label
