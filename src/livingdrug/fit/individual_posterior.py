"""Posterior of the individual parameters of each subject, given some of its records and the population of a
problem.

Where a subject has records, draws come from the importance sampler of the likelihood (values below the limit
by M3, as the problem says), and where those are worth too few from `annealed`; then as many as are asked for
are taken by systematic resampling. A subject without records keeps the distribution of the population, with
its covariates.
"""

from dataclasses import dataclass, replace

import numpy as np

from livingdrug.core.draws import combed, effective_of
from livingdrug.core.random import uniforms
from livingdrug.fit.annealed import anneal, drawn_around
from livingdrug.fit.at_draws import log_densities, predicted
from livingdrug.fit.design import LOWER, Design
from livingdrug.fit.importance import SOUND, propose
from livingdrug.fit.modes import find_modes
from livingdrug.fit.point import Point, Prepared, centre, individual, point_of, prepare, with_etas
from livingdrug.fit.predict import RTOL
from livingdrug.fit.problem import FitProblem
from livingdrug.fit.replicates import measured_values
from livingdrug.fit.sampled import weighted

# weighted draws of a subject around its mode, and where those are worth HOPEFUL and not SOUND
POOL, MORE = 1024, 4096
HOPEFUL = 100
ENOUGH = 100  # effective draws of every subject in a trial round of the sampler that make it the last
# relative tolerance of equations in the weights of draws, where every residual error has at least this SD,
# so that a prediction is off by a few thousandths of it; else that of a fit
ROUGH, LEAST_ERROR = 1e-4, 0.05
ANNEALED = (8192, 32768)  # of `annealed`, where those before are worth fewer than SOUND
KEPT = 500  # draws that are kept of each subject


@dataclass(frozen=True)
class IndividualPosterior:
    """Posterior of every subject of a problem, given the records that were used.

    Attributes
    ----------
    prepared : Prepared
        Of all records.
    point : Point
        Of all records.
    used : ndarray, shape (records,)
        Whether each was.
    mode : ndarray, shape (n, random)
        Etas where the posterior is highest, 0 without records.
    etas : ndarray, shape (n, draws, random)
        Equally probable draws.
    worth : ndarray, shape (n,)
        Effective draws among the weighted ones that they were taken from, 0 where the model gives the records
        no finite likelihood (etas are the population's then).
    pool : ndarray, shape (n,)
        How many these were, 0 for a subject without records.
    seed : int
        Of the draws.
    """

    prepared: Prepared
    point: Point
    used: np.ndarray
    mode: np.ndarray
    etas: np.ndarray
    worth: np.ndarray
    pool: np.ndarray
    seed: int

    @property
    def design(self) -> Design:
        """All records."""
        return self.prepared.design

    @property
    def subjects(self) -> tuple[str, ...]:
        """Their names."""
        return self.design.subjects

    def count(self) -> np.ndarray:
        """Records used of each subject, (n,)."""
        return np.bincount(self.design.subject[self.used], minlength=self.design.n)

    def tables(self) -> np.ndarray:
        """Every quantity of every subject at its draws, (n, draws, quantities)."""
        middle = centre(self.prepared, self.point)
        draws = range(self.etas.shape[1])
        at = [individual(self.prepared, with_etas(self.prepared, middle, self.etas[:, k])) for k in draws]
        return np.stack(at, axis=1)

    def mode_table(self) -> np.ndarray:
        """Every quantity of every subject at its mode, (n, quantities)."""
        return individual(
            self.prepared, with_etas(self.prepared, centre(self.prepared, self.point), self.mode)
        )

    def predictions(self) -> np.ndarray:
        """Predictions of all records at the draws of their subjects, (draws, records)."""
        return predicted(self.prepared, self.point, self.etas).f

    def log_below(self, f: np.ndarray, values: np.ndarray) -> np.ndarray:
        """ln P(a measured value is below `values` (records,)) given predictions f (draws, records),
        (records, draws): what M3 says of a value below that limit."""
        return log_density(
            self.prepared,
            self.point,
            values,
            np.full(len(values), LOWER, dtype=np.int8),
            self.design.output,
            f,
        )


    def log_density(
        self, _: np.ndarray, y: np.ndarray, kind: np.ndarray, output: np.ndarray, f: np.ndarray
    ) -> np.ndarray:
        """Log density of values (or the log probability of lying beyond a limit) given predictions f
        (draws, values), each value by itself: (values, draws). First the positions of the draws, which
        have one residual error here."""
        return log_density(self.prepared, self.point, y, kind, output, f)

    def measured(self, _: np.ndarray, output: np.ndarray, f: np.ndarray, u: np.ndarray) -> np.ndarray:
        """Predictions f (draws, values) with residual error, from uniform numbers u; output: position of
        that of each value. First the positions of the draws."""
        return measured_values(self.prepared, self.point, output, f, u)


