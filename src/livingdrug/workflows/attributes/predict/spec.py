"""The `attributes-predict` kind: new products and a model that was learned."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from livingdrug.attributes import Features, Model, Prediction, ProductTable, analysed, load, predict
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
    model = load(scenario.folder)
    known = {c["heading"]: c["scale"] for c in model.columns}
    seen = scenario.table()
    said = {h: s for h, s in known.items() if h in seen.texts} | dict(scenario.columns)
    table = scenario.model_copy(update={"columns": said}).read()
    x, names = analysed(table, scenario.limit)
    return Predicted(table, model, tuple(predict(model, Features(x, names))))
