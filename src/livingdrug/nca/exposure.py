"""Levels, their times, and areas under the curve."""

import numpy as np

from livingdrug.nca import areas
from livingdrug.nca.analysis import Analysis, Value
from livingdrug.nca.blocks import at, last_true
from livingdrug.nca.causes import ABSENT, Cause, marks
from livingdrug.nca.registry import AREA, LEVEL, TIME, parameter

FAR_PERCENT = 20.0  # of an area that is extrapolated


@parameter(
    "CMAX",
    unit=LEVEL,
    meaning="maximum concentration (transgene level)",
    plain="highest value measured after the infusion",
    geometric=True,
    pknca="cmax",
    phoenix="Cmax",
)
def cmax(a: Analysis) -> Value:
    """The highest quantifiable value; 0 by convention where all are below the limit."""
    upper = (a.block.upper & a.any_value, Cause.ABOVE_UPPER)
    value = np.where(a.any_value, at(a.block.value, a.peak), 0.0)
    return Value(value, marks(a.n, (~a.any_value, Cause.ALL_BELOW), upper))


@parameter(
    "TMAX",
    unit=TIME,
    meaning="time of CMAX, the first where there are several",
    plain="time of CMAX",
    pknca="tmax",
    phoenix="Tmax",
)
def tmax(a: Analysis) -> Value:
    """Time of the first highest value."""
    value = np.where(a.any_value, at(a.block.time, a.peak), np.nan)
    return Value(value, a.nothing | marks(a.n, (a.block.upper & a.any_value, Cause.ABOVE_UPPER)))


@parameter(
    "CLST",
    unit=LEVEL,
    meaning="last quantifiable level",
    plain="last value above the limit",
    geometric=True,
    from_infusion=False,
    pknca="clast.obs",
    phoenix="Clast",
)
def last_level(a: Analysis) -> Value:
    """The last quantifiable value."""
    return Value(at(a.block.value, a.last), a.nothing)


@parameter(
    "TLST",
    unit=TIME,
    meaning="time of CLST",
    plain="time of the last value above the limit",
    from_infusion=False,
    pknca="tlast",
    phoenix="Tlast",
)
def last_time(a: Analysis) -> Value:
    """Time of the last quantifiable value."""
    return Value(at(a.block.time, a.last), a.nothing)


@parameter(
    "AUCLST",
    unit=AREA,
    meaning="area from the infusion to TLST",
    plain="trapezoids from the infusion to TLST",
    geometric=True,
    pknca="auclast",
    phoenix="AUClast",
)
def area_to_last(a: Analysis) -> Value:
    """Sum of the segments up to the last quantifiable value."""
    return Value(areas.up_to_last(a.block, a.segments), no_area(a) | within_last(a))


@parameter(
    "AUCALL",
    unit=AREA,
    meaning="area from the infusion to the last sample",
    plain="trapezoids from the infusion to the last sample",
    geometric=True,
    pknca="aucall",
    phoenix="AUCall",
)
def area_of_all(a: Analysis) -> Value:
    """Sum of all segments."""
    return Value(a.segments.sum(axis=1), no_area(a) | touched(a))


@parameter(
    "AUCINT",
    unit=AREA,
    meaning="partial AUC, over the window",
    plain="trapezoids over the window, its ends interpolated",
    geometric=True,
    pknca="aucint.inf.obs",
    phoenix="partial area",
)
def window_area(a: Analysis) -> Value:
    """Area over the window: within the samples by trapezoids, after the last one by LAMZ or not at all."""
    if a.window is None:
        return Value(np.full(a.n, np.nan), np.full(a.n, int(Cause.NO_WINDOW), dtype=np.int64))
    (start, end), block, lamz = a.window, a.block, a.terminal.lamz
    inside = areas.between(block, a.settings.auc, start, end)
    final = np.maximum(last_true(block.kept), 0)
    stop = at(np.nan_to_num(block.t), final)
    short = stop < end
    measured = at(block.q, final)
    beyond = short & measured
    begin = np.maximum(start, stop)
    with np.errstate(invalid="ignore", over="ignore"):
        tail = a["CLST"].value / lamz * (np.exp(-lamz * (begin - stop)) - np.exp(-lamz * (end - stop)))
    extra = marks(
        a.n,
        (beyond & np.isnan(lamz), Cause.WINDOW_BEYOND),
        (beyond & np.isfinite(lamz), Cause.WINDOW_EXTRAPOLATED),
        (short & ~measured, Cause.WINDOW_ENDED_BELOW),
    )
    fit = np.where(beyond, a["LAMZ"].causes & ~np.int64(ABSENT), 0)
    return Value(inside + np.where(beyond, tail, 0.0), no_area(a) | touched(a) | extra | fit)


