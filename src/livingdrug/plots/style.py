"""One look for all pictures: legible at column width, colour-blind safe (Okabe and Ito), no decoration."""

from functools import cache
from typing import Any

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MUTED = "#777777"
STAMP_INCHES = 0.13
DENSE = 3000
SETTINGS: dict[Any, Any] = {
    "font.size": 9,
    "axes.labelsize": 9,
    "axes.titlesize": 10,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 1.6,
    "svg.fonttype": "none",
    "svg.hashsalt": "livingdrug",
    "axes.titlelocation": "left",
    "figure.dpi": 110,
    "savefig.dpi": 200,
    "axes.titley": 1.0,  # where it would be found to be, ticks being at the foot: looking for it takes a third of the time
}


@cache
def _figure_class() -> type:
    """A matplotlib figure that a notebook shows, without a display and without pyplot."""
    import base64
    import io

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    class ShownFigure(Figure):
        def __init__(self, *args, **kwargs) -> None:
            super().__init__(*args, **kwargs)
            FigureCanvasAgg(self)

        def _repr_html_(self) -> str:
            file = io.BytesIO()
            self.savefig(file, format="png")
            text = base64.b64encode(file.getvalue()).decode("ascii")
            return f'<img src="data:image/png;base64,{text}" width="{self.get_figwidth() * 96:.0f}">'

    return ShownFigure


def blank(width: float, height: float):
    """An empty figure of so many inches, drawn without a display; a notebook shows it."""
    return _figure_class()(figsize=(width, height), layout="constrained")


def new_figure(columns: int = 1, width: float = 4.6, height: float = 3.3):
    """(figure, list of axes) side by side, drawn without a display.

    Parameters
    ----------
    columns : int, optional
        How many axes.
    width : float, optional
        Of each, in inches.
    height : float, optional
        Height in inches.
    """
    from matplotlib import rc_context

    with rc_context(SETTINGS):
        figure = blank(width * columns, height)
        axes = [figure.add_subplot(1, columns, i + 1) for i in range(columns)]
    return figure, axes


def grid_figure(down: int, across: int, width: float, height: float, **shared):
    """(figure, array of axes by rows), of panels that are width x height inches."""

    figure = blank(width * across + 0.6, height * down + 0.9)
    return figure, figure.subplots(down, across, squeeze=False, **shared).ravel()


def dense(points: int) -> dict[str, bool]:
    """How points are drawn: so many that an SVG of each would be slow to open become an image in it."""
    return {"rasterized": points > DENSE}


def sequence(count: int) -> list:
    """Colours of an ordered sweep, dark to light.

    Parameters
    ----------
    count : int
        How many.

    Returns
    -------
    list
    """
    from matplotlib import colormaps

    return [colormaps["viridis"](0.9 * i / max(count - 1, 1)) for i in range(count)]


def short(text: str, width: int = 28) -> str:
    """A heading that fits, with signs that matplotlib would read as mathematics made plain."""
    clean = "".join(c if c.isprintable() else "?" for c in text).replace("$", r"\$")
    return clean if len(clean) <= width else clean[: width - 1] + "…"


def stamp(figure, text: str) -> None:
    """A line at the foot of a figure: what turned the unit of its data, the first clause of what a
    unit conversion says."""
    if text:
        foot = STAMP_INCHES / figure.get_figheight()
        figure.get_layout_engine().set(rect=(0, foot, 1, 1 - foot))
        figure.text(0.99, foot / 4, text.split(";")[0], fontsize=6, color=MUTED, ha="right", va="bottom")
