"""Pictures into a folder, each as PNG and SVG."""

import os
from pathlib import Path

import click
import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.nca import NcaResult
from livingdrug.nca.summary import groups
from livingdrug.products import Comparison
from livingdrug.scenario.index import IndexAnswer

PAGES = 20


def check_folder(folder: str) -> None:
    """Refuse a folder that cannot be made or written, before anything is computed."""
    path = Path(folder).absolute()
    parent = next(p for p in (path, *path.parents) if p.exists())
    if not (parent.is_dir() and os.access(parent, os.W_OK)):
        raise InputError(f"the folder `{folder}` cannot be made or written; name another one")


def write_nca_pictures(result: NcaResult, by: str | None, folder: str) -> None:
    """Pages of profiles and a picture of all of them, for each output."""
    from livingdrug.plots.profiles import ACROSS, DOWN, plot_profiles, plot_spaghetti

    page = ACROSS * DOWN
    outputs = list(groups(result).items())
    for number, (_, members) in enumerate(outputs, 1):
        prefix = f"output{number}-" if len(outputs) > 1 else ""
        save(plot_spaghetti(result, by, members), folder, f"{prefix}all")
        pages = -(-len(members) // page)
        for k in range(min(pages, PAGES)):
            save(plot_profiles(result, members[k * page : (k + 1) * page]), folder, f"{prefix}profiles-{k + 1}")
        if pages > PAGES:
            click.echo(f"pictures of single profiles stop at {PAGES * page} of {len(members):,}", err=True)
    click.echo(f"wrote pictures to {folder}", err=True)


def write_comparison_picture(comparison: Comparison, folder: str) -> None:
    """Exposure beside that of the product, a picture for each assay, unit and infusion."""
    from livingdrug.plots.exposure import plot_comparison

    placed = [any(np.isfinite(p.percentile).any() for p in placements) for _, placements in comparison.parts()]
    if not any(placed):
        click.echo("no published number can be placed, so there is no picture", err=True)
        return
    for part in np.flatnonzero(placed):
        save(plot_comparison(comparison, part), folder, f"exposure-{part + 1}" if len(placed) > 1 else "exposure")
    click.echo(f"wrote pictures to {folder}", err=True)


def write_index_pictures(answer: IndexAnswer, folder: str) -> None:
    """Both curves with the window, and what other medians and spreads would give."""
    from livingdrug.plots.index import plot_index, plot_tradeoff

    save(plot_index(answer.index, answer.outlook), folder, "index")
    save(plot_tradeoff(answer.index, answer.outlook), folder, "tradeoff")
    click.echo(f"wrote pictures to {folder}", err=True)


def save(figure, folder: str, name: str) -> None:
    """One figure as PNG and SVG; the same figure gives the same bytes."""
    from matplotlib import rc_context

    from livingdrug.plots.style import SETTINGS

    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
        with rc_context(SETTINGS):
            figure.savefig(path / f"{name}.png", metadata={"Software": None})
            figure.savefig(path / f"{name}.svg", metadata={"Date": None})
    except OSError as error:
        raise InputError(f"a picture cannot be written into `{folder}`: {error.strerror or error}") from None
