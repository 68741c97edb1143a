"""`mengya verify`: recompute everything the history promises, and name the first thing that does not hold."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, select
from sqlalchemy.orm import Session

from mengya_health import audit, db
from mengya_health.access import fence
from mengya_health.audit import AuditEvent
from mengya_health.config import Settings
from mengya_health.crypto.keystore import Keystore
from mengya_health.crypto.log_key import public_log_key_in
from mengya_health.crypto.sealing import Keys
from mengya_health.db import Base
from mengya_health.errors import IntegrityError, Malformed, NotFound, SectionClosed
from mengya_health.history.chain_check import STREAMED, Chain, chains
from mengya_health.history.faults import Fault
from mengya_health.history.merkle import Digest
from mengya_health.history.models import AuditLeaf, HistoryEvent
from mengya_health.history.notes import Note, origin_of, read_printed, read_signed
from mengya_health.history.tree_check import Signer, check_tree, events_between
from mengya_health.operations.record_check import RecordCheck
from mengya_health.people.models import Child, Deployment
from mengya_health.record.models import Entry, Revision
from mengya_health.signing.models import Signature

CHILDREN_AT_ONCE = 200  # whose keys are held together


@dataclass
class Report:
    """What was found, and how much was looked at."""

    faults: list[Fault] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


def verify_files(
    engine: Engine,
    settings: Settings,
    *,
    keystore: Keystore | None,
    child: str | None = None,
    checkpoints: Iterable[Path] = (),
    receipts: Iterable[Path] = (),
) -> Report:
    """Verify against checkpoints and receipts in files; `child` is an id or a 童馨档案号.

    Raises StartRefused, NotOurs, NotFound, Malformed or OSError where something cannot be checked.
    """
    if keystore:
        public_key, digest = keystore.log_key.public, keystore.hash_suite.digest
    else:
        public_key, suite = public_log_key_in(settings.keyring_dir)
        digest = suite.digest
    with db.open_session(engine, writing=False) as session:
        fence.lift(session)
        connection = _one_view(session)
        signer = Signer(session.scalars(select(Deployment.id)).one(), public_key)
        opened = [_read_receipt(file) for file in receipts]
        notes = [file.read_bytes() for file in checkpoints] + [_checkpoint_of(receipt) for receipt in opened]
        report = verify(
            connection,
            digest,
            signer,
            keystore=keystore,
            child_id=_child_id(session, child) if child else None,
            witnesses=[_witness(note, signer) for note in notes],
        )
        report.faults += [fault for receipt in opened for fault in receipt_faults(session, digest, receipt)]
    return report


def _one_view(session: Session) -> Connection:
    """Return the connection of a session that sees everything as of one moment, and takes as long as it takes."""
    if session.get_bind().dialect.name != "postgresql":
        return session.connection()
    connection = session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    return connection


def verify(
    connection: Connection,
    digest: Digest,
    signer: Signer,
    *,
    keystore: Keystore | None,
    child_id: UUID | None = None,
    witnesses: list[Note] = (),
) -> Report:
    """Check chains, tree, checkpoints and records; with `keystore` also what is sealed.

    `child_id` limits the chains, records and seals to one child; the tree is over all. Nothing is written.
    """
    keys = Keys(keystore) if keystore else None
    report = Report()
    erased = _check_chains(connection, digest, keys, signer.deployment_id, child_id, report)
    report.faults += _audit_faults(connection, digest, report)
    suspects = {fault.child_id for fault in report.faults if fault.child_id}
    first_suspect = partial(_first_of, connection, suspects)
    tree = check_tree(connection, digest, signer, list(witnesses), first_suspect)
    report.faults += tree.faults
    report.counts |= {"leaves": tree.leaves, "checkpoints": tree.checkpoints, "witnesses": len(witnesses)}
    if keystore:
        report.faults += _unreadable(connection, keystore, erased, child_id, report)
        report.faults += _broken_seals(connection, keys, child_id, report)
    return report


def receipt_faults(session: Session, digest: Digest, receipt: dict) -> list[Fault]:
    """Return what does not match between a receipt and this database. Raises Malformed for no receipt."""
    try:
        statement, signature = receipt["statement"].encode(), bytes.fromhex(receipt["signature"])
        nonce = bytes.fromhex(json.loads(statement)["nonce"])
        events = [(json.loads(each["event"]), each["event"], bytes.fromhex(each["prev"])) for each in receipt["events"]]
        places = [(UUID(said["child"]), said["child_seq"]) for said, _event, _prev in events]
    except (KeyError, TypeError, ValueError) as error:
        raise Malformed("这不是一张签名回执。", "This is no receipt of a signature.") from error
    stored = session.execute(
        select(Signature.statement, Signature.signature).where(Signature.nonce == nonce)
    ).one_or_none()
    faults = [] if stored == (statement, signature) else [Fault("receipt_unknown", places[0][0] if places else None)]
    for place, (_said, event, prev) in zip(places, events, strict=True):
        hash = select(HistoryEvent.hash).where(HistoryEvent.child_id == place[0], HistoryEvent.child_seq == place[1])
        if session.scalar(hash) != digest(b"txda/event/1\0" + prev + event.encode()):
            faults.append(Fault("receipt_unknown", *place))
    return faults


def _child_id(session: Session, wanted: str) -> UUID:
    found = session.scalar(select(Child.id).where(Child.number == wanted))
    try:
        return found or UUID(wanted)
    except ValueError as error:
        raise NotFound("没有这个孩子，请核对档案号。", "There is no such child; check the number.") from error


def _read_receipt(file: Path) -> dict:
    try:
        return json.loads(file.read_bytes())
    except ValueError as error:
        raise Malformed("这不是一张签名回执。", "This is no receipt of a signature.") from error


def _witness(stored: bytes, signer: Signer) -> Note:
    """Return a checkpoint kept elsewhere: the signed file, or the three lines from the code on a paper."""
    origin = origin_of(signer.deployment_id)
    if len(stored.split()) == 3:
        return read_printed(stored, origin=origin)
    return read_signed(stored, origin=origin, public_key=signer.public_key)


def _checkpoint_of(receipt: dict) -> bytes:
    note = receipt.get("checkpoint")
    if not note:
        raise Malformed("回执里还没有检查点，请过一会儿重新下载。", "The receipt has no checkpoint yet; get it anew.")
    return note.encode()


def _check_chains(
    connection: Connection,
    digest: Digest,
    keys: Keys | None,
    deployment_id: UUID,
    child_id: UUID | None,
    report: Report,
) -> set[UUID]:
    """Check every chain with its child's records; return the children of whom keys were erased."""
    records = RecordCheck(connection, digest, deployment_id, child_id)
    erased, count, events = set(), 0, 0
    for chain in chains(connection, digest, keys, child_id):
        count, events = count + 1, events + len(chain.events)
        if chain.fault:
            report.faults.append(chain.fault)
        report.faults += records.of(chain)
        if _has_erasure(chain):
            erased.add(chain.child_id)
    report.faults += records.rest()
    report.counts |= {"chains": count, "events": events, "records": records.records}
    return erased


