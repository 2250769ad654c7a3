"""Pictures into a folder, each as PNG and SVG."""

import os
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.core.files import refusal

LEVEL = 3  # of zlib: a tenth larger than with the usual 6, in a third of the time


def check_folder(folder: str) -> None:
    """Refuse a folder for figures before anything is computed.

    Parameters
    ----------
    folder : str
        For figures.

    Raises
    ------
    InputError
        For a folder that cannot be made or written.
    """
    path = Path(folder).absolute()
    parent = next(p for p in (path, *path.parents) if p.exists())
    if not (parent.is_dir() and os.access(parent, os.W_OK)):
        raise InputError(f"the folder `{folder}` cannot be made or written; name another one")


def arrange(figure) -> None:
    """Place axes and texts once, for all files; an engine that is left there would draw everything again
    before each."""
    from livingdrug.plots.log_ticks import minor_marks, plain_powers

    minor_marks(figure)
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            plain_powers(axis)
            if not axis.get_label_text():
                axis.set_label_coords(
                    0.5, 0.0
                )  # else the place of a label that is not there is looked for in every pass
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine(None)


def save(figure, folder: str | Path, name: str) -> None:
    """One figure as PNG and SVG; the same figure gives the same bytes.

    Parameters
    ----------
    figure
        A matplotlib figure.
    folder : str or Path
        Where it is written.
    name : str
        Of the files, without ending.
    """
    from matplotlib import rc_context

    from livingdrug.plots import SETTINGS

    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
        with rc_context(SETTINGS):
            arrange(figure)
            figure.savefig(
                path / f"{name}.png", metadata={"Software": None}, pil_kwargs={"compress_level": LEVEL}
            )
            figure.savefig(path / f"{name}.svg", metadata={"Date": None})
    except OSError as error:
        raise refusal(path / f"{name}.png", error) from None
