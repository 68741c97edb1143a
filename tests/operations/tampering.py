"""What somebody who owns the database can do to it, each with what `verify` must name."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from uuid import UUID

from sqlalchemy import Connection, Table, delete, insert, select, update

from mengya_health.audit import AuditEvent
from mengya_health.crypto.suites import SUITES
from mengya_health.db import new_id
from mengya_health.history.faults import Fault
from mengya_health.history.models import AuditLeaf, Checkpoint, HistoryEvent, HistoryHead, TreeNode
from mengya_health.record.models import Entry, Revision
from mengya_health.signing.models import Signature

EVENT, HEAD, CHECKPOINT, AUDIT = (model.__table__ for model in (HistoryEvent, HistoryHead, Checkpoint, AuditEvent))
ENTRY, REVISION, SIGNATURE, LEAF, NODE = (
    model.__table__ for model in (Entry, Revision, Signature, AuditLeaf, TreeNode)
)
digest = SUITES[0x01].digest
Names = Callable[[Fault], bool]


def of_event(child_id: UUID, child_seq: int) -> Names:
    return lambda fault: (fault.child_id, fault.child_seq) == (child_id, child_seq)


def of_child(child_id: UUID) -> Names:
    return lambda fault: fault.child_id == child_id


def of_record(id: UUID) -> Names:
    return lambda fault: str(id) in fault.record


@dataclass
class Tamperer:
    """Changes one thing at random, by SQL alone. Each way returns what recognises the fault that must be named."""

    connection: Connection
    random: Random
    old_heads: list  # as they were at a checkpoint: with seals that were good once

    def __call__(self) -> tuple[str, Names]:
        """Do one thing; return its name with what must be found."""
        way = self.random.choice(WAYS)
        return way.__name__, way(self)

    def rows(self, table: Table, *where) -> list:
        return self.connection.execute(select(table).where(*where).order_by(*table.primary_key)).all()

    def one(self, table: Table, *where):
        return self.random.choice(self.rows(table, *where))

    def put(self, row, table: Table, **values) -> None:
        key = [column == row._mapping[column] for column in table.primary_key]
        self.connection.execute(update(table).where(*key).values(**values))

    def drop(self, row, table: Table) -> None:
        self.connection.execute(delete(table).where(*[column == row._mapping[column] for column in table.primary_key]))

    def flipped(self, value: bytes) -> bytes:
        at, bit = self.random.randrange(len(value)), 1 << self.random.randrange(8)
        return value[:at] + bytes([value[at] ^ bit]) + value[at + 1 :]

    def chain(self, child_id: UUID) -> list:
        return self.rows(EVENT, EVENT.c.child_id == child_id)

    def a_chain(self) -> list:
        return self.chain(self.one(HEAD).child_id)


def flip_in_an_event(by: Tamperer) -> Names:
    row, column = by.one(EVENT), by.random.choice(("event", "prev", "hash", "commit"))
    by.put(row, EVENT, **{column: by.flipped(row._mapping[column])})
    return of_event(row.child_id, row.child_seq)


def rename_the_record_of_an_event(by: Tamperer) -> Names:
    row = by.one(EVENT)
    changed = by.random.choice(({"rec": new_id()}, {"rec_ver": row.rec_ver + 1}, {"commit": None}))
    by.put(row, EVENT, **changed)
    return of_event(row.child_id, row.child_seq)


def delete_an_event(by: Tamperer) -> Names:
    row = by.one(EVENT)
    by.drop(row, EVENT)
    return of_event(row.child_id, row.child_seq)


def delete_a_whole_chain(by: Tamperer) -> Names:
    child_id = by.one(HEAD).child_id
    by.connection.execute(delete(EVENT).where(EVENT.c.child_id == child_id))
    if by.random.random() < 0.5:
        by.connection.execute(delete(HEAD).where(HEAD.c.child_id == child_id))
    # Without chain, head and records nothing bears the name any more; its places in the tree are empty.
    return lambda fault: fault.child_id == child_id or fault.what == "leaf_missing"


def append_an_event(by: Tamperer) -> Names:
    last = by.a_chain()[-1]
    event = last.event.replace(b'"child_seq":%d' % last.child_seq, b'"child_seq":%d' % (last.child_seq + 1))
    forged = dict(last._mapping) | {"child_seq": last.child_seq + 1, "event": event, "prev": last.hash}
    forged |= {"hash": digest(b"txda/event/1\0" + last.hash + event), "leaf_index": None}
    by.connection.execute(insert(EVENT).values(forged))
    return of_event(last.child_id, last.child_seq + 1)


def swap_two_events(by: Tamperer) -> Names:
    first, second = sorted(by.random.sample(by.a_chain(), 2), key=lambda row: row.child_seq)
    content = ("event", "rec", "rec_ver", "commit", "prev", "hash")
    by.put(first, EVENT, **{name: second._mapping[name] for name in content})
    by.put(second, EVENT, **{name: first._mapping[name] for name in content})
    return of_event(first.child_id, first.child_seq)


def move_an_event_to_the_front(by: Tamperer) -> Names:
    rows = by.a_chain()
    start = by.random.randrange(len(rows) - 1)
    content = ("event", "rec", "rec_ver", "commit", "prev", "hash")
    for target, source in zip(rows[start:], [rows[-1], *rows[start:-1]], strict=True):
        by.put(target, EVENT, **{name: source._mapping[name] for name in content})
    return of_event(rows[start].child_id, rows[start].child_seq)


def chain_anew_after_a_change(by: Tamperer) -> Names:
    """Everything that needs no key is made to fit again; only the head's seal cannot be."""
    rows = by.a_chain()
    first = by.random.randrange(len(rows))
    previous = rows[first].prev
    for row in rows[first:]:
        event = row.event.replace(b'"op":"', b'"op":"x') if row is rows[first] else row.event
        hash = digest(b"txda/event/1\0" + previous + event)
        by.put(row, EVENT, event=event, prev=previous, hash=hash)
        previous = hash
    by.connection.execute(update(HEAD).where(HEAD.c.child_id == rows[0].child_id).values(hash=previous))
    return of_child(rows[0].child_id)


