"""Whether the rows of the record are what the history says about them, child by child. No key is needed for it."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import chain as joined
from uuid import UUID

from sqlalchemy import Connection, Row, Select
from sqlalchemy.orm import Session

from mengya_health.history.chain_check import STREAMED, Chain, Told
from mengya_health.history.faults import Fault
from mengya_health.history.merkle import Digest
from mengya_health.operations.record_kinds import ENTRIES, Kind, kinds_of, was_written


class RecordCheck:
    """Reads the records in the order of their children, beside the chains."""

    def __init__(
        self, connection: Connection, digest: Digest, deployment_id: UUID, child_id: UUID | None = None
    ) -> None:
        self._digest, self._kinds = digest, kinds_of(deployment_id)
        session = Session(connection)
        self._rows = {kind.rec_type: _InOrder(session, kind.rows, child_id) for kind in self._kinds}
        self._entries = _InOrder(session, ENTRIES, child_id)
        self.records = 0

    def of(self, chain: Chain) -> Iterator[Fault]:
        """Return what is wrong with the records of a child, and with those of children nothing is known of before it.

        Where the chain itself is broken off, what came after is not known, so its records are not looked at.
        """
        by_type = defaultdict(list)
        for told in chain.events:
            by_type[told.rec_type].append(told)
        is_whole = chain.fault is None or not chain.fault.what.startswith("event_")
        for kind in self._kinds:
            unknown, rows = self._rows[kind.rec_type].up_to(chain.child_id)
            yield from _unknown(kind.rec_type, unknown)
            self.records += len(rows)
            if is_whole:
                yield from self._of_kind(kind, chain, by_type[kind.rec_type], rows)
        unknown, rows = self._entries.up_to(chain.child_id)
        yield from _unknown("entry", unknown)
        if is_whole:
            yield from _entry_faults(chain.child_id, by_type["entry"], rows)

    def rest(self) -> Iterator[Fault]:
        """Return the records of children behind the last chain: nobody knows of them."""
        for name, rows in (*self._rows.items(), ("entry", self._entries)):
            yield from _unknown(name, rows.rest())

    def _of_kind(self, kind: Kind, chain: Chain, told: list[Told], rows: list[Row]) -> Iterator[Fault]:
        versions = {(each.rec, each.rec_ver): each for each in told}
        newest = {each.rec: each for each in told}
        expected = (
            dict(versions) if kind.keeps_versions else {(each.rec, each.rec_ver): each for each in newest.values()}
        )
        for row in rows:
            rec, record = row[1].bytes, f"{kind.rec_type} {row[1]}"
            version, commit = kind.told(self._digest, row)
            event = expected.pop((rec, version), None)
            if event is None and (rec, version) in versions:
                last = newest[rec]
                expected.pop((rec, last.rec_ver), None)
                yield Fault("record_put_back", chain.child_id, last.seq, record)
            elif event is None:
                yield Fault("record_unknown", chain.child_id, record=record)
            elif event.commit != commit or not kind.agrees(self._digest, chain, event, row):
                yield Fault(kind.fault, chain.child_id, event.seq, record)
        for (rec, _version), event in expected.items():
            yield Fault("record_missing", chain.child_id, event.seq, f"{kind.rec_type} {UUID(bytes=rec)}")


class _InOrder:
    """The rows of a statement, handed out child by child."""

    def __init__(self, session: Session, rows: Select, child_id: UUID | None) -> None:
        child = rows.selected_columns[0]
        chosen = rows.order_by(child) if child_id is None else rows.where(child == child_id)
        self._rows = joined.from_iterable(session.execute(chosen, execution_options=STREAMED).partitions())
        self._next = next(self._rows, None)

    def up_to(self, child_id: UUID) -> tuple[list[Row], list[Row]]:
        """Return the rows of children before this one that nobody asked for, and those of this child."""
        return self._while(lambda child: child < child_id), self._while(lambda child: child == child_id)

    def rest(self) -> list[Row]:
        """Return the rows that are left."""
        return self._while(lambda child: True)

    def _while(self, holds: Callable[[UUID], bool]) -> list[Row]:
        found = []
        while self._next is not None and holds(self._next[0]):
            found.append(self._next)
            self._next = next(self._rows, None)
        return found


def _unknown(rec_type: str, rows: list[Row]) -> Iterator[Fault]:
    for row in rows:
        yield Fault("record_unknown", row[0], record=f"{rec_type} {row[1]}")


def _entry_faults(child_id: UUID, told: list[Told], entries: list[Row]) -> Iterator[Fault]:
    """Each entry stands at the version the history told last, and was written by whom and when it told first."""
    first = {each.rec: each for each in reversed(told)}
    newest = {each.rec: each for each in told}
    for entry in entries:
        record = f"entry {entry.id}"
        last = newest.pop(entry.id.bytes, None)
        if last is None:
            yield Fault("record_unknown", child_id, record=record)
        elif entry.current_version != last.rec_ver:
            yield Fault("record_put_back", child_id, last.seq, record)
        elif not was_written(first[entry.id.bytes], entry.author_id, entry.recorded_at):
            yield Fault("record_changed", child_id, first[entry.id.bytes].seq, record)
    for rec, last in newest.items():
        yield Fault("record_missing", child_id, last.seq, f"entry {UUID(bytes=rec)}")
