"""One subject's curve taken apart: rise, peak, contraction, persistence, by robust peeling of logarithms.

A value below the limit is never taken as a number: it only says that the curve lies below the limit there, so
it counts when a candidate curve passes above it. A value above an upper limit counts the other way round. The
rise is a line in ln value, the decline one of two exponentials (peeled, then polished together); the peak is
where they meet, as in the closed form of Stein 2019.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from livingdrug.core.known import known
from livingdrug.core.roots import root

# residuals beyond this (ln units) count less than by their square: half the published assay error of
# stein_2019
SOFT = 0.28
# no assay repeats itself better than this (ln units), so a curve through every point is no proof of a second
# phase
EXACT = 0.02
BIPHASIC_POINTS = 5
# a slow phase that falls by less than this over all of the follow-up (ln units, about 10 %) tells no rate
FLAT = 0.1
# largest fall (ln units) between two samples from which a rate is still read
FALL = 7.0
STEPS = 100
LARGEST = 200.0  # logarithm of a fold expansion, beyond what any number of cells could be


@dataclass(frozen=True)
class Told:
    """A value, or None and the sentence why the data do not tell it."""

    value: float | None = None
    why: str = ""


@dataclass(frozen=True)
class Landmarks:
    """What one curve tells; times in the unit of its times, rates per that unit, levels in the unit of its
    values.

    lag: time of the lowest point before the rise; growth: rate of the rise; doubling = ln 2 / growth; peak,
    peak_time; fold: peak over the rise traced back to time 0; contraction, persistence: the fast and the slow
    rate of decline; contraction_half_life, persistence_half_life: ln 2 over them; fraction: of the peak that
    enters the slow phase.
    """

    lag: Told
    growth: Told
    doubling: Told
    peak: Told
    peak_time: Told
    fold: Told
    contraction: Told
    contraction_half_life: Told
    persistence: Told
    persistence_half_life: Told
    fraction: Told


NAMES = tuple(f.name for f in fields(Landmarks))


def landmarks(time: np.ndarray, value: np.ndarray, cens: np.ndarray) -> Landmarks:
    """Landmarks of one curve.

    time, value, cens (n,), in order of time since the infusion: value is the limit where cens is 1 (below) or
    -1 (above an upper limit). Samples before the infusion and values below a limit that nobody knows (nan)
    are not used.
    """
    use = (time >= 0) & np.isfinite(value) & (value > 0)
    points = _Points(time[use], np.log(value[use]), cens[use])
    seen = points.kind != 1
    if not seen.any():
        below = (
            "every value is below the limit" if (cens == 1).any() else "there is no value after the infusion"
        )
        return _nothing(below)
    if len(points.t) == 1:
        return _nothing("one sample tells neither a peak nor a slope")
    return _described(_taken_apart(points, int(np.argmax(np.where(seen, points.y, -np.inf)))))


@dataclass(frozen=True)
class _Points:
    """Times t, logarithms y (of the limit where kind is 1 or -1)."""

    t: np.ndarray
    y: np.ndarray
    kind: np.ndarray

    def of(self, indices) -> "_Points":
        return _Points(self.t[indices], self.y[indices], self.kind[indices])

    @property
    def measured(self) -> "_Points":
        return self.of(self.kind == 0)

    def misfit(self, fitted: np.ndarray) -> np.ndarray:
        """fitted - y; 0 where the curve keeps on its side of a limit."""
        gap = fitted - self.y
        return np.where(
            self.kind == 1, np.maximum(gap, 0.0), np.where(self.kind == -1, np.minimum(gap, 0.0), gap)
        )


@dataclass
class _Parts:
    """rise: (rate, ln level at time 0) or None; decline: (ln a, alpha, ln b, beta) at time 0, or (ln a, k)
    of one phase, or None; top: (time, ln level) or None; why: name of a landmark -> why it is not told;
    flat: the slow phase stays level; steep: the fast one is over between two samples."""

    lag: float | None = None
    rise: tuple | None = None
    decline: tuple | None = None
    top: tuple | None = None
    why: dict = field(default_factory=dict)
    flat: bool = False
    steep: bool = False


def _taken_apart(points: _Points, m: int) -> _Parts:
    parts = _Parts()
    lowest = _lowest_before(points, m)
    rising, falling = np.arange(lowest, m), np.arange(m + 1, len(points.t))
    first, last = m == 0, m == len(points.t) - 1
    if first:
        parts.why["lag"] = parts.why["growth"] = "the highest value is the first one, so no rise was seen"
    else:
        parts.lag = float(points.t[lowest])
    if last:
        parts.why["contraction"] = "the highest value is the last one, so no decline was seen"
    up, down = len(points.of(rising).measured.t), len(points.of(falling).measured.t)
    if up >= 2 and down >= 2:
        _meet(points, m, rising, falling, parts)
    else:
        parts.rise = None if first else _line(points.of(np.append(rising, m)), parts)
        parts.decline = None if last else _decline(points.of(np.insert(falling, 0, m)), parts)
    if parts.top is None and not (first or last):
        parts.top = (float(points.t[m]), float(points.y[m]))
    if points.kind[m] == -1 and not (first or last):
        parts.top, parts.why["peak"] = None, "the highest value lies above an upper limit"
    if first or last:
        where = "first" if first else "last"
        parts.why["peak"] = (
            f"the highest value is the {where} one, so the peak may lie {'before' if first else 'after'} it"
        )
    return parts


def _lowest_before(points: _Points, m: int) -> int:
    """The last of the lowest points before the highest one; what is below the limit is lower than what is
    measured."""
    height = np.where(points.kind[:m] == 1, -np.inf, points.y[:m])
    return int(np.flatnonzero(height == height.min())[-1]) if m else 0


def _meet(points: _Points, m: int, rising: np.ndarray, falling: np.ndarray, parts: _Parts) -> None:
    """Fit both sides without the highest sample, see on which side of their meeting it lies, and fit again
    with it there."""
    before: float | None = None
    for sides in ((rising, falling), (np.append(rising, m), falling), (rising, np.insert(falling, 0, m))):
        parts.rise, parts.decline = _line(points.of(sides[0]), parts), _decline(points.of(sides[1]), parts)
        if parts.rise is None or parts.decline is None:
            break
        met = _meeting(parts, points.t[m - 1], points.t[m + 1])
        # the first try only tells the side
        if len(sides[0]) + len(sides[1]) == len(rising) + len(falling):
            before = met
            continue
        with_rise = len(sides[0]) > len(rising)
        if (
            met is not None
            and (met >= points.t[m]) == with_rise
            and (before is None or (before >= points.t[m]) == with_rise)
        ):
            parts.top = (met, parts.rise[1] + parts.rise[0] * met)
            return
    parts.rise = _line(points.of(np.append(rising, m)), parts)
    parts.decline = _decline(points.of(np.insert(falling, 0, m)), parts)


def _meeting(parts: _Parts, start: float, end: float) -> float | None:
    """Where rise and decline cross between two times, or None."""
    rise, decline = known(parts.rise, "the rise"), known(parts.decline, "the decline")

    def gap(t: float) -> float:
        return rise[1] + rise[0] * t - float(_curve(decline, np.array([t]))[0])

    return root(gap, start, end, xtol=1e-10) if gap(start) < 0 < gap(end) else None


def _line(points: _Points, parts: _Parts) -> tuple | None:
    """(rate, ln level at time 0) of a rise; None, with the reason, where there is none."""
    measured = points.measured
    if len(measured.t) < 2 or measured.t[0] == measured.t[-1]:
        parts.why["growth"] = "fewer than two values were measured on the way up"
        return None
    parts.why.pop("growth", None)
    start = np.polyfit(measured.t, measured.y, 1)
    rate, level = _polished(_straight, start, points)
    if rate <= 0:
        parts.why["growth"] = "the values before the peak do not rise"
        return None
    return float(rate), float(level)


def _curve(decline: tuple, t: np.ndarray) -> np.ndarray:
    if len(decline) == 2:
        return decline[0] - decline[1] * t
    return np.logaddexp(decline[0] - decline[1] * t, decline[2] - decline[3] * t)


def _decline(points: _Points, parts: _Parts) -> tuple | None:
    """One or two phases; None, with the reason, where nothing falls."""
    measured = points.measured
    for name in ("contraction", "persistence"):
        parts.why.pop(name, None)
    parts.flat = parts.steep = False
    if len(measured.t) < 2:
        parts.why["contraction"] = "fewer than two values were measured from the peak on"
        return None
    # counted from the first point, where the fit is best conditioned
    t0 = points.t[0]
    shifted = _Points(points.t - t0, points.y, points.kind)
    slope, level = _polished(_straight, np.polyfit(measured.t - t0, measured.y, 1), shifted)
    one = level, -slope
    two = _two_phases(shifted, one, parts)
    if two is not None:
        a, alpha, b, beta = two
        return float(a + alpha * t0), float(alpha), float(b + beta * t0), float(beta)
    if one[1] <= 0:
        parts.why["contraction"] = "the values after the peak do not fall"
        return None
    return float(one[0] + one[1] * t0), float(one[1])


def _two_phases(points: _Points, one: tuple, parts: _Parts) -> tuple | None:
    measured = points.measured
    if len(measured.t) < BIPHASIC_POINTS:
        parts.why["persistence"] = (
            "too few values were measured after the peak to tell a slow phase from a fast one"
        )
        return None
    starts = [
        start for split in range(2, len(measured.t) - 1) if (start := _peeled(measured, split)) is not None
    ]
    if not starts:
        parts.why["persistence"] = "the late values do not part from the fast decline"
        return None
    best = min(starts, key=lambda start: _cost(points, _bent(start, points.t)[0]))
    # a fast phase that is over between two samples could be any faster
    fastest = np.log(FALL / np.diff(measured.t).min())
    a, steeper, b, slow = _polished(_bent, best, points, (np.inf, fastest, np.inf, np.inf))
    parts.steep = steeper > fastest - 1e-3
    beta, alpha = np.exp(slow), np.exp(slow) + np.exp(steeper)
    if not _better(
        points, one[0] - one[1] * points.t, _bent((a, steeper, b, slow), points.t)[0], len(measured.t)
    ):
        parts.why["persistence"] = "one slope describes the decline as well as two"
        return None
    end = measured.t[-1]
    parts.flat = beta * end < FLAT
    if b - beta * end < a - alpha * end:
        parts.why["persistence"] = "sampling ended before the slow phase carried most of the level"
        return None
    return a, alpha, b, beta


def _peeled(measured: _Points, split: int) -> tuple | None:
    """Line through the late points, taken off the early ones, and a line through what is left."""
    late = measured.of(slice(split, None))
    slope, level = np.polyfit(late.t, late.y, 1)
    slow = max(-slope, 1e-3 / max(late.t[-1], 1e-9))
    # a line that rises beyond any level leaves nothing to be peeled
    behind = np.minimum(level - slow * measured.t[:split], LARGEST)
    rest = np.exp(measured.y[:split]) - np.exp(behind)
    above = rest > 0
    if above.sum() < 2:
        return None
    slope, top = np.polyfit(measured.t[:split][above], np.log(rest[above]), 1)
    steeper = np.log(min(-slope - slow, FALL / np.diff(measured.t).min())) if -slope > slow else None
    return None if steeper is None else (top, steeper, level, np.log(slow))


def _better(points: _Points, one: np.ndarray, two: np.ndarray, n: int) -> bool:
    """Whether two more parameters describe n values better than chance would, at 5 % (F test; n is at
    least 5)."""
    from scipy.special import fdtri

    left = _cost(points, two) + n * EXACT**2
    return (_cost(points, one) - left) / 2 / (left / (n - 4)) > fdtri(2, n - 4, 0.95)


def _cost(points: _Points, fitted: np.ndarray) -> float:
    return float((points.misfit(fitted) ** 2).sum())


def _polished(shape: Callable, start, points: _Points, highest: Sequence[float] = ()) -> np.ndarray:
    """Parameters of the curve with the least robust misfit, from `start` on: damped Gauss-Newton steps.

    shape: from parameters and times to (values, their derivatives (n, parameters)); highest: bounds of the
    parameters.
    """
    p, damping = np.array(start, dtype=float), 1e-3
    fitted, slopes = shape(p, points.t)
    misfit = points.misfit(fitted)
    for _ in range(STEPS):
        # what keeps on its side of a limit has no say
        weight = np.where((points.kind == 0) | (misfit != 0), 1 / np.sqrt(1 + (misfit / SOFT) ** 2), 0.0)[
            :, None
        ]
        curvature, gradient = slopes.T @ (weight * slopes), slopes.T @ (weight[:, 0] * misfit)
        damped = curvature + np.diag(damping * np.diag(curvature) + 1e-12)
        step = -np.linalg.solve(damped, gradient)
        if len(highest):
            step = np.minimum(step, highest - p)
        with np.errstate(over="ignore", invalid="ignore"):
            trial, trial_slopes = shape(p + step, points.t)
            trial_misfit = points.misfit(trial)
            gain = _robust(misfit) - _robust(trial_misfit)
        if np.isfinite(trial_slopes).all() and gain >= 0:
            p, slopes, misfit, damping = p + step, trial_slopes, trial_misfit, damping / 30
            if np.abs(step).max() < 1e-8 or gain < 1e-6 * _robust(misfit):
                break
        else:
            damping *= 10
            if damping > 1e8:
                break
    return p


def _robust(misfit: np.ndarray) -> float:
    """Squares of small misfits, twice SOFT times the size of large ones."""
    return float((2 * SOFT**2 * (np.sqrt(1 + (misfit / SOFT) ** 2) - 1)).sum())


def _straight(p, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A line; p: slope, value at time 0."""
    return p[1] + p[0] * t, np.stack([t, np.ones_like(t)], axis=1)


