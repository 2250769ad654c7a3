"""A plate as a heat map: a number for each well where it lies, wells that a check names outlined."""

from collections.abc import Sequence

import numpy as np

from livingdrug.assay import PLATES, ROW_NAMES, Plate, WellMap, split_well, well_name
from livingdrug.core.words import RESEARCH
from livingdrug.plots.style import COLOURS, SETTINGS, grid_figure

EMPTY = "#EEEEEE"
MOST_NUMBERS = 96  # wells of a plate in which a number can be read


def plot_plate(plate: Plate, shown: WellMap, size: int = 96):
    """A figure with a panel for each plate: colour is the number of a well, a ring marks what the check
    names.

    Wells without a number are grey; a mean of wells fills the places of all of them; samples that are no
    places on a plate are not drawn.

    Parameters
    ----------
    plate : Plate
        Wells, readings and events of an experiment.
    shown : WellMap
        A number for each well.
    size : int, optional
        Wells of the plate.
    """
    from matplotlib import rc_context

    names = list(dict.fromkeys(plate.wells.plate))
    rows, columns = PLATES[size]
    low, high = _range(shown)
    with rc_context(SETTINGS):
        figure, panels = grid_figure(len(names), 1, 0.44 * columns + 0.7, 0.36 * rows + 0.2)
        for axes, name in zip(panels, names, strict=True):
            values, marked = _grid(plate, shown, name, rows, columns)
            image = axes.imshow(
                values, cmap=_colours(shown), vmin=low, vmax=high, aspect="auto", interpolation="nearest"
            )
            axes.set_xticks(range(columns), [str(k + 1) for k in range(columns)])
            axes.set_yticks(range(rows), ROW_NAMES[:rows])
            axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
            axes.set_frame_on(False)
            _outline(axes, marked)
            if size <= MOST_NUMBERS:
                _numbers(axes, image, values, shown.unit)
            figure.colorbar(image, ax=axes, label=shown.unit, shrink=0.8)
            if len(names) > 1:
                axes.set_title(name or "without a name", y=1.08)
        outlined = "outlined: named by the check; " if shown.marked.any() else ""
        figure.suptitle(f"{shown.title}\n{outlined}{RESEARCH}", fontsize=9)
    return figure


def _grid(plate: Plate, shown: WellMap, name: str, rows: int, columns: int):
    """(values, marked), shape (rows, columns), of one plate; nan where a well has no number."""
    values, marked = np.full((rows, columns), np.nan), np.zeros((rows, columns), dtype=bool)
    for k in np.flatnonzero(plate.wells.plate == name):
        for part in plate.wells.well[k].split(","):
            place = well_name(part)
            row, column = split_well(place) if place else (rows, columns)
            if row < rows and column < columns:
                values[row, column], marked[row, column] = shown.values[k], shown.marked[k]
    return values, marked


def _range(shown: WellMap) -> tuple[float, float]:
    """Limits of the colours: even around the middle where numbers lie on both sides of it."""
    known = shown.values[np.isfinite(shown.values)]
    if not len(known):
        return 0.0, 1.0
    if (known >= shown.middle).all():
        return shown.middle, max(float(known.max()), shown.middle + 1e-9)
    far = max(float(np.abs(known - shown.middle).max()), 1e-9)
    return shown.middle - far, shown.middle + far


def _colours(shown: WellMap):
    from matplotlib import colormaps

    one_sided = not (shown.values[np.isfinite(shown.values)] < shown.middle).any()
    return colormaps["Blues" if one_sided else "RdBu_r"].with_extremes(bad=EMPTY)


def _outline(axes, marked: np.ndarray) -> None:
    from matplotlib.patches import Rectangle

    for row, column in zip(*np.nonzero(marked), strict=True):
        place = (column - 0.46, row - 0.46)
        axes.add_patch(Rectangle(place, 0.92, 0.92, fill=False, edgecolor=COLOURS[-1], linewidth=1.4))


def _numbers(axes, image, values: np.ndarray, unit: str) -> None:
    """The number of each well, in white where its colour is dark."""
    for row, column in zip(*np.nonzero(np.isfinite(values)), strict=True):
        value = values[row, column]
        red, green, blue, _ = image.to_rgba(value)
        dark = 0.3 * red + 0.59 * green + 0.11 * blue < 0.5
        text = f"{value:.0f}" if unit == "%" else f"{value:.2f}" if unit == "ratio" else f"{value:.1f}"
        colour = "white" if dark else "black"
        axes.text(
            column,
            row,
            text.replace("-0", "0") if float(text) == 0 else text,
            ha="center",
            va="center",
            fontsize=6,
            color=colour,
        )


def plot_plates(plate: Plate, maps: Sequence[WellMap], size: int = 96) -> dict:
    """Name -> figure of each map, for whoever writes them into a folder; maps without any place are left out.

    Parameters
    ----------
    plate : Plate
        Wells, readings and events of an experiment.
    maps : sequence of WellMap
        Numbers for each well.
    size : int, optional
        Wells of the plate.

    Returns
    -------
    dict
    """
    placed = [bool(well_name(name.split(",")[0])) for name in plate.wells.well]
    return {shown.code: plot_plate(plate, shown, size) for shown in maps if any(placed)}
