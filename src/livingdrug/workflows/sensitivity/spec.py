"""The `sensitivity` kind of scenario: which parameter, group or dose drives an exposure."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from livingdrug.core.errors import InputError
from livingdrug.models import Model
from livingdrug.sensitivity import Sensitivity, Separation, inputs_of, sensitivity, separate
from livingdrug.simulation import Regimen, read_dose
from livingdrug.workflows.conduct import Conduct
from livingdrug.workflows.document import Document
from livingdrug.workflows.fields import About, commas, flag_of
from livingdrug.workflows.memory import SUBJECT
from livingdrug.workflows.shared_fields import CV, VARIABILITY, Doses, EvenSo, Fragments, ModelName, Values, built

COUNTED = "runs"
VARIES = "What varies"
BESIDE = ("version", "purpose", "kind", "model", "separate", "even_so")  # fields that go with `separate`
POINTS = {"sobol": 512, "morris": 50, "prcc": 1000}  # by default: base points, trajectories, runs


def read_ranges(texts: tuple[str, ...], option: str) -> dict[str, tuple[float, float]]:
    """`NAME=LOW,HIGH` texts. Raises InputError that names the one that cannot be read."""
    found = {}
    for text in texts:
        name, equals, ends = text.partition("=")
        wrong = InputError(f"{option} `{text}` cannot be read; write NAME=LOW,HIGH, such as dose=1e7,1e9")
        try:
            low, high = map(float, ends.split(","))
        except ValueError:
            raise wrong from None
        if not equals:
            raise wrong
        found[name.strip()] = (low, high)
    return found


def read_groups(texts: tuple[str, ...], option: str) -> dict[str, tuple[str, ...]]:
    """`GROUP=NAME,NAME` texts. Raises InputError that names the one that cannot be read."""
    found = {}
    for text in texts:
        name, equals, members = text.partition("=")
        if not equals or not commas((members,)):
            raise InputError(
                f"{option} `{text}` cannot be read; write GROUP=NAME,NAME, such as "
                f"product=mu_memory,mu_effector"
            )
        found[name.strip()] = commas((members,))
    return found


class SensitivityScenario(Document):
    """A study of sensitivity. Everything but the model has a default that serves."""

    OUTPUTS: ClassVar = ("resume",)
    EXAMPLES: ClassVar = (
        "livingdrug sensitivity stein_2019 --n 64",
        "livingdrug sensitivity kirouac_2023 --cv 0.5 --range dose=1e7,1e9 --n 64 --of CMAX --out "
        "run_sensitivity",
    )

    kind: Literal["sensitivity"] = "sensitivity"
    model: ModelName
    fragments: Fragments = ()
    values: Values = Field(default_factory=dict)
    doses: Doses = ()
    of: Annotated[
        Literal["AUC", "CMAX", "TMAX", "XCMAX", "XTMAX"],
        About("What is to be explained, from time 0 on; XCMAX and XTMAX: after the distribution minimum."),
    ] = "AUC"
    output: Annotated[str | None, About("Output or state; the first output by default.")] = None
    days: Annotated[float | None, About("Horizon; 28 days by default.", unit="d")] = None
    linear: Annotated[
        bool, About("Look at the exposure itself; by default at its logarithm, so that folds are explained.")
    ] = False
    over: Annotated[
        tuple[str, ...],
        About(
            "Parameters that vary; all that have a variability or a range by default.",
            group=VARIES,
            metavar="NAME,...",
            read=commas,
        ),
    ] = ()
    variability: Annotated[str | None, VARIABILITY.under(VARIES, ("spread",))] = None
    cv: Annotated[float | None, CV.under(VARIES)] = None
    ranges: Annotated[
        dict[str, tuple[float, float]],
        About(
            "A range, log-uniform, of a parameter or of the dose. Repeatable.",
            ("--range",),
            VARIES,
            metavar="NAME=LOW,HIGH",
            read=read_ranges,
        ),
    ] = Field(default_factory=dict)
    groups: Annotated[
        dict[str, tuple[str, ...]],
        About(
            "Inputs that are one thing, such as product=mu_memory,mu_effector. Repeatable.",
            ("--group",),
            VARIES,
            metavar="GROUP=NAME,...",
            read=read_groups,
        ),
    ] = Field(default_factory=dict)
    separate: Annotated[
        str | None,
        About(
            "Group of an ensemble's vectors (a population, such as nr) that is compared with all other vectors as they "
            "are published; nothing is run.",
            group=VARIES,
            metavar="GROUP",
        ),
    ] = None
    method: Annotated[
        Literal["sobol", "morris", "prcc"], About("Sobol's indices, Morris' effects, or rank correlations.")
    ] = "sobol"
    n: Annotated[
        int | None,
        About(
            "Base points (sobol, a power of 2; 512), trajectories (morris; 50) or runs (prcc; 1000).",
            ("-n", "--n"),
        ),
    ] = None
    seed: Annotated[int, About("Seed of the design.")] = 1
    even_so: EvenSo = False

    @property
    def points(self) -> int:
        """Base points, trajectories or runs."""
        return POINTS[self.method] if self.n is None else self.n

    def memory(self) -> float:
        """Bytes of the runs."""
        if self.separate:
            return 0.0
        inputs = len(inputs_of(built(self), self.over, self.variability, self.cv, self.ranges))
        return (
            SUBJECT
            * self.points
            * (inputs + 2 if self.method == "sobol" else inputs + 1 if self.method == "morris" else 1)
        )


def _check_alone(scenario: SensitivityScenario) -> None:
    """Refuse what `--separate` would not look at: it compares vectors as published, and runs nothing."""
    for name, field in type(scenario).model_fields.items():
        default = field.get_default(call_default_factory=True)
        if name not in BESIDE and getattr(scenario, name) != default:
            raise InputError(
                f"--separate compares vectors as published and runs nothing; leave out {flag_of(name, field)}"
            )


def run(scenario: SensitivityScenario, conduct: Conduct) -> Sensitivity | Separation:
    """Run the design. Raises InputError before anything is computed."""
    if conduct.executor != Conduct().executor:
        raise InputError(
            "a `sensitivity` scenario uses the processors of this machine by itself; leave out "
            "--workers and --dask"
        )
    model = built(scenario)
    if scenario.separate:
        _check_alone(scenario)
        return separate(model, scenario.separate)
    if scenario.points < 4:
        raise InputError(f"-n is {scenario.points}; give at least 4 points")
    return sensitivity(
        model,
        output=scenario.output,
        metric=scenario.of,
        until=None if scenario.days is None else _in_model_time(model, scenario.days),
        inputs=inputs_of(model, scenario.over, scenario.variability, scenario.cv, scenario.ranges),
        groups=scenario.groups,
        method=scenario.method,
        n=scenario.points,
        regimen=Regimen.of(map(read_dose, scenario.doses)) if scenario.doses else None,
        log=not scenario.linear,
        seed=scenario.seed,
        progress=conduct.progress,
        kept=conduct.kept,
    )


def _in_model_time(model: Model, days: float) -> float:
    from livingdrug.core.units import in_a_day

    return days * in_a_day(model.time_unit)
