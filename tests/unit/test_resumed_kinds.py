"""Every kind of analysis that can be resumed goes on from a kill at any moment, to the bytes of a run that was not killed."""

import errno
import json
import os
import shutil
import threading

import numpy as np
import pytest
from test_full_disk import Full

from livingdrug.core.errors import InputError
from livingdrug.core.folders import held
from livingdrug.core.packed import marks_of, read_piece, write_piece
from livingdrug.core.pieces import Stage, each, kept_pieces
from livingdrug.fit import Saem
from livingdrug.fit.store import STATE
from livingdrug.workflows import workflow
from livingdrug.workflows.found import kinds
from tests.commands import livingdrug
from tests.decline import DECLINE
from tests.dying import Dead, Dying, contents
from tests.pictures import undrawn
from tests.unit.test_assay_commands import written
from tests.unit.test_assay_design import PLAN
from tests.unit.test_assay_fit import plate

RESUMED = {kind for kind in kinds() if "resume" in workflow(kind).scenario.OUTPUTS}
TRIAL = """
kind = "trial"
model = "stein_2019"
variability = "sd"
control = "old"
multiplicity = "none"
replicates = 20
arms = [{ name = "old", n = 10 }, { name = "new", n = 10, change = { c_max = 2.0 } }]
endpoints = [{ name = "expansion", kind = "cmax" }]
"""
POPULATION = """
[[populations]]
name = "made"
spreads = { top = { sd = 0.5 } }
source = { key = "synthetic", citation = "made up" }
"""
FIT = ("fit", "data.csv", "--model", "model.toml", "--random", "top=0.5", "--fix", "rate=0.2", "--residual", "lognormal:0.2")
ESCALATION = """
kind = "escalation"
model = "stein_2019"
variability = "sd"
rule = "3+3"
replicates = 20
toxicity = { exposure = "cmax", window = [0, 28], ec50 = 60000.0, slope = 1.5 }
levels = [{ name = "low", change = { c_max = 0.5 } }, { name = "high" }]
"""
PLATE = ("plate/data.csv", "--map", "plate/map.csv", "--events", "plate/events.csv")
# a small run of each kind, and of what else it may do for long; how many pieces it has
CASES = {
    "simulate": (("simulate", "stein_2019", "-n", "40", "--exposure", "0", "28"), 5),
    "sensitivity": (("sensitivity", "stein_2019", "-n", "4", "--over", "c_max,alpha,beta"), 4),
    "trial": (("trial", "trial.toml"), 12),
    "fit": (("fit", "data.csv", "--model", "model.toml", "--random", "top,rate=0.4", "--residual", "lognormal:0.2",
             "--method", "focei", "--profile", "top", "--bootstrap", "20"), 22),
    "fit, starts": ((*FIT, "--method", "focei", "--starts", "3"), 3),
    "fit, methods": ((*FIT, "--compare"), 3),
    "fit, models": (("fit", "data.csv", "--model", "one.toml", "--model", "other.toml", "--residual", "lognormal:0.2",
                     "--method", "focei"), 2),
    "fit, chains": ((*FIT, "--method", "bayes", "--chains", "3", "--tune", "50", "--draws", "60"), 4),
    "cure": (("cure", "kimmel_2021", "--set", "mu_tumour=0.1", "--events", "all", "--days", "2", "--runs", "2", "-n", "3",
              "--cv", "0.05"), 3),
    "optimise": (("optimise", "singh_2021", "--doses", "1e7,1e8,1e9", "-n", "8", "--draws", "0", "--response", "CMAX:40:1.2",
                  "--toxicity", "CMAX:400:1.2"), 3),
    "optimise, search": (("optimise", "singh_2021", "--doses", "1e7,1e8", "-n", "4", "--draws", "0",
                          "--method", "nelder-mead", "--response", "CMAX:40:1.2", "--toxicity", "CMAX:400:1.2"), 6),
    "forecast": (("forecast", "data.csv", "--model", "one.toml", "--residual", "lognormal:0.2", "--at", "5", "--until", "30",
                  "--draws", "100", "--check", "2"), 18),
    "escalation": (("trial", "escalation.toml"), 8),
    "assay-fit": (("assay", "fit", *PLATE, "--model", "exhaustion"), 3),
    "assay-models": (("assay", "models", *PLATE, "--models", "exhaustion,carrgo"), 6),
    "assay-design": (("assay", "design", "plan.toml", "--wanted", "1000", "--simulate", "3"), 3),
    "attributes-learn": (("attributes", "learn", "products.csv", "--outcome", "CR+PR", "--permutations", "21"), 3),
}  # fmt: skip


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    """Pieces so small that a short run has several; figures are not drawn, and nothing waits for the disk."""
    monkeypatch.setattr("os.fsync", lambda handle: None)
    monkeypatch.setattr("livingdrug.scale.runs.EXPOSURE_BLOCK", 8)
    monkeypatch.setattr("livingdrug.sensitivity.run.BLOCK", 5)
    monkeypatch.setattr("livingdrug.trial.outcomes.PIECE", {True: 64, False: 64})
    monkeypatch.setattr("livingdrug.trial.run.FEW", 0)
    monkeypatch.setattr("livingdrug.trial.dose_finding.BLOCK", 64)
    monkeypatch.setattr("livingdrug.assay.fit.ROUNDS", 2)
    monkeypatch.setattr("livingdrug.attributes.learn.PIECE", 7)
    monkeypatch.setattr("livingdrug.report.save", undrawn)
    short = Saem(exploration=20, smoothing=10, searches=1)
    monkeypatch.setattr("livingdrug.fit.estimators.saem.ESTIMATOR", short)
    monkeypatch.setattr("livingdrug.fit.estimators.bayes.Saem", lambda: short)
    monkeypatch.setattr("livingdrug.fit.nuts.FEWEST_ESS", 1.0)  # few draws count, too
    monkeypatch.setattr("livingdrug.fit.nuts.HIGHEST_R_HAT", 9.0)


