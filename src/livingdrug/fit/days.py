"""Which extra sampling days would sharpen which parameter: expected standard errors of a design, and of one
day more.

First-order (FO) expected information of one subject for the logarithms of the typical values, on the scale of
ln y (Mentre, Mallet & Baccar 1997, Biometrika 84:429-442), variabilities and residual error taken as known:

    V = G Omega G' + sigma^2 I          M = G' V^-1 G          se(ln theta) = sqrt(diag(M^-1) / n)

with G = d ln f / d ln theta at the typical subject. A day on which the typical curve lies below the limit
tells nothing here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.models import Model, Population, Variability, find_quantity
from livingdrug.simulation import Subjects, find_population, simulate

WORTH = 0.01  # part of an error that a day has to cut to be named
STEP = 1e-4  # of ln theta in central differences: their error is some 1e-8 of the curve


@dataclass(frozen=True)
class DaysResult:
    """Expected standard errors of ln theta (about the relative error of theta), inf where the days do not
    determine it.

    Attributes
    ----------
    names : tuple of str (p,)
        Parameters with between-subject variability.
    days : ndarray
        Of the design.
    se : ndarray, shape (p,)
        Expected SE of each parameter with the days of the design.
    candidates : ndarray, shape (c,)
        Days of which one more sample is looked at.
    se_with : ndarray, shape (c, p)
        With one candidate more.
    told : ndarray, shape (days,)
        Days on which the typical curve lies above the limit.
    subjects : int
        Number of subjects, all sampled alike.
    """

    names: tuple[str, ...]
    days: np.ndarray
    se: np.ndarray
    candidates: np.ndarray
    se_with: np.ndarray
    told: np.ndarray
    subjects: int

    def best(self, name: str) -> float | None:
        """The candidate that sharpens this parameter most, None where none cuts a hundredth of its error."""
        j = self.names.index(name)
        i = int(np.argmin(self.se_with[:, j]))
        return float(self.candidates[i]) if self.se_with[i, j] < (1 - WORTH) * self.se[j] else None

    def table(self):
        """pandas table, the best candidate of each parameter first: parameter, day, se, se_with, reduction
        (of se)."""
        import pandas as pd

        rows = []
        for j, name in enumerate(self.names):
            for i in np.argsort(self.se_with[:, j], kind="stable"):
                before, after = self.se[j], self.se_with[i, j]
                # from nothing to something is a gain without a size
                gain = 1 - after / before if np.isfinite(before) else (1.0 if np.isfinite(after) else 0.0)
                rows.append((name, float(self.candidates[i]), before, after, gain))
        return pd.DataFrame(rows, columns=["parameter", "day", "se", "se_with", "reduction"])


def extra_days(
    model: Model,
    days: Sequence[float],
    candidates: Sequence[float],
    subjects: int = 1,
    spread: str | None = None,
    limit: float | None = None,
    residual_sd: float | None = None,
    known: Sequence[str] = (),
) -> DaysResult:
    """Expected standard errors with sampling on `days`, and with one of the `candidates` more.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    days, candidates : sequence of float
        In the model's time unit.
    subjects : int, optional
        All sampled alike.
    spread : str, optional
        Which published one.
    limit : float, optional
        Of quantification, in the unit of the measured output.
    residual_sd : float, optional
        Of ln y, the published one by default.
    known : sequence of str, optional
        Parameters whose typical value is taken as known (they still differ between subjects).

    Returns
    -------
    DaysResult

    Raises
    ------
    InputError
        For a model without between-subject variability, a residual or a single measured output, and for bad
        numbers.
    """
    output, sd = _measured(model, residual_sd)
    if subjects < 1:
        raise InputError(f"{subjects} subjects were given; the number must be 1 or more")
    population = find_population(model, spread)
    omegas = {
        name: _log_sd(model, name, given) for name, given in population.spreads.items() if given.sd > 0
    }
    times = np.unique([*days, *candidates])
    level, slopes = _slopes(model, tuple(omegas), times, output)
    omega = _omega(population, omegas)
    sought = _sought(model, tuple(omegas), known)

    def errors(chosen: Sequence[float]) -> np.ndarray:
        rows = np.searchsorted(times, np.asarray(chosen, dtype=float))
        rows = rows[_told(level[rows], limit)]
        return standard_errors(slopes[rows], omega, sd, sought) / np.sqrt(subjects)

    at = np.searchsorted(times, np.asarray(days, dtype=float))
    return DaysResult(
        tuple(np.array([*omegas])[sought].tolist()), np.asarray(days, dtype=float), errors(days),
        np.asarray(candidates, dtype=float),
        np.array([errors([*days, day]) for day in candidates]).reshape(len(candidates), len(sought)),
        _told(level[at], limit), subjects,
    )  # fmt: skip


def _log_sd(model: Model, name: str, given: Variability) -> float:
    """SD of the logarithm of a quantity, to first order where it varies on another scale."""
    typical = model.typical[name]
    return (
        given.sd
        * {"log": 1.0, "logit": 1.0 - typical, "normal": 1.0 / abs(typical) if typical else np.inf}[
            given.scale
        ]
    )


def _omega(population: Population, omegas: dict[str, float]) -> np.ndarray:
    """Covariance of the logarithms of the quantities that vary."""
    names, sd = list(omegas), np.array([*omegas.values()])
    correlation = np.eye(len(sd))
    for pair in population.correlations:
        if pair.first in omegas and pair.second in omegas:
            i, j = names.index(pair.first), names.index(pair.second)
            correlation[i, j] = correlation[j, i] = pair.value
    return sd[:, None] * correlation * sd


def standard_errors(
    slopes: np.ndarray, omega: np.ndarray, sd: float, sought: Sequence[int] | None = None
) -> np.ndarray:
    """se of ln theta for one subject. slopes (samples, p): d ln f / d ln theta; omega (p, p); sd: of ln y;
    sought: positions of those that are not known, all of them by default.

    inf for a parameter that some change of the others could hide entirely.
    """
    looked = slopes if sought is None else slopes[:, np.asarray(sought, dtype=int)]
    if not len(slopes):
        return np.full(looked.shape[1], np.inf)
    variance = slopes @ omega @ slopes.T + sd**2 * np.eye(len(slopes))
    information = looked.T @ np.linalg.solve(variance, looked)
    values, vectors = np.linalg.eigh((information + information.T) / 2)
    empty = values < 1e-10 * values[-1]
    hidden = (np.abs(vectors[:, empty]) > 1e-6).any(axis=1)
    found = np.sqrt((vectors[:, ~empty] ** 2 / values[~empty]).sum(axis=1))
    return np.where(hidden, np.inf, found)


def _sought(model: Model, names: tuple[str, ...], known: Sequence[str]) -> list[int]:
    """Positions of the parameters that are looked for."""
    given = {find_quantity(model, name).name for name in known}
    for name in sorted(given.difference(names)):
        raise InputError(
            f"`{name}` has no random effect, so it is taken as known anyway; looked for: {', '.join(names)}"
        )
    if len(given) == len(names):
        raise InputError("all parameters are taken as known, and none is left to be looked for")
    return [j for j, name in enumerate(names) if name not in given]


def _told(level: np.ndarray, limit: float | None) -> np.ndarray:
    return level > 0 if limit is None else level >= limit


def _measured(model: Model, residual_sd: float | None) -> tuple[str, float]:
    measured = [o.name for o in model.system.outputs if o.measured]
    if len(measured) != 1:
        raise InputError(
            f"`{model.full_name}` has {len(measured)} measured outputs; one is needed to rank sampling days"
        )
    published = {r.output: r for r in model.residuals}.get(measured[0])
    if residual_sd is None and published is not None and published.kind != "lognormal":
        raise InputError(
            f"the residual error of `{measured[0]}` is {published.words}; one of the logarithm is needed: "
            "give residual_sd (command line: --residual 0.3)"
        )
    sd = published.log_sd if residual_sd is None and published is not None else residual_sd
    if sd is None:
        raise InputError(
            f"`{model.full_name}` has no published residual error of `{measured[0]}`; give residual_sd "
            "(command line: --residual 0.3)"
        )
    if not (np.isfinite(sd) and sd > 0):
        raise InputError(f"the residual SD is {sd:g}; it must be finite and above 0")
    return measured[0], float(sd)


def _slopes(
    model: Model, names: tuple[str, ...], times: np.ndarray, output: str
) -> tuple[np.ndarray, np.ndarray]:
    """(typical level (t,), d ln f / d ln theta (t, p)) by central differences over virtual subjects."""
    n = 2 * len(names) + 1
    values = {name: np.full(n, value) for name, value in model.typical.items()}
    for j, name in enumerate(names):
        values[name][2 * j + 1] *= np.exp(STEP)
        values[name][2 * j + 2] *= np.exp(-STEP)
    result = simulate(
        model, Subjects(values, "small changes of the typical subject"), times=times, rtol=1e-10
    )
    if result.uncomputed:
        raise InputError(f"`{model.full_name}` could not be computed: {result.reason[result.uncomputed[0]]}")
    curves = np.array([result.curve(output, i) for i in range(n)])
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(curves)
        slopes = (logs[1::2] - logs[2::2]).T / (2 * STEP)
    return curves[0], np.where(np.isfinite(slopes), slopes, 0.0)
