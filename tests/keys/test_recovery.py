"""S-15: two of three recovery codes open the keyring when its passphrase is lost; one never does."""

from itertools import combinations

import pytest

from mengya_health.crypto import file_keyring
from mengya_health.crypto.envelope import Place, new_key
from mengya_health.crypto.file_keyring import FILE_NAME, FileKeyring, check_codes, recover
from mengya_health.crypto.private_files import replace_private
from mengya_health.crypto.suites import SUITES
from mengya_health.db import new_id
from mengya_health.errors import IntegrityError, Invalid, StartRefused
from tests.crypto.keyring import CHEAP, PASSPHRASE, a_keyring

NEW = "另一个口令 another"


def reopened(tmp_path, passphrase=NEW) -> FileKeyring:
    return FileKeyring.open(tmp_path / "keys", passphrase, data_dir=tmp_path / "data")


def wrapped_by(keyring):
    place = Place("keystore.wrapping_key", "wrapped", new_id(), new_id())
    key = new_key(place.row_id)
    return key, keyring.wrap(keyring.current_kid(), key, place), place


@pytest.mark.parametrize("pair", list(combinations(range(3), 2)))
def test_any_two_codes_set_a_new_passphrase(tmp_path, pair):
    """S-15: A+B, A+C, B+C, in either order; the root keys, the index key and the log key are the same as before."""
    keyring = a_keyring(tmp_path)
    codes = keyring.new_codes()
    keyring.rotate()  # a root key made after the codes were printed is recovered, too
    key, wrapped, place = wrapped_by(keyring)
    chosen = [codes[position] for position in reversed(pair)]
    typed = [chosen[0].lower().replace("-", " "), chosen[1].replace("0", "O").replace("1", "l")]
    recover(tmp_path / "keys", typed, NEW, CHEAP)
    back = reopened(tmp_path)
    assert back.list_kids() == keyring.list_kids()
    assert back.unwrap(key.id, wrapped, place).mac(b"m", SUITES[1]) == key.mac(b"m", SUITES[1])
    assert back.index_key.mac(b"m", SUITES[1]) == keyring.index_key.mac(b"m", SUITES[1])
    assert back.log_public_key() == keyring.log_public_key()
    with pytest.raises(StartRefused, match="口令不对"):
        reopened(tmp_path, PASSPHRASE)


def test_one_code_and_a_wrong_one_open_nothing(tmp_path):
    """S-15: A alone, A twice, A with a B of another keyring."""
    (tmp_path / "other").mkdir()
    codes, others = a_keyring(tmp_path).new_codes(), a_keyring(tmp_path / "other").new_codes()
    before = (tmp_path / "keys" / FILE_NAME).read_bytes()
    for wrong in ([codes[0]], [codes[0], codes[0]], [codes[0], others[1]], []):
        with pytest.raises(Invalid):
            recover(tmp_path / "keys", wrong, NEW, CHEAP)
    assert (tmp_path / "keys" / FILE_NAME).read_bytes() == before


def test_a_slip_of_the_pen_is_named(tmp_path):
    codes = a_keyring(tmp_path).new_codes()
    slipped = codes[1][:-9] + ("7" if codes[1][-9] != "7" else "8") + codes[1][-8:]
    with pytest.raises(Invalid, match="恢复码 B"):
        check_codes(tmp_path / "keys", [codes[0], slipped])
    with pytest.raises(Invalid, match="不完整"):
        check_codes(tmp_path / "keys", [codes[0], codes[1][:-1]])


def test_checking_codes_changes_nothing_and_new_ones_end_the_old(tmp_path):
    keyring = a_keyring(tmp_path)
    with pytest.raises(Invalid, match="没有恢复码"):
        check_codes(tmp_path / "keys", ["A", "B"])
    old = keyring.new_codes()
    before = (tmp_path / "keys" / FILE_NAME).read_bytes()
    check_codes(tmp_path / "keys", list(old))
    assert (tmp_path / "keys" / FILE_NAME).read_bytes() == before
    new = keyring.new_codes()
    check_codes(tmp_path / "keys", list(new))
    for mixed in (old, (new[0], old[1], new[2])):
        with pytest.raises(Invalid):
            check_codes(tmp_path / "keys", list(mixed))


def test_no_code_stands_in_the_keyring(tmp_path):
    codes = a_keyring(tmp_path).new_codes()
    text = (tmp_path / "keys" / FILE_NAME).read_text().upper()
    for code in codes:
        assert code not in text
        assert code.replace("-", "")[1:] not in text


def test_a_changed_passphrase_opens_and_the_old_one_opens_until_it_is_changed(tmp_path, monkeypatch):
    """A crash while the file is written leaves the old file, which the old passphrase opens."""
    keyring = a_keyring(tmp_path)

    def crash(file, text):
        raise OSError("no room")

    monkeypatch.setattr(file_keyring, "replace_private", crash)
    with pytest.raises(OSError, match="no room"):
        keyring.change_passphrase(NEW, CHEAP)
    monkeypatch.setattr(file_keyring, "replace_private", replace_private)
    reopened(tmp_path, PASSPHRASE).change_passphrase(NEW, CHEAP)
    assert reopened(tmp_path).list_kids() == keyring.list_kids()
    with pytest.raises(StartRefused):
        reopened(tmp_path, PASSPHRASE)
    with pytest.raises(StartRefused):
        keyring.change_passphrase("", CHEAP)


def test_two_who_change_the_keyring_lose_neither_change(tmp_path):
    keyring = a_keyring(tmp_path)
    other = reopened(tmp_path, PASSPHRASE)
    first, second = keyring.rotate(), other.rotate()
    assert reopened(tmp_path, PASSPHRASE).list_kids()[1:] == [first, second]
    key, wrapped, place = wrapped_by(other)
    assert keyring.unwrap(key.id, wrapped, place).id == key.id  # made elsewhere meanwhile: read again


def test_a_destroyed_root_key_opens_nothing_any_more(tmp_path):
    keyring = a_keyring(tmp_path)
    codes = keyring.new_codes()
    key, wrapped, place = wrapped_by(keyring)
    old = keyring.current_kid()
    keyring.rotate()
    keyring.destroy(old)
    recover(tmp_path / "keys", list(codes[:2]), NEW, CHEAP)
    with pytest.raises(IntegrityError):
        reopened(tmp_path).unwrap(key.id, wrapped, place)


def test_the_keyring_changes_its_suite_as_a_whole(tmp_path):
    keyring = a_keyring(tmp_path)
    codes = keyring.new_codes()
    keyring.rotate()
    keyring.change_suite(SUITES[0x11])
    text = (tmp_path / "keys" / FILE_NAME).read_text()
    recover(tmp_path / "keys", list(codes[1:]), NEW, CHEAP)
    assert reopened(tmp_path).list_kids() == keyring.list_kids()
    # The pairs alone stay as they were: the codes are on paper.
    assert text.count('"54580101') == len(codes)
