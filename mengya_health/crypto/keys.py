"""Where the root keys come from: a keyring file behind a passphrase, or the environment for development.

Only a provider touches the root key (K0). It also holds the key of the blind indexes and the key that signs
checkpoints. Whatever else is to be a provider must pass the same contract (tests/crypto/test_providers.py).
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from getpass import getpass
from pathlib import Path
from typing import Protocol, Self
from uuid import UUID

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw

from mengya_health.config import Settings
from mengya_health.crypto.envelope import Key, Place, key_id_of, new_key, unwrap_key, wrap_key
from mengya_health.crypto.private_files import read_passphrase, require_private, write_once
from mengya_health.crypto.signatures import public_key_of, signature_of
from mengya_health.crypto.suites import SUITES, Suite, suite_of
from mengya_health.db import new_id
from mengya_health.errors import IntegrityError, StartRefused

FILE_NAME = "keyring.json"
_FORMAT = 1
_EXPAND = SUITES[0x01]  # how keys are drawn from the passphrase or the environment, whatever they then seal with


class KeyProvider(Protocol):
    """What holds the root key, of which there may be several versions; the newest wraps."""

    index_key: Key
    index_version: int

    def current_kid(self) -> UUID:
        """Return the id of the newest root key."""

    def list_kids(self) -> list[UUID]:
        """Return the ids of all root keys, oldest first."""

    def wrap(self, kid: UUID, key: Key, place: Place) -> bytes:
        """Return `key` sealed under the root key `kid`, bound to `place`."""

    def unwrap(self, id: UUID, sealed: bytes, place: Place) -> Key:
        """Return the key `id`; raises IntegrityError for another place, another root key or changed bytes."""

    def log_public_key(self) -> bytes:
        """Return the Ed25519 public key that checkpoints are verified with."""

    def sign_log(self, message: bytes) -> bytes:
        """Return the Ed25519 signature of a checkpoint."""


@dataclass(frozen=True)
class PassphraseCost:
    """What one guess at the passphrase costs. The default took 144 ms where it was chosen."""

    time_cost: int = 3
    memory_kib: int = 64 * 1024
    lanes: int = 1


class _HeldKeys:
    """A provider whose keys are held in memory once it is open."""

    def __init__(self, roots: list[Key], index_key: Key, index_version: int, log_key: Key, suite: Suite) -> None:
        self._roots = {root.id: root for root in roots}
        self.index_key, self.index_version = index_key, index_version
        self._log_key, self._suite = log_key, suite

    def current_kid(self) -> UUID:
        return list(self._roots)[-1]

    def list_kids(self) -> list[UUID]:
        return list(self._roots)

    def wrap(self, kid: UUID, key: Key, place: Place) -> bytes:
        return wrap_key(self._root(kid), place, key, self._suite)

    def unwrap(self, id: UUID, sealed: bytes, place: Place) -> Key:
        return unwrap_key(self._root(UUID(bytes=key_id_of(sealed))), place, id, sealed)

    def log_public_key(self) -> bytes:
        return public_key_of(self._log_key._secret)

    def sign_log(self, message: bytes) -> bytes:
        return signature_of(self._log_key._secret, message)

    def _root(self, kid: UUID) -> Key:
        if kid not in self._roots:
            raise IntegrityError
        return self._roots[kid]


class FileKeyring(_HeldKeys):
    """The keyring of one machine: one JSON file, mode 0600, in a folder of mode 0700 outside the data."""

    @classmethod
    def open(cls, folder: Path, passphrase: str, *, data_dir: Path) -> Self:
        """Return the keyring in `folder`; raises StartRefused, and writes nothing either way."""
        _refuse_beside_data(folder, data_dir)
        file = folder / FILE_NAME
        require_private(folder)
        require_private(file)
        stored = _read_keyring(file)
        try:
            return cls._unlock(stored, passphrase)
        except IntegrityError as error:
            raise StartRefused(
                "打不开密钥环：口令不对，或文件被改动过。请核对口令文件（MENGYA_PASSPHRASE_FILE）。",
                "The keyring does not open: wrong passphrase, or a changed file. Check MENGYA_PASSPHRASE_FILE.",
            ) from error
        except (KeyError, TypeError, ValueError, IndexError, HashingError) as error:
            raise _damaged(file) from error

    @classmethod
    def _unlock(cls, stored: dict, passphrase: str) -> Self:
        ring, suite = UUID(stored["id"]), SUITES[stored["suite"]]
        lock = _passphrase_key(ring, passphrase, bytes.fromhex(stored["salt"]), PassphraseCost(**stored["cost"]))
        roots = [_unwrap_entry(lock, ring, "root", entry) for entry in stored["root"]]
        by_id = {root.id_bytes: root for root in roots}

        def under_root(kind: str) -> Key:
            entry = stored[kind][-1]
            return _unwrap_entry(by_id[key_id_of(bytes.fromhex(entry["wrapped"]))], ring, kind, entry)

        return cls(roots, under_root("index"), stored["index"][-1]["version"], under_root("log"), suite)


def create_keyring(
    folder: Path,
    passphrase: str,
    *,
    data_dir: Path,
    cost: PassphraseCost = PassphraseCost(),
    suite_id: int = 0x01,
) -> None:
    """Make a new keyring in `folder`; raises StartRefused where one exists already or the place is not fit."""
    _refuse_beside_data(folder, data_dir)
    if not passphrase:
        raise StartRefused("口令不能是空的。", "The passphrase may not be empty.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    require_private(folder)
    write_once(folder / FILE_NAME, json.dumps(_new_keyring(passphrase, cost, suite_of(suite_id)), indent=1))


def has_keyring(folder: Path) -> bool:
    """Return whether there is a keyring in `folder`, fit to open or not."""
    return (folder / FILE_NAME).exists()


class EnvKeyring(_HeldKeys):
    """Root keys drawn from MENGYA_ROOT_KEY (64 hex digits), for development and continuous integration."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], *, production: bool, suite_id: int = 0x01) -> Self:
        """Return the keyring; raises StartRefused in production unless MENGYA_ALLOW_ENV_KEY=1."""
        if production and environ.get("MENGYA_ALLOW_ENV_KEY") != "1":
            raise StartRefused(
                "正式环境不从环境变量读主密钥。请用密钥环文件，或明确设置 MENGYA_ALLOW_ENV_KEY=1。",
                "Production takes no root key from the environment. Use a keyring file, or set MENGYA_ALLOW_ENV_KEY=1.",
            )
        try:
            secret = bytes.fromhex(environ["MENGYA_ROOT_KEY"])
        except (KeyError, ValueError):
            secret = b""
        if len(secret) != 32:
            raise StartRefused(
                "MENGYA_ROOT_KEY 要写 64 位十六进制数字。", "MENGYA_ROOT_KEY must be 64 hexadecimal digits."
            )

        def drawn(name: str) -> Key:
            id = UUID(bytes=_EXPAND.expand(secret, f"txda/env/id/{name}".encode(), 16))
            return Key(id, _EXPAND.expand(secret, f"txda/env/key/{name}".encode(), 32))

        return cls([drawn("root")], drawn("index"), 1, drawn("log"), suite_of(suite_id))