def _bent(p, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """ln of two exponentials; p: ln a, ln(alpha - beta), ln b, ln beta, so that alpha > beta > 0."""
    slow, steeper = np.exp(p[3]), np.exp(p[1])
    fast_part, slow_part = p[0] - (slow + steeper) * t, p[2] - slow * t
    value = np.logaddexp(fast_part, slow_part)
    share = np.exp(fast_part - value)
    return value, np.stack([share, -share * steeper * t, 1 - share, -slow * t], axis=1)


def _described(parts: _Parts) -> Landmarks:
    why = parts.why
    growth = parts.rise[0] if parts.rise else None
    time, level = parts.top or (None, None)
    peak_why = why.get("peak", "no peak was seen")
    fast = parts.decline[1] if parts.decline else None
    slow = parts.decline[3] if parts.decline and len(parts.decline) == 4 else None
    slow_why = why.get("persistence") or why.get("contraction", "no decline was seen")
    fast_why = "the fast phase is over between two samples" if parts.steep else why.get("contraction")
    fast = None if parts.steep else fast
    flat_why = "the late values stay level over the follow-up" if parts.flat else slow_why
    share = None
    if slow is not None and time is not None:
        share = float(np.exp(known(parts.decline, "the decline")[2] - slow * time - level))
    if share is not None and share >= 1:
        share, slow_why = None, "the slow phase alone passes above the peak"
    risen = None if growth is None or time is None else level - known(parts.rise, "the rise")[1]
    fold = None if risen is None or risen > LARGEST else float(np.exp(risen))
    fold_why = why.get("growth") if growth is None else peak_why
    if risen is not None and risen > LARGEST:
        fold_why = "the rise between two samples is too steep to be traced back to the infusion"

    def half(rate: float | None) -> float | None:
        return None if rate is None else float(np.log(2) / rate)

    def told(value: float | None, reason: str | None) -> Told:
        return Told(value) if value is not None else Told(None, reason or "")

    return Landmarks(
        lag=told(parts.lag, why.get("lag")),
        growth=told(growth, why.get("growth")),
        doubling=told(half(growth), why.get("growth")),
        peak=told(None if level is None else float(np.exp(level)), peak_why),
        peak_time=told(time, peak_why),
        fold=told(fold, fold_why),
        contraction=told(fast, fast_why),
        contraction_half_life=told(half(fast), fast_why),
        persistence=told(None if parts.flat else slow, flat_why),
        persistence_half_life=told(None if parts.flat else half(slow), flat_why),
        fraction=told(share, peak_why if time is None else slow_why),
    )


def _nothing(why: str) -> Landmarks:
    return Landmarks(*(Told(None, why) for _ in NAMES))
