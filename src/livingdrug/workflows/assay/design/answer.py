"""What designs of an assay are told as: expected errors, what cannot be told apart, the cheapest that is good
enough."""

from collections.abc import Iterator

import numpy as np

from livingdrug.report import Answer, Picture, Table, cell
from livingdrug.workflows.assay.design.spec import AssayPlanning, Planned, values_of

NOT_TOLD = "not told"


def answer(scenario: AssayPlanning, found: Planned) -> Answer:
    """The table and the choice."""
    rows = tuple(
        (
            r.design.name,
            cell(r.design.wells),
            cell(r.readings),
            *(_cell(r.rse[n]) for n in found.rates),
            _verdict(scenario, found, r),
        )
        for r in found.results
    )
    tables = [
        Table(
            "expected relative standard error (%) of each design",
            ("design", "wells", "readings above the limit", *found.rates, "verdict"),
            rows,
        ),
        Table(
            "rates that are planned for, in cells and hours",
            ("rate", "value"),
            tuple((n, cell(v)) for n, v in values_of(scenario).items()),
            detail=True,
        ),
    ]
    if found.checked is not None and found.best is not None:
        best = found.results[found.best]
        tables.append(
            Table(
                f"{best.design.name}: expected and simulated error (%)",
                ("rate", "expected", "simulated"),
                tuple((n, _cell(best.rse[n]), _cell(found.checked.rms[n])) for n in best.rse),
            )
        )
    return Answer(
        title=f"Designs of a killing assay, {scenario.model} model",
        question=f"Which design tells every rate with a relative standard error of {scenario.wanted:g} % or less?",
        sentences=tuple(_sentences(scenario, found)),
        flags=tuple(_flags(found)),
        tables=tuple(tables),
        seed=scenario.seed if found.checked is not None else None,
    )


def _cell(rse: float):
    return cell(100 * float(rse)) if np.isfinite(rse) else NOT_TOLD


def _verdict(scenario: AssayPlanning, found: Planned, result) -> str:
    if result.reaches(dict.fromkeys(found.rates, scenario.wanted / 100)):
        return "told apart"
    good = [n for n in found.rates if result.rse[n] <= scenario.wanted / 100]
    return f"only {', '.join(good)}" if good else "not enough"


def _sentences(scenario: AssayPlanning, found: Planned) -> Iterator[str]:
    if found.best is None:
        yield f"None of these designs tells every rate with {scenario.wanted:g} % or less."
    else:
        best = found.results[found.best].design
        cheapest = f"The cheapest design that tells every rate with {scenario.wanted:g} % or less"
        yield f"{cheapest}: {best.name} ({best.wells} wells)."
    lost = [r for r in found.results if r.together]
    for r in lost[:3]:
        names = ", ".join(n for n in r.together if n != "seeding")
        yield f"{r.design.name}: {names} stand in for each other, however many wells there are."
    seeding = scenario.counting.seeding
    if seeding > 0:
        yield (
            f"Effectors seeded in all wells alike may be off by {100 * seeding:.0f} % (SD): without counts "
            "of effectors that error is "
            "part of the rate of killing, with them most of it is not."
        )
    yield "One construct and one donor; errors of readings are independent, a well as a whole may read too high or too low."


def _flags(found: Planned) -> Iterator[str]:
    if found.checked is not None:
        if found.checked.lost:
            yield f"{found.checked.lost} simulated plate(s) could not be fitted to an end and are left out"
        n = found.checked.plates
        yield f"simulated errors are those of {n} plates, known to about {_of_chance(n):.0f} %"


def _of_chance(plates: int) -> float:
    return 100 / np.sqrt(2 * max(plates, 1))


def table(_: AssayPlanning, found: Planned):
    """One row a design."""
    import pandas as pd

    rows = []
    for r in found.results:
        row = {"design": r.design.name, "wells": r.design.wells, "readings": r.readings}
        row |= {
            f"rse_{name}_percent": 100 * float(x) if np.isfinite(x) else np.nan for name, x in r.rse.items()
        }
        rows.append(row)
    return pd.DataFrame(rows)


def figures(scenario: AssayPlanning, found: Planned) -> Iterator[tuple[Picture, object]]:
    """Expected errors as bars."""
    from livingdrug.plots import plot_designs

    caption = "Expected relative standard error of each rate and design; dashed: wanted; no mark: not told."
    yield Picture("designs", caption), plot_designs(found.results, found.rates, scenario.wanted)
