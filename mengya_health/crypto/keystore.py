"""The keystore: data keys per child and class, read for each piece of work and never kept beyond it.

Its transactions are its own. Data keys are committed first, then the data: a key without data harms nobody, data
without its key would be lost.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import NamedTuple, Self
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Date,
    Engine,
    LargeBinary,
    Row,
    bindparam,
    cast,
    delete,
    insert,
    inspect,
    literal,
    null,
    select,
    union_all,
    update,
)

from mengya_health.crypto.blind_index import BlindIndex
from mengya_health.crypto.data_keys import DataKeys, dek_place
from mengya_health.crypto.envelope import Key, Place, new_key, wrap_key
from mengya_health.crypto.keys import KeyProvider
from mengya_health.crypto.log_key import LogKey
from mengya_health.crypto.models import Dek, EndedKey, Profile, WrappingKey
from mengya_health.crypto.suites import SUITES, suite_of
from mengya_health.db import Id, UtcTime, new_id
from mengya_health.errors import IntegrityError, StartRefused

CHILD_CLASSES = ("identity", "health", "behaviour", "family", "special")
USER_CLASSES = ("user",)
_MOST_IN_A_LIST = 500  # of one statement


def _keys_of(is_wanted: Callable[[ColumnElement], ColumnElement]) -> CompoundSelect:
    """Return the statement for every key of some subjects; a destroyed one has its class and when that was, no more."""
    return union_all(
        select(
            Dek.subject_id, Dek.key_class, Dek.id, Dek.version, Dek.suite, Dek.wrapping_key_id, Dek.wrapped,
            Dek.sealed_until, cast(null(), UtcTime()).label("ended_at"),
        ).where(is_wanted(Dek.subject_id)),
        select(
            EndedKey.subject_id, EndedKey.key_class, EndedKey.id, literal(0), literal(0), cast(null(), Id()),
            cast(null(), LargeBinary()), cast(null(), Date()), EndedKey.ended_at,
        ).where(is_wanted(EndedKey.subject_id)),
    ).order_by("version")  # fmt: skip


_SUBJECTS, _SUBJECT = bindparam("subjects", type_=Id(), expanding=True), bindparam("subject", type_=Id())
_KEYS_OF = _keys_of(lambda column: column.in_(_SUBJECTS))
_KEYS_OF_ONE = _keys_of(lambda column: column == _SUBJECT)  # a list of one would be written into it anew each time


class KeyOwner(NamedTuple):
    """Whose a data key is, and whether it is still there."""

    subject_id: UUID
    key_class: str
    is_there: bool


class Keystore:
    """One open keystore. It holds the wrapping keys and the index key for as long as the process lives.

    `hash_suite` gives every digest, MAC and seal, and stays what it was when the deployment was made; `write_suite` is
    what new data keys seal with.
    """

    def __init__(self, engine: Engine, provider: KeyProvider) -> None:
        self._engine, self.provider = engine, provider
        self.log_key = LogKey(provider.log_public_key(), provider.sign_log)
        self._reading = engine.execution_options(writing=False)
        self._subkeys: dict[str, list[Key]] = {}
        # By seal the table and columns it was found to hold for: the same row on the next page need not be hashed
        # again. Ids, kinds and dates, nothing sealed; forgotten with the keys it was made with.
        self.seals_seen: dict[bytes, tuple[str, tuple]] = {}
        self._wrapping_keys = _wrapping_keys(engine, provider)
        profile = self._profile()
        self.hash_suite, self.write_suite = SUITES[profile.hash_suite], SUITES[profile.write_suite]
        self.index = BlindIndex(provider.index_key, provider.index_version, self.hash_suite)

    @classmethod
    def open(cls, engine: Engine, provider: KeyProvider) -> Self:
        """Return the keystore with its wrapping keys unwrapped; raises StartRefused."""
        return cls(engine, provider)

    def refresh(self) -> bool:
        """Take in what another process made meanwhile; return whether there was a wrapping key we did not know."""
        known = set(self._wrapping_keys)
        with self._reading.connect() as connection:
            stored = set(connection.scalars(select(WrappingKey.id)))
        if stored != known:
            self._wrapping_keys = _wrapping_keys(self._engine, self.provider)
            self._subkeys, self.seals_seen = {}, {}
        self.write_suite = SUITES[self._profile().write_suite]
        return not stored <= known

    def create_keys(self, subject_id: UUID, classes: Sequence[str] = CHILD_CLASSES) -> None:
        """Make and commit the data keys of a child or a user that is about to be stored."""
        self.create_keys_of([subject_id], classes)

    def create_keys_of(self, subject_ids: Iterable[UUID], classes: Sequence[str] = CHILD_CLASSES) -> None:
        """Make and commit the data keys of many at once, under the newest wrapping key and with the suite of today."""
        self.refresh()
        rows = [self._new_dek(subject_id, key_class, 1) for subject_id in subject_ids for key_class in classes]
        if rows:
            with self._engine.begin() as connection:
                connection.execute(insert(Dek), rows)

    def renew_keys_of(self, subject_id: UUID, classes: Sequence[str]) -> None:
        """Make and commit a next version of a subject's keys; it seals from now on, and the old ones still open."""
        self.refresh()
        newest = {row.key_class: row for row in self.keys_for([subject_id]) if not row.ended_at}
        rows = [
            self._new_dek(subject_id, name, newest[name].version + 1) | {"sealed_until": newest[name].sealed_until}
            for name in classes
            if name in newest
        ]
        if rows:
            with self._engine.begin() as connection:
                connection.execute(insert(Dek), rows)

    def key_ids(self, subject_id: UUID, classes: Sequence[str]) -> list[UUID]:
        """Return the ids of a subject's data keys of these classes, every version."""
        of_classes = (Dek.subject_id == subject_id) & Dek.key_class.in_(classes)
        with self._reading.connect() as connection:
            return list(connection.scalars(select(Dek.id).where(of_classes)))

    def ended_ids(self, subject_id: UUID, classes: Sequence[str]) -> list[UUID]:
        """Return the ids of a subject's keys of these classes that were destroyed."""
        of_classes = (EndedKey.subject_id == subject_id) & EndedKey.key_class.in_(classes)
        with self._reading.connect() as connection:
            return list(connection.scalars(select(EndedKey.id).where(of_classes)))

    def owners_of(self, key_ids: Iterable[UUID]) -> dict[UUID, KeyOwner]:
        """Return whose each data key is, or was; nothing for one that was never here."""
        found, wanted = {}, list(key_ids)
        with self._reading.connect() as connection:
            for at in range(0, len(wanted), _MOST_IN_A_LIST):
                some = wanted[at : at + _MOST_IN_A_LIST]
                for model, is_there in ((EndedKey, False), (Dek, True)):
                    rows = connection.execute(
                        select(model.id, model.subject_id, model.key_class).where(model.id.in_(some))
                    )
                    found |= {row.id: KeyOwner(row.subject_id, row.key_class, is_there) for row in rows}
        return found

    def end_key(self, key_id: UUID, at: datetime) -> None:
        """Destroy and commit one data key; nothing where it is not there any more."""
        owner = self.owners_of([key_id])[key_id]
        if owner.is_there:
            with self._engine.begin() as connection:
                connection.execute(delete(Dek).where(Dek.id == key_id))
                end = {"subject_id": owner.subject_id, "key_class": owner.key_class, "ended_at": at}
                connection.execute(insert(EndedKey).values(id=key_id, **end))

    def end_keys(self, subject_id: UUID, classes: Sequence[str], at: datetime) -> None:
        """Destroy and commit the keys of a subject's classes; what they sealed is noise from now on, in every process.

        Run again it changes nothing.
        """
        of_classes = (Dek.subject_id == subject_id) & Dek.key_class.in_(classes)
        with self._engine.begin() as connection:
            rows = connection.execute(select(Dek.id, Dek.key_class).where(of_classes)).all()
            ends = [{"id": id, "subject_id": subject_id, "key_class": name, "ended_at": at} for id, name in rows]
            if ends:
                connection.execute(insert(EndedKey), ends)
                connection.execute(delete(Dek).where(of_classes))

    def seal_keys(self, subject_id: UUID, untils: Mapping[str, date]) -> None:
        """Let classes of a subject only be stored, each until its day; nothing seals or opens with their keys."""
        with self._engine.begin() as connection:
            for key_class, until in untils.items():
                of_class = (Dek.subject_id == subject_id) & (Dek.key_class == key_class)
                connection.execute(update(Dek).where(of_class).values(sealed_until=until))

    def keys_for(self, subject_ids: Iterable[UUID]) -> list[Row]:
        """Return the stored (wrapped) data keys of all these subjects, in one statement."""
        subjects = list(subject_ids)
        is_one = len(subjects) == 1
        statement, asked = (_KEYS_OF_ONE, {"subject": subjects[0]}) if is_one else (_KEYS_OF, {"subjects": subjects})
        with self._reading.connect() as connection:
            return list(connection.execute(statement, asked))

    def data_keys(self, *, opens_sealed: bool = False) -> DataKeys:
        """Return an empty set of data keys, to be filled for one piece of work."""
        return DataKeys(self.wrapping_key, opens_sealed=opens_sealed)

    def wrapping_key(self, id: UUID) -> Key:
        """Return a wrapping key, made by another process perhaps; raises IntegrityError where there is none."""
        if id not in self._wrapping_keys:
            self.refresh()
        if id not in self._wrapping_keys:
            raise IntegrityError
        return self._wrapping_keys[id]

    def newest_wrapping_key(self) -> Key:
        """Return the key that wraps."""
        return list(self._wrapping_keys.values())[-1]

    def subkeys(self, info: str) -> list[Key]:
        """Return the key for a purpose of the whole deployment, drawn from each wrapping key, newest first."""
        if info not in self._subkeys:
            newest_first = reversed(self._wrapping_keys.values())
            self._subkeys[info] = [key.subkey(info, self.hash_suite) for key in newest_first]
        return self._subkeys[info]

    def reading(self) -> Connection:
        """Return a connection whose transaction only reads, for what looks after the keys."""
        return self._reading.connect()

    def changing(self) -> AbstractContextManager[Connection]:
        """Return a connection whose transaction commits at its end, for what looks after the keys."""
        return self._engine.begin()

    def dispose(self) -> None:
        """Give back every connection."""
        self._engine.dispose()

    def _profile(self) -> Row:
        with self._reading.connect() as connection:
            return connection.execute(select(Profile.hash_suite, Profile.write_suite)).one()

    def _new_dek(self, subject_id: UUID, key_class: str, version: int) -> dict:
        key, wrapping = new_key(new_id()), self.newest_wrapping_key()
        return {
            "id": key.id,
            "subject_id": subject_id,
            "key_class": key_class,
            "version": version,
            "suite": self.write_suite.id,
            "wrapping_key_id": wrapping.id,
            "wrapped": wrap_key(wrapping, dek_place(key.id, subject_id, key_class, version), key, self.write_suite),
        }


