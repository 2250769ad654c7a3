"""What makes cells different from molecules: rise, contraction, persistence, expansion."""

import numpy as np

from livingdrug.core.conventions import MONTH
from livingdrug.nca import areas
from livingdrug.nca.analysis import PER_DAY, Analysis, Value
from livingdrug.nca.blocks import at, first_true, last_true
from livingdrug.nca.causes import Cause, marks
from livingdrug.nca.registry import LEVEL, TIME, parameter
from livingdrug.nca.rise import expansion_start
from livingdrug.nca.settings import ADULT_BLOOD, ADULT_WEIGHT
from livingdrug.nca.slopes import POINTS, slope

CONTRACTION_DAYS = MONTH


@parameter(
    "XCMAX",
    unit=LEVEL,
    meaning="maximum level after the distribution minimum of the infused cells",
    plain="CMAX: no sample of the first day holds infused cells, or the largest level comes later",
    geometric=True,
)
def expansion_peak(a: Analysis) -> Value:
    """The highest quantifiable value from the distribution minimum on; CMAX where no sample of the first day is
    quantifiable."""
    peak, seen, causes = _expansion(a)
    return Value(np.where(seen, at(a.block.value, peak), 0.0), causes)


@parameter(
    "XTMAX",
    unit=TIME,
    meaning="time of XCMAX",
    plain="TMAX: no sample of the first day holds infused cells, or the largest level comes later",
)
def expansion_time(a: Analysis) -> Value:
    """Time of XCMAX."""
    peak, seen, causes = _expansion(a)
    return Value(np.where(seen, at(a.block.time, peak), np.nan), causes | a.nothing)


