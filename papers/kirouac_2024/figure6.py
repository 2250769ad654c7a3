"""Figure 6: allogeneic rejection. Simulations only: the clinical points are not public as numbers.

Digitised points of a user go into user_points/ucart19.csv and user_points/ft819.csv and then appear in 6A, 6B
and 6D.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from livingdrug.models import get_model
from livingdrug.plots import COLOURS, MUTED, new_figure, plot_bands, plot_curve, plot_limit, sequence
from livingdrug.simulation import draw_subjects, simulate
from papers.kirouac_2024.ensemble import SEEDS, exposure_response, grid, probability, published, random_patients
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
        "The paper says that the model was tuned to match the medians of the two groups, yet with the "
        "printed values the "
        f"persister peaks at {values['CMAX (cells/uL), persister']:.1f} cells/uL, below the 10 to 1,000 that "
        "its own Table 1 gives "
        "for responders to UCART19, and passes under the limit before day 30. Nothing was tuned here.",
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
    apart = float(np.abs(results["non-persister"].curve("host_t") / results["persister"].curve("host_t") - 1).max())
    values["largest relative difference of host T cells between the groups"] = apart
    caption = (
        "0.5 cells/uL left, recovery 0.35/d; as printed, host T cells do not reach a plateau.",
        f"The two curves lie within {100 * apart:.1f} % of each other: host cells kill CAR-T cells and lose "
        "nothing by it, and the "
        "CAR-T cells that compete with them are few. In this model recovery cannot tell persisters from "
        "non-persisters.",
    )
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
    """AUC60 of Kymriah in two models and of the two allogeneic groups; then what each step between them is."""
    area = _kymriah_area()
    fits = published()
    groups = {name: r.metric("car_t_blood", "AUC")[0] for name, r in _groups(np.array([0.0, 60.0])).items()}
    same = simulate(mechanistic(), regimen=[1e8], until=60.0, times=[60.0]).metric("car_t_blood", "AUC")[0]
    figure, (left, right) = new_figure(2, 4.6, 3.7)
    _draw_products(left, area, fits, groups)
    medians = {f"{g.upper()} fits": float(fits.loc[fits["group"] == g, "auc"].median()) for g in ("cr", "pr", "nr")}
    steps = {
        "Kymriah, Stein\n2019 x 0.05": float(np.median(area)),
        "Kymriah, Kirouac\n2023, CR1": same,
        "with host T cells\n(persister)": groups["persister"],
        "and rejection\n(non-persister)": groups["non-persister"],
    }
    _draw_steps(right, steps)
    levels = (2.5, 25, 50, 75, 97.5)
    rows = [("Kymriah, Stein 2019 x 0.05", f"p{p:g}", v) for p, v in zip(levels, np.percentile(area, levels), strict=True)]
    rows += [(name, "median", value) for name, value in medians.items()]
    rows += [(name.replace("\n", " "), "value", value) for name, value in steps.items()]
    first, second, third, last = steps.values()
    values = {f"AUC60, {name}": value for name, value in groups.items()} | {
        "AUC60, Kymriah by Stein x 0.05, median": first,
        "AUC60, Kymriah by Kirouac 2023 (CR1)": second,
        "AUC60, Kymriah by Kirouac 2023, median of CR fits": medians["CR fits"],
        "two models of one drug: Stein over CR1": first / second,
        "two models of one drug: Stein over median of CR fits": first / medians["CR fits"],
        "host T cells: CR1 over persister": second / third,
        "rejection: persister over non-persister": third / last,
    }
    caption = (
        "Left: exposures as they come. The paper sets simulated Kymriah in copies/ug x 0.05 beside an "
        "allogeneic model in cells "
        "divided by 5 L of blood: two scales.",
        f"Right: the same as steps. Of the {first / third:.0f}-fold between Kymriah and the persister "
        f"{first / second:.0f}-fold "
        f"({first / medians['CR fits']:.0f}-fold against the median of the CR fits) is one drug in two "
        "models (B-ALL, copies/ug x 0.05; CLL, cells over 5 L), no difference of products; "
        f"host T cells take {second / third:.1f}-fold, rejection another {third / last:.0f}-fold. Compare "
        "products within the "
        "right three bars only. The paper's UCART19 and FT819 data are not public as numbers.",
    )
    data = pd.DataFrame(rows, columns=["group", "statistic", "auc60_d_cells_per_ul"])
    return Panel("6E", "Exposure to day 60", caption, figure, data, values, "simulation only")


def _kymriah_area() -> np.ndarray:
    """AUC60 of 1,000 patients of Stein 2019 in d*cells/uL by the paper's conversion."""
    model = get_model("stein_2019")
    result = simulate(model, draw_subjects(model, 1000, SEED), until=60.0, times=[60.0])
    area = result.metric("transgene", "AUC") * COPIES_TO_CELLS
    return area[np.isfinite(area)]


def _draw_products(axes, area: np.ndarray, fits: pd.DataFrame, groups: dict[str, float]) -> None:
    axes.boxplot([area], positions=[0], widths=0.5, showfliers=False, medianprops={"color": COLOURS[0]})
    for i, (group, colour) in enumerate(zip(("cr", "pr", "nr"), (COLOURS[2], COLOURS[4], MUTED), strict=True), start=1):
        own = fits.loc[fits["group"] == group, "auc"]
        axes.plot(np.linspace(i - 0.2, i + 0.2, len(own)), own, "o", color=colour, markersize=3)
    for i, (value, colour) in enumerate(zip(groups.values(), COLOURS, strict=False), start=4):
        axes.plot([i], [value], "s", color=colour)
    names = ("Stein\nx 0.05", "CR\nfits", "PR\nfits", "NR\nfits", "persis-\nter", "non-\npersister")
    axes.set_xticks(range(6), names, fontsize=7.5)
    axes.axvline(0.5, color=MUTED, linestyle=":", linewidth=1)
    axes.set(yscale="log", ylabel="AUC0-60 (d*cells/uL)", xlim=(-0.6, 5.6), title="as they come: two scales")


