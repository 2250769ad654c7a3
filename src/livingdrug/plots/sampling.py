"""What a further sampling day is worth: a map of parameters and candidate days."""

import numpy as np

from livingdrug.core.words import RESEARCH
from livingdrug.fit import DaysResult
from livingdrug.plots.style import SETTINGS, blank, short, stamp


def plot_days(found: DaysResult, title: str = "", unit: str = "d"):
    """Expected relative standard error (%) now and with each candidate day; the darker, the more of the error
    is cut.

    A frame marks the best candidate of a parameter; `n.d.`: these days do not determine it.

    Parameters
    ----------
    found : DaysResult
        Of `extra_days`.
    title : str, optional
        Above the figure.
    unit : str, optional
        Of time.
    """
    from matplotlib import rc_context

    names, candidates = found.names, found.candidates
    errors = np.column_stack([found.se, found.se_with.T])
    with rc_context(SETTINGS):
        figure = blank(2.2 + 0.52 * errors.shape[1], 1.4 + 0.34 * len(names))
        axes = figure.subplots()
        cut = _cut(errors)
        image = axes.imshow(cut, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        for (j, i), se in np.ndenumerate(errors):
            text = f"{100 * se:.3g}" if se <= 10 else "n.d." if np.isinf(se) else ">1000"
            axes.text(
                i,
                j,
                text,
                ha="center",
                va="center",
                fontsize=7.5,
                color="white" if cut[j, i] > 0.6 else "black",
            )
        _frames(axes, found)
        axes.axvline(0.5, color="black", linewidth=0.8)
        axes.set_xticks(range(errors.shape[1]), ["now", *(f"+ {day:g}" for day in candidates)])
        axes.set_yticks(range(len(names)), [short(name) for name in names])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_xlabel(
            f"one sample more, at ({unit})" + ("; n.d.: not determined" if np.isinf(errors).any() else "")
        )
        axes.set_title(short(f"{title}: expected relative SE (%), {found.subjects} subjects", 80))
        bar = figure.colorbar(image, ax=axes, pad=0.02)
        bar.set_label("part of the SE cut")
        bar.outline.set_visible(False)
        stamp(figure, RESEARCH)
    return figure


def _cut(errors: np.ndarray) -> np.ndarray:
    """Part of the error now (first column) that each column cuts; all of it where it was infinite."""
    now = errors[:, :1]
    with np.errstate(invalid="ignore"):
        part = np.where(np.isinf(errors), 0.0, 1 - errors / now)
    return np.where(np.isinf(now) & np.isfinite(errors), 1.0, part)


def _frames(axes, found: DaysResult) -> None:
    from matplotlib.patches import Rectangle

    days = found.candidates.tolist()
    for j, name in enumerate(found.names):
        best = found.best(name)
        if best is not None:
            corner = days.index(best) + 0.52, j - 0.48
            axes.add_patch(Rectangle(corner, 0.96, 0.96, fill=False, edgecolor="black", linewidth=1.4))
