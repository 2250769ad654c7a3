"""A simulated trial: power over the size, and what becomes of each arm."""

import numpy as np

from livingdrug.core.words import RESEARCH
from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, new_figure, short, stamp
from livingdrug.trial import EscalationAnswer, SizeGrid, TrialAnswer

FOOT = RESEARCH


def plot_power_over_size(answer: TrialAnswer):
    """Simulated power with 95 % bars of the simulation, and the closed form as a line, over the smallest
    arm's size.

    Parameters
    ----------
    answer : TrialAnswer
        Of a simulated trial.
    """
    from matplotlib import rc_context

    figure, (axes,) = new_figure(width=5.4)
    sizes = [point.n for point in answer.sizes]
    with rc_context(SETTINGS):
        for i, (arm, colour) in enumerate(zip(answer.trial.versions, _colours(answer), strict=True)):
            shares = [point.power[i] for point in answer.sizes]
            _bars(axes, sizes, shares, colour, short(arm.name))
            axes.plot(answer.curve.n, [power[i] for power in answer.curve.power], color=colour, linewidth=1)
        axes.axhline(answer.trial.power, color=MUTED, linestyle="--", linewidth=1)
        axes.set(xlabel="patients in the smallest arm", ylabel="power", ylim=(0, 1.02))
        without = " without futility rule" if answer.trial.futility else ""
        axes.set_title(
            f"{short(answer.endpoints[0].endpoint.name)}: points simulated, line closed form{without}"
        )
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=3)
    stamp(figure, FOOT)
    return figure


def _colours(answer: TrialAnswer) -> list[str]:
    return [COLOURS[i % len(COLOURS)] for i in range(len(answer.trial.versions))]


def _bars(axes, x, shares, colour, label: str) -> None:
    values = np.array([share.value for share in shares])
    ends = np.array([share.interval for share in shares]).T
    reach = np.abs(ends - values)
    axes.errorbar(
        x, values, yerr=reach, fmt="o", markersize=4, color=colour, capsize=2, linewidth=1, label=label
    )


def plot_characteristics(answer: TrialAnswer):
    """Power of every version on every endpoint, what is found where nothing differs, and expected patients.

    Parameters
    ----------
    answer : TrialAnswer
        Of a simulated trial.
    """
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
        axes.barh(
            y,
            power,
            height * 0.9,
            color=colour,
            alpha=0.75,
            xerr=ends,
            error_kw={"linewidth": 1, "capsize": 2},
            label=short(found.endpoint.name),
        )
        false = [arm.false.value for arm in found.arms]
        axes.plot(
            false,
            y,
            "|",
            color="black",
            markersize=9,
            label="without difference" if k == len(endpoints) - 1 else None,
        )
    axes.axvline(answer.trial.power, color=MUTED, linestyle="--", linewidth=1)
    axes.set_yticks(range(len(answer.trial.versions)), [short(arm.name) for arm in answer.trial.versions])
    axes.invert_yaxis()
    axes.set(xlabel="proportion of trials with a significant difference", xlim=(0, 1), title="power")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2)


def _patients(axes, answer: TrialAnswer) -> None:
    y = np.arange(len(answer.conduct))
    planned, expected = [arm.n for arm in answer.trial.arms], [arm.patients for arm in answer.conduct]
    axes.barh(y, planned, 0.7, color=MUTED, alpha=0.25, label="planned")
    axes.barh(y, expected, 0.45, color=COLOURS[0], alpha=0.75, label="expected")
    for row, arm in zip(y, answer.conduct, strict=True):
        if arm.stopped and arm.stopped.count:
            axes.text(
                0.3, row, f"stops early in {arm.stopped.value:.0%}", va="center", fontsize=7, color="white"
            )
    axes.set_yticks(y, [short(arm.arm) for arm in answer.conduct])
    axes.invert_yaxis()
    axes.set(xlabel="patients", title=f"{answer.patients:.4g} patients expected in all")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2)


def plot_size_grid(grid: SizeGrid):
    """Subjects per arm over fold change and variance, as in Kirouac 2024, Fig 2D.

    Parameters
    ----------
    grid : SizeGrid
        Of sizes.
    """
    from matplotlib import rc_context

    figure, (axes,) = new_figure(width=5.2, height=4.2)
    shade = np.log10(grid.n)
    dark = shade.min() + 0.5 * np.ptp(shade)
    with rc_context(SETTINGS):
        axes.imshow(shade, aspect="auto", origin="lower", cmap="viridis_r")
        for (i, j), n in np.ndenumerate(grid.n):
            axes.text(
                j,
                i,
                f"{n}",
                ha="center",
                va="center",
                fontsize=7,
                color="white" if shade[i, j] > dark else "black",
            )
        axes.set_xticks(range(len(grid.folds)), [f"{fold:g}" for fold in grid.folds])
        axes.set_yticks(range(len(grid.scales)), [f"{scale:g}" for scale in grid.scales])
        axes.set(
            xlabel=f"fold change of {short(grid.name)}",
            ylabel="log-variance between patients, times the control's",
        )
        axes.set_title(f"patients per arm, power {grid.power:.0%}, alpha {grid.alpha:g}")
    stamp(figure, FOOT)
    return figure


def plot_levels(answer: EscalationAnswer):
    """How often each level is picked, beside its true rate of toxicity, and how many patients it treats.

    Parameters
    ----------
    answer : EscalationAnswer
        Of a dose escalation.
    """
    from matplotlib import rc_context

    figure, (left, right) = new_figure(2, 4.2)
    x = np.arange(len(answer.levels))
    names = [short(level.level, 14) for level in answer.levels]
    with rc_context(SETTINGS):
        shares = np.array([level.selected.value for level in answer.levels])
        ends = np.abs(np.array([level.selected.interval for level in answer.levels]).T - shares)
        left.bar(
            x,
            shares,
            0.7,
            color=COLOURS[0],
            alpha=0.75,
            yerr=ends,
            error_kw={"linewidth": 1, "capsize": 2},
            label="picked",
        )
        left.plot(
            x, [level.rate for level in answer.levels], "o-", color=COLOURS[1], label="true rate of toxicity"
        )
        if answer.escalation.rule == "boin":
            left.axhline(answer.escalation.target, color=MUTED, linestyle="--", linewidth=1)
        left.set(ylim=(0, 1), ylabel="share", title=f"no dose picked in {answer.none.value:.1%}")
        left.legend(loc="upper left")
        right.bar(
            x, [level.patients for level in answer.levels], 0.7, color=MUTED, alpha=0.4, label="treated"
        )
        right.bar(
            x,
            [level.toxicities for level in answer.levels],
            0.45,
            color=COLOURS[1],
            alpha=0.8,
            label="toxicities",
        )
        right.set(
            ylabel="patients, mean",
            title=f"{answer.patients:.1f} patients, {answer.toxicities:.1f} toxicities",
        )
        right.legend(loc="upper left")
        for axes in (left, right):
            axes.set_xticks(x, names)
            axes.set_xlabel("level")
    stamp(figure, FOOT)
    return figure
