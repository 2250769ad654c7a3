"""Samples up to the first dose whose prediction is 0 by definition, of which no logarithm and no
percentage exists."""

from dataclasses import replace

import numpy as np

from livingdrug.fit.point import centre, point_of, predictions, prepare
from livingdrug.fit.problem import FitProblem


def without_zeros(problem: FitProblem) -> tuple[FitProblem, tuple[str, ...]]:
    """(the problem without them, how many they are in words).

    A sample goes where its subject has been given nothing yet (a sample at the time of the dose included) and
    the typical prediction is exactly 0; values of a subject without any dose stay.

    Parameters
    ----------
    problem : FitProblem
        The data, the model and what is fitted, see `new_problem`.

    Returns
    -------
    tuple[FitProblem, tuple of str]
    """
    prepared = prepare(problem)
    design = prepared.design
    f = predictions(prepared, centre(prepared, point_of(problem)))
    first = np.array([min((d.time for d in regimen.doses), default=0.0) for regimen in design.doses])
    zero = (f == 0) & (design.time <= first[design.subject])
    if not zero.any():
        return problem, ("no sample up to the first dose has the prediction 0, so none is left out",)
    lines = design.line[zero]
    data = problem.data.kept(~np.isin(problem.data.line, lines))
    names = [design.subjects[i] for i in np.unique(design.subject[zero])]
    shown = ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
    note = (
        f"{len(lines)} sample(s) up to the first dose, where the prediction is 0 by definition, are left out "
        f"in {len(names)} subject(s): {shown}"
    )
    return replace(problem, data=data), (note,)
