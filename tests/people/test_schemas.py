"""What people type about people, and what becomes of it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from mengya_health.errors import Invalid, Malformed
from mengya_health.people.facts import age_text
from mengya_health.people.numbers import check_digit, is_number, new_number
from mengya_health.people.schemas import ChildCorrection, ChildInput, InvitationInput

TYPED = {
    "name": "样本甲",
    "sex": "F",
    "birth_on": "2025-11-20",
    "gestational_weeks": "36",
    "gestational_days": "2",
    "birth_weight_kg": "2.60",
    "contact_name": "样本甲的妈妈",
    "contact_phone": "13800138000",
    "contact_relation": "mother",
}


def refused(**changed) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as error:
        ChildInput().load(TYPED | changed)
    return error.value.fields


def test_a_filled_form_loads_to_what_registering_takes():
    loaded = ChildInput().load(MultiDict(TYPED | {"csrf_token": "t", "idem_key": "k", "allergies": "  "}))
    assert loaded == {
        "name": "样本甲",
        "sex": "F",
        "birth_on": date(2025, 11, 20),
        "gestational_days": 254,
        "birth_weight_kg": "2.60",
        "id_no": None,
        "allergies": "",
        "contacts": [{"name": "样本甲的妈妈", "phone": "13800138000", "relation": "mother"}],
        "group_id": None,
    }


def test_everything_missing_is_named_at_once():
    with pytest.raises(Invalid) as error:
        ChildInput().load({})
    assert set(error.value.fields) == {
        "name", "sex", "birth_on", "contact_name", "contact_phone", "contact_relation",
    }  # fmt: skip


@pytest.mark.parametrize("typed", ["２．６０", "2。60", " 2.60 "])
def test_what_an_input_method_makes_of_a_decimal_counts_as_that_decimal(typed):
    assert ChildInput().load(TYPED | {"birth_weight_kg": typed})["birth_weight_kg"] == "2.60"


@pytest.mark.parametrize("typed", ["2,6", "26", "1e0", "NaN", "-2.6", "0.1", "2.6000", "两公斤六", "٢"])
def test_other_numbers_are_refused(typed):
    """S-64."""
    assert "birth_weight_kg" in refused(birth_weight_kg=typed)


def test_a_slipped_point_is_asked_about():
    assert "是不是 2.6？" in refused(birth_weight_kg="26")["birth_weight_kg"][0]


@pytest.mark.parametrize("typed", ["2025-11-20", "2025/11/20", "2025年11月20日", "２０２５．１１．２０"])
def test_a_date_may_be_written_in_several_ways(typed):
    assert ChildInput().load(TYPED | {"birth_on": typed})["birth_on"] == date(2025, 11, 20)


@pytest.mark.parametrize("typed", ["2025-02-30", "20251120", "昨天", "0000-01-01"])
def test_no_such_day_is_refused(typed):
    assert "birth_on" in refused(birth_on=typed)


@pytest.mark.parametrize("name", ["𠮷", "䶮", "㛃", "㼆", "𬱖", "𫖯", "龘", "喆", "堃", "阿依古丽·买买提"])
def test_a_rare_name_keeps_its_characters(name):
    assert ChildInput().load(TYPED | {"name": f" {name} "})["name"] == name


@pytest.mark.parametrize("name", ["样\u202e本", "样\x00本", "样\ud800本", "样\n本", "样" * 51, " "])
def test_a_name_with_control_or_half_characters_or_too_long_is_refused(name):
    """S-64: bidi overrides with them."""
    assert "name" in refused(name=name)


def test_an_id_number_must_be_right_and_agree_with_the_birth_date():
    assert ChildInput().load(TYPED | {"id_no": " 11010520251120002x "})["id_no"] == "11010520251120002X"
    assert "id_no" in refused(id_no="110105202511200020")
    assert "id_no" in refused(id_no="11010519491231002X")


@pytest.mark.parametrize(("phone", "is_one"), [("021-62530000", True), ("138 0013 8000", True), ("12345", False)])
def test_a_phone_number_has_the_shape_of_one(phone, is_one):
    if is_one:
        assert ChildInput().load(TYPED | {"contact_phone": phone})
    else:
        assert "contact_phone" in refused(contact_phone=phone)


def test_days_beyond_the_weeks_need_the_weeks():
    assert "gestational_weeks" in refused(gestational_weeks="")


@pytest.mark.parametrize("extra", [{"organisation_id": "1"}, {"row_version": "1"}, {"status": "active"}])
def test_a_field_that_is_not_on_the_form_is_refused(extra):
    with pytest.raises(Malformed):
        ChildInput().load(TYPED | extra)


def test_a_doubled_field_is_refused():
    with pytest.raises(Malformed):
        ChildInput().load(MultiDict([*TYPED.items(), ("name", "样本乙")]))


def test_a_correction_carries_the_version_it_was_opened_at():
    assert ChildCorrection().load(TYPED | {"row_version": "3"})["row_version"] == 3
    with pytest.raises(Malformed):
        ChildCorrection().load(TYPED | {"row_version": "3", "group_id": "1"})


def test_two_different_passwords_are_refused():
    typed = {
        "code": "34679-ACDEF",
        "birth_on": "2025-11-20",
        "name": "样本",
        "phone": "13800138000",
        "relation": "mother",
        "password": "小溪流过青石桥边",
        "password_again": "小溪流过青石桥头",
    }
    with pytest.raises(Invalid) as error:
        InvitationInput().load(typed)
    assert set(error.value.fields) == {"password_again"}
    loaded = InvitationInput().load(typed | {"password_again": typed["password"]})
    assert "password_again" not in loaded


def test_the_check_digit_is_that_of_the_published_example():
    assert check_digit("3101062026000123") == "1"
    assert is_number("TX3101062026000123-1")
    assert not is_number("TX3101062026000132-1")


@given(st.from_regex(r"[0-9]{6,12}", fullmatch=True), st.integers(2020, 2099), st.integers(2, 17), st.integers(1, 9))
def test_one_wrong_digit_never_passes_for_a_number(region, year, place, shift):
    number = new_number(region, year)
    assert is_number(number)
    wrong = str((int(number[place]) + shift) % 10)
    assert not is_number(number[:place] + wrong + number[place + 1 :])


@pytest.mark.parametrize(
    ("birth_on", "on", "said"),
    [
        (date(2026, 11, 1), date(2026, 11, 26), "25天"),
        (date(2024, 2, 29), date(2025, 2, 28), "12月"),
        (date(2025, 1, 31), date(2025, 3, 1), "1月1天"),
        (date(2023, 11, 23), date(2026, 11, 23), "3岁"),
    ],
)
def test_ages_are_said_as_clinics_say_them(birth_on, on, said):
    assert age_text(birth_on, on) == said
