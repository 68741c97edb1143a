"""Checkpoints: what is new gets its place in the tree over everything, and the tree a signature.

Whoever writes history waits for nobody: the order over all children is given here, afterwards, by the only writer of
`leaf_index`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select, text, union_all, update
from sqlalchemy.orm import Session

from mengya_health.crypto.sealing import Keys
from mengya_health.errors import IntegrityError, NotFound
from mengya_health.history import merkle
from mengya_health.history.canonical import to_the_millisecond
from mengya_health.history.chain import require_clock
from mengya_health.history.merkle import leaf_hash
from mengya_health.history.models import AuditLeaf, Checkpoint, HistoryEvent, TreeNode
from mengya_health.history.notes import Note, origin_of, read_signed, signed

# Takes the session and a leaf index, gives that number to what is to stand behind the leaf, and returns what the leaf
# holds with the count of rows behind it; None where there is nothing new.
LeafOfRows = Callable[[Session, int], tuple[bytes, int] | None]

NOTHING_BEFORE = bytes(32)
_ONE_CHECKPOINTER = 7_113_201  # the number of our advisory lock on PostgreSQL; no other lock of ours has one
_STRIDE = 8  # levels between two that are stored
_EVENT, _AUDIT, _NODE = HistoryEvent.__table__, AuditLeaf.__table__, TreeNode.__table__


@dataclass(frozen=True)
class Inclusion:
    """That one event stands in the history at the moment of a checkpoint. Anyone can check it with these alone."""

    checkpoint: bytes  # the signed note
    hash: bytes  # of the event in its chain; the leaf's content
    leaf_index: int
    size: int
    path: tuple[bytes, ...]  # the lowest first


def make_checkpoint(
    session: Session, keys: Keys, *, deployment_id: UUID, at: datetime, erasures: bytes, audit_leaf: LeafOfRows
) -> Checkpoint | None:
    """Number what is new, sign the tree over all of it, and return the checkpoint; None where nothing is new.

    In this transaction; a second checkpointer waits for its end. Raises ClockBehind where the clock has gone back,
    IntegrityError where what is stored no longer begins with what was signed last.
    """
    _be_the_only_one(session)
    last = newest_checkpoint(session)
    at, old_size = to_the_millisecond(at), last.size if last else 0
    require_clock(at, last.at if last else None)
    size = _number_events(session, old_size)
    size = _add_audit_leaf(session, size, audit_leaf)
    if size == old_size:
        return None
    nodes = StoredNodes(session, keys)
    nodes.store_new(old_size, size)
    root = merkle.root(keys.digest, size, nodes)
    if last:
        _require_same_past(keys, nodes, last, size, root)
    made = _signed(keys, origin_of(deployment_id), last, size=size, root=root, at=at, erasures=erasures)
    session.add(made)
    session.flush()
    return made


def newest_checkpoint(session: Session) -> Checkpoint | None:
    """Return the newest checkpoint this database knows."""
    return session.scalar(select(Checkpoint).order_by(Checkpoint.size.desc()).limit(1))


def root_at(session: Session, keys: Keys, size: int) -> bytes:
    """Return the root over the first `size` leaves as they are stored now; raises IntegrityError where some lack."""
    return merkle.root(keys.digest, size, StoredNodes(session, keys))


def inclusion_proof(work, child_id: UUID, child_seq: int) -> Inclusion | None:
    """Return the newest checkpoint with the proof that it covers an event; None for one not yet checkpointed.

    Raises NotFound for an event that is not there, IntegrityError where the proof does not hold.
    """
    row = work.session.execute(
        select(_EVENT.c.hash, _EVENT.c.leaf_index).where(_EVENT.c.child_id == child_id, _EVENT.c.child_seq == child_seq)
    ).one_or_none()
    if row is None:
        raise NotFound
    newest = newest_checkpoint(work.session)
    if newest is None or row.leaf_index is None:
        return None
    digest, public_key = work.keys.digest, work.keys.log_key.public
    note = read_signed(newest.note, origin=origin_of(work.deployment_id), public_key=public_key)
    nodes = StoredNodes(work.session, work.keys)
    path = merkle.inclusion_proof(digest, row.leaf_index, note.size, nodes)
    if not merkle.is_included(digest, leaf_hash(digest, row.hash), row.leaf_index, note.size, path, note.root):
        raise IntegrityError
    return Inclusion(newest.note, row.hash, row.leaf_index, note.size, tuple(path))


class StoredNodes:
    """The tree as it is stored: its leaves, and the complete subtrees of every eighth level."""

    def __init__(self, session: Session, keys: Keys) -> None:
        self._session, self._digest = session, keys.digest

    def __call__(self, level: int, index: int) -> bytes:
        """Return a complete subtree's hash; raises IntegrityError where part of it is missing."""
        stored, count = level // _STRIDE * _STRIDE, 1 << level % _STRIDE
        return merkle.fold(self._digest, self._row_of(stored, index * count, count))

    def store_new(self, old_size: int, size: int) -> None:
        """Store the subtrees that became complete when the tree grew."""
        level = _STRIDE
        while size >> level:
            found = [
                {"level": level, "index": index, "hash": self._from_below(level, index)}
                for index in range(old_size >> level, size >> level)
            ]
            if found:
                self._session.execute(insert(_NODE), found)
            level += _STRIDE

    def _from_below(self, level: int, index: int) -> bytes:
        count = 1 << _STRIDE
        return merkle.fold(self._digest, self._row_of(level - _STRIDE, index * count, count))

    def _row_of(self, level: int, first: int, count: int) -> list[bytes]:
        hashes = self._leaves(first, count) if level == 0 else self._subtrees(level, first, count)
        if len(hashes) != count:
            raise IntegrityError
        return hashes

    def _leaves(self, first: int, count: int) -> list[bytes]:
        wanted = union_all(
            *(
                select(table.c.leaf_index, table.c.hash).where(table.c.leaf_index.between(first, first + count - 1))
                for table in (_EVENT, _AUDIT)
            )
        ).order_by("leaf_index")
        return [leaf_hash(self._digest, row.hash) for row in self._session.execute(wanted)]

    def _subtrees(self, level: int, first: int, count: int) -> list[bytes]:
        wanted = select(_NODE.c.hash).where(_NODE.c.level == level, _NODE.c.index.between(first, first + count - 1))
        return list(self._session.scalars(wanted.order_by(_NODE.c.index)))


