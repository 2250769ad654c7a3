"""Stochastic cure and exact simulation, against closed forms and the reference cases."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.export import model_text
from livingdrug.models import (
    Definition,
    Flow,
    Model,
    Output,
    Quantity,
    Source,
    State,
    Structure,
    Values,
    get_model,
    read_model,
)
from livingdrug.simulation import draw_subjects
from livingdrug.simulation.extinction import Course, courses, cure_probability, simulate_cure
from livingdrug.simulation.gillespie import gillespie
from tests.models.outcomes import rows
from tests.sbml_texts import model as sbml
from tests.sbml_texts import parameters, reaction, rule, species

CASES = Path(__file__).parents[3] / "shared" / "reference"


def kimmel(text: str) -> Model:
    script = "rhoC 0.037" in text
    growth = float(re.match(r"rB ([\d.]+)", text).group(1))
    # the rows were computed with the kB of the paper in both sets
    return get_model(f"kimmel_2021:{'script' if script else 'paper'}").with_values(mu_tumour=growth, car_t_50=4.05)


CURES = [row for row in rows() if row["model"] == "kimmel_2021_stochastic"]


@pytest.mark.parametrize("condition", sorted({row["condition"] for row in CURES}))
def test_probability_of_cure_is_that_of_the_table(condition):
    (course,) = courses(kimmel(condition))
    for row in CURES:
        if row["condition"] == condition:
            day = float(re.search(r"by day (\d+)", row["quantity"]).group(1))
            assert course.extinct_by(day) == pytest.approx(float(row["value"]), abs=5e-4)
    drawn = simulate_cure(kimmel(condition), runs=1500, seed=11)
    for day in (60.0, 90.0, 1000.0):
        exact, (_, low, high) = course.extinct_by(day), drawn.probability(day)
        # an exact 95 % interval; 5 of 9 numbers may not all hold it, four standard errors may
        margin = 2 * (high - low) / 4
        assert low - margin <= exact <= high + margin, (day, exact, low, high)


def test_the_same_seed_gives_the_same_bytes_however_many_runs():
    model = get_model("kimmel_2021").with_values(mu_tumour=0.1)
    few, many = simulate_cure(model, runs=40, seed=3), simulate_cure(model, runs=90, seed=3)
    np.testing.assert_array_equal(few.cured_at, many.cured_at[:40])
    assert (simulate_cure(model, runs=40, seed=4).cured_at != few.cured_at).any()


def test_every_subject_has_its_probability_and_what_never_falls_has_none():
    model = get_model("kimmel_2021").with_values(mu_tumour=0.1)
    found = cure_probability(model, 1000.0, draw_subjects(model, 6, seed=2, cv=0.05))
    assert found.shape == (6,) and ((found >= 0) & (found <= 1)).all() and np.ptp(found) > 0.01
    assert cure_probability(model.with_values(mu_tumour=0.3))[0] == 0.0


def test_what_has_no_independent_cells_is_refused():
    with pytest.raises(InputError, match="flow `tumour_growth` is not proportional to `tumour`"):
        courses(get_model("kirouac_2023"))
    with pytest.raises(InputError, match="`tumour` is in mL"):
        courses(get_model("muellerschoell_2021"))
    with pytest.raises(InputError, match="unknown state"):
        courses(get_model("kimmel_2021"), state="tumor")


def linear(birth: float, death: float, start: float, inflow: float = 0.0) -> Model:
    made = Source("synthetic", "made up for this test")
    return Model(
        "linear", "births and deaths",
        Structure(
            states=(State("x", "cells", "cells", initial="x_0"),),
            flows=(
                Flow("birth", "b * x", "growth", into="x"), Flow("death", "d * x", "death", out_of="x"),
                Flow("inflow", "a", "production", into="x"),
            ),
            outputs=(Output("x", "x", "cells", "cells"),),
            quantities=(Quantity("b", "1/d", "births"), Quantity("d", "1/d", "deaths"), Quantity("x_0", "cells", "start"),
                        Quantity("a", "cells/d", "inflow")),
            time_unit="d",
        ),
        (Values("made_up", made, {"b": birth, "d": death, "x_0": start, "a": inflow}),),
    )  # fmt: skip


def test_birth_and_death_has_the_published_probabilities():
    case = CASES / "stochastic_birth_death_visible" / "answers.json"
    if not case.exists():
        pytest.skip("the reference cases are not here")
    answers = json.loads(case.read_text())["answers"]
    for name, answer in answers.items():
        numbers = [float(n) for n in re.findall(r"=(?:mu=)?([\d.]+)", name)]
        birth, death, start = numbers if len(numbers) == 3 else (numbers[0], numbers[0], numbers[1])
        for time, expected in answer["p_extinct"].items():
            grid = np.linspace(0.0, float(time), 2001)
            grid[0] = -1e-9
            exact = Course(-1e-9, int(start), grid, np.full(2000, birth), np.full(2000, death))
            assert exact.extinct_by(float(time)) == pytest.approx(expected, rel=1e-6, abs=1e-9), name
    counts = gillespie(linear(0.1, 0.11, 10.0), [10.0, 50.0], runs=4000, seed=5)[:, 0]
    answer = answers["lambda=0.1,mu=0.11,n0=10"]
    for j, time in enumerate(("10", "50")):
        p = answer["p_extinct"][time]
        assert abs((counts[:, j] == 0).mean() - p) < 4 * np.sqrt(p * (1 - p) / 4000)
        assert abs(counts[:, j].mean() - answer["mean"][time]) < 4 * np.sqrt(answer["variance"][time] / 4000)


@pytest.mark.parametrize("case", ["00001", "00003", "00020", "00030"])
def test_discrete_stochastic_cases(case):
    pytest.importorskip("libsbml")
    folder = CASES / "stochastic_dsmts_visible"
    if not folder.exists():
        pytest.skip("the reference cases are not here")
    answer = json.loads((folder / "answers.json").read_text())["answers"][case]
    table = np.array(answer["rows"], dtype=float)[10::10]
    runs, model = 1500, read_model(folder / case / f"{case}-sbml-l3v1.xml")
    # amounts alone, so that the size of the compartment, which the files leave open, enters nowhere
    counts = gillespie(model.with_values(Cell=1.0), table[:, 0], runs=runs, seed=7)
    columns, seen = answer["columns"], 0
    for i, state in enumerate(model.system.states):
        mean, deviation = (table[:, columns.index(f"{state.name}-{what}")] for what in ("mean", "sd"))
        # the suite's own bounds: 3 standard errors of means, 5 of standard deviations; a fifth more for many at once
        off = np.sqrt(runs) * (counts[:, i].mean(axis=0) - mean) / deviation
        spread = np.sqrt(runs / 2) * (counts[:, i].var(axis=0) / deviation**2 - 1)
        assert (np.abs(off) < 3.6).all() and (np.abs(spread) < 5).all(), state.name
        seen += 1
    assert seen == (len(columns) - 1) / 2


def dimers(start: int = 40) -> str:
    """Two of P join to one of P2, and P2 falls apart."""
    return sbml(
        species("P", 'hasOnlySubstanceUnits="true"', initialAmount=start)
        + species("P2", 'hasOnlySubstanceUnits="true"', initialAmount=0),
        reaction("Joining", "k1 * P * (P - 1) / 2", {"P": 2}, {"P2": 1})
        + reaction("Parting", "k2 * P2", {"P2": 1}, {"P": 2}),
        parameters(k1=0.01, k2=0.05),
    )


def test_what_a_reaction_changes_changes_at_once(tmp_path):
    pytest.importorskip("libsbml")
    (tmp_path / "m.xml").write_text(dimers())
    model = read_model(tmp_path / "m.xml")
    counts = gillespie(model, [0.5, 2.0, 10.0], runs=50, seed=3)
    assert (counts[:, 0] + 2 * counts[:, 1] == 40).all() and len(np.unique(counts[:, 1, 1])) > 3
    # a file that this program wrote from it no longer says which parts belong together, and says that
    (tmp_path / "again.xml").write_text(model_text(model, "sbml"))
    with pytest.raises(InputError, match="sum over events that the file does not tell apart"):
        gillespie(read_model(tmp_path / "again.xml"), [1.0])


def test_a_rate_rule_gives_no_random_events(tmp_path):
    pytest.importorskip("libsbml")
    text = sbml(parameter_rows=parameters(False, x=100.0), rules=rule("rate", "0.1 * x - 0.2 * x", "x"))
    (tmp_path / "m.xml").write_text(text)
    with pytest.raises(InputError, match="flow `change_of_x` is a sum over events"):
        gillespie(read_model(tmp_path / "m.xml"), [1.0])


def test_a_part_of_an_event_that_is_scaled_is_refused():
    once = linear(0.1, 0.11, 10.0)
    flows = (
        Flow("leaving", "2 * meeting", "death", out_of="x", event="meeting"),
        Flow("slowed", "meeting * x / x_0", "production", into="x", event="meeting"),
    )
    where = (Definition("meeting", "d * x"),)
    model = replace(once, structure=replace(once.structure, flows=flows[:1], definitions=where))
    assert (np.diff(gillespie(model, [1.0, 5.0, 20.0], runs=20, seed=1)[:, 0], axis=1) % 2 == 0).all()
    with pytest.raises(InputError, match="flow `slowed` is part of the event `meeting`, but its rate"):
        gillespie(replace(model, structure=replace(model.structure, flows=flows)), [1.0])


def test_runs_of_the_exact_simulation_are_the_same_however_many():
    model = linear(0.1, 0.2, 20.0)
    np.testing.assert_array_equal(gillespie(model, [1.0, 9.0], 30, 2), gillespie(model, [1.0, 9.0], 70, 2)[:30])
    with pytest.raises(InputError, match="no whole number"):
        gillespie(linear(0.1, 0.2, 20.5), [1.0])
    with pytest.raises(InputError, match="change with time"):
        gillespie(get_model("stein_2019_ode"), [1.0])
