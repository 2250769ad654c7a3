"""Profiles of similar length as rectangles, so that each quantity is one line of NumPy over all of them.

A profile's width depends on its own length alone, so its numbers never depend on who else is in the file.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.data import Data
from livingdrug.nca.settings import NcaSettings

FIRST, MIDDLE, LAST = range(3)
BLOCK = 2_000_000  # cells of a rectangle


@dataclass(frozen=True)
class Block:
    """Samples at or after the infusion of n profiles, shape (n, w), used cells on the left, nan behind them.

    As measured: time, value (nan below the limit), quantifiable, limit. With the rules for values below the
    limit applied: t, c, q (is measured), and (0, 0) put in front where no sample stands at the infusion.
    profiles (n,): positions; added (n,): whether (0, 0) was put in front; touched (n, 3): values below the
    limit at each position; upper (n,): whether the peak is above the upper limit of the assay."""

    profiles: np.ndarray
    time: np.ndarray
    value: np.ndarray
    quantifiable: np.ndarray
    present: np.ndarray
    limit: np.ndarray
    t: np.ndarray
    c: np.ndarray
    q: np.ndarray
    kept: np.ndarray
    added: np.ndarray
    touched: np.ndarray
    upper: np.ndarray

    @property
    def n(self) -> int:
        """Number of profiles."""
        return len(self.profiles)


def blocks(data: Data, settings: NcaSettings) -> Iterator[Block]:
    """All profiles in blocks; profiles without a sample after the infusion come as rows without used
    cells."""
    rows = np.flatnonzero(data.time >= 0)
    sizes = np.bincount(data.profile[rows], minlength=data.profiles.n)
    starts = np.r_[0, np.cumsum(sizes)[:-1]]
    widths = np.maximum(4, 1 << np.ceil(np.log2(np.maximum(sizes, 1))).astype(int))
    for width in np.unique(widths):
        members = np.flatnonzero(widths == width)
        step = max(1, BLOCK // int(width))
        for begin in range(0, len(members), step):
            chosen = members[begin : begin + step]
            yield _block(data, settings, rows, chosen, starts[chosen], sizes[chosen], int(width))


def _block(data: Data, settings: NcaSettings, rows, chosen, starts, sizes, width: int) -> Block:
    column = np.arange(width)
    present = column < sizes[:, None]
    cell = (
        rows[np.minimum(starts[:, None] + column, max(len(rows) - 1, 0))]
        if len(rows)
        else np.zeros(present.shape, int)
    )
    take = (
        (lambda a: np.where(present, a[cell], np.nan))
        if len(rows)
        else (lambda a: np.full(present.shape, np.nan))
    )
    quantifiable = present & (take(data.cens) != 1)
    time, limit = take(data.time), take(data.limit)
    value = np.where(quantifiable, take(data.dv), np.nan)
    position = positions(quantifiable)
    below = present & ~quantifiable
    touched = np.stack([(below & (position == p)).sum(axis=1) for p in (FIRST, MIDDLE, LAST)], axis=1)
    handled, kept = _apply_rules(data, settings, chosen, value, limit, below, position, present)
    need = ~(present & (time == 0) & kept).any(axis=1) & present.any(axis=1)
    order = np.argsort(~np.column_stack([need, kept]), axis=1, kind="stable")
    front = np.zeros((len(chosen), 1))
    kept = np.take_along_axis(np.column_stack([need, kept]), order, axis=1)

    def compact(array, first):
        return np.where(kept, np.take_along_axis(np.column_stack([first, array]), order, axis=1), np.nan)

    t, c = compact(time, front), compact(handled, front)
    q = compact(quantifiable.astype(float), front) == 1.0
    peak = np.argmax(np.where(quantifiable, value, -np.inf), axis=1)
    upper = np.take_along_axis(take(data.cens) == -1, peak[:, None], axis=1)[:, 0]
    return Block(chosen, time, value, quantifiable, present, limit, t, c, q, kept, need, touched, upper)


def positions(quantifiable: np.ndarray) -> np.ndarray:
    """FIRST before the first quantifiable value (or where there is none), LAST after the last one, else
    MIDDLE."""
    seen = np.cumsum(quantifiable, axis=1)
    return np.where(seen == 0, FIRST, np.where(seen == seen[:, -1:], LAST, MIDDLE))


def _apply_rules(data, settings: NcaSettings, chosen, value, limit, below, position, present):
    """(values with those below the limit replaced, which samples stay)."""
    handled, kept = value.copy(), present.copy()
    for at, rule in enumerate(settings.rules):
        here = below & (position == at)
        if rule == "drop":
            kept &= ~here
            continue
        if rule != "zero" and (here & np.isnan(limit)).any():
            row = int(np.flatnonzero((here & np.isnan(limit)).any(axis=1))[0])
            subject = data.subjects[data.profiles.subject[chosen[row]]]
            raise InputError(
                f"subject `{subject}` has values below a limit that is not stated, so the rule `{rule}` has "
                "no limit to use; state it with --limit, or take the rule zero or drop"
            )
        handled = np.where(
            here, {"zero": 0.0, "lloq": 1.0, "half": 0.5}[rule] * (limit if rule != "zero" else 0.0), handled
        )
    return handled, kept


def at(array: np.ndarray, index: np.ndarray) -> np.ndarray:
    """array[i, index[i]], shape (n,)."""
    return np.take_along_axis(array, index[:, None], axis=1)[:, 0]


def first_true(mask: np.ndarray) -> np.ndarray:
    """Column of the first true cell, the width where there is none."""
    return np.where(mask.any(axis=1), mask.argmax(axis=1), mask.shape[1])


def last_true(mask: np.ndarray) -> np.ndarray:
    """Column of the last true cell, -1 where there is none."""
    return np.where(mask.any(axis=1), mask.shape[1] - 1 - mask[:, ::-1].argmax(axis=1), -1)
