"""From the numbers that a method found to a result: estimates with their errors, individuals, predictions,
verdict."""

from collections.abc import Mapping

import numpy as np

from livingdrug.fit.design import LOWER, MEASURED
from livingdrug.fit.modes import Modes, inverses
from livingdrug.fit.objective import residual_sd
from livingdrug.fit.point import (
    NORMAL,
    Point,
    Prepared,
    centre,
    individual,
    predictions,
    problem_at,
    with_etas,
)
from livingdrug.fit.problem import FitProblem
from livingdrug.fit.result import Covariance, Estimate, Individuals, Limit, Predictions
from livingdrug.fit.unknowns import CORRELATION, OUTCOME, RESIDUAL, TYPICAL, VARIABILITY, Unknowns

NO_VARIABILITY = 0.01  # sd on a log or logit scale that counts as none
# information on the logarithm of an omega (its standard error is above 1.4 then) that is next to none
FLAT = 0.5
ONE = 0.99  # a correlation this close to 1 is at its bound
NOTHING = 1e-3  # a or b that adds less than this part to every residual SD is nothing
# relative standard error of a residual error from which on it rests on few values (bench.small_trials)
ROUGH = 0.15
# of a subject that differs from the others: probability of one as far off among equals, and its part of a
# variance; fewer subjects than these do not say what is usual
ODD, OWN, FEWEST_TESTED = 0.01, 1 / 3, 6
LEAST_KNOWN = 0.01  # part of a variance that an estimate has at least
ILL = 1e-10  # smallest eigenvalue of the scaled information that counts


def covariance_of(
    unknowns: Unknowns, information: np.ndarray, scores: np.ndarray, left_out: np.ndarray, method: str
) -> Covariance:
    """Inverse of the information of the numbers that are not at a bound; no matrix, and why, where there is
    none.

    scores (subjects, numbers): slopes of each subject's log-likelihood.
    """
    names = unknowns.names
    inside = np.setdiff1d(np.arange(len(names)), left_out)
    if not len(inside):
        return Covariance(names, None, method, reason="nothing was estimated")
    part = information[np.ix_(inside, inside)]
    scale = np.sqrt(np.abs(np.diag(part)))
    if not (np.isfinite(part).all() and (scale > 0).all()):
        flat = ", ".join(names[i] for i, s in zip(inside, scale, strict=True) if not s > 0)
        return Covariance(names, None, method, reason=f"the data say nothing of {flat or 'some numbers'}")
    values, vectors = np.linalg.eigh(part / scale[:, None] / scale)
    if values[0] <= ILL:
        weak = [names[inside[i]] for i in np.argsort(-np.abs(vectors[:, 0]))[:2] if abs(vectors[i, 0]) > 0.2]
        what = " and ".join(f"`{name}`" for name in weak)
        return Covariance(
            names, None, method, reason=f"the information is singular: the data do not tell {what} apart"
        )
    matrix, sandwich = (np.full((len(names), len(names)), np.nan) for _ in range(2))
    inverse = np.linalg.inv(part)
    matrix[np.ix_(inside, inside)] = 0.5 * (inverse + inverse.T)
    own = scores[:, inside] @ inverse
    sandwich[np.ix_(inside, inside)] = own.T @ own
    sd = np.sqrt(np.diag(inverse))
    spectrum = np.linalg.eigvalsh(inverse / sd[:, None] / sd)
    return Covariance(names, matrix, method, condition=float(spectrum[-1] / spectrum[0]), sandwich=sandwich)


def flat_variabilities(unknowns: Unknowns, score: np.ndarray, information: np.ndarray) -> np.ndarray:
    """Positions of variabilities towards 0 of which the likelihood is flat, or rises: on their logarithms
    there is no top to find."""
    found = [k for k in unknowns.of_kind(VARIABILITY) if information[k, k] < FLAT and score[k] < 0.1]
    return np.array(found, dtype=np.int64)


def rough_errors(unknowns: Unknowns, covariance: Covariance) -> tuple[str, ...]:
    """A caution for each residual error that rests on few values, beside random effects that may take some."""
    if covariance.matrix is None or not unknowns.problem.random:
        return ()
    found = []
    for k in unknowns.of_kind(RESIDUAL):
        output = unknowns.names[k].partition(" ")[2]
        # of two parts one stands for the other
        several = sum(name.partition(" ")[2] == output for name in unknowns.names) > 1
        se = float(np.sqrt(covariance.matrix[k, k])) if covariance.matrix[k, k] > 0 else 0.0
        if se > ROUGH and not several:
            found.append(
                f"the residual error of `{output}` has a relative standard error of {100 * se:.0f} %, as from "
                f"{1 / (2 * se**2):.0f} values: of so few, maximum likelihood takes part for differences "
                "between subjects, so that the estimate may be too low; its interval is wider for that, and "
                "those of variabilities may be too narrow"
            )
    return tuple(found)


