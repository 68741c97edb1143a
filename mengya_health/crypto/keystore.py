"""The keystore: data keys per child and class, read for each piece of work and never kept beyond it.

Its transactions are its own. Data keys are committed first, then the data: a key without data harms nobody, data
without its key would be lost.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Self
from uuid import UUID

from sqlalchemy import Engine, Row, insert, inspect, select

from mengya_health.crypto.blind_index import BlindIndex
from mengya_health.crypto.envelope import Key, Place, new_key, unwrap_key, wrap_key
from mengya_health.crypto.keys import KeyProvider
from mengya_health.crypto.models import Dek, KeystoreBase, WrappingKey
from mengya_health.crypto.suites import Suite, suite_of
from mengya_health.db import new_id
from mengya_health.errors import IntegrityError, StartRefused

CHILD_CLASSES = ("identity", "health", "behaviour", "family", "special")
USER_CLASSES = ("user",)

_DEK_COLUMNS = select(Dek.subject_id, Dek.key_class, Dek.id, Dek.version, Dek.wrapping_key_id, Dek.wrapped).order_by(
    Dek.version
)


@dataclass(frozen=True)
class LogKey:
    """What signs checkpoints. The private half stays with the provider, which may be a machine of its own."""

    public: bytes  # Ed25519
    sign: Callable[[bytes], bytes] = field(repr=False)


class DataKeys:
    """The data keys of some subjects, each unwrapped when it is first used."""

    def __init__(self, wrapping_keys: dict[UUID, Key]) -> None:
        self._wrapping_keys = wrapping_keys
        self._newest: dict[tuple[UUID, str], Row] = {}
        self._stored: dict[bytes, Row] = {}
        self._open: dict[bytes, tuple[tuple[UUID, str], Key]] = {}

    def add(self, rows: Iterable[Row]) -> None:
        """Take in rows of `dek`, oldest version first."""
        for row in rows:
            self._newest[row.subject_id, row.key_class] = row
            self._stored[row.id.bytes] = row

    def newest(self, subject_id: UUID, key_class: str) -> Key:
        """Return the key to seal with; raises IntegrityError where there is none."""
        row = self._newest.get((subject_id, key_class))
        if row is None:
            raise IntegrityError
        return self.named(subject_id, key_class, row.id.bytes)

    def named(self, subject_id: UUID, key_class: str, key_id: bytes) -> Key:
        """Return the key an envelope names; raises IntegrityError unless it is this subject's for this class."""
        owner, key = self._open.get(key_id) or self._unwrap(key_id)
        if owner != (subject_id, key_class):
            raise IntegrityError
        return key

    def _unwrap(self, key_id: bytes) -> tuple[tuple[UUID, str], Key]:
        row = self._stored.get(key_id)
        wrapping = self._wrapping_keys.get(row.wrapping_key_id) if row else None
        if wrapping is None:
            raise IntegrityError
        place = _dek_place(row.id, row.subject_id, row.key_class, row.version)
        key = unwrap_key(wrapping, place, row.id, row.wrapped)
        self._open[key_id] = (row.subject_id, row.key_class), key
        return self._open[key_id]


