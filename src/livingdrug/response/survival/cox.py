"""Cox's proportional hazards: how covariates multiply the hazard, whether they do so at all times, and how
well they rank."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.response.models.curve import Estimate, two_sided
from livingdrug.response.models.likelihood import Maximum, maximise
from livingdrug.response.models.monotone import monotone_hazard
from livingdrug.response.sample.covariates import check_columns
from livingdrug.response.survival.kaplan_meier import ChiSquare, kaplan_meier
from livingdrug.response.survival.ordered import counted_before
from livingdrug.response.survival.risk_sets import RiskSets, Ties, moments, risk_sets
from livingdrug.response.survival.times import Times, refuse_uninformative

WEAK = (
    1e-3  # information left in some direction, of that at zero, below which the maximum may lie at infinity
)
FLAT = 1e-10  # information per event, of columns with SD 1, below which there is none


@dataclass(frozen=True)
class CoxFit:
    """Proportional hazards.

    Attributes
    ----------
    times : Times
        To the event.
    columns : ndarray, shape (n, p)
        Of the terms.
    terms : tuple of str
        Names of the exposure and the covariates, in the order of the coefficients.
    ties : Ties
        How ties are treated.
    coefficients : ndarray, shape (p,)
        Logarithms of hazard ratios.
    covariance : ndarray, shape (p, p)
        Of them, robust where clusters were given.
    log_likelihood, null_log_likelihood : float
        At the estimates, and without terms.
    score : ChiSquare
        The test at zero.
    naive : ndarray or None
        The covariance by the information, where the other is robust.
    clusters : int
        How many, 0 where the covariance is not robust.
    """

    times: Times
    columns: np.ndarray
    terms: tuple[str, ...]
    ties: Ties
    coefficients: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    null_log_likelihood: float
    score: ChiSquare
    naive: np.ndarray | None = None
    clusters: int = 0

    @property
    def errors(self) -> np.ndarray:
        """Standard errors of the coefficients (p,)."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def likelihood_ratio(self) -> ChiSquare:
        """All coefficients against none."""
        return ChiSquare(2 * (self.log_likelihood - self.null_log_likelihood), len(self.terms))

    @property
    def wald(self) -> ChiSquare:
        """All coefficients against none, by their covariance."""
        statistic = self.coefficients @ np.linalg.solve(self.covariance, self.coefficients)
        return ChiSquare(float(statistic), len(self.terms))

    def hazard_ratio(self, term: str, per: float = 1.0, level: float = 0.95) -> Estimate:
        """What `per` more of a term multiplies the hazard by, with Wald's interval on the log scale."""
        i = self.terms.index(term)
        reach = two_sided(level) * abs(per) * self.errors[i]
        middle = per * self.coefficients[i]
        low, middle, high = np.exp([middle - reach, middle, middle + reach])
        return Estimate(float(middle), float(low), float(high), level, "Wald")


def fit_cox(
    times: Times,
    covariates: Mapping[str, np.ndarray],
    ties: Ties = "efron",
    clusters: np.ndarray | None = None,
) -> CoxFit:
    """Maximum partial likelihood (Cox, J R Stat Soc B 1972;34:187) by Newton's method.

    Parameters
    ----------
    times : Times
        With entries for covariates that change (a row for each stretch of time), with strata for baseline
        hazards of their own.
    covariates : Mapping[str, ndarray]
        Term -> values (n,).
    ties : Ties, optional
        Efron's or Breslow's approximation, or the exact discrete likelihood of Cox.
    clusters : ndarray, optional, shape (n,)
        Labels of rows that belong together (a patient, a site), for a covariance that holds however they do
        (Lin & Wei, JASA 1989;84:1074).

    Returns
    -------
    CoxFit

    Raises
    ------
    InputError
        For covariates that do not vary or are collinear, where a hazard ratio would be infinite, and for
        fewer clusters than coefficients.
    """
    if ties not in ("efron", "breslow", "exact"):
        raise InputError(f"ties are `{ties}`; they must be efron, breslow or exact")
    refuse_uninformative(times)
    terms = tuple(covariates)
    columns = np.column_stack([np.asarray(values, dtype=float) for values in covariates.values()])
    check_columns(columns, terms)
    mean, size = columns.mean(axis=0), columns.std(axis=0)
    sets = risk_sets(times, (columns - mean) / size, ties)

    def objective(beta):
        return _likelihood(sets, beta)

    null, gradient, information = objective(np.zeros(len(terms)))
    _refuse_flat(information, terms, times)
    best = _bounded(objective, sets, terms, information, times)
    score = ChiSquare(float(gradient @ np.linalg.solve(information, gradient)), len(terms))
    covariance = best.covariance / np.outer(size, size)
    fit = CoxFit(times, columns, terms, ties, best.at / size, covariance, best.value, null, score)
    return fit if clusters is None else _robust(fit, clusters)


