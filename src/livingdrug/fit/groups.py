"""Individual parameters of one group of subjects beside those of another, such as responders and
non-responders.

Individual estimates are drawn towards the typical value where a subject's data say little (shrinkage), and
with them the difference of groups (Savic & Karlsson 2009, AAPS J 11:558-569); the group as a covariate of the
fit has no such bias.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.fit.design import covariate
from livingdrug.fit.point import SCALE_CODE, to_scale
from livingdrug.fit.result import FitResult

SHRUNK = 30.0  # % of shrinkage from which individual estimates mislead (Savic & Karlsson 2009)
MEASURES = {"log": "ratio of geometric means", "logit": "ratio of odds", "normal": "difference of means"}


@dataclass(frozen=True)
class Difference:
    """One parameter in two groups. centre: (first, second), geometric means (log), logistic of the mean logit
    (logit) or means (normal); value, low, high: first over second (or minus it) with its interval (Welch
    1947, Biometrika 34:28-35) on the scale of the parameter; p: of no difference; shrinkage: in %; caveat: ""
    if there is none."""

    parameter: str
    measure: str
    centre: tuple[float, float]
    value: float
    low: float
    high: float
    p: float
    shrinkage: float
    caveat: str


@dataclass(frozen=True)
class Groups:
    """Differences of all parameters with between-subject variability.

    Attributes
    ----------
    covariate : str
        Of the data.
    names : tuple[str, str]
        Of the two groups.
    sizes : tuple of int
        Of the two groups.
    width : float
        Of the intervals, in %.
    differences : tuple of Difference
        Of one parameter each.
    notes : tuple of str
        For the user.
    """

    covariate: str
    names: tuple[str, str]
    sizes: tuple[int, ...]
    width: float
    differences: tuple[Difference, ...]
    notes: tuple[str, ...] = ()

    def table(self):
        """Pandas table with one row for each parameter."""
        import pandas as pd

        rows = [
            (
                d.parameter,
                d.measure,
                self.names[0],
                self.sizes[0],
                d.centre[0],
                self.names[1],
                self.sizes[1],
                d.centre[1],
                d.value,
                d.low,
                d.high,
                d.p,
                d.shrinkage,
                d.caveat,
            )
            for d in self.differences
        ]
        names = [
            "parameter",
            "measure",
            "group",
            "n",
            "centre",
            "other_group",
            "other_n",
            "other_centre",
            "value",
            "low",
            "high",
            "p",
            "shrinkage",
            "caveat",
        ]
        return pd.DataFrame(rows, columns=names)


def compare_groups(
    result: FitResult, by: str, first: Sequence[str] = (), second: Sequence[str] = (), width: float = 95.0
) -> Groups:
    """Individual parameters of subjects whose covariate is one of `first`, over those whose it is one of
    `second`.

    Where neither is given the covariate must have two levels.

    Parameters
    ----------
    result : FitResult
        Of a fit, see `fit`.
    by : str
        Name of a covariate.
    first, second : sequence of str, optional
        Its levels that make up either group.
    width : float, optional
        Of the intervals, in %.

    Returns
    -------
    Groups

    Raises
    ------
    InputError
        For groups with fewer than two subjects.
    """
    texts = covariate(result.problem.data, by)
    if texts is None:
        raise InputError("groups: " + unknown("covariate", by, result.problem.data.covariates))
    of = {name: str(text) for name, text in zip(result.problem.data.subjects, texts, strict=True)}
    own = np.array([of[name] for name in result.individuals.subjects], dtype=object)
    levels = sorted({text for text in own if text and text != "nan"})
    first, second = _levels(by, levels, tuple(first), tuple(second))
    members = (np.isin(own, first), np.isin(own, second))
    sizes = tuple(int(m.sum()) for m in members)
    names = ("/".join(first), "/".join(second))
    for name, size in zip(names, sizes, strict=True):
        if size < 2:
            raise InputError(
                f"group `{name}` of `{by}` has {size} subject(s) in the fit; two or more are needed"
            )
    left = len(own) - sum(sizes)
    notes = (f"{left} subject(s) belong to neither group",) if left else ()
    in_fit = {e.parameter for e in result.problem.effects if e.covariate.lower() == by.lower()}
    omegas = [e for e in result.estimates if e.kind == "variability"]
    shrinkage = {e.name.removeprefix("omega "): e.shrinkage for e in omegas}
    between = [p for p in result.problem.random if not p.changes]
    found = tuple(
        _difference(result, p, members, shrinkage.get(p.name), p.name in in_fit, width) for p in between
    )
    return Groups(by, names, sizes, width, found, notes)


def _levels(by: str, levels: list[str], first: tuple[str, ...], second: tuple[str, ...]):
    listed = ", ".join(f"`{level}`" for level in levels)
    for level in (*first, *second):
        if level not in levels:
            raise InputError(f"groups of `{by}`: " + unknown("level", level, levels))
    if set(first) & set(second):
        raise InputError(f"groups of `{by}`: a level is named in both; name each once")
    if not first and not second:
        if len(levels) != 2:
            raise InputError(f"`{by}` has {len(levels)} levels ({listed}); say which make the first group")
        return (levels[0],), (levels[1],)
    rest = tuple(level for level in levels if level not in (*first, *second))
    return first or rest, second or rest


def _difference(
    result: FitResult, parameter, members, shrinkage: float | None, in_fit: bool, width: float
) -> Difference:
    from scipy.stats import t as student

    code = np.array(SCALE_CODE[parameter.scale])
    phi = to_scale(result.individuals.values[parameter.name], code)
    a, b = phi[members[0]], phi[members[1]]
    parts = np.array([x.var(ddof=1) / len(x) for x in (a, b)])
    gap, se = float(a.mean() - b.mean()), float(np.sqrt(parts.sum()))
    freedom = parts.sum() ** 2 / max((parts**2 / (np.array([len(a), len(b)]) - 1)).sum(), 1e-300)
    reach = float(student.ppf(0.5 + width / 200, freedom)) * se
    p = float(2 * student.sf(abs(gap) / se, freedom)) if se > 0 else float("nan")
    back = np.exp if parameter.scale != "normal" else np.asarray
    centres = {"log": np.exp, "logit": lambda x: 1 / (1 + np.exp(-x)), "normal": np.asarray}[parameter.scale]
    value, low, high = (float(back(x)) for x in (gap, gap - reach, gap + reach))
    return Difference(
        parameter.name,
        MEASURES[parameter.scale],
        (float(centres(a.mean())), float(centres(b.mean()))),
        value,
        low,
        high,
        p,
        float("nan") if shrinkage is None else shrinkage,
        _caveat(shrinkage, in_fit),
    )


def _caveat(shrinkage: float | None, in_fit: bool) -> str:
    if in_fit:
        return "the group is a covariate of the fit: its coefficient says the difference without shrinkage"
    if shrinkage is not None and shrinkage > SHRUNK:
        return (
            f"individual estimates are drawn together by {shrinkage:.0f} %: the true difference may be "
            "larger, and the interval is too narrow; fit the group as a covariate"
        )
    return ""