def given(folder):
    """The files that the runs read."""
    random = np.random.default_rng(2)
    lines = ["ID,TIME (d),DV"]
    for i in range(6):
        top, rate = 100 * np.exp(0.5 * random.normal()), 0.2 * np.exp(0.4 * random.normal())
        lines += [f"{i},{t},{top * np.exp(-rate * t + 0.2 * random.normal()):.4f}" for t in (0, 2, 5, 9)]
    (folder / "data.csv").write_text("\n".join(lines))
    (folder / "model.toml").write_text(DECLINE)
    (folder / "one.toml").write_text(DECLINE + POPULATION)
    other = DECLINE.replace("decline", "decay").replace("exp(-", "exp(-2 * ")
    (folder / "other.toml").write_text(other + POPULATION)
    (folder / "trial.toml").write_text(TRIAL)
    (folder / "escalation.toml").write_text(ESCALATION)
    (folder / "plan.toml").write_text(PLAN)
    (folder / "plate").mkdir()
    written(folder / "plate", plate(seed=3, constructs=("A",), donors=("D1",)))
    products = ["patient,response,a,b"]
    products += [f"p{i},{'CR' if i % 2 else 'PD'},{i % 2 + random.normal():.4f},{random.normal():.4f}" for i in range(16)]
    (folder / "products.csv").write_text("\n".join(products))


def test_every_kind_that_can_be_resumed_is_among_the_cases():
    assert {name.partition(",")[0] for name in CASES} == RESUMED


def stopped(arguments, folder, pieces, monkeypatch, error=KeyboardInterrupt):
    """A run that ends when so many pieces are kept."""
    left = [pieces]

    def write(*given):
        if not left[0]:
            raise error
        left[0] -= 1
        write_piece(*given)

    with monkeypatch.context() as patch:
        patch.setattr("livingdrug.core.pieces.write_piece", write)
        return livingdrug(*arguments, "--out", "out.csv", cwd=folder)