def _robust(fit: CoxFit, clusters: np.ndarray) -> CoxFit:
    """The fit with the sandwich covariance: inverse information around the outer products of the clusters'
    scores."""
    labels, code = np.unique(np.asarray(clusters).astype(str), return_inverse=True)
    if len(labels) <= len(fit.terms):
        raise InputError(
            f"{len(labels)} cluster(s) for {len(fit.terms)} coefficient(s): a robust error needs more "
            "clusters than that"
        )
    residuals = score_residuals(fit)
    each = np.array([np.bincount(code, weights=r) for r in residuals.T]).T
    bent = each @ fit.covariance
    return replace(fit, covariance=bent.T @ bent, naive=fit.covariance, clusters=len(labels))


def _likelihood(sets: RiskSets, beta: np.ndarray):
    """Log partial likelihood, gradient (p,), information (p, p)."""
    m = moments(sets, beta)
    events = sets.columns[sets.event]
    value = float((events @ beta).sum() - m.log_sum.sum())
    return value, events.sum(axis=0) - m.mean.sum(axis=0), m.variance.sum(axis=0)


def _refuse_flat(at_zero: np.ndarray, terms: tuple[str, ...], times: Times) -> None:
    """Refuse covariates that are the same for all at risk whenever an event occurs: the likelihood does not
    hold them."""
    size, direction = np.linalg.eigh(at_zero)
    if size[0] < FLAT * times.event.sum():
        involved = " and ".join(
            f"`{t}`" for t, d in zip(terms, direction[:, 0], strict=True) if abs(d) > 1e-6
        )
        raise InputError(
            f"whenever one of the {times.event.sum():,} events occurs, {involved} does not differ among "
            "those at risk, so no hazard ratio can be estimated; leave it out"
        )


def _bounded(objective, sets: RiskSets, terms, at_zero: np.ndarray, times: Times) -> Maximum:
    """The maximum, or a refusal where it lies at infinity: a linear programme decides where information
    nearly vanishes."""
    best = failure = None
    try:
        best = maximise(objective, np.zeros(len(terms)))
        weakest = np.linalg.eigvalsh(best.information)[0]
        suspect = not weakest > WEAK * np.linalg.eigvalsh(at_zero)[0]
    except InputError as error:
        suspect, failure = True, error
    if suspect:
        direction = monotone_hazard(sets)
        if direction is not None:
            involved = " and ".join(f"`{t}`" for t, d in zip(terms, direction, strict=True) if abs(d) > 1e-6)
            raise InputError(_infinite(involved, sets, direction, times))
    if failure is not None:
        raise failure
    return known(best, "the maximum")


def _infinite(involved: str, sets: RiskSets, direction: np.ndarray, times: Times) -> str:
    """At every event the subject concerned was at the extreme of those at risk."""
    height = sets.columns @ direction
    events = sets.event & (height > height.min() + 1e-9)
    none = not (sets.event & ~events).any()
    why = (
        f"all {times.event.sum():,} events are on one side of it"
        if none
        else "at every event the subject concerned has the most extreme value of all at risk"
    )
    return (
        f"{involved} separates subjects with the event from those without: {why}, so its hazard ratio is "
        "infinite; leave it out or join its levels, and compare groups by Kaplan-Meier and log-rank "
        "(--model km)"
    )


