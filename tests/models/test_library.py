"""Every model of the library reproduces its reference outcomes, each within the tolerance that the table states."""

from itertools import groupby

import pytest

from tests.models.library_runs import LIBRARY, MEANT, UNCLEAR
from tests.models.outcomes import Course, read, rows, within

SPECIAL = {
    "first time below 100 cells": lambda course, name: course.crossing(name, 100.0),
    "day of 50 % depletion": lambda course, name: course.crossing(name, 0.5 * course.at(name, 0.0)),
    "cumulative AUC0-inf": lambda course, name: course.area(name, 3000.0),
    "AUC0-inf": lambda course, name: course.area(name, 1000.0),
    "end of first infusion": lambda course, name: course.at(name, course.regimen.doses[0].duration),
    "end of infusion": lambda course, name: course.at(name, course.regimen.doses[0].duration),
    "24 h after first start": lambda course, name: course.at(name, 24.0),
    "after full AUC": lambda course, name: course.at(name, 1000.0),
    "AUC0-28d": lambda course, name: course.area(name, 672.0),
    "AUC0-2016h": lambda course, name: course.area(name, 2016.0),
    "mean 0-2016 h": lambda course, name: course.area(name, 2016.0) / 2016.0,
    "mean of the fourth interval": lambda course, name: (course.area(name, 8064.0) - course.area(name, 6048.0)) / 2016.0,
    "at infusion": lambda course, name: course.at(name, 0.0),
    "time to fewer than 1 cell after infusion": lambda course, name: course.crossing(name, 1.0) - course.run.zero,
    "time at 120 % of B0": lambda course, name: course.rise(name, 1.2 * course.at(name, 0.0)),
}


def outcomes(model: str) -> list[tuple[dict, float]]:
    """(row, number here) of every row of a model; `library.worst` prints them."""
    library, found = LIBRARY[model], []
    of_model = [row for row in rows() if row["model"] == model]
    for condition, group in groupby(sorted(of_model, key=lambda r: r["condition"]), key=lambda r: r["condition"]):
        course = Course(library.run(condition))
        for row in group:
            key = (model, row["output"], row["quantity"])
            if key in UNCLEAR:
                continue
            if row["quantity"].startswith("day of") and course.flat(library.outputs[row["output"]][0]):
                continue  # the lowest of equal values is rounding
            name, factor = library.outputs[row["output"]]
            special = SPECIAL.get(row["quantity"])
            value = special(course, name) if special else read(course, name, MEANT.get(key, row["quantity"]))
            in_time = row["unit"] in ("d", "h")
            found.append((row, value if in_time else value * factor))
    return found


@pytest.mark.parametrize("model", LIBRARY)
def test_model_reproduces_its_reference_outcomes(model):
    found = outcomes(model)
    wrong = [(row["condition"], row["output"], row["quantity"], row["value"], value) for row, value in found
             if not within(row["tolerance"], float(row["value"]), value)]
    assert found and wrong == []


def test_every_model_here_is_in_the_table():
    assert set(LIBRARY) <= {row["model"] for row in rows()}
