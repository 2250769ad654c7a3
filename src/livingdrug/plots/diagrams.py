"""A diagram of a model as a figure, where a page or a file needs one (SVG is written without matplotlib)."""

from livingdrug.diagram import Curve, Diagram, Head, Rect, Words
from livingdrug.plots.style import SETTINGS, blank

PIXELS = 96.0  # to an inch


def plot_diagram(diagram: Diagram, scale: float = 1.0):
    """The drawing as a matplotlib figure of its own size.

    Parameters
    ----------
    diagram : Diagram
        As from `livingdrug.diagram.diagram_of`.
    scale : float
        1 is 96 pixels of the diagram to an inch.

    Returns
    -------
    Figure
        Without margins; text is text in SVG and PDF.
    """
    from matplotlib import rc_context

    with rc_context(SETTINGS):
        figure = blank(diagram.width / PIXELS * scale, diagram.height / PIXELS * scale)
        figure.set_layout_engine("none")
        axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, diagram.width), ylim=(diagram.height, 0))
    for order, shape in enumerate(diagram.shapes):
        _add(axes, shape, order, scale)
    return figure


def _add(axes, shape, order: int, scale: float) -> None:
    from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon
    from matplotlib.path import Path

    points = 72 / PIXELS * scale  # of a pixel
    match shape:
        case Rect():
            style = (
                f"round,pad=0,rounding_size={min(shape.round, shape.height / 2)}"
                if shape.round
                else "square,pad=0"
            )
            axes.add_patch(
                FancyBboxPatch(
                    (shape.x, shape.y),
                    shape.width,
                    shape.height,
                    style,
                    facecolor=shape.fill,
                    edgecolor=shape.line or "none",
                    linewidth=points,
                    zorder=order,
                )
            )
        case Words():
            anchor = {"start": "left", "middle": "center", "end": "right"}[shape.anchor]
            axes.text(
                shape.x,
                shape.y + 0.36 * shape.size,
                shape.text,
                fontsize=shape.size * points,
                color=shape.colour,
                fontweight="bold" if shape.bold else "normal",
                ha=anchor,
                va="baseline",
                zorder=order,
                family="DejaVu Sans",
                parse_math=False,
            )
        case Curve():
            codes = [Path.MOVETO, *[Path.CURVE4] * (len(shape.points) - 1)]
            dashes = (0, (4, 3)) if shape.dashed else "-"
            axes.add_patch(
                PathPatch(
                    Path(shape.points, codes),
                    fill=False,
                    edgecolor=shape.colour,
                    zorder=order,
                    linewidth=shape.width * points,
                    linestyle=dashes,
                )
            )
        case Head():
            axes.add_patch(
                Polygon(shape.points, closed=True, facecolor=shape.colour, linewidth=0, zorder=order)
            )