def _has_erasure(chain: Chain) -> bool:
    return any(told.rec_type == "key" and told.op == "erase" for told in chain.events)


def _first_of(connection: Connection, suspects: set[UUID], first: int, end: int) -> tuple[UUID, int] | None:
    """Return the first event at these leaves of a child with whom something else is wrong, too.

    With nobody suspected, the first that does not stand where the checkpointer puts it: in the order of the children.
    """
    events = list(events_between(connection, first, end))
    of_suspects = (event for event in events if event[0] in suspects)
    out_of_order = (after for before, after in pairwise(events) if after < before)
    return next(of_suspects, None) or next(out_of_order, None)


def _audit_faults(connection: Connection, digest: Digest, report: Report) -> Iterator[Fault]:
    """Compare each audit leaf with the rows it covers."""
    leaves = {row.leaf_index: row for row in connection.execute(select(AuditLeaf.__table__))}
    rows_seen = 0
    for leaf_index, rows in _by_leaf(connection):
        rows_seen += len(rows)
        leaf = leaves.pop(leaf_index, None)
        covered = [row[1:] for row in rows]
        if leaf is None or leaf.rows != len(rows) or leaf.hash != audit.hash_over(digest, covered):
            yield Fault("audit_changed", leaf_index=leaf_index)
    yield from (Fault("audit_changed", leaf_index=leaf_index) for leaf_index in sorted(leaves))
    report.counts["audit_rows"] = rows_seen