def martingale_residuals(fit: CoxFit) -> np.ndarray:
    """Events of each subject less those expected of it (n,), by the cumulative hazard of Breslow, or Efron
    with his ties.

    Parameters
    ----------
    fit : CoxFit
        Proportional hazards.

    Returns
    -------
    ndarray
    """
    if fit.ties == "exact":
        raise InputError(
            "martingale residuals need a hazard, which exact ties do not give; use efron or breslow"
        )
    mean = fit.columns.mean(axis=0)
    sets = risk_sets(fit.times, fit.columns - mean, fit.ties)
    steps = np.exp(-moments(sets, fit.coefficients).log_sum)
    at, place = np.unique(sets.at, return_inverse=True)
    whole, reduced = np.bincount(place, steps), np.bincount(place, steps * (1 - sets.share))
    cumulative = np.concatenate([[0.0], np.cumsum(whole)])
    time, entry = _original(sets)
    hazard = cumulative[np.searchsorted(at, time, side="right")]
    if len(entry):
        hazard -= cumulative[np.searchsorted(at, entry, side="right")]
    own = np.searchsorted(at, time[fit.times.event])
    hazard[fit.times.event] += reduced[own] - whole[own]
    return fit.times.event - hazard * np.exp((fit.columns - mean) @ fit.coefficients)


def _original(sets: RiskSets) -> tuple[np.ndarray, np.ndarray]:
    """(time, entry) of the risk sets in the order of the rows that were given; no entry where all start at
    0."""
    back = np.argsort(sets.order)
    return sets.time[back], sets.entry[back] if len(sets.entry) else sets.entry


def score_residuals(fit: CoxFit) -> np.ndarray:
    """What each row adds to the score, shape (n, p), which adds up to 0 at the maximum.

    A row has x less the mean of those at risk at its own event, less the same at every event it was at
    risk for, by the hazard expected of it (Therneau, Grambsch & Fleming, Biometrika 1990;77:147); under
    Efron's ties who has the event is partly out of the later terms of its time. Raises InputError for
    exact ties, which give no hazard."""
    if fit.ties == "exact":
        raise InputError("score residuals need a hazard, which exact ties do not give; use efron or breslow")
    centred = fit.columns - fit.columns.mean(axis=0)
    sets = risk_sets(fit.times, centred, fit.ties)
    m = moments(sets, fit.coefficients)
    time, entry = _original(sets)
    step, part = np.exp(-m.log_sum), 1 - sets.share
    at, place, many = np.unique(sets.at, return_inverse=True, return_counts=True)

    def summed(values: np.ndarray) -> np.ndarray:
        """Sums over the terms of each time, shape (times,) or (times, p)."""
        rows = values.reshape(len(values), -1)
        found = np.array([np.bincount(place, weights=column, minlength=len(at)) for column in rows.T]).T
        return found.reshape(len(at), *values.shape[1:])

    def over(values: np.ndarray) -> np.ndarray:
        """Sum of values of times over those at which each row was at risk."""
        total = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0)])
        ended = total[np.searchsorted(at, time, side="right")]
        return ended - total[np.searchsorted(at, entry, side="right")] if len(entry) else ended

    whole, first = summed(step), summed(step[:, None] * m.mean)
    held, moved = over(whole), over(first)
    events = fit.times.event
    own = np.searchsorted(at, time[events])
    held[events] += (summed(step * part) - whole)[own]
    moved[events] += (summed((step * part)[:, None] * m.mean) - first)[own]
    residuals = -np.exp(centred @ fit.coefficients)[:, None] * (centred * held[:, None] - moved)
    residuals[events] += centred[events] - (summed(m.mean) / many[:, None])[own]
    return residuals


