"""Whether the tree over everything is the one that was signed, here and on every checkpoint kept elsewhere."""

from collections.abc import Callable, Iterator
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, select, text

from mengya_health.history.chain_check import STREAMED, as_uuid
from mengya_health.history.faults import Fault
from mengya_health.history.merkle import Digest, GrowingTree, fold, leaf_hash
from mengya_health.history.models import Checkpoint, HistoryEvent, TreeNode
from mengya_health.history.notes import Note, NotOurs, origin_of, read_signed

_CHECKPOINT, _EVENT, _NODE = Checkpoint.__table__, HistoryEvent.__table__, TreeNode.__table__
_BLOCK = 256  # leaves under one stored subtree
_LEAVES = text(
    "SELECT leaf_index, hash FROM history_event WHERE leaf_index IS NOT NULL "
    "UNION ALL SELECT leaf_index, hash FROM audit_leaf ORDER BY leaf_index"
)


class Signer(NamedTuple):
    """Who signs the checkpoints of this installation."""

    deployment_id: UUID
    public_key: bytes


class Checked(NamedTuple):
    """What the tree check found: faults, and how many leaves and checkpoints there are."""

    faults: list[Fault]
    leaves: int
    checkpoints: int


def check_tree(
    connection: Connection,
    digest: Digest,
    signer: Signer,
    witnesses: list[Note],
    first_suspect: Callable[[int, int], tuple[UUID, int] | None],
) -> Checked:
    """Check leaves and roots against the stored checkpoints and those kept elsewhere (`witnesses`).

    `first_suspect` is asked, for a range of leaves among which one was rewritten, which event that may be.
    """
    stored = connection.execute(select(_CHECKPOINT).order_by(_CHECKPOINT.c.size)).all()
    faults = list(_checkpoint_faults(stored, digest, signer))
    newest = stored[-1].size if stored else 0
    wanted = [(row.size, row.root) for row in stored] + [(note.size, note.root) for note in witnesses]
    roots, tree_faults = _walk(connection, digest, {size for size, _root in wanted}, newest)
    faults += tree_faults
    faults += [Fault("rolled_back", size=note.size) for note in witnesses if note.size > newest]
    faults += _root_faults(sorted(set(wanted)), roots, first_suspect)
    return Checked(faults, newest, len(stored))


def _checkpoint_faults(stored: list[Row], digest: Digest, signer: Signer) -> Iterator[Fault]:
    """Return what is wrong with the checkpoints: each says what its row says, is signed, and names the one before."""
    before = bytes(32)
    for row in stored:
        try:
            note = read_signed(row.note, origin=origin_of(signer.deployment_id), public_key=signer.public_key)
        except NotOurs:
            note = None
        said = note and (note.size, note.root, note.at, digest(row.note))
        if said != (row.size, row.root, row.at, row.hash):
            yield Fault("checkpoint_changed", size=row.size)
        elif note.previous != before:
            yield Fault("checkpoint_missing", size=row.size)
        before = row.hash


def _walk(connection: Connection, digest: Digest, sizes: set[int], newest: int) -> tuple[dict[int, bytes], list[Fault]]:
    """Return the roots at these sizes, as far as no leaf is missing, and the first thing wrong with the leaves."""
    tree, roots, subtrees, block = GrowingTree(digest), {0: digest(b"")}, [], []
    for rows in connection.execute(_LEAVES, execution_options=STREAMED).partitions():
        for index, hash in rows:
            if index != tree.size:
                what = "leaf_missing" if index > tree.size else "leaf_added"
                return roots, [Fault(what, leaf_index=min(index, tree.size))]
            if index >= newest:
                return roots, [Fault("checkpoint_missing", leaf_index=index)]
            block.append(leaf_hash(digest, hash))
            tree.add(block[-1])
            if len(block) == _BLOCK:
                subtrees.append(fold(digest, block))
                block = []
            if tree.size in sizes:
                roots[tree.size] = tree.root()
    if tree.size < newest:
        return roots, [Fault("leaf_missing", leaf_index=tree.size)]
    return roots, _subtree_faults(connection, digest, subtrees)


def _subtree_faults(connection: Connection, digest: Digest, row: list[bytes]) -> list[Fault]:
    """Compare what `tree_node` holds with the complete subtrees, those of the eighth level being `row`."""
    expected, level = {}, 8
    while row:
        expected |= {(level, index): hash for index, hash in enumerate(row)}
        whole = range(0, len(row) // _BLOCK * _BLOCK, _BLOCK)
        row, level = [fold(digest, row[start : start + _BLOCK]) for start in whole], level + 8
    stored = {(level, index): hash for level, index, hash in connection.execute(select(_NODE))}
    different = [key for key in sorted({*stored, *expected}) if stored.get(key) != expected.get(key)]
    return [Fault("tree_changed", record=f"tree_node {level}/{index}") for level, index in different[:1]]


def _root_faults(
    wanted: list[tuple[int, bytes]],
    roots: dict[int, bytes],
    first_suspect: Callable[[int, int], tuple[UUID, int] | None],
) -> Iterator[Fault]:
    """Name the first checkpoint that the stored history does not lead to; every later one differs, too."""
    good = 0
    for size, root in wanted:
        if size not in roots:
            continue
        if roots[size] != root:
            child_id, child_seq = first_suspect(good, size) or (None, None)
            yield Fault("tree_changed", child_id, child_seq, size=size)
            return
        good = size


def events_between(connection: Connection, first: int, end: int) -> Iterator[tuple[UUID, int]]:
    """Return the events at these leaves, in the order of the tree."""
    between = _EVENT.c.leaf_index.between(first, end - 1)
    chosen = select(_EVENT.c.child_id, _EVENT.c.child_seq).where(between).order_by(_EVENT.c.leaf_index)
    for row in connection.execute(chosen):
        yield as_uuid(row.child_id), row.child_seq
