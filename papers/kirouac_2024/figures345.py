"""Figures 3 to 5: responders, memory turnover, tissue distribution, lymphodepletion."""

import numpy as np
import pandas as pd

from livingdrug.models import get_model
from livingdrug.plots import COLOURS, MUTED, new_figure, plot_bands, plot_curve, plot_limit, sequence
from livingdrug.simulation import draw_subjects, simulate
from papers.kirouac_2024.panel import (
    LIMIT_CELLS,
    LIMIT_COPIES,
    SEED,
    Panel,
    band_rows,
    curve_rows,
    mechanistic,
)

TURNOVER = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0)
RETURN = (0.006, 0.06, 0.6, 6.0, 60.0, 600.0)  # the last five span the paper's four decades; values are not printed
DEPLETION = (0.05, 0.5, 5.0, 50.0, 500.0)
RECOVERY = (0.03, 0.1, 0.3, 1.0, 3.0)
DAYS = np.linspace(0, 60, 241)


def panel_3a() -> Panel:
    """Responders against non-responders in the Kymriah population model, R0 held."""
    model = get_model("stein_2019")
    start = model.typical["c_max"] / model.typical["fold"]
    times = np.linspace(0, 60, 121)
    figure, (axes,) = new_figure()
    rows, values = [], {}
    for (name, peak), colour in zip((("responders", 1e5), ("non-responders", 1e3)), COLOURS, strict=False):
        # R0 = CMAX / fold is kept, so the fold expansion differs as well
        group = model.with_values(c_max=peak, fold=peak / start)
        result = simulate(group, draw_subjects(group, 1000, SEED), times=times)
        plot_bands(axes, result, "transgene", colour=colour, label=f"{name}, median")
        typical = simulate(group, until=60.0)
        values[f"typical CMAX, {name}"] = typical.metric("transgene", "CMAX")[0]
        rows.append(band_rows(result, "transgene", group=name))
    plot_limit(axes, LIMIT_COPIES, "50 copies/ug")
    axes.set_ylim(0.1, 1e7)
    handles, labels = axes.get_legend_handles_labels()
    keep = [i for i, text in enumerate(labels) if "%" not in text]
    axes.legend([handles[i] for i in keep], [labels[i] for i in keep])
    values["CMAX ratio, responders to non-responders, US label"] = 34_700.0 / 20_000.0
    caption = (
        "The paper's scenario: CMAX 1e5 against 1e3 copies/ug with R0 held. Bands: central 50, 80, 95 % of "
        "1,000 patients.",
        "The product's US label gives 34,700 (62 responders) against 20,000 (8 non-responders): 1.7-fold, "
        "not 100-fold.",
    )
    return Panel("3A", "Responders and non-responders", caption, figure, pd.concat(rows), values)


def _two_axes(results: dict[str, object], untreated, legend: str, other: str, other_label: str):
    """CAR-T in blood on the left, another output on the right, one colour a run."""
    figure, (left, right) = new_figure(2, 4.1)
    for (name, result), colour in zip(results.items(), sequence(len(results)), strict=True):
        plot_curve(left, result, "car_t_blood", label=name, colour=colour)
        plot_curve(right, result, other, colour=colour)
    plot_limit(left, LIMIT_CELLS, "limit")
    left.legend(title=legend, ncols=2, fontsize=7)
    if untreated is not None:
        plot_curve(right, untreated, other, label="untreated", colour=MUTED, linestyle=":")
        right.legend()
    right.set_ylabel(other_label)
    return figure, left, right


def panel_3b() -> Panel:
    """Memory turnover from 0.1 to 2 times CR1."""
    base = mechanistic().typical["mu_memory"]
    results, values, rows = {}, {}, []
    for fold in TURNOVER:
        result = simulate(mechanistic(mu_memory=base * fold), regimen=[1e8], times=DAYS, until=60.0)
        # at twice the turnover memory keeps growing and the peak lies beyond day 60
        longer = simulate(mechanistic(mu_memory=base * fold), regimen=[1e8], times=[28.0, 365.0], until=365.0)
        results[f"{fold:g}"] = result
        rows.append(curve_rows(result, ("car_t_blood", "tumour"), turnover_fold=fold))
        values[f"muM x{fold:g}: CMAX (cells/uL)"] = longer.metric("car_t_blood", "CMAX")[0]
        values[f"muM x{fold:g}: TMAX (d)"] = longer.metric("car_t_blood", "TMAX")[0]
        values[f"muM x{fold:g}: AUC60"] = result.metric("car_t_blood", "AUC")[0]
        values[f"muM x{fold:g}: level on day 60"] = result.curve("car_t_blood")[-1]
    untreated = simulate(mechanistic(), regimen=[0.0], times=DAYS)
    figure, left, _ = _two_axes(results, untreated, "turnover, fold", "tumour", "tumour (cells)")
    left.set_ylim(1e-2, 1e5)
    left.legend(title="turnover, fold", ncols=4, fontsize=7, loc="upper center")
    caption = (
        "kirouac_2023, vector CR1, memory turnover 0.1 to 2 times its value: a 20-fold range spans "
        "1,600-fold in CMAX.",
        "At twofold turnover memory outgrows its death once antigen is low and there is no contraction by "
        "day 60.",
        "CR1 has a tumour capacity below its burden, so the tumour falls without treatment as well (dotted).",
    )
    return Panel("3B", "Memory turnover", caption, figure, pd.concat(rows), values)


def _fall_and_return(times: np.ndarray, curve: np.ndarray, key: str) -> dict[str, float]:
    """The lowest level after the first peak, and the highest one after that."""
    first = int(np.argmax(np.where(times <= 1.0, curve, 0)))
    lowest = first + int(np.argmin(curve[first : int(np.searchsorted(times, 40.0))]))
    return {f"{key}: lowest": float(curve[lowest]), f"{key}: return to": float(curve[lowest:].max())}