def _be_the_only_one(session: Session) -> None:
    # On SQLite a writing transaction is alone anyway.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _ONE_CHECKPOINTER})


def _number_events(session: Session, size: int) -> int:
    """Give every event without a place the next one; return the tree's size with them."""
    new = select(_EVENT.c.child_id, _EVENT.c.child_seq).where(_EVENT.c.leaf_index.is_(None))
    # Numbered by the database: a hundred thousand statements would take a minute after an import.
    place = func.row_number().over(order_by=(new.selected_columns.child_id, new.selected_columns.child_seq))
    placed = new.add_columns((size - 1 + place).label("place")).subquery("placed")
    numbered = session.execute(
        update(_EVENT)
        .where(_EVENT.c.child_id == placed.c.child_id, _EVENT.c.child_seq == placed.c.child_seq)
        .values(leaf_index=placed.c.place)
    )
    return size + numbered.rowcount


def _add_audit_leaf(session: Session, size: int, audit_leaf: LeafOfRows) -> int:
    taken = audit_leaf(session, size)
    if taken is None:
        return size
    hash, rows = taken
    session.execute(insert(_AUDIT).values(leaf_index=size, rows=rows, hash=hash))
    return size + 1


def _require_same_past(keys: Keys, nodes: StoredNodes, last: Checkpoint, size: int, root: bytes) -> None:
    """Raise IntegrityError unless the tree still begins with what was signed last: nothing rewritten gets signed."""
    path = merkle.consistency_proof(keys.digest, last.size, size, nodes)
    if not merkle.is_consistent(keys.digest, last.size, last.root, size, root, path):
        raise IntegrityError


def _signed(
    keys: Keys, origin: str, last: Checkpoint | None, *, size: int, root: bytes, at: datetime, erasures: bytes
) -> Checkpoint:
    note = signed(Note(origin, size, root, last.hash if last else NOTHING_BEFORE, erasures, at), keys.log_key)
    return Checkpoint(size=size, root=root, at=at, note=note, hash=keys.digest(note))
