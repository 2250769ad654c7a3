"""Published numbers as priors: what a small trial does not determine is borrowed from a published population,
and said to be.

The typical value P and the between-subject variability omega of a publication, worth m subjects that were seen themselves,
are the normal priors  h(P) ~ N(published, omega^2 / m)  and  ln omega ~ N(ln published, 1 / (2 m)):  the variance that the
mean and the logarithm of the standard deviation of m normal values have. m is stated, never estimated. The posterior mode
(MAP) is found by SAEM and the climb up the penalised likelihood, and stands beside the fit of the data alone.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from livingdrug.core.conventions import Z95
from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.core.pieces import Keeper, NotKept
from livingdrug.fit.bayes import Posterior
from livingdrug.fit.estimator import Estimator, estimator_of
from livingdrug.fit.kept import part_of
from livingdrug.fit.penalty import penalty_of
from livingdrug.fit.point import SCALE_CODE, from_scale, point_of, to_scale
from livingdrug.fit.problem import FitProblem, NormalPrior, Parameter
from livingdrug.fit.result import Beside, FitResult
from livingdrug.fit.run import Progress, estimated, fit
from livingdrug.fit.text import read_number
from livingdrug.fit.unknowns import Unknowns, unknowns_of
from livingdrug.fit.verdict import Verdict
from livingdrug.fit.words import interval_words, number
from livingdrug.models import Model

STRENGTH = 5.0  # subjects that a prior is worth unless stated: a few, so that eight patients outweigh it


@dataclass(frozen=True)
class Borrowing:
    """Priors from a published population.

    Attributes
    ----------
    source : str
        Model and population in words, with the publication.
    strength : float
        Subjects that each prior is worth.
    priors : tuple of NormalPrior
        One for each number that the publication tells of.
    without : tuple of str
        Estimated numbers for which the publication has no prior.
    """

    source: str
    strength: float
    priors: tuple[NormalPrior, ...]
    without: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of them."""
        named = ", ".join(f"`{p.name}`" for p in self.priors)
        lines = [
            f"borrowed from {self.source}: priors worth {self.strength:g} subject(s) on {named}",
            "if patients of these data are among those of the publication, they count twice",
        ]
        if self.without:
            lines.append("not borrowed: " + ", ".join(f"`{name}`" for name in self.without))
        return tuple(lines)


def borrowed(problem: FitProblem, source: Model, strength: float = STRENGTH) -> Borrowing:
    """The priors that a published model has for the estimated numbers of a problem.

    Parameters
    ----------
    problem : FitProblem
        The data, the model and what is fitted, see `new_problem`.
    source : Model
        A model with published between-subject variability.
    strength : float, optional
        Subjects that each prior is worth.

    Returns
    -------
    Borrowing

    Raises
    ------
    InputError
        For a model without a published between-subject variability, or with none of these numbers.
    """
    if not (np.isfinite(strength) and strength > 0):
        raise InputError(
            f"--borrow: a prior worth {strength:g} subjects; give a number above 0, such as {STRENGTH:g}"
        )
    if not source.populations:
        raise InputError(
            f"--borrow: `{source.full_name}` has no published between-subject variability, so nothing says "
            "how far its typical values hold; borrow from a model that has one (`livingdrug models`)"
        )
    population, names = source.populations[0], unknowns_of(problem).names
    found = [
        prior
        for p in problem.parameters
        for prior in _priors(problem, p, source, strength)
        if prior.name in names
    ]
    if not found:
        known = ", ".join(f"`{name}`" for name in population.spreads)
        raise InputError(
            f"--borrow: `{source.full_name}` has published variabilities of {known}, and none of them is "
            "estimated here"
        )
    has = {prior.name for prior in found}
    words = f"{source.full_name}, population `{population.name}` [{population.source.line()}]"
    return Borrowing(words, strength, tuple(found), tuple(name for name in names if name not in has))


def read_borrow(text: str) -> tuple[str, float]:
    """Model and strength of `stein_2019` or `stein_2019:8`.

    Parameters
    ----------
    text : str
        Such as `stein_2019:8`.

    Returns
    -------
    tuple[str, float]
    """
    name, colon, number = text.rpartition(":")
    if not colon:
        return text.strip(), STRENGTH
    if not name.strip():
        raise InputError(f"--borrow `{text}`: write MODEL or MODEL:STRENGTH, such as stein_2019:5")
    return name.strip(), read_number(
        number, f"--borrow `{text}`: the strength (subjects that the prior is worth)"
    )


