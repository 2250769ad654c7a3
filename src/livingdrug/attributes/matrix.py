"""Expression of genes in products: CSV, Matrix Market or AnnData, turned the right way, on a logarithmic
scale."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.data import MISSING, NUMBER, Findings, printable, read_grid, read_numbers, refusal

_MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)"
DATE = re.compile(
    rf"^(\d{{1,2}}[-/ ]{_MONTH}|{_MONTH}[-/ ]\d{{1,2}}|\d{{4}}-\d{{2}}-\d{{2}}.*)$", re.IGNORECASE
)
ENSEMBL = re.compile(r"^ENS[A-Z]*G\d{6,}")
MOUSE = re.compile(r"^[A-Z][a-z]+[0-9a-z-]*$")
MILLION = 1e6
LOGGED = 40.0  # a matrix whose largest value is below this is taken as logarithms


@dataclass(frozen=True)
class Expression:
    """Gene expression of products.

    Attributes
    ----------
    name : str
        Of the file.
    x : ndarray, shape (genes, products)
        log expression.
    genes, products : tuple of str
        Names of the rows and of the columns of x.
    notes : tuple of str
        What was done to the numbers.
    """

    name: str
    x: np.ndarray
    genes: tuple[str, ...]
    products: tuple[str, ...]
    notes: tuple[str, ...] = ()


def read_matrix(path: str | Path) -> Expression:
    """Expression of a file: a table with genes in rows or in columns, `.mtx` (genes and products in files
    beside it) or `.h5ad` (needs anndata).

    Parameters
    ----------
    path : str or Path
        Of the file.

    Returns
    -------
    Expression

    Raises
    ------
    InputError
        Where genes are dates, repeated otherwise than noted, or values no numbers.
    """
    path = Path(path)
    if path.suffix == ".mtx":
        return _settled(path.name, *_market(path))
    if path.suffix == ".h5ad":
        return _settled(path.name, *_anndata(path))
    findings = Findings()
    grid = read_grid(path, findings)
    if findings.failed:
        raise refusal(path.name, findings.sorted())
    first, rest = grid.columns[0], grid.columns[1:]
    if not rest:
        raise InputError(f"`{path.name}` has one column; an expression table has a column for each product")
    x = np.empty((len(first), len(rest)))
    for j, texts in enumerate(rest):
        read = read_numbers(texts)
        bad = np.flatnonzero((read.kind != NUMBER) & (read.kind != MISSING))
        if len(bad):
            raise InputError(
                f"`{path.name}` line {grid.lines[bad[0]]}, column "
                f"{printable(grid.headings[j + 1], 30)}: "
                f"`{printable(str(texts[bad[0]]), 30)}` is not a number"
            )
        x[:, j] = read.value
    return _settled(path.name, x, tuple(first), tuple(grid.headings[1:]), grid.lines)


def _market(path: Path):
    from scipy.io import mmread

    try:
        read = mmread(path)
        x = np.asarray(read.todense() if hasattr(read, "todense") else read, dtype=float)  # pyright: ignore
    except (ValueError, OSError) as error:
        raise InputError(f"`{path.name}` is no Matrix Market file: {printable(str(error), 100)}") from None
    genes, products = (
        _names(path, kind) for kind in (("genes", "features"), ("products", "barcodes", "samples"))
    )
    if x.shape != (len(genes), len(products)):
        raise InputError(
            f"`{path.name}` is {x.shape[0]} x {x.shape[1]}, but the files beside it name "
            f"{len(genes)} genes and "
            f"{len(products)} products"
        )
    return x, genes, products


def _names(path: Path, kinds: tuple[str, ...]) -> tuple[str, ...]:
    for kind in kinds:
        for ending in (".tsv", ".txt", ".csv"):
            beside = path.with_name(kind + ending)
            if beside.is_file():
                lines = [re.split(r"[\t,]", line) for line in beside.read_text().splitlines() if line.strip()]
                return tuple(cells[1] if len(cells) > 1 else cells[0] for cells in lines)
    raise InputError(f"`{path.name}` needs `{kinds[0]}.tsv` beside it, one name in each line")


def _anndata(path: Path):
    try:
        import anndata  # pyright: ignore[reportMissingImports] # a package of the user
    except ImportError:
        raise InputError(
            "`.h5ad` needs the package anndata: `pip install anndata`, or write the table as CSV"
        ) from None
    data = anndata.read_h5ad(path)
    x = data.X.toarray() if hasattr(data.X, "toarray") else np.asarray(data.X)
    return np.asarray(x, dtype=float).T, tuple(map(str, data.var_names)), tuple(map(str, data.obs_names))


def _settled(
    name: str,
    x: np.ndarray,
    genes: tuple[str, ...],
    products: tuple[str, ...],
    lines: np.ndarray | None = None,
) -> Expression:
    """The matrix as it is used. lines: of the rows of a table, in the file."""
    notes: list[str] = []
    if _look_like_genes(products) > _look_like_genes(genes) + 0.3:
        x, genes, products, lines = x.T, products, genes, None
        notes.append("genes stand in the columns of the file; the table was turned")
    _refuse_dates(name, genes, lines)
    twice = [p for i, p in enumerate(products) if p in products[:i]]
    if twice:
        raise InputError(
            f"`{name}`: product `{printable(twice[0], 30)}` has two columns; give each a name of its own"
        )
    if np.isnan(x).any():
        gone = np.asarray(np.isnan(x).any(axis=1))
        notes.append(f"{int(gone.sum())} gene(s) with missing values are left out")
        x, genes = x[~gone], tuple(g for g, out in zip(genes, gone, strict=True) if not out)
    x, genes = _joined_genes(x, genes, notes)
    return Expression(name, np.ascontiguousarray(_logged(x, notes)), genes, products, tuple(notes))


def _look_like_genes(names: tuple[str, ...]) -> float:
    known = [bool(re.match(r"^[A-Z]{2,}[A-Z0-9-]*$|^[A-Z][a-z]{2,}[0-9a-z]*$|^ENS", n)) for n in names]
    return sum(known) / max(len(known), 1)


def _refuse_dates(name: str, genes: tuple[str, ...], lines: np.ndarray | None) -> None:
    dates = [i for i, gene in enumerate(genes) if DATE.match(gene.strip())]
    if dates:
        shown = ", ".join(genes[i] + (f" (line {lines[i]})" if lines is not None else "") for i in dates[:5])
        raise InputError(
            f"`{name}`: {len(dates)} gene(s) were turned into dates by a spreadsheet: "
            f"{shown}{', ...' if len(dates) > 5 else ''}; `2-Sep` was SEPTIN2, `1-Mar` MARCHF1: write the "
            "symbols back"
        )


def _joined_genes(
    x: np.ndarray, genes: tuple[str, ...], notes: list[str]
) -> tuple[np.ndarray, tuple[str, ...]]:
    """A gene with several rows is their mean."""
    unique, place, count = np.unique(
        np.array(genes, dtype=object).astype(str), return_inverse=True, return_counts=True
    )
    if len(unique) == len(genes):
        return x, genes
    notes.append(f"{int((count > 1).sum())} gene(s) have several rows; their mean is used")
    total = np.zeros((len(unique), x.shape[1]))
    np.add.at(total, place, x)
    return total / count[:, None], tuple(unique)


def _logged(x: np.ndarray, notes: list[str]) -> np.ndarray:
    """Counts as log2 of counts per million plus 1, other positive scales as log2 plus 1, logarithms as they
    are."""
    if (x < 0).any():
        notes.append(
            "values below 0: taken as logarithms that were centred already; scores of ranks are not to be "
            "used"
        )
        return x
    if (x == np.round(x)).all() and x.max() > LOGGED:
        notes.append("whole numbers: taken as counts, as log2(1 + counts per million)")
        return np.log2(1 + x / x.sum(axis=0) * MILLION)
    if x.max() > LOGGED:
        totals = x.sum(axis=0)
        kind = (
            "TPM or CPM (columns add up to a million)"
            if np.allclose(totals, MILLION, rtol=0.01)
            else "no logarithms"
        )
        notes.append(f"values up to {x.max():.4g}: taken as {kind}, as log2(1 + value)")
        return np.log2(1 + x)
    notes.append(f"values up to {x.max():.4g}: taken as logarithms")
    return x


def names_fault(genes: tuple[str, ...], wanted: tuple[str, ...]) -> str:
    """Why no gene of a signature is in a matrix, in words.

    Parameters
    ----------
    genes : tuple of str
        Names in the matrix.
    wanted : tuple of str
        Names in the signature.

    Returns
    -------
    str
    """
    if any(ENSEMBL.match(g) for g in genes[:50]) != any(ENSEMBL.match(g) for g in wanted[:50]):
        return "one names genes by symbol and the other by Ensembl id; translate one of them"
    upper = {g.upper() for g in genes}
    if any(g.upper() in upper for g in wanted):
        mouse = sum(bool(MOUSE.match(g)) for g in genes) > len(genes) / 2
        like = "the matrix" if mouse else "the signature"
        return f"they differ in upper and lower case only ({like} looks like mouse symbols)"
    return "they name genes of another organism, or by another naming"
