"""Pictures show the numbers they claim to show."""

import numpy as np
import pytest

from livingdrug.data import Reading, read_data
from livingdrug.nca import nca
from livingdrug.nca.summary import median_curve
from livingdrug.plots import new_figure, plot_comparison, plot_profile, plot_profiles, plot_spaghetti
from livingdrug.products import compare

TEXT = "ID,TIME,DV\n" + "".join(
    f"{who},{t},{v}\n" for who, k in (("A$x", 1), ("B_y", 2), ("C", 3))
    for t, v in ((0, "<50"), (5, 100 * k), (10, 9000 * k), (14, 3000 * k), (21, 600 * k), (28, 120 * k), (60, "<50"))
)  # fmt: skip


@pytest.fixture
def result(tmp_path):
    (tmp_path / "d.csv").write_text(TEXT)
    return nca(read_data(tmp_path / "d.csv", Reading(time_unit="d", unit="copies/ug", assay="qPCR")))


def test_open_symbols_stand_at_the_limit_and_the_fit_ends_at_its_points(result):
    _, (axes,) = new_figure()
    plot_profile(axes, result, 0)
    parts = {c.get_label(): c for c in axes.collections}
    assert parts["below the limit"].get_offsets().tolist() == [[0, 50], [60, 50]]
    assert parts["measured"].get_offsets()[:, 1].tolist() == [100, 9000, 3000, 600, 120]
    fit = next(line for line in axes.lines if line.get_label() == "terminal fit")
    points = [float(t) for t in result.points("LAMZ")[0].split()]
    assert fit.get_xdata().tolist() == [points[0], points[-1]]
    assert -np.diff(np.log(fit.get_ydata()))[0] / np.diff(fit.get_xdata())[0] == pytest.approx(result.values["LAMZ"][0])


def test_the_median_is_not_drawn_where_it_lies_below_the_limit(result):
    times, medians = median_curve(result, np.arange(3))
    assert times.tolist() == [0, 5, 10, 14, 21, 28, 60]
    assert medians[1:6].tolist() == [200, 18000, 6000, 1200, 240] and np.isnan(medians[[0, 6]]).all()


def test_every_figure_is_drawn_even_for_names_that_look_like_mathematics(result, tmp_path):
    for name, figure in (("a", plot_profiles(result, np.arange(3))), ("b", plot_spaghetti(result)),
                         ("c", plot_comparison(compare(result, "kymriah")))):  # fmt: skip
        figure.savefig(tmp_path / f"{name}.png")
        assert (tmp_path / f"{name}.png").stat().st_size > 10_000


def test_every_picture_of_bridged_data_carries_the_stamp(result):
    from livingdrug.data import cross

    crossed = nca(cross(result.data, "kirouac_2024"))
    placed = plot_comparison(compare(crossed, "cilta-cel"))
    for figure in (plot_profiles(crossed, np.arange(3)), plot_spaghetti(crossed), placed):
        assert figure.texts[-1].get_text() == "unit conversion kirouac_2024: 1 copies/ug = 0.05 cells/uL"
    assert not plot_spaghetti(result).texts
