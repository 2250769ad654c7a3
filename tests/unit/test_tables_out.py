"""Large tables are written many rows at once: the same bytes as one by one, in blocks that keep no curves, as Parquet."""

import struct

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.core import export
from livingdrug.core.digits import DIGITS, float_texts, int_texts
from livingdrug.core.errors import InputError, SolveError
from livingdrug.core.export import write_csv
from livingdrug.core.tables import table_file, write_table
from livingdrug.models import get_model
from livingdrug.scale import CurveFile, Serial, choose_executor, run_curves, runs
from livingdrug.simulation import CurvesTask, Draw, exposure_task
from livingdrug.workflows import Conduct, table_of
from livingdrug.workflows.simulate.answer import table
from livingdrug.workflows.simulate.spec import Simulation, run
from tests.commands import livingdrug

OBSERVED = Simulation(model="stein_2019", subjects=23, variability="sd", days=10, observe=True, limit=20)


def texts(found) -> list[str]:
    cells = zip(found.bytes, found.begin, found.end, strict=True)
    return [row[begin:end].tobytes().decode() for row, begin, end in cells]


def as_repr(values: np.ndarray) -> list[str]:
    return ["" if value != value else repr(value) for value in values.tolist()]


def edges() -> np.ndarray:
    """Powers of two and of ten with their neighbours, the ends of the range, and what is no number."""
    corners = [2.0**n for n in range(-1074, 1024)] + [float(f"1e{n}") for n in range(-323, 309)]
    corners = np.array(
        [
            *corners,
            0.0,
            5e-324,
            2.2250738585072014e-308,
            1.7976931348623157e308,
            9007199254740993.0,
            1e23,
            np.inf,
        ]
    )
    with np.errstate(over="ignore", under="ignore"):
        near = np.concatenate([corners, np.nextafter(corners, 0), np.nextafter(corners, np.inf)])
    return np.concatenate([near, -near, [np.nan]])


def test_floats_at_the_edges_are_those_of_repr():
    assert texts(float_texts(edges())) == as_repr(edges())


@pytest.mark.parametrize("seed", range(3))
def test_floats_of_every_size_are_those_of_repr(seed):
    random = np.random.default_rng(seed)
    bits = random.integers(0, 2**64, 20_000, dtype=np.uint64).view(np.float64)
    usual = np.exp(random.normal(5, 10, 20_000))
    short = np.round(random.normal(0, 1000, 10_000), 2)
    whole = random.integers(0, 10**17, 10_000).astype(float)
    values = np.concatenate([bits, usual, short, whole])
    assert texts(float_texts(values)) == as_repr(values)


BITS = st.integers(0, 2**64 - 1).map(lambda bits: struct.unpack("d", struct.pack("Q", bits))[0])


@settings(deadline=None)
@given(st.lists(st.floats() | BITS, max_size=20))
def test_any_floats_are_those_of_repr(values):
    assert texts(float_texts(np.array(values, dtype=float))) == as_repr(np.array(values, dtype=float))


@settings(deadline=None)
@given(st.lists(st.integers(1 - 10**DIGITS, 10**DIGITS - 1), max_size=20))
def test_any_integers_are_those_of_str(values):
    assert texts(int_texts(np.array(values, dtype=np.int64))) == [str(value) for value in values]


def mixed(n: int) -> pd.DataFrame:
    """Columns of every type that a table may have."""
    random = np.random.default_rng(n)
    words = np.array(["car_t", "=1+1", 'a "b", c', "é;", "", "x" * 300], dtype=object)
    return pd.DataFrame(
        {
            "subject": np.repeat(np.arange(n), 3)[:n],
            "n": random.integers(-(10**9), 10**9, n),
            "big": np.full(n, 2**63, dtype=np.uint64),
            "time": np.tile([0.0, -0.0, 0.5, np.nan], n)[:n],
            "value": random.normal(0, 1e9, n),
            "single": random.normal(0, 1, n).astype("f4"),
            "flag": random.random(n) < 0.5,
            "word": words[random.integers(0, 6, n)],
            "text": pd.array(words[random.integers(0, 6, n)], "str"),
            "some": np.where(random.random(n) < 0.5, None, words[0]),
            "kind": pd.Categorical(words[random.integers(0, 5, n)]),
            "own": [f"P{i}" for i in range(n)],
            "mixed": [(1, 2.5, "a", None, np.nan, True)[i % 6] for i in range(n)],
            "day": pd.Timestamp("2026-11-29") + pd.to_timedelta(np.arange(n) % 7, "D"),
            "=odd, name": 1,
        }
    )


@pytest.mark.parametrize("n", [1, 4096, 4097, 9000])
def test_many_rows_at_once_are_the_rows_one_by_one(tmp_path, monkeypatch, n):
    frame = mixed(n)
    monkeypatch.setattr(export, "FEW", n)
    write_csv(frame, tmp_path / "one_by_one.csv")
    monkeypatch.setattr(export, "FEW", 0)
    monkeypatch.setattr(export, "ROWS", 5000)
    write_csv(frame, tmp_path / "at_once.csv")
    assert (tmp_path / "at_once.csv").read_bytes() == (tmp_path / "one_by_one.csv").read_bytes()


