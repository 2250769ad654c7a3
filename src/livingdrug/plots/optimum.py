"""Doses and schedules: outcomes over the dose, and the surface of what is to be largest."""

import numpy as np

from livingdrug.core.words import RESEARCH, number
from livingdrug.models import ClosedForm
from livingdrug.optimum import Optimum
from livingdrug.plots.style import COLOURS, MUTED, SETTINGS, blank, short, stamp

DASHES = ("-", "--", "-.", ":")
LINES = 4  # schedules that are drawn over the dose, the best ones


def plot_best_dose(found: Optimum):
    """Response and toxicity (left) and the aim (right) over the dose, a line for each of the best schedules.

    Parameters
    ----------
    found : Optimum
        Of `optimise`.
    """
    from matplotlib import rc_context

    with rc_context(SETTINGS):
        figure = blank(8.6, 3.8)
        left, right = figure.subplots(1, 2)
        for (schedule, points), dash in zip(_lines(found), DASHES, strict=False):
            doses, words = [p.candidate.dose for p in points], short(schedule.words(), 44)
            for what, colour in (("response", COLOURS[0]), ("toxicity", COLOURS[1])):
                label = what if dash == "-" else None
                left.plot(
                    doses, [getattr(p, what) for p in points], dash, color=colour, label=label, marker="."
                )
                ends = np.array([getattr(p, f"{what}_ends") for p in points])
                if dash == "-" and np.isfinite(ends).all():
                    left.fill_between(doses, *ends.T, color=colour, alpha=0.12, linewidth=0)
            right.plot(doses, _values(points), dash, color=COLOURS[2], label=words, marker=".")
        if found.aim.ceiling is not None:
            left.axhline(found.aim.ceiling, color=COLOURS[1], linestyle=":", linewidth=1)
            left.text(
                0.99,
                found.aim.ceiling,
                f"ceiling {found.aim.ceiling:.0%}",
                ha="right",
                va="bottom",
                fontsize=7,
                color=COLOURS[1],
                transform=left.get_yaxis_transform(),
            )
        if found.top is not None:
            right.plot(
                [found.top.candidate.dose],
                [found.top.value],
                "o",
                color="black",
                fillstyle="none",
                markersize=9,
            )
            left.axvline(found.top.candidate.dose, color=MUTED, linestyle=":", linewidth=1)
        left.set(xscale="log", xlabel=_dose(found), ylabel="probability over all patients", ylim=(0, 1))
        right.set(xscale="log", xlabel=_dose(found), ylabel=_aim(found))
        figure.legend(*_legend(left, right), loc="outside lower center", ncols=3, fontsize=8)
        stamp(figure, RESEARCH)
    return figure


def plot_surface(found: Optimum):
    """The aim as a map of dose and schedule (as dose and day where two infusions are compared); None with one
    schedule.

    Parameters
    ----------
    found : Optimum
        Of `optimise`.
    """
    from matplotlib import rc_context

    schedules = list(dict.fromkeys(p.candidate.schedule for p in found.points))
    if len(schedules) < 2:
        return None
    doses = sorted({p.candidate.dose for p in found.points})
    places = {(p.candidate.schedule, p.candidate.dose): i for i, p in enumerate(found.points)}
    order = np.array([[places[s, d] for d in doses] for s in schedules])
    values = np.array(_values(found.points))[order]
    with rc_context(SETTINGS):
        figure = blank(6.4, 1.7 + 0.3 * max(len(schedules), 4))
        axes = figure.subplots()
        axes.set_facecolor("#e6e6e6")
        drawn = axes.pcolormesh(
            np.arange(len(doses) + 1) - 0.5, np.arange(len(schedules) + 1) - 0.5, values, cmap="viridis"
        )
        for at, sign, size in (({found.best}, "o", 12), (set(found.alike), ".", 7)):
            spots = [(x, y) for (y, x), i in np.ndenumerate(order) if i in at]
            if spots:
                edge = {"markeredgecolor": "black", "markeredgewidth": 0.8}
                axes.plot(*zip(*spots, strict=True), sign, color="white", markersize=size, **edge)
        step = -(-len(doses) // 5)
        axes.set_xticks(range(0, len(doses), step), [number(d) for d in doses[::step]])
        axes.set_yticks(range(len(schedules)), [short(s.words(), 44) for s in schedules])
        axes.set_xlabel(_dose(found))
        figure.colorbar(drawn, ax=axes, label=_aim(found))
        stamp(figure, RESEARCH)
    return figure


def _lines(found: Optimum) -> list[tuple]:
    """(schedule, its points by dose) of the schedules with the largest values."""
    by: dict = {}
    for point in found.points:
        by.setdefault(point.candidate.schedule, []).append(point)
    return sorted(by.items(), key=lambda item: -max(p.value for p in item[1]))[:LINES]


def _values(points) -> list[float]:
    return [p.value if np.isfinite(p.value) else np.nan for p in points]


def _dose(found: Optimum) -> str:
    system = found.model.system
    states = () if isinstance(system, ClosedForm) else system.states
    unit = next((s.unit for s in states if s.name == system.dose_into), "")
    return f"total dose ({unit})"


def _aim(found: Optimum) -> str:
    if found.aim.weight is not None:
        return f"P(response) - {found.aim.weight:g} P(toxicity)"
    return f"P(response) where P(toxicity) <= {found.aim.ceiling:.0%}"


def _legend(left, right) -> tuple[list, list]:
    pairs = [axes.get_legend_handles_labels() for axes in (left, right)]
    return [h for handles, _ in pairs for h in handles], [label for _, labels in pairs for label in labels]
