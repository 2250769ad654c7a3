"""Fields that several kinds have, each described once; `About.under` puts one beneath another heading."""

from typing import TYPE_CHECKING, Annotated, Protocol

from livingdrug.workflows.fields import MODEL, About, commas, named_numbers

if TYPE_CHECKING:  # this module is read when a command starts, for its sentences alone
    from livingdrug.models import Model

FRAGMENTS = About(
    "Fragments to join, such as tissue,host_competition.", ("--with",), MODEL, metavar="F1,F2", read=commas
)
VALUES = About(
    "A parameter by name or paper symbol. Repeatable.",
    ("--set",),
    MODEL,
    metavar="NAME=VALUE",
    read=named_numbers,
)
VARIABILITY = About(
    "Which published between-subject variability, where there are several (stein_2019: sd, variance).",
    metavar="NAME",
)
CV = About("Log-normal CV on every rate, where no variability is published (0.5 = 50 %).")
EVEN_SO = About(
    "Take a fitted model whose fit is not sound too; every output says so.", ("--even-so",), MODEL
)
SUBJECTS = About("Virtual subjects; without it the typical subject.", ("-n", "--subjects"))
SEED = About("Seed of the random numbers.")
DAYS = About("Horizon.", unit="d")
POWER = About("Power of the test.")
EXPOSURE = About("A column of FILE, or what nca computes of samples: CMAX, AUCINT, ...", metavar="NAME")

ModelName = Annotated[
    str, About("A model: a name from `livingdrug models`, or a model file.", group=MODEL, argument=True)
]
Fragments = Annotated[tuple[str, ...], FRAGMENTS]
Values = Annotated[dict[str, float], VALUES]
Doses = Annotated[
    tuple[str, ...],
    About(
        "A dose, as in `simulate`; repeatable. The model's first experiment by default.",
        ("--dose",),
        MODEL,
        metavar="DOSE",
    ),
]
SeedOfDraws = Annotated[int, About("Seed of the draws.")]
EvenSo = Annotated[bool, EVEN_SO]


class TakesModel(Protocol):
    """A scenario with a model, its fragments and its values."""

    @property
    def model(self) -> str: ...
    @property
    def fragments(self) -> tuple[str, ...]: ...
    @property
    def values(self) -> dict[str, float]: ...
    @property
    def even_so(self) -> bool: ...


def built(scenario: TakesModel) -> "Model":
    """The model that a scenario names.

    Parameters
    ----------
    scenario : TakesModel
        Of any kind that takes a model with fragments and values.

    Returns
    -------
    Model

    Raises
    ------
    InputError
        For a name, a fragment or a value that cannot be.
    ModelError
        For parts that do not fit together.
    """
    from livingdrug.models import build_model

    return build_model(scenario.model, scenario.fragments, scenario.values, scenario.even_so)
