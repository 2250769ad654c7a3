"""Figure 7B-D: the serial re-stimulation assay under changed killing, proliferation and exhaustion."""

import numpy as np
import pandas as pd

from livingdrug.models import get_model
from livingdrug.plots import new_figure, plot_curve, sequence
from livingdrug.simulation import simulate
from papers.kirouac_2024.panel import Panel, curve_rows

THIRD = 1 / 3
SWEEPS = {
    "7B": ("k_kill", "kappa", "cytotoxicity", (THIRD, 0.5, 1.0, 2.0, 3.0)),
    "7C": ("k_proliferation", "gamma", "proliferation", (THIRD, 0.5, 1.0, 2.0, 3.0)),
    "7D": ("k_exhaustion", "nu", "exhaustion", (0.5, 1.0, 3.0, 5.0, 7.0)),
}
ADDED = [(24.0, 5000.0), (48.0, 5000.0)]


def _panel(name: str) -> Panel:
    quantity, symbol, meaning, folds = SWEEPS[name]
    model = get_model("carrgo_restimulation")
    times = np.linspace(0, 72, 289)
    figure, (left, right) = new_figure(2, 3.9)
    values, rows = {}, []
    for fold, colour in zip(folds, sequence(len(folds)), strict=True):
        changed = model.with_values({quantity: model.typical[quantity] * fold})
        result = simulate(changed, regimen=ADDED, times=times)
        plot_curve(left, result, "tumour", label=f"{fold:.2g}", colour=colour)
        plot_curve(right, result, "car_t", colour=colour)
        for hour in (24, 48, 72):
            at = int(np.flatnonzero(times == hour)[0])
            values[f"{symbol} x{fold:.6g}: T at {hour} h"] = result.curve("tumour")[at]
        values[f"{symbol} x{fold:.6g}: E at 72 h"] = result.curve("car_t")[-1]
        rows.append(curve_rows(result, ("tumour", "car_t"), fold=fold))
    alone = simulate(model.with_values(k_kill=0.0), regimen=ADDED, times=times)
    plot_curve(left, alone, "tumour", label="no killing", colour="#777777", linestyle=":")
    left.set(ylabel="tumour (cells)", ylim=(1e-1, 1e5))
    right.set_ylabel("CAR-T (cells)")
    left.legend(title=f"{meaning}, fold", ncols=2, fontsize=7)
    caption = (
        "5,000 tumour cells are added at 24 and 48 h; a value at an addition is the one just before it. "
        "Dotted: no killing.",
        "Curves below 0.1 cells leave the picture: in a well they mean none.",
    )
    return Panel(name, f"Re-stimulation: {meaning}", caption, figure, pd.concat(rows), values)


def panel_7b() -> Panel:
    """Killing rate."""
    return _panel("7B")


def panel_7c() -> Panel:
    """Proliferation rate."""
    return _panel("7C")


def panel_7d() -> Panel:
    """Exhaustion rate."""
    return _panel("7D")


PANELS = (panel_7b, panel_7c, panel_7d)
