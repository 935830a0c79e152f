"""Random numbers as a pure function of a seed, a stream's name and integer keys.

There is no generator with a state: the number for a station and an hour doesn't depend on the order of calls.
The mixing function is SplitMix64's (Steele, Lea and Flood, 2014, doi:10.1145/2660193.2660195).
"""

import zlib
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Hashes = NDArray[np.uint64]

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)


def _mix(value: Hashes) -> Hashes:
    value = value + _GOLDEN
    value = (value ^ (value >> np.uint64(30))) * _FIRST
    value = (value ^ (value >> np.uint64(27))) * _SECOND
    return value ^ (value >> np.uint64(31))


def hashes(seed: int, stream: str, *keys: ArrayLike) -> Hashes:
    """Return 64 well-mixed bits for each element of the broadcast integer keys."""
    start = (seed * 0x100000001B3 + zlib.crc32(stream.encode())) % 2**64
    state = _mix(np.array([start], dtype=np.uint64))
    for key in keys:
        # Negative hours, before 1970, wrap around: they are only keys here.
        state = _mix(state ^ np.asarray(key).astype(np.int64).astype(np.uint64))
    return state


def uniform(seed: int, stream: str, *keys: ArrayLike) -> Floats:
    """Return numbers uniformly distributed in the open interval 0 to 1."""
    bits = hashes(seed, stream, *keys) >> np.uint64(11)
    return (bits.astype(np.float64) + 0.5) / 2**53


def normal(seed: int, stream: str, *keys: ArrayLike) -> Floats:
    """Return normally distributed numbers, mean 0, standard deviation 1 (Box and Muller, 1958)."""
    radius = np.sqrt(-2 * np.log(uniform(seed, stream, *keys)))
    angle = 2 * np.pi * uniform(seed, stream + "/angle", *keys)
    return np.asarray(radius * np.cos(angle))


def smooth(seed: int, stream: str, hours: ArrayLike, every: float, *keys: ArrayLike) -> Floats:
    """Interpolate smoothly between normally distributed numbers that are ``every`` hours apart.

    Args:
        seed: seed of the whole weather.
        stream: name of this noise.
        hours: hours at which to evaluate it, broadcast with the keys.
        every: hours between two independent values.
        keys: integer keys, as for ``normal``.

    Returns:
        Numbers with mean 0 and standard deviation 1 at each hour.
    """
    position = np.asarray(hours) / every
    knot = np.floor(position)
    part = position - knot
    later = part * part * (3 - 2 * part)
    earlier = 1 - later
    before = normal(seed, stream, knot, *keys)
    after = normal(seed, stream, knot + 1, *keys)
    return np.asarray((earlier * before + later * after) / np.hypot(earlier, later))
