"""Compiled: random numbers of a search, from a state of its own, so that a seed gives the same search.

Called by the search kernels. xorshift64* (S. Vigna, An experimental exploration of Marsaglia's xorshift
generators, scrambled, 2016).
"""

import numpy as np

from optimiser.routes.arrays import AnyArray
from optimiser.routes.kernel_cache import kernel

MULTIPLIER = np.uint64(2685821657736338717)
TO_UNIT = 1.0 / 9007199254740992.0


@kernel
def chance(dice: AnyArray) -> float:
    """Uniform on [0, 1)."""
    x = dice[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    dice[0] = x
    return float((x * MULTIPLIER) >> np.uint64(11)) * TO_UNIT


@kernel
def below(dice: AnyArray, n: int) -> int:
    """Uniform on 0 .. n - 1."""
    return min(int(chance(dice) * n), n - 1)


def new_dice(seed: int) -> AnyArray:
    """The state for a seed, (1,) uint64, never zero."""
    mixed = (seed + 1) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
    return np.array([mixed or 1], np.uint64)
