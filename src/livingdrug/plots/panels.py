"""What belongs into one picture of a simulation, and that picture."""

from collections.abc import Sequence
from dataclasses import dataclass

from livingdrug.core.words import RESEARCH
from livingdrug.models import Model
from livingdrug.plots.curves import BANDS, DECADES, _positive, drawn_curve, plot_limit
from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, blank
from livingdrug.simulation import Result

LINES = ("-", "--", "-.", ":")


@dataclass(frozen=True)
class Panel:
    """A panel of a figure of curves.

    Attributes
    ----------
    title : str
        Above it.
    unit : str
        Of its axis.
    outputs : tuple of str
        That share it.
    measured : bool
        Whether an assay can see them.
    """

    title: str
    unit: str
    outputs: tuple[str, ...]
    measured: bool


def panels_of(model: Model) -> tuple[Panel, ...]:
    """CAR-T cells by phenotype with their sum, then every other output in a panel of its own.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.

    Returns
    -------
    tuple of Panel
    """
    system = model.system
    phenotypes = [
        s
        for s in getattr(system, "states", ())
        if "car_t" in s.roles and (not s.at or s.at in ("blood", "well"))
    ]
    outputs, made = list(system.outputs), []
    if len(phenotypes) > 1:
        unit = phenotypes[0].unit
        total = [o for o in outputs if o.name == "car_t" and o.unit == unit]
        outputs = [o for o in outputs if o not in total]
        names = (*(o.name for o in total), *(s.name for s in phenotypes))
        made.append(Panel("CAR-T cells by phenotype", unit, names, False))
    made += [Panel(o.meaning, o.unit, (o.name,), o.measured) for o in outputs]
    return tuple(made)


def plot_panels(results: Sequence[Result], panels: Sequence[Panel], limit: float | None = None):
    """A figure of all panels.

    Parameters
    ----------
    results : sequence of Result
        The first one in colours (with bands where it has several subjects), the others in grey.
    panels : sequence of Panel
        Of `panels_of`.
    limit : float, optional
        A line at this level, None for none.
    """
    from matplotlib import rc_context

    down = -(-len(panels) // 2)
    with rc_context(SETTINGS):
        figure = blank(9.6, 3.0 * down + 0.6)
        axes = figure.subplots(down, min(2, len(panels)), squeeze=False).ravel()
        for ax, panel in zip(axes, panels, strict=False):
            for result in results[1:]:
                for output, line in zip(panel.outputs, LINES * 9, strict=False):
                    ax.plot(*_middle(result, output), color=MUTED, linestyle=line, linewidth=1)
            for k, output in enumerate(panel.outputs):
                _draw(ax, results[0], output, COLOURS[k % len(COLOURS)], LINES[k % 4], bands=k == 0)
            if limit is not None and panel.measured:
                plot_limit(ax, limit)
            ax.set_yscale("log")
            top = ax.get_ylim()[1]
            ax.set_ylim(bottom=max(ax.get_ylim()[0], top / DECADES))
            ax.set(title=panel.title, ylabel=panel.unit, xlabel=f"time ({results[0].time_unit})")
            if len(panel.outputs) > 1 or (limit is not None and panel.measured):
                ax.legend(loc="best", ncols=2)
        for ax in axes[len(panels) :]:
            ax.set_visible(False)
        figure.suptitle(f"{results[0].model}: {results[0].subjects}\n{RESEARCH}", fontsize=9)
    return figure


def _middle(result: Result, output: str):
    """Times and values of the curve of one subject, of the median of several."""
    several = result.n > 1
    times, values = (
        (result.times, result.percentiles(output, (50,))[0]) if several else drawn_curve(result, output)
    )
    return times, _positive(values)


def _draw(axes, result: Result, output: str, colour: str, line: str, bands: bool) -> None:
    if result.n > 1 and bands:
        for width, alpha in BANDS:
            low, high = _positive(result.percentiles(output, (50 - width / 2, 50 + width / 2)))
            axes.fill_between(result.times, low, high, color=colour, alpha=alpha, linewidth=0)
    axes.plot(*_middle(result, output), color=colour, linestyle=line, label=output.replace("_", " "))
