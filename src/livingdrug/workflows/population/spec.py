"""The `population` kind of scenario: virtual patients matched to published distributions."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from livingdrug.core.errors import InputError
from livingdrug.core.toml import read_text
from livingdrug.models import Model, lognormal
from livingdrug.population import (
    Matched,
    Target,
    candidates,
    match,
    of_product,
    product_targets_for,
    read_targets,
)
from livingdrug.simulation import Draw, Regimen, check_count, read_dose
from livingdrug.workflows.conduct import HERE, Conduct
from livingdrug.workflows.document import Document
from livingdrug.workflows.fields import About
from livingdrug.workflows.memory import SUBJECT
from livingdrug.workflows.shared_fields import CV, VARIABILITY, Doses, EvenSo, Fragments, ModelName, Values, built

COUNTED = "candidates"
CANDIDATES, TARGETS = "Candidates", "Targets"


class PopulationScenario(Document):
    """A matched population. Everything but the model and the targets has a default that serves."""

    EXAMPLES: ClassVar = (
        "livingdrug population stein_2019 --match kymriah --group 'responder, N=114' -n 500 --variability sd",
        "livingdrug population stein_2019 --match kymriah --group 'ELIANA) CR' -n 500 --variability sd --out "
        "run_population",
    )
    FILES: ClassVar = ("targets",)
    SHORTCUTS: ClassVar = {
        "match": About(
            "A file of targets (.toml, docs/population.md), or a product with published exposures.",
            group=TARGETS,
            metavar="FILE|PRODUCT",
        )
    }

    kind: Literal["population"] = "population"
    model: ModelName
    targets: Annotated[str | None, About("File of targets (.toml).", hidden=True)] = None
    product: Annotated[str | None, About("Product with published exposures.", group=TARGETS, hidden=True)] = (
        None
    )
    group: Annotated[
        str | None, About("Which published group of the product, by a part of its name.", group=TARGETS)
    ] = None
    least: Annotated[
        float, About("Effective sample size below which the targets count as out of reach.", group=TARGETS)
    ] = 50.0
    subjects: Annotated[int, About("Number of candidates that are drawn.", ("-n", "--subjects"), CANDIDATES)] = 2000
    variability: Annotated[str | None, VARIABILITY.under(CANDIDATES)] = None
    cv: Annotated[float | None, CV.under(CANDIDATES)] = None
    fragments: Fragments = ()
    values: Values = Field(default_factory=dict)
    doses: Doses = ()
    by: Annotated[
        Literal["weight", "accept"],
        About("Weight the candidates, or accept each by chance in proportion to its weight."),
    ] = "weight"
    keep: Annotated[int, About("Members of the population that is written, at most.")] = 200
    seed: Annotated[int, About("Seed of the candidates, and of what is accepted.", group=CANDIDATES)] = 1
    even_so: EvenSo = False

    @classmethod
    def of_options(cls, given: dict, say: Callable[[str], None]) -> dict:
        """--match names a file of targets, or a product."""
        named = given.pop("match", None)
        if named is not None:
            is_file = named.endswith(".toml") or Path(named).is_file()
            given["targets" if is_file else "product"] = named
        return given

    @property
    def named(self) -> str:
        """What the population is matched to, by its name."""
        return self.product or Path(self.targets or "").name

    def wanted(self, model: Model) -> tuple[Target, ...]:
        """What the population has to look like. Raises InputError for what no distribution can be."""
        if (self.targets is None) == (self.product is None):
            raise InputError(
                "name what the population has to look like, a file of targets or a product: --match "
                "targets.toml, --match kymriah (in a document: targets or product, one of the two)"
            )
        if self.product is not None:
            return product_targets_for(model, of_product(self.product, model, self.group))
        if self.group is not None:
            raise InputError("--group chooses a group of a product; leave it out beside a file of targets")
        return read_targets(read_text(self.targets or ""), self.targets or "", model)

    def how(self) -> str:
        """How the population was made, in words."""
        group = f" ({self.group})" if self.group else ""
        return f"matched to {self.named}{group}, {self.subjects:,} candidates, seed {self.seed}"

    def memory(self) -> float:
        """Bytes of the candidates."""
        return SUBJECT * self.subjects * 2


def run(scenario: PopulationScenario, conduct: Conduct = HERE) -> Matched:
    """Draw candidates, simulate and weigh them. Raises InputError before anything is computed."""
    conduct.alone(scenario)
    model = built(scenario)
    check_count(scenario.subjects)
    if scenario.cv is not None:
        lognormal(cv=scenario.cv)
    draw = Draw(scenario.subjects, scenario.seed, scenario.variability, scenario.cv)
    draw.population(model)
    targets = scenario.wanted(model)
    regimen = Regimen.of(map(read_dose, scenario.doses)) if scenario.doses else None
    found = candidates(model, targets, draw, regimen, conduct.progress)
    return match(model, targets, found, scenario.by, scenario.keep, scenario.least, scenario.seed)
