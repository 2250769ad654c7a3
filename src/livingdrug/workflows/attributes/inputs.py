"""What the kinds share that start from a table of products: its reading, its outcome, and what is said of
both."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from livingdrug.attributes import (
    LEAST,
    LIMIT,
    Features,
    Leak,
    Outcome,
    ProductTable,
    Treatment,
    analysed,
    applied,
    beside,
    check_products,
    joined,
    leaks_of,
    outcome_of,
    treatments,
)
from livingdrug.core.errors import InputError
from livingdrug.data import printable, refusal, split_heading
from livingdrug.report import Table, file_hash
from livingdrug.workflows.document import Document
from livingdrug.workflows.fields import INPUT, About, commas
from livingdrug.workflows.tables import read_pairs


class ProductScenario(Document):
    """A table of products and how it is to be read."""

    FILES: ClassVar = ("file", "endpoints")

    file: Annotated[str, About("A row for each product: CSV, TSV or Excel.", argument=True, group=INPUT)]
    columns: Annotated[
        dict[str, str],
        About(
            "What a column is: patient, product, study, batch, clinical, outcome, attribute, ignored; or "
            "how an attribute is "
            "analysed: fraction (logit), log, plain.",
            ("--column",),
            INPUT,
            metavar="YOURS=ROLE",
            read=read_pairs,
        ),
    ] = Field(default_factory=dict)
    sheet: Annotated[str | None, About("Sheet of an Excel file.", group=INPUT)] = None
    endpoints: Annotated[
        str | None, About("A second table with outcomes or exposures, joined by patient.", group=INPUT)
    ] = None
    several: Annotated[
        Literal["refuse", "mean", "first"],
        About(
            "What becomes of a patient with several products: their mean or the first one stands for them.",
            group=INPUT,
        ),
    ] = "refuse"
    def table(self) -> ProductTable:
        """The table as it was read, with its findings."""
        table = check_products(self.file, self.columns, self.sheet)
        if self.endpoints:
            table = beside(table, check_products(self.endpoints))
        return table if self.several == "refuse" else joined(table, self.several)

    def read(self) -> ProductTable:
        """The table, where it may be used. Raises InputError with every fault."""
        table = self.table()
        if not table.ok:
            raise refusal(table.name, table.findings)
        return table


class AnalysedScenario(ProductScenario):
    """A table of products whose attributes go onto the scale that is analysed."""

    limit: Annotated[
        float,
        About(
            "Detection limit of a fraction in a composition, as a fraction of the gate; a zero "
            "stands at 0.65 of it."
        ),
    ] = LIMIT


class OutcomeScenario(AnalysedScenario):
    """A table of products and the outcome that attributes are related to."""

    outcome: Annotated[
        str,
        About(
            "A column, a class of response (CR, CR+PR), or TIME:EVENT for a time to an event.",
            metavar="NAME",
            example="CR+PR",
        ),
    ]
    study: Annotated[str | None, About("Column of the study; known by its heading as a rule.")] = None
    clinical: Annotated[
        tuple[str, ...],
        About("Clinical columns that are known anyway, such as LDH,age.", metavar="NAME,...", read=commas),
    ] = ()
    keep: Annotated[
        tuple[str, ...],
        About(
            "Attributes that look like the outcome and are kept knowingly.", metavar="NAME,...", read=commas
        ),
    ] = ()
    log: Annotated[
        bool | None, About("Take the logarithm of a numeric outcome; by default where it differs tenfold.")
    ] = None
    seed: Annotated[int, About("Seed of folds and permutations.")] = 1


@dataclass(frozen=True)
class Prepared:
    """table; features: attributes of the patients with an outcome; outcome; labels (n,): study of each, None
    for one; clinical: columns known anyway, None without; leaks: what is wrong but does not forbid."""

    table: ProductTable
    features: Features
    outcome: Outcome
    labels: np.ndarray | None
    clinical: Features | None
    leaks: tuple[Leak, ...]
    rows: np.ndarray
    treatments: tuple[Treatment, ...]


def prepare(scenario: OutcomeScenario) -> Prepared:
    """Read, join, refuse leaks. Raises InputError for a leak that is not kept knowingly."""
    said = dict(scenario.columns)
    if scenario.study:
        said[scenario.study] = "study"
    said |= {name: "clinical" for name in scenario.clinical}
    table = scenario.model_copy(update={"columns": said}).read()
    outcome, rows = outcome_of(table, scenario.outcome, scenario.log)
    table = _noted(table, outcome, rows)
    own = _without_outcome(table, scenario.outcome)
    how = treatments(own, scenario.limit)
    x, names = np.ascontiguousarray(applied(how, own)[rows]), tuple(t.name for t in how)
    leaks = [leak for leak in leaks_of(x, names, outcome, table, rows) if not _kept(leak, scenario.keep)]
    wrong = [leak for leak in leaks if leak.severity == "error"]
    if wrong:
        raise InputError(f"`{table.name}`: " + "; ".join(leak.problem for leak in wrong[:3]))
    labels = table.labels("study")
    several = labels is not None and len(set(labels[rows])) > 1
    clinical = None
    if scenario.clinical:
        known, known_names = analysed(_with_clinical(table, scenario.clinical), scenario.limit, ("clinical",))
        clinical = Features(np.ascontiguousarray(known[rows]), known_names)
    return Prepared(
        table=table,
        features=Features(x, names),
        outcome=outcome,
        labels=labels[rows] if labels is not None and several else None,
        clinical=clinical,
        leaks=tuple(leaks),
        rows=rows,
        treatments=how,
    )


def few(outcome: Outcome) -> tuple[str, ...]:
    """What is to be said where the smaller class, the events or the patients are fewer than can be learned
    from."""
    if outcome.smaller >= LEAST:
        return ()
    what = {"binary": "in the smaller class", "survival": "with an event", "continuous": "with a value"}[
        outcome.kind
    ]
    return (
        f"{outcome.name}: {outcome.smaller} patient(s) {what}, fewer than {LEAST}: only the largest "
        "differences show, and nothing can be learned from all attributes together",
    )


def _noted(table: ProductTable, outcome: Outcome, rows: np.ndarray) -> ProductTable:
    """The table with a note of the products that have no outcome, by line."""
    gone = np.setdiff1d(np.arange(table.n), rows)
    if not len(gone):
        return table
    lines = ", ".join(str(table.lines[i]) for i in gone[:10]) + (", ..." if len(gone) > 10 else "")
    note = f"{outcome.name}: {len(gone)} product(s) without an outcome take no part (line {lines})"
    return replace(table, notes=(*table.notes, note))


def _with_clinical(table: ProductTable, names: tuple[str, ...]) -> ProductTable:
    """The table whose clinical columns are these alone, called by their heading with or without its unit.

    Raises InputError for one that holds no numbers which differ between patients.
    """
    wanted = [c for c in table.columns if {c.heading, split_heading(c.heading)[0]} & set(names)]
    idle = [c for c in wanted if c.role != "clinical"]
    if idle:
        raise InputError(
            f"--clinical: `{printable(idle[0].heading)}` takes no part ({idle[0].why}); leave it out"
        )
    columns = tuple(
        replace(c, role="ignored") if c.role == "clinical" and c not in wanted else c for c in table.columns
    )
    return replace(table, columns=columns)


def _kept(leak: Leak, keep: tuple[str, ...]) -> bool:
    return any(leak.column == name or leak.column.endswith(f" {name}") for name in keep)


def _without_outcome(table: ProductTable, outcome: str) -> ProductTable:
    """The table with the columns of the outcome no longer among the attributes."""
    own = outcome.split(":")
    columns = tuple(replace(c, role="outcome") if c.heading in own else c for c in table.columns)
    return replace(table, columns=columns)


def hashes(scenario: Document) -> tuple[tuple[str, str], ...]:
    """(name, SHA-256) of the files that the scenario reads."""
    files = (getattr(scenario, name, None) for name in scenario.FILES)
    return tuple((printable(Path(path).name), file_hash(path)) for path in files if path)


def column_table(table: ProductTable, detail: bool = True) -> Table:
    """What each column was taken for, and why."""
    rows = tuple(
        (
            printable(c.heading),
            c.role,
            c.name,
            c.scale if c.role in ("attribute", "clinical") else "",
            c.gate,
            c.why,
        )
        for c in table.columns
    )
    return Table(
        f"columns of {table.name}", ("your column", "role", "meaning", "scale", "gate", "why"), rows, detail
    )
