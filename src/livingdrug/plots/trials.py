"""A simulated trial: power over the size, and what becomes of each arm."""

import numpy as np

from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, new_figure, short, stamp
from livingdrug.trial import TrialAnswer

FOOT = "research use only, not for clinical decisions"


def plot_power_over_size(answer: TrialAnswer):
    """Simulated power with 95 % bars of the simulation, and the closed form as a line, over the smallest arm's size."""
    from matplotlib import rc_context

    figure, (axes,) = new_figure(width=5.4)
    sizes = [point.n for point in answer.sizes]
    with rc_context(SETTINGS):
        for i, (arm, colour) in enumerate(zip(answer.trial.versions, _colours(answer), strict=True)):
            shares = [point.power[i] for point in answer.sizes]
            _bars(axes, sizes, shares, colour, short(arm.name))
            closed = [point.closed_form[i] for point in answer.sizes]
            if None not in closed:
                axes.plot(sizes, closed, color=colour, linewidth=1)
        axes.axhline(answer.trial.power, color=MUTED, linestyle="--", linewidth=1)
        axes.set(xlabel="patients in the smallest arm", ylabel="power", ylim=(0, 1.02))
        axes.set_title(f"{short(answer.endpoints[0].endpoint.name)}: points simulated, line closed form")
        axes.legend(loc="lower right")
    stamp(figure, FOOT)
    return figure


def _colours(answer: TrialAnswer) -> list[str]:
    return [COLOURS[i % len(COLOURS)] for i in range(len(answer.trial.versions))]


def _bars(axes, x, shares, colour, label: str) -> None:
    values = np.array([share.value for share in shares])
    ends = np.array([share.interval for share in shares]).T
    reach = np.abs(ends - values)
    axes.errorbar(x, values, yerr=reach, fmt="o", markersize=4, color=colour, capsize=2, linewidth=1, label=label)


def plot_characteristics(answer: TrialAnswer):
    """Power of every version on every endpoint, what is found where nothing differs, and expected patients."""
    from matplotlib import rc_context

    versions, endpoints = answer.trial.versions, answer.endpoints
    figure, (left, right) = new_figure(2, 4.4, 1.2 + 0.42 * max(4, len(versions) * len(endpoints) / 1.4))
    with rc_context(SETTINGS):
        _powers(left, answer)
        _patients(right, answer)
    stamp(figure, FOOT)
    return figure


def _powers(axes, answer: TrialAnswer) -> None:
    endpoints, height = answer.endpoints, 0.8 / len(answer.endpoints)
    for k, (found, colour) in enumerate(zip(endpoints, COLOURS * len(endpoints), strict=False)):
        y = np.arange(len(found.arms)) + (k - (len(endpoints) - 1) / 2) * height
        power = np.array([arm.power.value for arm in found.arms])
        ends = np.abs(np.array([arm.power.interval for arm in found.arms]).T - power)
        axes.barh(y, power, height * 0.9, color=colour, alpha=0.75, xerr=ends, error_kw={"linewidth": 1, "capsize": 2},
                  label=short(found.endpoint.name))  # fmt: skip
        false = [arm.false.value for arm in found.arms]
        axes.plot(false, y, "|", color="black", markersize=9, label="without difference" if k == len(endpoints) - 1 else None)
    axes.axvline(answer.trial.power, color=MUTED, linestyle="--", linewidth=1)
    axes.set_yticks(range(len(answer.trial.versions)), [short(arm.name) for arm in answer.trial.versions])
    axes.invert_yaxis()
    axes.set(xlabel="share of trials with a significant difference", xlim=(0, 1), title="power")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=2)


def _patients(axes, answer: TrialAnswer) -> None:
    y = np.arange(len(answer.conduct))
    planned, expected = [arm.n for arm in answer.trial.arms], [arm.patients for arm in answer.conduct]
    axes.barh(y, planned, 0.7, color=MUTED, alpha=0.25, label="planned")
    axes.barh(y, expected, 0.45, color=COLOURS[0], alpha=0.75, label="expected")
    for row, arm in zip(y, answer.conduct, strict=True):
        if arm.stopped and arm.stopped.count:
            axes.text(0.3, row, f"stops early in {arm.stopped.value:.0%}", va="center", fontsize=7, color="white")
    axes.set_yticks(y, [short(arm.arm) for arm in answer.conduct])
    axes.invert_yaxis()
    axes.set(xlabel="patients", title=f"{answer.patients:.4g} patients expected in all")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=2)
