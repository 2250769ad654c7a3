"""What the kinds share that start from a table of samples: its reading, the rules of NCA, what is said of its
columns."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.data import (
    Check,
    Column,
    Data,
    Endpoints,
    Finding,
    Reading,
    check,
    cross,
    join,
    printable,
    read_endpoints,
    refusal,
)
from livingdrug.nca import AucRule, BelowRule, NcaResult, NcaSettings, TerminalPoints, nca
from livingdrug.report import Table, file_hash
from livingdrug.workflows.document import Document
from livingdrug.workflows.fields import INPUT, About
from livingdrug.workflows.script import call

RULES = "Rules of NCA"


def read_pairs(texts: tuple[str, ...], option: str) -> dict[str, str]:
    """`YOURS=OURS` texts; the last `=` parts them, as headings may hold one.

    Parameters
    ----------
    texts : tuple of str
        `YOURS=OURS` each.
    option : str
        Its name, for messages.

    Returns
    -------
    dict[str, str]
    """
    pairs = {}
    for text in texts:
        yours, equals, ours = text.rpartition("=")
        if not equals or not yours or not ours:
            raise InputError(f"{option} `{text}` cannot be read; write YOURS=OURS, such as result=DV")
        pairs[yours] = ours
    return pairs


def read_units(texts: tuple[str, ...], option: str) -> str | dict[str, str]:
    """The one unit of all values, or the units of single outputs (`OUTPUT=UNIT`)."""
    pairs = {
        name.strip(): unit.strip()
        for name, equals, unit in (text.rpartition("=") for text in texts)
        if equals
    }
    plain = [text for text in texts if "=" not in text]
    if len(plain) > 1 or (plain and pairs):
        raise InputError(
            f"{option} says {' and '.join(texts)}; give one unit, or OUTPUT=UNIT for each output"
        )
    return plain[0] if plain else pairs


def read_terminal(texts: tuple[str, ...], option: str) -> list[dict]:
    """`ID:FROM:TO:WHY` texts; ids may hold colons, so they are read from both ends."""
    made = []
    for text in texts:
        try:
            head, reason = text.rsplit(":", 1)
            subject, start, end = head.rsplit(":", 2)
            made.append({"subject": subject, "start": float(start), "end": float(end), "reason": reason})
        except ValueError:
            example = "P01:14:60:late samples only"
            raise InputError(
                f"{option} `{text}` cannot be read; write ID:FROM:TO:WHY, such as {example}"
            ) from None
    return made


Duplicates = Annotated[
    Literal["mean", "keep"] | None,
    About(
        "Values of one subject, output and time: `mean` takes their mean, `keep` (a fit does) takes them "
        "for replicates.",
        group=INPUT,
    ),
]
Untreated = Annotated[
    bool,
    About(
        "Subjects without a row of a dose, where others have one, were not treated (a fit takes them so, "
        "and says it).",
        group=INPUT,
    ),
]


class TableScenario(Document):
    """A table and how it is to be read; the fields are those of `data.Reading`, and a table of endpoints."""

    FILES: ClassVar = ("file", "endpoints")

    file: Annotated[str, About("A table of samples: CSV, TSV or Excel.", argument=True, group=INPUT)]
    columns: Annotated[
        dict[str, str],
        About(
            "What a column means, such as result=DV.",
            ("--column",),
            INPUT,
            metavar="YOURS=OURS",
            read=read_pairs,
        ),
    ] = Field(default_factory=dict)
    unit: Annotated[
        str | None,
        About(
            "Unit of the values, where the file states none (copies/ug, cells/uL, ng/mL, nM, ...); "
            "OUTPUT=UNIT, repeated, where it has several.",
            group=INPUT,
            metavar="[OUTPUT=]UNIT",
            read=read_units,
        ),
    ] = None
    time_unit: Annotated[
        str | None, About("Unit of the times, where the file states none: d, h, min, s or week.", group=INPUT)
    ] = None
    dose: Annotated[
        float | None, About("One dose for every subject, where the file holds none.", group=INPUT)
    ] = None
    dose_unit: Annotated[
        str | None, About("Unit of the dose: cells, cells/kg, mg, mg/kg, nmol, ...", group=INPUT)
    ] = None
    assay: Annotated[
        str | None, About("The assay of the whole file, such as qPCR, ddPCR or flow.", group=INPUT)
    ] = None
    limit: Annotated[
        float | None, About("Limit of quantification (LLOQ), where rows state none.", group=INPUT)
    ] = None
    infusion_day: Annotated[
        int | None,
        About(
            "Day number of the infusion, the same for all: 0 or 1 where days are counted, or the number "
            "of a study day or of a spreadsheet's date.",
            group=INPUT,
        ),
    ] = None
    date_order: Annotated[
        Literal["dmy", "mdy"] | None, About("Order of dates that are not ISO: dmy or mdy.", group=INPUT)
    ] = None
    duplicates: Duplicates = None
    pool_assays: Annotated[bool, About("Join values of different assays into one profile.", group=INPUT)] = (
        False
    )
    sheet: Annotated[str | None, About("Sheet of an Excel file; the first by default.", group=INPUT)] = None
    untreated: Untreated = False
    logarithms: Annotated[
        Literal["e", "10", "kept"] | None,
        About(
            "The values and limits of the file are logarithms: `e` or `10` turns them back, `kept` keeps "
            "them, for a model whose output is a logarithm.",
            group=INPUT,
        ),
    ] = None
    output: Annotated[
        str | None,
        About(
            "The only output to use, where the file has several (by analyte, matrix or DVID).",
            group=INPUT,
        ),
    ] = None
    units: dict[str, str] = Field(default_factory=dict)
    endpoints: Annotated[
        str | None, About("A table with one row per subject (response, CRS, PFS, covariates).", group=INPUT)
    ] = None

    @classmethod
    def of_options(cls, given: dict, say: Callable[[str], None]) -> dict:
        """--unit gives one unit, or those of single outputs."""
        if isinstance(given.get("unit"), dict):
            given["units"] = given.pop("unit")
        return given

    def reading(self) -> Reading:
        """The part that says how to read. Raises InputError for a word or a number that does not fit."""
        return Reading(**{name: getattr(self, name) for name in Reading.__dataclass_fields__})


class Points(BaseModel):
    """Terminal points of a subject chosen by hand."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: str
    start: float
    end: float
    reason: str


