"""What a number that cannot stand was probably meant to be: asked back, never put in silently."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mengya_health.config import WORKFLOWS
from mengya_health.content import load_content
from mengya_health.content.typed_numbers import likelier, likely, range_of
from mengya_health.errors import Invalid
from mengya_health.fields import Form
from mengya_health.screening.line_fields import metric_field

METRICS = load_content(WORKFLOWS).metrics
AT_ONE = {"WEIGHT": Decimal("9.4"), "LENGTH": Decimal("75"), "HEADC": Decimal("45"), "HB": None}


@pytest.mark.parametrize(
    ("code", "typed", "meant"),
    [
        ("WEIGHT", "91", "9.1"),
        ("WEIGHT", "9100", "9.10"),  # grams
        ("WEIGHT", "9100g", "9.10"),
        ("WEIGHT", "9,1", "9.1"),
        ("WEIGHT", "9，1", "9.1"),
        ("WEIGHT", "9.1kg", "9.1"),
        ("WEIGHT", "9. 1", "9.1"),
        ("WEIGHT", "-9.1", "9.1"),
        ("LENGTH", "746", "74.6"),
        ("LENGTH", "0.75", "75"),  # metres
        ("LENGTH", "1.2", "120"),
        ("HB", "10.9", "109"),  # g/dL
        ("HB", "1090", "109"),
        ("HEADC", "452", "45.2"),
    ],
)
def test_what_cannot_stand_is_asked_back_with_a_guess(code, typed, meant):
    field = metric_field(METRICS[code], AT_ONE[code])
    with pytest.raises(Invalid) as refused:
        Form.from_dict({"it": field})().load({"it": typed})
    assert f"是不是 {meant}？" in refused.value.fields["it"][0]
    assert Form.from_dict({"it": field})().load({"take_it": meant, "it": typed})["it"] == meant


@pytest.mark.parametrize("typed", ["9.1.2", "1e3", "abc", "0x10", "NaN", "九点一", "9.1 9.2"])
def test_what_could_mean_anything_is_not_guessed_at(typed):
    assert likely(typed, range_of(METRICS["WEIGHT"], AT_ONE["WEIGHT"])) is None
    with pytest.raises(Invalid):
        Form.from_dict({"it": metric_field(METRICS["WEIGHT"])})().load({"it": typed})


@pytest.mark.parametrize("typed", ["9。1", "９．１", "９。１", " 9.1 ", "9.1"])
def test_what_an_input_method_types_counts_as_the_number(typed):
    assert Form.from_dict({"it": metric_field(METRICS["WEIGHT"])})().load({"it": typed})["it"] == "9.1"


def test_nothing_typed_is_nothing_given():
    assert Form.from_dict({"it": metric_field(METRICS["WEIGHT"])})().load({"it": "  "}) == {}


def test_a_possible_but_unlikely_number_is_asked_back_with_the_nearer_reading():
    within = range_of(METRICS["WEIGHT"], AT_ONE["WEIGHT"])
    assert likelier("0.91", within) == "9.1"
    assert likelier("45", within) == "4.5"
    assert likelier("9.3", within) is None
    assert likely("118", range_of(METRICS["HB"])) is None


def test_the_child_decides_where_several_readings_fit():
    assert likely("200", range_of(METRICS["WEIGHT"], Decimal("19"))) == "20.0"
    assert likely("200", range_of(METRICS["WEIGHT"], Decimal("2.1"))) == "2.00"


@given(
    st.sampled_from(["WEIGHT", "LENGTH", "HEADC", "HB"]),
    st.text("0123456789.,，。- kgcm", max_size=10),
    st.decimals("0.5", "120", places=1),
)
def test_a_guess_can_always_be_stored_and_is_never_what_was_typed(code, typed, expected):
    meant = likely(typed, range_of(METRICS[code], expected))
    if meant is not None:
        assert meant != typed.strip()
        assert Form.from_dict({"it": metric_field(METRICS[code])})().load({"it": meant})["it"] == meant


@given(st.integers(30, 400))
def test_a_weight_without_its_point_is_read_as_the_weight(tenths):
    weight = Decimal(tenths) / 10
    meant = likely(str(tenths), range_of(METRICS["WEIGHT"], weight))
    assert meant is None or Decimal(meant) == weight
