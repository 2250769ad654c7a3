"""What a comparison of models is told as."""

from livingdrug.assay import ModelOfPlate
from livingdrug.report import Answer, Table, cell
from livingdrug.workflows.assay.models.spec import AssayModels

CLEAR = 10.0


def answer(scenario: AssayModels, found: list[ModelOfPlate]) -> Answer:
    """Differences of AIC, and what each model leaves open."""
    best = found[0]
    close = [c.name for c in found[1:] if c.delta < CLEAR]
    said = [f"{best.name} describes these readings best."]
    if close:
        said.append(f"Not clearly worse (AIC within {CLEAR:g}): {'; '.join(close)}.")
    said.append(
        "A better description of the curves is no proof of the mechanism, and rates of two models are not "
        "the same rates."
    )
    rows = tuple(
        (
            c.name,
            cell(c.delta),
            cell(c.weight),
            cell(c.minus2ll),
            cell(c.numbers),
            ", ".join(c.unknown) or "-",
        )
        for c in found
    )
    flags = [f"{c.name}: could not be fitted ({c.fit})" for c in found if isinstance(c.fit, str)]
    flags += [
        f"{c.name}: the search had not come to its end"
        for c in found
        if not isinstance(c.fit, str) and not c.fit.ended
    ]
    return Answer(
        title="Models of a killing assay compared",
        question="Which laws describe this plate best?",
        sentences=tuple(said),
        flags=tuple(flags),
        tables=(
            Table(
                "models, the best first",
                (
                    "model",
                    "AIC above the best",
                    "weight",
                    "-2 log likelihood",
                    "numbers",
                    "rates known to no factor of e",
                ),
                rows,
            ),
        ),
    )


def table(_: AssayModels, found: list[ModelOfPlate]):
    """One row a model."""
    import pandas as pd

    return pd.DataFrame(
        [
            {
                **c.laws,
                "delta_aic": c.delta,
                "weight": c.weight,
                "minus2ll": c.minus2ll,
                "numbers": c.numbers,
                "unknown": ", ".join(c.unknown),
            }
            for c in found
        ]
    ).rename(columns={"name": "model"})
