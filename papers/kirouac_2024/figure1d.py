"""Figure 1D: the four phases of CAR-T kinetics, and which of the fits shows them."""

from functools import cache

import numpy as np
import pandas as pd

from livingdrug.models import get_fragment, get_model
from livingdrug.plots import COLOURS, MUTED, new_figure, plot_limit
from livingdrug.simulation import Result, Subjects, simulate
from papers.kirouac_2024.ensemble import LITRES, NAME, fits
from papers.kirouac_2024.panel import LIMIT_CELLS, Panel

SHOWN, SHOWN_K21 = "pr_1", 60.0
PAPERS_OWN, ITS_K21 = "cr_1", 6.0
TRIED = (0.06, 0.6, 6.0, 60.0, 600.0)  # k21, 1/d
TIMES = np.unique(np.concatenate([np.geomspace(0.005, 1, 60), np.linspace(1, 180, 717)]))
# what the paper says of the phases, as numbers of ours
FALL, PEAK_DAYS, ABOVE, RAPID, SLOW = 10.0, (10.0, 20.0), 10.0, 10.0, 30.0


def run(vectors: list[str], k21: list[float], keeps_loss: list[bool]) -> Result:
    """Fits of the ensemble with distribution into tissue, to day 180."""
    model = get_model(NAME) + get_fragment("tissue")
    own, typical = {fit.name: fit.values for fit in model.values}, model.typical
    values = {n: np.array([own[v].get(n, typical[n]) for v in vectors], float) for n in typical}
    values["k21"] = np.array(k21, float)
    values["k_loss"] = np.where(keeps_loss, values["k_loss"], 0.0)
    outputs = ["car_t_blood", "infused", "engrafting"]
    return simulate(model, Subjects(values, "fits with tissue"), [1e8], TIMES, float(TIMES[-1]), outputs)


def level(result: Result, i: int) -> np.ndarray:
    """Cells per uL as an assay of blood would count them: engrafted ones, and infused ones that have not engrafted."""
    return result.values[i, 0] + (result.values[i, 1] + result.values[i, 2]) / LITRES


def half_life(curve: np.ndarray, start: float, end: float) -> float:
    """Between two days; infinite where the level does not fall."""
    first, last = np.interp([start, end], TIMES, curve)
    return float(np.log(2) * (end - start) / np.log(first / last)) if first > last else np.inf


def phases(curve: np.ndarray) -> dict[str, float]:
    """Lowest level before the late peak, the peak, and the half-lives after it."""
    late = TIMES > 3
    at = int(np.argmax(np.where(late, curve, 0)))
    low = int(np.argmin(curve[: at + 1]))
    return {
        "trough": curve[low], "trough day": TIMES[low], "fall": curve[0] / curve[low], "peak": curve[at],
        "peak day": TIMES[at], "contraction": half_life(curve, TIMES[at] + 5, min(TIMES[at] + 20, TIMES[-1])),
        "persistence": half_life(curve, 90.0, 180.0),
    }  # fmt: skip


@cache
def tried() -> pd.DataFrame:
    """Every responder's fit at every k21, with and without loss of infused cells: which phases it shows."""
    names = list(fits("cr", "pr")["vector"])
    plan = [(v, k, loss) for v in names for k in TRIED for loss in (False, True)]
    result = run(*(list(column) for column in zip(*plan, strict=True)))
    table = pd.DataFrame([phases(level(result, i)) for i in range(len(plan))])
    table.insert(0, "vector", [v for v, *_ in plan])
    table.insert(1, "k21", [k for _, k, _ in plan])
    table.insert(2, "loss", [loss for *_, loss in plan])
    return table.assign(
        distribution=(table["fall"] >= FALL) & (table["trough"] < LIMIT_CELLS),
        expansion=table["peak day"].between(*PEAK_DAYS) & (table["peak"] >= ABOVE * LIMIT_CELLS),
        rapid=table["contraction"] <= RAPID,
        slow=(table["persistence"] >= SLOW) & (table["persistence"] >= 3 * table["contraction"]),
    )


