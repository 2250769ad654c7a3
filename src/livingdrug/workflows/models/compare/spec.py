"""The `models-compare` kind of scenario: several models of CAR-T cells in blood on one axis."""

from typing import Annotated, ClassVar, Literal

from livingdrug.core.errors import InputError
from livingdrug.models import build_model
from livingdrug.simulation import ModelsCompared, compare_models
from livingdrug.workflows.document import Document
from livingdrug.workflows.fields import MODEL, About
from livingdrug.workflows.memory import ROW
from livingdrug.workflows.shared_fields import DAYS, SEED, EvenSo
from livingdrug.workflows.simulate.spec import DOSE_HELP

POPULATION = "Virtual population"
DEFAULT_CONVERSION = "kirouac_2024"


class ModelsCompare(Document):
    """Several models on one axis."""

    EXAMPLES: ClassVar = (
        "livingdrug models compare stein_2019 kirouac_2023 --dose 1e8 --days 60",
        "livingdrug models compare stein_2019 leontriana_2020_ball -n 20 --days 28 --out compared.csv",
    )

    kind: Literal["models-compare"] = "models-compare"
    models: Annotated[
        tuple[str, ...],
        About(
            "Two or more models with CAR-T cells in blood: names (NAME:VECTOR for a vector) or model files.",
            argument=True, group=MODEL,
        ),
    ]
    doses: Annotated[
        tuple[str, ...],
        About(
            f"{DOSE_HELP.partition('.')[0]}, given to every model whose equations take one; by default that "
            "of each model's first experiment.",
            ("--dose",),
            metavar="'AMOUNT[@TIME] WORD=VALUE ...'",
        ),
    ] = ()
    days: Annotated[float, DAYS] = 100.0
    conversion: Annotated[
        str,
        About(
            "How copies/ug become cells/uL: kirouac_2024, singh_2021, or white_cells:wbc=5000,vcn=1.",
            metavar="NAME[:WORD=VALUE]",
        ),
    ] = DEFAULT_CONVERSION
    subjects: Annotated[
        int,
        About(
            "Virtual subjects of a model that has a variability; 0: typical subjects alone.",
            ("-n", "--subjects"),
            POPULATION,
        ),
    ] = 100
    variability: Annotated[
        str | None,
        About(
            "Which published variability, of a model that has several; its first one by default.",
            group=POPULATION,
        ),
    ] = None
    seed: Annotated[int, SEED.under(POPULATION)] = 1
    even_so: EvenSo = False

    def memory(self) -> float:
        """Bytes of the curves."""
        return ROW * max(self.subjects, 1) * 201 * len(self.models)


def run(scenario: ModelsCompare) -> ModelsCompared:
    """Build and simulate every model. Raises InputError or ModelError before anything is computed."""
    if len(scenario.models) < 2:
        raise InputError("models are compared from two on; name another one (`livingdrug models` lists them)")
    twice = [name for name in scenario.models if scenario.models.count(name) > 1]
    if twice:
        raise InputError(f"`{twice[0]}` is named twice; name each model once")
    return compare_models(
        [build_model(name, even_so=scenario.even_so) for name in scenario.models],
        scenario.doses,
        scenario.days,
        scenario.conversion,
        subjects=scenario.subjects,
        variability=scenario.variability,
        seed=scenario.seed,
    )
