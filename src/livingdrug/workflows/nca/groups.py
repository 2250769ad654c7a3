"""Groups of subjects side by side: the table that study reports use, and two groups compared with an
interval."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from livingdrug.core.words import number
from livingdrug.data import printable
from livingdrug.nca import NcaResult, parameter_of
from livingdrug.nca.summary import groups
from livingdrug.report import Table, cell

LEVEL = 0.95
FEWEST = 2  # values in each group
# words of a response, in the order of the criteria, with CR unconfirmed among them; the others are no
# response
RESPONDED = ("sCR", "CR", "CRi", "CRh", "CRu", "VGPR", "PR", "responder")
NOT_RESPONDED = ("MR", "SD", "PD", "NR", "non-responder")
SAID = ("CMAX", "AUCINT")  # parameters that a sentence tells of
NOT_EVALUABLE = "NE"


@dataclass(frozen=True)
class Contrast:
    """A parameter of one group over that of another.

    ratio, low, high: of geometric means, with its interval by Welch's t on logarithms; nan where a value is
    not above 0. p: of the rank-sum test of both groups (exact for few values without ties). n: values in each
    group.
    """

    code: str
    ratio: float
    low: float
    high: float
    p: float
    n: tuple[int, int]


def study_tables(result: NcaResult, by: str | None) -> list[Table]:
    """For each output the groups as columns, and for each parameter n, mean (SD), CV, geometric mean (CV),
    median, range."""
    made = []
    for title, mine in _outputs(result, by):
        names = [f"{name or 'all subjects'} (N = {len(members)})" for name, members in mine.items()]
        rows = []
        for code in result.codes:
            unit = str(result.unit(code)[next(iter(mine.values()))[0]])
            columns = [_statistics(result.values[code][members], code) for members in mine.values()]
            for k, statistic in enumerate(columns[0]):
                head = f"{code} ({unit})" if unit and not k else "" if k else code
                rows.append((head, statistic, *(column[statistic] for column in columns)))
        made.append(
            Table(
                f"parameters by group, {title}", ("parameter", "statistic", *names), tuple(rows), detail=True
            )
        )
    return made


def _statistics(values: np.ndarray, code: str) -> dict[str, str]:
    known = values[np.isfinite(values)]
    n, several = len(known), len(known) > 1
    positive = bool(n) and bool((known > 0).all())
    logs = np.log(known) if positive else known
    mean, sd = (
        (float(known.mean()), float(known.std(ddof=1)) if several else float("nan"))
        if n
        else (float("nan"),) * 2
    )
    geometric = positive and parameter_of(code).geometric
    cv = 100 * np.sqrt(np.expm1(np.var(logs, ddof=1))) if geometric and several else float("nan")
    return {
        "n": str(n),
        "mean (SD)": _pair(mean, sd),
        "CV %": _one(100 * sd / mean if several and mean > 0 else float("nan")),
        "geometric mean (CV %)": _pair(float(np.exp(logs.mean())) if geometric else float("nan"), float(cv)),
        "median": _one(float(np.median(known)) if n else float("nan")),
        "min, max": f"{number(float(known.min()))}, {number(float(known.max()))}" if n else "-",
    }


def _one(value: float) -> str:
    return number(value) if np.isfinite(value) else "-"


def _pair(value: float, beside: float) -> str:
    return f"{_one(value)} ({_one(beside)})" if np.isfinite(value) else "-"


def _outputs(result: NcaResult, by: str | None) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """(output, assay, unit and infusion in words; group -> positions of its profiles) of each output."""
    made: dict[tuple[str, ...], dict[str, np.ndarray]] = {}
    for (*place, group), members in groups(result, by).items():
        made.setdefault(tuple(place), {})[printable(group, 60)] = members
    for (output, assay, unit, occasion), mine in made.items():
        parts = (
            output or "values",
            f"by {assay}" if assay else "",
            f"in {unit}" if unit else "",
            f"infusion {occasion}" if occasion else "",
        )
        yield printable(" ".join(filter(None, parts)), 120), mine


def compared(result: NcaResult, by: str | None) -> tuple[list[Table], list[str]]:
    """Two groups compared, parameter by parameter: the two that there are, or responders and others where
    the groups are words of response. (tables, sentences); nothing for other groups."""
    tables, said = [], []
    if by is None:
        return tables, said
    for title, mine in _outputs(result, by):
        pair = _two(mine)
        if pair is None:
            continue
        (first, one), (second, other) = pair
        rows = [contrast(code, result.values[code][one], result.values[code][other]) for code in result.codes]
        rows = [row for row in rows if row is not None]
        header = (
            "parameter",
            f"ratio of geometric means ({LEVEL:.0%} interval)",
            "p, rank-sum test",
            f"n, {first}",
            f"n, {second}",
        )
        cells = tuple(
            (
                c.code,
                cell(c.ratio, "", (c.low, c.high)) if np.isfinite(c.ratio) else "-",
                f"{c.p:.3g}",
                str(c.n[0]),
                str(c.n[1]),
            )
            for c in rows
        )
        tables.append(Table(f"{first} over {second}, {title}", header, cells))
        said += [_sentence(c, first, second) for c in rows if c.code in SAID and np.isfinite(c.ratio)]
    if said:
        said.append(
            "Groups were not randomised and parameters are many: intervals and p values are not adjusted."
        )
    return tables, said


def _two(mine: dict[str, np.ndarray]):
    """((name, positions), (name, positions)) of the groups to compare, None where there are not two."""
    told = {
        name: members
        for name, members in mine.items()
        if name and name != NOT_EVALUABLE and "not stated" not in name
    }
    if told and set(told) <= {*RESPONDED, *NOT_RESPONDED}:
        sides = [[name for name in words if name in told] for words in (RESPONDED, NOT_RESPONDED)]
        if not all(sides):
            return None
        return tuple((", ".join(names), np.concatenate([told[name] for name in names])) for names in sides)
    return tuple(told.items()) if len(told) == 2 else None


def contrast(code: str, one: np.ndarray, other: np.ndarray) -> Contrast | None:
    """A parameter of two groups of profiles; None where one of them has fewer than two values."""
    from scipy.stats import mannwhitneyu, t

    a, b = (values[np.isfinite(values)] for values in (one, other))
    if min(len(a), len(b)) < FEWEST:
        return None
    p = float(mannwhitneyu(a, b).pvalue) if len(set(a) | set(b)) > 1 else 1.0
    if not (parameter_of(code).geometric and (a > 0).all() and (b > 0).all()):
        return Contrast(code, np.nan, np.nan, np.nan, p, (len(a), len(b)))
    means = [np.log(v).mean() for v in (a, b)]
    parts = [np.log(v).var(ddof=1) / len(v) for v in (a, b)]
    difference, error = float(means[0] - means[1]), float(np.sqrt(sum(parts)))
    if error == 0:
        ratio = float(np.exp(difference))
        return Contrast(code, ratio, ratio, ratio, p, (len(a), len(b)))
    freedom = sum(parts) ** 2 / sum(part**2 / (len(v) - 1) for part, v in zip(parts, (a, b), strict=True))
    reach = float(t.ppf(0.5 + LEVEL / 2, freedom)) * error
    ratio, low, high = (float(np.exp(difference + end)) for end in (0.0, -reach, reach))
    return Contrast(code, ratio, low, high, p, (len(a), len(b)))


def _sentence(c: Contrast, first: str, second: str) -> str:
    return (
        f"{c.code} of {first} (n {c.n[0]}) over that of {second} (n {c.n[1]}): ratio of geometric means "
        f"{number(c.ratio)} ({LEVEL:.0%} interval {number(c.low)} to {number(c.high)}), rank-sum test p = "
        f"{c.p:.2g}."
    )
