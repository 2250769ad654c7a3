"""Scores and what they rest on."""

import numpy as np

from livingdrug.attributes import METHODS
from livingdrug.report import Answer, Table, cell
from livingdrug.workflows.attributes.inputs import hashes
from livingdrug.workflows.attributes.score.spec import Score, Scored


def answer(scenario: Score, found: Scored) -> Answer:
    """How much of each signature was found."""
    scores = found.scores
    rows = tuple(
        (
            c.name,
            cell(c.found),
            cell(c.total),
            ", ".join(c.missing[:5]) + (", ..." if len(c.missing) > 5 else ""),
        )
        for c in scores.coverage
    )
    few = [c for c in scores.coverage if not c.enough]
    return Answer(
        title=f"{len(rows)} signatures in {len(scores.products)} products of {found.matrix.name}",
        question=f"What do the signatures say of each product of {found.matrix.name}?",
        sentences=(
            f"{scenario.method}: {METHODS[scenario.method]}.",
            "Compare scores of one signature between products, never two signatures within a product.",
        ),
        flags=tuple(c.sentence() for c in few),
        checks=found.matrix.notes,
        tables=(Table("genes found", ("signature", "found", "genes", "missing"), rows),),
        data=hashes(scenario),
    )


def table(_: Score, found: Scored):
    """A row for each product, a column for each signature, ready for `attributes relate`."""
    import pandas as pd

    scores = found.scores
    kept = [k for k in range(len(scores.names)) if np.isfinite(scores.scores[k]).all()]
    frame = pd.DataFrame({scores.names[k]: scores.scores[k] for k in kept})
    frame.insert(0, "patient", list(scores.products))
    return frame
