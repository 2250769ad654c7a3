"""What each attribute by itself says of the outcome."""

from collections.abc import Iterator

import numpy as np

from livingdrug.core.conventions import Z95
from livingdrug.report import Answer, Picture, Table, cell
from livingdrug.workflows.attributes.inputs import column_table, few, hashes
from livingdrug.workflows.attributes.relate.spec import Relate, Related

RATE = 0.1  # of false discoveries


def answer(scenario: Relate, found: Related) -> Answer:
    """Which attributes stand out after all that were looked at are counted."""
    outcome = found.prepared.outcome
    effects = sorted(found.effects, key=lambda e: -abs(np.nan_to_num(e.effect)))
    rows = tuple(
        (e.name, cell(e.effect, ends=(e.lower, e.upper)), cell(e.p_value), cell(e.q_value),
         cell(e.auc.value, ends=(e.auc.lower, e.auc.upper)) if e.auc else "-", cell(e.n))
        for e in effects
    )  # fmt: skip
    header = ("attribute", "effect per SD (95 % CI)", "p", "q", "AUC (95 % CI)", "n")
    tables = [Table("one attribute at a time", header, rows)]
    if found.pooled:
        tables.append(_pooled(found))
    tables.append(column_table(found.prepared.table))
    return Answer(
        title=f"{outcome.name} and {len(effects)} attributes of {outcome.n} products",
        question=f"Which attributes of the product go with {outcome.name}?",
        sentences=tuple(_sentences(found)),
        flags=(*few(found.prepared.outcome), *(leak.problem for leak in found.prepared.leaks)),
        checks=found.prepared.table.notes,
        tables=tuple(tables),
        data=hashes(scenario),
        seed=scenario.seed,
    )


def _sentences(found: Related) -> Iterator[str]:
    outcome, count = found.prepared.outcome, len(found.effects)
    stand = [e for e in found.effects if e.q_value < RATE]
    if stand:
        names = ", ".join(e.name for e in sorted(stand, key=lambda e: e.q_value)[:5])
        more = f" and {len(stand) - 5} more" if len(stand) > 5 else ""
        yield (
            f"{count} attributes were looked at; after allowing for that {len(stand)} "
            f"stand{'s' * (len(stand) == 1)} out: "
            f"{names}{more} (expect 1 in 10 of such to be false)."
        )
    else:
        yield (
            f"{count} attributes were looked at; none stands out after allowing for that (q below {RATE:g})."
        )
    if outcome.kind == "binary":
        yield (
            f"{outcome.n} patients, {outcome.events} with {outcome.words[0]} and "
            f"{outcome.n - outcome.events} without."
        )
    if found.seen:
        one, best = found.seen
        yield (
            f"So many patients show, 8 times in 10, a difference of {one.effect:.1f} SD (AUC {one.auc:.2f}) "
            f"of one attribute "
            f"named beforehand, and of {best.effect:.1f} SD (AUC {best.auc:.2f}) of the best of {count}."
        )


def _pooled(found: Related) -> Table:
    rows = tuple(
        (p.name, cell(p.effect, ends=(p.lower, p.upper)), cell(p.tau), f"{p.same} of {p.studies}")
        for p in sorted(found.pooled, key=lambda p: -abs(np.nan_to_num(p.effect)))
    )
    header = ("attribute", "pooled effect per SD (95 % CI)", "between-study SD", "same direction")
    return Table("within studies, pooled by random effects", header, rows)


def table(_: Relate, found: Related):
    """A row for each attribute."""
    import pandas as pd

    areas = [(e.auc.value, e.auc.lower, e.auc.upper) if e.auc else (np.nan,) * 3 for e in found.effects]
    rows = [
        (e.name, e.effect, e.lower, e.upper, e.p_value, e.q_value, *area, e.n)
        for e, area in zip(found.effects, areas, strict=True)
    ]
    columns = ["attribute", "effect", "lower", "upper", "p", "q", "auc", "auc_lower", "auc_upper", "n"]
    return pd.DataFrame(rows, columns=columns)


def files(_: Relate, found: Related) -> dict:
    """The effect of each attribute within each study, and pooled."""
    import pandas as pd

    if not found.pooled:
        return {}
    rows = [
        (p.name, label, effect, effect - Z95 * error, effect + Z95 * error)
        for p in found.pooled
        for label, effect, error in zip(p.labels, p.effects, p.errors, strict=True)
    ]
    rows += [(p.name, "pooled", p.effect, p.lower, p.upper) for p in found.pooled]
    return {"by_study.csv": pd.DataFrame(rows, columns=["attribute", "study", "effect", "lower", "upper"])}


def figures(_: Relate, found: Related) -> Iterator[tuple[Picture, object]]:
    """The effects as a forest, and against their p values."""
    from livingdrug.plots import plot_forest, plot_volcano

    outcome = found.prepared.outcome
    caption = f"Effect per SD of each attribute on {outcome.name}, with 95 % intervals; filled: q below 0.1."
    band = found.seen[0].effect if found.seen else None
    yield Picture("effects", caption), plot_forest(found.effects, outcome.n, band, outcome.name)
    caption = "Effect per SD against the permutation p value of each attribute looked at; filled: q below 0.1."
    yield Picture("volcano", caption), plot_volcano(found.effects, outcome.name)
