"""Power over the number of subjects."""

from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, new_figure
from livingdrug.trial import PowerAnswer, PowerCurve


def plot_power(curve: PowerCurve, answer: PowerAnswer):
    """The curve, the power that is wanted as a dashed line, and the answer as a point."""
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
