"""Figure 6: allogeneic rejection. Simulations only: the clinical points are not public as numbers.

Digitised points of a user go into user_points/ucart19.csv and user_points/ft819.csv and then appear in 6A, 6B
and 6D.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from livingdrug.models import get_model
from livingdrug.plots import COLOURS, MUTED, new_figure, plot_bands, plot_curve, plot_limit, sequence
from livingdrug.response import logistic
from livingdrug.simulation import draw_subjects, simulate
from papers.kirouac_2024.panel import (
    COPIES_TO_CELLS,
    LIMIT_CELLS,
    SEED,
    Panel,
    band_rows,
    curve_rows,
    mechanistic,
)

REJECTION = (0.0, 1e-12, 1e-11, 1e-10, 1e-9, 7e-9, 1e-8, 1e-7)
PERSISTER, NON_PERSISTER = 0.0, 7e-9
POINTS = Path(__file__).parent / "user_points"
DETECTION = 0.05  # cells/uL, the level of the reference table's first crossing
# medians of AUC60 over the 12 fits of each group of Kirouac 2023 (d*cells), over 5e6 uL of blood
GROUP_AUC60 = {"CR": 2.59e9 / 5e6, "PR": 1.0e9 / 5e6, "NR": 2.65e7 / 5e6}


def rejected(k_allo: float):
    """Host competition and rejection, 0.5 host cells/uL left, recovery 0.35/d."""
    return mechanistic("host_competition", "allogeneic_killing", k_allo=k_allo)


def user_points(name: str, output: str) -> pd.DataFrame:
    """A user's own digitised points of one output; empty unless the file was filled in."""
    table = pd.read_csv(POINTS / name, comment="#")
    return table[table["output"] == output]


def _draw_points(axes, points: pd.DataFrame) -> None:
    for group, rows in points.groupby("group"):
        axes.plot(rows["time_d"], rows["value"], "o", markersize=3, alpha=0.6, label=f"{group} (your points)")


def _groups(times: np.ndarray) -> dict:
    return {
        "persister": simulate(rejected(PERSISTER), regimen=[1e8], times=times),
        "non-persister": simulate(rejected(NON_PERSISTER), regimen=[1e8], times=times),
    }


def panel_6a() -> Panel:
    """CAR-T of persisters and non-persisters."""
    results = _groups(np.linspace(0, 100, 401))
    figure, (axes,) = new_figure()
    for (name, result), colour in zip(results.items(), COLOURS, strict=False):
        plot_curve(axes, result, "car_t_blood", label=name, colour=colour)
    plot_limit(axes, LIMIT_CELLS, "limit")
    points = user_points("ucart19.csv", "car_t_blood")
    _draw_points(axes, points)
    axes.set_ylim(1e-3, 1e3)
    axes.legend()
    rows = [curve_rows(r, ("car_t_blood",), group=name) for name, r in results.items()]
    values = {f"CMAX (cells/uL), {name}": r.metric("car_t_blood", "CMAX")[0] for name, r in results.items()}
    caption = (
        "Rejection rate 0 (persister) and 7e-9 per cell per day (non-persister), our simulation. The 26 "
        "patients of the paper are not public as numbers; your own digitised points go into "
        "user_points/ucart19.csv.",
    )
    return Panel("6A", "Allogeneic CAR-T", caption, figure, pd.concat(rows), values, "simulation only")


def panel_6b() -> Panel:
    """Recovery of host T cells."""
    results = _groups(np.linspace(0, 100, 401))
    figure, (axes,) = new_figure()
    for (name, result), colour in zip(results.items(), COLOURS, strict=False):
        plot_curve(axes, result, "host_t", label=name, colour=colour)
    _draw_points(axes, user_points("ucart19.csv", "host_t"))
    axes.set_ylabel("host T cells in blood (cells/uL)")
    axes.legend()
    rows = [curve_rows(r, ("host_t",), group=name) for name, r in results.items()]
    persister = simulate(rejected(PERSISTER), regimen=[1e8], times=[28.0, 60.0, 100.0]).curve("host_t")
    values = {
        f"host T cells on day {day}": level for day, level in zip((28, 60, 100), persister, strict=True)
    }
    caption = ("0.5 cells/uL left, recovery 0.35/d; as printed, host T cells do not reach a plateau.",)
    return Panel("6B", "Host T-cell recovery", caption, figure, pd.concat(rows), values, "simulation only")


def panel_6c() -> Panel:
    """Rejection over five orders of magnitude."""
    times = np.linspace(0, 60, 481)
    late = np.arange(0, 365.05, 0.05)
    figure, (axes,) = new_figure(width=5.2)
    values, rows = {}, []
    for k_allo, colour in zip(REJECTION, sequence(len(REJECTION)), strict=True):
        result = simulate(rejected(k_allo), regimen=[1e8], times=times)
        plot_curve(axes, result, "car_t_blood", label=f"{k_allo:g}", colour=colour)
        for metric, name in (("CMAX", "CMAX (cells/uL)"), ("TMAX", "TMAX (d)"), ("AUC", "AUC60")):
            values[f"k_allo {k_allo:g}: {name}"] = result.metric("car_t_blood", metric)[0]
        curve = simulate(rejected(k_allo), regimen=[1e8], times=late, outputs=["car_t_blood"]).curve(
            "car_t_blood"
        )
        below = np.flatnonzero((late > result.metric("car_t_blood", "TMAX")[0]) & (curve < DETECTION))
        if len(below):
            values[f"k_allo {k_allo:g}: first day below 0.05 cells/uL"] = late[below[0]]
        rows.append(curve_rows(result, ("car_t_blood",), k_allo=k_allo))
    plot_limit(axes, DETECTION, "0.05 cells/uL")
    axes.set_ylim(1e-4, 10)
    axes.legend(title="k_allo (1/cells/d)", ncols=2, fontsize=7)
    ratio = values["k_allo 0: AUC60"] / values["k_allo 7e-09: AUC60"]
    values["AUC60 ratio, persister to non-persister"] = ratio
    caption = ("Host T cells count in cells, not cells/uL: in cells/uL the printed rates would do nothing.",)
    return Panel("6C", "Rejection rate", caption, figure, pd.concat(rows), values)


