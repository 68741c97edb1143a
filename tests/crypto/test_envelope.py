"""The envelope: published vectors, and every way of tampering with it (S-01, S-02, S-04 to S-06)."""

import inspect
import os
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mengya_health.crypto import envelope
from mengya_health.crypto.envelope import Key, Place, open_json, open_sealed, seal, seal_json
from mengya_health.crypto.suites import SM4GCM, SUITES, suite_of
from mengya_health.errors import IntegrityError, Invalid, StartRefused
from tests.crypto.two_key_ciphertext import opens_under_both

KEY_ID = UUID(bytes=bytes(range(0x10, 0x20)))
KEY = Key(KEY_ID, bytes(range(32)))
SALT = bytes(range(0x40, 0x60))
PLACE = Place(
    "observation",
    "body",
    UUID("018f0000-0000-7000-8000-000000000001"),
    UUID("018f0000-0000-7000-8000-000000000002"),
    3,
    1,
)
PLAINTEXT = '{"note":"身高 98.5 cm"}'.encode()
VECTORS = {
    0x01: "54580101101112131415161718191a1b1c1d1e1f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
    "5f46f344833939f05c555fa905bfe059b6e3b0427834aed6c2a6c1e458b7aa78"
    "1c7bedcadaa0003490c38c80409fb509e3d3691c59373a179ec05401c69140e88e554c076dbde5d754",
    0x11: "54580111101112131415161718191a1b1c1d1e1f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
    "73a89b5ea45470591382c21ed848fcccbd3e41e361beb982b8e026767cf49db3"
    "7618ce7e9ddc43c2d6284d22bed7e0dbd90c23c8f31c79e9107675daee23fa93e09795e0e2a52114c5",
}
BOTH_SUITES = pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: suite.name)


def refused(sealed, *, key: Key = KEY, place: Place = PLACE) -> bool:
    """Return whether opening raises IntegrityError; any other exception is a failure of the test."""
    try:
        open_sealed(key, place, sealed)
    except IntegrityError:
        return True
    return False


@BOTH_SUITES
def test_envelope_is_the_published_vector(suite, monkeypatch):
    monkeypatch.setattr(os, "urandom", lambda length: SALT)
    assert seal(KEY, PLACE, PLAINTEXT, suite).hex() == VECTORS[suite.id]


@BOTH_SUITES
def test_the_published_vector_opens(suite):
    assert open_sealed(KEY, PLACE, bytes.fromhex(VECTORS[suite.id])) == PLAINTEXT


def test_sm4_gcm_is_that_of_rfc_8998():
    key, nonce = bytes.fromhex("0123456789abcdeffedcba9876543210"), bytes.fromhex("00001234567800000000abcd")
    aad = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    plaintext = bytes.fromhex("".join(2 * 8 * digit for digit in "abcdefea"))
    sealed = (
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        "83de3541e4c2b58177e065a9bf7b62ec"
    )
    assert SM4GCM(key).encrypt(nonce, plaintext, aad).hex() == sealed
    assert SM4GCM(key).decrypt(nonce, bytes.fromhex(sealed), aad) == plaintext


