"""Parameters over subjects: how many, where they lie, what is absent and why; persistence by group."""

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.data import printable
from livingdrug.nca.analysis import PER_DAY
from livingdrug.nca.causes import flag_of, reason_of
from livingdrug.nca.persistence import PersistenceCurve, persistence_curve
from livingdrug.nca.registry import NOT_STATED, parameter_of
from livingdrug.nca.result import NcaResult

KINDS = ("output", "assay", "unit", "occasion", "group")


def groups(result: NcaResult, by: str | None = None) -> dict[tuple[str, str, str, str, str], np.ndarray]:
    """(output, assay, unit, occasion, group) -> positions of its profiles, so that a subject counts once in
    each.

    occasion: "" where all profiles have the same one; by: name of a covariate, upper or lower case alike.

    Raises InputError for a covariate that is not there.
    """
    if by not in result.groupings:
        result.groupings[by] = _grouped(result, by)
    return dict(result.groupings[by])


def _grouped(result: NcaResult, by: str | None) -> dict[tuple[str, str, str, str, str], np.ndarray]:
    from livingdrug.data import natural_key

    p = result.data.profiles
    group = np.full(p.n, "", dtype=object)
    if by is not None:
        texts = covariate(result, by)[p.subject]
        group = np.where(texts == "", f"{by} {NOT_STATED}", texts).astype(object)
    occasion = p.occasion if len(set(p.occasion)) > 1 else np.full(p.n, "", dtype=object)
    keys = list(zip(*(texts.tolist() for texts in (p.output, p.assay, p.unit, occasion, group)), strict=True))
    found = sorted(set(keys), key=lambda key: tuple(natural_key(part) for part in key))
    where: dict[tuple, list[int]] = {key: [] for key in found}
    for i, key in enumerate(keys):
        where[key].append(i)
    return {key: np.array(rows) for key, rows in where.items()}


def group_title(key: tuple[str, str, str, str, str], count: int) -> str:
    """Output, assay, unit, infusion and group in one line, with the number of profiles."""
    output, assay, unit, occasion, group = (printable(part, 60) for part in key)
    parts = [output or "values", f"by {assay}" if assay else "", f"in {unit}" if unit else "unit not stated"]
    more = "".join(f", {part}" for part in (f"infusion {occasion}" if occasion else "", group) if part)
    return f"{' '.join(filter(None, parts))}{more}: {count:,} profile{'' if count == 1 else 's'}"


def covariate(result: NcaResult, name: str) -> np.ndarray:
    """Text of a covariate of each subject."""
    known = {n.lower(): values for n, values in result.data.covariates.items()}
    if name.lower() not in known:
        raise InputError(unknown("covariate", name, result.data.covariates))
    return known[name.lower()]


def summary(result: NcaResult, by: str | None = None):
    """One row for each group and parameter: n with a value, median, lowest, highest, geometric mean and its
    CV in %, how many are to be watched, censored or absent, and the commonest reason. A geometric mean needs
    all values above 0."""
    import pandas as pd

    rows = []
    units = {code: result.unit(code) for code in result.codes}
    for key, members in groups(result, by).items():
        for code in result.codes:
            rows.append(
                (
                    *key,
                    code,
                    units[code][members[0]],
                    *_numbers(result.values[code][members]),
                    *_counts(result, code, members),
                )
            )
    columns = (
        *KINDS,
        "PARAMCD",
        "param_unit",
        "n",
        "median",
        "min",
        "max",
        "geomean",
        "geocv",
        "caution",
        "censored",
        "absent",
        "reason",
    )
    return pd.DataFrame(rows, columns=list(columns))


def _numbers(values: np.ndarray) -> tuple:
    known = values[np.isfinite(values)]
    if not len(known):
        return (0, *(np.nan,) * 5)
    logs = np.log(known) if (known > 0).all() else np.array([np.nan])
    cv = 100.0 * np.sqrt(np.expm1(np.var(logs, ddof=1))) if len(logs) > 1 else np.nan
    return len(known), np.median(known), known.min(), known.max(), np.exp(logs.mean()), cv


def _counts(result: NcaResult, code: str, members: np.ndarray) -> tuple:
    """How many values of a parameter are to be watched, censored or absent, and the commonest reason."""
    flags: dict[str, int] = dict.fromkeys(("ok", "caution", "censored", "absent"), 0)
    reasons: dict[str, int] = {}
    for cause, count in result.tally(code, members):
        flags[flag_of(cause)] += count
        if count and flag_of(cause) != "ok":
            reason = reason_of(cause, parameter_of(code).plain)
            reasons[reason] = reasons.get(reason, 0) + count
    commonest = min(reasons, key=lambda reason: (-reasons[reason], reason), default="")
    return flags["caution"], flags["censored"], flags["absent"], commonest


def persistence(result: NcaResult, members: np.ndarray) -> PersistenceCurve | None:
    """Share of some profiles still positive over time, from the intervals of XPERS and XPERSUL; None where no
    profile has a sample after the infusion."""
    last, gone = result.values["XPERS"][members], result.values["XPERSUL"][members]
    sampled = np.isfinite(last) | np.isfinite(gone)
    lower = np.where(np.isfinite(last), last, 0.0)[sampled]
    upper = np.where(np.isfinite(gone), gone, np.inf)[sampled]
    # a subject whose only sample stands at the infusion tells nothing
    told = upper > lower
    return persistence_curve(lower[told], upper[told]) if told.any() else None


def median_curve(result: NcaResult, members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(times, median level) at the visits of some profiles: where at least half of them are sampled; nan
    where the median is below the limit. Values below the limit count as lower than any measured one."""
    data = result.data
    rows = np.flatnonzero(np.isin(data.profile, members) & (data.time >= 0))
    if not len(rows):
        return np.empty(0), np.empty(0)
    rows = rows[np.argsort(data.time[rows], kind="stable")]
    visit = _visits(data.time[rows], PER_DAY.get(data.time_unit, 1.0))
    times, medians = [], []
    for k in range(visit[-1] + 1):
        mine = rows[visit == k]
        if len(np.unique(data.profile[mine])) < max(1, len(members) / 2):
            continue
        levels = np.sort(np.where(data.cens[mine] == 1, 0.0, data.dv[mine]))
        known = levels[(len(levels) - 1) // 2] > 0  # else the median lies below the limit, or half below it
        times.append(data.time[mine].mean()), medians.append(np.median(levels) if known else np.nan)
    return np.array(times), np.array(medians)


def _visits(time: np.ndarray, day: float) -> np.ndarray:
    """Number of the visit of each of some sorted times: a gap of 0.3 d and 2 % of the time since the infusion
    parts two."""
    return np.r_[0, np.cumsum(np.diff(time) > 0.3 * day + 0.02 * time[:-1])]
