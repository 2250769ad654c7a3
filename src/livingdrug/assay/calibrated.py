"""The slope from a rate of the assay to a quantity of a patient's model, from products that have both.

Product i has, over the control, a ratio of its rate in the assay (logarithm x, with its error) and a ratio of exposure in
patients. The model says which factor on its quantity gives that exposure (logarithm y). Then

    y_i = slope x_i + e_i      Cov(e) = scatter^2 (I + J) + D (diag(c) + c_0 J) D + slope^2 Cov(x)

with c the variance of a product's mean logarithm of exposure and c_0 that of the control, D the slopes of y by the
exposure, and J of ones, as all ratios are to the same control. scatter is by how much products differ for other reasons
than the rate (disease, dose, conditioning, other rates). The slope is that of least chi squared (errors in x allowed for),
the scatter that of restricted maximum likelihood, the interval one of t with one degree of freedom less than products,
widened where the residuals are larger than the errors explain (Knapp and Hartung 2003, Stat Med 22:2693)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from livingdrug.assay.clinical import Clinic
from livingdrug.assay.patient import UNTIL
from livingdrug.assay.rates import DETERMINED, LEVEL, Estimates
from livingdrug.core.conventions import Z95
from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.models import Model
from livingdrug.simulation import Link, carry

FEWEST = 4  # products beside the control: with fewer, t of so few degrees of freedom tells next to nothing
GRID = np.linspace(-4.0, 4.0, 65)  # logarithms of factors on the quantity at which the model is run
SLOPES = np.linspace(-6.0, 8.0, 1401)
SCATTERS = np.concatenate([[0.0], np.geomspace(0.005, 3.0, 240)])
ROUNDS = 20


@dataclass(frozen=True)
class Product:
    """One product over the control. rate: ratio in the assay; exposure: ratio of geometric means in patients; factor: on
    the quantity that gives this exposure; expected: factor by the slope; patients: how many."""

    group: str
    rate: float
    exposure: float
    factor: float
    expected: float
    patients: int


@dataclass(frozen=True)
class Calibration:
    """A slope with its 95 % interval.

    Attributes
    ----------
    metric : str
        Of patients.
    control : str
        The construct that others are compared with.
    slope, low, high : float
        Of the logarithm of exposure on that of the rate.
    scatter : float
        SD of the logarithm by which products differ from the line.
    df : int
        Of the interval.
    link : Link
        For `predict_patient`.
    rows : tuple of Product
        The products.
    notes : tuple of str
        What was assumed, what to beware of.
    """

    metric: str
    control: str
    slope: float
    low: float
    high: float
    scatter: float
    df: int
    link: Link
    rows: tuple[Product, ...]
    notes: tuple[str, ...]

    def table(self):
        """pandas table, a row for each product."""
        import pandas as pd

        return pd.DataFrame([vars(row) for row in self.rows])


def calibrate(
    estimates: Estimates,
    model: Model,
    rate: str,
    quantity: str,
    clinic: Sequence[Clinic],
    control: str,
    metric: str,
    until: float = UNTIL,
) -> Calibration:
    """The slope by which ratios of a rate in the assay become ratios of a quantity of the model.

    Parameters
    ----------
    estimates : Estimates
        Of an assay fit.
    model : Model
        In days, whose values stand for the control construct.
    rate, quantity : str
        Of the assay and of the model.
    clinic : sequence of Clinic
        Of `read_clinic`.
    control : str
        The construct that ratios are to.
    metric : str
        Of exposure, as the prediction calls it, such as `car_t_blood AUC28`.
    until : float, optional
        Horizon in d.

    Raises
    ------
    InputError : unknown names, fewer than `FEWEST` products beside the control that have both, a product without an SD,
        a rate that is not determined, an exposure that no value of the quantity gives, products whose rates are alike
    """
    if control not in estimates.groups:
        raise InputError(unknown("control construct", control, estimates.groups))
    by = {c.group: c for c in clinic if c.metric == metric}
    if control not in by:
        raise InputError(unknown(f"control construct with {metric} in the clinical data", control, list(by)))
    groups = [g for g in estimates.groups if g in by and g != control]
    if len(groups) < FEWEST:
        raise InputError(
            f"{len(groups)} product(s) beside {control} have both a rate in the assay and {metric} in patients; a slope "
            f"needs {FEWEST} or more, as with fewer its interval tells next to nothing: keep the assumed slope (1+-0.5)"
        )
    x, errors = _rates(estimates, rate, groups, control)
    means, variances = _exposure(by, [control, *groups])
    y, bend = _inverted(model, quantity, metric, until, means[1:] - means[0], groups)
    ones = np.ones((len(groups), len(groups)))
    clinical = bend[:, None] * (np.diag(variances[1:]) + variances[0] * ones) * bend
    slope, se, scatter = fit_slope(x, y, errors, clinical)
    from scipy.special import stdtrit

    df = len(groups) - 1
    half = float(stdtrit(df, 0.5 + LEVEL / 2)) * se
    # the SD of a normal distribution with the same interval, as draws of a slope are normal
    link = Link(rate, quantity, round(slope, 4), round(half / Z95, 4), False, round(scatter, 4))
    rows = tuple(
        Product(
            group=g,
            rate=float(np.exp(x[i])),
            exposure=float(np.exp(means[i + 1] - means[0])),
            factor=float(np.exp(y[i])),
            expected=float(np.exp(slope * x[i])),
            patients=by[g].n,
        )
        for i, g in enumerate(groups)
    )
    notes = _notes(estimates, rate, control, by, x, errors, scatter)
    return Calibration(metric, control, slope, slope - half, slope + half, scatter, df, link, rows, tuple(notes))


def _rates(estimates: Estimates, rate: str, groups: list[str], control: str) -> tuple[np.ndarray, np.ndarray]:
    """(logarithms of ratios to the control (groups,), their covariance)."""
    own = [estimates.of(rate, g) for g in (control, *groups)]
    lost = [r.name for r in own if r.status != DETERMINED]
    if lost:
        raise InputError(f"{', '.join(lost)}: not determined by the assay, so no slope can be estimated from it")
    if len({r.group for r in own}) < len(own):
        raise InputError(f"all constructs share one `{rate}` in this fit, so it has no ratios; fit it by construct")
    values = np.array([r.value for r in own])
    if (values <= 0).any():
        raise InputError(f"`{rate}` is not above 0 in all products, so it has no ratios to carry over")
    at = [estimates.rates.index(r) for r in own]
    to_log = np.array([1.0 if r.log else 1 / r.value for r in own])
    v = estimates.covariance[np.ix_(at, at)] * to_log[:, None] * to_log
    over = np.hstack([-np.ones((len(groups), 1)), np.eye(len(groups))])
    x = over @ np.log(values)
    if np.ptp([0.0, *x]) < 1e-3:
        raise InputError(f"`{rate}` is the same in all products, so it tells no slope")
    return x, over @ v @ over.T


def _exposure(by: dict[str, Clinic], groups: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """(mean logarithms, variances of these means), the SD between patients pooled over products."""
    own = [by[g] for g in groups]
    several = [c for c in own if c.n > 1]
    if not several:
        raise InputError("each product has one patient, so nothing says how much patients differ; give two or more of some")
    pooled = sum((c.n - 1) * c.sd**2 for c in several) / sum(c.n - 1 for c in several)
    return np.array([c.mean for c in own]), np.array([pooled / c.n for c in own])


def _inverted(
    model: Model, quantity: str, metric: str, until: float, wanted: np.ndarray, groups: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """(logarithms of the factors that give these logarithms of exposure, their slopes by it)."""
    found = carry(model, [Link("grid", quantity, 1.0, 0.0)], {"grid": GRID[:, None]}, "control", until)
    known = [name for _, name in found.draws]
    if metric not in known:
        raise InputError(unknown("metric of this model", metric, known))
    if found.failed:
        raise InputError(
            f"`{model.full_name}` gives no patient at {found.failed} of {len(GRID)} values of {quantity}; calibrate by "
            "another quantity"
        )
    exposure = np.log(np.maximum(found.draws["grid", metric], 1e-300))
    first, last = _monotone(exposure)
    own, at = exposure[first : last + 1], GRID[first : last + 1]
    if own[0] > own[-1]:
        own, at = own[::-1], at[::-1]
    for value, group in zip(wanted, groups, strict=True):
        if not own[0] <= value <= own[-1]:
            raise InputError(
                f"{group}: its {metric} is {np.exp(value):.3g} times that of the control, and no factor on {quantity} gives "
                f"that (from {np.exp(own[0]):.3g} to {np.exp(own[-1]):.3g}); another metric or quantity may explain it"
            )
    bend = np.gradient(at, own)
    return np.interp(wanted, own, at), np.interp(wanted, own, bend)


def _monotone(exposure: np.ndarray) -> tuple[int, int]:
    """First and last position around the middle of the grid between which exposure only rises, or only falls."""
    middle = len(exposure) // 2
    up = exposure[middle + 1] > exposure[middle]
    moves = (np.diff(exposure) > 1e-9) if up else (np.diff(exposure) < -1e-9)
    first, last = middle, middle
    while first > 0 and moves[first - 1]:
        first -= 1
    while last < len(exposure) - 1 and moves[last]:
        last += 1
    return first, last


def fit_slope(x: np.ndarray, y: np.ndarray, errors: np.ndarray, clinical: np.ndarray) -> tuple[float, float, float]:
    """(slope through the origin, its standard error, scatter of products).

    Parameters
    ----------
    x, y : (products,) logarithms of ratios to the control
    errors, clinical : (products, products) covariances of x and of y
    """
    n = len(x)
    shared = np.eye(n) + np.ones((n, n))
    slope, scatter = float(x @ y / (x @ x)), 0.0
    for _ in range(ROUNDS):
        before = slope, scatter
        known = clinical + slope**2 * errors
        scatter = float(SCATTERS[np.argmin(_reml(x, y - slope * x, SCATTERS[:, None, None] ** 2 * shared + known))])
        v = scatter**2 * shared + clinical + SLOPES[:, None, None] ** 2 * errors
        slope = float(SLOPES[np.argmin(_chi2(y - SLOPES[:, None] * x, v))])
        if (slope, scatter) == before:
            break
    if slope in (SLOPES[0], SLOPES[-1]) or scatter == SCATTERS[-1]:
        raise InputError(
            "these products do not determine the slope: the errors of the assay, or what products differ by for other "
            "reasons, are as large as their differences; state a slope with its uncertainty instead, such as "
            "k_kill=k_kill:1+-0.5"
        )
    v = scatter**2 * shared + clinical + slope**2 * errors
    larger = max(1.0, float(_chi2(y - slope * x, v)) / (n - 1))
    return slope, float(np.sqrt(larger / (x @ np.linalg.solve(v, x)))), scatter


def _chi2(residual: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Of residuals (..., n) with covariances (..., n, n)."""
    return (residual * np.linalg.solve(v, residual[..., None])[..., 0]).sum(axis=-1)


