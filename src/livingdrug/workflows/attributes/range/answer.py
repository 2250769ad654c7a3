"""What is proposed, and how sure it is."""

from collections.abc import Iterator

from livingdrug.attributes.quality import sentence
from livingdrug.report import Answer, Picture
from livingdrug.workflows.attributes.inputs import column_table, few, hashes
from livingdrug.workflows.attributes.range.spec import AcceptanceRange, Proposed


def answer(scenario: AcceptanceRange, found: Proposed) -> Answer:
    """The range in one sentence."""
    outcome = found.prepared.outcome
    return Answer(
        title=f"{found.column.heading} and {outcome.name}",
        question=f"In which range of {found.column.heading} is {outcome.name} more probable than {scenario.floor:.0%}?",
        sentences=(sentence(found.found, len(found.values)),),
        flags=(*few(found.prepared.outcome), *(leak.problem for leak in found.prepared.leaks)),
        checks=(
            "Firth's logistic regression on one attribute; pointwise 95 % interval",
            *found.prepared.table.notes,
        ),
        tables=(column_table(found.prepared.table),),
        data=hashes(scenario),
    )


def table(_: AcceptanceRange, found: Proposed):
    """The curve with its interval."""
    import pandas as pd

    r = found.found
    return pd.DataFrame({"value": r.grid, "probability": r.probability, "lower": r.lower, "upper": r.upper})


def figures(_: AcceptanceRange, found: Proposed) -> Iterator[tuple[Picture, object]]:
    """The curve, the floor and the range."""
    from livingdrug.plots import plot_range

    caption = (
        f"Probability of {found.prepared.outcome.name} against {found.column.heading}, and the range "
        f"above the floor."
    )
    yield (
        Picture("range", caption),
        plot_range(found.found, found.values, found.event, title=found.prepared.outcome.name),
    )
