"""Large runs: what they will take is said before they begin, and beyond limits they need --yes."""

import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.core.random import normals
from livingdrug.engine import normals as compiled_normals
from livingdrug.models import get_model
from livingdrug.scale import Serial, estimate, run_curves, run_exposures
from livingdrug.scale.blocks import Processes, cut
from livingdrug.scale.runs import block_size
from livingdrug.simulation import CurvesTask, Draw, exposure_table, exposure_task
from tests.commands import livingdrug
from tests.dying import contents

EXPOSURE = ["simulate", "stein_2019", "-n", "300", "--exposure", "0", "28"]
CURVES = ["simulate", "stein_2019", "-n", "40", "--days", "20", "--every", "1"]
STEIN = get_model("stein_2019")


def task_of(n):
    return exposure_task(STEIN, Draw(n), window=(0, 28))


def rows(task):
    return lambda block, _: exposure_table(task, block)


@pytest.fixture
def looked_at(monkeypatch):
    """Every run of several blocks is large, and blocks are small."""
    monkeypatch.setattr("os.fsync", lambda handle: None)
    monkeypatch.setattr("livingdrug.scale.estimates.LARGE", 0)
    monkeypatch.setattr("livingdrug.scale.runs.EXPOSURE_BLOCK", 64)


@pytest.mark.parametrize(
    ("limit", "value", "sentence"),
    [
        ("MOST_SECONDS", -1.0, "the limits are 1 s and 20 GB of disk: ask for"),
        ("MOST_BYTES", 1000.0, "the limits are 60 min and 1e-06 GB of disk: ask for"),
    ],
)
def test_a_run_beyond_a_limit_is_refused_unless_it_is_confirmed(limit, value, sentence, looked_at, tmp_path, monkeypatch):
    monkeypatch.setattr(f"livingdrug.scale.estimates.{limit}", value)
    refused = livingdrug(*EXPOSURE, "--out", "a.csv", cwd=tmp_path)
    assert refused.returncode == 2 and "this run would take about " in refused.stderr and "or add --yes" in refused.stderr
    assert sentence in refused.stderr and not list(tmp_path.iterdir())
    confirmed = livingdrug(*EXPOSURE, "--out", "a.csv", "--yes", cwd=tmp_path)
    assert confirmed.returncode == 0 and "this run takes about " in confirmed.stderr and " of disk" in confirmed.stderr
    part = livingdrug(*EXPOSURE, "--out", "b.csv", "--shard", "1/2", cwd=tmp_path)
    assert part.returncode == 2 and "or add --yes" in part.stderr and len(list(tmp_path.iterdir())) == 1


def test_a_disk_without_room_is_said_before_the_run(looked_at, tmp_path, monkeypatch):
    from collections import namedtuple

    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("livingdrug.scale.estimates.shutil.disk_usage", lambda path: usage(1, 1, 100.0))
    refused = livingdrug(*EXPOSURE, "--out", "a.csv", cwd=tmp_path)
    assert refused.returncode == 2 and "and the disk has 1e-07 GB left" in refused.stderr and not list(tmp_path.iterdir())
    assert livingdrug(*EXPOSURE, "--out", "a.csv", "--yes", cwd=tmp_path).returncode == 0


def test_a_thousand_million_subjects_with_a_table_are_refused_by_their_bytes(tmp_path):
    many = ["simulate", "stein_2019", "-n", "1000000000", "--exposure", "0", "28"]
    refused = livingdrug(*many, "--out", "a.csv", cwd=tmp_path)
    assert refused.returncode == 2 and " of disk; the limits are 60 min and 20 GB of disk" in refused.stderr
    assert not list(tmp_path.iterdir())


def test_small_runs_are_not_looked_at(tmp_path):
    assert "this run takes" not in livingdrug(*EXPOSURE, "--out", "a.csv", cwd=tmp_path).stderr


@pytest.mark.parametrize("out", ["a.csv", "a.parquet"])
def test_the_bytes_are_those_of_the_files(out, tmp_path):
    task = task_of(4096)
    found = estimate(task, Serial(), tmp_path / out, rows(task))
    run_exposures(task, Serial(), tmp_path / out)
    kept = sum(value.nbytes for value in vars(task(0, 4096)).values() if isinstance(value, np.ndarray))
    assert found.disk == pytest.approx((tmp_path / out).stat().st_size + kept, rel=0.15 if out == "a.csv" else 0.3)
    assert estimate(task, Serial(), tmp_path / out, rows(task), 0.25).disk == pytest.approx(found.disk / 4)
    assert estimate(task, Serial(), None, rows(task)).disk == 0.0


