"""The `assay-fit` kind of scenario: the files of a killing assay, how they are read, and what is fitted to
them."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from livingdrug.assay import (
    AssayFit,
    AssayPlan,
    Estimates,
    Plate,
    assay_model,
    estimates_of,
    fit_assay,
    fit_wells,
    observe,
    read_assay,
)
from livingdrug.workflows.assay.inputs import AssayFiles, read_columns, stages
from livingdrug.workflows.conduct import HERE, Conduct
from livingdrug.workflows.fields import About, commas, named_numbers

NONE = "none"
MODEL = "Model"


class AssayFitting(AssayFiles):
    """Fit a killing assay; the fields beyond the files are those of `assay.AssayPlan` and `assay.observe`."""

    EXAMPLES: ClassVar = (
        "livingdrug assay fit plate.csv --map map.csv --events events.csv --model exhaustion --control C1 "
        "--out fitted",
        "livingdrug assay fit index.csv --map map.csv --model carrgo --from 27 --by well --shared none",
    )

    LONG: ClassVar = True
    OUTPUTS: ClassVar = ("resume",)

    kind: Literal["assay-fit"] = "assay-fit"
    model: Annotated[
        Literal[
            "carrgo", "exhaustion", "capacity", "antigen_saturating", "reversible_exhaustion", "dexamethasone"
        ],
        About("What effectors do.", group=MODEL),
    ] = "carrgo"
    killing: Annotated[
        Literal[
            "mass_action", "saturating_effectors", "saturating_targets", "conjugates", "holling_3", "ratio"
        ],
        About("Law of killing.", group=MODEL),
    ] = "mass_action"
    growth: Annotated[
        Literal["logistic", "exponential", "gompertz"], About("Law of growth of the targets.", group=MODEL)
    ] = "logistic"
    by: Annotated[
        tuple[str, ...],
        About(
            "Columns of the map whose groups have rates of their own: construct, donor, treatment, well, or "
            "all.",
            group=MODEL,
            metavar="COLUMN,...",
            read=commas,
        ),
    ] = ("construct",)
    shared: Annotated[
        tuple[str, ...],
        About(
            "Rates that all wells share: `growth` (growth and crowding), other rates, or `none`.",
            group=MODEL,
            metavar="RATE,...",
            read=commas,
        ),
    ] = ("growth",)
    fix: Annotated[
        dict[str, float],
        About("A rate that is taken as known.", ("--fix",), MODEL, metavar="RATE=VALUE", read=named_numbers),
    ] = Field(default_factory=dict)
    dose: Annotated[
        dict[str, str],
        About(
            "How the dose of a well (column `dose` of the map) moves a rate: `linear` (its logarithm in "
            "proportion to the dose) or `inhibition` (rate / (1 + dose / IC50)).",
            ("--dose-effect",),
            MODEL,
            metavar="RATE=FORM",
            read=read_columns,
        ),
    ] = Field(default_factory=dict)
    errors: Annotated[
        Literal["correlated", "independent", "given"],
        About(
            "Errors that last for hours (correlated), readings as if independent, or the SD of the file "
            "(given), "
            "independent as well."
        ),
    ] = "correlated"
    pooled: Annotated[
        bool,
        About(
            "Donors do not differ (else each has random effects on what effectors do).", ("--pool-donors",)
        ),
    ] = False
    plates: Annotated[
        bool,
        About(
            "Plates differ by random effects on the growth of targets and on what effectors do.",
            ("--plate-effects",),
        ),
    ] = False
    seeding: Annotated[
        float,
        About(
            "SD of the logarithm of an error of the effectors seeded that all wells share, where one donor "
            "is on the plate; 0: they are exact.",
            ("--seeding-sd",),
        ),
    ] = 0.1
    edge: Annotated[bool, About("Outer wells grow and read as inner ones do.", ("--no-edge",))] = False
    per_cell: Annotated[
        dict[str, float],
        About(
            "What one cell gives in a reading that is not a count; 1e-4 for the cell index by default.",
            metavar="QUANTITY=NUMBER",
            read=named_numbers,
        ),
    ] = Field(default_factory=dict)
    unknown_scale: Annotated[
        tuple[str, ...],
        About(
            "Readings of which it is estimated what one cell gives, such as cell_index; refused where it "
            "stands in for rates per cell.",
            ("--estimate-per-cell",),
            metavar="QUANTITY,...",
            read=commas,
        ),
    ] = ()
    first: Annotated[float | None, About("Begin of the readings that are fitted.", ("--from",), unit="h")] = (
        None
    )
    last: Annotated[float | None, About("End of the readings that are fitted.", ("--to",), unit="h")] = None
    readings: Annotated[
        int, About("Readings of a well and channel that are used, evenly over time, where there are more.")
    ] = 60
    counted: Annotated[
        float,
        About(
            "Part of a well's cells that were counted, such as 0.1: small counts then err by counting as "
            "well.",
            ("--counted-part",),
        ),
    ] = 0.0
    counts: Annotated[
        Literal["lognormal", "negative_binomial"],
        About(
            "How counts err: lognormal, or negative binomial (needs --counted-part, takes counts of 0, "
            "errors do not last).",
            ("--count-errors",),
        ),
    ] = "lognormal"
    control: Annotated[
        str | None, About("Group that the others are compared with; the first one by default.")
    ] = None

    def laws(self) -> dict[str, str]:
        """The words of `assay_model`."""
        return {"name": self.model, "killing": self.killing, "growth": self.growth}

    def assay_plan(self) -> AssayPlan:
        """What is fitted. Raises InputError for a word that is unknown."""
        if self.shared == (NONE,) and self.by != ("well",):
            shared: tuple[str, ...] = ()
        else:
            model = assay_model(**self.laws())
            known = [q.name for q in model.quantities]
            wanted = ("growth", "crowding") if "growth" in self.shared else ()
            shared = tuple(
                n
                for n in (*wanted, *(s for s in self.shared if s not in ("growth", NONE)))
                if n in known or n not in wanted
            )
        return AssayPlan(
            assay_model(**self.laws()),
            by=self.by,
            shared=shared,
            donors=not self.pooled,
            plates=self.plates,
            edge=not self.edge,
            errors=self.errors,
            seeding=self.seeding,
            fixed=self.fix,
            dose=self.dose,
        )

    @property
    def each_well(self) -> bool:
        """Whether each well is fitted alone."""
        return self.by == ("well",) and self.shared == (NONE,)


@dataclass(frozen=True)
class Fitted:
    """The plate as it was read, the fits (one, or one for each well) and what they say."""

    plate: Plate
    fits: tuple[AssayFit, ...]
    estimates: tuple[Estimates, ...]


def run(scenario: AssayFitting, conduct: Conduct = HERE) -> Fitted:
    """Read, fit, and say how sure it is. Raises InputError before anything is computed."""
    conduct.alone(scenario)
    plan, say = scenario.assay_plan(), stages(conduct)
    plate = read_assay(scenario.files, scenario.plan, scenario.events, scenario.reading())
    seen = observe(
        plate,
        first=scenario.first,
        last=scenario.last,
        most=scenario.readings,
        per_cell=scenario.per_cell,
        counted=scenario.counted,
        unknown_scale=scenario.unknown_scale,
        counts=scenario.counts,
    )
    if scenario.each_well:
        fits = tuple(fit_wells(plan, seen, say, conduct.kept))
    else:
        fits = (fit_assay(plan, seen, say, kept=conduct.kept),)
    say("intervals")
    return Fitted(plate, fits, tuple(estimates_of(fit, scenario.laws()) for fit in fits))
