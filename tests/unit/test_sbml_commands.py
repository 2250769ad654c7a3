"""Every command with an SBML file or its map: it answers, and says that units are labels, or refuses in one sentence."""

import pytest

import livingdrug as ld
from livingdrug.export import model_text
from tests.commands import livingdrug
from tests.unit.test_model_files import DATA, TAKES, UMBRELLA
from tests.unit.test_sbml_roles import FILE, MAP

pytest.importorskip("libsbml")
UNITS = "labels that nothing checked"
# commands of which nothing is computed
SILENT = ("warmup", "models check")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "m.xml").write_text(FILE)
    mapped = MAP.replace("dose_into", 'measured = ["C"]\ndose_into').replace("[units]", '[units]\ng = "1/d"')
    (tmp_path / "map.toml").write_text(mapped)
    (tmp_path / "data.csv").write_text(DATA)
    (tmp_path / "trial.toml").write_text(UMBRELLA.replace('model = "stein_2019"', 'model = "m.xml"'))
    (tmp_path / "simulate.toml").write_text('kind = "simulate"\nmodel = "m.xml"\n')
    return tmp_path


@pytest.mark.parametrize("command", [name for name, words in TAKES.items() if words and name != "warmup"])
def test_a_file_is_taken_or_refused_in_one_sentence(command, folder):
    before = {path.name for path in folder.iterdir()}
    done = livingdrug(*(word.format(name="m.xml") for word in TAKES[command]), cwd=folder)
    assert done.returncode in (0, 1, 2), done.stderr
    if done.returncode == 2:
        assert done.stderr.count("\n") == 1 and "`m" in done.stderr, done.stderr
        assert {path.name for path in folder.iterdir()} == before
    elif command not in SILENT:
        assert UNITS in " ".join((done.stdout + done.stderr).split()), command


ANSWERED = {
    "exposures": "simulate map.toml -n 4 --cv 0.2 --exposure 0 4 --above C=1e8 --days 4",
    "sensitivity": "sensitivity map.toml --cv 0.3 --output C --days 4 --n 16",
    "optimise": "optimise map.toml --doses 1e6,1e7 --response AUC28:60:1 --toxicity CMAX:60:1 --cv 0.3 -n 20",
    "carry": "attributes carry map.toml --change x=1.2+-0.1 --map x=g:1 --days 4",
    "cure": "cure map.toml --state B --days 2 --runs 3 --events all --dose 1e6",
    "fractionation": "fractionation map.toml --dose 1e8 -n 2 --cv 0.2",
    "omex": "models export map.toml --to omex --out a.omex",
    "nonmem": "models export map.toml --to nonmem",
}


@pytest.mark.parametrize("words", ANSWERED.values(), ids=ANSWERED)
def test_a_mapped_file_is_computed_and_its_units_are_said_to_be_labels(words, folder):
    done = livingdrug(*words.split(), cwd=folder)
    assert done.returncode == 0, done.stderr
    assert UNITS in " ".join(done.stderr.split())


def test_a_file_without_rates_says_how_to_name_them(folder):
    done = livingdrug("sensitivity", "m.xml", "--cv", 0.3, cwd=folder)
    assert done.returncode == 2 and '[units] growth = "1/d"' in done.stderr


def test_the_probability_of_cure_comes_through_sbml(tmp_path):
    """Rates of reactions are definitions there: they are written out, and the closed form holds (0.7241 of the reference)."""
    (tmp_path / "k.xml").write_text(model_text(ld.get_model("kimmel_2021"), "sbml"))
    done = livingdrug("cure", "k.xml", "--set", "mu_tumour=0.1", "--out", "c.csv", cwd=tmp_path)
    row = (tmp_path / "c.csv").read_text().splitlines()[1].split(",")
    assert float(row[2]) == pytest.approx(0.7241, abs=5e-4), done.stderr
