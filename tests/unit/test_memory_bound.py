"""The memory of a run is estimated before it; a run that would take more than the bound is refused."""

import tracemalloc

import pytest

from livingdrug.core.errors import InputError
from livingdrug.workflows import check_memory
from livingdrug.workflows.escalation.spec import EscalationScenario
from livingdrug.workflows.fit.scenario import Fit
from livingdrug.workflows.index.spec import Index
from livingdrug.workflows.memory import BOUND, GB, ROW
from livingdrug.workflows.simulate.spec import Simulation, run_simulation
from livingdrug.workflows.trial.spec import TrialScenario
from tests.commands import livingdrug

ARMS = ({"name": "a", "n": 1000}, {"name": "b", "n": 1000})
TRIAL = {"model": "stein_2019", "control": "a", "arms": ARMS, "endpoints": ({"name": "e", "kind": "auc"},),
         "multiplicity": "none"}  # fmt: skip
LEVELS = ({"name": "a", "rate": 0.1}, {"name": "b", "rate": 0.3})
LARGE = (
    Simulation(model="stein_2019", subjects=600_000, variability="sd", days=100),
    Simulation(model="stein_2019", days=36_525, every=1e-4),
    TrialScenario(**TRIAL, replicates=100_000),
    TrialScenario(**TRIAL, sizes=(10, 10_000_000)),
    EscalationScenario(rule="3+3", levels=LEVELS, replicates=10_000_000),
    Fit(file="x.csv", model="stein_2019", method="bayes", draws=100_000_000),
    Fit(file="x.csv", model="stein_2019", sir=1_000_000),
    Fit(file="x.csv", model="stein_2019", bootstrap=10_000_000),
    Index(subjects=100_000_000),
)
SMALL = (
    Simulation(model="stein_2019", subjects=10_000, variability="sd", days=100),
    Simulation(model="stein_2019", subjects=1_000_000, variability="sd", exposure=(0, 28)),
    TrialScenario(**TRIAL, replicates=10_000), Fit(file="x.csv", model="stein_2019", method="bayes", draws=4000),
    Fit(file="x.csv", model="stein_2019", sir=2000, bootstrap=1000), Index(subjects=100_000),
    EscalationScenario(rule="3+3", levels=LEVELS),
)  # fmt: skip


@pytest.mark.parametrize("scenario", LARGE, ids=lambda s: s.kind)
def test_what_is_too_large_is_refused_and_a_higher_bound_lets_it_in(scenario):
    needed = scenario.memory()
    assert needed > BOUND * GB
    with pytest.raises(InputError, match="of memory, more than the bound of 4 GB.*--memory"):
        check_memory(scenario)
    check_memory(scenario, 1.01 * needed / GB)


@pytest.mark.parametrize("scenario", SMALL, ids=lambda s: s.kind)
def test_ordinary_runs_are_let_in(scenario):
    check_memory(scenario)


def test_the_estimate_of_curves_is_that_of_their_table():
    scenario = Simulation(model="stein_2019", subjects=500, variability="sd", days=100)
    run_simulation(scenario)[1].table()  # what is loaded and compiled once is not of the run
    tracemalloc.start()
    table = run_simulation(scenario)[1].table()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert scenario.memory() == pytest.approx(ROW * len(table), rel=0.02)
    assert 0.3 * scenario.memory() < peak < 1.2 * scenario.memory()


def test_the_command_refuses_before_it_computes(tmp_path):
    large = ("simulate", "stein_2019", "-n", "600000", "--days", "100")
    for more in ((), ("--out", "run"), ("--out", "t.csv", "--memory", "0.1"), ("--memory", "0.5")):
        done = livingdrug(*large, *more, cwd=tmp_path)
        assert done.returncode == 2 and "of memory" in done.stderr and not list(tmp_path.iterdir()), done
    small = ("simulate", "stein_2019", "-n", "100", "--days", "100")
    assert livingdrug(*small, "--memory", "0.0001", cwd=tmp_path).returncode == 2
    assert livingdrug(*small, "--memory", "-1", cwd=tmp_path).returncode == 2
    assert livingdrug(*small, "--memory", "nan", cwd=tmp_path).returncode == 2
    assert livingdrug(*small, "--memory", "0.1", cwd=tmp_path).returncode == 0


def test_a_horizon_that_cannot_be_is_said_as_such(tmp_path):
    for days in ("nan", "inf", "-1"):
        said = livingdrug("simulate", "stein_2019", "--days", days, cwd=tmp_path).stderr
        assert "horizon" in said and "memory" not in said


def test_memory_that_is_not_there_is_a_sentence(monkeypatch):
    def greedy(*arguments, **named):
        raise MemoryError

    monkeypatch.setattr("livingdrug.workflows.simulate.spec.run_curves", greedy)
    done = livingdrug("simulate", "stein_2019", "--days", "3")
    assert done.returncode == 2 and "memory of this machine" in done.stderr