BELOW_WORDS = "Values below the limit of quantification (BLQ)"


class KineticScenario(TableScenario):
    """Non-compartmental analysis of a file; the fields are those of `nca.NcaSettings`, a unit conversion and
    a group."""

    auc: Annotated[AucRule, About("Rule of the trapezoids.", group=RULES)] = "linup-logdown"
    blq_first: Annotated[
        BelowRule, About(f"{BELOW_WORDS} before the first quantifiable one.", group=RULES)
    ] = "zero"
    blq_middle: Annotated[BelowRule, About("The same between quantifiable values.", group=RULES)] = "drop"
    blq_last: Annotated[BelowRule, About("The same after the last one.", group=RULES)] = "zero"
    window: Annotated[
        tuple[float, float] | None,
        About(
            "Window of AUCINT in the unit of the times; 0 to 28 d by default.",
            group=RULES,
            metavar="START END",
        ),
    ] = None
    above: Annotated[
        float | None, About("Level of XTLIM; the limit of quantification by default.", group=RULES)
    ] = None
    blood_volume: Annotated[
        float | None,
        About(
            "Blood volume for XEXPR (an adult: 5e6 uL); by weight where none is given and weights are known.",
            group=RULES,
            unit="uL",
        ),
    ] = None
    terminal: Annotated[
        tuple[Points, ...],
        About(
            "Terminal points of a subject by hand.",
            group=RULES,
            metavar="ID:FROM:TO:WHY",
            read=read_terminal,
        ),
    ] = ()
    small_molecule: Annotated[
        bool, About("Also CL, VZ, MRT and AUMC, which mean nothing for growing cells.", group=RULES)
    ] = False
    conversion: Annotated[
        str | None,
        About(
            "Convert units by a named, cited conversion: kirouac_2024, singh_2021, "
            "white_cells:wbc=5000,vcn=1, percent_of_cd3:cd3=COLUMN.",
            group=RULES,
            former=("bridge",),
        ),
    ] = None
    by: Annotated[str | None, About("A covariate that groups the subjects, such as response.")] = None

    def settings(self) -> NcaSettings:
        """The part that says how to analyse. Raises InputError for a word or a number that does not fit."""
        fields = {name: getattr(self, name) for name in NcaSettings.__dataclass_fields__}
        fields["terminal"] = tuple(TerminalPoints(**points.model_dump()) for points in self.terminal)
        return NcaSettings(**fields)


