"""What drives the exposure, with a number."""

from collections.abc import Iterator

import numpy as np

from livingdrug.report import Answer, Picture, Table, cell, model_card
from livingdrug.sensitivity import Sensitivity, sentences
from livingdrug.workflows.sensitivity.spec import SensitivityScenario


def answer(scenario: SensitivityScenario, found: Sensitivity) -> Answer:
    """The strongest inputs first."""
    model = scenario.built()
    what = f"{'the logarithm of ' if found.log else ''}{found.metric} of {found.output}"
    inputs = tuple((i.name, i.words()) for i in found.inputs)
    return Answer(
        title=f"Sensitivity of {what} in {found.model}",
        question=f"Which parameter drives {what}?",
        sentences=tuple(sentences(found)),
        checks=(f"{found.method}, {found.runs:,} runs; inputs vary independently of each other",),
        tables=(_indices(found), Table("what varies", ("input", "how"), inputs, detail=True)),
        cards=(model_card(model),),
        seed=scenario.seed,
    )


def _indices(found: Sensitivity) -> Table:
    i, (first, second) = found.indices, found.indices.names
    value = i.total if found.method == "sobol" else np.abs(i.first)
    rows = []
    for k in np.argsort(-np.nan_to_num(value, nan=-1)):
        cells = [cell(float(i.first[k]), ends=(float(i.first_low[k]), float(i.first_high[k])))]
        if second:
            cells.append(cell(float(i.total[k]), ends=(float(i.total_low[k]), float(i.total_high[k]))))
        rows.append((found.groups[k], *cells))
    header = ("input", f"{first} (95 % CI)", *([f"{second} (95 % CI)"] if second else []))
    return Table("indices", header, tuple(rows))


def table(_: SensitivityScenario, found: Sensitivity):
    """A row for each input or group."""
    return found.table()


def files(_: SensitivityScenario, found: Sensitivity) -> dict:
    """Every run: the place of each input in the unit interval, and the result."""
    import pandas as pd

    frame = pd.DataFrame(found.x, columns=[i.name for i in found.inputs])
    return {"runs.csv": frame.assign(**{f"{'log ' if found.log else ''}{found.metric}": found.y})}


def figures(_: SensitivityScenario, found: Sensitivity) -> Iterator[tuple[Picture, object]]:
    """The indices as bars."""
    from livingdrug.plots import plot_sensitivity

    caption = f"{' and '.join(filter(None, found.indices.names))} of each input with 95 % intervals."
    yield Picture("sensitivity", caption), plot_sensitivity(found)