def create_keystore(engine: Engine, provider: KeyProvider, *, suite_id: int = 0x01) -> None:
    """Make the first wrapping key and the profile where they are missing; changes nothing where they are not."""
    with engine.begin() as connection:
        if connection.execute(select(WrappingKey.id)).first():
            return
        add_wrapping_key(connection, provider, 1)
        suite = suite_of(suite_id)
        connection.execute(insert(Profile).values(id=1, hash_suite=suite.id, write_suite=suite.id))


def add_wrapping_key(connection: Connection, provider: KeyProvider, version: int) -> UUID:
    """Make a wrapping key, which wraps from now on, and return its id."""
    key, root_id = new_key(new_id()), provider.current_kid()
    wrapped = provider.wrap(root_id, key, wrapping_place(key.id, version))
    connection.execute(insert(WrappingKey).values(id=key.id, version=version, root_id=root_id, wrapped=wrapped))
    return key.id


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
        return {row.id: provider.unwrap(row.id, row.wrapped, wrapping_place(row.id, row.version)) for row in rows}
    except IntegrityError as error:
        raise StartRefused(
            "密钥环和密钥库不是一套。请检查 MENGYA_KEYRING 指的是不是这个系统的密钥环。",
            "The keyring does not belong to this keystore. Check what MENGYA_KEYRING points to.",
        ) from error


def wrapping_place(id: UUID, version: int) -> Place:
    """Return where the envelope of a wrapping key lives."""
    return Place("keystore.wrapping_key", "wrapped", id, id, version)
