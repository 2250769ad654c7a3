"""Expression of the products of a table, as features that are scored within the folds."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from livingdrug.attributes import (
    Expression,
    Features,
    leaks_of,
    names_fault,
    read_matrix,
    read_signatures,
    rows_of,
)
from livingdrug.core.errors import InputError
from livingdrug.data import printable
from livingdrug.workflows.attributes.inputs import Prepared


def with_expression(
    expression: str, signatures: str | None, keep: Sequence[str], prepared: Prepared
) -> Prepared:
    """The same patients with the genes of a matrix, or sets of them, in place of the attributes of the table.

    expression, signatures: files of the matrix and of the sets; keep: genes that are kept although they may
    leak.

    Raises InputError where a patient has no column in the matrix, no signature enough genes, or a gene is the
    outcome.
    """
    matrix = read_matrix(expression)
    place = {name: j for j, name in enumerate(matrix.products)}
    patients = [str(name) for name in prepared.table.patients[prepared.rows]]
    missing = [name for name in patients if name not in place]
    if missing:
        raise InputError(
            f"`{matrix.name}` has no column for {len(missing)} of {len(patients)} products: "
            f"{', '.join(map(printable, missing[:5]))}; call them as in `{prepared.table.name}`"
        )
    x = np.ascontiguousarray(matrix.x[:, [place[name] for name in patients]].T)
    leaks = [leak for leak in leaks_of(x, matrix.genes, prepared.outcome) if leak.column not in keep]
    if leaks:
        raise InputError(f"`{matrix.name}`: " + "; ".join(leak.problem for leak in leaks[:3]))
    said = f"{matrix.name}: {len(matrix.genes):,} genes in place of the attributes of {prepared.table.name}"
    features, more = (
        (Features(x, matrix.genes), ()) if not signatures else _sets(signatures, matrix, x)
    )
    table = replace(prepared.table, notes=(*prepared.table.notes, said, *matrix.notes, *more))
    return replace(prepared, table=table, features=features, treatments=())


def _sets(path: str, matrix: Expression, x: np.ndarray) -> tuple[Features, tuple[str, ...]]:
    """Features of the sets that enough genes were found of, and a note for each other one."""
    genes = {gene: i for i, gene in enumerate(matrix.genes)}
    signatures = read_signatures(path)
    found = [rows_of(signature, genes) for signature in signatures]
    good = [(rows, coverage) for rows, _, coverage in found if coverage.enough]
    if not good:
        wanted = tuple(gene for signature in signatures for gene in signature.genes)
        why = (
            names_fault(matrix.genes, wanted)
            if not any(c.found for _, _, c in found)
            else "5 genes and half of a set"
        )
        raise InputError(f"`{matrix.name}`: no signature has genes enough in the matrix: {why}")
    starts = np.cumsum([0, *(len(rows) for rows, _ in good)]).astype(np.int64)
    members = np.concatenate([rows for rows, _ in good]).astype(np.int64)
    names = tuple(coverage.name for _, coverage in good)
    notes = tuple(coverage.sentence() for _, _, coverage in found if coverage.missing)
    return Features(x, matrix.genes, starts, members, names), notes
