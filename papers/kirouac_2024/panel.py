"""What every panel returns, and the numbers that several panels share."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from livingdrug.models import Model, get_fragment, get_model
from livingdrug.simulation import Result

COPIES_TO_CELLS = 0.05  # cells/uL per copy/ug: Kirouac 2024 Methods, estimated there from Kalos 2011
LIMIT_COPIES = 50.0  # copies/ug: persistence limit of the tisagenlecleucel assay (facts: Awasthi 2025)
LIMIT_CELLS = LIMIT_COPIES * COPIES_TO_CELLS  # the same through the paper's bridge
SEED = 2024


@dataclass(frozen=True)
class Panel:
    """A drawn panel: its picture, its data and the numbers that are compared with targets.csv.

    values: quantity -> number; label: shown beside the title where something is synthetic.
    """

    name: str
    title: str
    caption: tuple[str, ...]
    figure: object
    data: pd.DataFrame
    values: dict[str, float] = field(default_factory=dict)
    label: str = ""


def mechanistic(*fragments: str, **values: float) -> Model:
    """kirouac_2023 (vector CR1) with fragments and changed values."""
    model = get_model("kirouac_2023")
    for name in fragments:
        model = model + get_fragment(name)
    return model.with_values(values)


def curve_rows(result: Result, outputs: tuple[str, ...], **settings) -> pd.DataFrame:
    """Long rows of one subject's curves, with the settings of the run as columns."""
    frames = []
    for output in outputs:
        unit = result.unit_of(output)
        frame = pd.DataFrame({"time": result.times, "time_unit": result.time_unit, "output": output})
        frames.append(frame.assign(value=result.curve(output), unit=unit, **settings))
    return pd.concat(frames, ignore_index=True)


def band_rows(result: Result, output: str, **settings) -> pd.DataFrame:
    """Percentiles of a population at each time."""
    levels = (2.5, 10, 25, 50, 75, 90, 97.5)
    table = pd.DataFrame(
        {f"p{level:g}": row for level, row in zip(levels, result.percentiles(output, levels), strict=True)}
    )
    table.insert(0, "time", result.times)
    return table.assign(time_unit=result.time_unit, output=output, unit=result.unit_of(output), **settings)


def daily_auc(result: Result, output: str) -> np.ndarray:
    """Linear trapezoid over the requested (daily) times, as the paper samples; shape (n,)."""
    return np.trapezoid(result.values[:, result.outputs.index(output)], result.times, axis=1)


def finite(values: np.ndarray) -> np.ndarray:
    """Without the subjects that were not computed."""
    return values[np.isfinite(values)]