def panel_4b() -> Panel:
    """Return from tissue over five orders of magnitude; infused cells lost to distribution only, and with
    loss."""
    times = np.unique(np.concatenate([np.geomspace(0.005, 1, 60), np.linspace(1, 10, 181), np.linspace(10, 100, 361)]))
    fitted = mechanistic().typical["k_loss"]
    figure, axes = new_figure(2, 4.1)
    values, rows = {}, []
    for ax, (loss, title) in zip(
        axes, ((0.0, "no loss of infused cells"), (fitted, "fitted loss beside it")), strict=True
    ):
        for k21, colour in zip(RETURN, sequence(len(RETURN)), strict=True):
            model = mechanistic("tissue", k21=k21, k_loss=loss)
            result = simulate(model, regimen=[1e8], times=times, until=365.0)
            to_60 = simulate(model, regimen=[1e8], times=[60.0], until=60.0)
            beyond = k21 < RETURN[-1] / 1e4
            plot_curve(ax, result, "car_t_blood", label=f"{k21:g}", colour=colour, linestyle=":" if beyond else "-")
            key = f"k21 {k21:g}, {'no loss' if loss == 0 else 'fitted loss'}"
            values[f"{key}: CMAX (cells/uL)"] = result.metric("car_t_blood", "CMAX")[0]
            values[f"{key}: TMAX (d)"] = result.metric("car_t_blood", "TMAX")[0]
            values[f"{key}: AUC60"] = to_60.metric("car_t_blood", "AUC")[0]
            values |= _fall_and_return(result.times, result.curve("car_t_blood"), key)
            rows.append(curve_rows(result, ("car_t_blood",), k21=k21, k_loss=loss))
        plot_limit(ax, LIMIT_CELLS, "limit")
        ax.set(title=title, ylim=(1e-5, 3e3))
    axes[1].legend(title="k21 (1/d)", ncols=2, fontsize=7, loc="upper right")
    printed = simulate(mechanistic("tissue_as_printed", k21=6.0, k_loss=0.0), regimen=[1e8], times=[28.0], until=365.0)
    values["k21 6, no loss, delay as printed: CMAX (cells/uL)"] = printed.metric("car_t_blood", "CMAX")[0]
    lows, highs = ([values[f"k21 {k:g}, fitted loss: {word}"] for k in RETURN[3:]] for word in ("lowest", "return to"))
    caption = (
        "k12 = 6/d; return from tissue (k21) is switched on around day 12. Left: distribution in place of "
        "the model's loss of "
        "infused cells; right: with the fitted loss beside it. Whether the authors kept that loss is not "
        "stated.",
        "Both disappear and return as in 1D: with the fitted loss, for k21 of 6 to 600/d, the level falls to "
        f"{min(lows):.2g} to {max(lows):.2g} cells/uL and returns to {min(highs):.2g} to {max(highs):.2g}. "
        "What differs is that "
        "there the first peak (0.05) lies below the limit already.",
        "The paper sweeps four decades without printing values; 0.06 to 600/d are four, 0.006 (dotted) is "
        "one more.",
        "The printed exponent TD50^-k gives no delay, and a peak of "
        f"{values['k21 6, no loss, delay as printed: CMAX (cells/uL)']:.0f} instead of "
        f"{values['k21 6, no loss: CMAX (cells/uL)']:.0f} cells/uL at k21 = 6; the corrected sign is used "
        "(fragment "
        "tissue_as_printed keeps the printed one).",
    )
    return Panel("4B", "Tissue distribution", caption, figure, pd.concat(rows), values)


def _host_sweep(name: str, title: str, sweep: dict[str, dict[str, float]], caption: tuple[str, ...]) -> Panel:
    results, values, rows = {}, {}, []
    for label, changes in sweep.items():
        result = simulate(mechanistic("host_competition", **changes), regimen=[1e8], times=DAYS)
        results[label] = result
        key = ", ".join(f"{n} {v:g}" for n, v in changes.items())
        for metric, unit in (("CMAX", " (cells/uL)"), ("TMAX", " (d)"), ("AUC", "")):
            values[f"{key}: {metric if unit else 'AUC60'}{unit}"] = result.metric("car_t_blood", metric)[0]
        rows.append(curve_rows(result, ("car_t_blood", "host_t"), **changes))
    legend = "cells/uL left" if name == "5A" else "recovery (1/d)"
    figure, left, right = _two_axes(results, None, legend, "host_t", "host T cells in blood (cells/uL)")
    left.set_ylim(1e-2, 1e2)
    right.set_ylim(1e-2, 1e4)
    return Panel(name, title, caption, figure, pd.concat(rows), values)


def panel_5a() -> Panel:
    """Depth of lymphodepletion."""
    caption = (
        "Host T cells left after lymphodepletion from 0.05 to 500 cells/uL (four orders of magnitude; the "
        "paper says three), recovery 0.35/d. As printed, host cells do not saturate: they go on growing at "
        "17.5 cells/uL/d.",
    )
    sweep = {f"{left:g}": {"host_0": left} for left in DEPLETION}
    return _host_sweep("5A", "Depth of lymphodepletion", sweep, caption)


def panel_5b() -> Panel:
    """Speed of host recovery."""
    caption = ("0.5 host cells/uL left; recovery from 0.03 to 3 per day.",)
    return _host_sweep(
        "5B", "Speed of host recovery", {f"{mu:g}": {"mu_host": mu} for mu in RECOVERY}, caption
    )


PANELS = (panel_3a, panel_3b, panel_4b, panel_5a, panel_5b)
