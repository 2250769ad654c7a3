"""The `models-distinguish` kind of scenario: two explanations, and the sample that would decide between
them."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from livingdrug.core.errors import InputError
from livingdrug.core.units import in_a_day
from livingdrug.models import Model, build_model, is_model_file
from livingdrug.simulation import Distinguished, Regimen, distinguish, read_dose
from livingdrug.workflows.document import Document
from livingdrug.workflows.fields import MODEL, About, commas, named_numbers, numbers
from livingdrug.workflows.memory import ROW
from livingdrug.workflows.shared_fields import SEED, EvenSo

SAMPLES, PATIENTS = "Samples", "Virtual patients"
DAYS, SUBJECTS = (1.0, 3.0, 5.0, 7.0, 10.0, 14.0, 21.0, 28.0, 42.0, 60.0, 90.0), 400


class ModelsDistinguish(Document):
    """Two models."""

    EXAMPLES: ClassVar = (
        "livingdrug models distinguish kirouac_2023 kirouac_2023+host_competition --cv 0.3 --days 7,28 -n 20",
        "livingdrug models distinguish kirouac_2023 kirouac_2023+host_competition --cv 0.3 --noise 0.3 -n 20 "
        "--out run_distinguish",
    )

    kind: Literal["models-distinguish"] = "models-distinguish"
    models: Annotated[
        tuple[str, ...],
        About(
            "Two models: names from `livingdrug models` (NAME+FRAGMENT joins one), model files, or folders "
            "of fits.",
            argument=True, group=MODEL,
        ),
    ]
    doses: Annotated[
        tuple[str, ...],
        About(
            "A dose of both, as in `simulate`; repeatable. That of their first experiments, where it is "
            "the same.",
            ("--dose",),
            metavar="DOSE",
        ),
    ] = ()
    outputs: Annotated[
        tuple[str, ...],
        About(
            "Outputs or states that could be measured; all outputs that both have by default.",
            ("--output",),
            SAMPLES,
            metavar="NAME,...",
            read=commas,
        ),
    ] = ()
    days: Annotated[
        tuple[float, ...],
        About(
            "Days on which a sample could be taken.", group=SAMPLES, unit="d", metavar="3,7,14", read=numbers
        ),
    ] = DAYS
    limits: Annotated[
        dict[str, float],
        About(
            "Limit of quantification of an output. Repeatable.",
            ("--limit",),
            SAMPLES,
            metavar="OUTPUT=VALUE",
            read=named_numbers,
        ),
    ] = Field(default_factory=dict)
    noise: Annotated[
        float | None,
        About(
            "SD of ln value of the assay, for outputs of which a model states no residual error.",
            group=SAMPLES,
        ),
    ] = None
    subjects: Annotated[int, About("Virtual patients of either model.", ("-n", "--subjects"), PATIENTS)] = (
        SUBJECTS
    )
    cv: Annotated[
        float | None,
        About("Log-normal CV on every rate, instead of the models' own variability.", group=PATIENTS),
    ] = None
    seed: Annotated[int, SEED.under(PATIENTS)] = 1
    even_so: EvenSo = False

    def both(self) -> tuple[Model, Model]:
        """Both models. Raises InputError or ModelError for what cannot be."""
        if len(self.models) != 2:
            raise InputError(f"{len(self.models)} model(s) were named; two explanations are compared")
        if self.models[0] == self.models[1]:
            raise InputError(f"`{self.models[0]}` is named twice; two explanations must differ")
        one, other = (_built(name, self.even_so) for name in self.models)
        return one, other

    def memory(self) -> float:
        """Bytes of the curves."""
        return ROW * self.subjects * len(self.days) * 16


def _built(name: str, even_so: bool) -> Model:
    """A model, or one with fragments joined by `+`."""
    if is_model_file(name):
        return build_model(name, even_so=even_so)
    base, *fragments = (part.strip() for part in name.split("+"))
    return build_model(base, tuple(fragments), even_so=even_so)


def run(scenario: ModelsDistinguish) -> Distinguished:
    """Simulate both. Raises InputError or ModelError before anything is computed."""
    one, other = scenario.both()
    day = in_a_day(one.time_unit)
    return distinguish(
        one,
        other,
        Regimen.of(map(read_dose, scenario.doses)) if scenario.doses else None,
        times=[day * at for at in scenario.days],
        outputs=scenario.outputs,
        limits=scenario.limits,
        noise=scenario.noise,
        subjects=scenario.subjects,
        cv=scenario.cv,
        seed=scenario.seed,
    )
