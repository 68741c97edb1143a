"""The file keyring: it opens only where it is safe, and says what to do where it is not (S-09, S-10)."""

import copy
import json
import os
import pickle
import traceback
from pathlib import Path
from uuid import UUID

import pytest

from mengya_health.config import Settings, settings_from
from mengya_health.crypto.envelope import Key, Place, open_sealed, seal
from mengya_health.crypto.keys import (
    FILE_NAME,
    EnvKeyring,
    FileKeyring,
    create_keyring,
    provider_for,
    read_passphrase,
)
from mengya_health.crypto.suites import SUITES
from mengya_health.errors import IntegrityError, StartRefused
from tests.crypto.keyring import CHEAP, PASSPHRASE, a_keyring


def everything_in(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_refused(folder: Path, says: str, *, passphrase: str = PASSPHRASE, keys: str = "keys") -> None:
    before = everything_in(folder)
    with pytest.raises(StartRefused, match=says):
        FileKeyring.open(folder / keys, passphrase, data_dir=folder / "data")
    assert everything_in(folder) == before


def test_keyring_is_private_and_opens_with_its_passphrase(tmp_path):
    opened = a_keyring(tmp_path)
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "keys" / FILE_NAME).stat().st_mode & 0o777 == 0o600
    again = FileKeyring.open(tmp_path / "keys", PASSPHRASE, data_dir=tmp_path / "data")
    assert again.list_kids() == opened.list_kids()
    assert again.log_public_key() == opened.log_public_key()


def test_keyring_costs_the_agreed_argon2_by_default(tmp_path):
    create_keyring(tmp_path / "keys", PASSPHRASE, data_dir=tmp_path / "data")
    stored = json.loads((tmp_path / "keys" / FILE_NAME).read_text())
    assert stored["cost"] == {"time_cost": 3, "memory_kib": 65536, "lanes": 1}
    assert FileKeyring.open(tmp_path / "keys", PASSPHRASE, data_dir=tmp_path / "data").list_kids()


def test_keyring_file_open_to_others_is_refused(tmp_path):
    a_keyring(tmp_path)
    (tmp_path / "keys" / FILE_NAME).chmod(0o644)
    assert_refused(tmp_path, "chmod 600")


def test_keyring_folder_open_to_others_is_refused(tmp_path):
    a_keyring(tmp_path)
    (tmp_path / "keys").chmod(0o750)
    assert_refused(tmp_path, "chmod 700")


@pytest.mark.parametrize("keys", ["data", "data/keys", "."])
def test_keyring_in_one_tree_with_the_data_is_refused(tmp_path, keys):
    (tmp_path / "data" / "keys").mkdir(parents=True)
    assert_refused(tmp_path, "MENGYA_KEYRING", keys=keys)
    with pytest.raises(StartRefused, match="MENGYA_KEYRING"):
        create_keyring(tmp_path / keys, PASSPHRASE, data_dir=tmp_path / "data", cost=CHEAP)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"format": 1}'])
def test_empty_or_damaged_keyring_is_refused(tmp_path, content):
    a_keyring(tmp_path)
    (tmp_path / "keys" / FILE_NAME).write_text(content)
    assert_refused(tmp_path, "已损坏")


def test_wrong_passphrase_is_refused(tmp_path):
    a_keyring(tmp_path)
    assert_refused(tmp_path, "口令不对", passphrase=PASSPHRASE + " ")


@pytest.mark.parametrize("kind", ["root", "index", "log"])
def test_changed_entry_of_the_keyring_is_refused(tmp_path, kind):
    a_keyring(tmp_path)
    file = tmp_path / "keys" / FILE_NAME
    stored = json.loads(file.read_text())
    changed = bytearray.fromhex(stored[kind][0]["wrapped"])
    changed[-1] ^= 1
    stored[kind][0]["wrapped"] = changed.hex()
    file.write_text(json.dumps(stored))
    assert_refused(tmp_path, "被改动过")


def test_swapped_entries_of_the_keyring_are_refused(tmp_path):
    a_keyring(tmp_path)
    file = tmp_path / "keys" / FILE_NAME
    stored = json.loads(file.read_text())
    for field in ("id", "wrapped"):
        stored["index"][0][field], stored["log"][0][field] = stored["log"][0][field], stored["index"][0][field]
    file.write_text(json.dumps(stored))
    assert_refused(tmp_path, "被改动过")