def _expansion(a: Analysis) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(column of the largest value after the distribution minimum, whether there is one, causes), shape (n,) each."""
    if not a.data.time_unit:
        none = np.full(a.n, int(Cause.NO_TIME_UNIT), dtype=np.int64)
        return np.zeros(a.n, dtype=np.int64), np.zeros(a.n, dtype=bool), none
    block = a.block
    column = np.arange(block.value.shape[1])
    started = block.present & (column >= first_true(block.quantifiable)[:, None])
    with np.errstate(invalid="ignore"):
        lowest = np.fmin.reduce(np.where(block.quantifiable, block.value, np.nan), axis=1, keepdims=True)
    below = np.where(np.isnan(block.limit), lowest, block.limit)
    level = np.where(started, np.where(block.quantifiable, block.value, below), np.nan)
    start = expansion_start(level, block.time, PER_DAY[a.data.time_unit])
    after = block.quantifiable & (column >= start[:, None])
    peak = np.argmax(np.where(after, block.value, -np.inf), axis=1)
    never = a.any_value & ~after.any(axis=1)
    upper = (a["CMAX"].causes & int(Cause.ABOVE_UPPER)) * (peak == a.peak)
    causes = marks(a.n, (~a.any_value, Cause.ALL_BELOW), (never, Cause.NEVER_RISES)) | upper
    return peak, after.any(axis=1), causes


@parameter(
    "XFOLD",
    unit="1",
    meaning="CMAX / first quantifiable value after the lowest point before it",
    plain="rise from the first quantifiable value after the lowest point",
    geometric=True,
)
def fold(a: Analysis) -> Value:
    """CMAX / first quantifiable value after the lowest point, which is the last of the lowest values before
    the peak: a value below the limit is lower than any measured one."""
    start, seen = _rise(a)
    value = at(a.block.value, a.peak) / at(a.block.value, np.minimum(start, a.peak))
    return Value(np.where(seen, value, np.nan), _no_rise(a, seen))


@parameter(
    "XDOUBL",
    unit=TIME,
    meaning="doubling time of the rise to CMAX",
    plain="ln 2 / slope of ln level from there to TMAX",
    geometric=True,
)
def doubling_time(a: Analysis) -> Value:
    """ln 2 / slope of ln level from the first quantifiable value after the lowest point to TMAX."""
    block, (start, seen) = a.block, _rise(a)
    column = np.arange(block.value.shape[1])
    points = block.quantifiable & (column >= start[:, None]) & (column <= a.peak[:, None]) & seen[:, None]
    rate = slope(block.time, block.value, points)
    enough = seen & (points.sum(axis=1) >= POINTS)
    rising = enough & (rate > 0)
    causes = marks(a.n, (seen & ~enough, Cause.FEW_RISING), (enough & ~rising, Cause.NOT_RISING))
    value = np.where(rising, np.log(2) / np.where(rising, rate, 1.0), np.nan)
    return Value(value, _no_rise(a, seen) | causes, points & rising[:, None])


def _rise(a: Analysis) -> tuple[np.ndarray, np.ndarray]:
    """(column of the first quantifiable value after the lowest point, whether it lies before the peak), shape
    (n,) each."""
    block, top = a.block, a.peak
    column = np.arange(block.value.shape[1])
    before = block.present & (column < top[:, None])
    height = np.where(before, np.where(block.quantifiable, block.value, -1.0), np.inf)
    lowest = last_true(before & (height == height.min(axis=1, keepdims=True)))
    start = first_true(block.quantifiable & (column > lowest[:, None]))
    return start, a.any_value & (top > 0) & (start < top)


def _no_rise(a: Analysis, seen: np.ndarray) -> np.ndarray:
    first = a.any_value & (a.peak == 0)
    return a.nothing | marks(a.n, (first, Cause.PEAK_FIRST), (a.any_value & ~first & ~seen, Cause.NO_RISE))


@parameter(
    "XCONHL",
    unit=TIME,
    meaning="half-life of the contraction in the 28 d after TMAX",
    plain="ln 2 / slope of ln level from TMAX to 28 d later or the first value below the limit",
    geometric=True,
)
def contraction_half_life(a: Analysis) -> Value:
    """- ln 2 / slope of ln level from TMAX to 28 d later, or to the first value below the limit before
    that."""
    if not a.data.time_unit:
        return Value(np.full(a.n, np.nan), np.full(a.n, int(Cause.NO_TIME_UNIT), dtype=np.int64))
    block, top = a.block, a.peak
    column = np.arange(block.value.shape[1])
    stop = first_true(block.present & ~block.quantifiable & (column > top[:, None]))
    end = at(block.time, top) + CONTRACTION_DAYS * PER_DAY[a.data.time_unit]
    points = (
        block.quantifiable
        & (column >= top[:, None])
        & (column < stop[:, None])
        & (block.time <= end[:, None])
    )
    rate = slope(block.time, block.value, points)
    enough = a.any_value & (points.sum(axis=1) >= POINTS)
    falling = enough & (rate < 0)
    few = (a.any_value & ~enough, Cause.FEW_CONTRACTING)
    causes = a.nothing | marks(a.n, few, (enough & ~falling, Cause.NOT_CONTRACTING))
    return Value(
        np.where(falling, -np.log(2) / np.where(falling, rate, 1.0), np.nan),
        causes,
        points & falling[:, None],
    )


@parameter(
    "XPERS",
    unit=TIME,
    meaning="persistence: last time above the limit",
    plain="last time above the limit",
    from_infusion=False,
)
def persistence(a: Analysis) -> Value:
    """TLST: the lower end of the interval in which the cells were lost."""
    ever, lost = _last_seen(a) >= 0, _lost(a)
    value = np.where(ever, at(a.block.time, np.maximum(_last_seen(a), 0)), np.nan)
    return Value(
        value, a.nothing | marks(a.n, (ever & lost, Cause.LOST_BETWEEN), (ever & ~lost, Cause.CENSORED))
    )


@parameter(
    "XPERSUL",
    unit=TIME,
    meaning="first time of lasting absence",
    plain="first sample of lasting absence",
    from_infusion=False,
)
def lasting_absence(a: Analysis) -> Value:
    """Time of the first sample of lasting absence: the upper end of that interval."""
    ever, lost = _last_seen(a) >= 0, _lost(a)
    gone = np.minimum(_after_last(a), a.block.present.shape[1] - 1)
    causes = marks(
        a.n,
        (ever & ~lost, Cause.STILL_POSITIVE),
        (ever & lost, Cause.LOST_BETWEEN),
        (~ever & lost, Cause.FROM_START),
        (~ever & ~lost, Cause.NOTHING_QUANTIFIABLE),
    )
    return Value(np.where(lost, at(a.block.time, gone), np.nan), causes)


def _last_seen(a: Analysis) -> np.ndarray:
    return last_true(a.block.quantifiable)


def _after_last(a: Analysis) -> np.ndarray:
    """Column after the last quantifiable value; a subject that never was above the limit counts as lost from
    its first sample after the infusion."""
    block, last = a.block, _last_seen(a)
    return np.where(last >= 0, last + 1, first_true(block.present & (block.time > 0)))


def _lost(a: Analysis) -> np.ndarray:
    return a.block.present.any(axis=1) & (_after_last(a) < a.block.present.sum(axis=1))


@parameter(
    "XTLIM",
    unit=TIME,
    meaning="time above the level",
    plain="time of the drawn curve at or above the level",
)
def time_above(a: Analysis) -> Value:
    """Time at or above the level that was asked for, or else the limit of quantification."""
    block, above = a.block, a.settings.above
    limit = np.max(np.where(np.isfinite(block.limit), block.limit, -np.inf), axis=1, initial=-np.inf)
    level = np.full(a.n, above) if above is not None else np.where(np.isfinite(limit), limit, np.nan)
    value = areas.time_above(block, a.settings.auc, level)
    final = np.maximum(last_true(block.kept), 0)
    with np.errstate(invalid="ignore"):
        still = (at(np.nan_to_num(block.c), final) >= level) & at(block.q, final)
    causes = marks(
        a.n,
        (np.isnan(level), Cause.NO_LEVEL),
        (still, Cause.CENSORED),
        (a.below_touched, Cause.BELOW_TOUCHED),
        (block.added, Cause.START_ASSUMED),
    )
    return Value(value, a.nothing | causes)


@parameter(
    "XEXPR",
    unit="1",
    meaning="expansion ratio: CMAX x blood volume / dose",
    plain="CMAX x blood volume / dose",
    geometric=True,
)
def expansion_ratio(a: Analysis) -> Value:
    """CMAX (cells/uL) x blood volume (uL) / dose (cells)."""
    cmax = a["CMAX"].value
    by_weight = a.settings.blood_volume is None
    if by_weight:
        volume = ADULT_BLOOD / ADULT_WEIGHT * a.data.weight[a.data.profiles.subject[a.block.profiles]]
    else:
        volume = np.full(a.n, a.settings.blood_volume)
    in_cells = a.data.profiles.unit[a.block.profiles] == "cells/uL"
    missing = a.no_dose | marks(
        a.n,
        (~(cmax > 0), Cause.NOTHING_QUANTIFIABLE),
        (~in_cells, Cause.NOT_CELLS),
        (np.isfinite(a.dose) & (a.data.dose_unit != "cells"), Cause.NO_DOSE_UNIT),
        (~np.isfinite(volume), Cause.NO_VOLUME),
    )
    good = missing == 0
    bridged = bool(a.data.bridge) & in_cells & good
    more = marks(a.n, (bridged, Cause.BRIDGED), (good & by_weight, Cause.VOLUME_BY_WEIGHT))
    return Value(np.where(good, cmax * volume / a.dose, np.nan), missing | more)
