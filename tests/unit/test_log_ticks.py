"""What is done to a figure before it is saved: it looks the same, and is arranged once."""

import numpy as np
import pytest

from livingdrug.plots import new_figure
from livingdrug.plots.log_ticks import log_ticks, plain
from livingdrug.plots.style import DENSE, dense, grid_figure
from livingdrug.report import save
from livingdrug.report.pictures import arrange


def log_figure(low: float, high: float):
    figure, (axes,) = new_figure()
    axes.plot([1, 2], [low, high])
    axes.set_yscale("log")
    return figure, axes


def texts(axes) -> list[str]:
    return [label.get_text() for label in axes.get_yticklabels(which="both") if label.get_text()]


@pytest.mark.parametrize(("text", "expected"), [
    (r"$\mathdefault{10^{3}}$", "10³"), (r"$\mathdefault{10^{-12}}$", "10⁻¹²"), (r"$\mathdefault{2\times10^{-3}}$", "2×10⁻³"),
    (r"$\mathdefault{0}$", "0"), ("", ""), (r"$\mathdefault{-10^{5}}$", "-10⁵"),
])  # fmt: skip
def test_powers_as_plain_text(text, expected):
    assert plain(text) == expected


@pytest.mark.parametrize(("low", "high"), [(1.0, 1e6), (1e-3, 10.0), (200.0, 700.0)])
def test_ticks_of_a_log_axis_keep_their_places_and_words(low, high):
    plain_figure, before = log_figure(low, high)
    plain_figure.draw_without_rendering()
    figure, after = log_figure(low, high)
    arrange(figure)
    figure.draw_without_rendering()
    assert texts(after) == [plain(text) for text in texts(before)] and texts(after)
    assert not any("$" in text for text in texts(after))
    np.testing.assert_array_equal(after.get_yticks(), before.get_yticks())
    bottom, top = before.get_ylim()
    minor = [place for place in before.get_yticks(minor=True) if bottom <= place <= top]
    marks = [line for line in after.get_children() if getattr(line, "get_marker", lambda: None)() == 0]
    drawn = np.sort(np.concatenate([*(line.get_ydata() for line in marks), after.get_yticks(minor=True)]))
    np.testing.assert_allclose([place for place in drawn if bottom <= place <= top], minor)
    assert after.get_ylim() == before.get_ylim()


def test_shared_axes_keep_their_minor_ticks():
    figure, axes = grid_figure(1, 3, 2.0, 2.0, sharex=True, sharey=True)
    for ax in axes:
        ax.loglog([1, 1e4], [1, 1e5])
    axes[2].set_visible(False)
    low, high = axes[0].get_ylim()
    expected = [place for place in axes[0].yaxis.get_minorticklocs() if low <= place <= high]
    arrange(figure)
    for ax in axes[:2]:
        marks = {getattr(line, "get_marker", lambda: None)(): line for line in ax.get_children()}
        np.testing.assert_array_equal(marks[0].get_ydata(), expected)  # to the left, of the y axis
        assert 3 in marks and len(expected) > 20


def test_a_figure_is_arranged_once_for_both_files(tmp_path, monkeypatch):
    figure, axes = log_figure(1.0, 1e4)
    engine, calls = figure.get_layout_engine(), []
    execute = engine.execute
    monkeypatch.setattr(engine, "execute", lambda figure: calls.append(1) or execute(figure))
    save(figure, tmp_path, "x")
    assert calls == [1] and figure.get_layout_engine() is None
    first = [(tmp_path / f"x.{end}").read_bytes() for end in ("png", "svg")]
    save(log_figure(1.0, 1e4)[0], tmp_path, "x")
    assert [(tmp_path / f"x.{end}").read_bytes() for end in ("png", "svg")] == first


@pytest.mark.parametrize("values", [[5.0, 20.0], [0.011, 0.07], [1e-3, 1e4], [8.0, 9.0], [-1.0, 3.0]])
def test_few_ticks_are_two_at_least(values):
    figure, (axes,) = new_figure()
    axes.scatter([0, 1], values)
    log_ticks(axes, np.array(values))
    figure.draw_without_rendering()
    low, high = axes.get_ylim()
    seen = [tick for tick in axes.get_yticks() if low <= tick <= high]
    assert len(seen) >= 2 and low < min(values) and high > max(values)
    assert axes.get_yscale() == ("log" if values[0] > 0 and values[1] > 3 * values[0] else "linear")


def test_many_points_become_an_image_in_the_svg(tmp_path):
    sizes = {}
    for count in (DENSE, DENSE + 1):
        figure, (axes,) = new_figure()
        axes.scatter(np.arange(count), np.arange(count), **dense(count))
        save(figure, tmp_path, str(count))
        sizes[count] = (tmp_path / f"{count}.svg").read_text()
    assert "<image" not in sizes[DENSE] and "<image" in sizes[DENSE + 1]
    assert len(sizes[DENSE + 1]) < 0.5 * len(sizes[DENSE])
