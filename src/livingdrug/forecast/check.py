"""Forecasts from the samples to a day, against what came later: coverage, calibration, Brier score."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from livingdrug.core.conventions import Z95
from livingdrug.core.errors import InputError
from livingdrug.core.pieces import Keeper
from livingdrug.fit import LOWER, UPPER
from livingdrug.forecast.patients import (
    KINDS,
    Posterior,
    Setting,
    limits_of,
    patients_of,
    posterior_of,
    records_of,
)
from livingdrug.forecast.result import LEVEL, Cut, Patient, Proportion, Score

FIFTHS = np.linspace(0, 1, 6)
WHOLE = 26.0  # day of the last sample from which on all samples are said to tell AUC28
FEWEST = 5  # patients with an outcome below which a Brier score says nothing


def check_forecast(
    setting: Setting, cuts: Sequence[float], observed: Mapping[str, Mapping[str, float]],
    progress: Callable[[int, int], None] | None = None, whole: Sequence[Patient] | None = None,
    kept: Keeper | None = None,
) -> tuple[Cut, ...]:  # fmt: skip
    """Forecasts at each day against what came later, to the horizon of the setting.

    observed: name of an outcome of the setting -> patient -> 1 or 0; whole: the forecast from all samples,
    where it has been made; kept: where finished patients are kept on the way. Raises InputError for a day
    that no sample precedes or follows.
    """
    if not cuts:
        return ()
    parts = [None if kept is None else kept.within(f"check-{k}") for k in range(1 + len(cuts))]
    from_all = whole or patients_of(replace(setting, at=None, days=()), kept=parts[0])[0]
    found = []
    for k, at in enumerate(cuts):
        own = replace(setting, at=float(at), days=())
        found.append(_cut(own, float(at), {p.name: p for p in from_all}, observed, parts[k + 1]))
        if progress:
            progress(k + 1, len(cuts))
    return tuple(found)


def _cut(setting: Setting, at: float, whole: dict[str, Patient], observed, kept: Keeper | None) -> Cut:
    posterior = posterior_of(setting)
    patients = {p.name: p for p in patients_of(setting, None, posterior, kept)[0]}
    later = later_records(setting, posterior)
    if not len(later):
        raise InputError(
            f"no sample lies between day {setting.at:g} and day {setting.until:g}, so nothing can be checked "
            "there; give an earlier day (command line: --check)"
        )
    low, high, limit = places(setting, posterior, later)
    who = posterior.design.subject[later]
    inside = _overlap(low, high, 0.5 * (1 - LEVEL), 0.5 * (1 + LEVEL))
    fifths = np.array([_overlap(low, high, a, b).sum() for a, b in zip(FIFTHS[:-1], FIFTHS[1:], strict=True)])
    names = np.array(posterior.subjects, dtype=object)[who]
    auc = [
        (p.of("auc28").low <= whole[name].of("auc28").median <= p.of("auc28").high)
        for name, p in patients.items()
        if len(whole[name].time) and whole[name].time[-1] >= WHOLE and _known(p) and _known(whole[name])
    ]
    outcomes = []
    for word, values in observed.items():
        both = [
            (float(p.chance[word].mean()), values[n])
            for n, p in patients.items()
            if n in values and word in p.chance
        ]
        if len(both) >= FEWEST:
            outcomes.append(score(word, *np.array(both).T))
    notes = [f"{p.name}: {p.why}" for p in patients.values() if p.why]
    return Cut(
        at, proportion(inside, names), fifths,
        proportion(np.array(auc, dtype=float), np.arange(len(auc))), limit, tuple(outcomes),
        _rows(setting, posterior, later, low, high, inside), tuple(notes),
    )  # fmt: skip


def _known(patient: Patient) -> bool:
    """Whether AUC28 has an interval. A patient whose interval is uncertain counts: there a forecast may
    fail."""
    return bool(np.isfinite([patient.of("auc28").low, patient.of("auc28").high]).all())


def later_records(setting: Setting, posterior: Posterior) -> np.ndarray:
    """Positions of the records of the output that came after the cut, to the horizon."""
    design, outputs = posterior.design, [r.output for r in setting.problem.residuals]
    if setting.output not in outputs:
        raise InputError(f"no sample of `{setting.output}` is in the data, so its forecast cannot be checked")
    real = ~np.isin(np.array(design.subjects, dtype=object)[design.subject], list(setting.silent))
    mine = design.output == outputs.index(setting.output)
    return np.flatnonzero(real & mine & ~posterior.used & (design.time <= setting.until * setting.day))


def places(
    setting: Setting, posterior: Posterior, later: np.ndarray
) -> tuple[np.ndarray, np.ndarray, Score | None]:
    """(lower and upper end of where each later sample lies in what was expected of it, from 0 to 1; score
    of being below the limit). A measured value lies at one place, one below the limit somewhere below that
    of the limit."""
    design, f = posterior.design, posterior.predictions()
    at = np.exp(posterior.log_below(f, design.y)[later]).mean(axis=1)
    kind = design.kind[later]
    low, high = np.where(kind == LOWER, 0.0, at), np.where(kind == UPPER, 1.0, at)
    own, usual = limits_of(setting.problem.data, design, records_of(setting, design))
    limits = np.where(np.isfinite(own), own, usual)
    limited = np.flatnonzero(np.isfinite(limits[later]) & (kind != UPPER))
    if not len(limited):
        return low, high, None
    below = np.exp(posterior.log_below(f, np.where(np.isfinite(limits), limits, 1.0))[later]).mean(axis=1)
    return low, high, score("below the limit", below[limited], (kind[limited] == LOWER).astype(float))


def _overlap(low: np.ndarray, high: np.ndarray, begin: float, end: float) -> np.ndarray:
    """Part of [low, high] that lies in [begin, end); 1 or 0 where both ends are one place."""
    width = high - low
    shared = np.clip(np.minimum(high, end) - np.maximum(low, begin), 0.0, None)
    point = ((low >= begin) & ((low < end) | (end == 1.0))).astype(float)
    return np.where(width > 1e-12, shared / np.where(width > 1e-12, width, 1.0), point)


def proportion(inside: np.ndarray, names: np.ndarray) -> Proportion:
    """Mean of parts from 0 to 1 with a 95 % interval over patients."""
    patients = np.unique(names)
    if len(patients) < 2:
        mean = float(np.mean(inside)) if len(inside) else np.nan
        return Proportion(mean, np.nan, np.nan, len(inside), len(patients))
    mean = float(np.mean(inside))
    off = np.array([(inside[names == name] - mean).sum() for name in patients])
    n = len(patients)
    se = float(np.sqrt(n / (n - 1) * (off**2).sum())) / len(inside)
    if se == 0:  # all in or all out: the rule of three
        edge = min(3.0 / n, 1.0)
        return Proportion(mean, max(mean - edge, 0.0), min(mean + edge, 1.0), len(inside), n)
    return Proportion(mean, max(mean - Z95 * se, 0.0), min(mean + Z95 * se, 1.0), len(inside), n)


def score(name: str, probability: np.ndarray, outcome: np.ndarray) -> Score:
    """Brier score and what else is said of probabilities (n,) of outcomes (n,) that are 1 or 0."""
    square = (probability - outcome) ** 2
    rate, n = float(outcome.mean()), len(outcome)
    yes, no = probability[outcome == 1], probability[outcome == 0]
    ranked = np.nan
    if len(yes) and len(no):
        above = yes[:, None] - no[None]
        ranked = float(((above > 0) + 0.5 * (above == 0)).mean())
    se = float(square.std(ddof=1) / np.sqrt(n)) if n > 1 else np.nan
    return Score(
        name, n, float(probability.mean()), rate, float(square.mean()), se, rate * (1 - rate), ranked
    )


def _rows(setting: Setting, posterior: Posterior, later, low, high, inside):
    import pandas as pd

    design = posterior.design
    return pd.DataFrame(
        {
            "cut": setting.at,
            "ID": np.array(posterior.subjects, dtype=object)[design.subject[later]],
            "time": design.time[later] / setting.day,
            "value": design.y[later],
            "kind": [KINDS[int(k)] for k in design.kind[later]],
            "place low": low,
            "place high": high,
            "inside": inside,
        }
    )
