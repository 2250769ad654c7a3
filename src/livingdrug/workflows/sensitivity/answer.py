"""What drives the exposure, with a number."""

from collections.abc import Iterator

import numpy as np

from livingdrug.report import Answer, Picture, Table, cell, model_card
from livingdrug.sensitivity import Sensitivity, Separation, rules, sentences, separation_sentences
from livingdrug.simulation import RISES, infusate_words
from livingdrug.workflows.sensitivity.spec import SensitivityScenario
from livingdrug.workflows.shared_fields import built

PEAKS = ("CMAX", "TMAX")


def answer(scenario: SensitivityScenario, found: Sensitivity | Separation) -> Answer:
    """The strongest inputs first."""
    if isinstance(found, Separation):
        return _separated(scenario, found)
    model = built(scenario)
    what = f"{'the logarithm of ' if found.log else ''}{found.metric} of {found.output}"
    inputs = tuple((i.name, i.words()) for i in found.inputs)
    return Answer(
        title=f"Sensitivity of {what} in {found.model}",
        question=f"Which parameter drives {what}?",
        sentences=tuple(sentences(found)),
        flags=tuple(_of_infusate(found)),
        checks=(f"{found.method}, {found.runs:,} runs; inputs vary independently of each other",),
        tables=(_indices(found), Table("what varies", ("input", "how"), inputs, detail=True)),
        cards=(model_card(model),),
        seed=scenario.seed,
    )


def _of_infusate(found: Sensitivity) -> Iterator[str]:
    words = infusate_words(found.output, found.infusate, found.runs, "runs")
    if words and found.metric in PEAKS:
        yield f"{words}: --of X{found.metric} looks at what comes after the distribution minimum"
    if words and found.metric in RISES:
        yield f"{words}; runs in which the level never rises have no {found.metric} and took no part"


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


def _separated(scenario: SensitivityScenario, found: Separation) -> Answer:
    """Which quantity separates a group of vectors from the others, the best first."""
    rows = tuple(
        (name, cell(float(found.area[k])), "higher" if found.higher[k] else "lower",
         cell(float(found.medians[k, 0])), cell(float(found.medians[k, 1])))
        for k, name in enumerate(found.quantities)
    )  # fmt: skip
    header = ("quantity", "area under ROC", f"in {found.group}", f"median of {found.group}", "median of others")
    ends = tuple((words, str(own), str(size)) for words, own, size in rules(found.tree, found.group))
    return Answer(
        title=f"What separates {found.group} in {found.model}",
        question=f"Which quantity separates {found.group} from the other vectors of {found.model}?",
        sentences=tuple(separation_sentences(found)),
        checks=(f"{len(found.vectors)} vectors, {int(found.inside.sum())} of them {found.group}; nothing was run",),
        tables=(
            Table("quantities", header, rows),
            Table("tree of depth two", ("vectors with", f"of {found.group}", "of all"), ends),
        ),
        cards=(model_card(built(scenario)),),
    )


def table(_: SensitivityScenario, found: Sensitivity | Separation):
    """A row for each input or group."""
    return found.table()


def files(_: SensitivityScenario, found: Sensitivity | Separation) -> dict:
    """Every run: the place of each input in the unit interval, and the result; or every vector on its components."""
    import pandas as pd

    if isinstance(found, Separation):
        columns = {"vector": found.vectors, found.group: found.inside}
        return {"vectors.csv": pd.DataFrame(columns | {f"component {k + 1}": found.scores[:, k] for k in (0, 1)})}
    frame = pd.DataFrame(found.x, columns=[i.name for i in found.inputs])
    return {"runs.csv": frame.assign(**{f"{'log ' if found.log else ''}{found.metric}": found.y})}


def figures(_: SensitivityScenario, found: Sensitivity | Separation) -> Iterator[tuple[Picture, object]]:
    """The indices as bars; or ROC areas and principal components."""
    from livingdrug.plots import plot_sensitivity, plot_separation

    if isinstance(found, Separation):
        words = "Area under the ROC curve of each quantity, and all vectors on their first two principal components."
        yield Picture("separation", words), plot_separation(found)
        return
    caption = f"{' and '.join(filter(None, found.indices.names))} of each input with 95 % intervals."
    yield Picture("sensitivity", caption), plot_sensitivity(found)