def means_of_unknown_width(problem: FitProblem, limits: Mapping[str, Limit]) -> tuple[str, ...]:
    """A caution that names the typical values that count as determined though how subjects differ in them is
    not (`bench.small_trials`)."""
    named = []
    for p in problem.parameters:
        own, width = limits.get(p.name), limits.get(p.variability_name)
        if own is not None and own.determined and width is not None and not width.determined:
            named.append(f"`{p.name}`")
    if not named:
        return ()
    return (
        f"the data do not determine how subjects differ in {', '.join(named)}: intervals of such typical "
        "values may be too narrow (in 353 simulated trials of 10 to 20 subjects 88 % of them held the truth, "
        "and 96 % of the others)",
    )


def outlying(prepared: Prepared, point: Point, modes: Modes) -> tuple[str, ...]:
    """A caution for each subject that differs from the others by more than a normal population explains: by
    Grubbs' test of the individual estimates (Grubbs 1969, Technometrics 11:1-21) over all subjects and
    parameters, where it makes up much of a variance that is estimated."""
    problem, etas = prepared.problem, modes.etas
    tested = [
        r
        for r, p in enumerate(problem.random)
        if not (p.changes or p.sd_fixed) and point.omega[r, r] > 0
    ]
    if len(etas) < FEWEST_TESTED or not tested:
        return ()
    known = _reliability(prepared, point, modes)
    found = (_apart(prepared, point, etas, known, r, len(tested)) for r in tested)
    return tuple(sentence for sentence in found if sentence)


def _reliability(prepared: Prepared, point: Point, modes: Modes) -> np.ndarray:
    """Part of each variance that the estimates of a subject have, (subjects, random): what the data tell."""
    own = inverses(modes.gauss_newton(prepared.random)).diagonal(axis1=1, axis2=2)
    return np.clip(1 - own / np.diag(point.omega), LEAST_KNOWN, 1.0)


def _apart(
    prepared: Prepared, point: Point, etas: np.ndarray, known: np.ndarray, r: int, tested: int
) -> str | None:
    """The caution for the subject that lies farthest off in one parameter, None where it need not be named.
    What the data hardly tell is shrunken: estimates are compared on the scale of their own variance."""
    from scipy.stats import t

    n, omega = len(etas), float(np.sqrt(point.omega[r, r]))
    scaled = etas[:, r] / np.sqrt(known[:, r])
    i = int(np.argmax(np.abs(scaled - scaled.mean())))
    others = np.delete(scaled, i)
    off, sd = scaled[i] - others.mean(), others.std(ddof=1)
    part = min(etas[i, r] ** 2 / (n * omega**2), 1.0)
    p = 2 * n * tested * t.sf(abs(off) / (sd * np.sqrt(n / (n - 1))), n - 2) if sd > 0 else 1.0
    if not (p < ODD and part > OWN):
        return None
    name, side = prepared.problem.random[r].name, "above" if off > 0 else "below"
    odds = f"p = {p:.1g}" if p > 1e-6 else "p < 1e-6"
    return (
        f"`{prepared.design.subjects[i]}` differs from the others by more than a normal population explains: "
        f"its `{name}` lies {abs(off) / sd:.1f} of their standard deviations {side} theirs (Grubbs' test of "
        f"individual estimates, {odds}) and makes up {100 * part:.0f} % of the variance: `omega {name}` is "
        f"{omega:.2g}, the others differ by {sd:.2g}; see what sets it apart, and fit without it, too"
    )


def at_bounds(prepared: Prepared, unknowns: Unknowns, point: Point) -> tuple[np.ndarray, list[str]]:
    """Positions of estimated numbers that went to a bound, and a sentence for each."""
    found, notes = [], []
    sd = np.sqrt(np.diag(point.omega))
    for place, r in zip(unknowns.of_kind(VARIABILITY), unknowns.variability, strict=True):
        parameter = prepared.problem.random[r]
        if sd[r] < NO_VARIABILITY and (parameter.changes or prepared.scale[prepared.random[r]] != NORMAL):
            name = parameter.changes or parameter.name
            what = "inter-occasion variability" if parameter.changes else "between-subject variability"
            found.append(place)
            notes.append(
                f"the {what} of `{name}` went to 0 ({sd[r]:.2g}): the data show none; fit `{name}` without "
                "one"
            )
    for place, (i, j) in zip(unknowns.of_kind(CORRELATION), unknowns.pairs, strict=True):
        if abs(point.omega[i, j]) > ONE * sd[i] * sd[j]:
            found.append(place)
            notes.append(f"`{unknowns.names[place]}` went to {np.sign(point.omega[i, j]):+.0f}, its bound")
    residual = iter(unknowns.of_kind(RESIDUAL))
    for name, outputs in (("a", unknowns.a), ("b", unknowns.b)):
        for o in outputs:
            place, error = next(residual), prepared.problem.residuals[o]
            if len(error.names) == 2 and _adds_nothing(prepared, point, name, o):
                found.append(place)
                notes.append(
                    f"`{name}` of the residual error of `{error.output}` went to 0; take an error without it"
                )
    return np.array(found, dtype=np.int64), notes


