"""Passwords and PINs: what is stored, what is refused, and how many are hashed at once."""

import multiprocessing
import threading
import time
from datetime import date

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from mengya_health.crypto.passwords import HashCost, Passwords, check_password, check_pin, common_passwords
from mengya_health.errors import Invalid, Unavailable

CHEAP = HashCost(time_cost=1, memory_kib=8)
GOOD = "早上八点 量体温 晒太阳"


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    return Passwords(CHEAP)


def test_password_fits_its_own_hash_only(passwords):
    stored = passwords.hash(GOOD)
    assert GOOD not in stored
    assert passwords.verify(stored, GOOD).ok
    assert not passwords.verify(stored, GOOD + " ").ok


def test_hash_costs_the_agreed_argon2_by_default():
    stored = Passwords().hash(GOOD)
    assert stored.startswith("$argon2id$v=19$m=65536,t=2,p=1$")
    assert Passwords().verify(stored, GOOD).ok


def test_hash_made_at_another_cost_asks_to_be_made_anew(passwords):
    stored = passwords.hash(GOOD)
    assert not passwords.verify(stored, GOOD).needs_rehash
    assert Passwords(HashCost(time_cost=2, memory_kib=8)).verify(stored, GOOD).needs_rehash


def test_damaged_hash_fits_nothing(passwords):
    assert not passwords.verify("", GOOD).ok
    assert not passwords.verify("$argon2id$v=19$m=8,t=1,p=1$", GOOD).ok


def test_composed_and_decomposed_characters_are_the_same_password(passwords):
    assert passwords.verify(passwords.hash("caf\u00e9 am Morgen"), "cafe\u0301 am Morgen").ok


def test_unknown_user_costs_one_hash_too(passwords, monkeypatch):
    done = []
    monkeypatch.setattr(PasswordHasher, "hash", lambda _, secret: done.append(secret) or "")
    passwords.verify_nothing(GOOD)
    assert done == [GOOD]


def test_who_waits_too_long_is_told_to_come_again():
    hasher = Passwords(CHEAP, longest_wait_s=0.01)
    inside, leave = threading.Event(), threading.Event()

    def hold():
        with hasher._one_at_a_time():
            inside.set()
            leave.wait(5)

    holder = threading.Thread(target=hold)
    holder.start()
    inside.wait(5)
    with pytest.raises(Unavailable):
        hasher.hash(GOOD)
    leave.set()
    holder.join()
    assert hasher.verify(hasher.hash(GOOD), GOOD).ok


def test_the_line_is_one_for_all_processes_and_who_dies_in_it_lets_go(tmp_path):
    shared = {"longest_wait_s": 0.05, "turn_file": tmp_path / "turn"}
    forking = multiprocessing.get_context("fork")
    inside = forking.Event()

    def hold():
        with Passwords(CHEAP, **shared)._one_at_a_time():
            inside.set()
            time.sleep(60)

    holder = forking.Process(target=hold)
    holder.start()
    assert inside.wait(30)
    with pytest.raises(Unavailable):
        Passwords(CHEAP, **shared).hash(GOOD)
    holder.kill()
    holder.join()
    assert Passwords(CHEAP, **shared).hash(GOOD)


@pytest.mark.parametrize("secret", [GOOD, "correct horse battery", "Liu-yue-de-feng 6", "x7#Kd9!mQw2z"])
def test_good_password_is_taken(secret):
    assert check_password(secret, is_staff=True) is None


@pytest.mark.parametrize(
    ("secret", "is_staff"),
    [
        ("x7#Kd9!mQw2", True),
        ("x7#Kd9!", False),
        ("ab3$" * 33, False),
        ("password1234", True),
        ("PASSWORD1234", True),
        ("sunshine", False),
        ("123456789012", True),
        ("abcdefghijkl", True),
        ("aaaaaaaaaaaaa", True),
        ("qw3qw3qw3qw3", True),
        ("tongxin2026!", True),
        ("童馨童馨2026童馨88", True),
        ("Mengya-2026-11-21", True),
        ("doctor.li 2026", True),
    ],
)
def test_easily_guessed_password_is_refused(secret, is_staff):
    with pytest.raises(Invalid) as refused:
        check_password(secret, is_staff=is_staff, context_words=("doctor.li", ""))
    assert list(refused.value.fields) == ["password"]


def test_list_of_common_passwords_is_long_enough():
    assert len(common_passwords()) >= 10_000
    assert {"password", "iloveyou", "1qaz2wsx", "#1pimp"} <= common_passwords()
    assert not any(word.startswith("# ") for word in common_passwords())


@pytest.mark.parametrize("pin", ["274913", "905836", "461738"])
def test_good_pin_is_taken(pin):
    assert check_pin(pin, [date(2024, 3, 5)]) is None


@pytest.mark.parametrize(
    "pin",
    ["", "12345", "1234567", "12a456", "１２３４５６", "123456", "012345", "567890", "987654", "543210"]
    + ["111111", "112211", "121212", "274274", "868686"]
    + ["901231", "240305", "000229", "050324", "030524", "202403"],
)
def test_guessable_pin_is_refused(pin):
    with pytest.raises(Invalid) as refused:
        check_pin(pin, [date(2024, 3, 5)])
    assert list(refused.value.fields) == ["pin"]


@given(st.dates(date(1930, 1, 1), date(2026, 12, 31)))
def test_no_birth_date_is_taken_as_pin(born):
    with pytest.raises(Invalid):
        check_pin(born.strftime("%y%m%d"))
