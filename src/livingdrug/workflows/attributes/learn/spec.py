"""The `attributes-learn` kind: learn from attributes together, and say what that is worth."""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, ClassVar, Literal

from pydantic import field_validator

from livingdrug.attributes import (
    Growth,
    LearningStudy,
    Model,
    Stability,
    build,
    growth,
    stability,
    study,
)
from livingdrug.core.errors import InputError
from livingdrug.core.versions import versions
from livingdrug.core.words import RESEARCH
from livingdrug.workflows.attributes.inputs import OutcomeScenario, Prepared, hashes, prepare
from livingdrug.workflows.attributes.learn.genes import with_expression
from livingdrug.workflows.attributes.predict.spec import Predicted, scored
from livingdrug.workflows.conduct import Conduct
from livingdrug.workflows.fields import INPUT, About

COUNTED = "permutations"


class Learn(OutcomeScenario):
    """Learn an outcome from attributes."""

    OUTPUTS: ClassVar = ("resume",)
    EXAMPLES: ClassVar = (
        "livingdrug attributes learn products.csv --outcome CR+PR --clinical age --permutations 99 --out "
        "run_model",
        "livingdrug attributes learn products.csv --outcome CR+PR --expression expression.csv --signatures "
        "signatures.gmt --permutations 99",
    )
    FILES: ClassVar = ("file", "endpoints", "expression", "signatures", "new")

    kind: Literal["attributes-learn"] = "attributes-learn"
    method: Annotated[
        Literal["ridge", "elastic-net", "lasso", "sparse-pls"],
        About(
            "Penalised regression, or sparse partial least squares; ridge is stable at few patients, the "
            "others select.",
            ("--method", "--model"),
        ),
    ] = "ridge"
    expression: Annotated[
        str | None,
        About(
            "Genes and products (CSV, .mtx or .h5ad), called as in FILE: learn from genes in place of the "
            "attributes of FILE.",
            group=INPUT,
        ),
    ] = None
    signatures: Annotated[
        str | None,
        About(
            "With --expression: sets of genes (GMT), scored as mean z within each training part.",
            group=INPUT,
        ),
    ] = None
    new: Annotated[
        str | None,
        About("A table of new products, to be scored at once, as `attributes predict` does.", group=INPUT),
    ] = None
    permutations: Annotated[int, About("Outcomes dealt at random, each through the whole procedure.")] = 499
    repeats: Annotated[int | None, About("Repeats of the folds; more for fewer patients by default.")] = None

    @field_validator("permutations")
    @classmethod
    def _enough(cls, given: int) -> int:
        if not 19 <= given <= 100_000:
            raise ValueError("give 19 to 100,000 permutations; fewer cannot reach p = 0.05")
        return given


@dataclass(frozen=True)
class Learned:
    """scenario, prepared, result; curve, stability and model are worked out when they are asked for."""

    scenario: Learn
    prepared: Prepared
    result: LearningStudy

    @cached_property
    def predicted(self) -> Predicted | None:
        """What the model says of new products, None without any."""
        return scored(self.scenario.new, self.model, self.scenario) if self.scenario.new else None

    @cached_property
    def curve(self) -> Growth:
        """What fewer patients would have reached."""
        return growth(self.result.features, self.result.outcome, self.result.plan)

    @cached_property
    def stability(self) -> Stability | None:
        """How often a lasso picks each attribute again; None for a time to an event, and for genes."""
        if self.result.outcome.kind == "survival" or self.scenario.expression:
            return None
        return stability(self.result.features.x, self.result.outcome, seed=self.scenario.seed)

    @cached_property
    def model(self) -> Model:
        """The model of all patients, with its card."""
        columns = tuple(vars(c) for c in self.prepared.table.having("attribute"))
        return build(self.result, columns, card(self), self.prepared.treatments)


def run(scenario: Learn, conduct: Conduct) -> Learned:
    """Learn. Raises InputError for too few patients, and for leaks."""
    if conduct.executor != Conduct().executor:
        raise InputError(
            "`attributes learn` uses the processors of this machine by itself; leave out --workers and --dask"
        )
    prepared = prepare(scenario)
    if scenario.expression:
        prepared = with_expression(scenario.expression, scenario.signatures, scenario.keep, prepared)
    if scenario.signatures and not scenario.expression:
        raise InputError("--signatures: give the expression of the products too (--expression FILE)")
    if scenario.new and scenario.expression:
        raise InputError(
            "--new: a model of genes is not kept; score the signatures first (`attributes score --method "
            "ssgsea`) and learn from the scores"
        )
    step = conduct.progress

    def progress(_: str, done: int, count: int) -> None:
        if step is not None:
            step(done, count)

    result = study(
        prepared.features,
        prepared.outcome,
        labels=prepared.labels,
        clinical=prepared.clinical,
        method=scenario.method,
        repeats=scenario.repeats,
        permutations=scenario.permutations,
        seed=scenario.seed,
        progress=progress,
        kept=conduct.kept,
    )
    return Learned(scenario, prepared, result)


def card(found: Learned) -> dict:
    """What a reader of the model must know: data, patients per class, procedure, checks, result, versions."""
    result, outcome = found.result, found.result.outcome
    return {
        "use": RESEARCH,
        "data": dict(hashes(found.scenario)),
        "patients": outcome.n,
        "events": outcome.events,
        "studies": sorted({study.label for study in result.left}),
        "method": found.scenario.method,
        "penalties": list(result.plan.grid),
        "folds": result.plan.folds,
        "repeats": result.plan.repeats,
        "permutations": result.plan.permutations,
        "value": result.headline.value,
        "p_value": result.headline.p_value,
        "verdict": result.verdict,
        "checks": [
            "outcome among the attributes",
            "one product twice",
            "batch equal to outcome",
            "after the infusion",
        ],
        "warnings": [leak.problem for leak in found.prepared.leaks],
        "versions": versions(),
    }
