"""What a forecast says: of each patient the curve with its band, exposures with intervals, probabilities."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from livingdrug.core.shown import Shown
from livingdrug.forecast.next_sample import NextSample

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.9  # of intervals and bands
FALL = "day below the limit"


@dataclass(frozen=True)
class Interval:
    """Median of draws with its interval; a number is inf where it lies beyond the horizon, nan where it is
    not determined.

    Attributes
    ----------
    median, low, high : float
        Median and ends of the interval, in the unit of what is forecast.
    """

    median: float
    low: float
    high: float

    @property
    def known(self) -> bool:
        """Whether it is determined at all."""
        return not np.isnan(self.median)


def interval(draws: np.ndarray, level: float = LEVEL) -> Interval:
    """Median and central interval of draws, which may be infinite.

    Parameters
    ----------
    draws : ndarray
        Of any shape; they may be infinite.
    level : float, optional
        Of the interval.

    Returns
    -------
    Interval
    """
    if not len(draws) or np.isnan(draws).any():
        return Interval(np.nan, np.nan, np.nan)
    half = 0.5 * (1 - level)
    # between a finite and an infinite draw there is nothing to interpolate
    how = "linear" if np.isfinite(draws).all() else "higher"
    low, median, high = np.quantile(draws, [half, 0.5, 1 - half], method=how)
    return Interval(float(median), float(low), float(high))


@dataclass(frozen=True)
class Patient:
    """The forecast of a patient.

    Attributes
    ----------
    name : str
        As the data have it.
    samples : int
        How many were used.
    cut : float
        Day of the last one that could be.
    time, value : ndarray
        Of all samples of the output.
    kind : ndarray
        The same: `measured`, `below`, `above`.
    used : ndarray
        Which of them were used.
    limit : float
        Of quantification, nan where none is known.
    times, median, low, high : ndarray
        The curve with its band.
    seen_low, seen_high : ndarray
        The band of measured values, with residual error.
    cmax, tmax, auc28, fall : ndarray, shape (draws,)
        Of draws; fall is the day on which the level falls below the limit.
    xcmax : ndarray, shape (draws,)
        The peak of the expansion: CMAX where no infused cells are counted, 0 where the level never rises.
    infusate : float
        Part of the draws whose CMAX is the level of the infused cells.
    parameters : dict[str, ndarray]
        Name -> draws, of those with a random effect.
    mode : dict[str, float]
        Name -> value at the mode, of the same.
    worth : float
        Effective sample size of the weighted draws of this patient's posterior.
    lost : float
        Part of the draws that could not be computed.
    why : str
        What is wrong, "" where nothing is.
    chance : dict[str, ndarray]
        Name -> probability of each outcome (draws,).
    next : NextSample or None
        What one more sample would be worth.
    """

    name: str
    samples: int
    cut: float
    time: np.ndarray
    value: np.ndarray
    kind: np.ndarray
    used: np.ndarray
    limit: float
    times: np.ndarray
    median: np.ndarray
    low: np.ndarray
    high: np.ndarray
    seen_low: np.ndarray
    seen_high: np.ndarray
    cmax: np.ndarray
    xcmax: np.ndarray
    infusate: float
    tmax: np.ndarray
    auc28: np.ndarray
    fall: np.ndarray
    parameters: dict[str, np.ndarray]
    mode: dict[str, float]
    worth: float
    lost: float
    why: str = ""
    chance: dict[str, np.ndarray] = field(default_factory=dict)
    next: NextSample | None = None

    @property
    def prior(self) -> bool:
        """Whether the forecast is that of the population, as no sample was used."""
        return self.samples == 0

    @property
    def above(self) -> float:
        """Probability of a level above the limit at the horizon, nan without a limit."""
        return float(np.isinf(self.fall).mean()) if np.isfinite(self.limit) and len(self.fall) else np.nan

    def of(self, name: str) -> Interval:
        """Interval of `cmax`, `xcmax`, `tmax`, `auc28` or `fall`."""
        return interval(getattr(self, name))


@dataclass(frozen=True)
class Proportion:
    """A part of values, with its 95 % interval: patients, not values, are taken as independent. nan where
    there are too few.

    Attributes
    ----------
    value, low, high : float
        The proportion (0 to 1) and the ends of its 95 % interval.
    count : int
        How many values.
    patients : int
        How many patients they are from.
    """

    value: float
    low: float
    high: float
    count: int
    patients: int


@dataclass(frozen=True)
class Score:
    """Of the probability of a yes-or-no outcome.

    Attributes
    ----------
    name : str
        Of the outcome.
    count : int
        Number of patients that could be compared.
    expected, observed : float
        Mean probability, and part of those who had it.
    brier : float
        Mean square of (probability - outcome).
    se : float
        Its standard error.
    reference : float
        The same of the observed rate said of everyone.
    ranked : float
        Part of pairs (yes, no) in which the yes had the higher probability, nan without both.
    """

    name: str
    count: int
    expected: float
    observed: float
    brier: float
    se: float
    reference: float
    ranked: float


@dataclass(frozen=True)
class Cut:
    """What samples up to a day said, and what came later.

    Attributes
    ----------
    at : float
        Day up to which samples were used, as if it were today.
    samples : Proportion
        Part of later samples within their 90 % interval.
    fifths : ndarray, shape (5,)
        How many fell into each fifth of what was expected.
    auc : Proportion
        Part of patients whose AUC28, as all samples tell it, lay within the interval.
    below : Score or None
        Score of the probability of being below the limit.
    outcomes : tuple of Score
        Of response and toxicity.
    rows : pd.DataFrame
        A table of every later sample; notes.
    notes : tuple of str
        What to know of it.
    """

    at: float
    samples: Proportion
    fifths: np.ndarray
    auc: Proportion
    below: Score | None
    outcomes: tuple[Score, ...]
    rows: "pd.DataFrame"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False)
class Forecast(Shown):
    """The patients in the order in which they are shown.

    Attributes
    ----------
    model : str
        Name of the model that stands for the population.
    output, unit : str
        What is forecast.
    at : float or None
        Last day whose samples were used, None for all samples.
    until : float
        Horizon in days.
    patients : tuple of Patient
        Forecast of each patient, in the order of the data.
    order : str
        What the patients are ordered by, in words.
    notes : tuple of str
        What was assumed or left out, a sentence each.
    seed : int
        Seed of the random numbers: the same seed gives the same numbers, on any number of processes.
    checks : tuple of Cut
        Forecasts from the samples to some days against what came later.
    """

    model: str
    output: str
    unit: str
    at: float | None
    until: float
    patients: tuple[Patient, ...]
    order: str
    notes: tuple[str, ...]
    seed: int
    checks: tuple[Cut, ...] = ()

    @property
    def infusate(self) -> bool:
        """Whether CMAX is the level of the infused cells in any draw of any patient."""
        return any(p.infusate > 0 for p in self.patients)

    def patient(self, name: str) -> Patient:
        """A patient by name. Raises KeyError for a name that is not there."""
        return {p.name: p for p in self.patients}[name]

    def table(self):
        """Pandas table, a row for each patient: samples used, medians and ends of 90 % intervals,
        probabilities."""
        import pandas as pd

        rows, peaks = [], (("XCMAX", "xcmax"),) if self.infusate else ()
        for p in self.patients:
            row: dict = {"ID": p.name, "samples": p.samples, "cut": p.cut}
            for word, name in (("CMAX", "cmax"), *peaks, ("TMAX", "tmax"), ("AUC28", "auc28"), (FALL, "fall")):
                found = p.of(name)
                row |= {word: found.median, f"{word} low": found.low, f"{word} high": found.high}
            row |= {"limit": p.limit, "P(above the limit at the horizon)": p.above}
            for word, draws in p.chance.items():
                found = interval(draws)
                row |= {
                    f"P({word})": float(np.mean(draws)),
                    f"P({word}) low": found.low,
                    f"P({word}) high": found.high,
                }
            if p.next is not None:
                best = p.next.best
                row |= {
                    "fold of AUC28's interval": p.next.now,
                    "best day of one more sample": np.nan if best is None else p.next.days[best],
                    "fold expected with it": np.nan if best is None else p.next.fold[best],
                }
            rows.append(row | {"effective sample size": p.worth, "note": p.why})
        return pd.DataFrame(rows)

    def curves(self):
        """Pandas table with a row for each point of each curve: ID, time (d), median, low, high of the
        level, and low and high of a measured value."""
        import pandas as pd

        names = ("times", "median", "low", "high", "seen_low", "seen_high")
        parts = [
            pd.DataFrame({"ID": p.name} | {name: getattr(p, name) for name in names}) for p in self.patients
        ]
        made = pd.concat(parts, ignore_index=True)
        return made.rename(columns={"times": "time", "seen_low": "sample low", "seen_high": "sample high"})

    def parameters(self):
        """Pandas table with a row for each patient and parameter with a random effect: mode, median and 90
        % interval."""
        import pandas as pd

        rows = []
        for p in self.patients:
            for name, draws in p.parameters.items():
                found = interval(draws)
                rows.append((p.name, name, p.mode[name], found.median, found.low, found.high))
        return pd.DataFrame(rows, columns=["ID", "parameter", "mode", "median", "low", "high"])

    def next_samples(self):
        """Pandas table with a row for each patient and day of one more sample: ratio of the ends of
        AUC28's 90 % interval now, and as expected with that sample."""
        import pandas as pd

        rows = [
            (p.name, day, p.next.now, fold)
            for p in self.patients
            if p.next is not None
            for day, fold in zip(p.next.days, p.next.fold, strict=True)
        ]
        return pd.DataFrame(rows, columns=["ID", "day", "fold now", "fold expected"])

    def _facts(self) -> dict[str, str]:
        cut = "all samples" if self.at is None else f"samples to day {self.at:g}"
        return {
            "model": self.model, "patients": f"{len(self.patients):,}", "from": cut,
            "until": f"day {self.until:g}", "order": self.order,
        }  # fmt: skip

    def _frame(self):
        return self.table()
