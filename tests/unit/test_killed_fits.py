"""A fit that is killed goes on with --resume from every moment, to the folder of one that was not."""

import shutil

import numpy as np
import pytest

from livingdrug.core.folders import OWN, held
from livingdrug.fit import Saem
from livingdrug.fit.store import STATE
from tests.commands import livingdrug
from tests.decline import DECLINE
from tests.dying import Dead, Dying, contents
from tests.pictures import undrawn


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A table and a model; the search is short, checks that take long are left out, and figures are not drawn."""
    from livingdrug.core.errors import InputError

    def left_out(*arguments):
        raise InputError("left out")

    for name in ("vpc", "npde"):
        monkeypatch.setattr(f"livingdrug.workflows.fit.checks.{name}", left_out)
    monkeypatch.setattr("livingdrug.workflows.fit.checks.save", undrawn)
    monkeypatch.setattr("livingdrug.fit.estimators.saem.ESTIMATOR", Saem(exploration=20, smoothing=10))
    monkeypatch.setattr("livingdrug.fit.saem.EVERY", 1e9)  # a state at the end of the search alone, however long it takes
    random = np.random.default_rng(2)
    lines = ["ID,TIME (d),DV"]
    for i in range(6):
        top, rate = 100 * np.exp(0.5 * random.normal()), 0.2 * np.exp(0.4 * random.normal())
        lines += [f"{i},{t},{top * np.exp(-rate * t + 0.2 * random.normal()):.4f}" for t in (0, 2, 5, 9)]
    (tmp_path / "data.csv").write_text("\n".join(lines))
    (tmp_path / "model.toml").write_text(DECLINE)
    return tmp_path


def fit(files, out, *more):
    return livingdrug("fit", "data.csv", "--model", "model.toml", "--random", "top,rate=0.4", "--residual", "lognormal:0.2",
                      "--method", "saem", "--out", out, *more, cwd=files)  # fmt: skip


def killed(files, monkeypatch, out, at, *more) -> int:
    """Kill a fit at a moment; how many it had come to, 0 where it was faster."""
    with monkeypatch.context() as patch:
        dying = Dying(patch, at)
        try:
            fit(files, out, *more)
        except Dead:
            return dying.count
    return 0


def test_a_killed_fit_goes_on_from_every_moment(files, monkeypatch):
    with monkeypatch.context() as patch:
        counter = Dying(patch)
        code = fit(files, "whole").returncode
    whole, moments = contents(files / "whole"), counter.count
    assert "record.json" in whole and code in (0, 3, 4)
    killed(files, monkeypatch, "searched", 20)
    assert STATE in contents(files / "searched")
    # as it begins, and from the end of its search on: all that come then are moments of the results
    for at, start in [(4, None), *((at, "searched") for at in range(5, moments, 43))]:
        folder = files / f"killed-{at}-{start}"
        if start:
            shutil.copytree(files / start, folder)
        if not killed(files, monkeypatch, folder.name, at, *(["--resume"] if start else [])):
            break
        again = fit(files, folder.name, "--resume")
        assert again.returncode == code, (at, again.stderr)
        assert contents(folder) == whole, at


def test_another_fit_replaces_the_state_and_the_results_of_the_first(files, monkeypatch):
    assert fit(files, "run").returncode in (0, 3, 4)
    first = contents(files / "run")
    with monkeypatch.context() as patch, pytest.raises(Dead):
        Dying(patch, 9)
        fit(files, "run", "--seed", "2")
    with held(files / "run"):
        pass
    kept = contents(files / "run")
    kept.pop(STATE, None)
    assert kept == first
    assert fit(files, "run", "--seed", "2", "--resume").returncode in (0, 3, 4)
    assert fit(files, "other", "--seed", "2").returncode in (0, 3, 4)
    assert contents(files / "run") == contents(files / "other") != first


def test_a_fit_that_is_whole_has_nothing_left_to_do(files):
    code = fit(files, "run").returncode
    shutil.copytree(files / "run", files / "before")
    again = fit(files, "run", "--resume")
    assert again.returncode == code and "nothing was left to do" in again.stderr
    assert contents(files / "run") == contents(files / "before")
    anew = fit(files, "empty", "--resume")
    assert anew.returncode == code and "starts again" in anew.stderr
    assert not {p.name for p in (files / "run").iterdir()} & set(OWN)
