"""What predicted courses are told as."""

from collections.abc import Iterator

from livingdrug.assay import Band
from livingdrug.report import Answer, Picture, Table, cell
from livingdrug.workflows.assay.curves.spec import AssayCurves, question


def answer(scenario: AssayCurves, found: list[Band]) -> Answer:
    """Cells at the ends of rounds."""
    asked = question(scenario)
    ends = [asked.hours * k for k in range(1, asked.rounds + 1)]
    rows = []
    for band in found:
        for end in ends:
            i = int(abs(band.times - end).argmin())
            cells = [
                cell(float(part[1, i]), ends=(float(part[0, i]), float(part[2, i])))
                for part in (band.targets, band.effectors)
            ]
            rows.append((band.group or "all", cell(end), *cells))
    whose = "a donor who was not on the plate" if scenario.new_donor else "the mean of donors"
    return Answer(
        title=f"{asked.rounds} round(s) of {asked.hours:g} h, {asked.effectors:g} effectors, {asked.targets:g} targets",
        question="What would this design show?",
        sentences=(
            f"Predicted with the rates of the fit, not measured; 95 % bands for {whose}, without errors of "
            "counting.",
        ),
        flags=(
            "a design far from the one that was fitted (cells, hours, rounds) is an extrapolation of the "
            "model",
            *(
                f"{band.group or 'all'}: in {band.died:.0%} of the draws a population falls below one cell "
                "and stays dead, where the equations alone would bring it back"
                for band in found
                if band.died
            ),
        ),
        tables=(
            Table(
                "cells at the ends of rounds, before cells are added (95 % band)",
                ("construct", "h", "targets", "effectors"),
                tuple(rows),
            ),
        ),
        seed=scenario.seed,
    )


def table(_: AssayCurves, found: list[Band]):
    """Long table of all courses."""
    import pandas as pd

    return pd.concat([band.table() for band in found], ignore_index=True)


def figures(scenario: AssayCurves, found: list[Band]) -> Iterator[tuple[Picture, object]]:
    """Courses with bands."""
    from livingdrug.plots import plot_predicted

    asked = question(scenario)
    title = f"predicted: {asked.rounds} round(s), E:T {scenario.ratio:g}:1"
    yield Picture("courses", "Predicted courses (median) with 95 % bands."), plot_predicted(found, title)