class Keystore:
    """One open keystore. It holds the wrapping keys and the index key for as long as the process lives."""

    def __init__(
        self, engine: Engine, wrapping_keys: dict[UUID, Key], index: BlindIndex, suite: Suite, log_key: LogKey
    ) -> None:
        self.suite, self.index, self.log_key = suite, index, log_key
        self._engine = engine
        self._reading = engine.execution_options(writing=False)
        self._wrapping_keys = wrapping_keys
        self._subkeys: dict[str, list[Key]] = {}

    @classmethod
    def open(cls, engine: Engine, provider: KeyProvider, *, suite_id: int = 0x01) -> Self:
        """Return the keystore with its wrapping keys unwrapped; raises StartRefused."""
        suite = suite_of(suite_id)
        index = BlindIndex(provider.index_key, provider.index_version, suite)
        log_key = LogKey(provider.log_public_key(), provider.sign_log)
        return cls(engine, _wrapping_keys(engine, provider), index, suite, log_key)

    def create_keys(self, subject_id: UUID, classes: Sequence[str] = CHILD_CLASSES) -> None:
        """Make and commit the data keys of a child or a user that is about to be stored."""
        self.create_keys_of([subject_id], classes)

    def create_keys_of(self, subject_ids: Iterable[UUID], classes: Sequence[str] = CHILD_CLASSES) -> None:
        """Make and commit the data keys of many at once."""
        rows = [self._new_dek(subject_id, key_class) for subject_id in subject_ids for key_class in classes]
        if rows:
            with self._engine.begin() as connection:
                connection.execute(insert(Dek), rows)

    def keys_for(self, subject_ids: Iterable[UUID]) -> list[Row]:
        """Return the stored (wrapped) data keys of all these subjects, in one statement."""
        with self._reading.connect() as connection:
            return list(connection.execute(_DEK_COLUMNS.where(Dek.subject_id.in_(list(subject_ids)))))

    def data_keys(self) -> DataKeys:
        """Return an empty set of data keys, to be filled for one piece of work."""
        return DataKeys(self._wrapping_keys)

    def subkeys(self, info: str) -> list[Key]:
        """Return the key for a purpose of the whole deployment, drawn from each wrapping key, newest first."""
        if info not in self._subkeys:
            newest_first = reversed(self._wrapping_keys.values())
            self._subkeys[info] = [key.subkey(info, self.suite) for key in newest_first]
        return self._subkeys[info]

    def dispose(self) -> None:
        """Give back every connection."""
        self._engine.dispose()

    def _new_dek(self, subject_id: UUID, key_class: str) -> dict:
        key = new_key(new_id())
        wrapping_id, wrapping = list(self._wrapping_keys.items())[-1]
        place = _dek_place(key.id, subject_id, key_class, 1)
        return {
            "id": key.id,
            "subject_id": subject_id,
            "key_class": key_class,
            "version": 1,
            "wrapping_key_id": wrapping_id,
            "wrapped": wrap_key(wrapping, place, key, self.suite),
        }


def create_keystore(engine: Engine, provider: KeyProvider) -> None:
    """Make the tables and the first wrapping key where they are missing; changes nothing where they are not."""
    KeystoreBase.metadata.create_all(engine)
    with engine.begin() as connection:
        if connection.execute(select(WrappingKey.id)).first():
            return
        key, root_id = new_key(new_id()), provider.current_kid()
        wrapped = provider.wrap(root_id, key, _wrapping_place(key.id, 1))
        connection.execute(insert(WrappingKey).values(id=key.id, version=1, root_id=root_id, wrapped=wrapped))


def _wrapping_keys(engine: Engine, provider: KeyProvider) -> dict[UUID, Key]:
    """Return the unwrapped wrapping keys, oldest first."""
    reading = engine.execution_options(writing=False)
    with reading.connect() as connection:
        made = inspect(connection).has_table(WrappingKey.__tablename__)
        newest_last = select(WrappingKey.id, WrappingKey.version, WrappingKey.wrapped).order_by(WrappingKey.version)
        rows = connection.execute(newest_last).all() if made else []
    if not rows:
        raise StartRefused(
            "密钥库是空的。第一次使用请运行 mengya init；否则请从密钥备份恢复密钥库。",
            "The keystore is empty. Run mengya init for a first start, or restore the keystore from its backup.",
        )
    try:
        return {row.id: provider.unwrap(row.id, row.wrapped, _wrapping_place(row.id, row.version)) for row in rows}
    except IntegrityError as error:
        raise StartRefused(
            "密钥环和密钥库不是一套。请检查 MENGYA_KEYRING 指的是不是这个系统的密钥环。",
            "The keyring does not belong to this keystore. Check what MENGYA_KEYRING points to.",
        ) from error


def _dek_place(id: UUID, subject_id: UUID, key_class: str, version: int) -> Place:
    return Place("keystore.dek", key_class, id, subject_id, version)


def _wrapping_place(id: UUID, version: int) -> Place:
    return Place("keystore.wrapping_key", "wrapped", id, id, version)