def panel_6d() -> Panel:
    """Kymriah population in cells/uL through the paper's bridge; room for FT819 points."""
    model = get_model("stein_2019").with_values(c_max=24_000 * COPIES_TO_CELLS)
    result = simulate(model, draw_subjects(model, 1000, SEED), times=np.linspace(0, 60, 121))
    figure, (axes,) = new_figure()
    plot_bands(axes, result, "transgene", label="Kymriah, median")
    _draw_points(axes, user_points("ft819.csv", "car_t_blood"))
    axes.set(ylabel="CAR-T in blood (cells/uL)", ylim=(1e-3, 1e5))
    axes.legend()
    data = band_rows(result, "transgene").assign(output="car_t_blood", unit="cells/uL")
    values = {"typical CMAX (cells/uL)": simulate(model).metric("transgene", "CMAX")[0]}
    caption = (
        "stein_2019 times 0.05 cells/uL per copy/ug, the paper's estimate (right for a normal white count; "
        "up to ten times too high soon after lymphodepletion). The FT819 patient is not public as numbers; "
        "points go into user_points/ft819.csv.",
    )
    return Panel("6D", "Kymriah population against FT819", caption, figure, data, values, "simulation only")


def panel_6e() -> Panel:
    """AUC60 of the Kymriah population and of the two allogeneic groups."""
    model = get_model("stein_2019")
    result = simulate(model, draw_subjects(model, 1000, SEED), until=60.0, times=[60.0])
    area = result.metric("transgene", "AUC") * COPIES_TO_CELLS
    area = area[np.isfinite(area)]
    groups = {name: r.metric("car_t_blood", "AUC")[0] for name, r in _groups(np.array([0.0, 60.0])).items()}
    figure, (axes,) = new_figure()
    axes.boxplot([area], positions=[0], widths=0.5, showfliers=False, medianprops={"color": COLOURS[0]})
    for i, (_name, value) in enumerate(groups.items(), start=1):
        axes.plot([i], [value], "s", color=COLOURS[i - 1])
    axes.set_xticks(range(3), ["Kymriah\n(1,000 simulated)", *(f"{n}\n(simulated)" for n in groups)])
    axes.set(yscale="log", ylabel="AUC0-60 (d*cells/uL)", xlim=(-0.6, 2.6))
    levels = (2.5, 25, 50, 75, 97.5)
    rows = [("Kymriah", f"p{p:g}", v) for p, v in zip(levels, np.percentile(area, levels), strict=True)]
    rows += [(name, "value", value) for name, value in groups.items()]
    values = {f"AUC60, {name}": value for name, value in groups.items()}
    caption = (
        "Kymriah through 0.05 cells/uL per copy/ug. The paper's UCART19 and FT819 data are not public.",
    )
    data = pd.DataFrame(rows, columns=["group", "statistic", "auc60_d_cells_per_ul"])
    return Panel("6E", "Exposure to day 60", caption, figure, data, values, "simulation only")


def panel_6f() -> Panel:
    """The allogeneic exposures on an exposure-response curve of our own."""
    ec50 = float(np.sqrt(GROUP_AUC60["PR"] * GROUP_AUC60["NR"]))
    exposure = np.geomspace(0.1, 1e4, 200)
    groups = {name: r.metric("car_t_blood", "AUC")[0] for name, r in _groups(np.array([0.0, 60.0])).items()}
    figure, (axes,) = new_figure()
    axes.semilogx(exposure, logistic(exposure, ec50, 1.0), color=COLOURS[0], label="response, h = 1")
    for (name, value), colour in zip(groups.items(), COLOURS[1:], strict=False):
        axes.plot([value], [logistic(value, ec50, 1.0)], "s", color=colour, label=name)
    for name, value in GROUP_AUC60.items():
        axes.axvline(value, color=MUTED, linestyle=":", linewidth=1)
        axes.text(value, 1.02, name, ha="center", fontsize=8, color=MUTED)
    axes.set(xlabel="AUC0-60 (d*cells/uL)", ylabel="probability of response", ylim=(0, 1.08))
    axes.legend()
    values = {
        f"response probability, {name}": float(logistic(value, ec50, 1.0)) for name, value in groups.items()
    }
    caption = (
        "Our own curve: EC50 half-way (on a log scale) between the median exposures of partial responders "
        "and non-responders of Kirouac 2023, h = 1. Neither is published; dotted lines: the groups' "
        "medians.",
    )
    data = pd.DataFrame(
        {"auc60": exposure, "probability": logistic(exposure, ec50, 1.0), "unit": "d*cells/uL"}
    )
    return Panel("6F", "Exposure-response in CLL", caption, figure, data, values, "synthetic")


PANELS = (panel_6a, panel_6b, panel_6c, panel_6d, panel_6e, panel_6f)
