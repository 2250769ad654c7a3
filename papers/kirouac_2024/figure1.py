"""Figure 1: principles of pharmacology on a small molecule, the four phases, the Kymriah population model."""

import numpy as np
import pandas as pd

from livingdrug.models import get_model
from livingdrug.plots import COLOURS, new_figure, plot_bands, plot_curve, plot_limit, sequence
from livingdrug.response import logistic
from livingdrug.simulation import Result, draw_subjects, simulate
from papers.kirouac_2024.figure1d import panel_1d
from papers.kirouac_2024.panel import (
    COPIES_TO_CELLS,
    LIMIT_COPIES,
    SEED,
    Panel,
    band_rows,
    curve_rows,
    daily_auc,
    finite,
)

SYNTHETIC = "synthetic parameters: the paper prints none"


def panel_1a() -> Panel:
    """Concentration of a small molecule with its exposure metrics."""
    model = get_model("two_compartment_hill")
    result = simulate(model, regimen=[10.0], times=np.linspace(0, 14, 281))
    long_run = simulate(model, regimen=[10.0], until=200.0)
    peak, at = (result.metric("concentration", m)[0] for m in ("CMAX", "TMAX"))
    figure, (axes,) = new_figure()
    plot_curve(axes, result, "concentration", label="dose 10")
    axes.set_yscale("linear")
    axes.fill_between(result.times, result.curve("concentration"), color=COLOURS[0], alpha=0.15, label="AUC")
    axes.plot([at], [peak], "o", color=COLOURS[1], label="CMAX at TMAX")
    axes.set_ylabel("concentration (arbitrary units)")
    axes.legend()
    values = {"AUC to infinity": long_run.metric("concentration", "AUC")[0]}
    caption = ("A two-compartment drug with first-order absorption.",)
    return Panel(
        "1A",
        "Pharmacokinetic curve",
        caption,
        figure,
        curve_rows(result, ("concentration",)),
        values,
        SYNTHETIC,
    )


def panel_1b() -> Panel:
    """Hill curves of efficacy and toxicity and the window between them."""
    typical = get_model("two_compartment_hill").typical
    exposure = np.geomspace(0.1, 100, 200)
    figure, (axes,) = new_figure()
    rows = []
    for name, colour in (("efficacy", COLOURS[0]), ("toxicity", COLOURS[1])):
        effect = logistic(exposure, typical[f"ec50_{name}"], typical[f"n_{name}"])
        axes.semilogx(exposure, effect, color=colour, label=name)
        axes.axvline(typical[f"ec50_{name}"], color=colour, linestyle=":", linewidth=1)
        rows.append(pd.DataFrame({"concentration": exposure, "effect": effect, "kind": name}))
    ratio = typical["ec50_toxicity"] / typical["ec50_efficacy"]
    axes.set_xlabel("concentration (arbitrary units)")
    axes.set_ylabel("fraction of maximal effect")
    axes.legend(title=f"ratio of EC50 {ratio:g}")
    half = logistic(typical["ec50_efficacy"], typical["ec50_efficacy"], typical["n_efficacy"])
    values = {"therapeutic index": ratio, "efficacy at its EC50": float(half)}
    caption = ("Dotted lines: EC50 of efficacy and toxicity; their ratio is the therapeutic index.",)
    return Panel("1B", "Exposure-response", caption, figure, pd.concat(rows), values, SYNTHETIC)


def panel_1c() -> Panel:
    """Efficacy and toxicity over time for doses of 2 to 18, once a day for a week."""
    model = get_model("two_compartment_hill")
    times = np.linspace(0, 14, 561)
    doses = tuple(range(2, 19, 4))
    figure, axes = new_figure(2, 3.9)
    rows, peaks = [], {}
    for dose, colour in zip(doses, sequence(len(doses)), strict=True):
        result = simulate(model, regimen=[(float(day), float(dose)) for day in range(7)], times=times)
        peaks[dose] = result.metric("concentration", "CMAX")[0]
        rows.append(curve_rows(result, ("concentration", "efficacy", "toxicity"), dose=dose))
        for ax, output in zip(axes, ("efficacy", "toxicity"), strict=True):
            ax.plot(times, result.curve(output), color=colour, label=f"{dose}")
    for ax, output in zip(axes, ("efficacy", "toxicity"), strict=True):
        ax.set(xlabel="time (days)", ylabel=f"{output} (fraction of maximum)", ylim=(0, 1))
    axes[0].legend(title="daily dose")
    values = {"CMAX ratio of dose 18 to 2": peaks[18] / peaks[2]}
    caption = (
        "One dose a day for seven days. The dosing interval is ours; the paper prints the doses only.",
    )
    return Panel("1C", "Simulated dose levels", caption, figure, pd.concat(rows), values, SYNTHETIC)


