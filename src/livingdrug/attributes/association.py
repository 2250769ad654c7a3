"""One attribute and the outcome: effect per SD with its interval, tests that hold for few patients, all
looked at counted."""

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from livingdrug.attributes.area import Auc, with_interval
from livingdrug.attributes.outcome import Outcome
from livingdrug.core.random import uniforms

ARRANGEMENTS = 1_000_000  # of outcomes over patients that are all gone through
DRAWN = 9_999  # random ones where there are more
EXACT_COST = 20_000_000  # arrangements times attributes up to which the exact ones are used


@dataclass(frozen=True)
class Effect:
    """The effect of one attribute by itself.

    Attributes
    ----------
    name : str
        Of the attribute.
    effect : float
        Per SD of the attribute: difference of means in SD (binary), slope of the standardised value
        (continuous), log hazard ratio (survival).
    lower, upper : float
        Ends of the interval of the effect.
    p_value : float
        From outcomes permuted among the patients.
    q_value : float
        Benjamini-Hochberg over all attributes looked at.
    auc : Auc or None
        For a binary outcome.
    n : int
        Patients with a value.
    """

    name: str
    effect: float
    lower: float
    upper: float
    p_value: float
    q_value: float
    auc: Auc | None
    n: int


@dataclass(frozen=True)
class Pooled:
    """An effect over studies by random effects.

    Attributes
    ----------
    name : str
        Of the attribute.
    effect, lower, upper : float
        With its interval.
    tau : float
        SD of the true effect between studies, on the scale of the effect.
    same : int
        Studies whose effect has the sign of the pooled one.
    studies : int
        How many have one.
    effects, errors : ndarray, shape (studies,)
        Of each study.
    labels : tuple of str
        Of these studies.
    """

    name: str
    effect: float
    lower: float
    upper: float
    tau: float
    same: int
    studies: int
    effects: np.ndarray
    errors: np.ndarray
    labels: tuple[str, ...]


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """q values (n,) of p values (n,); nan where p is nan, which does not count.

    Parameters
    ----------
    p : ndarray
        P values, shape (n,).

    Returns
    -------
    ndarray
    """
    q = np.full(len(p), np.nan)
    there = np.flatnonzero(~np.isnan(p))
    order = there[np.argsort(p[there], kind="stable")]
    m = len(order)
    if m:
        q[order] = np.minimum.accumulate((p[order] * m / np.arange(1, m + 1))[::-1])[::-1].clip(max=1)
    return q


def permutation_p(x: np.ndarray, outcome: np.ndarray, exact: bool, seed: int = 1) -> float:
    """Two-sided p of the association of x (n,) with scores of the outcome (n,), by arrangements of the
    outcome.

        Statistic: covariance of the two. exact: go through all arrangements of a binary outcome, if these are
        at most ARRANGEMENTS; else DRAWN random ones, the one seen added.
    """
    centred = x - x.mean()
    seen = abs(centred @ outcome) * (1 - 1e-9)
    n, k = len(outcome), int(outcome.sum())
    binary = set(np.unique(outcome)) <= {0.0, 1.0}
    if exact and binary and comb(n, k) <= ARRANGEMENTS:
        return _exact(centred, k, seen)
    draws = uniforms(seed, "attributes association", 0, DRAWN * n).reshape(DRAWN, n)
    permuted = np.abs(centred[np.argsort(draws, axis=1)] @ outcome)
    return float((1 + (permuted >= seen).sum()) / (DRAWN + 1))


def _exact(centred: np.ndarray, k: int, seen: float) -> float:
    n = len(centred)
    flat = np.fromiter((i for c in combinations(range(n), k) for i in c), dtype=np.int8, count=comb(n, k) * k)
    sums = centred[flat.reshape(-1, k)].sum(axis=1)
    return float((np.abs(sums) >= seen).mean())


def relate(
    x: np.ndarray, names: tuple[str, ...], outcome: Outcome, level: float = 0.95, seed: int = 1
) -> list[Effect]:
    """The effect of each attribute by itself, in the order of names.

    An attribute without variation among the patients that have it has no effect (nan).

    Parameters
    ----------
    x : ndarray, shape (n, p)
        nan where missing.
    names : tuple of str
        Of the attributes.
    outcome : Outcome
        That attributes are related to.
    level : float, optional
        Of the interval.
    seed : int, optional
        Of the random streams.

    Returns
    -------
    sequence of Effect
    """
    count = comb(outcome.n, outcome.events) if outcome.kind == "binary" else ARRANGEMENTS + 1
    exact = count * x.shape[1] <= EXACT_COST
    single = [_one(name, x[:, j], outcome, level, exact, seed) for j, name in enumerate(names)]
    q = benjamini_hochberg(np.array([e.p_value for e in single]))
    return [Effect(**{**e.__dict__, "q_value": float(value)}) for e, value in zip(single, q, strict=True)]