def _priors(problem: FitProblem, parameter: Parameter, source: Model, strength: float) -> list[NormalPrior]:
    """Of the typical value and the variability of a parameter: none where the publication has no
    variability of it, or the scale or unit is another one."""
    name, published = parameter.name, source.populations[0].spreads.get(parameter.name)
    if parameter.changes or published is None or not published.sd > 0:
        return []
    if {parameter.scale, published.scale} != {"log"}:
        return []
    units = [{q.name: q.unit for q in model.quantities}.get(name) for model in (problem.model, source)]
    if units[0] != units[1]:
        raise InputError(
            f"--borrow: `{name}` has the unit {units[0]} here and {units[1]} in `{source.full_name}`"
        )
    centre = float(to_scale(np.array(source.typical[name]), np.array(SCALE_CODE["log"])))
    return [
        NormalPrior(name, centre, published.sd / float(np.sqrt(strength))),
        NormalPrior(parameter.variability_name, float(np.log(published.sd)), float(np.sqrt(0.5 / strength))),
    ]


def borrows(settings: Estimator) -> bool:
    """Whether a method takes borrowed priors: it estimates a population, and they take part in that."""
    return settings.priors and settings.population


def fit_both(
    problem: FitProblem,
    borrowing: Borrowing,
    method: str | Estimator = "saem",
    seed: int = 1,
    folder: str | Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    starts: int | None = None,
    kept: Keeper | None = None,
) -> FitResult | Posterior:
    """The fit of data and priors together, with that of the data alone beside it; a posterior has its priors
    beside it by itself. Arguments as of `estimated`; only methods that take priors.

    Parameters
    ----------
    problem : FitProblem
        The data, the model and what is fitted, see `new_problem`.
    borrowing : Borrowing
        The priors, see `borrowed`.
    method : str or Estimator, optional
        Of estimation; only one that takes priors.
    seed : int, optional
        Of the random streams.
    folder : str or Path, optional
        Where the state of a search is kept on its way.
    resume : bool, optional
        Go on from that state.
    progress : Progress, optional
        Called as the search goes on.
    starts : int, optional
        Searches from so many sets of initial estimates.
    kept : Kept, optional
        Where finished parts of both are kept on the way.

    Returns
    -------
    FitResult or Posterior
    """
    settings = estimator_of(method)
    if not borrows(settings):
        name = settings.method
        raise InputError(
            f"--borrow: method {name} takes no priors; leave --method out (saem), or take --method bayes"
        )
    together = estimated(
        replace(problem, priors=borrowing.priors), method, seed, folder, resume, progress, starts,
        kept=part_of(kept, "together"),
    )  # fmt: skip
    if isinstance(together, Posterior):
        return replace(together, notes=(*borrowing.notes, *together.notes))
    try:
        alone = fit(problem, method, seed, None, False, progress, starts, kept=part_of(kept, "alone"))
    except NotKept:  # the run ends here, and goes on from what is kept
        raise
    except InputError as error:
        alone = str(error)
    return with_data_alone(together, alone, borrowing)


def with_data_alone(together: FitResult, alone: FitResult | str, borrowing: Borrowing) -> FitResult:
    """A fit under priors with the fit of the data alone beside it (or why there is none), in table and
    verdict."""
    unknowns = unknowns_of(together.started)
    point = point_of(together.problem)
    final = unknowns_of(together.problem)
    loss = 2 * penalty_of(final).loss(final.vector(point))
    notes = [
        *borrowing.notes,
        "-2 log likelihood is that of the data at the mode of data and priors (MAP); the priors add "
        f"{loss:.2f} to it, so AIC and BIC are not given, and intervals are those of the penalised "
        "likelihood",
    ]
    own = {} if isinstance(alone, str) else {e.name: e for e in alone.estimates}
    ended = not isinstance(alone, str) and _verdict(alone).ended and _verdict(alone).sound
    whole = {e.name: e for e in together.estimates}
    rows = tuple(
        Beside(name, *_prior_ends(unknowns, k), own.get(name) if ended else None, whole.get(name))
        for k, name in enumerate(unknowns.names)
    )
    notes += [_disagreement(row) for row in rows if _disagree(row)]
    verdict = _verdict(together)
    if verdict.ended and verdict.sound:
        verdict = replace(verdict, data=_data_words(verdict.undetermined, len(rows), alone, ended))
    return replace(together, notes=(*together.notes, *notes), beside=rows, verdict=verdict)


