"""TOML files from anywhere: read, or refused in one printable sentence; never a traceback, never a wait."""

import os
import random
import tomllib
from copy import deepcopy
from pathlib import Path

import pytest
import tomli_w

from livingdrug.core.errors import InputError, LivingdrugError
from livingdrug.core.toml import MAX_BYTES, MAX_DEPTH, parse_toml, read_text
from livingdrug.models import read_model, to_toml
from livingdrug.models.conformance import problems
from livingdrug.models.templates import TEMPLATES, new_text
from livingdrug.models.text import from_toml
from livingdrug.workflows import read_scenario, scenario_of_text
from livingdrug.workflows.escalation.spec import EscalationScenario
from livingdrug.workflows.examples.trial import ESCALATION, UMBRELLA
from livingdrug.workflows.simulate.spec import Simulation, plan
from livingdrug.workflows.trial.spec import TrialScenario
from tests.commands import livingdrug

ATTACKS = Path(__file__).parents[3] / "shared" / "reference" / "attacks"
READERS = {"model": read_model, "scenario": read_scenario}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a = " + "[" * 100_000, "line 1 is nested too deep"),
        ("a = " + "{a = " * 100_000, "nested too deep"),
        (".".join("a" * 100_000) + " = 1", "nested too deep"),
        ("\n\n[" + ".".join(['"a b"'] * 100_000) + "]", "line 3 is nested too deep"),
        ("a = " + "9" * 5000, "a whole number has too many digits"),
        (
            "[t]\na = [1, 2, " + "9" * 25 + "]",
            "`t.a` is a whole number of too many digits; write it as a number such as 1e20",
        ),
        ("a = 0x" + "f" * 5000, "too many digits"),
        ('a = """' + '\\"' * 300_000, "not a TOML document"),
        ("a = '" * 100_000, "not a TOML document"),
        ("a = 2000-99-99", "not a TOML document"),
        ("a = \x00\x1b[31m", "not a TOML document"),
        ("#" * (MAX_BYTES + 1), "is larger than"),
        ('{"name": "x"}', "is JSON; only TOML is read"),
        ('\n<?xml version="1.0"?>\n<sbml level="3"/>', "is SBML; a TOML file belongs here"),
        ('\ufeff<sbml xmlns="x"/>', "is SBML"),
        ("<html></html>", "is XML or HTML"),
    ],
)
def test_what_is_no_document_is_refused_in_a_sentence(text, sentence):
    with pytest.raises(InputError, match=sentence) as caught:
        parse_toml(text, "x\n.toml")
    assert str(caught.value).isprintable() and "x\\n.toml" in str(caught.value)


def test_what_only_looks_deep_is_read():
    deep = "a = " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    many = "[.{" * 99
    lines = [f"# {many}", f"s = '{many}'", f't = "{many}\\""', f"u = '''\n{many}'''", f'v = """{many}""""']
    found = parse_toml("\ufeff" + "\n".join(lines) + f"\n{deep}\r\nn = {2**63 - 1}\nlist = [{'1.5, ' * 99}]", "x")
    assert found["n"] == 2**63 - 1 and len(found["list"]) == 99 and found["v"].endswith('"')


@pytest.mark.parametrize("kind", READERS)
def test_a_byte_order_mark_is_no_matter(kind, tmp_path):
    text = new_text("flows", "m") if kind == "model" else 'kind = "simulate"\nmodel = "stein_2019"\n'
    (tmp_path / "plain.toml").write_text(text, encoding="utf-8")
    (tmp_path / "marked.toml").write_text(text, encoding="utf-8-sig")
    assert READERS[kind](tmp_path / "plain.toml") == READERS[kind](tmp_path / "marked.toml")
    (tmp_path / "wide.toml").write_text(text, encoding="utf-16")
    with pytest.raises(InputError, match="in UTF-8.*save it as UTF-8"):
        READERS[kind](tmp_path / "wide.toml")


@pytest.mark.parametrize("kind", READERS)
def test_pipes_devices_and_folders_are_not_opened(kind, tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "zero.toml").symlink_to("/dev/zero")
    (tmp_path / "folder.toml").mkdir()
    for name, what in (("pipe", "a device or a pipe"), ("zero", "a device or a pipe"), ("folder", "a folder")):
        with pytest.raises(InputError, match=f"{name}.toml` cannot be read as text: it is {what}"):
            READERS[kind](tmp_path / f"{name}.toml")


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("m.json", "is JSON by its name; only TOML is read"),
        ("m.YAML", "is YAML by its name"),
        ("m.yml", "is YAML by its name"),
        ("m.xml", "is SBML by its name; a TOML file belongs here"),
        ("m.sbml", "is SBML by its name"),
        ("n.xml", "is XML by its name"),
        ("model", "model` is SBML; a TOML file belongs here"),
        ("model.txt", "model.txt` is SBML"),
    ],
)
def test_files_of_another_kind_are_refused_by_their_name(kind, name, what, tmp_path):
    for sbml in ("m.xml", "model", "model.txt"):
        (tmp_path / sbml).write_text('<?xml version="1.0"?><sbml/>')
    if kind == "model":  # which is read from SBML too
        what = {"m.xml": "is not valid SBML", "m.sbml": "was not found", "n.xml": "was not found"}.get(name, what)
    with pytest.raises(InputError, match=what):
        READERS[kind](tmp_path / name)


@pytest.mark.parametrize("key", ["[x]", "int", "float", "[x", "]", "", "a.b", "\u001b[31m", "tuple[str, ...]"])
@pytest.mark.parametrize("where", ["top", "purpose", "arms"])
def test_any_unknown_key_is_named(key, where):
    data = tomllib.loads(UMBRELLA)
    data.setdefault("purpose", {})
    place = {"top": data, "purpose": data["purpose"], "arms": data["arms"][0]}[where]
    place[key] = 1
    with pytest.raises(InputError) as caught:
        scenario_of_text(tomli_w.dumps(data), "d.toml")
    assert f"unknown key `{key}`".replace("\u001b", "\\x1b") in str(caught.value) and str(caught.value).isprintable()


