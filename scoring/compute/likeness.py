"""How like each other prediction files are, told from short fingerprints and without any label.

Two honest files agree where both are right, and now and then by chance. What is left to explain is
the share of equal predictions beyond that, out of what the accuracies of both would still allow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    type Prints = npt.NDArray[np.uint16]

# So many rows of a file enter its fingerprint, two bytes each.
SAMPLE: Final = 2_000
# Fewer rows say nothing.
FEWEST: Final = 30
# From this share of what could be equal beyond chance a pair is reported.
ALIKE: Final = 0.9
# Where accuracies leave less room than this, they explain it: whoever is nearly always right agrees
# with everybody as much as possible.
LEAST_ROOM: Final = 0.05


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two files by their places: share of equal predictions, expected share, and what is left."""

    first: int
    second: int
    share: float
    expected: float
    # 0: as equal as chance and accuracy explain; 1: as equal as the accuracies allow at all.
    excess: float


def fingerprint(ids: Sequence[str], values: Sequence[object], *, seed: int) -> bytes:
    """Return two bytes for each of at most `SAMPLE` rows, in an order that the seed decides.

    Files with the same ids sample the same rows, whatever their order; without the secret seed
    nobody knows which. Numbers are compared by three significant digits.
    """
    key = seed.to_bytes(8, "big")

    def place(name: str) -> bytes:
        return hashlib.blake2b(name.encode(), digest_size=8, key=key).digest()

    chosen = sorted(range(len(ids)), key=lambda at: (place(ids[at]), ids[at]))[:SAMPLE]
    return b"".join(
        hashlib.blake2b(_plain(values[at]).encode(), digest_size=2, key=key).digest()
        for at in chosen
    )


def _plain(value: object) -> str:
    if isinstance(value, float):
        # Plus zero: minus zero is the same number.
        return f"{value + 0.0:.3g}"
    if isinstance(value, tuple):
        return "|".join(_plain(part) for part in value)
    return str(value)


def alike(
    prints: Sequence[bytes], accuracies: Sequence[float | None], *, labels: int = 0
) -> list[Likeness]:
    """Return the pairs of files that are more like each other than their accuracies explain.

    Two files that are right with probability p and q, and wrong independently, equally often with
    each of the k - 1 other labels, agree with e = p q + (1 - p)(1 - q) / (k - 1); however they
    come about they agree at most with m = 1 - |p - q|. Where no accuracy is known, or it says
    less, e is the agreement by chance of Cohen's kappa (sum of f g over the values' shares f and
    g) and m the sum of min(f, g). Reported is (share - e) / (m - e) from `ALIKE` on. Files of
    other lengths than the first are left out.
    """
    length = len(prints[0]) if prints else 0
    places = [at for at, print_ in enumerate(prints) if len(print_) == length]
    if length < 2 * FEWEST or len(places) < 2:
        return []
    table: Prints = np.stack([np.frombuffer(prints[at], dtype=np.uint16) for at in places])
    right = np.array([accuracies[at] for at in places], dtype=float)  # None becomes NaN
    found = []
    for row in range(len(places) - 1):
        shares = (table[row + 1 :] == table[row]).mean(axis=1)
        # The excess is never above share / m; this spares counting values for every pair.
        allowed = 1 - np.abs(right[row + 1 :] - right[row])
        near = shares >= ALIKE * (np.nan_to_num(allowed, nan=1.0) if labels > 1 else 1.0)
        for offset in np.flatnonzero(near).tolist():
            other, share = row + 1 + offset, float(shares[offset])
            first, second = places[row], places[other]
            expected, most = _by_chance(table[row], table[other])
            p, q = accuracies[first], accuracies[second]
            if p is not None and q is not None and labels > 1:
                expected = max(expected, p * q + (1 - p) * (1 - q) / (labels - 1))
                most = min(most, 1 - abs(p - q))
            if most - expected < LEAST_ROOM:
                continue
            excess = min((share - expected) / (most - expected), 1.0)
            if excess >= ALIKE:
                found.append(Likeness(first, second, share, expected, excess))
    return sorted(found, key=lambda pair: (-pair.excess, -pair.share, pair.first, pair.second))


def _by_chance(first: Prints, second: Prints) -> tuple[float, float]:
    """Return how often two files agree by the shares of their values alone, and at most."""
    values, codes = np.unique(np.concatenate([first, second]), return_inverse=True)
    f = np.bincount(codes[: len(first)], minlength=len(values)) / len(first)
    g = np.bincount(codes[len(first) :], minlength=len(values)) / len(second)
    return float(f @ g), float(np.minimum(f, g).sum())
