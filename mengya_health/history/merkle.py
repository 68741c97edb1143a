"""The tree over the whole history. Pure. Source: RFC 6962 §2.1; the checks of proofs: RFC 9162 §2.1.3.2 and §2.1.4.2.

Every function takes `digest`, the hash of the deployment's profile, and where it needs the tree itself `nodes`: what
returns the hash of a complete subtree, the one over the leaves from `index << level` up to `(index + 1) << level`.
"""

from collections.abc import Callable, Sequence

Digest = Callable[[bytes], bytes]
Nodes = Callable[[int, int], bytes]


def leaf_hash(digest: Digest, content: bytes) -> bytes:
    """Return the hash of one leaf."""
    return digest(b"\0" + content)


def node_hash(digest: Digest, left: bytes, right: bytes) -> bytes:
    """Return the hash of what stands over two subtrees."""
    return digest(b"\1" + left + right)


class Tree:
    """A tree in memory, made from all its leaf hashes; calling it returns a complete subtree's hash."""

    def __init__(self, digest: Digest, leaf_hashes: Sequence[bytes]) -> None:
        self._levels = [leaf_hashes]
        while len(self._levels[-1]) > 1:
            self._levels.append(_pairs(digest, self._levels[-1]))

    def __call__(self, level: int, index: int) -> bytes:
        return self._levels[level][index]


class GrowingTree:
    """A tree to which leaves are added; it keeps one hash for each of its complete subtrees on the right edge."""

    def __init__(self, digest: Digest) -> None:
        self._digest, self._edge = digest, []
        self.size = 0

    def add(self, leaf_hash: bytes) -> None:
        """Add one leaf at the end."""
        size = self.size
        while size & 1:
            leaf_hash = self._digest(b"\1" + self._edge.pop() + leaf_hash)
            size >>= 1
        self._edge.append(leaf_hash)
        self.size += 1

    def root(self) -> bytes:
        """Return the root over all leaves so far."""
        if not self._edge:
            return self._digest(b"")
        *lefts, hashed = self._edge
        for left in reversed(lefts):
            hashed = node_hash(self._digest, left, hashed)
        return hashed


def fold(digest: Digest, hashes: Sequence[bytes]) -> bytes:
    """Return the hash over a complete row of subtrees, of which there are a power of two."""
    while len(hashes) > 1:
        hashes = _pairs(digest, hashes)
    return hashes[0]


def root(digest: Digest, size: int, nodes: Nodes) -> bytes:
    """Return the hash of the tree over the first `size` leaves."""
    return _over(digest, nodes, 0, size) if size else digest(b"")


def inclusion_proof(digest: Digest, index: int, size: int, nodes: Nodes) -> list[bytes]:
    """Return the hashes that lead from leaf `index` to the root over `size` leaves, the lowest first."""
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _left_width(end - start)
        if index < middle:
            path.append(_over(digest, nodes, middle, end))
            end = middle
        else:
            path.append(_over(digest, nodes, start, middle))
            start = middle
    return path[::-1]


def consistency_proof(digest: Digest, old_size: int, size: int, nodes: Nodes) -> list[bytes]:
    """Return the hashes that show the tree over `size` leaves to begin with the one over `old_size` leaves."""
    if old_size in (0, size):
        return []
    start, end, path, is_whole = 0, size, [], True
    while old_size != end:
        middle = start + _left_width(end - start)
        if old_size <= middle:
            path.append(_over(digest, nodes, middle, end))
            end = middle
        else:
            path.append(_over(digest, nodes, start, middle))
            start, is_whole = middle, False
    if not is_whole:  # else the old root itself, which whoever checks has already
        path.append(_over(digest, nodes, start, end))
    return path[::-1]


def is_included(digest: Digest, leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Return whether `path` leads from a leaf hash at `index` to the root over `size` leaves."""
    if not 0 <= index < size:
        return False
    number, last, hashed = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if number & 1 or number == last:
            hashed = node_hash(digest, sibling, hashed)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            hashed = node_hash(digest, hashed, sibling)
        number, last = number >> 1, last >> 1
    return last == 0 and hashed == root


def is_consistent(
    digest: Digest, old_size: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]
) -> bool:
    """Return whether `path` shows that the tree over `size` leaves begins with the one over `old_size`."""
    if old_size in (0, size):
        expected = digest(b"") if old_size == 0 else root
        return not path and old_root == expected
    if not 0 < old_size < size:
        return False
    path = [old_root, *path] if old_size & (old_size - 1) == 0 else list(path)
    if not path:
        return False
    number, last = old_size - 1, size - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    old, new = path[0], path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            old, new = node_hash(digest, sibling, old), node_hash(digest, sibling, new)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            new = node_hash(digest, new, sibling)
        number, last = number >> 1, last >> 1
    return last == 0 and old == old_root and new == root


def _pairs(digest: Digest, hashes: Sequence[bytes]) -> list[bytes]:
    """Return the level above; a last one without a partner has no complete subtree over it."""
    return [digest(b"\1" + left + right) for left, right in zip(hashes[::2], hashes[1::2], strict=False)]


def _over(digest: Digest, nodes: Nodes, start: int, end: int) -> bytes:
    """Return the hash over the leaves from `start` to `end`, one of the ranges that halving from the root leads to."""
    width = end - start
    if width & (width - 1) == 0:
        return nodes(width.bit_length() - 1, start // width)
    middle = start + _left_width(width)
    return node_hash(digest, _over(digest, nodes, start, middle), _over(digest, nodes, middle, end))


def _left_width(width: int) -> int:
    """Return how many leaves go to the left: the largest power of two that leaves some for the right."""
    return 1 << (width - 1).bit_length() - 1
