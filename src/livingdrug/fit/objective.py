"""-2 log likelihood at given values: FO, FOCE, FOCEI, Laplace (Wang 2007, J Pharmacokinet Pharmacodyn
34:575-593).

With g = -log joint density at the mode and H its curvature: -2LL = sum_i 2 g_i + ln det H_i + ln det Omega.
FOCE and FOCEI leave second derivatives of the model out of H (Gauss-Newton; for censored values the curvature
in the prediction is the observed one); Laplace takes all of them. FOCE keeps the residual's SD at eta 0.
FO is normal around eta 0.
"""

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.engine.densities import LOG_2PI, LOGNORMAL, log_jacobian
from livingdrug.fit.design import MEASURED
from livingdrug.fit.modes import Modes, curvature, find_modes
from livingdrug.fit.point import (
    Moments,
    Point,
    Prepared,
    centre,
    everything,
    individual,
    log_likelihood,
    moments,
    point_of,
)
from livingdrug.fit.result import Objective


def objective(prepared: Prepared, point: Point, method: str, start: np.ndarray | None = None) -> Objective:
    """The same for prepared records; start: where the search for modes begins."""
    if method == "fo":
        return made(prepared, method, _first_order(prepared, point))
    modes = find_modes(prepared, point, start, interaction=method != "foce")
    parts = at_modes(prepared, point, modes, method)
    return made(prepared, method, parts, etas=modes.etas, converged=modes.converged)


def made(prepared: Prepared, method: str, parts: np.ndarray, **more) -> Objective:
    """An Objective from the parts of the subjects, summed in their order."""
    y, kind, output, _, _ = prepared.records
    jacobian = log_jacobian(prepared.kind, output, kind, y)
    return Objective(method, float(np.sum(parts)), parts, int((kind == MEASURED).sum()), jacobian, **more)


def at_modes(prepared: Prepared, point: Point, modes: Modes, method: str) -> np.ndarray:
    """-2LL of each subject from its mode; infinite where the curvature there is not finite."""
    random = prepared.random
    if not len(random):
        return 2 * modes.height
    bend = modes.gauss_newton(random)
    if method == "laplace":
        exact = curvature(prepared, point, modes)[:, random[:, None], random] + modes.precision
        # where the density bends the other way there is no mode, and Gauss-Newton serves
        sound = np.all(np.isfinite(exact), axis=(1, 2))
        sound[sound] = np.linalg.eigvalsh(exact[sound])[:, 0] > 0
        bend = np.where(sound[:, None, None], exact, bend)
    known = np.all(np.isfinite(bend), axis=(1, 2))
    bend = np.where(known[:, None, None], bend, np.eye(len(random)))
    parts = 2 * modes.height + np.linalg.slogdet(bend)[1] + np.linalg.slogdet(point.omega)[1]
    return np.where(known & np.isfinite(parts), parts, np.inf)


def _first_order(prepared: Prepared, point: Point) -> np.ndarray:
    """Normal density of each subject's values around the prediction at eta 0."""
    y, kind, output, first, last = prepared.records
    if (kind != MEASURED).any():
        raise InputError(
            "the first-order objective takes no values below the limit; take focei, laplace or is"
        )
    found: Moments = moments(prepared, point, centre(prepared, point))
    logs = prepared.kind[output] == LOGNORMAL
    f, slopes = found.f, found.slopes[:, prepared.random]
    residual = np.where(logs, np.log(np.where(logs, y, 1.0)) - np.log(np.where(logs, f, 1.0)), y - f)
    slopes = np.where(logs[:, None], slopes / f[:, None], slopes)
    sd = residual_sd(prepared, point, f)
    parts = np.empty(len(first))
    for i in range(len(first)):
        mine = slice(first[i], last[i])
        variance = slopes[mine] @ point.omega @ slopes[mine].T + np.diag(sd[mine] ** 2)
        jacobian = np.log(y[mine][logs[mine]]).sum()
        distance = residual[mine] @ np.linalg.solve(variance, residual[mine])
        parts[i] = len(residual[mine]) * LOG_2PI + np.linalg.slogdet(variance)[1] + distance + 2 * jacobian
    return parts


def residual_sd(prepared: Prepared, point: Point, f: np.ndarray) -> np.ndarray:
    """Standard deviation of each record with the predictions f, on the scale of its error."""
    return residual_sd_of(prepared, point, prepared.records[2], f)


def residual_sd_of(prepared: Prepared, point: Point, output: np.ndarray, f: np.ndarray) -> np.ndarray:
    """The same for predictions (..., values) at any times; output: position of that of each value."""
    a, b, kind, size = point.a[output], point.b[output], prepared.kind[output], np.abs(f)
    choices = [a, b * size, a + b * size, np.sqrt(a**2 + (b * size) ** 2), a]
    return np.choose(kind, choices)


def check_parts(prepared: Prepared, parts: np.ndarray) -> None:
    """Refuse a start where the objective of a subject is not finite though its likelihood at eta 0 is."""
    bad = np.flatnonzero(~np.isfinite(parts))
    if not len(bad):
        return
    i = int(bad[0])
    values = _values_of(prepared, centre(prepared, point_of(prepared.problem)), i)
    raise InputError(
        f"the objective of subject `{prepared.design.subjects[i]}` is not finite at the start: its "
        f"likelihood has no finite mode or curvature; start nearer to the data (with {values})"
    )


def check_measured(prepared: Prepared) -> None:
    """Refuse a fit of an output without a single measured value: limits bound what is looked for on one
    side only."""
    _, kind, output, _, _ = prepared.records
    for k, error in enumerate(prepared.problem.residuals):
        mine = kind[output == k]
        if len(mine) and not error.fixed and not (mine == MEASURED).any():
            raise InputError(
                f"all {len(mine)} values of `{error.output}` lie beyond their limit, in all subjects: "
                "neither its level nor its residual error can be found; measured values are missing, and a "
                "fit needs some"
            )


def _values_of(prepared: Prepared, phi: np.ndarray, i: int) -> str:
    table = individual(prepared, phi)
    names = [p.name for p in prepared.problem.parameters]
    return ", ".join(f"{name} {table[i, c]:.4g}" for name, c in zip(names, prepared.columns, strict=True))


def check_start(prepared: Prepared, point: Point) -> None:
    """Refuse values at which the likelihood of the typical subjects is not finite, with subject, record
    and values."""
    phi = centre(prepared, point)
    f = everything(prepared, phi)
    total = log_likelihood(prepared, point, f)
    bad = np.flatnonzero(~np.isfinite(total))
    if not len(bad):
        return
    i = int(bad[0])
    design = prepared.design
    table = individual(prepared, phi)
    rows = range(design.first[i], design.last[i])
    record = next((r for r in rows if not np.isfinite(f[r]) or f[r] <= 0), rows[0])
    fault = prepared.predictor.fault(table, i)
    if fault:
        why = fault
    elif f[record] == 0:
        kind = prepared.problem.residuals[design.output[record]].kind
        why = (
            f"the prediction is 0, which a {kind} error does not allow; is a dose missing, or does the error "
            "need a part a? Samples up to the dose leave with --ignore-before-dose"
        )
    else:
        why = f"the prediction is {f[record]:.4g} and the value {design.y[record]:.4g}"
    values = _values_of(prepared, phi, i)
    raise InputError(
        f"the likelihood is not finite at the start: {design.where(record)}: {why} (with {values})"
    )
