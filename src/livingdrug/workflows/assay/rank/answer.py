"""What a ranking is told as: probabilities of being the best, ranks with intervals, who beats whom."""

from collections.abc import Iterator

from livingdrug.assay import Ranking
from livingdrug.report import Answer, Picture, Table, cell
from livingdrug.workflows.assay.rank.spec import AssayRanking

SURE = 0.95


def answer(scenario: AssayRanking, found: Ranking) -> Answer:
    """Places and probabilities."""
    first = found.rows[0]
    which = "highest" if found.high else "lowest"
    sure = f"{first.group} has the {which} {found.by} with probability {first.best:.2f}."
    if first.best < SURE:
        near = [row.group for row in found.rows if row.best > 1 - SURE]
        sure += f" The plate does not tell {', '.join(near)} apart; do not choose by this number alone."
    rows = tuple(
        (str(i), r.group, cell(r.value), cell(r.best), cell(r.rank, ends=(r.low, r.high)))
        for i, r in enumerate(found.rows, 1)
    )
    names = [r.group for r in found.rows]
    pairs = tuple(
        (a, *(cell(None if i == j else float(p)) for j, p in enumerate(row)))
        for i, (a, row) in enumerate(zip(names, found.pairs, strict=True))
    )
    return Answer(
        title=f"Ranking by {found.by}",
        question=f"Which construct has the {which} {found.by}, with which uncertainty?",
        sentences=(sure,),
        flags=found.notes,
        tables=(
            Table(
                "places",
                ("place", "construct", found.by, "probability of being best", "rank (95 % interval)"),
                rows,
            ),
            Table(
                "probability that the construct of the row is better than that of the column",
                ("", *names),
                pairs,
            ),
        ),
        seed=scenario.seed,
    )


def table(_: AssayRanking, found: Ranking):
    """One row a construct."""
    return found.table()


def figures(_: AssayRanking, found: Ranking) -> Iterator[tuple[Picture, object]]:
    """Probabilities and ranks."""
    from livingdrug.plots import plot_ranking

    yield (
        Picture("ranking", "Probability of being best, and median rank with its 95 % interval."),
        plot_ranking(found),
    )