def _draw_steps(axes, steps: dict[str, float]) -> None:
    heights = list(steps.values())
    colours = (MUTED, COLOURS[2], COLOURS[0], COLOURS[1])
    axes.bar(range(len(heights)), heights, color=colours, width=0.6, bottom=0)
    words = ("other model", "host T cells", "rejection")
    for i, word in enumerate(words):
        axes.text(i + 1, heights[i + 1] * 1.2, f"{word}: / {heights[i] / heights[i + 1]:.1f}", ha="center", fontsize=7.5)
    axes.set_xticks(range(len(heights)), list(steps), fontsize=6.5)
    axes.set(yscale="log", ylim=(0.5, 3e4), ylabel="AUC0-60 (d*cells/uL)", title="step by step")


def panel_6f() -> Panel:
    """Exposure-response from the 36 published fits, and where the allogeneic exposures lie on it."""
    patients = grid()
    slope, ec50 = exposure_response(patients)
    drawn = np.array([exposure_response(random_patients(seed)) for seed in SEEDS])
    exposure = np.geomspace(0.1, 1e4, 200)
    groups = {name: r.metric("car_t_blood", "AUC")[0] for name, r in _groups(np.array([0.0, 60.0])).items()}
    figure, (axes,) = new_figure(width=5.4, height=3.7)
    many = np.array([probability(exposure, *pair) for pair in drawn])
    axes.fill_between(exposure, many.min(axis=0), many.max(axis=0), color=COLOURS[0], alpha=0.2, linewidth=0,
                      label=f"{len(drawn)} random draws")  # fmt: skip
    axes.semilogx(exposure, probability(exposure, slope, ec50), color=COLOURS[0], label="response, 432 virtual patients")
    for (name, value), colour in zip(groups.items(), COLOURS[1:], strict=False):
        axes.plot([value], [probability(value, slope, ec50)], "s", color=colour, label=name)
    for i, (group, colour) in enumerate(zip(("cr", "pr", "nr"), (COLOURS[2], COLOURS[4], MUTED), strict=True)):
        own = patients.loc[patients["group"] == group, "auc"]
        axes.plot(own, np.full(len(own), -0.05 - 0.05 * i), "|", color=colour, markersize=5)
        axes.text(0.045, -0.05 - 0.05 * i, group.upper(), fontsize=7, color=colour, va="center")
    axes.set(xlabel="AUC0-60 (d*cells/uL)", ylabel="probability of response", ylim=(-0.2, 1.02), xlim=(0.04, 1e4))
    axes.legend(loc="upper left", fontsize=7.5)
    data = pd.DataFrame({"auc60": exposure, "probability": probability(exposure, slope, ec50), "unit": "d*cells/uL"})
    return Panel("6F", "Exposure-response in CLL", _words_6f(slope, ec50, drawn, groups), figure, data,
                 _values_6f(patients, slope, ec50, drawn, groups), "simulated from 36 published fits")  # fmt: skip


def _values_6f(
    patients: pd.DataFrame, slope: float, ec50: float, drawn: np.ndarray, groups: dict[str, float]
) -> dict[str, float]:
    off = (patients["auc"] / patients["reference"] - 1).abs()
    return {
        "slope on ln AUC60": slope, "EC50 (d*cells/uL)": ec50,
        **{f"P(response), {name}": float(probability(value, slope, ec50)) for name, value in groups.items()},
        "largest relative difference of AUC60 from the reference, 432 patients": float(off.max()),
        "slope, mean of 12 seeds": float(drawn[:, 0].mean()), "slope, SD of 12 seeds": float(drawn[:, 0].std(ddof=1)),
        "EC50, mean of 12 seeds": float(drawn[:, 1].mean()), "EC50, SD of 12 seeds": float(drawn[:, 1].std(ddof=1)),
    }  # fmt: skip


def _words_6f(slope: float, ec50: float, drawn: np.ndarray, groups: dict[str, float]) -> tuple[str, ...]:
    at = {name: float(probability(value, slope, ec50)) for name, value in groups.items()}
    return (
        "Computed from the 36 published fits of Kirouac 2023 (12 each of complete, partial and no response), "
        "each at 3 doses "
        "(1e7 to 1e9) and 4 burdens (8.5e8 to 2.7e10 cells), weighted as the 8, 5 and 25 patients of the "
        "study; a responder is a "
        f"CR or PR fit. Logistic on ln AUC0-60: slope {slope:.3f}, EC50 {ec50:.1f} d*cells/uL; over 12 "
        "random draws of dose and "
        f"burden {drawn[:, 0].mean():.3f} (SD {drawn[:, 0].std(ddof=1):.3f}) and {drawn[:, 1].mean():.1f} "
        f"({drawn[:, 1].std(ddof=1):.1f}).",
        f"The persister has a probability of response of {at['persister']:.3f}, the non-persister of "
        f"{at['non-persister']:.3f}. Marks below: AUC of the virtual patients of each group. The response "
        "belongs to the fit, so "
        "the curve says how exposure goes with response over these fits, not what exposure does. The "
        "digitised FT819 and UCART19 "
        "exposures of the paper are not public.",
    )


PANELS = (panel_6a, panel_6b, panel_6c, panel_6d, panel_6e, panel_6f)
