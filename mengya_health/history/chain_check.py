"""Whether each child's chain holds, read from end to end as it is stored.

Plain columns and no mapped objects: a district's history has a million events.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, bindparam, select, text

from mengya_health.crypto.sealing import Keys
from mengya_health.db import Id
from mengya_health.history.faults import Fault
from mengya_health.history.merkle import Digest
from mengya_health.history.models import HistoryHead

_LINK = b"txda/event/1\0"
STREAMED = {"stream_results": True, "yield_per": 5000}  # a million rows are never held at once
_EVENTS = text(
    'SELECT child_id, child_seq, event, rec, rec_ver, "commit", prev, hash FROM history_event '
    "ORDER BY child_id, child_seq"
)
_EVENTS_OF_ONE = text(
    'SELECT child_id, child_seq, event, rec, rec_ver, "commit", prev, hash FROM history_event '
    "WHERE child_id = :child_id ORDER BY child_id, child_seq"
)
_HEAD = HistoryHead.__table__


class Told(NamedTuple):
    """What one event says about a record."""

    seq: int
    rec_type: str
    rec: bytes
    rec_ver: int
    commit: bytes | None
    op: str
    actor: str
    at: str


class Chain(NamedTuple):
    """One child's events as far as they hold, with the first thing that is wrong."""

    child_id: UUID
    events: list[Told]
    hashes: list[bytes]  # of those events; before them stands the start of the chain
    fault: Fault | None


class Head(NamedTuple):
    child_seq: int
    hash: bytes
    at: datetime
    seal: bytes


def chains(connection: Connection, digest: Digest, keys: Keys | None, child_id: UUID | None = None) -> Iterator[Chain]:
    """Return each child's chain, in the order of their ids; without `keys` the seals of the heads are not checked."""
    heads = _heads(connection, child_id)
    for child, rows in groupby(_rows(connection, child_id), key=lambda row: row[0]):
        yield _checked(digest, keys, as_uuid(child), rows, heads.pop(as_uuid(child), None))
    for child, head in heads.items():
        lost = Fault("event_missing", child, 1) if head.child_seq else None
        yield Chain(child, [], [], lost)


def as_bytes(id: UUID | bytes) -> bytes:
    """Return the 16 bytes of an id as either database stores it."""
    return id if isinstance(id, bytes) else id.bytes


def as_uuid(id: UUID | bytes) -> UUID:
    """Return an id as either database stores it."""
    return UUID(bytes=id) if isinstance(id, bytes) else id


def _rows(connection: Connection, child_id: UUID | None) -> Iterator[tuple]:
    wanted = _EVENTS
    if child_id is not None:
        wanted = _EVENTS_OF_ONE.bindparams(bindparam("child_id", child_id, type_=Id()))
    for rows in connection.execute(wanted, execution_options=STREAMED).partitions():
        yield from rows


def _heads(connection: Connection, child_id: UUID | None) -> dict[UUID, Head]:
    wanted = select(_HEAD.c.child_id, _HEAD.c.child_seq, _HEAD.c.hash, _HEAD.c.at, _HEAD.c.seal)
    if child_id is not None:
        wanted = wanted.where(_HEAD.c.child_id == child_id)
    return {row.child_id: Head(*row[1:]) for row in connection.execute(wanted.order_by(_HEAD.c.child_id))}


def _checked(digest: Digest, keys: Keys | None, child_id: UUID, rows: Iterator[tuple], head: Head | None) -> Chain:
    previous, child_text = digest(b"txda/chain/1\0" + child_id.bytes), str(child_id)
    events, hashes, last, fault = [], [], head.child_seq if head else 0, None
    for _child, seq, event, rec, rec_ver, commit, prev, hash in rows:
        expected = len(events) + 1
        if seq != expected:
            fault = Fault("event_missing" if seq > expected else "event_added", child_id, expected)
        elif head and seq > last:
            fault = Fault("event_added", child_id, seq)
        elif prev != previous or not isinstance(event, bytes) or digest(_LINK + previous + event) != hash:
            fault = Fault("event_changed", child_id, seq)
        else:
            told = _told(child_text, seq, event, as_bytes(rec), rec_ver, commit)
            fault = None if told else Fault("event_changed", child_id, seq)
        if fault:
            break
        events.append(told)
        hashes.append(hash)
        previous = hash
    return Chain(child_id, events, hashes, fault or _head_fault(keys, child_id, len(events), previous, head))


def _told(child_text: str, seq: int, event: bytes, rec: bytes, rec_ver: int, commit: bytes | None) -> Told | None:
    """Return what an event says; None unless the columns beside it repeat exactly that."""
    try:
        said = json.loads(event.decode())
        beside = (child_text, seq, rec.hex(), rec_ver, commit and commit.hex())
        same = beside == (
            said["child"], said["child_seq"], said["rec"].replace("-", ""), said["rec_ver"], said["commit"]
        )  # fmt: skip
        told = Told(seq, said["rec_type"], rec, rec_ver, commit, said["op"], said["actor"], said["at"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return told if same else None


def _head_fault(keys: Keys | None, child_id: UUID, count: int, hash: bytes, head: Head | None) -> Fault | None:
    if head is None:
        return Fault("head_missing", child_id, count)
    if head.child_seq > count:
        return Fault("event_missing", child_id, count + 1)
    if head.hash != hash:
        return Fault("head_changed", child_id, count)
    sealed = keys is None or keys.row_seal_holds(
        "history_head", head.seal, child_id, head.hash, head.at, head.child_seq
    )
    return None if sealed else Fault("head_changed", child_id, count)
