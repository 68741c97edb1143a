"""The keyring of one machine: one JSON file, locked by a passphrase.

The passphrase locks the root keys (K0); the newest root key locks the index key and the key that signs checkpoints.
The file is only ever replaced as a whole, so a crash leaves the old one or the new one.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from uuid import UUID

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw

from mengya_health.crypto import recovery
from mengya_health.crypto.envelope import Key, Place, key_id_of, new_key, unwrap_key, wrap_key
from mengya_health.crypto.held_keys import HeldKeys
from mengya_health.crypto.private_files import alone_in, replace_private, require_private, write_once
from mengya_health.crypto.signatures import public_key_of
from mengya_health.crypto.suites import SUITES, Suite, suite_of
from mengya_health.db import new_id
from mengya_health.errors import IntegrityError, Invalid, NotNow, StartRefused

FILE_NAME = "keyring.json"
_FORMAT = 1


@dataclass(frozen=True)
class PassphraseCost:
    """What one guess at the passphrase costs. The default took 144 ms where it was chosen."""

    time_cost: int = 3
    memory_kib: int = 64 * 1024
    lanes: int = 1


class FileKeyring(HeldKeys):
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
            return cls(folder, stored, _lock_of(stored, passphrase))
        except IntegrityError as error:
            raise StartRefused(
                "打不开密钥环：口令不对，或文件被改动过。请核对口令文件（MENGYA_PASSPHRASE_FILE）。",
                "The keyring does not open: wrong passphrase, or a changed file. Check MENGYA_PASSPHRASE_FILE.",
            ) from error
        except (KeyError, TypeError, ValueError, IndexError, HashingError) as error:
            raise _damaged(file) from error

    def __init__(self, folder: Path, stored: dict, lock: Key) -> None:
        self._folder = folder
        self._take(stored, lock)

    def rotate(self) -> UUID:
        """Make a new root key, which locks index, log and recovery key from now on, and return its id."""
        root = new_key(new_id())

        def put(stored: dict) -> None:
            ring = UUID(stored["id"])
            stored["root"].append(_entry(self._lock, ring, "root", root, self.suite))
            for kind, key in (("index", self.index_key), ("log", self._log_key)):
                stored[kind][-1] |= _entry(root, ring, kind, key, self.suite)
            if "recovery" in stored:
                recovery.add_root(stored["recovery"], ring, self._roots, root, self.suite)

        self._rewrite(put)
        return root.id

    def destroy(self, kid: UUID) -> None:
        """Take an old root key out of the file. Whoever calls has seen that nothing is wrapped under it any more."""
        if kid == self.current_kid() or kid not in self._roots:
            raise NotNow(
                "只能销毁旧的主密钥；正在用的那个要先轮换。",
                "Only an old root key can be destroyed; rotate the one in use first.",
            )

        def put(stored: dict) -> None:
            stored["root"] = [entry for entry in stored["root"] if UUID(entry["id"]) != kid]
            if "recovery" in stored:
                recovery.drop_root(stored["recovery"], kid)

        self._rewrite(put)

    def change_passphrase(self, passphrase: str, cost: PassphraseCost = PassphraseCost()) -> None:
        """Lock the root keys with another passphrase; the old one opens the file until the moment it is replaced."""
        _require_passphrase(passphrase)

        def put(stored: dict) -> None:
            _lock_anew(stored, passphrase, cost, list(self._roots.values()), self.suite)

        self._rewrite(put, lock_of=lambda stored: _lock_of(stored, passphrase))

    def change_suite(self, suite: Suite) -> None:
        """Seal every key of the file with another suite."""

        def put(stored: dict) -> None:
            ring, roots = UUID(stored["id"]), list(self._roots.values())
            stored["root"] = [_entry(self._lock, ring, "root", root, suite) for root in roots]
            for kind, key in (("index", self.index_key), ("log", self._log_key)):
                stored[kind][-1] |= _entry(roots[-1], ring, kind, key, suite)
            if "recovery" in stored:
                recovery.reseal(stored["recovery"], ring, self._roots, suite)
            stored.setdefault("hash", stored["suite"])  # the history's, which stays what it was
            stored["suite"] = suite.id

        self._rewrite(put)

    def new_codes(self) -> tuple[str, ...]:
        """Make three recovery codes in place of those there were, and return them: they are stored nowhere."""
        made: list[str] = []

        def put(stored: dict) -> None:
            codes, stored["recovery"] = recovery.new_codes(UUID(stored["id"]), list(self._roots.values()), self.suite)
            made.extend(codes)

        self._rewrite(put)
        return tuple(made)

    def _take(self, stored: dict, lock: Key) -> None:
        ring = UUID(stored["id"])
        roots = [_unwrap_entry(lock, ring, "root", entry) for entry in stored["root"]]
        by_id = {root.id_bytes: root for root in roots}

        def under_root(kind: str) -> Key:
            entry = stored[kind][-1]
            return _unwrap_entry(by_id[key_id_of(bytes.fromhex(entry["wrapped"]))], ring, kind, entry)

        index, log = under_root("index"), under_root("log")
        super().__init__(roots, index, stored["index"][-1]["version"], log, SUITES[stored["suite"]])
        self._lock = lock

    def _rewrite(self, put: Callable[[dict], None], lock_of: Callable[[dict], Key] | None = None) -> None:
        """Change the file as a whole: `put` changes what was read. It is opened once before the old one gives way."""
        file = self._folder / FILE_NAME
        with alone_in(self._folder):
            stored = _read_keyring(file)
            self._take(stored, self._lock)  # somebody else may have changed it since it was opened
            put(stored)
            lock = lock_of(stored) if lock_of else self._lock
            FileKeyring(self._folder, stored, lock)
            replace_private(file, _text(stored))
            self._take(stored, lock)

    def _root(self, kid: UUID) -> Key:
        if kid not in self._roots:
            # Made by `mengya keys rotate` since this process began. A changed passphrase needs a new start.
            self._take(_read_keyring(self._folder / FILE_NAME), self._lock)
        return super()._root(kid)


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
    _require_passphrase(passphrase)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    require_private(folder)
    write_once(folder / FILE_NAME, _text(_new_keyring(passphrase, cost, suite_of(suite_id))))


def recover(folder: Path, codes: list[str], passphrase: str, cost: PassphraseCost = PassphraseCost()) -> None:
    """Lock the root keys with a new passphrase, by two recovery codes; raises Invalid for codes that do not open."""
    _require_passphrase(passphrase)
    file = folder / FILE_NAME
    with alone_in(folder):
        stored = _read_keyring(file)
        roots, suite = recovery.open_roots(_recovery_of(stored), UUID(stored["id"]), codes), SUITES[stored["suite"]]
        _lock_anew(stored, passphrase, cost, roots, suite)
        FileKeyring(folder, stored, _lock_of(stored, passphrase))
        replace_private(file, _text(stored))


def check_codes(folder: Path, codes: list[str]) -> None:
    """Raise Invalid unless every two of these recovery codes open the root keys; nothing is changed."""
    stored = _read_keyring(folder / FILE_NAME)
    for position in range(1, len(codes)):
        recovery.open_roots(_recovery_of(stored), UUID(stored["id"]), [codes[position - 1], codes[position]])
    if len(codes) == 3:
        recovery.open_roots(_recovery_of(stored), UUID(stored["id"]), [codes[0], codes[2]])


def has_keyring(folder: Path) -> bool:
    """Return whether there is a keyring in `folder`, fit to open or not."""
    return (folder / FILE_NAME).exists()


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


def _require_passphrase(passphrase: str) -> None:
    if not passphrase:
        raise StartRefused("口令不能是空的。", "The passphrase may not be empty.")


def _recovery_of(stored: dict) -> dict:
    if "recovery" not in stored:
        raise Invalid(
            "这个密钥环没有恢复码。请用口令打开，再运行 mengya keys new-codes。",
            "This keyring has no recovery codes. Open it with its passphrase and run mengya keys new-codes.",
        )
    return stored["recovery"]


def _read_keyring(file: Path) -> dict:
    try:
        stored = json.loads(file.read_bytes())
    except ValueError as error:
        raise _damaged(file) from error
    if not isinstance(stored, dict) or stored.get("format") != _FORMAT:
        raise _damaged(file)
    return stored


def _text(stored: dict) -> str:
    return json.dumps(stored, indent=1)


def _damaged(file: Path) -> StartRefused:
    return StartRefused(
        f"密钥环 {file} 是空的或已损坏。请从密钥备份恢复，不要新建：新的密钥打不开旧数据。",
        f"The keyring {file} is empty or damaged. Restore it from the key backup; a new one cannot open old data.",
    )


def _new_keyring(passphrase: str, cost: PassphraseCost, suite: Suite) -> dict:
    ring = new_id()
    root, index, log = (new_key(new_id()) for _ in range(3))
    public = public_key_of(log._secret).hex()
    stored = {
        "format": _FORMAT,
        "id": str(ring),
        "suite": suite.id,
        "index": [_entry(root, ring, "index", index, suite) | {"version": 1}],
        "log": [_entry(root, ring, "log", log, suite) | {"public": public}],
    }
    _lock_anew(stored, passphrase, cost, [root], suite)
    return stored


def _lock_anew(stored: dict, passphrase: str, cost: PassphraseCost, roots: list[Key], suite: Suite) -> None:
    stored |= {"salt": os.urandom(16).hex(), "cost": vars(cost)}
    lock = _lock_of(stored, passphrase)
    stored["root"] = [_entry(lock, UUID(stored["id"]), "root", root, suite) for root in roots]


def _lock_of(stored: dict, passphrase: str) -> Key:
    """Return the key that a passphrase gives, with the cost and the salt that stand in the file."""
    cost = PassphraseCost(**stored["cost"])
    salt = bytes.fromhex(stored["salt"])
    secret = hash_secret_raw(
        passphrase.encode(), salt, cost.time_cost, cost.memory_kib, cost.lanes, hash_len=32, type=Type.ID
    )
    return Key(UUID(stored["id"]), secret)


def _entry(wrapping: Key, ring: UUID, kind: str, key: Key, suite: Suite) -> dict:
    return {"id": str(key.id), "wrapped": wrap_key(wrapping, _entry_place(ring, kind, key.id), key, suite).hex()}


def _unwrap_entry(wrapping: Key, ring: UUID, kind: str, entry: dict) -> Key:
    id = UUID(entry["id"])
    return unwrap_key(wrapping, _entry_place(ring, kind, id), id, bytes.fromhex(entry["wrapped"]))


def _entry_place(ring: UUID, kind: str, key_id: UUID) -> Place:
    return Place("keyring", kind, key_id, ring)
