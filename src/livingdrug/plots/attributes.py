"""Figures of product attributes: effects, the band of chance, patients as points, studies, the learning
curve, a range."""

import numpy as np

from livingdrug.core.words import RESEARCH
from livingdrug.plots.style import SETTINGS, blank, short, stamp

BLUE, GREY, RED = "#0072B2", "0.6", "#D55E00"
ROWS = 40  # attributes that one forest shows
NAMED = 6  # attributes that a volcano names


def plot_forest(effects, n: int, detectable: float | None = None, title: str = ""):
    """Effect per SD of each attribute with its 95 % interval, strongest first; filled: q below 0.1; grey
    band: differences that so many patients show less than 8 times in 10.

    Parameters
    ----------
    effects
        Of `relate`.
    n : int
        Number of patients.
    detectable : float, optional
        Difference that so many patients show 8 times in 10.
    title : str, optional
        Above the figure.
    """
    from matplotlib import rc_context

    shown = sorted((e for e in effects if np.isfinite(e.effect)), key=lambda e: -abs(e.effect))[:ROWS][::-1]
    with rc_context(SETTINGS):
        figure = blank(6.4, 1.6 + 0.24 * max(len(shown), 4))
        axes = figure.subplots()
        if detectable is not None:
            axes.axvspan(
                -detectable,
                detectable,
                color="0.93",
                zorder=0,
                label="below 80 % power for one named beforehand",
            )
        axes.axvline(0, color="black", linewidth=0.8)
        for row, e in enumerate(shown):
            axes.plot([e.lower, e.upper], [row, row], color=BLUE, linewidth=1.4)
            face = BLUE if e.q_value < 0.1 else "white"
            axes.plot(e.effect, row, "o", markersize=5, markerfacecolor=face, markeredgecolor=BLUE)
        axes.set_yticks(range(len(shown)), [short(e.name, 34) for e in shown])
        axes.set_ylim(-0.8, len(shown) - 0.2)
        axes.set_xlabel("effect per SD of the attribute (95 % interval); filled: q < 0.1")
        more = f" ({len(shown)} of {len(effects)} shown)" if len(shown) < len(effects) else ""
        axes.set_title(
            short(f"{title}: {len(effects)} attributes looked at, {n} patients{more}", 90), loc="left"
        )
        if detectable is not None:
            figure.legend(loc="outside lower center", frameon=False, fontsize=8)
        stamp(figure, RESEARCH)
    return figure


def plot_volcano(effects, title: str = ""):
    """Effect per SD of each attribute against its permutation p value; filled: q below 0.1, the strongest
    named.

    Parameters
    ----------
    effects
        Of `relate`.
    title : str, optional
        Above the figure.
    """
    from matplotlib import rc_context

    shown = [e for e in effects if np.isfinite(e.effect) and np.isfinite(e.p_value)]
    with rc_context(SETTINGS):
        figure = blank(6.0, 4.0)
        axes = figure.subplots()
        for e in shown:
            face = BLUE if e.q_value < 0.1 else "white"
            axes.plot(e.effect, e.p_value, "o", markersize=5, markerfacecolor=face, markeredgecolor=BLUE)
        taken: dict[tuple, int] = {}  # names beside points of one height stand below each other
        for e in sorted(shown, key=lambda e: e.p_value)[:NAMED]:
            side = "left" if e.effect < 0 else "right"
            below = taken[side, e.p_value] = taken.get((side, e.p_value), -1) + 1
            place = (6 if side == "left" else -6, -3 - 9 * below)
            text = {"textcoords": "offset points", "fontsize": 7, "ha": side}
            axes.annotate(short(e.name, 24), (e.effect, e.p_value), xytext=place, **text)
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set_yscale("log")
        axes.invert_yaxis()
        widest = max((abs(e.effect) for e in shown), default=1.0)
        axes.set_xlim(-1.15 * widest, 1.15 * widest)
        axes.set_xlabel("effect per SD of the attribute; filled: q < 0.1")
        axes.set_ylabel("p by permutation")
        axes.set_title(short(f"{title}: {len(effects)} attributes looked at", 90), loc="left")
        stamp(figure, RESEARCH)
    return figure


def plot_null(
    null, observed: float, measure: str, nothing: float, majority: float | None = None, title: str = ""
):
    """The measure of the whole procedure with outcomes dealt at random, and the one observed.

    Parameters
    ----------
    null
        Measures with permuted outcomes.
    observed : float
        The measure with the outcomes as observed.
    measure : str
        Its name.
    nothing : float
        What it is where nothing is learned.
    majority : float, optional
        What it is where the larger class is said of everyone.
    title : str, optional
        Above the figure.
    """
    from matplotlib import rc_context

    null = null[np.isfinite(null)]
    with rc_context(SETTINGS):
        figure = blank(6.4, 3.4)
        axes = figure.subplots()
        axes.hist(null, bins=30, color="0.8", label=f"outcomes dealt at random ({len(null):,} times)")
        axes.axvline(
            np.quantile(null, 0.95), color=GREY, linestyle="--", linewidth=1, label="95 % of them lie below"
        )
        axes.axvline(nothing, color="black", linewidth=0.8, label="no signal")
        axes.axvline(observed, color=RED, linewidth=2, label=f"observed: {observed:.2f}")
        axes.set_xlabel(f"{measure} for patients not seen")
        axes.set_ylabel("permutations")
        axes.set_title(short(title, 90), loc="left")
        figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8)
        stamp(figure, RESEARCH)
    return figure