@pytest.mark.parametrize("kind", CASES)
def test_a_killed_run_of_any_kind_goes_on(kind, tmp_path, monkeypatch):
    arguments, pieces = CASES[kind]
    given(tmp_path)
    before = contents(tmp_path)
    code = livingdrug(*arguments, "--out", "out.csv", cwd=tmp_path).returncode  # compiles what is not compiled yet
    with monkeypatch.context() as patch:
        counter = Dying(patch)
        livingdrug(*arguments, "--out", "out.csv", cwd=tmp_path)
    whole = contents(tmp_path)
    assert set(whole) == {*before, "out.csv"} and code in (0, 3, 4)
    kept = []
    # as it begins, in the middle of its pieces, and when only the removal of the pieces is left
    for at in (2, counter.count // 2, counter.count - 2):
        (tmp_path / "out.csv").unlink()
        with monkeypatch.context() as patch, pytest.raises(Dead):
            Dying(patch, at)
            livingdrug(*arguments, "--out", "out.csv", cwd=tmp_path)
        again = livingdrug(*arguments, "--out", "out.csv", "--resume", cwd=tmp_path)
        assert again.returncode == code, (at, again.stderr)
        assert contents(tmp_path) == whole and not (tmp_path / "out.csv.blocks").exists(), at
        kept.append("are kept from before in out.csv.blocks" in again.stderr)
    assert kept[1]
    # all pieces but the last one are read, not computed
    (tmp_path / "out.csv").unlink()
    assert stopped(arguments, tmp_path, pieces - 1, monkeypatch).returncode == 130
    files = [p for p in (tmp_path / "out.csv.blocks").iterdir() if p.suffix == ".block"]
    assert len(files) == pieces - 1
    with monkeypatch.context() as patch:
        written, write = [], write_piece
        patch.setattr("livingdrug.core.pieces.write_piece", lambda path, *of: written.append(path) or write(path, *of))
        assert livingdrug(*arguments, "--out", "out.csv", "--resume", cwd=tmp_path).returncode == code
    assert len(written) == 1 and contents(tmp_path) == whole


def dead(*_):
    """Instead of a step that is not reached."""
    raise Dead


def test_a_run_into_a_folder_that_was_killed_when_it_was_whole_has_nothing_left_to_do(tmp_path, monkeypatch):
    given(tmp_path)
    arguments = CASES["sensitivity"][0]
    assert livingdrug(*arguments, "--out", "run", cwd=tmp_path).returncode == 0
    whole = contents(tmp_path)
    shutil.rmtree(tmp_path / "run")
    with monkeypatch.context() as patch, pytest.raises(Dead):
        patch.setattr("livingdrug.core.pieces._clear", dead)
        patch.setattr("livingdrug.core.pieces.Kept._begin_run", lambda self: None)
        livingdrug(*arguments, "--out", "run", cwd=tmp_path)
    assert (tmp_path / "run.blocks").exists()
    again = livingdrug(*arguments, "--out", "run", "--resume", cwd=tmp_path)
    assert again.returncode == 0 and "is whole, nothing was left to do" in again.stderr
    assert contents(tmp_path) == whole and not (tmp_path / "run.blocks").exists()


def test_a_run_that_was_killed_while_its_files_moved_goes_on(tmp_path, monkeypatch):
    """From every moment of the move, over an earlier run: what was moved is no whole run yet, and no changed one."""
    arguments = CASES["sensitivity"][0]
    assert livingdrug(*arguments, "--seed", "2", "--out", "run", cwd=tmp_path).returncode == 0
    shutil.copytree(tmp_path / "run", tmp_path / "earlier")
    with monkeypatch.context() as patch:
        counter = Dying(patch)
        assert livingdrug(*arguments, "--out", "run", cwd=tmp_path).returncode == 0
    whole = contents(tmp_path / "run")
    for at in range(counter.count - 18, counter.count + 1):
        shutil.rmtree(tmp_path / "run")
        shutil.copytree(tmp_path / "earlier", tmp_path / "run")
        with monkeypatch.context() as patch, pytest.raises(Dead):
            Dying(patch, at)
            livingdrug(*arguments, "--out", "run", cwd=tmp_path)
        again = livingdrug(*arguments, "--out", "run", "--resume", cwd=tmp_path)
        assert again.returncode == 0, (at, again.stderr)
        assert contents(tmp_path / "run") == whole and not (tmp_path / "run.blocks").exists(), at


@pytest.mark.parametrize(
    ("kind", "more", "word"),
    [
        ("sensitivity", ("--seed", "2"), "design or seed"),
        ("sensitivity", ("--of", "CMAX"), "exposure"),
        ("cure", ("--seed", "2"), "seed"),
        ("optimise", ("--seed", "2"), "patients or seed"),
        ("attributes-learn", ("--seed", "2"), "plan or seed"),
        ("fit, chains", ("--seed", "2"), "seed"),
        ("fit, methods", ("--seed", "2"), "seed"),
        ("fit, starts", ("--below", "m5"), "fit or data"),
        ("escalation", ("--seed", "2"), "seed"),
        ("forecast", ("--draws", "120"), "data or population"),
        ("assay-fit", ("--errors", "independent"), "plan"),
        ("assay-design", ("--seed", "2"), "seed"),
    ],
)
def test_pieces_of_another_run_are_refused_by_what_differs(kind, more, word, tmp_path, monkeypatch):
    given(tmp_path)
    arguments = CASES[kind][0]
    stopped(arguments, tmp_path, 2, monkeypatch)
    before = contents(tmp_path)
    run = livingdrug(*arguments, *more, "--out", "out.csv", "--resume", cwd=tmp_path)
    said = " ".join(run.stderr.split())
    assert run.returncode == 2 and "keeps blocks of another run, whose" in said and word in said, said
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("kind", "less"),
    [("fit, starts", ("--starts", "3")), ("fit, methods", ("--compare",)), ("fit, models", ("--model", "other.toml"))],
)
def test_pieces_of_a_run_of_other_parts_are_refused(kind, less, tmp_path, monkeypatch):
    given(tmp_path)
    arguments = CASES[kind][0]
    stopped(arguments, tmp_path, 1, monkeypatch)
    before = contents(tmp_path)
    at = arguments.index(less[-1])
    fewer = arguments[: at + 1 - len(less)] + arguments[at + 1 :]
    run = livingdrug(*fewer, "--out", "out.csv", "--resume", cwd=tmp_path)
    said = " ".join(run.stderr.split())
    assert run.returncode == 2 and "keeps blocks of another run, which began with" in said, said
    assert contents(tmp_path) == before


