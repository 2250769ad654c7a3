"""The `optimise` kind of scenario: dose and schedule by two exposure-responses."""

from dataclasses import replace
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from livingdrug.core.errors import InputError
from livingdrug.models import Model
from livingdrug.optimum import Aim, Optimum, Schedule, Side, optimise, read_schedule, side_of, splits, stated_curve
from livingdrug.response import is_curve_file
from livingdrug.simulation import Draw, Regimen, check_outputs, read_dose
from livingdrug.workflows.conduct import Conduct
from livingdrug.workflows.curves import independence, take_curve
from livingdrug.workflows.document import Document
from livingdrug.workflows.fields import MODEL, About, numbers
from livingdrug.workflows.memory import SUBJECT
from livingdrug.workflows.shared_fields import CV, VARIABILITY, EvenSo, Fragments, Values, built

COUNTED = "doses"
WHAT, OUTCOMES, PATIENTS = "Doses and schedules", "Response and toxicity", "Virtual patients"
MOST = 2_000  # candidates
WEIGHT = 1.0
CURVE_HELP = (
    "a built-in curve (`livingdrug index --list`), the folder of a `response`, or EXPOSURE:EC50:SLOPE, such as "
    "CMAX:40:1.2"
)


class Optimise(Document):
    """A search for the best dose and schedule."""

    OUTPUTS: ClassVar = ("resume",)
    CURVES: ClassVar = ("response_curve", "toxicity_curve")
    EXAMPLES: ClassVar = (
        "livingdrug optimise singh_2021 --between 1e6,1e10 --points 7 -n 100 --response tisagenlecleucel_response "
        "--toxicity tisagenlecleucel_severe_crs",
        "livingdrug optimise kirouac_2023 --cv 0.5 --doses 1e7,1e8,1e9 --output car_t_blood --second-day 7,14 --first 0.3 "
        "--response AUC28:60:0.9 --toxicity CMAX:200:1.2 --ceiling 0.2 -n 50 --out run_optimise",
    )

    kind: Literal["optimise"] = "optimise"
    model: Annotated[
        str, About("A model that takes doses: a name from `livingdrug models`, a model file, or the folder of a fit.",
                   argument=True, group=MODEL),
    ]  # fmt: skip
    fragments: Fragments = ()
    values: Values = Field(default_factory=dict)
    output: Annotated[
        str | None, About("Output whose exposure the curves are on; the measured one by default.", metavar="OUTPUT")
    ] = None
    response_curve: Annotated[str, About(f"Efficacy: {CURVE_HELP}.", ("--response",), OUTCOMES, metavar="CURVE")]
    toxicity_curve: Annotated[str, About(f"Toxicity: {CURVE_HELP}.", ("--toxicity",), OUTCOMES, metavar="CURVE")]
    weight: Annotated[
        float | None,
        About("The largest P(response) - WEIGHT x P(toxicity) is looked for; 1 by default.", group=OUTCOMES),
    ] = None
    ceiling: Annotated[
        float | None,
        About("Instead of a weight: the largest response with toxicity of CEILING at most, over all patients.",
              group=OUTCOMES),
    ] = None
    doses: Annotated[
        tuple[float, ...], About("Total doses to compare.", group=WHAT, metavar="1e7,1e8,1e9", read=numbers)
    ] = ()
    between: Annotated[
        tuple[float, ...],
        About("Instead of doses: the lowest and the highest, with doses between them even on a log axis.", group=WHAT,
              metavar="LOW,HIGH", read=numbers),
    ] = ()
    points: Annotated[int, About("Number of doses between them, both ends included.", group=WHAT)] = 13
    days: Annotated[
        tuple[float, ...],
        About("Days of a second infusion to compare, beside a single one.", ("--second-day",), WHAT, unit="d",
              metavar="7,14", read=numbers),
    ] = ()
    fractions: Annotated[
        tuple[float, ...],
        About("Fractions of the dose given first, where there is a second infusion; 0.5 by default.", ("--first",), WHAT,
              metavar="0.1,0.3", read=numbers),
    ] = ()
    schedules: Annotated[
        tuple[str, ...],
        About("A schedule of fractions of the dose at days, such as 0.1@0,0.3@1,0.6@2 or 10/30/60@0,1,2; repeatable.",
              ("--schedule",), WHAT, metavar="FRACTION@DAY,..."),
    ] = ()
    beside: Annotated[
        tuple[str, ...],
        About("A dose that every candidate has as well, as --dose of `simulate`, such as target cells. Repeatable.",
              ("--beside",), WHAT, metavar="DOSE"),
    ] = ()
    subjects: Annotated[int, About("Virtual patients, the same for every dose.", ("-n", "--subjects"), PATIENTS)] = 500
    variability: Annotated[str | None, VARIABILITY.under(PATIENTS)] = None
    cv: Annotated[float | None, CV.under(PATIENTS)] = None
    seed: Annotated[int, About("Seed of the virtual patients and of the draws of the curves.", group=PATIENTS)] = 1
    method: Annotated[
        Literal["grid", "nelder-mead"],
        About("The doses and schedules given, or a search between them from the best one."),
    ] = "grid"
    draws: Annotated[
        int, About("Draws of the curves from their errors, by which the optimum is uncertain; 0 for none.")
    ] = 400
    even_so: EvenSo = False

    def aim(self) -> Aim:
        """What is to be largest."""
        return Aim(WEIGHT if self.weight is None and self.ceiling is None else self.weight, self.ceiling)

    def amounts(self) -> tuple[float, ...]:
        """The total doses, the lowest first. Raises InputError for doses that cannot be."""
        if bool(self.doses) == bool(self.between):
            raise InputError("give the doses to compare: either --doses 1e7,1e8,1e9 or --between 1e7,1e9")
        if self.doses:
            return tuple(sorted({*self.doses}))
        if len(self.between) != 2 or not 0 < self.between[0] < self.between[1] < np.inf:
            raise InputError("--between takes the lowest and the highest dose, such as 1e7,1e9")
        if not 2 <= self.points <= MOST:
            raise InputError(f"--points is {self.points}; it must be from 2 to {MOST:,}")
        return tuple(float(dose) for dose in np.geomspace(*self.between, self.points))

    def plans(self) -> tuple[Schedule, ...]:
        """The schedules. Raises InputError for what cannot be."""
        if self.schedules and (self.days or self.fractions):
            raise InputError("give schedules either as --schedule or as --second-day with --first, not both")
        if self.fractions and not self.days:
            raise InputError(
                "--first says which fraction is given before a second infusion; give its days, --second-day 7,14"
            )
        if self.schedules:
            return tuple(dict.fromkeys(map(read_schedule, self.schedules)))
        return splits(sorted({*self.days}), sorted({*self.fractions}) or (0.5,))

    def candidates(self) -> int:
        """How many doses and schedules are compared; 0 where they cannot be, which a run refuses."""
        try:
            return len(self.amounts()) * len(self.plans())
        except InputError:
            return 0

    def memory(self) -> float:
        """Bytes of the exposures of all candidates, and of the draws."""
        return self.candidates() * (SUBJECT * self.subjects + 16 * max(self.draws, 0))


