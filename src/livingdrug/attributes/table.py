"""A table of products: one row each, every column with a role that is shown, values on the scale that is
analysed."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from livingdrug.attributes.composition import OFF
from livingdrug.attributes.dictionary import Role, Scale, is_after_infusion, meaning_of
from livingdrug.attributes.product_table import Column, ProductTable
from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.data import (
    ABOVE,
    BELOW,
    MISSING,
    NUMBER,
    Findings,
    decimal_sign,
    is_missing,
    printable,
    read_grid,
    read_numbers,
    refusal,
    split_heading,
)

MISSING_PART = 0.3  # of the products without a value, above which an attribute takes no part
ROLES = ("patient", "product", "study", "batch", "clinical", "outcome", "attribute", "ignored")
SCALES = ("fraction", "log", "plain")
# of the smallest distance from 0 or 1, for a fraction of 0 or 1; of a limit, for a value below it
PERCENT = 1.5  # values above are percentages, where the heading does not say
EDGE = 0.5


def check_products(
    path: str | Path, said: Mapping[str, str] | None = None, sheet: str | None = None
) -> ProductTable:
    """Look at a table of products.

    Parameters
    ----------
    path : str or Path
        Of the file.
    said : Mapping[str, str], optional
        Heading -> role or scale that corrects the guess.
    sheet : str, optional
        Of a workbook; the only one by default.

    Returns
    -------
    ProductTable

    Raises
    ------
    InputError
        Only where the file is no table or a correction names no column.
    """
    findings = Findings()
    grid = read_grid(path, findings, sheet)
    name = printable(Path(path).name)
    findings.lines = grid.lines
    units = grid.units or ("",) * len(grid.headings)
    columns = _columns(grid.headings, units, said or {}, name)
    texts = {c.heading: grid.columns[i] for i, c in enumerate(columns)}
    values = {
        c.heading: _numbers(c, texts[c.heading], findings)
        for c in columns
        if c.role in ("attribute", "clinical")
    }
    columns = tuple(_settled(c, values, findings) for c in columns)
    table = ProductTable(name, columns, texts, values, grid.lines, (), ())
    _check_patients(table, findings)
    _check_gates(table, findings)
    return replace(table, findings=findings.sorted(), notes=tuple(findings.notes))


def read_products(
    path: str | Path, said: Mapping[str, str] | None = None, sheet: str | None = None
) -> ProductTable:
    """A table of products that may be used.

    Parameters
    ----------
    path : str or Path
        Of the file.
    said : Mapping[str, str], optional
        Heading -> role or scale that corrects the guess.
    sheet : str, optional
        Of a workbook; the only one by default.

    Returns
    -------
    ProductTable

    Raises
    ------
    InputError
        With every fault by line and column.
    """
    table = check_products(path, said, sheet)
    if not table.ok:
        raise refusal(table.name, table.findings)
    return table


def _columns(headings, units, said: Mapping[str, str], name: str) -> tuple[Column, ...]:
    heads = [split_heading(h) for h in headings]
    for key, value in said.items():
        if key not in headings and key not in [h for h, _ in heads]:
            raise InputError(f"`{name}`: " + unknown("column", key, list(headings)))
        if value not in (*ROLES, *SCALES):
            raise InputError(f"`{key}={value}`: a column is one of {', '.join((*ROLES, *SCALES))}")
    taken: set[Role] = set()
    columns = []
    for heading, (plain, unit), below in zip(headings, heads, units, strict=True):
        column = _column(heading, plain, unit or below.strip("()[] "), said.get(heading, said.get(plain, "")))
        if column.role in ("patient", "product", "study") and column.role in taken:
            column = replace(column, role="ignored", why="another column has this role")
        taken.add(column.role)
        columns.append(column)
    return tuple(columns)


def _column(heading: str, plain: str, unit: str, said: str) -> Column:
    meaning = meaning_of(plain)
    if meaning is not None and meaning.scale == "fraction" and unit and not _is_part(unit):
        # absolute counts, or a fluorescence: of no gate, as logarithms
        column = Column(heading, meaning.role, "log", meaning.name, "the heading and its unit", "", unit)
    elif meaning is not None:
        column = Column(
            heading,
            meaning.role,
            meaning.scale,
            meaning.name,
            "the heading",
            meaning.gate,
            unit or meaning.unit,
        )
    elif is_after_infusion(heading):
        column = Column(
            heading, "after", "plain", plain, "the heading speaks of a time after the infusion", "", unit
        )
    else:
        scale: Scale = "fraction" if unit == "%" or plain.endswith(("pct", "percent")) else "plain"
        column = Column(heading, "attribute", scale, plain or heading, "numbers", "", unit)
    if said in ROLES:
        return replace(column, role=said, why="as given")
    return replace(column, role="attribute", scale=said, why="as given") if said else column


def _is_part(unit: str) -> bool:
    """Whether a unit is that of a fraction: percent (of something), or a pure number."""
    return "%" in unit or unit.lower() in ("1", "fraction", "percent", "pct", "part", "proportion")


def _numbers(column: Column, texts: np.ndarray, findings: Findings) -> np.ndarray:
    """Numbers of a column; a value below a limit is EDGE of it, counted in a note; what is no number is a
    finding."""
    read = read_numbers(texts, decimal_sign([texts]), measured=True)
    words = np.flatnonzero(~np.isin(read.kind, (NUMBER, MISSING, BELOW, ABOVE)))
    seen = (read.kind != MISSING).sum()
    if len(words) > seen / 2:  # a column of words: no attribute
        return np.full(len(texts), np.nan)
    findings.at(
        "no-number",
        words,
        column.heading,
        texts[words],
        "{} is not a number",
        "write a number, or leave the cell empty",
    )
    below, above = read.rows(BELOW), read.rows(ABOVE)
    unknown_limit = np.flatnonzero(((read.kind == BELOW) | (read.kind == ABOVE)) & np.isnan(read.bound))
    findings.at(
        "no-limit",
        unknown_limit,
        column.heading,
        texts[unknown_limit],
        "{} names no limit",
        "write it as <5 (the limit)",
    )
    values = np.where(read.kind == NUMBER, read.value, np.nan)
    values[below], values[above] = EDGE * read.bound[below], read.bound[above]
    if len(below):
        findings.note(f"{column.heading}: {len(below)} value(s) below the limit stand at half of it")
    if len(above):
        findings.note(f"{column.heading}: {len(above)} value(s) above the limit stand at it")
    return values


def _settled(column: Column, values: Mapping[str, np.ndarray], findings: Findings) -> Column:
    """The column once its values are known: words and empty columns are ignored, constant and sparse ones
    take no part."""
    if column.role not in ("attribute", "clinical"):
        return column
    own = values[column.heading]
    there = own[~np.isnan(own)]
    if not len(there):
        return replace(
            column, role="ignored", why="words, not numbers" if column.why != "as given" else "no numbers"
        )
    if len(there) < (1 - MISSING_PART) * len(own):
        findings.note(f"{column.heading}: {len(own) - len(there)} of {len(own)} values are missing; left out")
        return replace(column, role="ignored", why=f"more than {MISSING_PART:.0%} missing")
    if np.ptp(there) == 0 and not column.gate:  # a part of a composition counts, constant or not
        findings.note(f"{column.heading}: every value is {there[0]:g}; left out")
        return replace(column, role="ignored", why="constant")
    if column.scale == "fraction":
        _check_fraction(column, own, findings)
    if column.scale == "log":
        bad = np.flatnonzero(own <= 0)
        findings.at(
            "not-positive",
            bad,
            column.heading,
            [f"{v:g}" for v in own[bad]],
            "{} has no logarithm",
            "write values below the limit as <LIMIT, or say `plain` for this column",
        )
    return column


def _check_fraction(column: Column, own: np.ndarray, findings: Findings) -> None:
    """Percent and fractions in one column, and values outside of both."""
    there = own[~np.isnan(own)]
    bad = np.flatnonzero((own < 0) | (own > 100))
    findings.at(
        "no-fraction",
        bad,
        column.heading,
        [f"{v:g}" for v in own[bad]],
        "{} is neither a percentage nor a fraction",
        "write 0 to 100, or 0 to 1, in the whole column",
    )
    small = np.flatnonzero((own > 0) & (own < 1) & (there.max() > PERCENT))
    if (
        0 < len(small) < len(there)
        and np.nanmedian(own[own > 1]) > 20 * np.nanmedian(own[small])
        and len(small) > 1
    ):
        if (own[small] * 100 > 0.5 * np.nanquantile(own[own > 1], 0.1)).all():
            findings.at(
                "mixed-scale",
                small,
                column.heading,
                [f"{v:g}" for v in own[small]],
                "{} looks like a fraction in a column of percentages",
                "write all in percent or all as fractions",
            )


def _check_patients(table: ProductTable, findings: Findings) -> None:
    names = table.labels("patient")
    if names is None:
        findings.note("no column names the patient: every row is taken as a patient of its own")
        return
    empty = np.flatnonzero([is_missing(text) for text in names])
    heading = table.having("patient")[0].heading
    findings.at(
        "no-patient",
        empty,
        heading,
        names[empty],
        "the row names no patient",
        "write the patient in every row",
    )
    first: dict[str, int] = {}
    again = [i for i, text in enumerate(names) if not is_missing(text) and first.setdefault(text, i) != i]
    findings.at(
        "patient-twice",
        np.array(again, dtype=int),
        heading,
        [names[i] for i in again],
        "patient {} has another row: products of one patient are not independent",
        "keep one row per patient, or say how to join them: `--several mean` or `--several first`",
    )


def gates_of(table: ProductTable) -> dict[str, tuple[Column, ...]]:
    """Compositions of the table: name of the gate -> the fractions that belong to it, two at least."""
    gates: dict[str, list[Column]] = {}
    for column in table.having("attribute"):
        if column.gate and column.scale == "fraction":
            gates.setdefault(column.gate, []).append(column)
    return {gate: tuple(columns) for gate, columns in gates.items() if len(columns) > 1}


def _check_gates(table: ProductTable, findings: Findings) -> None:
    """Fractions of one gate cannot add up to more than the whole; a closed gate that is off is a finding."""
    for columns in gates_of(table).values():
        parts = np.column_stack([table.values[c.heading] for c in columns])
        whole = 100.0 if np.nanmax(parts) > PERCENT else 1.0
        total = parts.sum(axis=1) / whole
        over = np.flatnonzero(total > 1 + OFF)
        named = ", ".join(c.heading for c in columns)
        findings.at(
            "sum-over-one",
            over,
            named,
            [f"{100 * t:.4g} %" for t in total[over]],
            "the fractions of this gate add up to {}",
            "give fractions of one parent gate, or say `--column NAME=plain` for what is none",
        )


def joined(table: ProductTable, how: str) -> ProductTable:
    """One row per patient: the mean of its products' numbers, or the first row.

    Parameters
    ----------
    table : ProductTable
        Products with their attributes, see `read_products`.
    how : str
        `mean` or `first`.

    Returns
    -------
    ProductTable
    """
    names = table.labels("patient")
    if names is None:
        return table
    order: dict[str, list[int]] = {}
    for i, text in enumerate(names):
        order.setdefault(text, []).append(i)
    first = np.array([rows[0] for rows in order.values()])
    texts = {heading: cells[first] for heading, cells in table.texts.items()}
    values = {heading: own[first] for heading, own in table.values.items()}
    if how == "mean":
        for heading, own in table.values.items():
            values[heading] = np.array(
                [np.nan if np.isnan(own[r]).all() else np.nanmean(own[r]) for r in order.values()]
            )
    joined_rows = table.n - len(first)
    word = "their mean stands for them" if how == "mean" else "the first one stands for them"
    note = f"{joined_rows} row(s) are further products of a patient: {word}"
    findings = tuple(f for f in table.findings if f.code != "patient-twice")
    return replace(
        table,
        texts=texts,
        values=values,
        lines=table.lines[first],
        findings=findings,
        notes=(*table.notes, note),
    )


def beside(table: ProductTable, other: ProductTable) -> ProductTable:
    """The table with the columns of another one, joined by patient; what only one of them knows is noted.

    Parameters
    ----------
    table : ProductTable
        Products with their attributes, see `read_products`.
    other : ProductTable
        A table of the same patients.

    Returns
    -------
    ProductTable

    Raises
    ------
    InputError
        Where they share no patient, or the other table names none.
    """
    names, own = table.labels("patient"), other.labels("patient")
    if names is None or own is None:
        which = table.name if names is None else other.name
        raise InputError(f"`{which}` names no patient; call one column patient, in both tables")
    place = {text: i for i, text in enumerate(own)}
    rows = [place.get(text, -1) for text in names]
    found = [i for i in rows if i >= 0]
    if not found:
        raise InputError(f"`{table.name}` and `{other.name}` share no patient; write them alike in both")
    added = tuple(c for c in other.columns if c.role != "patient" and c.heading not in table.texts)
    texts = {
        c.heading: np.array([other.texts[c.heading][i] if i >= 0 else "" for i in rows], dtype=object)
        for c in added
    }
    values = {
        c.heading: np.array([other.values[c.heading][i] if i >= 0 else np.nan for i in rows])
        for c in added
        if c.heading in other.values
    }
    # what is measured beside the outcomes comes from the patient, not from the product
    roles = tuple(replace(c, role="outcome") if c.role in ("attribute", "after") else c for c in added)
    missing = len(rows) - len(found)
    notes = (f"{missing} patient(s) of `{table.name}` are not in `{other.name}`",) if missing else ()
    return replace(
        table,
        columns=(*table.columns, *roles),
        texts=table.texts | texts,
        values=table.values | values,
        findings=(*table.findings, *other.findings),
        notes=(*table.notes, *other.notes, *notes),
    )