def test_a_posterior_is_gone_on_from_in_a_folder_with_the_state_of_a_search(tmp_path, monkeypatch):
    given(tmp_path)
    arguments = CASES["fit, chains"][0]
    assert livingdrug(*arguments, "--out", "whole", cwd=tmp_path).returncode == 0
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / STATE).write_bytes(b"of an interrupted search by SAEM")
    left = [1]

    def write(*given):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        write_piece(*given)

    with monkeypatch.context() as patch:
        patch.setattr("livingdrug.core.pieces.write_piece", write)
        ended = livingdrug(*arguments, "--out", "run", cwd=tmp_path)
    assert "the state is saved" not in ended.stderr and "1 of" in ended.stderr
    again = livingdrug(*arguments, "--out", "run", "--resume", cwd=tmp_path)
    assert again.returncode == 0 and "are kept from before" in again.stderr, again.stderr
    assert contents(tmp_path / "run") == contents(tmp_path / "whole")


def test_pieces_of_other_sources_are_refused(tmp_path, monkeypatch):
    given(tmp_path)
    arguments = CASES["fit, starts"][0]
    stopped(arguments, tmp_path, 2, monkeypatch)
    monkeypatch.setattr("livingdrug.core.packed.sources", lambda: "of an earlier day")
    run = livingdrug(*arguments, "--out", "out.csv", "--resume", cwd=tmp_path)
    assert run.returncode == 2 and "versions differ" in " ".join(run.stderr.split()), run.stderr


def test_a_changed_file_is_another_run(tmp_path, monkeypatch):
    """The pieces of a fit are those of its data, not of the name of a file."""
    given(tmp_path)
    arguments = CASES["fit"][0]
    stopped(arguments, tmp_path, 2, monkeypatch)
    data = (tmp_path / "data.csv").read_text()
    first = data.splitlines()[1]
    (tmp_path / "data.csv").write_text(data.replace(first, first + "1"))
    run = livingdrug(*arguments, "--out", "out.csv", "--resume", cwd=tmp_path)
    assert run.returncode == 2 and "whose fit or data" in " ".join(run.stderr.split())


def test_no_fit_ends_without_the_bootstrap_that_a_full_disk_or_another_installation_prevents(tmp_path, monkeypatch):
    given(tmp_path)
    arguments = CASES["fit"][0][:-4] + CASES["fit"][0][-2:]
    full = stopped(arguments, tmp_path, 3, monkeypatch, InputError("the disk is full"))
    assert full.returncode == 2 and "the disk is full" in full.stderr and not (tmp_path / "out.csv").exists()
    manifest = tmp_path / "out.csv.blocks" / "manifest.json"
    told = json.loads(manifest.read_text())
    told["stages"]["bootstrap"]["of"]["versions"] = "others"
    manifest.write_text(json.dumps(told))
    other = livingdrug(*arguments, "--out", "out.csv", "--resume", cwd=tmp_path)
    assert other.returncode == 2 and "whose versions differ" in " ".join(other.stderr.split())
    assert len(list(manifest.parent.glob("*.block"))) == 3 and not (tmp_path / "out.csv").exists()


