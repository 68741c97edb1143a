"""How fast children grow, and how many lines a curve fell."""

from datetime import date, timedelta

import pytest

from mengya_health.growth import Visit
from mengya_health.growth.velocity import lines_fallen, velocity
from mengya_health.growth.wst423 import RANGES

BORN_ON = date(2024, 1, 10)


def _visit(on, **given):
    return Visit(sex="M", birth_on=BORN_ON, measured_on=on, **given)


def test_a_months_gain_stands_beside_that_of_the_median():
    # Boys' printed medians of WS/T 423: 7.5 kg at 4 months, 8.4 kg at 6 months.
    grown = velocity("wfa", _visit(date(2024, 5, 10), weight_kg="7.00"), _visit(date(2024, 7, 10), weight_kg="7.60"))
    assert (grown.days, grown.months) == (61, 2)
    assert grown.per_month == pytest.approx(0.30)
    assert grown.median_per_month == pytest.approx((8.4 - 7.5) / 2)


def test_a_child_on_the_median_grows_as_the_median_does():
    head = velocity("hcfa", _visit(date(2025, 1, 10), headc_cm="46.0"), _visit(date(2025, 4, 10), headc_cm="46.7"))
    assert head.gained == pytest.approx(head.median_gained, abs=0.11)


def test_length_turning_into_height_is_no_loss():
    lying = _visit(date(2025, 12, 10), lenhei_cm="88.0", position="l")
    standing = _visit(date(2026, 2, 10), lenhei_cm="88.5", position="h")
    grown = velocity("lhfa", lying, standing)
    assert float(grown.gained) == pytest.approx(1.2)
    assert 1.2 < float(grown.median_gained) < 2.2
    still_lying = _visit(date(2026, 2, 10), lenhei_cm="89.2", position="l")
    assert velocity("lhfa", lying, still_lying).gained == grown.gained


def test_the_end_of_the_correction_is_no_jump():
    def grown(on):
        facts = {"gestational_days": 196, "weight_kg": "12"}
        return velocity("wfa", _visit(date(2025, 10, 10), **facts), _visit(on, **facts))

    last, first = grown(date(2026, 1, 9)), grown(date(2026, 1, 10))
    assert 0.1 < last.median_per_month < 0.3
    assert first.median_per_month == pytest.approx(last.median_per_month, abs=0.03)


@pytest.mark.parametrize(
    ("indicator", "earlier", "later"),
    [
        ("wfa", {"lenhei_cm": "60"}, {"weight_kg": "7"}),
        ("wfa", {"weight_kg": "7"}, {"weight_kg": "8", "oedema": True}),
        ("lhfa", {"lenhei_cm": "60"}, {"weight_kg": "7"}),
    ],
)
def test_nothing_is_said_of_what_was_not_measured(indicator, earlier, later):
    assert velocity(indicator, _visit(date(2024, 5, 10), **earlier), _visit(date(2024, 7, 10), **later)) is None


def test_nothing_is_said_before_term_of_heads_after_three_years_or_from_seven_years_on():
    early = _visit(BORN_ON + timedelta(10), weight_kg="1.5", gestational_days=196)
    assert velocity("wfa", early, _visit(date(2024, 7, 10), weight_kg="6", gestational_days=196)) is None
    heads = [_visit(on, headc_cm="49") for on in (date(2026, 10, 1), date(2027, 2, 9), date(2027, 2, 10))]
    assert velocity("hcfa", heads[0], heads[1])
    assert velocity("hcfa", heads[0], heads[2]) is None
    weights = [_visit(on, weight_kg="22") for on in (date(2030, 10, 1), date(2031, 1, 9), date(2031, 1, 10))]
    assert velocity("wfa", weights[0], weights[1])
    assert velocity("wfa", weights[0], weights[2]) is None


def test_two_measurements_of_one_day_have_no_velocity():
    visit = _visit(date(2024, 7, 10), weight_kg="8")
    assert velocity("wfa", visit, visit) is None


def test_only_the_five_main_lines_count():
    assert RANGES == ("<P3", "P3–P10", "P10–P25", "P25–P50", "P50–P75", "P75–P90", "P90–P97", "≥P97")
    assert [lines_fallen("≥P97", now) for now in RANGES] == [5, 4, 4, 3, 2, 1, 1, 0]
    assert lines_fallen("P3–P10", "P25–P50") == -1
