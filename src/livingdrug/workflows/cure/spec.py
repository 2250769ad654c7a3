"""The `cure` kind of scenario: probability of cure and of relapse, subject by subject."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from livingdrug.core.errors import InputError
from livingdrug.core.units import in_a_day
from livingdrug.models import Model, build_model
from livingdrug.simulation import Course, Cures, Regimen, courses, draw_subjects, read_dose, simulate_cure
from livingdrug.workflows.document import Document
from livingdrug.workflows.fields import About, EvenSo, commas, named_numbers

POPULATION = "Virtual population"
MOST = 2_000  # subjects: each keeps its rates at ten times a day


class Cure(Document):
    """Probability of cure and of relapse."""

    EXAMPLES: ClassVar = (
        "livingdrug cure kimmel_2021 --set mu_tumour=0.1",
        "livingdrug cure kimmel_2021 --set mu_tumour=0.1 -n 20 --cv 0.05 --days 400",
    )

    kind: Literal["cure"] = "cure"
    model: Annotated[
        str, About("A model made of flows: a name from `livingdrug models`, or a file.", argument=True)
    ]
    fragments: Annotated[
        tuple[str, ...], About("Fragments to join.", ("--with",), metavar="F1,F2", read=commas)
    ] = ()
    values: Annotated[
        dict[str, float],
        About(
            "A parameter by name or paper symbol. Repeatable.",
            ("--set",),
            metavar="NAME=VALUE",
            read=named_numbers,
        ),
    ] = Field(default_factory=dict)
    doses: Annotated[
        tuple[str, ...], About("A dose, as in `simulate`; repeatable.", ("--dose",), metavar="DOSE")
    ] = ()
    state: Annotated[str, About("The population that may die out, a state in cells.")] = "tumour"
    below: Annotated[int, About("Cells from which each is followed by chance.", unit="cells")] = 100
    days: Annotated[float, About("Horizon by which a patient is cured or not.", unit="d")] = 1000.0
    subjects: Annotated[
        int | None,
        About("Virtual subjects; without it the typical subject.", ("-n", "--subjects"), POPULATION),
    ] = None
    variability: Annotated[
        str | None, About("Which published between-subject variability.", group=POPULATION)
    ] = None
    cv: Annotated[
        float | None,
        About(
            "Log-normal CV on every rate, where no variability is published (0.5 = 50 %).", group=POPULATION
        ),
    ] = None
    runs: Annotated[
        int,
        About(
            "Also draw the typical subject's last cells event by event so many times (Gillespie), as a check."
        ),
    ] = 0
    seed: Annotated[int, About("Seed of the random numbers.", group=POPULATION)] = 1
    even_so: EvenSo = False


@dataclass(frozen=True)
class CureFound:
    """model; courses: of every subject; by: horizon in the model's time unit; cured, relapsed: probabilities, nan where
    the population never falls so low; drawn: runs of the typical subject, None where none were asked for."""

    model: Model
    courses: tuple[Course, ...]
    by: float
    cured: np.ndarray
    drawn: Cures | None

    @property
    def reached(self) -> np.ndarray:
        """Which subjects come down to the cells from which each is followed."""
        return np.array([np.isfinite(course.start) for course in self.courses])


def run(scenario: Cure) -> CureFound:
    """Every subject's course, and what becomes of its last cells. Raises InputError before anything is computed."""
    if scenario.subjects is None and (scenario.cv is not None or scenario.variability is not None):
        raise InputError("a between-subject variability was given without a number of subjects; add -n 100")
    if scenario.subjects is not None and not 0 < scenario.subjects <= MOST:
        raise InputError(f"{scenario.subjects} subjects; from 1 to {MOST:,} are followed to their last cell")
    if scenario.below < 2:
        raise InputError(
            f"cells are followed one by one below {scenario.below}; it must be 2 or more, such as 100"
        )
    if not 0 < scenario.days <= 20_000:
        raise InputError(f"the horizon is {scenario.days:g} d; it must be above 0 and at most 20,000")
    if not 0 <= scenario.runs <= 1_000_000:
        raise InputError(f"{scenario.runs} runs; give from 1 to 1,000,000")
    model = build_model(scenario.model, scenario.fragments, scenario.values, scenario.even_so)
    by = scenario.days * in_a_day(model.time_unit)
    regimen = Regimen.of(read_dose(text) for text in scenario.doses) if scenario.doses else None
    subjects = None
    if scenario.subjects is not None:
        subjects = draw_subjects(
            model, scenario.subjects, seed=scenario.seed, spread=scenario.variability, cv=scenario.cv
        )
    how = {"regimen": regimen, "state": scenario.state, "below": scenario.below, "until": by}
    found = tuple(courses(model, subjects, **how))
    cured = np.array([course.extinct_by(by) for course in found])
    drawn = simulate_cure(model, scenario.runs, scenario.seed, **how) if scenario.runs else None
    return CureFound(model, found, by, cured, drawn)