def test_a_fit_by_a_changed_model_file_is_not_taken_as_whole(tmp_path):
    given(tmp_path)
    arguments = CASES["fit"][0][:-4]
    assert livingdrug(*arguments, "--out", "run", cwd=tmp_path).returncode in (0, 3, 4)
    (tmp_path / "model.toml").write_text(DECLINE.replace("exp(-", "exp(-2 * "))
    assert "exp(-2 * " in (tmp_path / "model.toml").read_text()
    again = livingdrug(*arguments, "--out", "run", "--resume", cwd=tmp_path)
    assert "so the fit starts again" in again.stderr and "nothing was left to do" not in again.stdout


def test_more_refits_go_on_from_fewer(tmp_path, monkeypatch):
    given(tmp_path)
    arguments = [*CASES["fit"][0]]
    stopped(arguments, tmp_path, 10, monkeypatch)
    arguments[-1] = "25"
    run = livingdrug(*arguments, "--out", "out.csv", "--resume", cwd=tmp_path)
    assert "8 of 25 refits of the bootstrap are kept from before" in " ".join(run.stderr.split())


def test_what_was_kept_does_not_go_without_a_word(tmp_path, monkeypatch):
    given(tmp_path)
    arguments = [*CASES["fit"][0][:-4], *CASES["fit"][0][-2:]]
    stopped([*arguments[:-1], "25"], tmp_path, 23, monkeypatch)
    fewer = livingdrug(*arguments, "--out", "out.csv", "--resume", cwd=tmp_path)
    assert "2 refits of the bootstrap that are kept in out.csv.blocks are no part" in " ".join(fewer.stderr.split())
    stopped(arguments, tmp_path, 4, monkeypatch)
    anew = livingdrug(*arguments, "--out", "out.csv", cwd=tmp_path)
    assert "4 blocks that an earlier run has kept in out.csv.blocks are thrown away" in " ".join(anew.stderr.split())


