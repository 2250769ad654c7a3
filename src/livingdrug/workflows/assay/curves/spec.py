"""The `assay-curves` kind of scenario: what a design that was not run would show."""

from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from livingdrug.assay import Band, Question, predict_courses, usual
from livingdrug.workflows.assay.fitted import OfAssay
from livingdrug.workflows.fields import About, commas
from livingdrug.workflows.shared_fields import SeedOfDraws

DESIGN = "Design"


class AssayCurves(OfAssay):
    """Courses of a design; what is not said is as on the plate, with one effector per target."""

    EXAMPLES: ClassVar = (
        "livingdrug assay curves fitted --ratio 0.5 --rounds 6",
        "livingdrug assay curves fitted --ratio 0.25 --new-donor --out predicted",
    )

    kind: Literal["assay-curves"] = "assay-curves"
    ratio: Annotated[float, About("Effectors per target at the start.", group=DESIGN)] = 1.0
    targets: Annotated[float | None, About("Targets at the start.", group=DESIGN, unit="cells")] = None
    rounds: Annotated[int | None, About("Rounds of killing, as on the plate by default.", group=DESIGN)] = (
        None
    )
    hours: Annotated[float | None, About("Length of a round.", group=DESIGN, unit="h")] = None
    added: Annotated[
        float | None,
        About("Targets added at the end of each round but the last.", group=DESIGN, unit="cells"),
    ] = None
    kept: Annotated[
        float | None, About("Fraction of the cells that goes on to the next round.", group=DESIGN)
    ] = None
    groups: Annotated[
        tuple[str, ...],
        About("Constructs; all by default.", ("--constructs",), DESIGN, metavar="C1,C2", read=commas),
    ] = ()
    new_donor: Annotated[
        bool, About("Bands for a donor who was not on the plate, not for the mean of donors.")
    ] = False
    seed: SeedOfDraws = 1


def question(scenario: AssayCurves) -> Question:
    """The design that is asked for."""
    asked = usual(scenario.estimates())
    given = {name: getattr(scenario, name) for name in ("targets", "rounds", "hours", "added", "kept")}
    asked = replace(asked, **{name: value for name, value in given.items() if value is not None})
    if asked.rounds > 1 and not asked.added:
        asked = replace(asked, added=asked.targets)
    return replace(asked, effectors=scenario.ratio * asked.targets)


def run(scenario: AssayCurves) -> list[Band]:
    """Courses with bands. Raises InputError for a construct with a rate that is not determined."""
    return predict_courses(
        scenario.estimates(),
        question(scenario),
        scenario.groups,
        new_donor=scenario.new_donor,
        seed=scenario.seed,
    )
