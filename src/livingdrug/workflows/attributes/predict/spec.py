"""The `attributes-predict` kind: new products and a model that was learned."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from livingdrug.attributes import Features, Model, Prediction, ProductTable, later, load, predict
from livingdrug.core.errors import InputError
from livingdrug.data import printable
from livingdrug.workflows.attributes.inputs import ProductScenario
from livingdrug.workflows.fields import INPUT, About


class Predict(ProductScenario):
    """Predict the outcome of new products."""

    EXAMPLES: ClassVar = (
        "livingdrug attributes predict new_products.csv --folder run_model",
        "livingdrug attributes predict new_products.csv --folder run_model --out predicted.csv",
    )

    FOLDERS: ClassVar = ("folder",)

    kind: Literal["attributes-predict"] = "attributes-predict"
    folder: Annotated[
        str,
        About(
            "Folder of `attributes learn --out`.", ("--folder",), INPUT, metavar="FOLDER", example="run_model"
        ),
    ]


@dataclass(frozen=True)
class Predicted:
    """table of the new products; model; predictions, in order."""

    table: ProductTable
    model: Model
    predictions: tuple[Prediction, ...]


def run(scenario: Predict) -> Predicted:
    """Predict. Raises InputError where attributes are missing."""
    return _scored(scenario, load(scenario.folder))


def scored(file: str, model: Model, like: ProductScenario) -> Predicted:
    """What a model says of the products of a file, read as the table that it was learned from."""
    return _scored(Predict(folder=".", file=file, several=like.several), model)


def _scored(scenario: Predict, model: Model) -> Predicted:
    known = {c["heading"]: c["scale"] for c in model.columns}
    seen = scenario.table()
    said = {h: s for h, s in known.items() if h in seen.texts} | dict(scenario.columns)
    table = scenario.model_copy(update={"columns": said}).read()
    _check_units(model, table)
    return Predicted(
        table, model, tuple(predict(model, Features(later(model.treatments, table), model.names)))
    )


def _check_units(model: Model, table: ProductTable) -> None:
    """Raise InputError for a column in another unit than the model has learned from."""
    own = {c.heading: c.unit for c in table.columns}
    for c in model.columns:
        if c["unit"] != own.get(c["heading"], c["unit"]):
            raise InputError(
                f"`{table.name}`: `{printable(c['heading'])}` is in "
                f"{printable(own[c['heading']]) or 'no unit'}, and the model was learned from "
                f"{printable(c['unit']) or 'no unit'}; convert it"
            )
