"""The population that a forecast starts from, and every patient of a file in it, with or without samples."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.data import Data, Profile
from livingdrug.fit import FitProblem, ResidualError, new_problem
from livingdrug.models import Model
from livingdrug.simulation import cv_population, find_population

NOBODY = ("", ".")  # names of subjects that are none


def forecast_problem(
    model: Model,
    data: Data,
    spread: str | None = None,
    cv: float | None = None,
    residuals: Sequence[ResidualError] = (),
    outputs: dict[str, str] | None = None,
    compartments: dict[str, str] | None = None,
    missing: str = "",
) -> tuple[FitProblem, frozenset[str]]:
    """(problem of all patients, names of those without samples).

    spread, cv: the between-subject variability, as in `draw_subjects`; residuals, outputs, compartments,
    missing: as in `new_problem`. Raises InputError for a model without variability, or as `new_problem` does.
    """
    if spread is not None and cv is not None:
        raise InputError(
            "both a published variability and a CV were given; give one of them (command line: --cv or a "
            "name)"
        )
    population = find_population(model, spread) if cv is None else cv_population(model, cv)
    if population.members:
        raise InputError(
            f"population `{population.name}` of `{model.full_name}` is an ensemble of "
            f"{len(population.members)} parameter vectors; a forecast takes a model whose parameters have "
            "random effects"
        )
    if not any(given.sd > 0 for given in population.spreads.values()):
        raise InputError(
            f"`{model.full_name}` has no between-subject variability, so all patients have one forecast; "
            "state one (command line: --cv 0.5)"
        )
    every, silent = with_everyone(data)
    if population not in model.populations[:1]:
        model = replace(model, populations=(population,))
    # that is the first one now, which a problem takes with its scales and correlations
    problem = new_problem(
        model, every, residuals=residuals, outputs=outputs, compartments=compartments, missing=missing
    )
    return problem, silent


def with_everyone(data: Data) -> tuple[Data, frozenset[str]]:
    """(data in which a subject that has only doses holds one place-holder, which no forecast uses; their
    names)."""
    p = data.profiles
    silent = [
        i
        for i in range(len(data.subjects))
        if i not in set(p.subject.tolist()) and data.subjects[i] not in NOBODY
    ]
    if not silent or not p.n:
        return data, frozenset()
    doses = data.doses
    first = [] if doses is None else [np.flatnonzero((doses.subject == i) & doses.given)[:1] for i in silent]
    amounts = [float(doses.amount[at[0]]) if doses is not None and len(at) else np.nan for at in first]
    many = len(silent)

    def more(values: np.ndarray, new) -> np.ndarray:
        return np.concatenate([values, np.full(many, new, dtype=values.dtype)])

    profiles = Profile(
        np.concatenate([p.subject, silent]), more(p.occasion, p.occasion[0]), more(p.output, p.output[0]),
        more(p.assay, p.assay[0]), more(p.unit, p.unit[0]),
        np.concatenate([p.dose, amounts if doses is not None else np.full(many, _common(p.dose))]),
    )  # fmt: skip
    if doses is not None:
        doses = replace(doses, start=more(doses.start, 0.0))
    made = replace(
        data,
        profiles=profiles,
        doses=doses,
        profile=np.concatenate([data.profile, p.n + np.arange(many)]),
        time=more(data.time, 0.0),
        dv=more(data.dv, 1.0),
        cens=more(data.cens, 0),
        limit=more(data.limit, np.nan),
        line=more(data.line, 0),
        end=more(data.end, np.nan),
        by_row={name: more(texts, "") for name, texts in data.by_row.items()},
    )
    return made, frozenset(data.subjects[i] for i in silent)


def _common(dose: np.ndarray) -> float:
    """The one dose of all, where it is stated once for the whole file."""
    known = np.unique(dose[np.isfinite(dose)])
    return float(known[0]) if len(known) == 1 else np.nan