def test_a_sampling_is_kept_as_a_whole(tmp_path, monkeypatch):
    given(tmp_path)
    arguments = [*CASES["fit"][0][:-2], "--sir", "100"]
    livingdrug(*arguments, "--out", "out.csv", "--json", cwd=tmp_path)
    whole = contents(tmp_path)
    with monkeypatch.context() as patch, pytest.raises(Dead):
        patch.setattr("livingdrug.workflows.fit.answer.parameter_table", dead)
        livingdrug(*arguments, "--out", "out.csv", cwd=tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("livingdrug.fit.intervals.sir", None)
        patch.setattr("livingdrug.fit.intervals.profile", None)
        run = livingdrug(*arguments, "--out", "out.csv", "--resume", cwd=tmp_path)
    assert "1 of 1 samplings by SIR are kept from before" in " ".join(run.stderr.split())
    assert contents(tmp_path) == whole


@pytest.mark.parametrize("damage", [lambda b: b[:-9], lambda b: b"", lambda b: b[:-9] + bytes([b[-9] ^ 1]) + b[-8:]])
def test_a_damaged_piece_is_computed_again(damage, tmp_path, monkeypatch):
    given(tmp_path)
    arguments, pieces = CASES["sensitivity"]
    assert livingdrug(*arguments, "--out", "out.csv", cwd=tmp_path).returncode == 0
    whole = contents(tmp_path)
    stopped(arguments, tmp_path, pieces - 1, monkeypatch)
    piece = sorted((tmp_path / "out.csv.blocks").glob("*.block"))[0]
    piece.write_bytes(damage(piece.read_bytes()))
    run = livingdrug(*arguments, "--out", "out.csv", "--resume", cwd=tmp_path)
    assert f"{pieces - 2} of {pieces} blocks are kept from before" in run.stderr
    assert "1 of them as what is kept is damaged" in run.stderr
    assert contents(tmp_path) == whole


@pytest.mark.parametrize("value", [
    None, 1.5, float("inf"), "text", b"x" and (1, [2.0, None], {"a": (3,)}), {("a", 1): np.arange(3)}, np.float64(0.1),
    Stage("a", {"b": 1}), np.array([[True], [False]]), np.int64(-7), [], (),
])  # fmt: skip
def test_what_is_kept_is_read_back_as_it_was(value, tmp_path):
    write_piece(tmp_path / "a", "mark", "1", value, (Stage,))
    (read,) = read_piece(tmp_path / "a", "mark", "1", (Stage,))
    assert type(read) is type(value) and repr(read) == repr(value)


@pytest.mark.parametrize("value", [object(), {1, 2}, np.array([None]), Stage("a", {})])
def test_what_could_not_be_read_back_is_not_kept(value, tmp_path):
    with pytest.raises(TypeError):
        write_piece(tmp_path / "a", "mark", "1", value)
    assert not list(tmp_path.iterdir())


def test_marks_differ_wherever_a_value_does_and_of_what_cannot_be_compared_nothing_is_taken_up():
    same = ({"a": (1, 2.0)}, {"a": [1, 2.0]})
    assert marks_of(same[0]) == marks_of(same[1])
    values = [1, 1.0, "1", True, None, (1,), (1, 1), {"1": 1}, np.ones(2), np.ones((1, 2)), np.ones(2, int), 0.1 + 0.2, 0.3]
    marks = [marks_of({"a": value})["a"] for value in values]
    assert len(set(marks)) == len(values)
    thing = object()
    assert marks_of({"a": thing})["a"] != marks_of({"a": thing})["a"]


def test_what_nobody_keeps_is_computed(tmp_path):
    assert list(each(None, lambda: 1 / 0, ["1", "2"], lambda i: i)) == [0, 1]
    with pytest.raises(InputError, match="full"), kept_pieces(tmp_path / "a", False, str) as kept:
        made = each(kept, lambda: Stage("s", {}), ["a/b", "..", "é" * 9], lambda i: i)
        assert next(made) == 0 and (tmp_path / "a.blocks" / "s-a%2Fb.block").is_file()
        raise InputError("full")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.blocks"]


QUICK = sorted(RESUMED - {"fit"} | {"fit, starts"})


@pytest.mark.parametrize("kind", QUICK)
def test_a_disk_that_is_full_among_the_pieces_leaves_the_earlier_table_and_is_gone_on_from(kind, tmp_path, monkeypatch):
    arguments, pieces = CASES[kind]
    given(tmp_path)
    assert livingdrug(*arguments, "--out", "out.csv", cwd=tmp_path).returncode == 0  # compiles what is not compiled yet
    whole = (tmp_path / "out.csv").read_bytes()
    (tmp_path / "out.csv").write_text("earlier")
    before = contents(tmp_path)
    with monkeypatch.context() as patch:
        full = Full(patch, tmp_path, 2000)
        run = livingdrug(*arguments, "--out", "out.csv", cwd=tmp_path)
    said = " ".join(run.stderr.split())
    assert full.met and run.returncode == 2 and "no space is left on the disk" in said and "Traceback" not in said, said
    left = contents(tmp_path)
    kept = [name for name in left if name.startswith("out.csv.blocks/")]
    assert {name: content for name, content in left.items() if name not in kept} == before
    assert all(name.endswith((".block", "manifest.json")) for name in kept) and len(kept) <= pieces + 1
    again = livingdrug(*arguments, "--out", "out.csv", "--resume", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert set(contents(tmp_path)) == set(before)
    assert (tmp_path / "out.csv").read_bytes() == whole


@pytest.mark.parametrize("kind", sorted(RESUMED))
@pytest.mark.parametrize("out", ["there/out.csv", "there/run"])
def test_a_folder_that_cannot_be_written_is_said_before_anything_is_computed(kind, out, tmp_path, monkeypatch):
    """As of a file system that is read-only: whoever runs the test may write where permissions say no."""
    given(tmp_path)
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "mine.txt").write_text("mine")
    before = contents(tmp_path)

    def refused(*given, **named):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    with monkeypatch.context() as patch:
        for call in ("mkdir", "rename", "replace"):
            patch.setattr(os, call, refused)
        patch.setattr("livingdrug.core.pieces.Kept.each", None)
        run = livingdrug(*CASES[kind][0], "--out", out, cwd=tmp_path)
    said = " ".join(run.stderr.split())
    assert run.returncode == 2 and "cannot be written: Read-only file system" in said and "Traceback" not in said, said
    assert contents(tmp_path) == before


@pytest.mark.parametrize("kind", sorted(RESUMED))
def test_of_two_writers_the_second_is_refused_and_the_first_is_named(kind, tmp_path, monkeypatch):
    given(tmp_path)
    taken, over = threading.Event(), threading.Event()

    def hold():
        with held(tmp_path / "out.csv.blocks"):
            taken.set()
            over.wait()

    first = threading.Thread(target=hold)
    first.start()
    taken.wait()
    monkeypatch.setattr("livingdrug.core.pieces.Kept.each", None)
    try:
        run = livingdrug(*CASES[kind][0], "--out", "out.csv", cwd=tmp_path)
    finally:
        over.set()
        first.join()
    said = " ".join(run.stderr.split())
    assert run.returncode == 2 and f"is being written by another run of livingdrug (process {os.getpid()} on" in said, said
    assert not (tmp_path / "out.csv").exists()
