"""Killing pressure: what readings of targets say of killing even where they cannot tell its parts.

The mean over a time of killing per target, the integral of k_kill y(t) divided by the time where killing is
by mass action, is (ln targets alone - ln targets with effectors) / time, up to crowding. It needs no rate of
effectors to be known."""

from dataclasses import dataclass

import numpy as np

from livingdrug.assay.fit import AssayFit
from livingdrug.assay.rates import LEVEL


@dataclass(frozen=True)
class Pressure:
    """The killing pressure of one group at one number of effectors per target.

    Attributes
    ----------
    group : str
        Construct (or other group of wells) that kills.
    ratio : float
        Effectors per target.
    hours : float
        Over which it is taken, from the start.
    value : float
        Rate at which targets are killed, per target and hour (1/h).
    low, high : float
        95 % interval.
    """

    group: str
    ratio: float
    hours: float
    value: float
    low: float
    high: float


def killing_pressure(fit: AssayFit) -> list[Pressure]:
    """The killing pressure of each group and E:T to the last reading before anything was done to the wells.

    Empty where targets are not counted, or no well holds targets alone.

    Parameters
    ----------
    fit : AssayFit
        A fitted assay, see `fit_assay`.

    Returns
    -------
    sequence of Pressure
    """
    from scipy.stats import t

    seen, groups = fit.seen, fit.groups
    role = seen.column("role")
    counted = np.array([c.logs and c.species == "targets" for c in seen.channels])[seen.channel]
    ends = np.array([steps.time[0] if len(steps.time) else np.inf for steps in seen.steps])
    early = counted & (seen.time > 0) & (seen.time <= ends[seen.well])
    alone = early & (role[seen.well] == "target_alone")
    if not alone.any():
        return []
    ratio = np.round(seen.start[:, 0] / np.maximum(seen.start[:, 1], 1e-9), 4)
    found = []
    # where a dose moves rates, the group stands for its wells without the drug
    sample = (role == "sample") & ~((seen.column("dose") > 0) & bool(fit.plan.dose))
    for group in sorted(set(groups[sample])):
        for one in sorted(set(ratio[sample & (groups == group)]), reverse=True):
            mine = early & (sample & (groups == group) & (ratio == one))[seen.well]
            times = np.intersect1d(seen.time[mine], seen.time[alone])
            if not len(times):
                continue
            hours = float(times.max())
            parts = [_mean(fit, rows & np.isclose(seen.time, hours)) for rows in (alone, mine)]
            value = (parts[0][0] - parts[1][0]) / hours
            weights = (parts[0][1] - parts[1][1]) / hours
            se = np.sqrt(max(fit.uncertainty.variance(weights), 0.0))
            reach = t.ppf(0.5 + LEVEL / 2, fit.uncertainty.df(weights)) * se
            found.append(
                Pressure(
                    str(group), float(one), hours, float(value), float(value - reach), float(value + reach)
                )
            )
    return found


def _mean(fit: AssayFit, rows: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean logarithm of the targets that is expected in these readings, and its slopes by the columns."""
    expected = fit.point.expected
    return float(expected.level[rows].mean()), expected.by_columns[rows].mean(axis=0)
