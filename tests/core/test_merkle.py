"""Merkle trees: the public reference vectors, every small tree, and random ones."""

from __future__ import annotations

import hashlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import merkle

# The reference tree of Certificate Transparency.
DATA = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
LEAVES = [merkle.leaf_hash(data) for data in DATA]
SIZES = range(1, len(LEAVES) + 1)


def tree(size: int) -> list[bytes]:
    return [merkle.leaf_hash(str(number).encode()) for number in range(size)]


def flipped(value: bytes) -> bytes:
    return bytes([value[0] ^ 1]) + value[1:]


@pytest.mark.parametrize("size", range(9))
def test_root_equals_the_reference(size):
    assert merkle.root(LEAVES[:size]).hex() == ROOTS[size]


def test_inclusion_proof_equals_the_path_of_the_rfc():
    # RFC 9162, 2.1.5: the path of leaf 0 in a tree of 7 is b, h, l.
    leaves = tree(7)
    node = lambda a, b: hashlib.sha256(b"\x01" + a + b).digest()  # noqa: E731
    h = node(leaves[2], leaves[3])
    l_ = node(node(leaves[4], leaves[5]), leaves[6])

    assert merkle.inclusion_proof(leaves, 0) == [leaves[1], h, l_]


def test_consistency_proof_equals_the_path_of_the_rfc():
    # RFC 9162, 2.1.5: from 3 to 7 it is c, d, g, l; from 4 to 7 only l.
    leaves = tree(7)
    node = lambda a, b: hashlib.sha256(b"\x01" + a + b).digest()  # noqa: E731
    g = node(leaves[0], leaves[1])
    l_ = node(node(leaves[4], leaves[5]), leaves[6])

    assert merkle.consistency_proof(leaves, 3) == [leaves[2], leaves[3], g, l_]
    assert merkle.consistency_proof(leaves, 4) == [l_]


@pytest.mark.parametrize("size", SIZES)
def test_every_inclusion_proof_verifies_and_no_other_leaf_does(size):
    leaves, top = LEAVES[:size], bytes.fromhex(ROOTS[size])
    for index in range(size):
        path = merkle.inclusion_proof(leaves, index)

        fitting = [
            (at, leaf)
            for at in range(-1, size + 1)
            for leaf in (*LEAVES, flipped(leaves[index]))
            if merkle.verify_inclusion(leaf, at, size, path, top)
        ]

        assert fitting == [(index, leaves[index])]


@pytest.mark.parametrize("size", SIZES)
def test_every_consistency_proof_verifies_and_no_changed_one_does(size):
    top = bytes.fromhex(ROOTS[size])
    for old in range(size + 1):
        before = bytes.fromhex(ROOTS[old])
        path = merkle.consistency_proof(LEAVES[:size], old)

        assert merkle.verify_consistency(old, size, before, top, path)
        assert not merkle.verify_consistency(old, size, flipped(before), top, path)
        assert old == 0 or not merkle.verify_consistency(old, size, before, flipped(top), path)
        assert not merkle.verify_consistency(old, size, before, top, [*path, top])
        for at in range(len(path)):
            changed = [*path[:at], flipped(path[at]), *path[at + 1 :]]
            assert not merkle.verify_consistency(old, size, before, top, changed)
            assert not merkle.verify_consistency(old, size, before, top, path[:at])


@pytest.mark.parametrize(("old", "size"), [(9, 8), (-1, 8)])
def test_impossible_sizes_are_not_consistent(old, size):
    assert not merkle.verify_consistency(old, size, LEAVES[0], LEAVES[0], [])


def test_proofs_of_what_is_not_there_are_refused():
    with pytest.raises(IndexError):
        merkle.inclusion_proof(LEAVES, 8)
    with pytest.raises(IndexError):
        merkle.inclusion_proof([], 0)
    with pytest.raises(IndexError):
        merkle.consistency_proof(LEAVES, 9)


@given(st.integers(1, 400), st.data())
def test_random_trees_prove_their_leaves_and_their_past(size, data):
    leaves = tree(size)
    top = merkle.root(leaves)
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(0, size))

    path = merkle.inclusion_proof(leaves, index)
    past = merkle.consistency_proof(leaves, old)

    assert merkle.verify_inclusion(leaves[index], index, size, path, top)
    assert not merkle.verify_inclusion(flipped(leaves[index]), index, size, path, top)
    assert merkle.verify_consistency(old, size, merkle.root(leaves[:old]), top, past)
    assert len(path) <= max(size - 1, 1).bit_length()


@given(st.integers(2, 200), st.data())
def test_a_rewritten_past_is_never_consistent(size, data):
    old = data.draw(st.integers(1, size - 1))
    changed = data.draw(st.integers(0, old - 1))
    leaves = tree(size)
    before = merkle.root(leaves[:old])
    leaves[changed] = flipped(leaves[changed])

    path = merkle.consistency_proof(leaves, old)

    assert not merkle.verify_consistency(old, size, before, merkle.root(leaves), path)


@pytest.mark.slow
def test_a_hundred_thousand_leaves_are_quick():
    leaves = tree(100_000)
    started = time.perf_counter()

    top = merkle.root(leaves)
    path = merkle.inclusion_proof(leaves, 77_777)

    assert time.perf_counter() - started < 3
    assert merkle.verify_inclusion(leaves[77_777], 77_777, len(leaves), path, top)
