"""TXJSON and the commitment (S-33 in part, S-36)."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mengya_health.crypto.canonical import NotCanonical, commitment, read_txjson, txjson
from mengya_health.crypto.suites import SUITES
from mengya_health.errors import IntegrityError

CONTENT = {"height_cm": "98.5", "note": "食欲好", "v": 1}


def test_commitment_is_the_published_vector():
    salt = bytes(range(0x60, 0x80))
    assert (
        commitment(salt, txjson(CONTENT), SUITES[0x01]).hex()
        == "2583b71c6a69e8b37ef1a4b773b74c7fdcda00e3498ecc1bcd6ba0098a484e44"
    )


def test_canonical_bytes_are_sorted_and_tight():
    assert txjson({"v": 1, "note": "食欲好", "a_2": [True, None, -3]}) == (
        '{"a_2":[true,null,-3],"note":"食欲好","v":1}'.encode()
    )


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        float("inf"),
        2**53,
        -(2**53),
        "e\u0301",
        "\ud800",
        {"A": 1},
        {"é": 1},
        {"": 1},
        {1: "one"},
        {"a": {"b": [1, {"c": 0.5}]}},
        {"a": b"bytes"},
        {1, 2},
    ],
)
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(NotCanonical):
        txjson(value)


@pytest.mark.parametrize(
    "stored", [b'{"a":1,"a":2}', b'{"b":{"a":1,"a":1}}', b'{"a":1.5}', b'{"a":NaN}', b"{", b"\xff"]
)
def test_stored_bytes_that_are_not_canonical_are_refused(stored):
    with pytest.raises(IntegrityError):
        read_txjson(stored)


keys = st.from_regex("[a-z0-9_]{1,6}", fullmatch=True)
texts = st.text(st.characters(codec="utf-8"), max_size=10).map(lambda text: unicodedata.normalize("NFC", text))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_canonical_bytes_read_back_to_the_same_value(value):
    assert read_txjson(txjson(value)) == value


@given(st.dictionaries(keys, values, max_size=6), st.randoms())
def test_order_of_keys_makes_no_difference(value, random):
    items = list(value.items())
    random.shuffle(items)
    assert txjson(dict(items)) == txjson(value)


@given(values, values)
def test_different_values_have_different_bytes(first, second):
    assert (txjson(first) == txjson(second)) == (
        json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)
    )
