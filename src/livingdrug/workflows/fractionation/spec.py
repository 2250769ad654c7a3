"""The `fractionation` kind of scenario: given splits of one dose, compared."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from livingdrug.core.conventions import MONTH
from livingdrug.core.errors import InputError
from livingdrug.models import Model
from livingdrug.simulation import Fractionation, compare_splits, draw_subjects, read_split, with_il6
from livingdrug.workflows.document import Document
from livingdrug.workflows.fields import MODEL, About, commas
from livingdrug.workflows.shared_fields import CV, SEED, SUBJECTS, VARIABILITY, EvenSo, Values, built

POPULATION, OUTCOMES = "Virtual population", "Outcomes"
SPLITS = ("100@0", "10/30/60@0,1,2", "1/1/1@0,1,2", "1/1/1@0,7,14")
MOST = 20_000


class FractionationScenario(Document):
    """Splits of one dose."""

    EXAMPLES: ClassVar = (
        "livingdrug fractionation hardiansyah_2019 --dose 1.1e9",
        "livingdrug fractionation hardiansyah_2019 --dose 1.1e9 -n 20 --cv 0.2 --split 100@0 --split 1/1/1@0,7,14",
    )

    kind: Literal["fractionation"] = "fractionation"
    model: Annotated[str, About("A model of doses and tumour: a name, or a model file.", argument=True, group=MODEL)]
    fragments: Annotated[
        tuple[str, ...],
        About(
            "Further fragments; il6_crs is joined where the model has no IL-6.",
            ("--with",),
            metavar="F1,F2",
            read=commas,
        ),
    ] = ()
    values: Values = Field(default_factory=dict)
    dose: Annotated[float, About("The whole dose.", unit="cells")]
    splits: Annotated[
        tuple[str, ...],
        About(
            "Parts of the dose and their days, such as 10/30/60@0,1,2 or 0.1@0,0.3@1,0.6@2; the first one is the reference. "
            "Repeatable; four examples by default.",
            ("--split",),
            metavar="PARTS@DAYS",
        ),
    ] = SPLITS
    response_day: Annotated[
        float, About("Day on which the tumour is looked at.", group=OUTCOMES, unit="d")
    ] = MONTH
    response_below: Annotated[
        float, About("Part of the tumour at the start that counts as response on that day.", group=OUTCOMES)
    ] = 0.5
    crs_50: Annotated[
        float | None,
        About(
            "IL-6 at which half have severe CRS, from your own data; that of the fragment il6_crs is a guess.",
            group=OUTCOMES,
            unit="pg/mL",
        ),
    ] = None
    subjects: Annotated[int | None, SUBJECTS.under(POPULATION)] = None
    variability: Annotated[str | None, VARIABILITY.under(POPULATION)] = None
    cv: Annotated[float | None, CV.under(POPULATION)] = None
    seed: Annotated[int, SEED.under(POPULATION)] = 1
    even_so: EvenSo = False


@dataclass(frozen=True)
class FractionationFound:
    """model: with IL-6; result: the splits, the reference first."""

    model: Model
    result: Fractionation


def run(scenario: FractionationScenario) -> FractionationFound:
    """Simulate every split on the same subjects. Raises InputError or ModelError before anything is computed."""
    splits = [read_split(text) for text in scenario.splits]
    if len(splits) < 2:
        raise InputError(
            "splits are compared from two on; add --split, such as --split 100@0 --split 10/30/60@0,1,2"
        )
    if scenario.subjects is None and (scenario.cv is not None or scenario.variability is not None):
        raise InputError("a between-subject variability was given without a number of subjects; add -n 200")
    if scenario.subjects is not None and not 1 < scenario.subjects <= MOST:
        raise InputError(f"{scenario.subjects} subjects; from 2 to {MOST:,} are simulated under every split")
    model = with_il6(built(scenario))
    subjects = None
    if scenario.subjects is not None:
        subjects = draw_subjects(
            model, scenario.subjects, seed=scenario.seed, spread=scenario.variability, cv=scenario.cv
        )
    how = {
        "response_day": scenario.response_day,
        "response_below": scenario.response_below,
        "crs_50": scenario.crs_50,
    }
    return FractionationFound(model, compare_splits(model, splits, scenario.dose, subjects, **how))
