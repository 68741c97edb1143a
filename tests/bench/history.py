"""How long `verify --no-keys` takes over a history of many events, each about a revision that is there."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from time import monotonic, process_time
from uuid import UUID

import pysqlite3

from mengya_health import db
from mengya_health.crypto.sealing import Keys
from mengya_health.db import new_id
from mengya_health.history.canonical import event_bytes
from mengya_health.history.checkpoints import make_checkpoint
from mengya_health.history.tree_check import Signer
from mengya_health.operations import upgrading
from mengya_health.operations.verifying import Report, verify
from tests.crypto.keyring import a_keystore

EVENTS_OF_A_CHILD = 20
AT_ONCE = 20_000
AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
STORED_AT = "2026-11-21 08:00:00.000000"
BODY = bytes(400)  # about what a short note takes, sealed; never opened here


@dataclass(frozen=True)
class Measured:
    """What one verification took, and what it said."""

    events: int
    seconds: float  # on the clock, with whatever else the machine did
    cpu_seconds: float
    report: Report


def measure(folder: Path, events: int) -> Measured:
    """Make a history of so many events in `folder`, checkpoint it, and verify it without keys."""
    engine = db.make_engine(f"sqlite:///{folder / 'history.db'}")
    upgrading.upgrade(engine)
    engine.dispose()  # the rows are written past it
    _fill(folder / "history.db", events)
    keystore = a_keystore(folder)
    deployment_id = new_id()
    with db.open_session(engine, writing=True) as session:
        keys = Keys(keystore)
        made = make_checkpoint(
            session, keys, deployment_id=deployment_id, at=AT, erasures=bytes(32), audit_leaf=lambda *_: None
        )
        session.commit()
    signer = Signer(deployment_id, keystore.log_key.public)
    start_s, start_cpu_s = monotonic(), process_time()
    with engine.execution_options(writing=False).connect() as connection:
        report = verify(connection, keystore.hash_suite.digest, signer, keystore=None)
    seconds, cpu_seconds = monotonic() - start_s, process_time() - start_cpu_s
    engine.dispose()
    if report.faults or made.size != events:
        raise AssertionError(f"{made.size} events: {report.faults[:3]}")
    return Measured(events, seconds, cpu_seconds, report)


def _fill(file: Path, events: int) -> None:
    connection = pysqlite3.connect(file)
    connection.executescript("PRAGMA synchronous=OFF; PRAGMA foreign_keys=OFF")
    rows = _rows(events)
    while some := list(islice(rows, AT_ONCE)):
        for table in ("child", "entry", "revision", "history_event", "history_head"):
            chosen = [values for name, values in some if name == table]
            if chosen:
                marks = ", ".join("?" * len(chosen[0]))
                columns = ", ".join(f'"{column}"' for column in COLUMNS[table])
                connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", chosen)  # noqa: S608
    connection.commit()
    connection.close()


COLUMNS = {
    "child": (
        "id", "number", "organisation_id", "birth_ym", "status", "body", "retention_class", "created_at",
        "body_version", "seal", "row_version",
    ),
    "entry": (
        "id", "child_id", "section", "kind", "status", "author_id", "author_role", "happened_on", "recorded_at",
        "current_version", "retention_class", "row_version",
    ),
    "revision": (
        "entry_id", "version", "child_id", "section", "body", "commit", "author_id", "author_role", "recorded_at",
    ),
    "history_event": ("child_id", "child_seq", "event", "rec", "rec_ver", "commit", "prev", "hash"),
    "history_head": ("child_id", "child_seq", "hash", "at", "seal"),
}  # fmt: skip


def _rows(events: int) -> Iterator[tuple[str, tuple]]:
    """Yield rows of every table, child by child: the child itself, then its entries."""
    author, place = new_id(), new_id()
    while events > 0:
        child = new_id()
        hash = sha256(b"txda/chain/1\0" + child.bytes).digest()
        count = min(EVENTS_OF_A_CHILD, events)
        for seq in range(1, count + 1):
            rec = child if seq == 1 else new_id()
            yield from _record(child, rec, seq, author, place)
            commit = sha256(BODY).digest()
            said = {"rec_type": "child" if seq == 1 else "entry", "rec_ver": 1, "op": "create", "commit": commit}
            event = event_bytes(actor=author, at=AT, child_id=child, child_seq=seq, rec=rec, **said)
            prev, hash = hash, sha256(b"txda/event/1\0" + hash + event).digest()
            yield "history_event", (child.bytes, seq, event, rec.bytes, 1, commit, prev, hash)
        yield "history_head", (child.bytes, count, hash, STORED_AT, bytes(32))
        events -= count


def _record(child: UUID, rec: UUID, seq: int, author: UUID, place: UUID) -> Iterator[tuple[str, tuple]]:
    if seq == 1:
        number = f"B{child.hex[-20:]}"
        yield (
            "child",
            (child.bytes, number, place.bytes, "2025-11", "active", BODY, "identity", STORED_AT, 1, bytes(32), 1),
        )
        return
    of_entry = (rec.bytes, child.bytes, "health", "advice", "active", author.bytes, "doctor", "2026-11-21")
    yield "entry", (*of_entry, STORED_AT, 1, "health", 1)
    commit = sha256(BODY).digest()
    yield "revision", (rec.bytes, 1, child.bytes, "health", BODY, commit, author.bytes, "doctor", STORED_AT)


def line(measured: Measured) -> str:
    """Return the figure for the printed table."""
    counted = json.dumps(measured.report.counts)
    per_million = measured.cpu_seconds / measured.events * 1_000_000
    return (
        f"verify --no-keys, {measured.events} events: {measured.seconds:.1f} s, {measured.cpu_seconds:.1f} s of CPU; "
        f"{per_million:.0f} s of CPU for a million (limit 60)  {counted}"
    )