def analyse(scenario: KineticScenario, data: Data, settings: NcaSettings) -> NcaResult:
    """The analysis of samples that are already read: endpoints joined, units converted.

    Parameters
    ----------
    scenario : KineticScenario
        Of an analysis of samples.
    data : Data
        As they were read.
    settings : NcaSettings
        Of the analysis.

    Returns
    -------
    NcaResult
    """
    if scenario.endpoints:
        data = join(data, read_endpoints(scenario.endpoints))
    if scenario.conversion:
        data = cross(data, scenario.conversion)
    return nca(data, settings)


def reading_call(scenario: TableScenario) -> str:
    """`ld.Reading(...)` with what is said of the file, for a script."""
    fields = {name: getattr(scenario, name) for name in Reading.__dataclass_fields__}
    return call("ld.Reading", **{name: value for name, value in fields.items() if value})


def checked_table(scenario: TableScenario) -> Check:
    """The check of a file that passed; InputError with every fault where it did not."""
    checked = check(scenario.file, scenario.reading())
    if checked.data is None:
        raise refusal(checked.name, checked.findings)
    return checked


TABLES, MODELS = ("file", "endpoints"), ("model", "also")
HASHED = (*TABLES, *MODELS)  # fields of a scenario whose files are known by their content


def hashes(scenario: TableScenario) -> tuple[tuple[str, str], ...]:
    """(name, SHA-256) of the files that the scenario reads."""
    files = [Path(getattr(scenario, name)) for name in TABLES if getattr(scenario, name)]
    models = [name for field in MODELS for name in _texts(getattr(scenario, field, None))]
    if models:
        from livingdrug.models import model_files  # loaded where there is a model

        files += [path for name in models for path in model_files(name)]
    return tuple((printable(path.name), file_hash(path)) for path in files)


def _texts(given: str | Sequence[str] | None) -> Sequence[str]:
    return (given,) if isinstance(given, str) else given or ()


def size(checked: Check) -> str:
    """How much data there is."""
    data = known(checked.data, "the data of a table that may be analysed")
    return f"{len(data.subjects):,} subjects, {data.profiles.n:,} profiles, {data.rows:,} samples"


class Understood(Protocol):
    """A file of which it is known what each column means."""

    @property
    def name(self) -> str:
        """As it is shown."""
        ...

    @property
    def columns(self) -> tuple[Column, ...]:
        """In the order of the file."""
        ...


def column_table(part: Understood, detail: bool = False) -> Table:
    """What each column was taken for, and why.

    Parameters
    ----------
    part : Understood
        A file of which it is known what its columns mean.
    detail : bool, optional
        For the report alone.

    Returns
    -------
    Table
    """
    rows = tuple((printable(c.name), c.meaning, printable(c.unit), c.why) for c in part.columns)
    return Table(f"columns of {part.name}", ("your column", "our meaning", "unit", "why"), rows, detail)


def finding_table(found: tuple[Finding, ...] | list[Finding], name: str, detail: bool = False) -> Table:
    """Faults by line.

    Parameters
    ----------
    found : tuple of Finding or sequence of Finding
        The faults.
    name : str
        Of the file.
    detail : bool, optional
        For the report alone.

    Returns
    -------
    Table
    """
    rows = tuple(
        (
            str(f.line),
            printable(f.column),
            f.severity,
            printable(f.problem, 300) + f" ({f.rows} rows)" * (f.rows > 1),
            f.fix,
        )
        for f in found
    )
    return Table(
        f"findings in {name}",
        ("line", "column", "severity", "what is wrong", "how to correct it"),
        rows,
        detail,
    )


def checks_of(parts: Sequence[Check | Endpoints], detail: bool = True) -> dict:
    """`checks` and `check_tables` of an Answer about tables that were read; detail: the tables are for the
    report alone."""
    tables = [column_table(part, detail) for part in parts]
    tables += [finding_table(part.findings, part.name, detail) for part in parts if part.findings]
    return {"checks": tuple(note for part in parts for note in part.notes), "check_tables": tuple(tables)}
