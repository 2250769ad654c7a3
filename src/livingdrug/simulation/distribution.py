"""Numbers of any count, summed up in little memory: the same answer in whatever order and portions they
come."""

import math
from fractions import Fraction

import numpy as np

# relative width of a bin: no percentile is off by more
WIDTH = 1e-3
_LOG_WIDTH = math.log1p(WIDTH)
_HALF = 27  # bits of the lower half of a mantissa


class _Bins:
    """A logarithmic histogram of positive numbers: per bin, from the lowest to the highest one met, how many
    there are, the least and the greatest."""

    def __init__(self) -> None:
        self.first, self.counts = 0, np.zeros(0, dtype=np.int64)
        self.least, self.greatest = np.zeros(0), np.zeros(0)

    def add(self, values: np.ndarray) -> None:
        """Take numbers in."""
        if not len(values):
            return
        bins = np.floor(np.log(values) / _LOG_WIDTH).astype(np.int64)
        self._reach(int(bins.min()), int(bins.max()) + 1)
        at = bins - self.first
        # numbers that came from another process have a dtype of their own, with which NumPy takes fifty times as long
        values = values.astype(np.float64)
        self.counts += np.bincount(at, minlength=len(self.counts))
        np.minimum.at(self.least, at, values)
        np.maximum.at(self.greatest, at, values)

    def _reach(self, low: int, high: int) -> None:
        """Room for the bins from low up to, but not with, high."""
        if len(self.counts):
            low, high = min(low, self.first), max(high, self.first + len(self.counts))
        before = self.first - low if len(self.counts) else 0
        after = high - low - before - len(self.counts)
        if before or after:
            self.counts = np.pad(self.counts, (before, after))
            self.least = np.pad(self.least, (before, after), constant_values=math.inf)
            self.greatest = np.pad(self.greatest, (before, after), constant_values=0.0)
            self.first = low

    def ascending(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(counts, least, greatest) of the bins that hold something."""
        at = np.flatnonzero(self.counts)
        return self.counts[at], self.least[at], self.greatest[at]


class ExactSum:
    """A sum of finite doubles without rounding, so that its order does not matter."""

    def __init__(self) -> None:
        # a double is a whole number times a power of 2: whole numbers are added for each power
        self.parts: dict[int, int] = {}

    def add(self, values: np.ndarray) -> None:
        """Add all of them."""
        if not len(values):
            return
        fraction, exponent = np.frexp(values)
        whole = np.ldexp(fraction, 53).astype(np.int64)
        first = int(exponent.min())
        # halves of 27 bits, of which a double holds the sum of 2**26 without rounding
        upper = np.bincount(exponent - first, weights=whole >> _HALF)
        lower = np.bincount(exponent - first, weights=whole & ((1 << _HALF) - 1))
        for i in np.flatnonzero((upper != 0) | (lower != 0)).tolist():
            self.parts[first + i] = self.parts.get(first + i, 0) + (int(upper[i]) << _HALF) + int(lower[i])

    def over(self, count: int) -> float:
        """The sum divided by a count, rounded once."""
        total = sum((part * Fraction(2) ** (power - 53) for power, part in self.parts.items()), Fraction(0))
        return float(total / count)


class Distribution:
    """Count, least, greatest, mean and percentiles of finite numbers.

    Count, least and greatest are exact; the mean is the exact one, rounded. Percentiles come from a fixed
    logarithmic histogram (bins of a relative width of 0.1 %, zeros in a bin of their own, negative numbers
    mirrored), read as `numpy.percentile` reads sorted numbers, which are taken as evenly spaced between the
    least and the greatest of their bin: each is within 0.1 % of the exact one. Nothing depends on order or
    portions."""

    def __init__(self) -> None:
        self.count, self.zeros, self.least, self.greatest = 0, 0, math.inf, -math.inf
        self.sum, self.below, self.above = ExactSum(), _Bins(), _Bins()

    def add(self, values: np.ndarray) -> None:
        """Take numbers in; all must be finite."""
        if not len(values):
            return
        self.count += len(values)
        self.least, self.greatest = (
            min(self.least, float(values.min())),
            max(self.greatest, float(values.max())),
        )
        self.sum.add(values)
        above, below = values[values > 0], -values[values < 0]
        self.zeros += len(values) - len(above) - len(below)
        self.above.add(above)
        self.below.add(below)

    @property
    def mean(self) -> float:
        """NaN without numbers."""
        return self.sum.over(self.count) if self.count else math.nan

    def percentiles(self, levels) -> list[float]:
        """Values at these levels (0 to 100); NaN without numbers."""
        if not self.count:
            return [math.nan] * len(levels)
        ranks = np.asarray(levels, dtype=float) / 100 * (self.count - 1)
        below, share = np.floor(ranks), ranks - np.floor(ranks)
        lower, upper = self._sorted(below), self._sorted(np.ceil(ranks))
        return (lower + share * (upper - lower)).tolist()

    def _sorted(self, ranks: np.ndarray) -> np.ndarray:
        """The numbers at these places (from 0) in ascending order, within the width of a bin."""
        low_counts, low_least, low_greatest = (array[::-1] for array in self.below.ascending())
        counts, least, greatest = self.above.ascending()
        counts = np.concatenate([low_counts, [self.zeros], counts])
        starts = np.concatenate([-low_greatest, [0.0], least])
        ends = np.concatenate([-low_least, [0.0], greatest])
        after = np.cumsum(counts)
        i = np.searchsorted(after, ranks, side="right")
        place = (ranks - (after - counts)[i]) / np.maximum(counts[i] - 1, 1)
        return starts[i] + place * (ends[i] - starts[i])