def _by_leaf(connection: Connection) -> Iterator[tuple[int, list[Row]]]:
    table = AuditEvent.__table__
    chosen = select(table.c.leaf_index, *audit.COVERED).where(table.c.leaf_index.is_not(None))
    current, rows = None, []
    for row in connection.execute(chosen.order_by(table.c.leaf_index, table.c.id), execution_options=STREAMED):
        if rows and row.leaf_index != current:
            yield current, rows
            rows = []
        current = row.leaf_index
        rows.append(row)
    if rows:
        yield current, rows


def _unreadable(
    connection: Connection, keystore: Keystore, erased: set[UUID], child_id: UUID | None, report: Report
) -> Iterator[Fault]:
    """Open every revision: its commitment must be that of what it says. What was erased cannot be and need not be."""
    chosen = select(
        Revision.child_id, Revision.entry_id, Revision.version, Revision.body, Revision.commit, Entry.section
    )
    chosen = chosen.join(Entry, Entry.id == Revision.entry_id)
    chosen = chosen.order_by(Revision.child_id, Revision.entry_id, Revision.version)
    if child_id:
        chosen = chosen.where(Revision.child_id == child_id)
    keys, known, count = Keys(keystore, opens_sealed=True), set(), 0
    for row in connection.execute(chosen, execution_options=STREAMED):
        if row.child_id not in known:
            if len(known) >= CHILDREN_AT_ONCE:
                keys, known = Keys(keystore, opens_sealed=True), set()
            known.add(row.child_id)
        count += 1
        try:
            keys.open_revision(row.child_id, row.section, row.entry_id, row.version, row.body, row.commit)
        except (IntegrityError, SectionClosed) as error:
            if isinstance(error, SectionClosed) and row.child_id in erased:
                continue
            yield Fault("record_unreadable", row.child_id, record=f"entry {row.entry_id} version {row.version}")
    report.counts["opened"] = count


def _broken_seals(connection: Connection, keys: Keys, child_id: UUID | None, report: Report) -> Iterator[Fault]:
    """Check the seal of every row of every table whose rows grant something."""
    count = 0
    for model in sealed_models():
        table = model.__table__
        owner = table.c.get("child_id", table.c.id if table.name == "child" else None)
        chosen = select(table)
        if child_id is not None:
            if owner is None:
                continue
            chosen = chosen.where(owner == child_id)
        for row in connection.execute(chosen, execution_options=STREAMED):
            count += 1
            if not keys.row_seal_holds(table.name, row.seal, *model.authorising(row), row.row_version):
                owner_id = None if owner is None else row._mapping[owner]
                yield Fault("seal_broken", owner_id, record=f"{table.name} {row.id}")
    report.counts["seals"] = count


def sealed_models() -> list[type]:
    """Return the classes whose rows carry a seal over what they grant and their row_version."""
    models = (mapper.class_ for mapper in Base.registry.mappers)
    sealed = [model for model in models if hasattr(model, "authorising") and hasattr(model, "row_version")]
    return sorted(sealed, key=lambda model: model.__tablename__)
