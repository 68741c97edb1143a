"""The tree over the history: the published root, RFC 6962's own worked examples, every proof, and nothing else's."""

import hashlib

import pytest

from mengya_health.history import merkle
from mengya_health.history.merkle import Tree, leaf_hash, node_hash
from tests.history.test_chain import HASHES

LEAVES = [number.to_bytes(2, "big") for number in range(70)]


def sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def root_as_defined(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1, word for word."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaf_hash(sha256, leaves[0])
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(sha256, root_as_defined(leaves[:split]), root_as_defined(leaves[split:]))


@pytest.fixture(scope="module")
def hashes() -> list[bytes]:
    return [leaf_hash(sha256, leaf) for leaf in LEAVES]


@pytest.fixture(scope="module")
def tree(hashes) -> Tree:
    return Tree(sha256, hashes)


def test_three_events_give_the_published_root():
    tree = Tree(sha256, [leaf_hash(sha256, bytes.fromhex(hash)) for hash in HASHES])
    published = "401e24d795b33a686f4ed697da1e67c41d0be8c239e2ee9d86b302ef5ee80c2c"
    assert merkle.root(sha256, 3, tree).hex() == published


def test_every_size_has_the_root_of_the_definition(tree):
    for size in range(len(LEAVES) + 1):
        assert merkle.root(sha256, size, tree) == root_as_defined(LEAVES[:size])


def test_a_tree_that_grows_has_the_same_roots(tree, hashes):
    growing = merkle.GrowingTree(sha256)
    for size in range(len(LEAVES) + 1):
        assert (growing.size, growing.root()) == (size, merkle.root(sha256, size, tree))
        if size < len(LEAVES):
            growing.add(hashes[size])


def test_every_leaf_is_shown_to_be_in_every_tree_and_at_no_other_place(tree, hashes):
    for size in (1, 2, 3, 7, 8, 9, 31, 64, 70):
        root = merkle.root(sha256, size, tree)
        for index in range(size):
            path = merkle.inclusion_proof(sha256, index, size, tree)
            assert merkle.is_included(sha256, hashes[index], index, size, path, root)
            assert not merkle.is_included(sha256, hashes[(index + 1) % 70], index, size, path, root)
            assert not merkle.is_included(sha256, hashes[index], index, size, [*path, root], root)
            assert not path or not merkle.is_included(sha256, hashes[index], index, size, path[:-1], root)
            assert not merkle.is_included(sha256, hashes[index], index + size, size, path, root)


def test_every_tree_is_shown_to_begin_with_every_smaller_one(tree):
    roots = [merkle.root(sha256, size, tree) for size in range(len(LEAVES) + 1)]
    for size in (1, 2, 3, 7, 8, 9, 31, 64, 70):
        for old_size in range(size + 1):
            path = merkle.consistency_proof(sha256, old_size, size, tree)
            assert merkle.is_consistent(sha256, old_size, roots[old_size], size, roots[size], path)
            other = sha256(roots[old_size])
            assert not merkle.is_consistent(sha256, old_size, other, size, roots[size], path)
            assert old_size == 0 or not merkle.is_consistent(sha256, old_size, roots[old_size], size, other, path)
            assert not merkle.is_consistent(sha256, old_size, roots[old_size], size, roots[size], [*path, other])


def test_a_tree_that_was_rewritten_is_not_consistent(tree, hashes):
    rewritten = Tree(sha256, [hashes[1], hashes[0], *hashes[2:]])
    old_root, root = merkle.root(sha256, 40, tree), merkle.root(sha256, 70, rewritten)
    path = merkle.consistency_proof(sha256, 40, 70, rewritten)
    assert not merkle.is_consistent(sha256, 40, old_root, 70, root, path)
