"""Ticks of logarithmic axes as plain text."""

import re
from typing import Any, cast

import numpy as np

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
POWER = re.compile(r"\^\{([-\d]+)\}")
NARROW, WIDE = (
    3.0,
    100.0,
)  # ratio of the ends below which an axis stays linear, and above which decades are enough


def log_ticks(axes, values: np.ndarray) -> None:
    """Make the y axis of positive values logarithmic with few ticks, two at least; where they lie close
    together it stays."""
    low, high = float(np.min(values)), float(np.max(values))
    if not (low > 0 and high > NARROW * low):
        axes.locator_params(axis="y", nbins=4)
        return
    axes.set_yscale("log")
    low, high = low / 1.2, high * 1.2
    fine = (1.0,) if high > WIDE * low else (1.0, 2.0, 5.0)
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    ticks = [k * 10.0**d for d in decades for k in fine if low <= k * 10.0**d <= high]
    axes.set_ylim(low, high)
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_yticks([], minor=True)


def plain_powers(axis) -> None:
    """Write 10³ on a log axis where matplotlib would set mathematics: the same ticks, at a tenth of the
    time."""
    from matplotlib.ticker import LogFormatterSciNotation

    class Plain(LogFormatterSciNotation):
        def __call__(self, x, pos=None):
            return plain(super().__call__(x, pos))

    for formatter, put in (
        (axis.get_major_formatter(), axis.set_major_formatter),
        (axis.get_minor_formatter(), axis.set_minor_formatter),
    ):
        if type(formatter) is LogFormatterSciNotation:
            put(Plain(labelOnlyBase=formatter.labelOnlyBase, minor_thresholds=formatter.minor_thresholds))


def plain(text: str) -> str:
    r"""`$\mathdefault{2\times10^{-3}}$` as 2×10⁻³."""
    bare = text.replace("$", "").replace(r"\mathdefault{", "").removesuffix("}") if text else ""
    return POWER.sub(lambda power: power[1].translate(RAISED), bare).replace(r"\times", "×")


def minor_marks(figure) -> None:
    """Draw the minor ticks of log axes as one line of marks each, the same to the eye: an object for each
    tick takes most of the time of a figure. Axes of less than two decades keep theirs, which may carry
    labels."""
    from matplotlib.ticker import LogLocator, NullLocator

    logs = [
        (axes, axis)
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        if axes.get_visible() and type(axis.get_minor_locator()) is LogLocator and _is_wide(axis)
    ]
    marks = [(axes, _marks(axes, axis)) for axes, axis in logs]
    for axes, line in marks:
        axes.add_artist(line)
    for _, axis in logs:  # last: axes that are shared have one locator
        axis.set_minor_locator(NullLocator())


def _is_wide(axis) -> bool:
    low, high = sorted(axis.get_view_interval())
    return low > 0 and high > WIDE * low


def _marks(axes, axis):
    """The minor ticks of an axis as a line of marks."""
    from matplotlib import rcParams
    from matplotlib.lines import Line2D
    from matplotlib.markers import TICKDOWN, TICKLEFT

    style = cast(dict[Any, Any], rcParams)
    low, high = sorted(axis.get_view_interval())
    places = axis.get_minorticklocs()
    places = places[(places >= low) & (places <= high)]
    name, foot = axis.axis_name, np.zeros(len(places))
    across = name == "x"
    return Line2D(
        *((places, foot) if across else (foot, places)),
        linestyle="none",
        color=style[f"{name}tick.color"],
        clip_on=False,
        zorder=2.01,
        marker=cast(Any, TICKDOWN if across else TICKLEFT),
        markersize=style[f"{name}tick.minor.size"],
        markeredgewidth=style[f"{name}tick.minor.width"],
        transform=axes.get_xaxis_transform() if across else axes.get_yaxis_transform(),
    )
