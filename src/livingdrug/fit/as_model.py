"""A fit as a model: its equations with the numbers that were found, their uncertainty, and what is to be
doubted of them."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.versions import versions
from livingdrug.fit.bayes import Posterior
from livingdrug.fit.estimator import estimator_of
from livingdrug.fit.occasions import put
from livingdrug.fit.problem import Effect, FitProblem
from livingdrug.fit.result import (
    BETTER_ELSEWHERE,
    CONVERGED,
    INTERRUPTED,
    NOT_CONVERGED,
    NOT_DETERMINED,
    FitResult,
)
from livingdrug.fit.store import data_hash
from livingdrug.fit.unknowns import OUTCOME, TYPICAL
from livingdrug.models import (
    Estimated,
    Fitted,
    Model,
    Population,
    Quantity,
    Residual,
    Source,
    Values,
    Variability,
    coefficient_name,
    numbers_hash,
    with_numbers,
)

DRAWS = "draws.csv"  # of a posterior, beside the model file
DOUBTS = {
    NOT_CONVERGED: "the search did not converge, so its numbers are no estimates.",
    NOT_DETERMINED: "the data do not determine every number",
    BETTER_ELSEWHERE: "a better optimum was found from other initial estimates.",
    INTERRUPTED: "the search was interrupted.",
}
CHANGED = {
    "log": "{name} * exp({sum})",
    "logit": "1 / (1 + (1 - {name}) / {name} * exp(-({sum})))",
    "normal": "{name} + ({sum})",
}


def as_model(found: FitResult | Posterior) -> Model:
    """The model of a fit, of a posterior with its medians.

    Parameters
    ----------
    found : FitResult or Posterior
        A fit that has ended, of any method.

    Returns
    -------
    Model
        Its `fitted` says where its numbers are from, with the covariance of the estimates, and why they are
        to be doubted where the fit is not sound.

    Raises
    ------
    InputError
        For what no model file can hold: a fit of individuals alone, parameters that change on the way, a
        posterior that did not mix.
    """
    problem = found.problem
    _check(found)
    fitted = _of_posterior(found) if isinstance(found, Posterior) else _of_fit(found)
    model = _model(problem, fitted)
    if isinstance(found, Posterior):
        model = with_numbers(model, {e.name: e.value for e in fitted.estimates if e.name in fitted.names})
    return replace(model, fitted=replace(fitted, numbers_sha256=numbers_hash(model)))


def _check(found: FitResult | Posterior) -> None:
    problem = found.problem
    if isinstance(found, Posterior) and found.faults:
        raise InputError("the posterior did not mix, so it is no model")
    if isinstance(found, FitResult) and not estimator_of(found.method).population:
        raise InputError(
            f"method {found.method} finds the numbers of each subject and no population; take saem, focei or "
            "laplace"
        )
    if any(p.changes for p in problem.parameters):
        raise InputError("inter-occasion variability has no place in a model file")
    if problem.own or problem.moving:
        raise InputError(
            "covariates that change on the way, or are estimated where missing, have no place in a model file"
        )


def _of_fit(result: FitResult) -> Fitted:
    problem, errors = result.problem, result.covariance
    scales = _scales(problem)
    kept = [e for e in result.estimates if e.kind != OUTCOME]
    estimates = tuple(
        Estimated(
            e.name, e.kind, e.value, scales.get(e.name, "log"), e.se, e.lower, e.upper, e.fixed, e.determined
        )
        for e in kept
    )
    names, matrix = (), ()
    if errors.matrix is not None:
        own = {e.name for e in kept}
        inside = [
            i for i, name in enumerate(errors.names) if np.isfinite(errors.matrix[i, i]) and name in own
        ]
        names = tuple(errors.names[i] for i in inside)
        matrix = tuple(tuple(row) for row in errors.matrix[np.ix_(inside, inside)].tolist())
    return Fitted(
        model=problem.model.full_name,
        data=Path(problem.data.name).name,
        data_sha256=data_hash(problem),
        method=result.method,
        status=result.status,
        version=_version(),
        subjects=len(result.individuals.subjects),
        samples=len(result.predictions.time),
        estimates=estimates,
        names=names,
        covariance=matrix,
        doubts=_doubts(result),
    )


def _doubts(result: FitResult) -> tuple[str, ...]:
    """Why a fit is not sound, a sentence each."""
    if result.status == CONVERGED:
        return ()
    lost = [e.name for e in result.estimates if not e.determined]
    if result.status == NOT_DETERMINED and lost:
        return (f"{DOUBTS[NOT_DETERMINED]}; where the search ended, and no estimate: {', '.join(lost)}.",)
    more = (f"the data do not determine {', '.join(lost)}.",) if lost else ()
    return (DOUBTS[result.status].removesuffix(".") + ".", *more)


def _of_posterior(found: Posterior) -> Fitted:
    problem, scales = found.problem, _scales(found.problem)
    draws = found.x.reshape(-1, found.x.shape[2])
    kinds = dict(zip(found.names, found.kinds, strict=True))
    names = [name for name in found.names if kinds[name] != OUTCOME]
    rows, places = [], []
    for i, name in enumerate(found.names):
        if kinds[name] == OUTCOME:
            continue
        low, middle, high = np.quantile(draws[:, i], (0.025, 0.5, 0.975)).tolist()
        own = Estimated(
            name, kinds[name], middle, scales.get(name, "log"), float(draws[:, i].std(ddof=1)), low, high
        )
        rows.append(own)
        places.append([replace(own, value=v).place for v in draws[:, i].tolist()])
    rows += [
        Estimated(p.name, TYPICAL, p.value, p.scale, fixed=True)
        for p in problem.parameters
        if p.name not in kinds
    ]
    matrix = np.atleast_2d(np.cov(np.array(places)))
    present = np.unique(problem.data.profiles.subject)
    return Fitted(
        model=problem.model.full_name,
        data=Path(problem.data.name).name,
        data_sha256=data_hash(problem),
        method="bayes",
        status=found.status,
        version=_version(),
        subjects=len(present),
        samples=problem.data.rows,
        estimates=tuple(rows),
        names=tuple(names),
        covariance=tuple(tuple(row) for row in matrix.tolist()),
        draws=DRAWS,
    )


def _version() -> str:
    return versions()["livingdrug"]


def _scales(problem: FitProblem) -> dict[str, str]:
    """Scales on which the numbers are estimated, where it is not the logarithm."""
    found = {p.name: p.scale for p in problem.parameters}
    found |= {e.name: "normal" for e in problem.effects}
    return found | {f"corr {c.first} {c.second}": "atanh" for c in problem.correlations}


def _model(problem: FitProblem, fitted: Fitted) -> Model:
    """The model with the numbers of the problem."""
    base, source = (
        problem.model,
        Source("fit", f"{fitted.model} {fitted.line}", note=f"livingdrug {fitted.version}"),
    )
    effects, added, coefficients = _effects(problem)
    typical = base.typical | {p.name: p.value for p in problem.parameters} | coefficients
    marks = _marks(problem, fitted)
    found = {p.name for p in problem.parameters if not p.fixed} | coefficients.keys() | base.changes.keys()
    sources = {name: source if name in found else base.source_of(name) for name in typical}
    common = max(sources.values(), key=list(sources.values()).count)  # said once
    kept = {name: own for name, own in sources.items() if own != common}
    variabilities = {p.name: Variability("sd", p.sd, p.scale) for p in problem.random}
    individual = {name: put(text, effects) for name, text in base.individual.items()} | {
        name: text for name, text in effects.items() if name not in base.individual
    }
    words = "population of the fit"
    return Model(
        name=base.name if base.fitted else f"{base.name}_fitted",
        title=f"{fitted.model} fitted to {fitted.data}",
        structure=replace(base.structure, quantities=(*base.structure.quantities, *added)),
        values=(Values("fitted", common, typical, kept, marks),),
        populations=(Population("fitted", variabilities, source, words, correlations=problem.correlations),)
        if variabilities
        else (),
        residuals=tuple(_residual(r, source) for r in problem.residuals),
        experiments=tuple(replace(e, vector="") for e in base.experiments if e.vector in ("", base.vector)),
        individual=individual,
        deviations=(*_said(problem, fitted), *(f"Of {base.name}: {text}" for text in base.deviations)),
        fragments=base.fragments,
        fitted=fitted,
    )


def _residual(given, source: Source) -> Residual:
    if given.kind == "lognormal":
        return Residual(given.output, given.a, source)
    return Residual(
        given.output, 0.0, source, given.kind, *(getattr(given, n) if n in given.names else 0.0 for n in "ab")
    )


def _marks(problem: FitProblem, fitted: Fitted) -> dict[str, str]:
    """Quantity -> what a reader must know of its value."""
    set_here = {name: "set for the fit, not estimated" for name in problem.model.changes}
    fixed = {p.name: "fixed in the fit" for p in problem.parameters if p.fixed}
    lost = {
        coefficient_name(e.name) if e.kind == "covariate" else e.name:
        "not determined by the data: where the search ended, no estimate"
        for e in fitted.estimates if not e.determined and e.kind in ("typical", "covariate")
    }  # fmt: skip
    return set_here | fixed | lost


def _said(problem: FitProblem, fitted: Fitted) -> tuple[str, ...]:
    """What a reader of the model must know, beside its doubts."""
    said = [f"Numbers: {fitted.line}."]
    if problem.priors:
        said.append(
            "Its numbers are those most likely by the data and by priors from a publication together."
        )
    if problem.effects:
        said.append("Covariates of virtual subjects stand at their reference, unless they are set.")
    if problem.outcomes:
        said.append("The outcomes of the same fit are no part of the model.")
    if fitted.names == () and any(not e.fixed for e in fitted.estimates):
        said.append("The fit gave no covariance of its estimates.")
    return tuple(said)


def _effects(problem: FitProblem) -> tuple[dict[str, str], list[Quantity], dict[str, float]]:
    """(parameter -> its expression with all its covariates, quantities to be added, their values)."""
    units = {q.name: q.unit for q in problem.model.quantities}
    covariates = {q.name for q in problem.model.quantities if q.covariate}
    terms: dict[str, list[str]] = {}
    added, values = [], {}
    for effect in problem.effects:
        scale = problem.parameters[problem.position[effect.parameter]].scale
        coefficient, own = coefficient_name(effect.name), _covariate_name(effect)
        _add(
            added,
            values,
            units,
            coefficient,
            effect.coefficient,
            units[effect.parameter] if scale == "normal" else "1",
            f"effect of {effect.name}, {effect.shape}, on the scale {scale}",
        )
        if own not in covariates:
            reference = 0.0 if effect.shape == "categorical" else effect.reference
            what = f"1 where {effect.covariate} is {effect.level}, else 0" if effect.level else (
                f"covariate {effect.covariate}, in the unit of the data")  # fmt: skip
            _add(added, values, units, own, reference, "1", what, covariate=True)
            covariates.add(own)
        terms.setdefault(effect.parameter, []).append(_term(effect, coefficient, own))
    scales = {p.name: p.scale for p in problem.parameters}
    return (
        {name: CHANGED[scales[name]].format(name=name, sum=" + ".join(own)) for name, own in terms.items()},
        added,
        values,
    )


def _covariate_name(effect: Effect) -> str:
    name = coefficient_name(f"{effect.covariate} {effect.level}".strip())
    return name if name[:1].isalpha() else f"covariate_{name}"


def _term(effect: Effect, coefficient: str, own: str) -> str:
    """The term of an effect on the scale of its parameter."""
    if effect.shape == "categorical":
        return f"{coefficient} * {own}"
    if effect.shape == "power":
        return f"{coefficient} * log({own} / {float(effect.reference)!r})"
    return f"{coefficient} * ({own} - {float(effect.reference)!r})"


def _add(
    added: list[Quantity],
    values: dict[str, float],
    units: dict[str, str],
    name: str,
    value: float,
    unit: str,
    meaning: str,
    covariate: bool = False,
) -> None:
    if name in units:
        raise InputError(
            f"the name `{name}` of a covariate effect is taken in the equations; rename the covariate"
        )
    added.append(Quantity(name, unit, meaning, bound="any", covariate=covariate))
    values[name], units[name] = value, unit