def individual_posterior(
    problem: FitProblem,
    used: np.ndarray | None = None,
    draws: int = KEPT,
    seed: int = 1,
    prepared: Prepared | None = None,
) -> IndividualPosterior:
    """Posterior of the individual parameters of all subjects from some of their records.

    Parameters
    ----------
    problem : FitProblem
        Its numbers are those of the population.
    used : ndarray of bool, optional
        Whether each record of the design counts, shape (records,); all do by default.
    draws : int
        Kept of each subject.
    seed : int
        The draws of a subject depend on it.
    prepared : Prepared, optional
        Of the problem, where it has been made.

    Returns
    -------
    IndividualPosterior

    Raises
    ------
    InputError
        For data that the model cannot take.
    """
    prepared = prepared or prepare(problem)
    point, design = point_of(problem), prepared.design
    used = np.ones(len(design.y), dtype=bool) if used is None else used
    size = len(prepared.random)
    mode, etas = np.zeros((design.n, size)), _of_population(design.subjects, point, draws, seed)
    worth, pool = np.full(design.n, np.inf), np.zeros(design.n, dtype=np.int64)
    everyone = left = np.unique(design.subject[used])
    around = state = None
    for count in (POOL, MORE, *ANNEALED):
        chosen = left[worth[left] >= HOPEFUL] if count == MORE else left
        if not len(chosen):
            continue
        records = with_records(design, used & np.isin(design.subject, chosen))
        own = prepare(problem, 1, records, tolerance(problem))
        if around is None:
            mode[chosen] = find_modes(own, point, np.zeros((len(chosen), size))).etas
            around = propose(own, point, seed, mode[chosen], enough=ENOUGH)
        if count in (POOL, MORE):
            near = around.of(np.searchsorted(everyone, chosen), own)
            drawn, weight = weighted(own, point, near, seed, count)
        else:
            state = anneal(own, point, seed) if state is None else state.of(own.design.subjects)
            drawn, weight = drawn_around(own, point, state, count)
        # no draw at which the model gives the samples a finite likelihood
        lost = ~np.all(np.isfinite(weight), axis=1)
        found = np.where(lost, 0.0, effective_of(np.where(lost[:, None], 1.0, weight)))
        better = found > (0.0 if count == POOL else worth[chosen])  # else what an earlier round gave stands
        for k in np.flatnonzero(better).tolist():
            i = int(chosen[k])
            shift = uniforms(seed, f"individual parameters of {design.subjects[i]}", 0, 1)
            etas[i], pool[i] = drawn[k, combed(weight[k], draws, float(shift[0]))], count
        pool[chosen] = np.maximum(pool[chosen], POOL)
        worth[chosen] = found if count == POOL else np.maximum(found, worth[chosen])
        left = left[worth[left] < SOUND]
    return IndividualPosterior(prepared, point, used, mode, etas, worth, pool, seed)


def tolerance(problem: FitProblem) -> float:
    """Relative tolerance of equations in the weights of draws: far below every residual error."""
    of_kind = {"lognormal": "a", "additive": ""}  # the others have a part in proportion
    names = [(r, of_kind.get(r.kind, "b")) for r in problem.residuals]
    least = min(getattr(r, name) if name else 0.0 for r, name in names)
    return ROUGH if least >= LEAST_ERROR else RTOL


def with_records(design: Design, keep: np.ndarray) -> Design:
    """These records alone (a mask), and the subjects that have any."""
    present, subject = np.unique(design.subject[keep], return_inverse=True)
    first = np.searchsorted(subject, np.arange(len(present)))
    flat = ("time", "output", "y", "kind", "line", "occasion", "end")
    return replace(
        design, **{name: getattr(design, name)[keep] for name in flat}, subject=subject, first=first,
        subjects=tuple(design.subjects[i] for i in present), last=np.append(first[1:], len(subject)),
        table=design.table[present], x=design.x[present], doses=tuple(design.doses[i] for i in present),
        resets=tuple(design.resets[i] for i in present),
    )  # fmt: skip


def log_density(
    prepared: Prepared, point: Point, y: np.ndarray, kind: np.ndarray, output: np.ndarray, f: np.ndarray
) -> np.ndarray:
    """Log density of values (or the log probability of lying beyond a limit) given predictions f (draws,
    values), each value by itself: (values, draws).

    Parameters
    ----------
    prepared : Prepared
        The problem and its numbers.
    point : Point
        The problem and its numbers.
    y : ndarray
        Values, or limits of quantification.
    kind : ndarray
        Of each as in `Design`.
    output : ndarray
        Positions of their outputs.
    f : ndarray
        Predictions, shape (draws, values).

    Returns
    -------
    ndarray
    """
    return log_densities(prepared, point, (y, np.full(len(y), -np.inf), kind, output), f)


def _of_population(subjects: tuple[str, ...], point: Point, draws: int, seed: int) -> np.ndarray:
    """Random effects of the population for every subject, (n, draws, random)."""
    from scipy.special import ndtri

    size = len(point.omega)
    factor = np.linalg.cholesky(point.omega)
    z = [
        ndtri(uniforms(seed, f"forecast of {name}", 0, draws * size)).reshape(draws, size)
        for name in subjects
    ]
    return np.stack(z) @ factor.T
