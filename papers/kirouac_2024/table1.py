"""Table 1: expansion ratios recomputed from the printed doses and peaks."""

from pathlib import Path

import numpy as np
import pandas as pd

from livingdrug.plots import COLOURS, new_figure
from papers.kirouac_2024.panel import Panel

PRINTED = Path(__file__).parent / "table1.csv"
ROUNDING = 1.2  # printed ratios are rounded to one digit: 1.79 as 2, 1/11 as 1/10


def recompute() -> pd.DataFrame:
    """Printed rows with CMAX x blood volume / dose, and whether the printed ratio follows from the printed
    dose."""
    table = pd.read_csv(PRINTED)
    for end in ("low", "high"):
        table[f"ratio_{end}"] = (
            table[f"cmax_{end}_cells_per_uL"] * table["blood_volume_uL"] / table["dose_cells"]
        )
        off = table[f"printed_{end}"] / table[f"ratio_{end}"]
        table[f"printed_over_recomputed_{end}"] = off
        table[f"consistent_{end}"] = off.isna() | off.between(1 / ROUNDING, ROUNDING)
    table["verdict"] = np.where(
        table["consistent_low"] & table["consistent_high"], "follows", "does not follow"
    )
    return table.drop(columns=["consistent_low", "consistent_high"])


def panel_table1() -> Panel:
    """Ratios printed and recomputed."""
    table = recompute()
    figure, (axes,) = new_figure(1, 6.4, 4.2)
    y = np.arange(len(table))[::-1]
    for end in ("low", "high"):
        axes.plot(
            table[f"printed_{end}"], y, "o", color=COLOURS[1], label="printed" if end == "high" else None
        )
        axes.plot(
            table[f"ratio_{end}"], y, "x", color=COLOURS[0], label="recomputed" if end == "high" else None
        )
    axes.set_yticks(y, table["product"] + ", " + table["indication"])
    axes.set(xscale="log", xlabel="expansion ratio (CMAX x blood volume / dose)")
    axes.legend()
    values = {}
    for _, row in table.iterrows():
        for end in ("low", "high"):
            if np.isfinite(row[f"ratio_{end}"]):
                values[f"{row['product']}, {row['indication']}: ratio {end}"] = row[f"ratio_{end}"]
    values["rows that do not follow from their dose"] = float((table["verdict"] == "does not follow").sum())
    caption = (
        "Five rows do not follow from their printed dose; each follows from another one (see the remarks).",
    )
    return Panel("T1", "Table 1: expansion ratios", caption, figure, table, values)


PANELS = (panel_table1,)
