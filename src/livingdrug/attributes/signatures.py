"""Signatures from files: GMT with a set in each line, or a table of genes and weights."""

from pathlib import Path

import numpy as np

from livingdrug.attributes.matrix import DATE
from livingdrug.attributes.scores import Signature
from livingdrug.core.errors import InputError
from livingdrug.data import NUMBER, Findings, printable, read_grid, read_numbers


def read_signatures(path: str | Path) -> tuple[Signature, ...]:
    """Signatures of a `.gmt` file (name, source, genes), a table with a gene and a weight in each row, or a
    list of genes.

    Parameters
    ----------
    path : str or Path
        Of the file.

    Returns
    -------
    tuple of Signature

    Raises
    ------
    InputError
        Where a gene is a date, a set is empty or a name comes twice.
    """
    path = Path(path)
    if path.suffix.lower() == ".gmt":
        found = _gmt(path)
    else:
        found = (_weighted(path),)
    return found


def _refuse_dates(file: str, where: str, name: str, genes: tuple[str, ...]) -> None:
    dates = [gene for gene in genes if DATE.match(gene)]
    if dates:
        raise InputError(
            f"`{file}`{where}: in `{printable(name, 40)}` {', '.join(dates[:5])} is a date, made of a gene "
            "by a spreadsheet; write the symbol back"
        )


def _gmt(path: Path) -> tuple[Signature, ...]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"`{path}` was not found") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"`{path.name}` cannot be read as text: {printable(str(error), 80)}") from None
    found: list[Signature] = []
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        if not line.strip():
            continue
        cells = [cell.strip() for cell in line.split("\t")]
        genes = tuple(dict.fromkeys(cell for cell in cells[2:] if cell))
        _refuse_dates(path.name, f" line {number}", cells[0], genes)
        if not genes:
            raise InputError(
                f"`{path.name}` line {number}: a set is `NAME<tab>SOURCE<tab>GENE<tab>GENE...`; no gene was "
                f"found"
            )
        if any(cells[0] == other.name for other in found):
            raise InputError(
                f"`{path.name}` line {number}: the set `{printable(cells[0], 40)}` is there twice"
            )
        found.append(Signature(cells[0], cells[1], genes))
    if not found:
        raise InputError(f"`{path.name}` holds no set of genes")
    return tuple(found)


def _weighted(path: Path) -> Signature:
    grid = read_grid(path, Findings())
    genes = tuple(text.strip() for text in grid.columns[0])
    _refuse_dates(path.name, "", path.stem, genes)
    if len(grid.columns) == 1:
        return Signature(path.stem, path.name, tuple(dict.fromkeys(genes)))
    read = read_numbers(grid.columns[1])
    bad = np.flatnonzero(read.kind != NUMBER)
    if len(bad):
        raise InputError(
            f"`{path.name}` line {grid.lines[bad[0]]}: `{printable(str(grid.columns[1][bad[0]]), 30)}` is no "
            f"weight"
        )
    twice = [g for i, g in enumerate(genes) if g in genes[:i]]
    if twice:
        raise InputError(f"`{path.name}`: the gene `{printable(twice[0], 30)}` has two weights")
    return Signature(path.stem, path.name, genes, read.value)