def proportionality(fit: CoxFit) -> dict[str, ChiSquare]:
    """Does the effect of each term, of each column of categories (its dummies together), and of all (`all
    terms`), change with time? A score test for beta + theta g(t).

    Grambsch & Therneau, Biometrika 1994;81:515, with the full information of the extended model; g(t) = 1 -
    S(t-), the Kaplan-Meier survival of all subjects just before t. nan where there are too few events to
    tell.

    Parameters
    ----------
    fit : CoxFit
        Proportional hazards.

    Returns
    -------
    dict[str, ChiSquare]
    """
    sets = risk_sets(fit.times, fit.columns - fit.columns.mean(axis=0), fit.ties)
    m = moments(sets, fit.coefficients)
    curve = kaplan_meier(replace(fit.times, stratum=np.empty(0, dtype=int)))
    clock = 1 - np.concatenate([[1.0], curve.survival])[np.searchsorted(curve.time, sets.when, side="left")]
    # of several events at one time each has the same clock, so that only their sum counts
    place = np.searchsorted(np.unique(sets.at), sets.time[sets.event])
    clock_of_event = clock[np.searchsorted(sets.group, place)]
    score = clock_of_event @ sets.columns[sets.event] - clock @ m.mean
    plain, once, twice = (np.tensordot(clock**k, m.variance, axes=1) for k in (0, 1, 2))
    # information on theta that is left when beta is estimated too
    p = len(fit.terms)
    full = np.block([[plain, once], [once, twice]])
    tests = {term: _score_test(full, score, [i], p) for i, term in enumerate(fit.terms)}
    # the dummies of a column of categories are one factor
    factors: dict[str, list[int]] = {}
    for i, term in enumerate(fit.terms):
        factors.setdefault(term.partition(": ")[0], []).append(i)
    tests |= {
        name: _score_test(full, score, members, p) for name, members in factors.items() if len(members) > 1
    }
    return tests | {"all terms": _score_test(full, score, list(range(p)), p)}


def _score_test(full: np.ndarray, score: np.ndarray, chosen: list[int], p: int) -> ChiSquare:
    added = [p + i for i in chosen]
    left = full[np.ix_(added, added)] - full[np.ix_(added, range(p))] @ np.linalg.solve(
        full[:p, :p], full[:p, added]
    )
    if np.linalg.matrix_rank(left, tol=FLAT * np.abs(full).max(), hermitian=True) < len(chosen):
        return ChiSquare(float("nan"), len(chosen))
    return ChiSquare(float(score[chosen] @ np.linalg.solve(left, score[chosen])), len(chosen))


def concordance(fit: CoxFit) -> tuple[float, float]:
    """(share of comparable pairs of which the one with the higher hazard had the event first, standard
    error).

    Pairs with equal hazard count half (Harrell, JAMA 1982;247:2543); who is censored at the time of an event
    was seen after it. The error is the infinitesimal jackknife: how the share moves with the weight of each
    subject.

    Parameters
    ----------
    fit : CoxFit
        Proportional hazards.

    Returns
    -------
    tuple[float, float]
    """
    # equal covariates give equal hazards whatever the rounding
    rank = np.unique(np.round(fit.columns @ fit.coefficients, 12), return_inverse=True)[1].ravel()
    event = np.asarray(fit.times.event, dtype=bool)
    # who has an event stands before who is censored at that time
    place = np.unique(np.column_stack([fit.times.time, ~event]), axis=0, return_inverse=True)[1].ravel()
    good, pairs = np.zeros(len(rank)), np.zeros(len(rank))
    for sign, asks, counted in ((1, event, np.ones_like(event)), (-1, np.ones_like(event), event)):
        lower, same, all_of_them = _compared(sign * rank, -sign * place, asks, counted)
        good[asks] += lower + same / 2
        pairs[asks] += all_of_them
    total = pairs.sum() / 2
    if not total:
        raise InputError("no two subjects can be compared, so concordance is not known")
    share = good.sum() / 2 / total
    return float(share), float(np.sqrt(np.sum(((good - share * pairs) / total) ** 2)))


def _compared(
    rank: np.ndarray, place: np.ndarray, asks: np.ndarray, counted: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each subject that asks: how many counted ones of an earlier place have a lower rank, the same,
    any rank."""
    asking, others = np.flatnonzero(asks), np.flatnonzero(counted)
    who, is_other = np.concatenate([asking, others]), np.arange(len(asking) + len(others)) >= len(asking)
    # of one place, those who ask come first, so that nobody of their own place is counted
    order = np.lexsort((is_other, place[who]))
    found = np.empty((2, len(who)))
    found[:, order] = counted_before((rank - rank.min())[who[order]], is_other[order])
    earlier = np.searchsorted(np.sort(place[others]), place[asking], side="left")
    return found[0, : len(asking)], found[1, : len(asking)], earlier