def panel_1d() -> Panel:
    """Distribution, expansion, contraction, persistence."""
    result = run([SHOWN, PAPERS_OWN], [SHOWN_K21, ITS_K21], [False, False])
    shown, own = level(result, 0), level(result, 1)
    found, its = phases(shown), phases(own)
    figure, (axes,) = new_figure(width=6.0, height=3.6)
    axes.plot(TIMES, shown, color=COLOURS[0], label=f"fit {SHOWN}, k21 = {SHOWN_K21:g}/d")
    named = f"fit {PAPERS_OWN}, the paper's vector, k21 = {ITS_K21:g}/d"
    axes.plot(TIMES, own, color=COLOURS[1], linestyle="--", label=named)
    plot_limit(axes, LIMIT_CELLS, "limit of quantification")
    ends = (0.0, found["trough day"], found["peak day"], found["peak day"] + 30.0, float(TIMES[-1]))
    for k, name in enumerate(("distribution", "expansion", "contraction", "persistence")):
        axes.axvspan(ends[k], ends[k + 1], color=MUTED, alpha=0.18 if k % 2 == 0 else 0.06, linewidth=0)
        middle = (ends[k] + ends[k + 1]) / 2
        axes.text(middle, 230, name, fontsize=7.5, rotation=90 if k < 3 else 0, va="top", ha="center")
    axes.set(yscale="log", ylim=(0.05, 300), xlim=(0, 180), xlabel="time (days)", ylabel="CAR-T in blood (cells/uL)")
    axes.legend(loc="lower left", bbox_to_anchor=(0.3, 0.68), fontsize=7)
    every = tried()
    four = every[["distribution", "expansion", "rapid", "slow"]].all(axis=1)
    values = {
        "late CMAX (cells/uL)": result.metric("car_t_blood", "CMAX")[1],
        "late TMAX (d)": result.metric("car_t_blood", "TMAX")[1],
        f"{SHOWN}: day of the peak": found["peak day"], f"{SHOWN}: contraction half-life (d)": found["contraction"],
        f"{SHOWN}: persistence half-life (d)": found["persistence"], f"{SHOWN}: fall before expansion, fold": found["fall"],
        f"{PAPERS_OWN}: contraction half-life (d)": its["contraction"], "runs tried": float(len(every)),
        "runs with all four phases": float(four.sum()),
        "runs of the paper's vector with all four phases": float(four[every["vector"] == PAPERS_OWN].sum()),
    }  # fmt: skip
    caption = (
        f"Blue: fit {SHOWN} of Kirouac 2023 with distribution into tissue (k12 6/d, k21 {SHOWN_K21:g}/d, no "
        "loss of infused "
        f"cells): the level falls {found['fall']:.0f}-fold to {found['trough']:.2g} cells/uL by day "
        f"{found['trough day']:.0f}, "
        f"peaks at {found['peak']:.0f} on day {found['peak day']:.0f}, falls with a half-life of "
        f"{found['contraction']:.1f} d "
        f"and later of {found['persistence']:.0f} d.",
        f"Dashed: the paper's own vector (CR1) at k21 = {ITS_K21:g}/d peaks on day {its['peak day']:.0f} and "
        "then falls with a "
        f"half-life of {its['contraction']:.0f} d: no rapid contraction. Of {len(every)} runs (24 fits of "
        "responders, five "
        f"k21, with and without loss) {int(four.sum())} show all four phases as we put them into numbers (a "
        f"fall of {FALL:g}-fold "
        f"below the limit, a peak between days {PEAK_DAYS[0]:g} and {PEAK_DAYS[1]:g} of {ABOVE:g} times the "
        "limit, half-lives of "
        f"at most {RAPID:g} d and then at least {SLOW:g} d); of the paper's vector "
        f"{int(four[every['vector'] == PAPERS_OWN].sum())} of {int((every['vector'] == PAPERS_OWN).sum())}.",
        "Infused cells that have not engrafted are counted as in blood here, in 5 L; the model's own output "
        "leaves them out. "
        "The end of contraction is drawn 30 days after the peak.",
    )
    curves = {SHOWN: shown, PAPERS_OWN: own}
    data = pd.concat(
        [pd.DataFrame({"time_d": TIMES, "value_cells_per_ul": y, "vector": v}) for v, y in curves.items()]
    )
    return Panel("1D", "Four phases of CAR-T kinetics", caption, figure, data, values)
