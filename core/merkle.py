"""Merkle trees after RFC 9162, section 2.1: roots, proofs, and their verification.

A leaf is SHA-256(0x00 ‖ data), a node SHA-256(0x01 ‖ left ‖ right). All functions work on leaf
hashes of 32 bytes. `verify.py`, which people check with, holds the verifying half a second time,
since it may import nothing of ours; a test compares both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

type Hash = bytes

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> Hash:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def _node(left: Hash, right: Hash) -> Hash:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[Hash]) -> Hash:
    """Return the root of a tree; 100,000 leaves take about 0.1 s."""
    if not leaves:
        return EMPTY_ROOT
    level = list(leaves)
    while len(level) > 1:
        # An odd one out moves up unchanged: so left subtrees are full, as the RFC splits them.
        pairs = [_node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = pairs + level[2 * len(pairs) :]
    return level[0]


def inclusion_proof(leaves: Sequence[Hash], index: int) -> list[Hash]:
    """Return the path from a leaf to the root (RFC 9162, 2.1.3.1), the lowest node first.

    Raises:
        IndexError: there is no such leaf.

    """
    if not 0 <= index < len(leaves):
        message = "The tree has no such leaf."
        raise IndexError(message)
    first, last, path = 0, len(leaves), []
    while last - first > 1:
        middle = first + _split(last - first)
        if index < middle:
            path.append(root(leaves[middle:last]))
            last = middle
        else:
            path.append(root(leaves[first:middle]))
            first = middle
    return path[::-1]


def consistency_proof(leaves: Sequence[Hash], size: int) -> list[Hash]:
    """Return the proof that the first `size` leaves are an older state (RFC 9162, 2.1.4.1).

    An empty older tree is the beginning of every tree; its proof is empty.

    Raises:
        IndexError: the tree never had that size.

    """
    if not 0 <= size <= len(leaves):
        message = "The tree never had that size."
        raise IndexError(message)
    if size in {0, len(leaves)}:
        return []
    first, last, path = 0, len(leaves), []
    while size != last:
        middle = first + _split(last - first)
        if size <= middle:
            path.append(root(leaves[middle:last]))
            last = middle
        else:
            path.append(root(leaves[first:middle]))
            first = middle
    if first:  # else the older root itself is known to the reader
        path.append(root(leaves[first:last]))
    return path[::-1]


def _split(size: int) -> int:
    """Return the largest power of two below a size of two or more."""
    return 1 << (size - 1).bit_length() - 1


def verify_inclusion(
    leaf: Hash, index: int, size: int, path: Sequence[Hash], expected: Hash
) -> bool:
    """Say whether a leaf is in the tree with that root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for node in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = _node(node, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = _node(found, node)
        at, last = at >> 1, last >> 1
    return last == 0 and found == expected


def verify_consistency(
    old_size: int, size: int, old_root: Hash, new_root: Hash, path: Sequence[Hash]
) -> bool:
    """Say whether a tree continues an older one (RFC 9162, 2.1.4.2)."""
    if not 0 <= old_size <= size:
        return False
    if old_size == size:
        return not path and old_root == new_root
    if old_size == 0:
        return not path and old_root == EMPTY_ROOT
    nodes = list(path)
    if old_size & (old_size - 1) == 0:
        nodes.insert(0, old_root)  # a full tree: its root is the first node
    if not nodes:
        return False
    at, last = old_size - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = _node(node, old), _node(node, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = _node(new, node)
        at, last = at >> 1, last >> 1
    return last == 0 and old == old_root and new == new_root