def _between_patients(result: Result, spread: str) -> dict[str, float]:
    """How far 1,000 patients lie apart in their level on a day, and how many have few CAR-T cells after a year."""
    values = {}
    for day in (7.0, 28.0, 365.0):
        levels = finite(result.values[:, 0, int(np.argmin(np.abs(result.times - day)))])
        low, high = np.percentile(levels, (2.5, 97.5))
        values[f"log10 span of central 95 % level on day {day:g}, {spread}"] = float(np.log10(high / low))
    # the last level is that of day 365: CAR-T below 0.5 % of 1,000 T cells/uL
    values[f"patients below 5 cells/uL on day 365, {spread}"] = float((levels * COPIES_TO_CELLS < 5.0).mean())
    return values


def panel_1e() -> Panel:
    """The Kymriah population model for 1,000 virtual patients, both readings of the printed variability."""
    model = get_model("stein_2019")
    times = np.unique(np.concatenate([np.linspace(0, 30, 121), np.linspace(30, 365, 136)]))
    figure, axes = new_figure(2, 4.0)
    rows, values = [], {}
    for spread, ax in zip(("sd", "variance"), axes, strict=True):
        result = simulate(model, draw_subjects(model, 1000, SEED, spread), times=times)
        plot_bands(ax, result, "transgene")
        plot_limit(ax, LIMIT_COPIES, "50 copies/ug")
        ax.set(title=f"variability read as {'SD' if spread == 'sd' else 'variance'}", ylim=(1, 1e6))
        rows.append(band_rows(result, "transgene", spread=spread))
        values |= _between_patients(result, spread)
        grid = simulate(model, draw_subjects(model, 10_000, SEED, spread), times=np.arange(29.0))
        areas = finite(daily_auc(grid, "transgene"))
        values[f"log10 range of AUC28 of 1,000 patients, {spread}"] = float(np.ptp(np.log10(areas[:1000])))
        values[f"sd of ln AUC28, {spread}"] = float(np.std(np.log(areas), ddof=1))
        peaks = draw_subjects(model, 10_000, SEED, spread).values["c_max"]
        values[f"sd of ln CMAX, {spread}"] = float(np.std(np.log(peaks), ddof=1))
    axes[0].legend()
    for until in (28.0, 60.0, 365.0):
        values[f"typical AUC to day {until:g}"] = simulate(model, until=until).metric("transgene", "AUC")[0]
    days = [0.0, 1, 3, 5, 7, 9.3, 10, 14, 21, 28, 60, 90, 180, 365]
    curve = simulate(model, times=days).curve("transgene")
    values |= {f"typical level on day {day:g}": level for day, level in zip(days, curve, strict=True)}
    p = model.typical
    values["doubling time (d)"] = np.log(2) * p["t_max"] / np.log(p["fold"])
    values["initial half-life (d)"] = np.log(2) / p["alpha"]
    values["terminal half-life (d)"] = np.log(2) / p["beta"]
    caption = (
        "Tisagenlecleucel transgene in B-ALL (Stein 2019): median and central 50, 80 and 95 % of 1,000 "
        "virtual patients.",
        "Table 1 of Stein does not say whether its variabilities are SDs or variances; its standard errors only "
        "fit SDs (left). Kirouac 2024 reads them as variances (right).",
    )
    return Panel("1E", "Kymriah population model", caption, figure, pd.concat(rows), values)


PANELS = (panel_1a, panel_1b, panel_1c, panel_1d, panel_1e)