def plot_patients(eta, outcome, labels=None, title: str = ""):
    """Each patient's predictions by models that have not seen it (mean and range over repeats), by outcome.

    Parameters
    ----------
    eta
        Predictions, shape (repeats, n).
    outcome
        Of the patients.
    labels : optional
        Study of each.
    title : str, optional
        Above the figure.
    """
    from matplotlib import rc_context

    mean, low, high = np.nanmean(eta, axis=0), np.nanmin(eta, axis=0), np.nanmax(eta, axis=0)
    studies = np.unique(labels) if labels is not None else np.array([""])
    colours = [BLUE, RED, "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]
    with rc_context(SETTINGS):
        figure = blank(6.4, 3.6)
        axes = figure.subplots()
        order = np.argsort(mean)
        place = np.empty(len(mean))
        place[order] = np.arange(len(mean))
        for k, study in enumerate(studies):
            own = np.arange(len(mean)) if labels is None else np.flatnonzero(labels == study)
            colour = colours[k % len(colours)]
            axes.vlines(place[own], low[own], high[own], color=colour, alpha=0.35, linewidth=1)
            for value, face in ((1, colour), (0, "white")):
                rows = own[outcome.y[own] == value] if outcome.kind == "binary" else own if value else own[:0]
                word = outcome.words[1 - value] if outcome.kind == "binary" else ""
                if len(rows):
                    axes.plot(
                        place[rows],
                        mean[rows],
                        "o",
                        markersize=5,
                        markerfacecolor=face,
                        markeredgecolor=colour,
                        label=" ".join(filter(None, (str(study), word))),
                    )
        axes.set_xticks([])
        axes.set_xlabel("patients, by their prediction")
        axes.set_ylabel("linear predictor, not seen")
        axes.set_title(short(title, 90), loc="left")
        figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=8)
        stamp(figure, RESEARCH)
    return figure


def plot_growth(growth, measure: str, title: str = ""):
    """The measure against the number of patients, with the quartiles over draws of patients.

    Parameters
    ----------
    growth
        Of `growth`.
    measure : str
        Its name.
    title : str, optional
        Above the figure.
    """
    from matplotlib import rc_context

    with rc_context(SETTINGS):
        figure = blank(5.4, 3.2)
        axes = figure.subplots()
        axes.fill_between(
            growth.sizes,
            growth.low,
            growth.high,
            color=BLUE,
            alpha=0.2,
            linewidth=0,
            label="quartiles over draws of patients",
        )
        axes.plot(growth.sizes, growth.value, "o-", color=BLUE, markersize=4)
        axes.set_xlabel("patients")
        axes.set_ylabel(f"{measure}, not seen")
        axes.set_title(short(title, 80), loc="left")
        figure.legend(loc="outside lower center", frameon=False, fontsize=8)
        stamp(figure, RESEARCH)
    return figure


def plot_range(found, values, event, unit: str = "", title: str = ""):
    """Probability of the outcome against one attribute, the floor, and the range in which the lower bound is
    above it.

    Parameters
    ----------
    found
        Of `acceptance`.
    values
        Of the attribute.
    event
        Whether each had the outcome.
    unit : str, optional
        Of the attribute.
    title : str, optional
        Above the figure.
    """
    from matplotlib import rc_context

    with rc_context(SETTINGS):
        figure = blank(5.8, 3.4)
        axes = figure.subplots()
        axes.fill_between(
            found.grid, found.lower, found.upper, color=BLUE, alpha=0.2, linewidth=0, label="95 % interval"
        )
        axes.plot(found.grid, found.probability, color=BLUE)
        axes.axhline(
            found.floor, color="black", linestyle="--", linewidth=0.8, label=f"floor {found.floor:.0%}"
        )
        if np.isfinite(found.start):
            axes.axvspan(
                found.start, found.end, color="#009E73", alpha=0.15, label="lower bound above the floor"
            )
        axes.plot(
            values, np.where(event, 1.02, -0.02), "o", color="black", markersize=3, alpha=0.6, clip_on=False
        )
        axes.set_ylim(-0.05, 1.05)
        axes.set_xlabel(short(f"{found.name}" + (f" ({unit})" if unit else ""), 60))
        axes.set_ylabel("probability of the outcome")
        axes.set_title(short(title, 80), loc="left")
        figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8)
        stamp(figure, RESEARCH)
    return figure