def _adds_nothing(prepared: Prepared, point: Point, name: str, output: int) -> bool:
    f = predictions(prepared, centre(prepared, point))[prepared.records[2] == output]
    size = np.nanmax(np.abs(f), initial=0.0)
    part, whole = (
        (point.a[output], point.b[output] * size)
        if name == "a"
        else (point.b[output] * size, point.a[output])
    )
    return bool(part < NOTHING * whole)


def estimates_of(
    unknowns: Unknowns,
    point: Point,
    covariance: Covariance,
    etas: np.ndarray | None,
    limits: dict[str, Limit] | None = None,
) -> tuple[Estimate, ...]:
    """Every number of the problem, estimated or fixed, as it is reported, with its limits where there are
    any. What the data do not determine has no standard error."""
    limits = limits or {}
    problem = problem_at(unknowns.problem, point)
    vector = unknowns.vector(point)
    value, slope = unknowns.natural(vector)
    found = {}
    for i, (name, kind) in enumerate(zip(unknowns.names, unknowns.kinds, strict=True)):
        se = None
        if covariance.matrix is not None and covariance.matrix[i, i] > 0:
            se = float(slope[i] * np.sqrt(covariance.matrix[i, i]))
        rse = None if se is None or value[i] == 0 else float(100 * se / abs(value[i]))
        found[name] = (kind, float(value[i]), se, rse)
    rows = []

    def add(name: str, kind: str, own: float, shrinkage: float | None = None) -> None:
        known, limit = found.get(name), limits.get(name, Limit(None, None, "", True))
        se, rse = known[2:] if known and limit.determined else (None, None)
        value = own if known is None else known[1]
        fixed = known is None and name not in limits
        rows.append(Estimate(name, kind, value, se, rse, shrinkage, fixed, *limit))

    for parameter in problem.parameters:
        if not parameter.changes:
            add(parameter.name, TYPICAL, parameter.value)
    for effect in problem.effects:
        add(effect.name, "covariate", effect.coefficient)
    for r in np.unique(unknowns.alike):
        parameter, shrinkage = problem.random[r], None
        if etas is not None and len(etas) > 1:
            own = etas[:, unknowns.alike == r]
            shrinkage = float(100 * (1 - own.std(axis=0, ddof=1).mean() / parameter.sd))
        add(parameter.variability_name, VARIABILITY, parameter.sd, shrinkage)
    for name, limit in limits.items():
        if name not in found:  # a variability that went to 0
            rows.append(Estimate(name, VARIABILITY, 0.0, None, None, None, False, *limit))
    for pair in problem.correlations:
        add(f"corr {pair.first} {pair.second}", CORRELATION, pair.value)
    for residual in problem.residuals:
        for name in residual.names:
            add(f"{name} {residual.output}", RESIDUAL, getattr(residual, name))
    for number in (n for outcome in problem.outcomes for n in outcome.numbers):
        add(number.name, OUTCOME, number.value)
    return tuple(rows)


def individuals_of(prepared: Prepared, point: Point, modes: Modes, mean=None, sd=None) -> Individuals:
    """Individual estimates of all subjects."""
    table = individual(prepared, with_etas(prepared, centre(prepared, point), modes.etas))
    names = [p.name for p in prepared.problem.parameters]
    values = {name: table[:, column] for name, column in zip(names, prepared.columns, strict=True)}
    random = tuple(p.name for p in prepared.problem.random)
    return Individuals(prepared.design.subjects, random, modes.etas, values, mean, sd)


def predictions_of(prepared: Prepared, point: Point, modes: Modes) -> Predictions:
    """Predictions of all records at the typical values and at the individual estimates."""
    design, middle = prepared.design, centre(prepared, point)
    pred = predictions(prepared, middle)
    ipred = predictions(prepared, with_etas(prepared, middle, modes.etas))
    logs = np.array([r.kind == "lognormal" for r in prepared.problem.residuals])[design.output]
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.where(logs, np.log(design.y) - np.log(ipred), design.y - ipred)
        iwres = np.where(design.kind == MEASURED, off / residual_sd(prepared, point, ipred), np.nan)
    words = np.where(
        design.kind == MEASURED, "measured", np.where(design.kind == LOWER, "below", "above")
    ).astype(object)
    names = np.array([r.output for r in prepared.problem.residuals], dtype=object)
    subjects = np.array(design.subjects, dtype=object)[design.subject]
    return Predictions(
        subjects, design.time, names[design.output], design.y, words, pred, ipred, iwres, design.line
    )
