"""What a dose escalation simulated many times says: which level is chosen, and at what cost in toxicity."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

from livingdrug.report import Answer, Cell, Picture, Table, cell, model_card, text_table
from livingdrug.trial import EscalationAnswer, boin_boundaries, boin_table
from livingdrug.workflows.escalation.spec import EscalationScenario
from livingdrug.workflows.trial.answer import plain_share, with_error


def answer(_: EscalationScenario, found: EscalationAnswer) -> Answer:
    """The sentence, the levels, and under BOIN the decisions that the trial would follow."""
    plan = found.escalation
    rule = "3+3" if plan.rule == "3+3" else f"BOIN, target {plan.target:g}, cohorts of {plan.cohort}"
    tables = [_levels(found)]
    if plan.rule == "boin":
        tables.append(_decisions(found))
    return Answer(
        title=f"Simulated dose escalation by {plan.rule.upper()}",
        question=f"Which of {len(plan.levels)} dose levels would {plan.rule.upper()} choose, and at what cost in toxicity?",
        sentences=(found.sentence,),
        flags=found.notices,
        checks=(f"{rule}, {found.replicates:,} simulated trials, seed {found.seed}",),
        tables=(*tables, replace(text_table("all numbers of the levels", found.table()), detail=True)),
        cards=(model_card(plan.model),) if plan.model else (),
        seed=found.seed,
    )


def _levels(found: EscalationAnswer) -> Table:
    rows: list[tuple[Any, ...]] = [
        (level.level, Cell(f"{level.rate:.3f}", level.rate), with_error(level.selected), cell(level.patients),
         cell(level.toxicities))
        for level in found.levels
    ]  # fmt: skip
    rows.append(("none", "", with_error(found.none), cell(found.patients), cell(found.toxicities)))
    return Table("levels", ("level", "toxicity", "selected", "patients", "toxicities"), tuple(rows))


def _decisions(found: EscalationAnswer) -> Table:
    plan = found.escalation
    low, high = boin_boundaries(plan.target)
    title = f"decisions at a level (rates {low:.4f} and {high:.4f}): toxicities among so many treated"
    rows = tuple(
        (cell(treated), cell(up), cell(down), "-" if lost is None else cell(lost))
        for treated, up, down, lost in boin_table(plan.target, plan.patients, plan.cohort)
    )
    return Table(title, ("treated", "go up at most", "go down at least", "give up at least"), rows)


def table(_: EscalationScenario, found: EscalationAnswer):
    """A row for each level."""
    return found.table()


def figures(_: EscalationScenario, found: EscalationAnswer) -> Iterator[tuple[Picture, object]]:
    """The levels."""
    from livingdrug.plots import plot_levels

    caption = "How often each level is chosen, how many are treated at it, its rate of toxicity."
    yield Picture("levels", caption), plot_levels(found)


def plain(_: EscalationScenario, found: EscalationAnswer) -> dict:
    """Plain data of an answer."""
    plan = found.escalation
    boundaries = boin_boundaries(plan.target) if plan.rule == "boin" else None
    return {
        "replicates": found.replicates,
        "seed": found.seed,
        "rule": plan.rule,
        "boundaries": boundaries and list(boundaries),
        "sentences": [found.sentence],
        "notices": list(found.notices),
        "levels": [asdict(level) | {"selected": plain_share(level.selected)} for level in found.levels],
        "none": plain_share(found.none),
        "patients": found.patients,
        "toxicities": found.toxicities,
    }
