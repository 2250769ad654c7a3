"""What one more sample of a patient would be worth: how much narrower it is expected to leave the interval of
AUC28.

Each of some draws stands for the patient in turn: a sample is drawn from it with residual error (or is below
the limit), all draws get the likelihood of that sample as weights, and the interval is taken again; the mean
over them is expected.
"""

from dataclasses import dataclass

import numpy as np

from livingdrug.core.draws import normalised
from livingdrug.core.random import uniforms
from livingdrug.fit import LOWER, MEASURED, IndividualPosterior
from livingdrug.forecast.mixed import MixedPosterior

STANDING = 64  # draws that stand for the patient
WORTH = 0.05  # part of the width that a day must be expected to cut to be named
SOON, DAYS = 28.0, 8  # days are proposed up to there, or to a fortnight after the cut; how many


@dataclass(frozen=True)
class NextSample:
    """days (k,): candidates; fold (k,): expected ratio of the ends of AUC28's interval with a sample
    there; now: the ratio without one."""

    days: np.ndarray
    fold: np.ndarray
    now: float

    @property
    def best(self) -> int | None:
        """Position of the day that narrows most, None where none cuts a twentieth of the width."""
        if not len(self.days) or not np.isfinite(self.now) or self.now <= 1:
            return None
        k = int(np.argmin(self.fold))
        return k if np.log(self.fold[k]) < (1 - WORTH) * np.log(self.now) else None


def candidate_days(cut: float, until: float) -> np.ndarray:
    """Days after a cut that are looked at where nobody says which."""
    last = min(max(SOON, cut + 14.0), until)
    found = np.unique(np.round(np.linspace(np.floor(cut) + 1.0, max(last, cut + 1.0), DAYS)))
    return found[(found > cut) & (found <= until)]


def next_sample(
    posterior: IndividualPosterior | MixedPosterior,
    draws: np.ndarray,
    output: int,
    days: np.ndarray,
    f: np.ndarray,
    auc: np.ndarray,
    limit: float,
    level: float,
    key: str,
) -> NextSample:
    """Expected intervals with a sample on each of the days.

    draws: positions in the posterior; output: position of that measured; f (draws, days): predictions there;
    auc (draws,): positive; limit: of quantification, nan without one; key: names the patient's random
    numbers.
    """
    order = np.argsort(auc)
    draws, f, logs = draws[order], f[order], np.log(auc[order])
    half = 0.5 * (1 - level)
    standing = np.linspace(0, len(f) - 1, min(STANDING, len(f))).round().astype(int)
    now = _widths(np.full((1, len(f)), 1 / len(f)), logs, half)[0]
    fold = np.empty(len(days))
    for k, day in enumerate(days):
        u = uniforms(posterior.seed, f"one more sample of {key} on day {day:g}", 0, len(standing))
        y = posterior.measured(draws[standing], np.array([output]), f[standing, k, None], u[:, None])[:, 0]
        below = y < limit if np.isfinite(limit) else np.zeros(len(y), dtype=bool)
        kind = np.where(below, LOWER, MEASURED).astype(np.int8)
        seen = np.where(below, limit, y)
        # every sample at the predictions of every draw: (draws, samples)
        at = np.ascontiguousarray(np.broadcast_to(f[:, [k]], (len(f), len(y))))
        likelihood = posterior.log_density(draws, seen, kind, np.full(len(y), output), at)
        fold[k] = np.exp(_widths(normalised(likelihood), logs, half).mean())
    return NextSample(np.asarray(days, dtype=float), fold, float(np.exp(now)))


def _widths(weight: np.ndarray, logs: np.ndarray, half: float) -> np.ndarray:
    """Width of the interval of sorted values under each row of weights."""
    total = np.cumsum(weight, axis=1)
    ends = [np.minimum((total < at).sum(axis=1), len(logs) - 1) for at in (half, 1 - half)]
    return logs[ends[1]] - logs[ends[0]]