def _one(name: str, x: np.ndarray, outcome: Outcome, level: float, exact: bool, seed: int) -> Effect:
    there = ~np.isnan(x)
    own, part = x[there], outcome.taken(np.flatnonzero(there))
    if len(own) < 3 or not own.std() > 0 or (part.kind == "binary" and part.smaller < 2):
        return Effect(name, np.nan, np.nan, np.nan, np.nan, np.nan, None, len(own))
    z = (own - own.mean()) / own.std(ddof=1)
    effect, error, df = _effect(z, part)
    scores = _scores(part)
    from scipy.stats import t

    half = float(t.ppf(0.5 + level / 2, df) * error)
    area = with_interval(own, part.y > 0.5, level) if part.kind == "binary" else None
    p_value = permutation_p(z, scores, exact, seed)
    return Effect(name, effect, effect - half, effect + half, p_value, np.nan, area, len(own))


def _scores(outcome: Outcome) -> np.ndarray:
    """What is permuted: the class, the value, or log-rank scores (Peto & Peto 1972)."""
    if outcome.kind != "survival":
        return outcome.y
    from livingdrug.response import event_scores

    return event_scores(outcome.y, outcome.event)


def _effect(z: np.ndarray, outcome: Outcome) -> tuple[float, float, float]:
    """Effect per SD, its standard error and degrees of freedom."""
    n = len(z)
    if outcome.kind == "binary":
        first, second = z[outcome.y > 0.5], z[outcome.y < 0.5]
        spread = np.sqrt(
            ((len(first) - 1) * first.var(ddof=1) + (len(second) - 1) * second.var(ddof=1)) / (n - 2)
        )
        effect = (first.mean() - second.mean()) / spread if spread > 0 else np.nan
        error = np.sqrt(1 / len(first) + 1 / len(second) + effect**2 / (2 * (n - 2)))
        return float(effect), float(error), n - 2
    if outcome.kind == "continuous":
        y = (outcome.y - outcome.y.mean()) / outcome.y.std(ddof=1)
        slope = float(z @ y / (n - 1))
        return slope, float(np.sqrt((1 - slope**2) / (n - 2))), n - 2
    return _cox(z, outcome)


def _cox(z: np.ndarray, outcome: Outcome) -> tuple[float, float, float]:
    """Log hazard ratio by Newton's steps on the partial likelihood (Breslow)."""
    order = np.argsort(-outcome.y, kind="stable")
    z, event, time = z[order], outcome.event[order], outcome.y[order]
    last = np.searchsorted(-time, -time, side="right") - 1
    beta = 0.0
    for _ in range(50):
        weight = np.exp(beta * z)
        s0, s1, s2 = (np.cumsum(weight * z**k)[last] for k in (0, 1, 2))
        score = (event * (z - s1 / s0)).sum()
        information = (event * (s2 / s0 - (s1 / s0) ** 2)).sum()
        step = np.clip(score / information, -1, 1)
        beta += step
        if abs(step) < 1e-10:
            return float(beta), float(1 / np.sqrt(information)), np.inf
        if abs(beta) > 20:
            break
    return np.nan, np.nan, np.inf  # monotone likelihood: no finite ratio


def pool(name: str, x: np.ndarray, outcome: Outcome, study: np.ndarray, level: float = 0.95) -> Pooled:
    """Random effects over studies (DerSimonian & Laird) with the interval of Hartung and Knapp.

    A study without both classes, or fewer than two patients in one, gives no effect and is left out.

    Parameters
    ----------
    name : str
        Of the attribute.
    x : ndarray, shape (n,)
        Values of the attribute, nan where missing.
    outcome : Outcome
        That attributes are related to.
    study : ndarray, shape (n,)
        Label of each patient's study.
    level : float, optional
        Of the interval.

    Returns
    -------
    Pooled
    """
    from scipy.stats import t

    effects, errors, labels = [], [], []
    for label in np.unique(study):
        rows = np.flatnonzero((study == label) & ~np.isnan(x))
        part = outcome.taken(rows)
        if len(rows) < 4 or not x[rows].std() > 0 or (part.kind == "binary" and part.smaller < 2):
            continue
        effect, error, _ = _effect((x[rows] - x[rows].mean()) / x[rows].std(ddof=1), part)
        if np.isfinite(effect):
            effects.append(effect)
            errors.append(error)
            labels.append(str(label))
    e, s = np.array(effects), np.array(errors)
    if len(e) < 2:
        return Pooled(name, np.nan, np.nan, np.nan, np.nan, 0, len(e), e, s, tuple(labels))
    w = 1 / s**2
    q = (w * (e - (w * e).sum() / w.sum()) ** 2).sum()
    tau2 = max(0.0, (q - (len(e) - 1)) / (w.sum() - (w**2).sum() / w.sum()))
    w = 1 / (s**2 + tau2)
    effect = (w * e).sum() / w.sum()
    scale = max(
        1.0, (w * (e - effect) ** 2).sum() / (len(e) - 1)
    )  # never narrower than without the correction
    half = t.ppf(0.5 + level / 2, len(e) - 1) * np.sqrt(scale / w.sum())
    same = int((np.sign(e) == np.sign(effect)).sum())
    return Pooled(
        name,
        float(effect),
        float(effect - half),
        float(effect + half),
        float(np.sqrt(tau2)),
        same,
        len(e),
        e,
        s,
        tuple(labels),
    )