def test_sm3_is_the_published_one():
    assert SUITES[0x11].digest(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


@BOTH_SUITES
def test_no_single_flipped_bit_opens(suite):
    sealed = bytes.fromhex(VECTORS[suite.id])
    for position in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[position // 8] ^= 1 << position % 8
        assert refused(bytes(changed)), position


@BOTH_SUITES
def test_no_other_length_opens(suite):
    sealed = bytes.fromhex(VECTORS[suite.id])
    assert all(refused(sealed[:length]) for length in range(len(sealed)))
    assert refused(sealed + b"\0")


@pytest.mark.parametrize("stored", [None, "", b"", PLAINTEXT, PLAINTEXT.decode(), 7, b"TX\x01\x01" + PLAINTEXT * 9])
def test_what_is_no_envelope_is_never_taken_for_plaintext(stored):
    assert refused(stored)


@pytest.mark.parametrize(("suite_id", "tried"), [(0x00, []), (0x02, []), (0x7F, []), (0x11, [0x11])])
def test_changed_suite_is_refused_and_no_other_is_tried(suite_id, tried, monkeypatch):
    suites, derive = [], envelope.record_key
    monkeypatch.setattr(envelope, "record_key", lambda *given: suites.append(given[2].id) or derive(*given))
    sealed = bytearray.fromhex(VECTORS[0x01])
    sealed[3] = suite_id
    assert refused(bytes(sealed))
    assert suites == tried


def test_reserved_suite_is_not_written():
    with pytest.raises(StartRefused, match="0x01"):
        suite_of(0x02)


@pytest.mark.parametrize(
    "elsewhere",
    [
        PLACE._replace(table="revision"),
        PLACE._replace(column="summary"),
        PLACE._replace(row_id=PLACE.child_id),
        PLACE._replace(child_id=PLACE.row_id),
        PLACE._replace(content_version=2),
        PLACE._replace(schema_version=2),
        PLACE._replace(table="observationb", column="ody"),
    ],
)
def test_moved_envelope_does_not_open(elsewhere):
    sealed = seal(KEY, PLACE, PLAINTEXT, SUITES[0x01])
    assert not refused(sealed)
    assert refused(sealed, place=elsewhere)


def test_another_key_of_the_same_id_does_not_open():
    assert refused(bytes.fromhex(VECTORS[0x01]), key=Key(KEY_ID, bytes(32)))


def test_key_of_another_id_does_not_open():
    assert refused(bytes.fromhex(VECTORS[0x01]), key=Key(PLACE.row_id, bytes(range(32))))


def test_ciphertext_made_for_two_keys_is_refused_before_it_is_decrypted(monkeypatch):
    first, second = KEY, Key(KEY_ID, bytes(range(1, 33)))
    crafted = opens_under_both(first, second, PLACE)
    assert len(open_sealed(first, PLACE, crafted.sealed)) == 16
    assert len(crafted.opened_by_second_without_commitment()) == 16  # plain GCM would have taken it

    def decrypt(*_):
        raise AssertionError("decrypted before the commitment was checked")

    monkeypatch.setattr(envelope, "associated_bytes", decrypt)
    assert refused(crafted.sealed, key=second)


def test_ten_thousand_envelopes_of_one_text_are_all_different():
    """S-05."""
    suite = SUITES[0x01]
    envelopes = [seal(KEY, PLACE, PLAINTEXT, suite) for _ in range(10_000)]
    assert len({sealed[20:52] for sealed in envelopes}) == 10_000
    assert len({sealed[84:] for sealed in envelopes}) == 10_000


def test_nobody_can_pass_in_a_salt_or_nonce():
    public = [f for name, f in inspect.getmembers(envelope, inspect.isfunction) if not name.startswith("_")]
    names = {name for function in public for name in inspect.signature(function).parameters}
    assert seal in public
    assert not names & {"salt", "nonce", "iv"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.from_regex(r"[0-9a-zA-Z一-龥]{0,20}", fullmatch=True),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.from_regex("[a-z]{1,5}", fullmatch=True), inner),
    max_leaves=12,
)


@given(json_values, st.sampled_from(list(SUITES.values())))
def test_any_json_value_comes_back(value, suite):
    sealed = seal_json(KEY, PLACE, value, suite)
    assert open_json(KEY, PLACE, sealed) == value


@given(st.text("宝", min_size=0, max_size=900))
def test_length_of_an_envelope_says_only_its_size_class(text):
    length = len(seal_json(KEY, PLACE, text, SUITES[0x01])) - 100
    assert length in (64, 128, 256, 512, 1024) or length % 1024 == 0


def test_absence_is_an_envelope_too():
    assert open_json(KEY, PLACE, seal_json(KEY, PLACE, None, SUITES[0x01])) is None


@pytest.mark.parametrize("content", [float("nan"), float("inf"), "\ud800", "e\u0301", {"note": "e\u0301"}])
def test_what_cannot_be_stored_exactly_is_refused(content):
    with pytest.raises(Invalid):
        seal_json(KEY, PLACE, content, SUITES[0x01])
