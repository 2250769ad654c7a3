"""Scores of gene signatures: one number for a set of genes and a product."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Method = Literal["mean-z", "combined-z", "ssgsea", "singscore", "weighted", "plage"]
METHODS: dict[Method, str] = {
    "mean-z": "mean over the genes of z scores between products; moments come from the products in the call",
    "combined-z": "sum of z scores over the root of the number of genes (Lee et al. 2008)",
    "ssgsea": "raw single-sample enrichment score (Barbie et al. 2009), alone for each product",
    "singscore": "mean rank within the product, centred by its bounds (Foroutan et al. 2018)",
    "weighted": "sum of weights times log expression",
    "plage": "first singular vector of the z block (Tomfohr et al. 2005), oriented like mean-z",
}
ALPHA = 0.25  # weight of ranks in ssGSEA, as published
LEAST_GENES = 5  # present in the matrix, below which a set has no score unless asked for
LEAST_PART = 0.5  # of a set's genes that must be present


@dataclass(frozen=True)
class Signature:
    """A set of genes.

    Attributes
    ----------
    name, source : str
        Texts of the file.
    genes : tuple of str
        Symbols of the genes, as the file writes them.
    weights : ndarray or None, shape (genes,)
        None for a plain set.
    """

    name: str
    source: str
    genes: tuple[str, ...]
    weights: np.ndarray | None = None


@dataclass(frozen=True)
class Coverage:
    """How much of a signature a matrix holds: found and missing genes, and whether that is enough for a
    score."""

    name: str
    found: int
    missing: tuple[str, ...]
    least: int = LEAST_GENES

    @property
    def total(self) -> int:
        """Genes of the signature."""
        return self.found + len(self.missing)

    @property
    def enough(self) -> bool:
        """At least `least` genes and LEAST_PART of the set."""
        return self.found >= self.least and self.found >= LEAST_PART * self.total

    def sentence(self) -> str:
        """What is missing, in words."""
        words = f"{self.name}: {self.found} of {self.total} genes are in the matrix"
        if self.missing:
            shown = ", ".join(self.missing[:5]) + (", ..." if len(self.missing) > 5 else "")
            words += f" (missing {shown})"
        return words if self.enough else f"{words}; too few for a score"


def rows_of(
    signature: Signature, genes: Mapping[str, int], least: int = LEAST_GENES
) -> tuple[np.ndarray, np.ndarray, Coverage]:
    """Rows of the matrix (k,), weights (k,) and coverage of a signature.

    Parameters
    ----------
    signature : Signature
        Genes with weights.
    genes : Mapping[str, int]
        Symbol -> row.
    least : int, optional
        Genes that must be present.

    Returns
    -------
    tuple[ndarray, ndarray, Coverage]
    """
    present = [i for i, gene in enumerate(signature.genes) if gene in genes]
    rows = np.array([genes[signature.genes[i]] for i in present], dtype=int)
    weights = np.ones(len(present)) if signature.weights is None else signature.weights[present]
    missing = tuple(gene for gene in signature.genes if gene not in genes)
    return rows, weights, Coverage(signature.name, len(present), missing, least)


def z_scores(x: np.ndarray, reference: np.ndarray | None = None) -> np.ndarray:
    """Each row of x (genes, products) less its mean, over its SD (divisor n - 1).

    reference: products (positions) whose moments are used, all of them by default. A gene that does not vary
    there is 0.
    """
    base = x if reference is None else x[:, reference]
    mean, sd = base.mean(axis=1, keepdims=True), base.std(axis=1, ddof=1, keepdims=True)
    flat = ~(sd > 0)
    return np.where(flat, 0.0, (x - mean) / np.where(flat, 1.0, sd))


def mean_z(z: np.ndarray) -> np.ndarray:
    """Mean over genes of z (genes, products)."""
    return z.mean(axis=0)


def combined_z(z: np.ndarray) -> np.ndarray:
    """Sum over genes of z (genes, products), over the root of their number."""
    return z.sum(axis=0) / np.sqrt(len(z))


def plage(z: np.ndarray) -> np.ndarray:
    """First right singular vector of z (genes, products); its sign is that of the correlation with the mean z
    score."""
    vector = np.linalg.svd(z, full_matrices=False)[2][0]
    return vector if vector @ mean_z(z) >= 0 else -vector


def ranks(x: np.ndarray) -> np.ndarray:
    """Rank of each gene within its product, 1 the smallest; ties take their mean rank. Shape of x (genes,
    products)."""
    from scipy.stats import rankdata

    return rankdata(x, axis=0)


def ssgsea(rank: np.ndarray, rows: np.ndarray, alpha: float = ALPHA) -> np.ndarray:
    """Raw enrichment score of a set for each product, shape (products,).

    rank (genes, products): as `ranks` gives it; rows: genes of the set. The walk down the ranking summed over
    all positions, in closed form: sum_S R^(1+a) / sum_S R^a - (sum_all R - sum_S R) / (G - k). Ties share
    their mean rank, so that the order of the file is without effect; GSVA and gseapy keep the file's order
    inside a tie.
    """
    inside = rank[rows]
    weight = inside**alpha
    outside = (rank.sum(axis=0) - inside.sum(axis=0)) / (len(rank) - len(rows))
    return (inside * weight).sum(axis=0) / weight.sum(axis=0) - outside


def singscore(rank: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Mean rank of a set within each product, 0 at the lowest and 1 at the highest it can be, shape
    (products,)."""
    total, k = len(rank), len(rows)
    lowest, highest = (k + 1) / 2, (2 * total - k + 1) / 2
    return (rank[rows].mean(axis=0) - lowest) / (highest - lowest)


