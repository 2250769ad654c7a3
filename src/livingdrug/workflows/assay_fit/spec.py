"""The `assay_fit` kind of scenario: the files of a killing assay, how they are read, and what is fitted to
them."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from livingdrug.assay import (
    AssayFit,
    AssayPlan,
    AssayReading,
    Estimates,
    Plate,
    assay_model,
    estimates_of,
    fit_assay,
    fit_wells,
    observe,
    read_assay,
)
from livingdrug.core.errors import InputError
from livingdrug.workflows.document import Document
from livingdrug.workflows.fields import INPUT, About, commas, named_number, named_numbers

NONE = "none"
MODEL = "Model"


def read_columns(texts: tuple[str, ...], option: str) -> dict[str, str]:
    """`YOURS=OURS` texts; the last `=` parts them, as headings may hold one."""
    pairs = {}
    for text in texts:
        yours, equals, ours = text.rpartition("=")
        if not (equals and yours and ours):
            raise InputError(
                f"{option} `{text}` cannot be read; write YOURS=OURS, such as 'Green Count'=effectors"
            )
        pairs[yours] = ours
    return pairs


def read_limits(texts: tuple[str, ...], option: str) -> dict[str, float]:
    """`[QUANTITY=]VALUE` texts."""
    return dict(
        named_number(t if "=" in t else f"={t}", option, "[QUANTITY=]VALUE", "targets=25") for t in texts
    )


def read_events(texts: tuple[str, ...], option: str) -> tuple[tuple[float, float], ...]:
    """`NUMBER@HOURS` texts."""
    made = []
    for text in texts:
        value, _, time = text.partition("@")
        try:
            made.append((float(value), float(time)))
        except ValueError:
            example = "5000@24" if "challenge" in option else "0.333@24"
            raise InputError(
                f"{option} `{text}` cannot be read; write it as {example} (the time in h)"
            ) from None
    return tuple(made)


class AssayFiles(Document):
    """Files of an experiment and how they are read; the fields are those of `assay.AssayReading`."""

    FILES: ClassVar = ("files", "plan", "events")

    files: Annotated[
        tuple[str, ...], About("Readings of one plate or of several.", argument=True, group=INPUT)
    ]
    plan: Annotated[
        str | None,
        About(
            "What each well holds: CSV, Excel or XML, with the columns well, role, construct, donor, "
            "effectors_seeded, targets_seeded, treatment (and plate), or grids of labels.",
            ("--map",),
            INPUT,
            metavar="MAP",
        ),
    ] = None
    events: Annotated[
        str | None,
        About(
            "What was done to the wells: a table with time_h, event, targets_added, fraction_kept (and "
            "plate, wells).",
            group=INPUT,
        ),
    ] = None
    columns: Annotated[
        dict[str, str],
        About(
            "What a column, channel or metric means, such as 'Green Object Count'=effectors or CMT=channel.",
            ("--column",),
            INPUT,
            metavar="YOURS=OURS",
            read=read_columns,
        ),
    ] = Field(default_factory=dict)
    quantity: Annotated[
        str | None,
        About("What the values measure, where no heading says it (cell_index, targets, ...).", group=INPUT),
    ] = None
    time: Annotated[
        float | None, About("Time of readings whose file states none.", group=INPUT, unit="h")
    ] = None
    time_unit: Annotated[
        Literal["h", "d", "min", "s"] | None,
        About("Unit of the times, where the file states none.", group=INPUT),
    ] = None
    plate: Annotated[str | None, About("Name of the plate, where the files hold none.", group=INPUT)] = None
    start: Annotated[
        float | None,
        About("When the effectors were added, on the clock of the readings.", group=INPUT, unit="h"),
    ] = None
    size: Annotated[int, About("Wells of a plate.", ("--wells",), INPUT)] = 96
    beads: Annotated[
        float | None, About("Beads added to each sample: events become cells per well.", group=INPUT)
    ] = None
    volume: Annotated[
        float | None, About("Volume of a well: counts per uL become cells per well.", group=INPUT, unit="uL")
    ] = None
    limits: Annotated[
        dict[str, float],
        About(
            "Values below it are censored.", ("--limit",), INPUT, metavar="[QUANTITY=]VALUE", read=read_limits
        ),
    ] = Field(default_factory=dict)
    saturations: Annotated[
        dict[str, float],
        About(
            "Values at or above it are censored.",
            ("--saturation",),
            INPUT,
            metavar="[QUANTITY=]VALUE",
            read=read_limits,
        ),
    ] = Field(default_factory=dict)
    rechallenges: Annotated[
        tuple[tuple[float, float], ...],
        About(
            "Targets added to every well (5000@24).",
            ("--rechallenge",),
            INPUT,
            metavar="CELLS@H",
            read=read_events,
        ),
    ] = ()
    replatings: Annotated[
        tuple[tuple[float, float], ...],
        About(
            "Fraction of each well moved to a new one (0.333@24), before targets are added at that time.",
            ("--replate",),
            INPUT,
            metavar="FRACTION@H",
            read=read_events,
        ),
    ] = ()
    leave_out: Annotated[
        tuple[str, ...],
        About("Wells that take no part, such as A1 or 'P1 A1'.", group=INPUT, metavar="WELL", read=commas),
    ] = ()
    same_map: Annotated[bool, About("A map without plates is that of every plate.", group=INPUT)] = False

    def reading(self) -> AssayReading:
        """The part that says how to read. Raises InputError for a word or a number that does not fit."""
        return AssayReading(**{name: getattr(self, name) for name in AssayReading.__dataclass_fields__})


class AssayFitting(AssayFiles):
    """Fit a killing assay; the fields beyond the files are those of `assay.AssayPlan` and `assay.observe`."""

    EXAMPLES: ClassVar = (
        "livingdrug assay fit plate.csv --map map.csv --events events.csv --model exhaustion --control C1 "
        "--out fitted",
        "livingdrug assay fit index.csv --map map.csv --model carrgo --from 27 --by well --shared none",
    )

    kind: Literal["assay_fit"] = "assay_fit"
    model: Annotated[
        Literal[
            "carrgo", "exhaustion", "capacity", "antigen_saturating", "reversible_exhaustion", "dexamethasone"
        ],
        About("What effectors do.", group=MODEL),
    ] = "carrgo"
    killing: Annotated[
        Literal["mass_action", "saturating_effectors", "saturating_targets", "conjugates", "ratio"],
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
    seeding: Annotated[
        float,
        About(
            "SD of the logarithm of an error of the effectors seeded that all wells share, where one donor is on the "
            "plate; 0: they are exact.",
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
            "Part of a well's cells that were counted, such as 0.1: small counts then err by counting as well (negative "
            "binomial, as far as logarithms are normal).",
            ("--counted-part",),
        ),
    ] = 0.0
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
            edge=not self.edge,
            errors=self.errors,
            seeding=self.seeding,
            fixed=self.fix,
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


def run(scenario: AssayFitting) -> Fitted:
    """Read, fit, and say how sure it is. Raises InputError before anything is computed."""
    plan = scenario.assay_plan()
    plate = read_assay(scenario.files, scenario.plan, scenario.events, scenario.reading())
    seen = observe(
        plate, scenario.first, scenario.last, scenario.readings, scenario.per_cell, scenario.counted
    )
    fits = tuple(fit_wells(plan, seen)) if scenario.each_well else (fit_assay(plan, seen),)
    return Fitted(plate, fits, tuple(estimates_of(fit, scenario.laws()) for fit in fits))
