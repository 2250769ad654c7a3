"""Figures of a fit show every reading, and every plate."""

from dataclasses import replace

import numpy as np
import pytest

from livingdrug.assay import fit_assay, observe
from livingdrug.plots import plot_courses, plot_residual_plate
from tests.unit.test_assay_effects import plan, plate


@pytest.fixture(scope="module")
def fit():
    made = plate(doses=(0.0,))
    names = np.array([f"P{1 + (i > 4)}" for i in range(made.wells.n)], dtype=object)
    construct = np.array([f"C{1 + (i > 4)}" if r == "sample" else "" for i, r in enumerate(made.wells.role)], dtype=object)
    wells = replace(made.wells, plate=names, construct=construct)
    return fit_assay(replace(plan(), by=("construct",)), observe(replace(made, wells=wells)))


def test_no_reading_lies_beyond_the_axes(fit):
    figure = plot_courses(fit)
    figure.draw_without_rendering()
    panels, shown = [axes for axes in figure.axes if axes.lines], 0
    for axes in panels:
        low, high = axes.get_ylim()
        for line in axes.lines:
            values = np.asarray(line.get_ydata(), dtype=float)
            assert (values >= low * (1 - 1e-9)).all() and (values <= high).all()
            shown += len(values) if line.get_marker() == "." else 0
    assert shown == fit.seen.measured.sum()


def test_residuals_of_each_plate_have_a_panel_and_wells_that_were_not_fitted_no_number(fit):
    figure = plot_residual_plate(fit)
    panels = [axes for axes in figure.axes if axes.images]
    assert [axes.get_title("left") for axes in panels] == ["P1", "P2"]
    for axes, name in zip(panels, ("P1", "P2"), strict=True):
        values = np.asarray(axes.images[0].get_array().filled(np.nan) if np.ma.isMA(axes.images[0].get_array()) else 0)
        wells = int((fit.seen.column("plate") == name).sum())
        assert np.isfinite(values).sum() == wells and len(axes.texts) == wells