def swap_two_leaves(by: Tamperer) -> Names:
    first, second = by.random.sample(by.rows(EVENT, EVENT.c.leaf_index.is_not(None)), 2)
    by.put(first, EVENT, leaf_index=None)
    by.put(second, EVENT, leaf_index=first.leaf_index)
    by.put(first, EVENT, leaf_index=second.leaf_index)
    return lambda fault: fault.what == "tree_changed" and fault.size is not None


def forget_a_leaf(by: Tamperer) -> Names:
    row = by.one(EVENT, EVENT.c.leaf_index.is_not(None))
    by.put(row, EVENT, leaf_index=None)
    return lambda fault: (fault.what, fault.leaf_index) == ("leaf_missing", row.leaf_index)


def number_an_event_too_early(by: Tamperer) -> Names:
    row, newest = by.one(EVENT, EVENT.c.leaf_index.is_(None)), by.rows(CHECKPOINT)[-1].size
    by.put(row, EVENT, leaf_index=newest)
    return lambda fault: (fault.what, fault.leaf_index) == ("checkpoint_missing", newest)


def change_a_head(by: Tamperer) -> Names:
    row = by.one(HEAD)
    column = by.random.choice(("hash", "seal", "child_seq"))
    changed = row.child_seq + by.random.choice((-1, 1)) if column == "child_seq" else by.flipped(row._mapping[column])
    by.put(row, HEAD, **{column: changed})
    return of_child(row.child_id)


def delete_a_head(by: Tamperer) -> Names:
    row = by.one(HEAD)
    by.drop(row, HEAD)
    return of_child(row.child_id)


def cut_a_tail_and_put_the_old_head_back(by: Tamperer) -> Names:
    """The old head carries a good seal, so the chain itself is whole again."""
    now = {head.child_id: head.child_seq for head in by.rows(HEAD)}
    old = by.random.choice([head for head in by.old_heads if head.child_seq < now[head.child_id]])
    by.connection.execute(delete(EVENT).where(EVENT.c.child_id == old.child_id, EVENT.c.child_seq > old.child_seq))
    by.put(old, HEAD, **dict(old._mapping))
    return of_child(old.child_id)


def flip_in_a_revision(by: Tamperer) -> Names:
    row, column = by.one(REVISION), by.random.choice(("body", "commit"))
    by.put(row, REVISION, **{column: by.flipped(row._mapping[column])})
    return of_record(row.entry_id)


def change_who_wrote_a_revision(by: Tamperer) -> Names:
    row = by.one(REVISION)
    by.put(row, REVISION, author_id=new_id())
    return of_record(row.entry_id)


def delete_a_revision(by: Tamperer) -> Names:
    row = by.one(REVISION)
    by.drop(row, REVISION)
    return of_record(row.entry_id)


def add_a_revision(by: Tamperer) -> Names:
    row = by.one(REVISION)
    by.connection.execute(insert(REVISION).values(dict(row._mapping) | {"version": 7}))
    return of_record(row.entry_id)


def swap_two_revisions(by: Tamperer) -> Names:
    first, second = by.random.sample(by.rows(REVISION), 2)
    for target, source in ((first, second), (second, first)):
        by.put(target, REVISION, body=source.body, commit=source.commit)
    return of_record(first.entry_id)


def put_an_entry_back(by: Tamperer) -> Names:
    """S-30: the row points to its previous version again; whether the newer one is still there does not matter."""
    row = by.one(ENTRY, ENTRY.c.current_version > 1)
    by.put(row, ENTRY, current_version=row.current_version - 1)
    if by.random.random() < 0.5:
        newest = REVISION.c.entry_id == row.id, REVISION.c.version == row.current_version
        by.connection.execute(delete(REVISION).where(*newest))
    return of_record(row.id)


def put_an_old_blob_into_the_newest_revision(by: Tamperer) -> Names:
    """S-30."""
    row = by.one(REVISION, REVISION.c.version > 1)
    (before,) = by.rows(REVISION, REVISION.c.entry_id == row.entry_id, REVISION.c.version == row.version - 1)
    by.put(row, REVISION, body=before.body, commit=before.commit)
    return of_record(row.entry_id)


