"""The `cure` kind of scenario: probability of cure and of relapse, subject by subject."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from livingdrug.core.errors import InputError
from livingdrug.core.units import in_a_day
from livingdrug.models import Model
from livingdrug.simulation import (
    Course,
    Cures,
    RandomRuns,
    Regimen,
    courses,
    draw_subjects,
    random_runs,
    read_dose,
    simulate_cure,
)
from livingdrug.workflows.conduct import HERE, Conduct
from livingdrug.workflows.document import Document
from livingdrug.workflows.fields import MODEL, About
from livingdrug.workflows.shared_fields import CV, SEED, SUBJECTS, VARIABILITY, EvenSo, Fragments, Values, built

POPULATION = "Virtual population"
MOST = 2_000  # subjects: each keeps its rates at ten times a day
RUNS = 500  # of each subject, where every population is drawn


class Cure(Document):
    """Probability of cure and of relapse."""

    OUTPUTS: ClassVar = ("resume",)
    EXAMPLES: ClassVar = (
        "livingdrug cure kimmel_2021 --set mu_tumour=0.1 -n 20 --cv 0.05 --days 400",
        "livingdrug cure kimmel_2021 --set mu_tumour=0.1 --events all --days 60 --runs 50",
    )

    kind: Literal["cure"] = "cure"
    model: Annotated[
        str,
        About("A model made of flows: a name from `livingdrug models`, or a file.", group=MODEL, argument=True),
    ]
    fragments: Fragments = ()
    values: Values = Field(default_factory=dict)
    doses: Annotated[
        tuple[str, ...], About("A dose, as in `simulate`; repeatable.", ("--dose",), metavar="DOSE")
    ] = ()
    state: Annotated[str, About("The population that may die out, a state in cells.")] = "tumour"
    events: Annotated[
        Literal["last", "all"],
        About(
            "Whose births and deaths are random events: `last`, those of the population once few of its cells are "
            "left (exact probabilities); `all`, those of every population in cells, drawn again and again."
        ),
    ] = "last"
    below: Annotated[int, About("Number of cells below which few are left.", unit="cells")] = 100
    large: Annotated[
        float, About("With `all`: cells from which a population follows its rates.", unit="cells", example="1000")
    ] = 10_000.0
    days: Annotated[float, About("Horizon by which a patient is cured or not.", unit="d")] = 1000.0
    subjects: Annotated[int | None, SUBJECTS.under(POPULATION)] = None
    variability: Annotated[str | None, VARIABILITY.under(POPULATION)] = None
    cv: Annotated[float | None, CV.under(POPULATION)] = None
    runs: Annotated[
        int | None,
        About(
            f"With `all`: runs of each subject ({RUNS} where none are given). With `last`: also draw the typical subject's "
            "last cells event by event so many times (Gillespie), as a check."
        ),
    ] = None
    seed: Annotated[int, SEED.under(POPULATION)] = 1
    even_so: EvenSo = False


@dataclass(frozen=True)
class CureFound:
    """model; courses: of every subject; by: horizon in the model's time unit; cured, relapsed:
    probabilities, nan where
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


@dataclass(frozen=True)
class RunsFound:
    """model; every: the runs of each subject, all populations drawn; by: horizon in the model's time unit."""

    model: Model
    every: tuple[RandomRuns, ...]
    by: float


def run(scenario: Cure, conduct: Conduct = HERE) -> CureFound | RunsFound:
    """Every subject's course, and what becomes of its last cells. Raises InputError before anything is
    computed."""
    conduct.alone(scenario)
    _check(scenario)
    model = built(scenario)
    by = scenario.days * in_a_day(model.time_unit)
    regimen = Regimen.of(read_dose(text) for text in scenario.doses) if scenario.doses else None
    subjects = None
    if scenario.subjects is not None:
        subjects = draw_subjects(
            model, scenario.subjects, seed=scenario.seed, spread=scenario.variability, cv=scenario.cv
        )
    how = {"regimen": regimen, "state": scenario.state, "below": scenario.below, "until": by}
    if scenario.events == "all":
        how |= {"seed": scenario.seed, "large": scenario.large, "progress": conduct.progress, "kept": conduct.kept}
        every = random_runs(model, subjects, runs=RUNS if scenario.runs is None else scenario.runs, **how)
        if all(runs.reason for runs in every):
            raise InputError(every[0].reason)
        return RunsFound(model, tuple(every), by)
    found = tuple(courses(model, subjects, **how))
    cured = np.array([course.extinct_by(by) for course in found])
    drawn = simulate_cure(model, scenario.runs, scenario.seed, **how) if scenario.runs else None
    return CureFound(model, found, by, cured, drawn)


def _check(scenario: Cure) -> None:
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
    least = 1 if scenario.events == "all" else 0
    if scenario.runs is not None and not least <= scenario.runs <= 1_000_000:
        raise InputError(f"{scenario.runs} runs; give from 1 to 1,000,000")
    if scenario.events == "all" and not scenario.large >= max(100, scenario.below):
        raise InputError(
            f"a population follows its rates from {scenario.large:g} cells; --large must be 100 or more, and at least --below"
        )