def run(scenario: Optimise, conduct: Conduct) -> Optimum:
    """Simulate every dose and schedule. Raises InputError before anything is computed."""
    if conduct.executor != Conduct().executor:
        raise InputError(
            "an `optimise` scenario uses the processors of this machine by itself; leave out --workers and --dask"
        )
    model, doses, plans, aim = built(scenario), scenario.amounts(), scenario.plans(), scenario.aim()
    if len(doses) * len(plans) > MOST:
        raise InputError(f"{len(doses) * len(plans):,} doses and schedules were asked for; compare up to {MOST:,}")
    if not 0 <= scenario.draws <= 100_000:
        raise InputError(f"--draws is {scenario.draws}; it must be from 0 to 100,000")
    output = scenario.output or next((o.name for o in model.system.outputs if o.measured), model.system.outputs[0].name)
    (unit,) = check_outputs(model, [output])[1]
    response, toxicity = (_side(scenario, what, model, output, unit) for what in ("response", "toxicity"))
    toxicity = replace(toxicity, notes=(*toxicity.notes, *_apart(scenario)))
    draw = Draw(scenario.subjects, scenario.seed, scenario.variability, scenario.cv)
    draw.population(model)  # refused before anything is computed
    return optimise(
        model, response, toxicity, doses, plans, aim, output, draw, Regimen.of(map(read_dose, scenario.beside)),
        refine=scenario.method == "nelder-mead", draws=scenario.draws, seed=scenario.seed, progress=conduct.progress,
        pieces=conduct.kept,
    )  # fmt: skip


def _side(scenario: Optimise, what: str, model: Model, output: str, unit: str) -> Side:
    """A curve by its name, its file or its numbers."""
    given = getattr(scenario, f"{what}_curve")
    stated = stated_curve(given, what)
    if stated is not None:
        side = side_of(stated, model, output, unit)
        said = f"{what}: a curve stated by its user, {given}, its EC50 taken in {side.curve.unit}"
        return replace(side, notes=(said,))
    one = take_curve(given, scenario.even_so)
    return side_of(one.curve, model, output, unit, lowest=one.lowest, highest=one.highest, notes=one.about)


def _apart(scenario: Optimise) -> tuple[str, ...]:
    """That two curves from files, whose subjects may be the same, are taken as independent."""
    given = scenario.response_curve, scenario.toxicity_curve
    if not all(map(is_curve_file, given)):
        return ()
    first, second = (take_curve(name, scenario.even_so) for name in given)
    same = bool(first.data_sha256) and first.data_sha256 == second.data_sha256
    return (independence(first.curve.name, second.curve.name, same),)