@dataclass(frozen=True)
class ScoreTable:
    """Scores of signatures for products.

    Attributes
    ----------
    method : Method
        How a set of genes becomes a number: one of the words of `Method`.
    names : tuple of str
        Of the signatures.
    products : tuple of str
        Names of the products, in the order of the columns of scores.
    scores : ndarray, shape (signatures, products)
        nan where too few genes are present.
    coverage : tuple of Coverage
        Of each signature.
    """

    method: Method
    names: tuple[str, ...]
    products: tuple[str, ...]
    scores: np.ndarray
    coverage: tuple[Coverage, ...]


def score(
    x: np.ndarray,
    genes: Sequence[str],
    products: Sequence[str],
    signatures: Sequence[Signature],
    method: Method = "mean-z",
    reference: np.ndarray | None = None,
    least: int = LEAST_GENES,
) -> ScoreTable:
    """Scores of signatures for products.

    Methods of ranks (`ssgsea`, `singscore`) depend on no other product.

    Parameters
    ----------
    x : ndarray, shape (genes, products)
        log expression.
    genes, products : sequence of str
        Their names.
    signatures : sequence of Signature
        See `read_signatures`.
    method : Method, optional
        How a set of genes becomes a number: one of the words of `Method`.
    reference : ndarray, optional
        Products whose moments the z scores use (all by default).
    least : int, optional
        Genes that must be present.

    Returns
    -------
    ScoreTable
    """
    place = {gene: i for i, gene in enumerate(genes)}
    found = [rows_of(signature, place, least) for signature in signatures]
    base = ranks(x) if method in ("ssgsea", "singscore") else None
    scores = np.full((len(signatures), x.shape[1]), np.nan)
    for out, (rows, weights, coverage) in zip(scores, found, strict=True):
        if coverage.enough:
            out[:] = _score(method, x, base, rows, weights, reference)
    return ScoreTable(
        method=method,
        names=tuple(s.name for s in signatures),
        products=tuple(products),
        scores=scores,
        coverage=tuple(c for _, _, c in found),
    )


def _score(method: Method, x, rank, rows, weights, reference) -> np.ndarray:
    if method == "ssgsea":
        return ssgsea(rank, rows)
    if method == "singscore":
        return singscore(rank, rows)
    if method == "weighted":
        return weights @ x[rows]
    z = z_scores(x[rows], reference)
    return {"mean-z": mean_z, "combined-z": combined_z, "plage": plage}[method](z)