def change_an_entry(by: Tamperer) -> Names:
    row = by.one(ENTRY)
    other = by.random.choice([head.child_id for head in by.rows(HEAD) if head.child_id != row.child_id])
    section = "family" if row.section == "health" else "health"
    changes = {"current_version": row.current_version + 1}, {"author_id": new_id()}, {"section": section}
    by.put(row, ENTRY, **by.random.choice((*changes, {"child_id": other})))
    return of_record(row.id)


def add_an_entry(by: Tamperer) -> Names:
    row, id = by.one(ENTRY), new_id()
    by.connection.execute(insert(ENTRY).values(dict(row._mapping) | {"id": id}))
    return of_record(id)


def change_a_signature(by: Tamperer) -> Names:
    """S-28."""
    row, column = by.one(SIGNATURE), by.random.choice(("statement", "signature", "public_key"))
    by.put(row, SIGNATURE, **{column: by.flipped(row._mapping[column])})
    return of_record(row.id)


def change_what_a_signature_is_listed_as(by: Tamperer) -> Names:
    row = by.one(SIGNATURE)
    changes = {"decision": "disagree"}, {"level": "L2"}, {"version": row.version + 1}, {"capacity": "doctor"}
    by.put(row, SIGNATURE, **by.random.choice((*changes, {"signer_id": new_id()}, {"nonce": os.urandom(16)})))
    return of_record(row.id)


def delete_a_signature(by: Tamperer) -> Names:
    row = by.one(SIGNATURE)
    by.drop(row, SIGNATURE)
    return of_record(row.id)


def add_a_signature(by: Tamperer) -> Names:
    row, id = by.one(SIGNATURE), new_id()
    by.connection.execute(insert(SIGNATURE).values(dict(row._mapping) | {"id": id, "nonce": os.urandom(16)}))
    return of_record(id)


def flip_in_a_checkpoint(by: Tamperer) -> Names:
    row, column = by.one(CHECKPOINT), by.random.choice(("note", "root", "hash"))
    by.put(row, CHECKPOINT, **{column: by.flipped(row._mapping[column])})
    return lambda fault: (fault.what, fault.size) == ("checkpoint_changed", row.size)


def delete_a_checkpoint(by: Tamperer) -> Names:
    rows = by.rows(CHECKPOINT)
    at = by.random.randrange(len(rows))
    by.drop(rows[at], CHECKPOINT)
    if at + 1 == len(rows):
        return lambda fault: (fault.what, fault.leaf_index) == ("checkpoint_missing", rows[at - 1].size)
    return lambda fault: (fault.what, fault.size) == ("checkpoint_missing", rows[at + 1].size)


def undo_the_newest_checkpoint(by: Tamperer) -> Names:
    """Only the checkpoint kept elsewhere tells."""
    *_, before, last = by.rows(CHECKPOINT)
    by.drop(last, CHECKPOINT)
    for table in (EVENT, AUDIT):
        by.connection.execute(update(table).where(table.c.leaf_index >= before.size).values(leaf_index=None))
    by.connection.execute(delete(LEAF).where(LEAF.c.leaf_index >= before.size))
    return lambda fault: (fault.what, fault.size) == ("rolled_back", last.size)


def change_an_audit_row(by: Tamperer) -> Names:
    row = by.one(AUDIT, AUDIT.c.leaf_index.is_not(None))
    changes = {"user_id": new_id()}, {"child_id": None}, {"action": "P"}, {"outcome": "deny"}, {"purpose": "x"}
    by.put(row, AUDIT, **by.random.choice(changes))
    return lambda fault: (fault.what, fault.leaf_index) == ("audit_changed", row.leaf_index)


def delete_an_audit_row(by: Tamperer) -> Names:
    row = by.one(AUDIT, AUDIT.c.leaf_index.is_not(None))
    by.drop(row, AUDIT)
    return lambda fault: (fault.what, fault.leaf_index) == ("audit_changed", row.leaf_index)


def add_an_audit_row(by: Tamperer) -> Names:
    row = by.one(AUDIT, AUDIT.c.leaf_index.is_not(None))
    by.connection.execute(insert(AUDIT).values(dict(row._mapping) | {"id": new_id()}))
    return lambda fault: (fault.what, fault.leaf_index) == ("audit_changed", row.leaf_index)


def rewrite_audit_rows_with_their_leaf(by: Tamperer) -> Names:
    """The leaf is made to fit what is left; only the tree it stands in cannot be."""
    row = by.one(LEAF)
    by.connection.execute(delete(AUDIT).where(AUDIT.c.leaf_index == row.leaf_index))
    by.drop(row, LEAF)
    return lambda fault: (fault.what, fault.leaf_index) == ("leaf_missing", row.leaf_index)


WAYS = tuple(
    way
    for name, way in list(globals().items())
    if callable(way) and getattr(way, "__annotations__", {}).get("by") is Tamperer
)