def test_values_of_several_types_are_named_by_their_key_alone():
    with pytest.raises(InputError, match="`above.transgene`: input should be a valid number"):
        scenario_of_text('model = "stein_2019"\nabove = { transgene = "x" }', "s")
    with pytest.raises(InputError, match="`values.float`: input should be a valid number"):
        scenario_of_text('model = "stein_2019"\nvalues = { float = "x" }', "s")


@pytest.mark.parametrize(
    ("file", "command", "sentence"),
    [
        ("nested.toml", "run", "nested too deep"),
        ("nested.toml", "trial", "nested too deep"),
        ("nested.toml", "simulate", "nested too deep"),
        ("key_bracket.toml", "run", "unknown key `.x.`"),
    ],
)
def test_the_files_that_broke_the_readers(file, command, sentence):
    if not ATTACKS.is_dir():
        pytest.skip("the reference cases are not beside this checkout")
    done = livingdrug(command, ATTACKS / file)
    assert done.returncode == 2 and not done.stdout
    assert done.stderr.count("\n") == 1 and sentence.replace(".x.", "[x]") in done.stderr


def test_terminal_codes_of_a_file_do_not_reach_the_terminal(tmp_path):
    (tmp_path / "s.toml").write_text('kind = "simulate"\nmodel = "\\u001b[31mred"\n')
    done = livingdrug("run", "s.toml", cwd=tmp_path)
    assert done.returncode == 2 and "\x1b" not in done.stderr and "x1b[31mred" in done.stderr


# ------------------------------------------------------------------------------------------------- spoilt documents

SIMULATION = """kind = "simulate"
model = "stein_2019"
subjects = 3
days = 30.0
spread = "sd"
exposure = [0.0, 28.0]
[values]
c_max = 3.0
[above]
transgene = [3.0, 4]
[purpose]
question = "x"
"""
FIT = 'kind = "fit"\nmodel = "stein_2019"\nfile = "none.csv"\nrandom = ["c_max"]\n[columns]\nA = "DV"\n[outputs]\na = "b"\n'
VALUES = (
    0,
    -1,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "x",
    "int",
    "[x",
    "\x1b[31m",
    True,
    [],
    {},
    [[]],
    [{}],
    2**62,
    "\u00e9",
    "{state}",
    "amount(car_t)",
    "1/0",
    ["a", "a"],
    {"float": 1},
    {"[x]": {}},
)
KEYS = ("int", "[x", "float", "", "a.b", "\n", "name", "self", "kind", "function-after", "\u00e9", "__class__")
SIGNS = "\"'[]{}=.,#\n\\ \x00\t1-ae\ufeff"


def spoilt(text: str, dice: random.Random) -> str:
    """The text with some signs, or some values and keys, changed."""
    if dice.random() < 0.5:
        return spoilt_signs(list(text), dice)
    data = tomllib.loads(text)
    for _ in range(dice.randint(1, 2)):
        parent, key = dice.choice(list(places(data)))
        turn = dice.random()
        if turn < 0.6:
            parent[key] = deepcopy(dice.choice(VALUES))
        elif turn < 0.8 and isinstance(parent, dict):
            parent[dice.choice(KEYS)] = parent.pop(key)
        else:
            del parent[key]
    return tomli_w.dumps(data)


def spoilt_signs(signs: list[str], dice: random.Random) -> str:
    for _ in range(dice.randint(1, 4)):
        if not signs:
            break
        i, turn = dice.randrange(len(signs)), dice.random()
        if turn < 0.3:
            del signs[i : i + dice.randint(1, 20)]
        elif turn < 0.6:
            signs[i] = dice.choice(SIGNS)
        elif turn < 0.8:
            signs[i:i] = signs[i : i + dice.randint(1, 60)]
        else:
            signs[i:i] = dice.choice(["[[", '"""', "1e999", "9" * 30, "= ", "nan", "2020-01-01"])
    return "".join(signs)


def places(data):
    """(table or list, key or position) of everything in a document."""
    for key, value in data.items() if isinstance(data, dict) else enumerate(data):
        yield data, key
        if isinstance(value, dict | list):
            yield from places(value)


def use_model(text: str) -> None:
    model = from_toml(text, "spoilt.toml")
    problems(model)
    assert from_toml(to_toml(model), "again") == model


def use_scenario(text: str) -> None:
    scenario = scenario_of_text(text, "spoilt.toml")
    if isinstance(scenario, Simulation):
        plan(scenario)
    elif isinstance(scenario, TrialScenario):
        scenario.trial()
    elif isinstance(scenario, EscalationScenario):
        scenario.escalation()


DOCUMENTS = [(use_model, new_text(shape, "mine")) for shape in TEMPLATES]
DOCUMENTS += [(use_scenario, text) for text in (UMBRELLA, ESCALATION, SIMULATION, FIT)]


@pytest.mark.parametrize("k", range(len(DOCUMENTS)))
def test_a_spoilt_document_is_read_or_refused(k):
    use, text = DOCUMENTS[k]
    use(text)
    refused = 0
    for seed in range(120):
        changed = spoilt(text, random.Random(f"{k} {seed}"))
        try:
            use(changed)
        except LivingdrugError as error:
            refused += 1
            assert len(str(error)) < 2000, changed
    assert refused > 60


def test_a_file_that_is_gone_is_said_to_be(tmp_path):
    with pytest.raises(InputError, match="was not found"):
        read_text(tmp_path / "absent.toml")
