"""The data keys of some subjects, each unwrapped when it is first used."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Row

from mengya_health.crypto.envelope import Key, Place, unwrap_key
from mengya_health.crypto.suites import SUITES, Suite
from mengya_health.errors import IntegrityError, SectionClosed


class ClosedClass(NamedTuple):
    """A class of a child's record that nobody reads any more: destroyed on a day, or only stored until one."""

    key_class: str
    destroyed_at: datetime | None
    sealed_until: date | None


class DataKeys:
    """The data keys of some subjects, each unwrapped when it is first used."""

    def __init__(self, wrapping_key: Callable[[UUID], Key], *, opens_sealed: bool = False) -> None:
        self._wrapping_key, self._opens_sealed = wrapping_key, opens_sealed
        self._newest: dict[tuple[UUID, str], Row] = {}
        self._stored: dict[bytes, Row] = {}
        self._open: dict[bytes, tuple[tuple[UUID, str], Key]] = {}
        self._ended: set[bytes] = set()
        self._closed: dict[tuple[UUID, str], ClosedClass] = {}

    def add(self, rows: Iterable[Row]) -> None:
        """Take in the keys of subjects, oldest version first."""
        for row in rows:
            if row.ended_at or row.sealed_until:
                closed = ClosedClass(row.key_class, row.ended_at, row.sealed_until)
                self._closed[row.subject_id, row.key_class] = closed
            if row.ended_at:
                self._ended.add(row.id.bytes)
            else:
                self._newest[row.subject_id, row.key_class] = row
                self._stored[row.id.bytes] = row

    def closed_of(self, subject_id: UUID) -> tuple[ClosedClass, ...]:
        """Return the classes of a subject that were destroyed, or are only stored any more."""
        return tuple(closed for (owner, _class), closed in self._closed.items() if owner == subject_id)

    def newest(self, subject_id: UUID, key_class: str) -> Key:
        """Return the key to seal with; raises IntegrityError where there is none."""
        return self.named(subject_id, key_class, self._newest_row(subject_id, key_class).id.bytes)

    def suite_of_newest(self, subject_id: UUID, key_class: str) -> Suite:
        """Return the suite to seal with; raises IntegrityError where there is no key."""
        return SUITES[self._newest_row(subject_id, key_class).suite]

    def versions(self, subject_id: UUID, key_class: str) -> list[Key]:
        """Return every version of a key, newest first."""
        rows = [row for row in self._stored.values() if (row.subject_id, row.key_class) == (subject_id, key_class)]
        return [self.named(subject_id, key_class, row.id.bytes) for row in reversed(rows)]

    def replacement_of(self, key_id: bytes) -> str | None:
        """Return the class whose newest key is to take this one's place; None where this is the newest, or destroyed.

        Raises IntegrityError for a key that is not here.
        """
        if key_id in self._ended:
            return None
        row = self._stored.get(key_id)
        if row is None:
            raise IntegrityError
        return None if self._newest[row.subject_id, row.key_class] is row else row.key_class

    def named(self, subject_id: UUID, key_class: str, key_id: bytes) -> Key:
        """Return the key an envelope names; raises IntegrityError unless it is this subject's for this class.

        Raises SectionClosed where the class was destroyed or is only stored any more.
        """
        if self._closed:
            self._require_open(subject_id, key_class)
        owner, key = self._open.get(key_id) or self._unwrap(key_id)
        if owner != (subject_id, key_class):
            raise IntegrityError
        return key

    def _newest_row(self, subject_id: UUID, key_class: str) -> Row:
        self._require_open(subject_id, key_class)
        row = self._newest.get((subject_id, key_class))
        if row is None:
            raise IntegrityError
        return row

    def _require_open(self, subject_id: UUID, key_class: str) -> None:
        closed = self._closed.get((subject_id, key_class))
        if closed and (closed.destroyed_at or not self._opens_sealed):
            raise SectionClosed(key_class, closed.sealed_until)

    def _unwrap(self, key_id: bytes) -> tuple[tuple[UUID, str], Key]:
        row = self._stored.get(key_id)
        if row is None:
            raise IntegrityError
        place = dek_place(row.id, row.subject_id, row.key_class, row.version)
        key = unwrap_key(self._wrapping_key(row.wrapping_key_id), place, row.id, row.wrapped)
        self._open[key_id] = (row.subject_id, row.key_class), key
        return self._open[key_id]


def dek_place(id: UUID, subject_id: UUID, key_class: str, version: int) -> Place:
    """Return where the envelope of a data key lives."""
    return Place("keystore.dek", key_class, id, subject_id, version)
