"""The recipes of CONTRIBUTING.md, followed: the block is written into a folder, and nothing else is edited.

Kinds and pages have tests of their own: test_toy_kind.py, test_toy_page.py.
"""

import importlib
import sys

import pytest
from click.testing import CliRunner

from livingdrug import models
from livingdrug.models import catalogue
from livingdrug.models.conformance import joining, problems
from livingdrug.nca import registry
from tests.recipes import BLOCKS, PAGE, recipe


@pytest.fixture()
def add(tmp_path, monkeypatch):
    """add(path): the block of CONTRIBUTING.md for this path is a module of its package, until the test ends."""
    made = []

    def added(path: str) -> None:
        parts = path.removesuffix(".py").split("/")
        package = importlib.import_module(".".join(("livingdrug", *parts[:-1])))
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(recipe(path))
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(file.parent)])
        made.append((package, parts[-1]))

    yield added
    for package, name in made:
        sys.modules.pop(f"{package.__name__}.{name}", None)
        vars(package).pop(name, None)


@pytest.fixture()
def fresh():
    """Models and fragments are looked for again, before the test and after it."""
    kept = (catalogue._files, catalogue._models, catalogue._fragments)
    for one in kept:
        one.cache_clear()
    yield
    for one in kept:
        one.cache_clear()


def test_a_model(add, fresh):
    from livingdrug.simulation import check_anchors

    add("models/published/growing_tumour.py")
    assert "growing_tumour" in models.list_models()
    model = models.get_model("growing_tumour")
    assert problems(model) == [] and [r.passed for r in check_anchors(model)] == [True]


def test_a_fragment(add, fresh):
    add("models/fragments/antibody_clearance.py")
    base = models.get_model("kirouac_2023")
    assert "antibody_clearance" in models.list_fragments() and joining(base, "antibody_clearance").fits
    joined = base + models.get_fragment("antibody_clearance")
    cleared = [flow for flow in joined.system.flows if flow.name.endswith("_cleared")]
    assert cleared and joined.typical["k_clear"] == 0.5
    assert not joining(models.get_model("stein_2019"), "antibody_clearance").fits


def test_an_nca_parameter(tmp_path):
    from livingdrug.data import read_data
    from livingdrug.nca import nca

    (tmp_path / "k.csv").write_text("ID,TIME (d),DV (copies/ug)\n1,0,1\n1,7,400\n1,14,100\n2,0,1\n2,7,90\n2,14,45\n")
    before = dict(registry._REGISTERED)
    try:
        exec(compile(recipe("nca/exposure.py"), "CONTRIBUTING.md", "exec"), {"__name__": "recipe"})
        table = nca(read_data(tmp_path / "k.csv")).table()
        assert table[table["PARAMCD"] == "XFALL"]["value"].tolist() == [4.0, 2.0]
    finally:
        registry._REGISTERED.clear()
        registry._REGISTERED.update(before)


def test_an_estimator(add, tmp_path):
    """Without noise each subject's own numbers are exact, so the population is their mean and SD on the logarithmic scale."""
    import numpy as np
    import pandas as pd

    from livingdrug.fit import all_estimators, method_titles
    from livingdrug.web.limits import fit_methods
    from tests.commands import livingdrug
    from tests.decline import DECLINE

    add("fit/estimators/two_stage.py")
    assert list(all_estimators())[-1] == "bayes" and "two_stage" in all_estimators()
    title = "two_stage: each subject alone, then their mean and variance"
    assert method_titles()["two_stage"] == fit_methods()["two_stage"] == title
    tops, rates = np.array([50.0, 100.0, 300.0]), np.array([0.1, 0.2, 0.25])
    rows = [f"{i},{t},{tops[i] * np.exp(-rates[i] * t):.12g}" for i in range(3) for t in (0, 2, 5, 9)]
    (tmp_path / "data.csv").write_text("\n".join(["ID,TIME (d),DV", *rows]))
    (tmp_path / "model.toml").write_text(DECLINE)
    run = livingdrug("fit", "data.csv", "--model", "model.toml", "--random", "top,rate=0.4", "--residual", "lognormal:0.01",
                     "--method", "two_stage", "--out", "estimates.csv", cwd=tmp_path)  # fmt: skip
    assert run.returncode == 0, run.stderr
    found = pd.read_csv(tmp_path / "estimates.csv").set_index("parameter")["value"]
    for name, own in (("top", tops), ("rate", rates)):
        assert found[name] == pytest.approx(np.exp(np.log(own).mean()), rel=1e-5)
        assert found[f"omega {name}"] == pytest.approx(np.log(own).std(ddof=1), rel=1e-4)


def test_a_command(add):
    from livingdrug.cli.main import cli

    add("cli/later/greet.py")
    shown = CliRunner().invoke(cli, ["--help"]).output
    assert "greet" in shown and "Say hello to the cells." in shown
    assert "livingdrug.cli.later.greet" not in sys.modules
    assert CliRunner().invoke(cli, ["greet", "--cells", "3"]).output == "Hello, 3 cells.\n"


def test_example_data(add, tmp_path):
    from livingdrug.cli.main import cli

    add("cli/examples/counts.py")
    run = CliRunner().invoke(cli, ["example", "counts", str(tmp_path / "out")])
    assert run.exit_code == 0, run.output
    assert (tmp_path / "out" / "counts.csv").read_text().splitlines()[0] == "day,count"
    assert (tmp_path / "out" / "README.txt").read_text().startswith("EVERYTHING HERE IS MADE UP")
    assert "Three made-up counts." in CliRunner().invoke(cli, ["example", "--help"]).output
    again = CliRunner().invoke(cli, ["example", "counts", str(tmp_path / "out")])
    assert "exists already" in str(again.exception)


def test_every_block_is_followed_by_a_test():
    followed = "".join((PAGE.parent / "tests" / "unit" / f"test_{name}.py").read_text()
                       for name in ("recipes", "toy_kind", "toy_page"))  # fmt: skip
    assert BLOCKS and [path for path, _ in BLOCKS if f'"{path}"' not in followed] == []