def test_an_existing_keyring_is_never_replaced(tmp_path):
    a_keyring(tmp_path)
    before = everything_in(tmp_path)
    with pytest.raises(StartRefused, match="没有改动"):
        a_keyring(tmp_path)
    assert everything_in(tmp_path) == before


def test_keyring_file_holds_no_key_in_the_clear(tmp_path):
    opened = a_keyring(tmp_path)
    stored = (tmp_path / "keys" / FILE_NAME).read_text()
    held = [*opened._roots.values(), opened.index_key, opened._log_key]
    assert not any(key._secret.hex() in stored for key in held)


def settings(folder: Path, **environ: str) -> Settings:
    return settings_from(
        {"MENGYA_ENV": "test", "MENGYA_KEYRING": str(folder / "keys"), **environ}, data_dir=folder / "data"
    )


def test_installation_opens_its_keyring_with_the_passphrase_file(tmp_path):
    a_keyring(tmp_path)
    file = tmp_path / "passphrase"
    file.touch(0o600)
    file.write_text(PASSPHRASE + "\n")
    assert provider_for(settings(tmp_path, MENGYA_PASSPHRASE_FILE=str(file)), {}).list_kids()


def test_installation_without_a_keyring_is_told_to_run_init(tmp_path):
    with pytest.raises(StartRefused, match="mengya init"):
        provider_for(settings(tmp_path), {})


def test_passphrase_file_open_to_others_is_refused(tmp_path):
    file = tmp_path / "passphrase"
    file.write_text(PASSPHRASE)
    file.chmod(0o644)
    with pytest.raises(StartRefused, match="chmod 600"):
        read_passphrase(file)


def test_without_passphrase_file_or_terminal_the_start_is_refused():
    with pytest.raises(StartRefused, match="MENGYA_PASSPHRASE_FILE"):
        read_passphrase(None)


ENVIRON = {"MENGYA_ROOT_KEY": "5a" * 32}


def test_environment_key_is_refused_in_production_unless_allowed():
    with pytest.raises(StartRefused, match="MENGYA_ALLOW_ENV_KEY"):
        EnvKeyring.from_environ(ENVIRON, production=True)
    assert EnvKeyring.from_environ(ENVIRON | {"MENGYA_ALLOW_ENV_KEY": "1"}, production=True).list_kids()


@pytest.mark.parametrize("value", ["", "5a", "zz" * 32, "5a" * 33])
def test_environment_key_of_another_shape_is_refused(value):
    with pytest.raises(StartRefused, match="64"):
        EnvKeyring.from_environ({"MENGYA_ROOT_KEY": value}, production=False)


def test_environment_gives_the_same_keys_each_time(tmp_path):
    first = provider_for(settings(tmp_path), ENVIRON)
    second = EnvKeyring.from_environ(ENVIRON, production=False)
    assert first.list_kids() == second.list_kids()
    assert first.log_public_key() == second.log_public_key()


SECRET = os.urandom(32)
SECRET_KEY = Key(UUID(int=7), SECRET)


def assert_silent(text: str) -> None:
    forms = (SECRET.hex(), repr(SECRET)[2:-1], str(list(SECRET)))
    assert not any(form in text for form in forms)


def test_a_key_shows_only_its_id():
    assert repr(SECRET_KEY) == f"<Key {UUID(int=7)}>"
    for text in (str(SECRET_KEY), f"{SECRET_KEY}", f"{SECRET_KEY!r:>90}", str([SECRET_KEY]), format(SECRET_KEY)):
        assert_silent(text)
    assert not hasattr(SECRET_KEY, "__dict__")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_key_is_never_pickled(protocol):
    with pytest.raises(TypeError) as caught:
        pickle.dumps(SECRET_KEY, protocol)
    assert_silent(str(caught.value))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_key_is_never_copied(copied):
    with pytest.raises(TypeError):
        copied(SECRET_KEY)


def test_a_traceback_with_all_local_names_shows_no_key_bytes():
    place = Place("entry", "body", UUID(int=1), UUID(int=2))
    sealed = seal(SECRET_KEY, place, b"{}", SUITES[0x01])
    with pytest.raises(IntegrityError) as caught:
        open_sealed(SECRET_KEY, place._replace(column="other"), sealed)
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    record_key = SUITES[0x01].expand(SECRET, b"txda/rec/1" + sealed[:52], 32)
    text = "".join(told.format())
    assert_silent(text)
    assert record_key.hex() not in text
    assert repr(record_key)[2:-1] not in text
