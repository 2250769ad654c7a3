"""A simulation that ends early goes on with --resume, from the blocks that are kept, to the files of one that did not."""

import shutil
import signal
import subprocess
import sys
import threading

import pytest
from test_blocks import curves
from test_exposures import EXPLODING, EXPONENTIAL

from livingdrug.core.errors import InputError, SolveError
from livingdrug.core.folders import held
from livingdrug.core.packed import mark_of, marks_of, read_piece, write_piece
from livingdrug.core.pieces import kept_pieces
from livingdrug.models import get_model
from livingdrug.scale import Serial, run_curves, run_exposures
from livingdrug.scale.blocks import Processes, cut
from livingdrug.scale.kept import stage_of
from livingdrug.simulation import Draw, exposure_task
from tests.commands import livingdrug
from tests.dying import Dead, Dying, contents
from tests.pictures import undrawn

EXPOSURE = ["simulate", "stein_2019", "-n", "200", "--exposure", "0", "28", "--above", "transgene=50"]
CURVES = ["simulate", "stein_2019", "-n", "22", "--days", "20", "--every", "5", "--observe"]
BLOCKS = "out.csv.blocks"


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Blocks so small that a short run has several; figures are not drawn, and nothing waits for the disk."""
    monkeypatch.setattr("os.fsync", lambda handle: None)
    monkeypatch.setattr("livingdrug.scale.runs.EXPOSURE_BLOCK", 64)
    monkeypatch.setattr("livingdrug.scale.runs.KEPT_CURVES", 8)
    monkeypatch.setattr("livingdrug.report.save", undrawn)


def whole(folder, out, arguments):
    """What a run leaves that nothing stops."""
    assert livingdrug(*arguments, "--out", out, cwd=folder).returncode == 0
    return contents(folder)


def died(arguments, out, folder, at, monkeypatch) -> bool:
    """Kill a run at a moment; False where it was faster."""
    with monkeypatch.context() as patch:
        Dying(patch, at)
        try:
            livingdrug(*arguments, "--out", out, cwd=folder)
        except Dead:
            return True
    return False


@pytest.mark.parametrize(
    ("arguments", "out", "step"), [(EXPOSURE, "out.csv", 3), (CURVES, "out.parquet", 5), (CURVES, "run", 23)]
)
def test_a_killed_simulation_goes_on_from_every_moment(arguments, out, step, tmp_path, monkeypatch):
    (tmp_path / "whole").mkdir()
    with monkeypatch.context() as patch:
        counter = Dying(patch)
        expected = whole(tmp_path / "whole", out, arguments)
    kept = 0
    for at in range(1, counter.count + 1, step):
        folder = tmp_path / str(at)
        folder.mkdir()
        if not died(arguments, out, folder, at, monkeypatch):
            break
        again = livingdrug(*arguments, "--out", out, "--resume", cwd=folder)
        assert again.returncode == 0, (at, again.stderr)
        assert contents(folder) == expected and not (folder / f"{out}.blocks").exists(), at
        kept = max(kept, int("blocks are kept from before" in again.stderr))
    assert kept


def test_a_run_killed_by_the_system_goes_on(tmp_path):
    script = (
        "import os, signal, sys\n"
        "import livingdrug.scale.runs as runs, livingdrug.core.pieces as pieces\n"
        "runs.EXPOSURE_BLOCK, write = 64, pieces.write_piece\n"
        "def killed(path, mark, key, *found):\n"
        "    if key == '129-192': os.kill(os.getpid(), signal.SIGKILL)\n"
        "    write(path, mark, key, *found)\n"
        "pieces.write_piece = killed\n"
        "from livingdrug.cli.main import main\n"
        "main()\n"
    )
    dead = subprocess.run([sys.executable, "-c", script, *EXPOSURE, "--out", "out.csv"], cwd=tmp_path, capture_output=True)
    assert dead.returncode == -signal.SIGKILL and len(list((tmp_path / BLOCKS).glob("*.block"))) == 2
    again = livingdrug(*EXPOSURE, "--out", "out.csv", "--resume", cwd=tmp_path)
    assert "2 of 4 blocks are kept from before in out.csv.blocks" in again.stderr
    left = contents(tmp_path)
    assert left == whole(tmp_path, "out.csv", EXPOSURE) and set(left) == {"out.csv"}


def stopped(folder, monkeypatch, arguments=EXPOSURE, error=KeyboardInterrupt):
    """A run that ends with its third block."""
    def write(path, mark, key, *found):
        if key == "129-192":
            raise error
        write_piece(path, mark, key, *found)

    with monkeypatch.context() as patch:
        patch.setattr("livingdrug.core.pieces.write_piece", write)
        return livingdrug(*arguments, "--out", "out.csv", cwd=folder)


def test_an_interrupted_run_says_how_it_goes_on_and_leaves_an_earlier_table_alone(tmp_path, monkeypatch):
    (tmp_path / "out.csv").write_text("earlier")
    run = stopped(tmp_path, monkeypatch)
    assert run.returncode == 130
    assert "2 of 4 blocks are kept in out.csv.blocks: the same command with --resume goes on from them" in run.stderr
    assert (tmp_path / "out.csv").read_text() == "earlier"


def test_a_full_disk_keeps_what_was_finished(tmp_path, monkeypatch):
    run = stopped(tmp_path, monkeypatch, error=InputError("no space is left on the disk"))
    assert run.returncode == 2 and "2 of 4 blocks are kept" in run.stderr
    assert livingdrug(*EXPOSURE, "--out", "out.csv", "--resume", cwd=tmp_path).returncode == 0
    assert contents(tmp_path) == whole(tmp_path, "out.csv", EXPOSURE)


def damaged(path):
    """A block of which a byte has changed, one that is cut off, and one that is of another run."""
    content = bytearray(path.read_bytes())
    yield bytes(content[:-40])
    yield b""
    content[len(content) // 2] ^= 1
    yield bytes(content)
    yield path.read_bytes().replace(b'"piece": "1-64"', b'"piece": "1-65"')
    yield path.read_bytes().replace(b'"mark": "', b'"mark": "0')
    yield b"[" * 5000


def test_damaged_and_foreign_blocks_are_found_and_computed_again(tmp_path, monkeypatch):
    stopped(tmp_path, monkeypatch)
    shutil.copytree(tmp_path / BLOCKS, tmp_path / "good")
    expected = whole(tmp_path, "out.csv", EXPOSURE)["out.csv"]
    for content in damaged(tmp_path / "good" / "subjects-1-64.block"):
        (tmp_path / "out.csv").unlink()
        shutil.copytree(tmp_path / "good", tmp_path / BLOCKS)
        (tmp_path / BLOCKS / "subjects-1-64.block").write_bytes(content)
        again = livingdrug(*EXPOSURE, "--out", "out.csv", "--resume", cwd=tmp_path)
        assert again.returncode == 0 and "1 of 4 blocks are kept from before" in again.stderr, again.stderr
        assert "3 are computed now, 1 of them as what is kept is damaged or of another run" in again.stderr
        assert (tmp_path / "out.csv").read_bytes() == expected


@pytest.mark.parametrize(
    ("more", "word"),
    [
        (["--seed", "2"], "subjects, variability or seed"),
        (["--set", "model"], "model"),
        (["--dose", "1e7"], "doses"),
        (["--exposure", "0", "29"], "window"),
        (["--above", "transgene=60"], "limits"),
        (["--variability", "variance"], "subjects, variability or seed"),
    ],
)
def test_blocks_of_another_run_are_refused_by_what_differs(more, word, tmp_path, monkeypatch):
    if more[0] == "--set":
        name = sorted(get_model("stein_2019").typical)[0]
        more = ["--set", f"{name}={get_model('stein_2019').typical[name] * 1.01}"]
    stopped(tmp_path, monkeypatch)
    before = contents(tmp_path)
    run = livingdrug(*EXPOSURE, *more, "--out", "out.csv", "--resume", cwd=tmp_path)
    assert run.returncode == 2 and f"keeps blocks of another run, whose {word} differ" in run.stderr
    assert "--resume goes on from them" not in run.stderr
    assert contents(tmp_path) == before


def test_a_command_that_is_refused_does_not_throw_kept_blocks_away(tmp_path, monkeypatch):
    stopped(tmp_path, monkeypatch)
    assert livingdrug(*EXPOSURE, "--above", "transgen=5", "--out", "out.csv", cwd=tmp_path).returncode == 2
    assert len(list((tmp_path / BLOCKS).glob("*.block"))) == 2
    assert livingdrug(*EXPOSURE, "--seed", "2", "--out", "out.csv", cwd=tmp_path).returncode == 0
    assert set(contents(tmp_path)) == {"out.csv"}


def test_of_two_writers_the_second_is_refused_and_the_first_is_named(tmp_path):
    taken, over = threading.Event(), threading.Event()

    def hold():
        with held(tmp_path / BLOCKS):
            taken.set()
            over.wait()

    first = threading.Thread(target=hold)
    first.start()
    taken.wait()
    run = livingdrug(*EXPOSURE, "--out", "out.csv", cwd=tmp_path)
    over.set()
    first.join()
    assert run.returncode == 2 and "`out.csv.blocks` is being written by another run of livingdrug (process " in run.stderr
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_resumed_is_said(tmp_path):
    run = livingdrug(*EXPOSURE, "--resume", cwd=tmp_path)
    assert run.returncode == 2 and "name that with --out" in run.stderr
    run = livingdrug(*EXPOSURE, "--out", "out.csv", "--resume", cwd=tmp_path)
    assert run.returncode == 0 and "no blocks are kept in out.csv.blocks yet, so the run starts again" in run.stderr
    assert livingdrug(*EXPOSURE, "--out", "run", cwd=tmp_path).returncode == 0
    run = livingdrug(*EXPOSURE, "--out", "run", "--resume", cwd=tmp_path)
    assert run.returncode == 0 and "the run in run is whole, nothing was left to do" in run.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.csv", "run"]


def test_somebody_elses_files_beside_blocks_stay(tmp_path, monkeypatch):
    stopped(tmp_path, monkeypatch)
    (tmp_path / BLOCKS / "notes.txt").write_text("mine")
    assert livingdrug(*EXPOSURE, "--out", "out.csv", "--resume", cwd=tmp_path).returncode == 0
    assert set(contents(tmp_path)) == {"out.csv", f"{BLOCKS}/notes.txt"}


def test_nothing_is_kept_of_a_population_of_which_nobody_is_computed(tmp_path):
    model = get_model("kirouac_2023").with_values(mu_memory=1.0, d_memory=0.0)
    task = exposure_task(model, Draw(200, 1, cv=0.01), window=(0, 3000))
    with pytest.raises(SolveError, match="no subject was computed"), kept_pieces(tmp_path / "a.csv", False, str) as kept:
        run_exposures(task, Serial(), tmp_path / "a.csv", kept=kept)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("where", [Serial(), Processes(2)], ids=["serial", "processes"])
def test_what_is_kept_is_what_was_computed_whoever_computes_it(where, tmp_path):
    said, out = [], tmp_path / "there.csv"
    expected = run_exposures(EXPLODING, Serial(), tmp_path / "here.csv").summary()
    for resume in (False, True):  # the second reads what the first wrote
        with pytest.raises(KeyboardInterrupt), kept_pieces(out, resume, said.append) as kept:
            assert run_exposures(EXPLODING, where, out, size=16, kept=kept).summary() == expected
            raise KeyboardInterrupt
        assert out.read_bytes() == (tmp_path / "here.csv").read_bytes()
    assert f"3 of 3 blocks are kept from before in {out}.blocks" in said
    one = run_curves(curves(), Serial())
    for resume in (False, True):
        with pytest.raises(KeyboardInterrupt), kept_pieces(tmp_path / "c", resume, said.append) as kept:
            many = run_curves(curves(), where, size=5, kept=kept)
            raise KeyboardInterrupt
        assert many.values.tobytes() == one.values.tobytes() and many.status == one.status
        assert (many.reason, many.notices, many.cautioned) == (one.reason, one.notices, one.cautioned)


def test_a_mark_is_the_same_in_every_process_and_another_for_another_run(tmp_path):
    code = (
        "from test_exposures import EXPLODING\n"
        "from livingdrug.core.packed import mark_of, marks_of\n"
        "from livingdrug.scale.kept import stage_of\n"
        "print(mark_of(marks_of(stage_of(EXPLODING).of)))"
    )
    here = mark_of(marks_of(stage_of(EXPLODING).of))
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=_environment())
    assert ran.stdout.strip() == here, ran.stderr
    assert here != mark_of(marks_of(stage_of(EXPONENTIAL).of))


def _environment():
    import os

    paths = [p for p in sys.path if p]
    return os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(paths)}


@pytest.mark.parametrize("task", [EXPLODING, curves()], ids=["exposures", "curves"])
def test_a_block_is_read_back_as_it_was(task, tmp_path):
    first, count = cut(12, 5)[1]
    block = task(first, count)
    kinds = stage_of(task).kinds
    write_piece(tmp_path / "a", "mark", "6-10", block, kinds)
    (read,) = read_piece(tmp_path / "a", "mark", "6-10", kinds)
    assert type(read) is type(block)
    for name, value in vars(block).items():
        again = getattr(read, name)
        assert again.tobytes() == value.tobytes() if hasattr(value, "tobytes") else again == value, name
        assert type(again) is type(value), name
    for mark, key, of in (("another", "6-10", kinds), ("mark", "1-5", kinds), ("mark", "6-10", ())):
        assert read_piece(tmp_path / "a", mark, key, of) == ()
