"""Why a value is absent, or to be taken with caution: one bit a cause, one sentence a bit."""

from enum import IntFlag
from functools import lru_cache

import numpy as np


class Cause(IntFlag):
    """Bits that several causes of one value share in one integer."""

    NONE = 0
    # absent
    NOTHING_QUANTIFIABLE = 1 << 0
    ONE_SAMPLE = 1 << 1
    FEW_TERMINAL = 1 << 2
    NOT_FALLING = 1 << 3
    NO_TERMINAL = 1 << 4
    NO_WINDOW = 1 << 5
    WINDOW_BEYOND = 1 << 6
    PEAK_FIRST = 1 << 7
    NO_RISE = 1 << 8
    FEW_RISING = 1 << 9
    NOT_RISING = 1 << 10
    FEW_CONTRACTING = 1 << 11
    NOT_CONTRACTING = 1 << 12
    NO_TIME_UNIT = 1 << 13
    NO_DOSE = 1 << 14
    NOT_CELLS = 1 << 15
    NO_VOLUME = 1 << 16
    NO_LEVEL = 1 << 17
    STILL_POSITIVE = 1 << 18
    NO_DOSE_UNIT = 1 << 19
    NO_SAMPLE = 1 << 20
    LATE_START = 1 << 21
    WINDOW_UNSAMPLED = 1 << 22
    NEVER_RISES = 1 << 23
    # a value, with caution
    ALL_BELOW = 1 << 24
    START_ASSUMED = 1 << 25
    POOR_FIT = 1 << 26
    SHORT_SPAN = 1 << 27
    FAR_EXTRAPOLATION = 1 << 28
    WINDOW_EXTRAPOLATED = 1 << 29
    WINDOW_ENDED_BELOW = 1 << 30
    BELOW_TOUCHED = 1 << 31
    ABOVE_UPPER = 1 << 32
    CHOSEN_POINTS = 1 << 33
    BRIDGED = 1 << 34
    VOLUME_BY_WEIGHT = 1 << 35
    CENSORED = 1 << 40
    LOST_BETWEEN = 1 << 41
    FROM_START = 1 << 42


ABSENT = (1 << 24) - 1
NOTED = int(Cause.BELOW_TOUCHED)  # said in the reason, no ground for caution
CENSORING = int(Cause.CENSORED | Cause.LOST_BETWEEN | Cause.FROM_START)

SENTENCES: dict[Cause, str] = {
    Cause.NOTHING_QUANTIFIABLE: "no value after the infusion is above the limit of quantification",
    Cause.ONE_SAMPLE: "there is no quantifiable value after time 0, so there is no area",
    Cause.FEW_TERMINAL: "fewer than 3 quantifiable values after TMAX (or in the range chosen by hand) to "
    "fit a slope to",
    Cause.NOT_FALLING: "no terminal phase: no 3 or more values after TMAX (or in the chosen range) give a "
    "negative slope",
    Cause.NO_TERMINAL: "it needs a terminal slope (LAMZ), which is absent",
    Cause.NO_WINDOW: "no window was given, and 0 to 28 d needs a stated unit of time (--time-unit or "
    "--window)",
    Cause.WINDOW_BEYOND: "the window ends after the last sample and there is no terminal slope to extend "
    "the curve",
    Cause.PEAK_FIRST: "the peak is the first sample, so no rise was seen",
    Cause.NO_RISE: "no quantifiable value lies between the lowest point and the peak",
    Cause.FEW_RISING: "fewer than 3 quantifiable values lie between the lowest point and TMAX",
    Cause.NOT_RISING: "the values up to TMAX do not rise",
    Cause.FEW_CONTRACTING: "fewer than 3 quantifiable values from TMAX to 28 d later or the first value "
    "below the limit",
    Cause.NOT_CONTRACTING: "the values after TMAX do not fall",
    Cause.NO_TIME_UNIT: "28 d after TMAX needs a stated unit of time (--time-unit)",
    Cause.NO_DOSE: "the number of cells infused is not known (a dose row, a dose column or --dose)",
    Cause.NO_DOSE_UNIT: "the unit of the dose is not stated (--dose-unit cells)",
    Cause.NOT_CELLS: "it needs a level in cells/uL: measured so, or through a named unit conversion "
    "(--conversion)",
    Cause.NO_VOLUME: "the blood volume is not known (--blood-volume UL, or a column of weights)",
    Cause.NO_LEVEL: "no level was given and no limit of quantification is known (--above or --limit)",
    Cause.STILL_POSITIVE: "the subject was still above the limit at the last sample",
    Cause.NO_SAMPLE: "no sample was taken after the infusion",
    Cause.LATE_START: "the first sample after the infusion was taken later than 28 d, after the usual peak",
    Cause.WINDOW_UNSAMPLED: "no sample lies in the window, or only in its last quarter, so its area was not "
    "measured",
    Cause.NEVER_RISES: "no value after the first day is higher than one before it: the infused cells were seen, "
    "and no expansion",
    Cause.ALL_BELOW: "all values are below the limit: reported as 0 by convention, the true peak lies below "
    "the limit",
    Cause.START_ASSUMED: "no sample at the infusion: the curve is drawn from 0 there (Phoenix rule for "
    "extravascular dosing)",
    Cause.POOR_FIT: "adjusted R2 of the terminal fit is below 0.9",
    Cause.SHORT_SPAN: "the terminal points span fewer than 2 half-lives",
    Cause.FAR_EXTRAPOLATION: "more than 20 % of the area is extrapolated",
    Cause.WINDOW_EXTRAPOLATED: "the window ends after the last sample: the rest is extrapolated with LAMZ",
    Cause.WINDOW_ENDED_BELOW: "the last sample is below the limit and before the window ends: nothing is "
    "added after it",
    Cause.BELOW_TOUCHED: "BLQ values were handled by the stated rule",
    Cause.ABOVE_UPPER: "the peak is above the upper limit of the assay",
    Cause.CHOSEN_POINTS: "the terminal points were chosen by hand",
    Cause.VOLUME_BY_WEIGHT: "blood volume by weight: 5 L at 70 kg, in proportion",
    Cause.BRIDGED: "through a unit conversion, with its uncertainty",
    Cause.CENSORED: "right-censored: still above the limit at the last sample",
    Cause.LOST_BETWEEN: "lost somewhere between the last value above the limit and the first lasting value "
    "below it",
    Cause.FROM_START: "never above the limit: lost before the first sample",
}


def marks(shape: int, *pairs: tuple[np.ndarray, Cause]) -> np.ndarray:
    """Causes of each profile, shape (n,): every cause whose mask is true."""
    made = np.zeros(shape, dtype=np.int64)
    for mask, cause in pairs:
        made |= np.where(mask, np.int64(cause), np.int64(0))
    return made


def flag_of(causes: int) -> str:
    """`ok`, `caution`, `censored` or `absent`."""
    if causes & ABSENT:
        return "absent"
    if causes & CENSORING:
        return "censored"
    return "caution" if causes & ~NOTED else "ok"


@lru_cache(maxsize=4096)  # few combinations, asked for by every table
def reason_of(causes: int, otherwise: str) -> str:
    """The sentences of the causes (of an absent value: only why it is absent), or what is true of a plain
    value."""
    wanted = causes & ABSENT or causes
    found = [SENTENCES[cause] for cause in SENTENCES if wanted & cause]
    if wanted and not wanted & ~NOTED:
        found.insert(0, otherwise)
    return "; ".join(found) or otherwise
