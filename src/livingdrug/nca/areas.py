"""Areas under the curve and under its first moment, by trapezoids: linear, or linear up and logarithmic
down."""

import numpy as np

from livingdrug.nca.blocks import Block, last_true


def _ends(block: Block):
    """(t1, t2, c1, c2, used) of every segment between neighbouring samples."""
    used = block.kept[:, 1:] & block.kept[:, :-1]
    return tuple(
        np.where(used, a, 0.0) for a in (block.t[:, :-1], block.t[:, 1:], block.c[:, :-1], block.c[:, 1:])
    ) + (used,)


def _logarithmic(c1: np.ndarray, c2: np.ndarray, rule: str) -> np.ndarray:
    """Segments that fall between two values above 0, unless the rule is linear."""
    return (c2 < c1) & (c2 > 0) if rule == "linup-logdown" else np.zeros(c1.shape, dtype=bool)


def area(t1, t2, c1, c2, logarithmic) -> np.ndarray:
    """Area of segments: (c1 + c2)/2 dt, or dt (c1 - c2)/ln(c1/c2)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        down = np.log1p((c2 - c1) / np.where(c1 > 0, c1, 1.0))
        return np.where(logarithmic, (t2 - t1) * (c2 - c1) / down, (t2 - t1) * (c1 + c2) / 2)


def moment(t1, t2, c1, c2, logarithmic) -> np.ndarray:
    """Area under t c(t): (t1 c1 + t2 c2)/2 dt, or with k = ln(c1/c2)/dt: (t1 c1 - t2 c2)/k + (c1 -
    c2)/k^2."""
    with np.errstate(divide="ignore", invalid="ignore"):
        k = -np.log1p((c2 - c1) / np.where(c1 > 0, c1, 1.0)) / (t2 - t1)
        return np.where(
            logarithmic, (t1 * c1 - t2 * c2) / k + (c1 - c2) / (k * k), (t2 - t1) * (t1 * c1 + t2 * c2) / 2
        )


def segments(block: Block, rule: str, shape=area) -> np.ndarray:
    """`shape` of every segment, 0 where there is none, shape (n, w)."""
    t1, t2, c1, c2, used = _ends(block)
    return np.where(used & (t2 > t1), shape(t1, t2, c1, c2, _logarithmic(c1, c2, rule)), 0.0)


def up_to_last(block: Block, parts: np.ndarray) -> np.ndarray:
    """Sum of segments up to the last quantifiable value."""
    last = last_true(block.q & (block.t > 0))
    return np.where(np.arange(parts.shape[1]) < last[:, None], parts, 0.0).sum(axis=1)


def between(block: Block, rule: str, start: float, end: float) -> np.ndarray:
    """Area from start to end within the samples; ends inside a segment are interpolated as the segment is
    drawn."""
    t1, t2, c1, c2, used = _ends(block)
    low, high = np.clip(t1, start, end), np.clip(t2, start, end)
    logarithmic = _logarithmic(c1, c2, rule)
    a, b = (_on_segment(t, t1, t2, c1, c2, logarithmic) for t in (low, high))
    # a logarithmic piece so short that its ends round to one value is linear
    inside = used & (high > low)
    return np.where(inside, area(low, high, a, b, logarithmic & (b < a)), 0.0).sum(axis=1)


def _on_segment(t, t1, t2, c1, c2, logarithmic) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.clip(np.where(t2 > t1, (t - t1) / (t2 - t1), 0.0), 0.0, 1.0)
        down = np.log(np.where(logarithmic, c2 / np.where(c1 > 0, c1, 1.0), 1.0))
    curve = np.where(logarithmic, c1 * np.exp(share * down), c1 + share * (c2 - c1))
    # the ends themselves, to the digit
    return np.where(t == t1, c1, np.where(t == t2, c2, curve))


def time_above(block: Block, rule: str, level: np.ndarray) -> np.ndarray:
    """Time that the drawn curve spends at or above a level (n,), from the first to the last sample."""
    t1, t2, c1, c2, used = _ends(block)
    level = level[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithmic = _logarithmic(c1, c2, rule)
        linear = (level - c1) / (c2 - c1)
        base = np.where(c1 > 0, c1, 1.0)
        crossing = np.where(logarithmic, np.log(level / base) / np.log(c2 / base), linear)
    over1, over2 = c1 >= level, c2 >= level
    share = np.where(over1 & over2, 1.0, np.where(over1, crossing, np.where(over2, 1.0 - crossing, 0.0)))
    return np.where(used, share * (t2 - t1), 0.0).sum(axis=1)
