"""The `attributes-score` kind: signatures in an expression matrix."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from livingdrug.attributes import Expression, ScoreTable, names_fault, read_matrix, read_signatures, score
from livingdrug.core.errors import InputError
from livingdrug.workflows.document import Document
from livingdrug.workflows.fields import INPUT, About


class Score(Document):
    """Score signatures."""

    FILES: ClassVar = ("file", "signatures")
    EXAMPLES: ClassVar = (
        "livingdrug attributes score expression.csv --signatures signatures.gmt",
        "livingdrug attributes score expression.csv --signatures signatures.gmt --method ssgsea --out "
        "scores.csv",
    )

    kind: Literal["attributes-score"] = "attributes-score"
    file: Annotated[str, About("Genes and products: CSV, .mtx or .h5ad.", argument=True, group=INPUT)]
    signatures: Annotated[
        str, About("GMT (a set in each line), or a table of genes and weights.", group=INPUT, metavar="FILE")
    ]
    method: Annotated[
        Literal["mean-z", "combined-z", "ssgsea", "singscore", "weighted", "plage"],
        About("How a set becomes a number; ssgsea and singscore depend on no other product."),
    ] = "mean-z"
    least: Annotated[int, About("Genes of a set that must be present.")] = 5


@dataclass(frozen=True)
class Scored:
    """matrix; scores."""

    matrix: Expression
    scores: ScoreTable


def run(scenario: Score) -> Scored:
    """Score. Raises InputError where no gene of any signature is in the matrix."""
    matrix = read_matrix(scenario.file)
    signatures = read_signatures(scenario.signatures)
    scores = score(matrix.x, matrix.genes, matrix.products, signatures, scenario.method, least=scenario.least)
    if not any(c.found for c in scores.coverage):
        wanted = tuple(g for s in signatures for g in s.genes)
        raise InputError(
            f"`{matrix.name}`: no gene of any signature is in the matrix: {names_fault(matrix.genes, wanted)}"
        )
    return Scored(matrix, scores)