def test_a_very_long_text_among_many_short_ones_is_written_whole(tmp_path):
    frame = pd.DataFrame({"text": ["a" * 300_000] + [f"b{i}" for i in range(999)], "n": range(1000)})
    write_csv(frame, tmp_path / "a.csv")
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert lines == ["text,n", *(f"{text},{n}" for text, n in zip(frame["text"], frame["n"], strict=True))]


def test_an_empty_table_has_its_heading(tmp_path):
    write_csv(pd.DataFrame({"a": np.zeros(0), "b": []}), tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes() == b"a,b\n"


def test_a_table_as_parquet_comes_back_as_it_was(tmp_path):
    frame = pd.DataFrame(
        {
            "subject": [1, 2, 3],
            "value": [0.1, np.nan, -1e300],
            "word": ["=1", "a,b", None],
            "kind": pd.Categorical(["x", "y", "x"]),
            "none": [None] * 3,
        }
    )
    with table_file(tmp_path / "a.PARQUET") as file:
        file.add(frame)
        file.add(frame.iloc[1:])
    back = pd.read_parquet(tmp_path / "a.PARQUET")
    assert list(back["subject"]) == [1, 2, 3, 2, 3] and list(back["kind"]) == ["x", "y", "x", "y", "x"]
    np.testing.assert_array_equal(back["value"], [0.1, np.nan, -1e300, np.nan, -1e300])
    assert list(back["word"].fillna("-")) == ["=1", "a,b", "-", "a,b", "-"] and back["none"].isna().all()
    assert write_table(frame, tmp_path / "b.parquet") == 3


def test_a_parquet_file_that_breaks_off_is_not_there(tmp_path):
    with pytest.raises(KeyboardInterrupt), table_file(tmp_path / "a.parquet") as file:
        file.add(pd.DataFrame({"a": [1.0]}))
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_parquet_without_its_package_is_refused_in_words(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(InputError, match=r"livingdrug\[parquet\]"):
        table_file(tmp_path / "a.parquet")


@pytest.mark.parametrize(
    "scenario", [OBSERVED, OBSERVED.model_copy(update={"observe": False, "limit": None})]
)
@pytest.mark.parametrize("drawn", [False, True])
def test_curves_written_in_blocks_are_the_table_of_all(tmp_path, monkeypatch, scenario, drawn):
    write_csv(table_of(scenario), tmp_path / "whole.csv")
    monkeypatch.setattr(runs, "VALUES", 5 * 11)
    found = run(scenario, Conduct(out=tmp_path / "blocks.csv", drawn=drawn))
    assert (tmp_path / "blocks.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert found.result.values.shape == (23, 1, 11 if drawn else 0) and table(scenario, found) is None
    one = run(scenario)
    assert found.result.summary() == one.result.summary() and found.result.subjects == one.result.subjects


def test_exposures_are_the_same_bytes_for_any_workers_and_blocks(tmp_path):
    task = exposure_task(get_model("stein_2019"), Draw(4500, 1, "sd"), None, (0, 28), None, None)
    ways = [(Serial(), 1000), (Serial(), 4096), (choose_executor(2, None), 1000), (choose_executor(3, None), 4096)]
    made = set()
    for i, (executor, size) in enumerate(ways):
        runs.run_exposures(task, executor, tmp_path / f"{i}.csv", size=size)
        made.add((tmp_path / f"{i}.csv").read_bytes())
    assert len(made) == 1 and made.pop().count(b"\n") == 4501


def test_a_run_of_which_nobody_was_computed_leaves_no_table(tmp_path):
    model = get_model("kirouac_2023").with_values(mu_memory=1.0, d_memory=0.0)
    task = CurvesTask(model, None, None, np.arange(0.0, 3001, 100), 3000.0, ("car_t",))
    with pytest.raises(SolveError, match="subject 1: "):
        run_curves(
            task,
            Serial(),
            file=CurveFile(tmp_path / "a.csv", lambda result, before: result.coded_table(before)),
        )
    assert not list(tmp_path.iterdir())


def test_the_command_writes_parquet_with_the_numbers_of_the_csv(tmp_path):
    given = ("simulate", "stein_2019", "-n", "20", "--variability", "sd", "--days", "5")
    assert livingdrug(*given, "--out", "a.csv", cwd=tmp_path).returncode == 0
    done = livingdrug(*given, "--out", "a.parquet", cwd=tmp_path)
    assert done.returncode == 0 and "a.parquet" in done.stderr, done
    text, binary = (
        pd.read_csv(tmp_path / "a.csv"),
        pd.read_parquet(tmp_path / "a.parquet"),
    )
    pd.testing.assert_frame_equal(text, binary, check_dtype=False)
    folder = livingdrug(
        "simulate",
        "stein_2019",
        "-n",
        "20",
        "--variability",
        "sd",
        "--days",
        "5",
        "--out",
        "run",
        cwd=tmp_path,
    )
    assert folder.returncode == 0
    assert (tmp_path / "run" / "results.csv").read_bytes() == (tmp_path / "a.csv").read_bytes()


def test_a_layout_for_another_program_is_no_parquet(tmp_path):
    assert livingdrug("example", "nca", "ex", cwd=tmp_path).returncode == 0
    done = livingdrug("check", "ex/kinetics.csv", "--as", "nonmem", "--out", "a.parquet", cwd=tmp_path)
    assert done.returncode == 2 and ".csv" in done.stderr and not (tmp_path / "a.parquet").exists()
