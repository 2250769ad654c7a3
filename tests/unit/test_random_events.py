"""Whole models by random events: hybrid levels, doses, growth below 0, and cure with its interval."""

import csv
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import livingdrug as ld
from livingdrug.core.errors import InputError, SolveError
from livingdrug.models import Flow, Quantity, State, Switch, get_model
from livingdrug.simulation import Regimen, cure_probability, gillespie, random_runs, read_dose, tau_leap
from tests.commands import livingdrug
from tests.unit.test_stochastic import linear


def with_parts(model, numbers: dict, **parts):
    """The linear model with other parts and further quantities."""
    more = tuple(Quantity(name, unit, name) for name, (unit, _) in numbers.items())
    structure = replace(model.structure, **parts)
    structure = replace(structure, quantities=(*structure.quantities, *more))
    (values,) = model.values
    values = replace(values, values={**values.values, **{name: value for name, (_, value) in numbers.items()}})
    return replace(model, structure=structure, values=(values,))


def rows_of(path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def near(found: np.ndarray, p: float) -> bool:
    """Whether a part of runs is within four standard errors of a probability."""
    return abs(found.mean() - p) <= 4 * np.sqrt(p * (1 - p) / found.size)


def test_a_drug_that_is_no_count_follows_its_rate_and_kills_cells_one_by_one():
    """P(all of n dead) = (1 - exp(-k c0 (1 - e^-wt)/w))^n for a level c0 e^-wt."""
    base = linear(0.0, 0.0, 12)
    drugged = with_parts(
        base, {"k": ("L/mg/d", 0.8), "w": ("1/d", 0.5), "c_0": ("mg/L", 3.0)},
        states=(*base.structure.states, State("level", "mg/L", "drug", initial="c_0")),
        flows=(Flow("kill", "k * level * x", "killing", out_of="x"), Flow("loss", "w * level", "clearance", out_of="level")),
    )  # fmt: skip
    found = tau_leap(drugged, [1.0, 4.0], 1500, seed=3)
    for j, t in enumerate((1.0, 4.0)):
        area = 3.0 * (1 - np.exp(-0.5 * t)) / 0.5
        assert near(found[:, 0, j] == 0, (1 - np.exp(-0.8 * area)) ** 12)
        assert found[:, 1, j] == pytest.approx(3.0 * np.exp(-0.5 * t), rel=1e-3)


def test_growth_above_the_capacity_takes_cells():
    """A rate below 0 is the event the other way round: 400 cells fall towards a capacity of 100."""
    logistic = Flow("birth", "b * x * (1 - x / most)", "growth", into="x")
    crowded = with_parts(linear(0.5, 0.0, 400), {"most": ("cells", 100.0)}, flows=(logistic,))
    expected = 100 / (1 - 0.75 * np.exp(-0.5 * 2.0))
    for found in (tau_leap(crowded, [2.0], 300), gillespie(crowded, [2.0], 300)):
        assert found.mean() == pytest.approx(expected, rel=0.03)


def test_doses_infusions_switches_and_parts_of_cells():
    """Pure death: each cell that came at s is alive at t with probability exp(-d (t - s))."""
    model = linear(0.0, 0.5, 0.25)
    dosed = replace(model, structure=replace(model.structure, dose_into="x"))
    regimen = Regimen.of([read_dose("40@1"), read_dose("30@2 over=1")])
    found = tau_leap(dosed, [0.0, 1.0, 3.0], 1500, regimen=regimen)[:, 0]
    assert near(found[:, 0] > 0, 0.25)  # a quarter of a cell is a cell in a quarter of the runs
    # at the time of a later dose the count before it
    assert found[:, 1].max() <= 1
    mean = 0.25 * np.exp(-1.5) + 40 * np.exp(-1.0) + 30 * (1 - np.exp(-0.5)) / 0.5
    assert found[:, 2].mean() == pytest.approx(mean, abs=4 * np.sqrt(mean / 1500))
    late = with_parts(
        model, {"start": ("d", 2.0)}, switches=(Switch("dying", "start"),),
        flows=(Flow("death", "d * dying * x", "death", out_of="x"),),
    ).with_values(x_0=30.0)  # fmt: skip
    found = tau_leap(late, [1.999, 4.0], 600)[:, 0]
    assert (found[:, 0] == 30).all() and found[:, 1].mean() == pytest.approx(30 * np.exp(-1.0), abs=0.6)


def test_numbers_of_a_run_depend_on_seed_subject_and_run_alone():
    model = get_model("kimmel_2021").with_values(mu_tumour=0.1)
    subjects = ld.draw_subjects(model, 2, seed=4, cv=0.05)
    two, again = (random_runs(model, subjects, until=5.0, runs=3, seed=4) for _ in range(2))
    (one,) = random_runs(model, ld.draw_subjects(model, 1, seed=4, cv=0.05), until=5.0, runs=3, seed=4)
    assert [runs.levels.tobytes() for runs in two] == [runs.levels.tobytes() for runs in again]
    assert one.levels.tobytes() == two[0].levels.tobytes() != two[1].levels.tobytes()


def test_cure_of_the_whole_model_is_that_of_the_closed_form(tmp_path):
    """Kimmel 2021: the tumour as a birth and death process from 10,000 cells on, by day 90, by command and exactly."""
    words = ("kimmel_2021", "--set", "mu_tumour=0.1", "--events", "all", "--days", 90, "--runs", 120, "--seed", 2)
    done = livingdrug("cure", *words, "--out", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    (row,) = rows_of(tmp_path / "run" / "results.csv")
    exact = cure_probability(get_model("kimmel_2021").with_values(mu_tumour=0.1), 90.0, below=10_000)[0]
    p, low, high = (float(row[f"p_cure{end}"]) for end in ("", "_low", "_high"))
    assert low < p < high and abs(p - exact) <= 4 * np.sqrt(exact * (1 - exact) / 120)
    assert float(row["p_relapse"]) == pytest.approx(1 - p) and "95 % interval" in said and "relapse" in said
    levels = rows_of(tmp_path / "run" / "levels.csv")
    last = [r for r in levels if r["state"] == "tumour"][-1]
    assert float(last["time_d"]) == 90.0 and float(last["p_none_left"]) == p
    assert (tmp_path / "run" / "pictures" / "populations.svg").exists()


def test_each_subject_has_its_probabilities_and_their_mean_an_interval(tmp_path):
    words = ("kimmel_2021", "--set", "mu_tumour=0.1", "--events", "all", "--days", 20, "--runs", 10, "-n", 3, "--cv", 0.1)
    done = livingdrug("cure", *words, "--out", "c.csv", cwd=tmp_path)
    rows = rows_of(tmp_path / "c.csv")
    assert len(rows) == 3 and {row["status"] for row in rows} == {"ok"}, done.stderr
    assert "over 3 subjects" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("stein_2019",), "closed form"),
        (("liu_2022", "--state", "leukaemia"), "`leukaemia` is in cells/uL"),
        (("kimmel_2021", "--runs", 0), "from 1 to"),
        (("kimmel_2021", "--large", 20), "--large must be 100 or more"),
        (("kimmel_2021", "-n", 2000, "--cv", 0.1), "are drawn"),
        (("singh_2021",), "`effector_expansion` is not a number"),
    ],
)
def test_what_cannot_be_drawn_is_refused(words, sentence, tmp_path):
    done = livingdrug("cure", *words, "--events", "all", "--out", "c.csv", cwd=tmp_path)
    assert done.returncode == 2 and sentence in " ".join(done.stderr.split()), done.stderr
    assert not list(tmp_path.iterdir())


def test_the_page_says_where_random_extinction_is_found():
    page = (Path(__file__).parents[2] / "docs" / "library.md").read_text(encoding="utf-8")
    fragments = page[page.index("## Fragments") : page.index("## Preconditioning as a question")]
    assert "(`stochastic_extinction`) is no fragment" in fragments and "the command is `cure`" in fragments


def test_models_without_counts_and_too_fast_ones_say_so(monkeypatch):
    monkeypatch.setattr(import_module("livingdrug.simulation.tau_leap"), "SETTLED", 1000)
    with pytest.raises(InputError, match="no state is counted in cells"):
        tau_leap(get_model("liu_2022"), [1.0])
    with pytest.raises(SolveError, match="replaced so fast"):
        tau_leap(linear(0.0, 1e9, 50, inflow=5e10), [100.0], 2)
