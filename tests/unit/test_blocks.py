"""Blocks here, on processes and on a Dask cluster: the same results in the same order, and one sentence when it breaks."""

import os
import signal
import sys
import time

import pytest
from test_exposures import EXPLODING, EXPONENTIAL

from livingdrug.core.errors import InputError, SolveError
from livingdrug.models import get_model
from livingdrug.scale import Serial, run_curves, run_exposures
from livingdrug.scale.blocks import AHEAD, Processes, cut, in_order
from livingdrug.scale.cluster import DaskCluster
from livingdrug.simulation import CurvesTask, Draw, exposure_task


def bad_third(first, count):
    if first == 2:
        raise ZeroDivisionError("of one's own")
    return first


def refused(first, count):
    raise InputError("this cannot be")


def deadly(first, count):
    os._exit(1)


def local_cluster(workers):
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed (extra `cluster`)")
    return distributed.LocalCluster(
        n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0", host="127.0.0.1"
    )


@pytest.fixture(scope="module")
def cluster():
    with local_cluster(2) as local:
        yield DaskCluster(local.scheduler_address)


def curves():
    import numpy as np

    model = EXPLODING.model
    return CurvesTask(model, Draw(12, 1, cv=0.5), None, np.array([0.0, 5.0, 200.0]), 200.0, ("car_t", "tumour"))


def check_same(executor, folder):
    """Summaries, files and curves of an executor against those of this process."""
    for name, task, size in (("exploding", EXPLODING, 11), ("exponential", EXPONENTIAL, 64)):
        here, there = folder / f"{name}_here.csv", folder / f"{name}_there.csv"
        serial = run_exposures(task, Serial(), here)
        other = run_exposures(task, executor, there, size=size)
        assert other.summary() == serial.summary()
        assert there.read_bytes() == here.read_bytes()
    one, many = run_curves(curves(), Serial()), run_curves(curves(), executor, size=5)
    assert many.values.tobytes() == one.values.tobytes() and many.area.tobytes() == one.area.tobytes()
    assert (many.status, many.reason, many.subjects, many.notices) == (one.status, one.reason, one.subjects, one.notices)
    assert "not_finite" in many.status


def test_two_processes_give_the_numbers_of_one(tmp_path):
    check_same(Processes(2), tmp_path)


def test_a_dask_cluster_gives_the_numbers_of_one_process(cluster, tmp_path):
    check_same(cluster, tmp_path)


MANY = exposure_task(get_model("stein_2019"), Draw(5000), window=(0, 28))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Summary and table of a run of 5,000 subjects at once."""
    path = tmp_path_factory.mktemp("whole") / "table.csv"
    return run_exposures(MANY, Serial(), path, size=5000).summary(), path.read_bytes()


@pytest.mark.parametrize(
    ("workers", "size"), [(None, 1000), (None, 4096), (1, 4096), (2, 1000), (3, 1000), ("dask", 1000), ("dask", 4096)]
)
def test_neither_workers_nor_blocks_change_a_byte(workers, size, whole, tmp_path, request):
    if workers == "dask":
        where = request.getfixturevalue("cluster")
    else:
        where = Serial() if workers is None else Processes(workers)
    summary = run_exposures(MANY, where, tmp_path / "table.csv", size=size).summary()
    assert (summary, (tmp_path / "table.csv").read_bytes()) == whole


def slow(first, count):
    """Long enough for a worker to be killed on it; says which process it was."""
    time.sleep(0.2)
    return first, os.getpid()


def test_a_worker_of_a_cluster_that_is_killed_is_done_without():
    """Two real workers; the one that computed the first block is killed while others are under way."""
    with local_cluster(2) as local:
        found, victim = [], None
        for first, process in DaskCluster(local.scheduler_address).results(slow, cut(12, 1)):
            found.append(first)
            if victim is None:
                victim = process
                os.kill(victim, signal.SIGKILL)
        assert found == list(range(12)) and victim != os.getpid()


def test_a_cluster_on_this_machine_is_started_and_ends_with_the_run(tmp_path, monkeypatch):
    pytest.importorskip("distributed", reason="dask.distributed is not installed (extra `cluster`)")
    monkeypatch.setattr("livingdrug.scale.cluster.os.cpu_count", lambda: 2)
    seen = list(DaskCluster("local").results(slow, cut(4, 1)))
    assert [first for first, _ in seen] == [0, 1, 2, 3] and 1 <= len({process for _, process in seen}) <= 2
    for process in {process for _, process in seen}:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_few_blocks_are_under_way_at_once_and_none_is_lost():
    open_jobs, most, seen = set(), 0, []

    def submit(block):
        nonlocal most
        open_jobs.add(block)
        most = max(most, len(open_jobs))
        return block

    for block, job in in_order(submit, cut(1000, 7), 3):
        open_jobs.remove(job)
        seen.append(block)
    assert seen == cut(1000, 7) and sum(count for _, count in seen) == 1000
    assert most == AHEAD * 3


@pytest.mark.parametrize("where", [Serial(), Processes(2)], ids=["serial", "processes"])
def test_an_error_names_the_subjects_of_its_block(where):
    with pytest.raises(SolveError, match="subject 3: the computation ended with ZeroDivisionError: of one's own"):
        list(where.results(bad_third, cut(5, 1)))
    with pytest.raises(InputError, match="subjects 1 to 4: this cannot be"):
        list(where.results(refused, cut(5, 4)))


def test_a_worker_that_dies_is_said_in_one_sentence():
    with pytest.raises(SolveError, match="a worker process died, subjects 1 to 4 not computed"):
        list(Processes(2).results(deadly, cut(8, 4)))


def test_an_error_on_a_cluster_names_the_subjects_too(cluster):
    with pytest.raises(SolveError, match="subject 3: the computation ended with ZeroDivisionError"):
        list(cluster.results(bad_third, cut(5, 1)))


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense"])
def test_an_address_where_nobody_answers_is_refused(address, monkeypatch):
    pytest.importorskip("distributed", reason="dask.distributed is not installed (extra `cluster`)")
    monkeypatch.setattr("livingdrug.scale.cluster.PATIENCE", 0.5)
    with pytest.raises(InputError, match=f"no Dask scheduler answers at `{address}`"):
        list(DaskCluster(address).results(refused, cut(5, 5)))


def test_a_scheduler_without_workers_is_refused(monkeypatch):
    with local_cluster(0) as empty:
        monkeypatch.setattr("livingdrug.scale.cluster.PATIENCE", 0.5)
        with pytest.raises(InputError, match="has no workers; start one"):
            list(DaskCluster(empty.scheduler_address).results(refused, cut(5, 5)))


def test_dask_that_is_not_installed_is_said_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"livingdrug\[cluster\]"):
        list(DaskCluster("tcp://127.0.0.1:8786").results(refused, cut(5, 5)))


@pytest.mark.parametrize("count", [0, -1, True, 1.5, 10**6])
def test_a_number_of_workers_that_cannot_be_is_refused(count):
    with pytest.raises(InputError, match="workers were asked for"):
        Processes(count)


def test_curves_that_would_not_fit_are_refused_before_anything_runs():
    import numpy as np

    task = CurvesTask(get_model("stein_2019"), Draw(1_000_000), None, np.arange(366.0), 365.0, ("transgene",))
    for where in (Serial(), Processes(2)):
        with pytest.raises(InputError, match="--exposure"):
            run_curves(task, where)
    with pytest.raises(InputError, match="1000001 subjects"):
        CurvesTask(get_model("stein_2019"), Draw(1_000_001), None, np.arange(2.0), 1.0, ("transgene",))
