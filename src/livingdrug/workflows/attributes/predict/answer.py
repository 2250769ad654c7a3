"""What a model says of new products."""

from livingdrug.report import Answer, Table, cell
from livingdrug.workflows.attributes.inputs import column_table, hashes
from livingdrug.workflows.attributes.predict.spec import Predict, Predicted

MEANS = {"binary": "probability", "continuous": "value", "survival": "log hazard ratio"}


def answer(scenario: Predict, found: Predicted) -> Answer:
    """A prediction with its band for each product, what lies outside of what was seen, and the card of the
    model."""
    model, card = found.model, found.model.card
    outside = sum(bool(p.outside) for p in found.predictions)
    said = [
        f"{len(found.predictions)} products by a model of {card.get('patients', '?')} patients; its verdict "
        f"was: {card.get('verdict', '?')}.",
    ]
    if outside:
        said.append(f"{outside} of them lie outside of what the model has seen in at least one attribute.")
    flags = []
    if card.get("verdict") in ("no signal beyond chance", "not assessable"):
        flags.append(
            f"this model was learned where the verdict was `{card['verdict']}`: its predictions carry nothing"
        )
    return Answer(
        title=f"{model.outcome} of new products",
        question=f"What does the model say of {model.outcome} of these products?",
        sentences=tuple(said),
        flags=tuple(flags),
        checks=found.table.notes,
        tables=(
            prediction_table(found),
            Table(
                "card of the model",
                ("what", "said"),
                tuple((k, str(v)) for k, v in card.items()),
                detail=True,
            ),
            column_table(found.table),
        ),
        data=hashes(scenario),
    )


def prediction_table(found: Predicted) -> Table:
    """A prediction with its band for each product, and what lies outside of what was seen."""
    rows = []
    for name, p in zip(found.table.patients, found.predictions, strict=True):
        why, flag = "; ".join(p.outside), "caution" if p.outside else ""
        rows.append((str(name), cell(p.value, ends=(p.lower, p.upper), flag=flag, reason=why), why))
    header = ("product", f"{MEANS[found.model.kind]} (90 % band)", "outside of what was seen")
    return Table("predictions", header, tuple(rows))


def table(_: Predict, found: Predicted):
    """A row for each product."""
    import pandas as pd

    rows = [
        (name, p.value, p.lower, p.upper, "; ".join(p.outside))
        for name, p in zip(found.table.patients, found.predictions, strict=True)
    ]
    return pd.DataFrame(rows, columns=["patient", "value", "lower", "upper", "outside"])