def _reml(x: np.ndarray, residual: np.ndarray, v: np.ndarray) -> np.ndarray:
    """-2 restricted log likelihood of residuals (n,) with covariances (..., n, n)."""
    both = np.broadcast_to(residual, (*v.shape[:-2], len(x)))
    vx = np.linalg.solve(v, np.broadcast_to(x, both.shape)[..., None])[..., 0]
    return np.linalg.slogdet(v)[1] + np.log(vx @ x) + _chi2(both, v)


def _notes(estimates: Estimates, rate: str, control: str, by, x: np.ndarray, errors: np.ndarray, scatter: float):
    yield f"products differ in {rate} alone here; what their other rates do in patients is part of the scatter"
    missing = [g for g in estimates.groups if g not in by]
    if missing:
        yield f"no patients of {', '.join(missing)}: not part of the slope"
    if np.trace(errors) > 0.2 * (x @ x):
        yield (
            f"the errors of {rate} in the assay are large beside its differences between products ({np.trace(errors):.2g} of "
            f"{x @ x:.2g}, sums of squares of logarithms): the slope is allowed for them, and is poorly known"
        )
    if scatter > 0:
        yield (
            f"products differ from the line by a factor of {np.exp(scatter):.2f} (SD); a prediction that uses this slope "
            "carries it (~ in the link)"
        )
    yield f"all ratios share the patients and the wells of {control}, which the errors allow for"
