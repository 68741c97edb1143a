"""Blind indexes: the published vector, normal forms, scopes, and a thief without the key (S-19 to S-21, S-23)."""

import hashlib
import hmac
import unicodedata
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mengya_health.crypto.blind_index import (
    BlindIndex,
    first_bits,
    initials_of,
    normal_id_number,
    normal_initials,
    normal_name,
    normal_phone,
)
from mengya_health.crypto.envelope import Key
from mengya_health.crypto.suites import SUITES
from mengya_health.errors import Invalid

INDEX = BlindIndex(Key(UUID(int=1), bytes(range(32))), 1, SUITES[0x01])
CLINIC, NURSERY = UUID(int=10), UUID(int=11)
ID_NUMBER = "310101202001011239"  # made up, with a right check digit


def test_index_is_the_published_vector():
    assert INDEX.id_number(ID_NUMBER).hex() == "02de92264e4a4b591a50e344dc2d5934"


def test_sm3_profile_gives_another_index_of_the_same_shape():
    index = BlindIndex(Key(UUID(int=1), bytes(range(32))), 1, SUITES[0x11])
    assert len(index.id_number(ID_NUMBER)) == 16
    assert index.id_number(ID_NUMBER) != INDEX.id_number(ID_NUMBER)


@pytest.mark.parametrize(
    "typed",
    [
        " 310101202001011239 ",
        "310101 20200101 1239",
        "３１０１０１２０２００１０１１２３９",
        "310101\u3000202001011239",
    ],
)
def test_every_way_of_typing_an_id_number_is_found(typed):
    assert INDEX.id_number(typed) == INDEX.id_number(ID_NUMBER)


def test_small_x_is_the_check_digit_ten():
    assert normal_id_number("11010519491231002x") == "11010519491231002X"  # the example of GB 11643


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "310101202001011238",
        "31010120200101123",
        "3101012020010112399",
        "31010120200101123X",
        "310101202013011230",
        "310101200101123",
        "31010120200101123a",
        "010101202001011239",
        "31010120200101123٩",
    ],
)
def test_id_number_that_cannot_be_right_is_refused_and_not_indexed(typed):
    with pytest.raises(Invalid) as refused:
        INDEX.id_number(typed)
    assert list(refused.value.fields) == ["id_no"]


@given(st.integers(0, 16), st.integers(1, 9))
def test_any_one_wrong_digit_of_an_id_number_is_noticed(position, step):
    wrong = str((int(ID_NUMBER[position]) + step) % 10)
    with pytest.raises(Invalid):
        normal_id_number(ID_NUMBER[:position] + wrong + ID_NUMBER[position + 1 :])


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("13800138000", "8613800138000"),
        ("+86 138-0013-8000", "8613800138000"),
        ("0086 13800138000", "8613800138000"),
        ("8613800138000", "8613800138000"),
        ("１３８００１３８０００", "8613800138000"),
        ("021-6123 4567", "862161234567"),
        ("(021)61234567", "862161234567"),
        ("+1 (415) 555-0100", "14155550100"),
    ],
)
def test_phone_is_indexed_by_its_international_digits(typed, digits):
    assert normal_phone(typed) == digits


@pytest.mark.parametrize("typed", ["", "12", "138001380001234567", "一三八", "+", "138 0013 800a"])
def test_what_is_no_phone_number_is_refused(typed):
    with pytest.raises(Invalid) as refused:
        INDEX.phone(typed, CLINIC)
    assert list(refused.value.fields) == ["phone"]


def test_phone_has_another_index_in_another_organisation_and_an_id_number_has_not():
    """S-20."""
    assert INDEX.phone("13800138000", CLINIC) != INDEX.phone("13800138000", NURSERY)
    assert INDEX.phone("13800138000", CLINIC) == INDEX.phone("+86 138 0013 8000", CLINIC)


@pytest.mark.parametrize("typed", ["阿依古丽·买买提", "阿依古丽•买买提", "阿依古丽 买买提", "阿依古丽・买买提 "])
def test_dots_and_spaces_in_a_name_do_not_matter(typed):
    assert INDEX.name(typed, CLINIC) == INDEX.name("阿依古丽买买提", CLINIC)


def test_decomposed_and_full_width_letters_of_a_name_do_not_matter():
    assert normal_name(unicodedata.normalize("NFD", "Zoé")) == normal_name("Ｚｏé") == "Zoé"


@given(st.text(max_size=12))
def test_normalising_a_name_twice_changes_nothing_more(text):
    assert normal_name(normal_name(text)) == normal_name(text)


def test_names_share_512_buckets_so_that_an_index_alone_tells_little():
    tags = {INDEX.name(f"样本{number}", CLINIC) for number in range(6000)}
    assert 500 < len(tags) <= 512
    assert all(len(tag) == 2 and tag[1] & 0x7F == 0 for tag in tags)


@pytest.mark.parametrize(
    ("name", "initials"),
    [("王小明", "wxm"), ("陈喆", "cz"), ("Amy陈", "amyc"), ("阿依古丽·买买提", "aygl"), ("张３", "z")],
)
def test_initials_are_those_of_the_pinyin(name, initials):
    assert any(letters.startswith(initials) for letters in initials_of(name))


def test_a_polyphonic_surname_is_found_by_each_reading():
    assert {"dxy", "cxy", "sxy"} <= set(initials_of("单小雨"))
    found = INDEX.initials("单小雨", CLINIC)
    assert {INDEX.typed_initials(letters, CLINIC) for letters in ("sxy", "DXY", " d x y", "ｄｘｙ")} <= set(found)


def test_readings_of_a_name_are_capped():
    assert len(initials_of("单曾解仇朴查盖区" * 2)) <= 16


@given(st.text(max_size=6))
def test_initials_of_anything_are_small_letters(text):
    assert all(letters == normal_initials(letters) for letters in initials_of(text))


def test_sign_in_name_is_found_in_any_case_and_width():
    assert INDEX.login(" Doctor.Li ") == INDEX.login("ｄｏｃｔｏｒ．ｌｉ")
    assert INDEX.login("doctor.li") != INDEX.login("doctor.l1")


@given(st.binary(min_size=32, max_size=32), st.integers(1, 128))
def test_a_cut_tag_keeps_its_first_bits(tag, bits):
    cut = first_bits(tag, bits)
    whole = int.from_bytes(tag)
    assert int.from_bytes(cut) >> (len(cut) * 8 - bits) == whole >> (256 - bits)


def test_thief_without_the_key_confirms_no_guess():
    """S-21: 100,000 likely numbers against the stored tag, by plain hashes and by keys one might guess."""
    stored = BlindIndex(Key(UUID(int=1), bytes(31) + b"\x07"), 1, SUITES[0x01]).id_number(ID_NUMBER)
    guesses = [f"3101012020{day:04}{serial:03}9".encode() for day in range(101, 351) for serial in range(100, 500)]
    guesses.append(ID_NUMBER.encode())
    info = b"txda/bidx/1|child|id_no|deployment|1"
    keys = (b"", bytes(32), b"mengya", info, SUITES[0x01].expand(bytes(32), info, 32))
    for guess in guesses:
        assert hashlib.sha256(guess).digest()[:16] != stored
        assert all(hmac.digest(key, guess, "sha256")[:16] != stored for key in keys)
