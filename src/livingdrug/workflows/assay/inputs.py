"""What the kinds share that start from the files of a killing assay: which files, and how they are read."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from livingdrug.assay import AssayReading
from livingdrug.core.errors import InputError
from livingdrug.data import printable
from livingdrug.report import file_hash
from livingdrug.workflows.conduct import Conduct
from livingdrug.workflows.document import Document
from livingdrug.workflows.fields import INPUT, About, commas

# of the kinds that carry a fit to patients
PATIENTS = About(
    "Model of patients, in days, whose values stand for the control construct.", ("--product",)
)
Links = Annotated[
    tuple[str, ...],
    About(
        "Which rate of the assay moves which quantity of the model, and the slope of their logarithms with its SD; "
        "1+-0.5 where none is given.",
        ("--map",),
        metavar="RATE=QUANTITY[:SLOPE+-SD[~SCATTER]]",
        read=commas,
    ),
]
Control = Annotated[str | None, About("Control construct; the first one of the fit by default.")]


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
    made = {}
    for text in texts:
        quantity, _, value = text.rpartition("=")
        try:
            made[quantity.strip()] = float(value)
        except ValueError:
            raise InputError(
                f"{option} `{text}` cannot be read; write VALUE or QUANTITY=VALUE, such as targets=25"
            ) from None
    return made


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
            "effectors_seeded, targets_seeded, treatment, dose (and plate), or grids of labels.",
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


def hashes(scenario: AssayFiles) -> tuple[tuple[str, str], ...]:
    """(name, SHA-256) of the files that the scenario reads."""
    paths = [*scenario.files, *(path for path in (scenario.plan, scenario.events) if path)]
    return tuple((printable(Path(path).name), file_hash(path)) for path in paths)


def stages(conduct: Conduct) -> Callable[[str], None]:
    """Takes a word on what is done now, for whoever shows how far a run is."""
    return getattr(conduct.progress, "enter", lambda text: None)