@parameter(
    "AUCIFO",
    unit=AREA,
    meaning="area to infinity: AUCLST + CLST/LAMZ",
    plain="AUCLST + CLST/LAMZ",
    geometric=True,
    points_of="LAMZ",
    pknca="aucinf.obs",
    phoenix="AUCINF_obs",
)
def area_to_infinity(a: Analysis) -> Value:
    """AUCLST + CLST / LAMZ."""
    return Value(a["AUCLST"].value + _rest(a), to_infinity(a))


@parameter(
    "AUCIFP",
    unit=AREA,
    meaning="area to infinity from the fitted last level",
    plain="AUCLST + fitted level at TLST / LAMZ",
    geometric=True,
    points_of="LAMZ",
    pknca="aucinf.pred",
    phoenix="AUCINF_pred",
)
def fitted_area_to_infinity(a: Analysis) -> Value:
    """AUCLST + fitted level at TLST / LAMZ."""
    return Value(a["AUCLST"].value + a.terminal.last_predicted / a.terminal.lamz, to_infinity(a))


@parameter(
    "AUCPEO",
    unit="%",
    meaning="part of AUCIFO that is extrapolated",
    plain="100 (CLST/LAMZ) / AUCIFO",
    points_of="LAMZ",
    pknca="aucpext.obs",
    phoenix="AUC_%Extrap_obs",
)
def extrapolated_percent(a: Analysis) -> Value:
    """100 (CLST / LAMZ) / AUCIFO."""
    return Value(_extrapolated(a), to_infinity(a))


def _rest(a: Analysis) -> np.ndarray:
    return a["CLST"].value / a.terminal.lamz


def _extrapolated(a: Analysis) -> np.ndarray:
    return 100.0 * _rest(a) / (a["AUCLST"].value + _rest(a))


def no_area(a: Analysis) -> np.ndarray:
    """Causes of what needs an area, shape (n,)."""
    return marks(a.n, (~(a["TLST"].value > 0), Cause.ONE_SAMPLE)) | a["TLST"].causes


def touched(a: Analysis) -> np.ndarray:
    """Cautions of the whole curve: its start is assumed, or values below the limit took part, shape (n,)."""
    return marks(a.n, (a.block.added, Cause.START_ASSUMED), (a.below_touched, Cause.BELOW_TOUCHED))


def within_last(a: Analysis) -> np.ndarray:
    """The same of the curve up to the last quantifiable value."""
    block = a.block
    before = np.arange(block.kept.shape[1]) < last_true(block.q)[:, None]
    middle = (block.kept & ~block.q & (block.t > 0) & before).any(axis=1)
    return marks(a.n, (block.added, Cause.START_ASSUMED), (middle, Cause.BELOW_TOUCHED))


def to_infinity(a: Analysis) -> np.ndarray:
    """Causes of what is extrapolated with LAMZ, shape (n,)."""
    no_slope = marks(a.n, (~np.isfinite(a.terminal.lamz), Cause.NO_TERMINAL))
    fit = a["LAMZ"].causes & ~np.int64(ABSENT)
    far = marks(a.n, (_extrapolated(a) > FAR_PERCENT, Cause.FAR_EXTRAPOLATION))
    return no_area(a) | no_slope | within_last(a) | fit | far
