"""The `attributes-relate` kind: one attribute at a time."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from livingdrug.attributes import Detectable, Effect, Pooled, detectable, pool, relate
from livingdrug.workflows.attributes.inputs import OutcomeScenario, Prepared, prepare


class Relate(OutcomeScenario):
    """Relate each attribute to an outcome."""

    EXAMPLES: ClassVar = (
        "livingdrug attributes relate products.csv --outcome CR+PR",
        "livingdrug attributes relate products.csv --outcome 'log CMAX' --out run_cmax",
    )

    kind: Literal["attributes-relate"] = "attributes-relate"


@dataclass(frozen=True)
class Related:
    """prepared; effects: of each attribute; pooled: over studies, none for one study; seen: what so many
    patients show for one attribute named beforehand, and for the best of all (None but for a binary
    outcome)."""

    prepared: Prepared
    effects: tuple[Effect, ...]
    pooled: tuple[Pooled, ...]
    seen: tuple[Detectable, Detectable] | None


def run(scenario: Relate) -> Related:
    """Effects, pooled effects, and what would have been found."""
    p = prepare(scenario)
    features, outcome = p.features, p.outcome
    effects = tuple(relate(features.x, features.names, outcome, seed=scenario.seed))
    pooled = ()
    if p.labels is not None:
        pooled = tuple(
            pool(name, features.x[:, j], outcome, p.labels) for j, name in enumerate(features.names)
        )
    seen = None
    if outcome.kind == "binary" and outcome.smaller >= 2:
        n1, n2 = outcome.events, outcome.n - outcome.events
        seen = detectable(n1, n2), detectable(n1, n2, len(features.names))
    return Related(p, effects, pooled, seen)