def provider_for(settings: Settings, environ: Mapping[str, str], ask: Callable[[str], str] = getpass) -> KeyProvider:
    """Return the open key provider of this installation; raises StartRefused."""
    if "MENGYA_ROOT_KEY" in environ:
        return EnvKeyring.from_environ(environ, production=settings.is_production, suite_id=settings.suite)
    require_keyring(settings.keyring_dir)
    passphrase = read_passphrase(settings.passphrase_file, ask)
    return FileKeyring.open(settings.keyring_dir, passphrase, data_dir=settings.data_dir)


def require_keyring(folder: Path) -> None:
    """Raise StartRefused where there is no keyring."""
    if not has_keyring(folder):
        raise StartRefused(
            f"没有找到密钥环 {folder / FILE_NAME}。第一次使用请运行 mengya init；否则请设置 MENGYA_KEYRING。",
            f"No keyring at {folder / FILE_NAME}. Run mengya init for a first start, or set MENGYA_KEYRING.",
        )


def _refuse_beside_data(folder: Path, data_dir: Path) -> None:
    # A backup of the data must never carry its keys along.
    keys, data = folder.resolve(), data_dir.resolve()
    if keys.is_relative_to(data) or data.is_relative_to(keys):
        raise StartRefused(
            f"密钥环目录 {folder} 不能和数据目录 {data_dir} 放在一起。请用 MENGYA_KEYRING 指到别处。",
            f"The keyring folder {folder} may not share a tree with the data in {data_dir}. Set MENGYA_KEYRING.",
        )


def _read_keyring(file: Path) -> dict:
    try:
        stored = json.loads(file.read_bytes())
    except ValueError as error:
        raise _damaged(file) from error
    if not isinstance(stored, dict) or stored.get("format") != _FORMAT:
        raise _damaged(file)
    return stored


def _damaged(file: Path) -> StartRefused:
    return StartRefused(
        f"密钥环 {file} 是空的或已损坏。请从密钥备份恢复，不要新建：新的密钥打不开旧数据。",
        f"The keyring {file} is empty or damaged. Restore it from the key backup; a new one cannot open old data.",
    )


def _new_keyring(passphrase: str, cost: PassphraseCost, suite: Suite) -> dict:
    ring, salt = new_id(), os.urandom(16)
    root, index, log = (new_key(new_id()) for _ in range(3))
    lock = _passphrase_key(ring, passphrase, salt, cost)
    public = public_key_of(log._secret).hex()
    return {
        "format": _FORMAT,
        "id": str(ring),
        "suite": suite.id,
        "salt": salt.hex(),
        "cost": vars(cost),
        "root": [_entry(lock, ring, "root", root, suite)],
        "index": [_entry(root, ring, "index", index, suite) | {"version": 1}],
        "log": [_entry(root, ring, "log", log, suite) | {"public": public}],
    }


def _entry(wrapping: Key, ring: UUID, kind: str, key: Key, suite: Suite) -> dict:
    return {"id": str(key.id), "wrapped": wrap_key(wrapping, _entry_place(ring, kind, key.id), key, suite).hex()}


def _unwrap_entry(wrapping: Key, ring: UUID, kind: str, entry: dict) -> Key:
    id = UUID(entry["id"])
    return unwrap_key(wrapping, _entry_place(ring, kind, id), id, bytes.fromhex(entry["wrapped"]))


def _entry_place(ring: UUID, kind: str, key_id: UUID) -> Place:
    return Place("keyring", kind, key_id, ring)


def _passphrase_key(ring: UUID, passphrase: str, salt: bytes, cost: PassphraseCost) -> Key:
    secret = hash_secret_raw(
        passphrase.encode(), salt, cost.time_cost, cost.memory_kib, cost.lanes, hash_len=32, type=Type.ID
    )
    return Key(ring, secret)
