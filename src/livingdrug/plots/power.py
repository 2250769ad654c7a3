"""Power over the number of subjects."""

from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, new_figure
from livingdrug.trial import OneArm, PowerAnswer, PowerCurve, Smallest, SmallestCurve


def plot_power(curve: PowerCurve, answer: PowerAnswer):
    """The curve, the power that is wanted as a dashed line, and the answer as a point.

    Parameters
    ----------
    curve : PowerCurve
        Of `power_curve`.
    answer : PowerAnswer
        The number of subjects.
    """
    from matplotlib import rc_context

    figure, (axes,) = new_figure(width=5.4)
    with rc_context(SETTINGS):
        axes.plot(curve.sizes, curve.power, color=COLOURS[0])
        axes.axhline(curve.wanted, color=MUTED, linestyle="--", linewidth=1, label="power wanted")
        axes.scatter(
            [answer.n_per_arm], [answer.power_at_n], color=COLOURS[1], zorder=3, label=f"{answer.n_per_arm}"
        )
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("subjects in the smaller arm")
        axes.set_ylabel("power")
        axes.set_title(f"to see {curve.what}")
        axes.legend(loc="lower right")
    return figure


def plot_smallest(curve: SmallestCurve, answer: Smallest, name: str):
    """The smallest difference over the number of subjects, and the answer as a point.

    Parameters
    ----------
    curve : SmallestCurve
        Of `smallest_curve`.
    answer : Smallest
        The smallest difference.
    name : str
        Of the difference.
    """
    from matplotlib import rc_context
    from matplotlib.ticker import MaxNLocator

    figure, (axes,) = new_figure(width=5.4)
    with rc_context(SETTINGS):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.plot(curve.sizes, curve.values, color=COLOURS[0])
        shown = f"{answer.value:.3g} with {answer.n_per_arm}"
        axes.scatter([answer.n_per_arm], [answer.value], color=COLOURS[1], zorder=3, label=shown)
        if answer.quantity == "fold":
            axes.set_yscale("log")
        axes.set_xlabel("subjects in the smaller arm")
        axes.set_ylabel(name)
        axes.set_title(f"smallest that is seen with power {answer.power_at_n:.2g}")
        axes.legend(loc="best")
    return figure


def plot_one_arm(found: OneArm):
    """Probability of the claim and patients expected over the true rate, for every design.

    Parameters
    ----------
    found : OneArm
        Of `one_arm`.
    """
    from matplotlib import rc_context

    curve = found.curve()
    figure, panels = new_figure(columns=2, width=4.0)
    with rc_context(SETTINGS):
        for k, (name, _) in enumerate(found.designs):
            key = name.replace(" ", "_")
            for axes, column in zip(panels, (f"claim_{key}", f"expected_n_{key}"), strict=True):
                axes.plot(curve["rate"], curve[column], color=COLOURS[k], label=name)
        for axes, label in zip(panels, ("probability of the claim", "patients expected"), strict=True):
            for rate in (found.design.p0, found.design.p1):
                axes.axvline(rate, color=MUTED, linestyle=":", linewidth=1)
            axes.set_xlabel("true rate of response")
            axes.set_ylabel(label)
            axes.set_ylim(0, None)
        panels[0].legend(loc="lower right")
    return figure
