"""What a check of a table of products says."""

from collections.abc import Iterator

import numpy as np

from livingdrug.attributes import ProductTable, analysed
from livingdrug.data import is_missing, printable
from livingdrug.report import Answer
from livingdrug.workflows.attributes.check.spec import CheckProducts
from livingdrug.workflows.attributes.inputs import column_table, hashes
from livingdrug.workflows.tables import finding_table


def answer(scenario: CheckProducts, found: ProductTable) -> Answer:
    """Whether the table passed, what each column is, and every fault."""
    attributes = len(found.having("attribute"))
    size = f"{found.n} products, {attributes} attributes"
    count = len(found.findings)
    verdict = (
        f"passed validation: {size}"
        if found.ok
        else (f"failed validation: {count} finding(s); correct the errors")
    )
    tables = [column_table(found, detail=False)]
    if found.findings:
        tables.append(finding_table(found.findings, found.name))
    return Answer(
        title=f"Check of {found.name}",
        question=f"Does {found.name} pass validation, and what does each column mean?",
        sentences=(f"{found.name} {verdict}.",),
        flags=tuple(f.sentence() for f in found.findings),
        checks=(*found.notes, *_without_outcome(found)),
        check_tables=tuple(tables),
        data=hashes(scenario),
        ok=found.ok,
    )


def _without_outcome(found: ProductTable) -> Iterator[str]:
    """Columns of outcomes that are empty in some rows, by line."""
    for column in found.having("outcome"):
        gone = [i for i, text in enumerate(found.texts[column.heading]) if is_missing(text)]
        if gone:
            lines = ", ".join(str(found.lines[i]) for i in gone[:10]) + (", ..." if len(gone) > 10 else "")
            yield f"{printable(column.heading)}: {len(gone)} product(s) without a value (line {lines})"


def table(scenario: CheckProducts, found: ProductTable):
    """Attributes on the scale that is analysed, by patient; None where the table may not be used."""
    import pandas as pd

    if not found.ok or not found.having("attribute"):
        return None
    x, names = analysed(found, scenario.limit)
    frame = pd.DataFrame(np.round(x, 12), columns=list(names))
    frame.insert(0, "patient", found.patients)
    return frame
