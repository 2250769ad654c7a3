"""The `assay-rank` kind of scenario: the constructs of a fitted assay in order."""

from typing import Annotated, ClassVar, Literal

from livingdrug.assay import Ranking, derived_ranking, rank
from livingdrug.workflows.assay.fitted import OfAssay
from livingdrug.workflows.fields import About
from livingdrug.workflows.shared_fields import SeedOfDraws

NUMBERS = ("kills", "effector_doubling", "gr_24h", "rounds")


class AssayRanking(OfAssay):
    """Rank the constructs of a fit."""

    EXAMPLES: ClassVar = (
        "livingdrug assay rank fitted --by k_kill",
        "livingdrug assay rank fitted --by rounds --out ranked",
    )

    kind: Literal["assay-rank"] = "assay-rank"
    by: Annotated[
        str,
        About(
            f"A rate (contact_loss and rates of death: the lowest is best), or one of {', '.join(NUMBERS)}.",
            ("--by",),
        ),
    ] = "k_kill"
    seed: SeedOfDraws = 1


def run(scenario: AssayRanking) -> Ranking:
    """The ranking. Raises InputError where the readings do not determine what is ranked by."""
    estimates = scenario.estimates()
    ranked = derived_ranking if scenario.by in NUMBERS else rank
    return ranked(estimates, scenario.by, scenario.seed)
