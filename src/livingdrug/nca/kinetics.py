"""What makes cells different from molecules: rise, contraction, persistence, expansion."""

from dataclasses import dataclass

import numpy as np

from livingdrug.nca.blocks import Block, at, first_true, last_true
from livingdrug.nca.causes import Cause, marks
from livingdrug.nca.terminal import POINTS, slope

CONTRACTION_DAYS = 28.0
PER_DAY = {"d": 1.0, "h": 24.0}


@dataclass(frozen=True)
class Value:
    """value (n,), nan where absent; causes (n,): bits of `causes.Cause`; points (n, w) or None: measured cells used."""

    value: np.ndarray
    causes: np.ndarray
    points: np.ndarray | None = None


def peak(block: Block) -> tuple[np.ndarray, np.ndarray]:
    """(column of the first highest quantifiable value, whether there is one), shape (n,) each."""
    return np.argmax(np.where(block.quantifiable, block.value, -np.inf), axis=1), block.quantifiable.any(axis=1)


def rise(block: Block) -> tuple[Value, Value]:
    """XFOLD and XDOUBL.

    The lowest point is the last of the lowest values before the peak, where a value below the limit is lower than any
    measured one. XFOLD = CMAX / first quantifiable value after it; XDOUBL = ln 2 / slope from there to TMAX.
    """
    top, any_value = peak(block)
    column = np.arange(block.value.shape[1])
    before = block.present & (column < top[:, None])
    height = np.where(before, np.where(block.quantifiable, block.value, -1.0), np.inf)
    lowest = last_true(before & (height == height.min(axis=1, keepdims=True)))
    start = first_true(block.quantifiable & (column > lowest[:, None]))
    seen = any_value & (top > 0) & (start < top)
    value = at(block.value, top) / at(block.value, np.minimum(start, top))
    causes = marks(
        block.n, (~any_value, Cause.NOTHING_QUANTIFIABLE), (any_value & (top == 0), Cause.PEAK_FIRST),
        (any_value & (top > 0) & ~seen, Cause.NO_RISE),
    )  # fmt: skip
    fold = Value(np.where(seen, value, np.nan), causes)
    points = block.quantifiable & (column >= start[:, None]) & (column <= top[:, None]) & seen[:, None]
    rate = slope(block.time, block.value, points)
    enough = seen & (points.sum(axis=1) >= POINTS)
    rising = enough & (rate > 0)
    causes = causes | marks(block.n, (seen & ~enough, Cause.FEW_RISING), (enough & ~rising, Cause.NOT_RISING))
    return fold, Value(np.where(rising, np.log(2) / np.where(rising, rate, 1.0), np.nan), causes, points & rising[:, None])


def contraction(block: Block, time_unit: str) -> Value:
    """XCONHL = -ln 2 / slope of ln value from TMAX to 28 d later, or to the first value below the limit before that."""
    top, any_value = peak(block)
    if not time_unit:
        return Value(np.full(block.n, np.nan), np.full(block.n, int(Cause.NO_TIME_UNIT), dtype=np.int64))
    column = np.arange(block.value.shape[1])
    stop = first_true(block.present & ~block.quantifiable & (column > top[:, None]))
    end = at(block.time, top) + CONTRACTION_DAYS * PER_DAY[time_unit]
    points = block.quantifiable & (column >= top[:, None]) & (column < stop[:, None]) & (block.time <= end[:, None])
    rate = slope(block.time, block.value, points)
    enough = any_value & (points.sum(axis=1) >= POINTS)
    falling = enough & (rate < 0)
    causes = marks(
        block.n, (~any_value, Cause.NOTHING_QUANTIFIABLE), (any_value & ~enough, Cause.FEW_CONTRACTING),
        (enough & ~falling, Cause.NOT_CONTRACTING),
    )  # fmt: skip
    return Value(np.where(falling, -np.log(2) / np.where(falling, rate, 1.0), np.nan), causes, points & falling[:, None])


def persistence(block: Block) -> tuple[Value, Value]:
    """XPERS = TLST, and XPERSUL = time of the first sample of lasting absence: the interval in which cells were lost."""
    last = last_true(block.quantifiable)
    ever = last >= 0
    sampled = block.present.any(axis=1)
    # a subject that never was above the limit counts as lost from its first sample after the infusion
    after = np.where(ever, last + 1, first_true(block.present & (block.time > 0)))
    gone = np.minimum(after, block.present.shape[1] - 1)
    lost = sampled & (after < block.present.sum(axis=1))
    lower = Value(
        np.where(ever, at(block.time, np.maximum(last, 0)), np.nan),
        marks(block.n, (~ever, Cause.NOTHING_QUANTIFIABLE), (ever & lost, Cause.LOST_BETWEEN),
              (ever & ~lost, Cause.CENSORED)),
    )  # fmt: skip
    upper = Value(
        np.where(lost, at(block.time, gone), np.nan),
        marks(block.n, (ever & ~lost, Cause.STILL_POSITIVE), (ever & lost, Cause.LOST_BETWEEN),
              (~ever & lost, Cause.FROM_START), (~ever & ~lost, Cause.NOTHING_QUANTIFIABLE)),
    )  # fmt: skip
    return lower, upper


def expansion(cmax: np.ndarray, dose: np.ndarray, volume: np.ndarray, in_cells: np.ndarray, dose_in_cells: bool) -> Value:
    """XEXPR = CMAX (cells/uL) x blood volume (uL) / dose (cells)."""
    has_dose, has_volume = np.isfinite(dose), np.isfinite(volume)
    causes = marks(
        len(cmax), (~(cmax > 0), Cause.NOTHING_QUANTIFIABLE), (~in_cells, Cause.NOT_CELLS), (~has_dose, Cause.NO_DOSE),
        (has_dose & (not dose_in_cells), Cause.NO_DOSE_UNIT), (~has_volume, Cause.NO_VOLUME),
    )  # fmt: skip
    return Value(np.where(causes == 0, cmax * volume / dose, np.nan), causes)
