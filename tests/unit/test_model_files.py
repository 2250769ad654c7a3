"""Model files from `models new`, and names of models that no command takes."""

import click
import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.data import Reading, read_data
from livingdrug.fit import new_problem
from livingdrug.models import is_model_file, read_model
from livingdrug.models.templates import CLOSED_FORM, FLOWS, TEMPLATES, new_text
from livingdrug.simulation import draw_subjects, observe, simulate
from livingdrug.workflows.examples.trial import UMBRELLA
from tests.commands import livingdrug

FLAG = {CLOSED_FORM: "--closed-form", FLOWS: "--flows"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a new file of each shape."""
    folder = tmp_path_factory.mktemp("made")
    for shape in TEMPLATES:
        done = livingdrug("models", "new", FLAG[shape], f"{shape}.toml", cwd=folder)
        assert done.returncode == 0 and not done.stdout and f"livingdrug simulate {shape}.toml" in done.stderr
    return folder


@pytest.mark.parametrize("shape", TEMPLATES)
def test_a_new_file_runs_at_once(shape, made):
    assert livingdrug("models", "check", f"{shape}.toml", cwd=made).stdout == f"pass  {shape}: 1 anchors\n"
    done = livingdrug("simulate", f"{shape}.toml", cwd=made)
    assert done.returncode == 0 and not done.stderr and "CMAX" in done.stdout
    many = livingdrug("simulate", f"{shape}.toml", "-n", 3, "--observe", "--out", f"{shape}.csv", cwd=made)
    assert many.returncode == 0, many.stderr


@pytest.mark.parametrize("shape", TEMPLATES)
def test_a_new_file_says_that_its_numbers_are_made_up(shape, made):
    model = read_model(made / f"{shape}.toml")
    assert {v.source.key for v in (*model.values, *model.populations, *model.residuals)} == {"synthetic"}
    assert "made-up numbers" in model.title
    lines = (made / f"{shape}.toml").read_text().splitlines()
    assert max(map(len, lines)) <= 126 and sum(line.startswith("#") for line in lines) > 12


@pytest.mark.parametrize("shape", TEMPLATES)
def test_a_new_file_is_fitted_to_samples(shape, made):
    """With nothing said but the file of samples and the model: spreads and residual error are those of the file."""
    model = read_model(made / f"{shape}.toml")
    output = model.residuals[0].output
    result = simulate(model, draw_subjects(model, 6, 3), times=np.array([2.0, 5.0, 9.0, 14.0, 28.0, 60.0]), outputs=[output])
    rows = observe(model, result, None, 3)
    lines = ["ID,TIME,AMT,DV,EVID", *([f"{i},0,1e8,.,1" for i in range(1, 7)] if shape == FLOWS else [])]
    lines += [f"{r.subject},{r.time},.,{r.value},0" for r in rows.itertuples()]
    (made / f"{shape}_data.csv").write_text("\n".join(lines) + "\n")
    unit = {CLOSED_FORM: "copies/ug", FLOWS: "cells/uL"}[shape]
    problem = new_problem(model, read_data(made / f"{shape}_data.csv", Reading(unit=unit, time_unit="d", dose_unit="cells")))
    assert [p.name for p in problem.random] == list(model.populations[0].spreads)
    how = ("--method", "focei") if shape == CLOSED_FORM else ("--evaluate", "focei")
    options = ("--model", f"{shape}.toml", *how, "--unit", unit, "--time-unit", "d", "--dose-unit", "cells")
    done = livingdrug("fit", f"{shape}_data.csv", *options, cwd=made)
    assert done.returncode == 0 and "focei" in done.stdout, done.stderr


@pytest.mark.parametrize("shape", TEMPLATES)
def test_nothing_is_overwritten(shape, made):
    before = (made / f"{shape}.toml").read_bytes()
    (made / "gone.toml").unlink(missing_ok=True)
    (made / "gone.toml").symlink_to(made / "nowhere.toml")
    for name in (f"{shape}.toml", "gone.toml"):
        done = livingdrug("models", "new", FLAG[shape], name, cwd=made)
        assert done.returncode == 2 and "exists already and is not overwritten" in done.stderr
    assert (made / f"{shape}.toml").read_bytes() == before and not (made / "nowhere.toml").exists()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("m.json", "is JSON by its name; only TOML is read"),
        ("m.yaml", "is YAML by its name"),
        ("m.yml", "is YAML by its name"),
        ("m.sbml", "is SBML by its name; a TOML file belongs here"),
        ("m", "write m.toml"),
        ("m.txt", "the name of one ends in .toml"),
        ("none/m.toml", "is missing or read-only"),
        ("", "has no ending"),
    ],
)
def test_a_new_file_is_toml(name, sentence, tmp_path):
    done = livingdrug("models", "new", "--flows", name, cwd=tmp_path)
    assert done.returncode == 2 and sentence in done.stderr and not list(tmp_path.iterdir())


def test_a_new_file_has_a_shape(tmp_path):
    done = livingdrug("models", "new", "m.toml", cwd=tmp_path)
    assert done.returncode == 2 and "--closed-form" in done.stderr and not list(tmp_path.iterdir())


def test_any_name_gives_a_name_of_a_model():
    assert [new_text(FLOWS, stem).split('name = "')[1].split('"')[0] for stem in ("My model (2)", "\u00e9", '"')] == [
        "my_model_2",
        "mine",
        "mine",
    ]


# ------------------------------------------------------------------------------------------------ names of no model

DATA = "ID,TIME,AMT,DV,EVID\n1,0,1e8,.,1\n1,5,.,10,0\n1,9,.,3,0\n"
# every command that takes a model, and how it is given one
TAKES = {
    "models check": ("models", "check", "{name}"),
    "models show": ("models", "show", "{name}"),
    "models export": ("models", "export", "{name}", "--to", "nonmem"),
    "models compare": ("models", "compare", "stein_2019", "{name}", "--out", "out"),
    "cure": ("cure", "{name}", "--out", "out"),
    "models distinguish": ("models", "distinguish", "{name}", "stein_2019", "--out", "out"),
    "preconditioning": ("preconditioning", "{name}", "--out", "out"),
    "fractionation": ("fractionation", "{name}", "--dose", "1e8", "--out", "out"),
    "warmup": ("warmup", "{name}"),
    "simulate": ("simulate", "{name}", "--out", "out"),
    "fit": ("fit", "data.csv", "--model", "{name}", "--out", "out"),
    "sampling": ("sampling", "{name}", "--out", "out"),
    "power": ("power", "--model", "{name}", "--fold", "1.5", "--out", "out"),
    "sensitivity": ("sensitivity", "{name}", "--out", "out"),
    "population": ("population", "{name}", "--match", "kymriah", "--out", "out"),
    "forecast": ("forecast", "data.csv", "--model", "{name}", "--out", "out"),
    "attributes carry": ("attributes", "carry", "{name}", "--change", "x=1.2+-0.1", "--map", "x=k:1", "--out", "out"),
    "optimise": ("optimise", "{name}", "--doses", "1e7", "--response", "AUC28:60:1", "--toxicity", "CMAX:60:1", "--out",
                 "out"),
    "index": None,
    "response": None,
    "assay fit": None,
    "assay predict": None,
    "assay calibrate": None,
    "assay dose": None,
    "assay models": None,
    "run": ("run", "simulate.toml", "--out", "out"),
    "trial": ("trial", "trial.toml", "--out", "out"),
}
# `index` takes a product's model after two tables of samples and outcomes, `assay predict` and `assay dose` one after the
# folder of a fitted assay; `response --model` is a kind of curve, and `assay fit --model` a set of equations
NAMES = ("models", "model", "name", "names", "product_model", "design")


def commands(group, words=()):
    """(words, command) of every command of the command line."""
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))
        else:
            yield " ".join((*words, name)), command


def test_the_list_of_commands_that_take_a_model_is_whole():
    from livingdrug.cli.main import cli

    takes = {words for words, command in commands(cli) if any(p.name in NAMES for p in command.params)}
    assert takes | {"run"} == set(TAKES)


@pytest.mark.parametrize("command", [name for name, words in TAKES.items() if words])
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("mine.json", "`mine.json` is JSON by its name; only TOML is read: write it as TOML"),
        ("mine.yaml", "is YAML by its name"),
        ("./mine.yml", "is YAML by its name"),
        ("mine.xml", "`mine.xml` line 1 is not valid SBML"),
        ("sbml.toml", "`sbml.toml` is SBML; a TOML file belongs here"),
        ("mine.txt", "the name of one ends in .toml"),
        ("folder/mine", "the name of one ends in .toml"),
    ],
)
def test_files_of_another_kind_are_no_models_anywhere(command, name, sentence, tmp_path):
    texts = {
        "data.csv": DATA,
        "mine.json": "{}",
        "mine.yaml": "a: 1",
        "mine.xml": '<?xml version="1.0"?><sbml/>',
        "sbml.toml": "<sbml/>",
        "mine.txt": new_text(FLOWS, "mine"),
        "trial.toml": UMBRELLA.replace('model = "stein_2019"', f'model = "{name}"'),
        "simulate.toml": f'kind = "simulate"\nmodel = "{name}"\n',
    }
    for file, text in texts.items():
        (tmp_path / file).write_text(text)
    done = livingdrug(*(word.format(name=name) for word in TAKES[command]), cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and sentence in done.stderr
    assert {p.name for p in tmp_path.iterdir()} == set(texts)


def test_built_in_names_are_no_files():
    from livingdrug.models import list_models

    assert not any(is_model_file(name) for name in list_models())
    assert is_model_file("x.toml") and is_model_file("a/b/X.TOML")
    with pytest.raises(InputError, match="is no model file"):
        is_model_file("stein_2019.v2")
