"""Whether the rows of the record are what the history says about them, child by child. No key is needed for it."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Row, Select, literal, select

from mengya_health.care.models import CaseStep
from mengya_health.crypto.signatures import verify_signature
from mengya_health.history.canonical import time_text
from mengya_health.history.chain_check import STREAMED, Chain, Told
from mengya_health.history.faults import Fault
from mengya_health.history.merkle import Digest
from mengya_health.people.models import Child, Consent, Relationship
from mengya_health.record.models import Entry, Revision
from mengya_health.signing.models import Signature


def _was_written(event: Told, author_id: UUID, at: datetime) -> bool:
    return event.actor == str(author_id) and event.at == time_text(at)


def _revision_agrees(_chain: Chain, event: Told, row: Row) -> bool:
    return _was_written(event, row.author_id, row.recorded_at)


def _signature_holds(chain: Chain, event: Told, row: Row) -> bool:
    """Whether the signature was made over its statement, and the statement says what the row and the history say.

    One that a passkey made is held by the commitment in the history; it is verified where it is read.
    """
    if row.level == "L1" and not verify_signature(row.public_key, row.statement, row.signature):
        return False
    try:
        said = json.loads(row.statement)
    except ValueError:
        return False
    signed = {"child": str(chain.child_id), "rec": str(row.entry_id), "rec_ver": row.version, "nonce": row.nonce.hex()}
    signed |= {"capacity": row.capacity, "decision": row.decision, "level": row.level, "at": time_text(row.signed_at)}
    signed |= {"signer": str(row.signer_id)}
    entry = next((each for each in chain.events if (each.rec, each.rec_ver) == (row.entry_id.bytes, row.version)), None)
    signed |= {"commit": entry.commit.hex() if entry and entry.commit else ""}
    # What had happened until then is part of what was signed: a chain written anew does not lead there.
    is_known = bytes.fromhex(said.get("chain_head", "")) in {b"", *chain.hashes[: event.seq - 1]}
    return is_known and all(said.get(name) == value for name, value in signed.items())


@dataclass(frozen=True)
class Kind:
    """A kind of record that the history tells of: its rows, how a row's commitment is made, what else must agree.

    Rows begin with child_id, the record's id and its version. `keeps_versions`: every version has a row of its own.
    """

    rec_type: str
    rows: Select
    commit: Callable[[Digest, Row], bytes]
    keeps_versions: bool = False
    agrees: Callable[[Chain, Told, Row], bool] = lambda _chain, _event, _row: True
    fault: str = "record_changed"


KINDS = (
    Kind(
        "entry",
        select(
            *(Revision.child_id, Revision.entry_id, Revision.version),
            *(Revision.commit, Revision.author_id, Revision.recorded_at),
        ),
        lambda _digest, row: row.commit,
        keeps_versions=True,
        agrees=_revision_agrees,
    ),
    Kind(
        "signature",
        select(
            *(Signature.child_id, Signature.id, literal(1)),
            *(Signature.statement, Signature.signature, Signature.public_key, Signature.level, Signature.entry_id),
            *(Signature.version, Signature.signer_id, Signature.capacity, Signature.decision, Signature.nonce),
            Signature.signed_at,
        ),
        lambda digest, row: digest(row.statement + row.signature),
        agrees=_signature_holds,
        fault="signature_changed",
    ),
    Kind("child", select(Child.id, Child.id, Child.body_version, Child.body), lambda digest, row: digest(row.body)),
    Kind(
        "relationship",
        select(Relationship.child_id, Relationship.id, Relationship.row_version, Relationship.seal),
        lambda _digest, row: row.seal,
    ),
    Kind(
        "consent",
        select(Consent.child_id, Consent.id, Consent.row_version, Consent.seal),
        lambda _digest, row: row.seal,
    ),
    Kind(
        "case_step",
        select(CaseStep.child_id, CaseStep.id, literal(1), CaseStep.body),
        lambda digest, row: digest(row.body),
    ),
)
_ENTRIES = select(Entry.child_id, Entry.id, Entry.current_version, Entry.author_id, Entry.recorded_at)


class RecordCheck:
    """Reads the records in the order of their children, beside the chains."""

    def __init__(self, connection: Connection, digest: Digest, child_id: UUID | None = None) -> None:
        self._digest = digest
        self._rows = {kind.rec_type: _InOrder(connection, kind.rows, child_id) for kind in KINDS}
        self._entries = _InOrder(connection, _ENTRIES, child_id)
        self.records = 0

    def of(self, chain: Chain) -> Iterator[Fault]:
        """Return what is wrong with the records of a child, and with those of children nothing is known of before it.

        Where the chain itself is broken off, what came after is not known, so its records are not looked at.
        """
        by_type = defaultdict(list)
        for told in chain.events:
            by_type[told.rec_type].append(told)
        is_whole = chain.fault is None or not chain.fault.what.startswith("event_")
        for kind in KINDS:
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
            rec, version, record = row[1].bytes, row[2], f"{kind.rec_type} {row[1]}"
            event = expected.pop((rec, version), None)
            if event is None and (rec, version) in versions:
                last = newest[rec]
                expected.pop((rec, last.rec_ver), None)
                yield Fault("record_put_back", chain.child_id, last.seq, record)
            elif event is None:
                yield Fault("record_unknown", chain.child_id, record=record)
            elif event.commit != kind.commit(self._digest, row) or not kind.agrees(chain, event, row):
                yield Fault(kind.fault, chain.child_id, event.seq, record)
        for (rec, _version), event in expected.items():
            yield Fault("record_missing", chain.child_id, event.seq, f"{kind.rec_type} {UUID(bytes=rec)}")


class _InOrder:
    """The rows of a statement, handed out child by child."""

    def __init__(self, connection: Connection, rows: Select, child_id: UUID | None) -> None:
        child = rows.selected_columns[0]
        chosen = rows.order_by(child) if child_id is None else rows.where(child == child_id)
        self._rows = iter(connection.execute(chosen, execution_options=STREAMED))
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
        elif not _was_written(first[entry.id.bytes], entry.author_id, entry.recorded_at):
            yield Fault("record_changed", child_id, first[entry.id.bytes].seq, record)
    for rec, last in newest.items():
        yield Fault("record_missing", child_id, last.seq, f"entry {UUID(bytes=rec)}")
