"""The contract of a key provider. One behind a key service or a hardware module has to pass it too."""

from uuid import UUID

import pytest

from mengya_health.crypto.envelope import Place, new_key
from mengya_health.crypto.keys import EnvKeyring, KeyProvider
from mengya_health.crypto.signatures import verify_signature
from mengya_health.crypto.suites import SUITES
from mengya_health.db import new_id
from mengya_health.errors import IntegrityError
from tests.crypto.keyring import a_keyring


@pytest.fixture(params=["file", "file, SM4", "environment"])
def provider(request, tmp_path) -> KeyProvider:
    if request.param == "environment":
        return EnvKeyring.from_environ({"MENGYA_ROOT_KEY": "5a" * 32}, production=False)
    return a_keyring(tmp_path, suite_id=0x11 if "SM4" in request.param else 0x01)


@pytest.fixture
def place() -> Place:
    return Place("keystore.wrapping_key", "wrapped", new_id(), new_id())


def test_current_root_key_is_among_those_held(provider):
    assert provider.current_kid() in provider.list_kids()


def test_wrapped_key_comes_back_and_works(provider, place):
    key = new_key(place.row_id)
    back = provider.unwrap(key.id, provider.wrap(provider.current_kid(), key, place), place)
    assert back.id == key.id
    assert back.mac(b"message", SUITES[0x01]) == key.mac(b"message", SUITES[0x01])


def test_wrapping_twice_gives_different_bytes(provider, place):
    key, kid = new_key(place.row_id), provider.current_kid()
    assert provider.wrap(kid, key, place) != provider.wrap(kid, key, place)


def test_wrapped_key_is_bound_to_its_place(provider, place):
    key = new_key(place.row_id)
    wrapped = provider.wrap(provider.current_kid(), key, place)
    with pytest.raises(IntegrityError):
        provider.unwrap(key.id, wrapped, place._replace(content_version=2))


def test_unknown_root_key_is_refused(provider, place):
    with pytest.raises(IntegrityError):
        provider.wrap(UUID(int=1), new_key(place.row_id), place)


@pytest.mark.parametrize("position", [0, 3, 4, 20, 60, 90, -1])
def test_changed_wrapping_is_refused(provider, place, position):
    key = new_key(place.row_id)
    wrapped = bytearray(provider.wrap(provider.current_kid(), key, place))
    wrapped[position] ^= 1
    with pytest.raises(IntegrityError):
        provider.unwrap(key.id, bytes(wrapped), place)


def test_log_signature_is_verified_with_the_public_key(provider):
    signature = provider.sign_log(b"checkpoint")
    assert verify_signature(provider.log_public_key(), b"checkpoint", signature)
    assert not verify_signature(provider.log_public_key(), b"checkpoinT", signature)


def test_index_key_is_held_with_its_version(provider):
    assert provider.index_version == 1
    assert provider.index_key.id not in provider.list_kids()
