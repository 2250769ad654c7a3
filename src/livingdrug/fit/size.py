"""Whether data of this size can carry a model at all, told before anything is searched."""

import numpy as np

from livingdrug.fit.problem import FitProblem
from livingdrug.fit.unknowns import unknowns_of


def size_caution(problem: FitProblem) -> str | None:
    """A sentence where the data have fewer subjects than numbers to estimate, or fewer values above the limit
    in a typical subject than parameters that differ between subjects; None elsewhere.

    Parameters
    ----------
    problem : FitProblem
        The data, the model and what is fitted, see `new_problem`.

    Returns
    -------
    str or None
    """
    data, unknowns = problem.data, unknowns_of(problem)
    subject = data.profiles.subject[data.profile]
    n = len(np.unique(subject))
    measured = np.bincount(subject, np.asarray(data.cens) == 0, minlength=len(data.subjects))[
        np.unique(subject)
    ]
    own, random = float(np.median(measured)), len(problem.random)
    if not unknowns.size or (n >= unknowns.size and own >= random):
        return None
    below = 100 * float(np.mean(np.asarray(data.cens) != 0))
    return (
        f"{n} subjects with {data.rows / n:.3g} samples each ({below:.0f} % beyond a limit; {own:.3g} "
        f"measured in the median subject) are to tell {unknowns.size} numbers, with {random} parameters that "
        "differ between subjects: data of this size seldom determine them all, and the fit says which"
    )