def test_a_subject_far_on_has_the_numbers_that_its_place_in_the_stream_gives():
    for first in (2**32 - 3, 999_999_990):
        np.testing.assert_allclose(compiled_normals(3, "x", first, 7), normals(3, "x", first, 7), rtol=1e-12)
    task = task_of(1_000_000_000)
    far, alone = task(999_999_000, 9), task(999_999_004, 1)
    assert far.peak[4].tobytes() == alone.peak[0].tobytes() and len(np.unique(far.peak)) == 9


@pytest.mark.parametrize("n", [1, 100, 100_000, 10**6, 10**8, 10**9])
def test_blocks_hold_every_subject_once_and_no_more_than_fit(n):
    size = block_size(task_of(n))
    assert 2048 <= size <= 65_536 and size % 2048 == 0 and (n <= 2048 * 256) == (size == 2048)
    blocks = cut(n, size)
    assert blocks[0][0] == 0 and sum(count for _, count in blocks[-1:]) + blocks[-1][0] == n


def test_more_subjects_than_are_kept_at_once_are_refused_where_they_would_be_kept():
    draw = Draw(1_000_001)
    with pytest.raises(InputError, match="1000001 subjects"):
        draw.subjects(STEIN)
    with pytest.raises(InputError, match="1000001 subjects"):
        CurvesTask(STEIN, draw, None, np.arange(2.0), 1.0, ("transgene",))
    with pytest.raises(InputError, match="1000000001 subjects"):
        Draw(1_000_000_001)
    assert draw.subjects(STEIN, 1_000_000, 1).n == 1


def test_a_table_of_more_values_than_are_kept_goes_to_a_file(tmp_path, monkeypatch):
    whole = livingdrug(*CURVES, "--out", "whole.csv", "--json", cwd=tmp_path)
    monkeypatch.setattr("livingdrug.simulation.run.MAX_VALUES", 250)
    monkeypatch.setattr("livingdrug.scale.runs.KEPT_CURVES", 8)
    streamed = livingdrug(*CURVES, "--out", "a.csv", "--json", cwd=tmp_path)
    assert streamed.returncode == 0 and streamed.stdout == whole.stdout
    found = contents(tmp_path)
    assert found["a.csv"] == found["whole.csv"] and len(found) == 2
    for more in (["--out", "folder"], ["--out", "b.csv", "--plots", "figures"], []):
        refused = livingdrug(*CURVES, *more, cwd=tmp_path)
        assert refused.returncode == 2 and "are more than 250 values" in refused.stderr
    assert len(list(tmp_path.iterdir())) == 2


def test_the_bound_on_memory_is_of_what_is_kept(tmp_path):
    many = ["simulate", "stein_2019", "-n", "1000", "--days", "365", "--memory", "0.001"]
    assert livingdrug(*many, "--out", "a.csv", cwd=tmp_path).returncode == 0
    for more in (["--out", "run"], []):
        assert "of memory, more than the bound of 0.001 GB" in livingdrug(*many, *more, cwd=tmp_path).stderr


def test_summaries_and_tables_are_the_same_for_blocks_of_a_thousand_and_of_4096(tmp_path):
    task = task_of(9000)
    made = []
    for size in (1000, 4096, 9000):
        path = tmp_path / f"{size}.csv"
        made.append((run_exposures(task, Serial(), path, size=size).summary(), path.read_bytes()))
    assert made[0] == made[1] == made[2]
    curves = CurvesTask(STEIN, Draw(50), None, np.arange(0.0, 9.0), 8.0, ("transgene",))
    one = run_curves(curves, Serial())
    for size in (7, 32):
        assert run_curves(curves, Serial(), size=size).values.tobytes() == one.values.tobytes()


def test_the_time_of_several_processes_is_shared():
    task = task_of(10**6)
    assert estimate(task, Processes(2), None, rows(task)).memory > estimate(task, Serial(), None, rows(task)).memory