def _verdict(result: FitResult) -> Verdict:
    return known(result.verdict, "the verdict on a fit of a population")


def _data_words(undetermined: tuple[str, ...], everything: int, alone: FitResult | str, ended: bool) -> str:
    """What data and priors determine together, and what the data alone do."""
    first = "Data and priors together determine every estimated number"
    if undetermined:
        first = (
            f"Data and priors together determine {everything - len(undetermined)} of {everything} estimated "
            f"numbers, and not {_named(undetermined)}"
        )
    if isinstance(alone, str):
        return f"{first}; the data alone cannot be fitted: {alone}."
    if not ended:
        return f"{first}; what the data alone determine is not known, as their fit did not end."
    if _verdict(alone).undetermined:
        return f"{first}; the data alone do not determine {_named(_verdict(alone).undetermined)}."
    return f"{first}; so do the data alone."


def _disagree(row: Beside) -> bool:
    """Whether the intervals of prior and data alone have nothing in common: a compromise of the two is
    then neither."""
    if row.prior_lower is None or row.prior_upper is None or row.alone is None or not row.alone.by:
        return False
    low, high = row.alone.lower, row.alone.upper
    return bool((low is not None and low > row.prior_upper) or (high is not None and high < row.prior_lower))


def _disagreement(row: Beside) -> str:
    low, high = (known(end, "an end of the interval of a prior") for end in (row.prior_lower, row.prior_upper))
    alone = interval_words(known(row.alone, "the estimate by the data alone"))
    return (
        f"data and prior disagree on `{row.name}`: {alone} by the data alone, {number(low)} to {number(high)} by "
        "the prior; the value of both together lies between them and is carried by neither"
    )


def _named(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _prior_ends(unknowns: Unknowns, k: int) -> tuple[float | None, float | None, float | None]:
    """Median and 95 % interval of the prior of a number as it is reported."""
    penalty = penalty_of(unknowns)
    if not penalty.precision[k] > 0:
        return None, None, None
    reach = Z95 / np.sqrt(penalty.precision[k])
    code = np.array(SCALE_CODE["log"])  # of typical values with a prior, and of every variability

    def at(side: int) -> float:
        return float(from_scale(np.array(penalty.centre[k] + side * reach), code))

    return at(0), at(-1), at(1)


def advice(result: FitResult, published: Model, name: str) -> str:
    """One sentence on which flags may make a fit whole that left numbers not determined; empty where nothing
    is to be said.

    published: the model as it was published; name: of it, as `--model` takes it.
    """
    problem, missing = result.started, set(result.verdict.undetermined) if result.verdict else set()
    if result.status != "not_determined" or not missing or not published.populations or problem.priors:
        return ""
    fixed = [p.name for p in problem.parameters if p.name in missing and p.name in published.typical]
    alone = [
        p.name
        for p in problem.random
        if p.variability_name in missing and not p.changes and p.name not in fixed
    ]
    rest = [p.name for p in problem.random if not p.changes and p.name not in (*fixed, *alone)]
    ways = [_fewer(problem, published, fixed, alone, rest)] if rest and (fixed or alone) else []
    if any(p.name in published.populations[0].spreads for p in problem.parameters):
        ways.append(f"`--borrow {name}` (published numbers as priors worth {STRENGTH:g} subjects)")
    if not ways:
        return ""
    told = ", or ".join(ways)
    return f"What may make the fit whole, with the other options as they are: {told}. Each adds what the data do not say."


def _fewer(problem: FitProblem, published: Model, fixed: list[str], alone: list[str], rest: list[str]) -> str:
    """The flags of a fit of fewer numbers, and what they do. fixed: typical values that are held; alone:
    parameters without variability; rest: those that keep theirs."""
    flags, said = [], []
    if alone or {p.name for p in problem.random} != set(published.populations[0].spreads):
        flags.append(f"--random {','.join(rest)}")
    if alone:
        flags.append(f"--estimate {','.join(alone)}")
        said.append("without between-subject variability of " + " and ".join(alone))
    if fixed:
        units = {q.name: q.unit for q in published.quantities}
        values = (f"{n} {published.typical[n]:.3g} {units[n]}".removesuffix(" 1") for n in fixed)
        flags.append(f"--fix {','.join(fixed)}")
        said.append("the same in all subjects, published " + ", ".join(values))
    return f"`{' '.join(flags)}` ({'; '.join(said)})"
