"""Random streams keyed by (seed, purpose, subject).

The numbers of a subject never depend on how many others there are, on their order or on who computes them:
each (seed, purpose) pair names one counter-based stream (Philox), and a subject reads the word at its own
position."""

import hashlib
from functools import lru_cache

import numpy as np

from livingdrug.core.errors import InputError

MAX_SEED = 2**63 - 1


def check_seed(seed: int) -> int:
    """The seed itself, or InputError when it is not a whole number from 0 to 2**63 - 1."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed <= MAX_SEED:
        raise InputError(f"seed is {seed!r}; it must be a whole number from 0 to {MAX_SEED}")
    return int(seed)


def stream_key(seed: int, purpose: str) -> tuple[int, int]:
    """The two 64-bit words that name the stream of (seed, purpose)."""
    return _stream_key(check_seed(seed), purpose)


@lru_cache(maxsize=1024)
def _stream_key(seed: int, purpose: str) -> tuple[int, int]:
    digest = hashlib.sha256(f"{seed}|{purpose}".encode()).digest()
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:16], "little")


def uniforms(seed: int, purpose: str, first: int, count: int) -> np.ndarray:
    """Uniform numbers in (0, 1) of subjects `first` ... `first + count - 1`, shape (count,)."""
    low, high = stream_key(seed, purpose)
    stream = np.random.Philox(key=low + (high << 64))
    # Philox makes four words a counter step: start at the step that holds word `first`
    stream.advance(first // 4)
    raw = stream.random_raw(first % 4 + count)[first % 4 :]
    return ((raw >> np.uint64(11)).astype(float) + 0.5) * 2.0**-53


def normals(seed: int, purpose: str, first: int, count: int) -> np.ndarray:
    """Standard normal numbers of subjects `first` ... `first + count - 1`, shape (count,)."""
    from scipy.special import ndtri

    return ndtri(uniforms(seed, purpose, first, count))
