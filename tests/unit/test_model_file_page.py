"""The page of the model file: every example runs, every key that a model file may hold is explained and used in one."""

import dataclasses
import re
import tomllib
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from livingdrug.core.expressions import FUNCTIONS, MAX_LENGTH, MAX_NODES, SELECTORS
from livingdrug.core.toml import MAX_DEPTH, OTHER
from livingdrug.core.units import MOLAR, UNITS
from livingdrug.models import ClosedForm, Fragment, Model, Structure, Variability, read_model
from livingdrug.models.elements import BOUNDS, KINDS, ROLES
from livingdrug.models.parameters import SCALES
from livingdrug.models.text import SHAPES, written_fields
from tests.commands import livingdrug

PAGE = (Path(__file__).parents[2] / "docs" / "model_file.md").read_text(encoding="utf-8")
BLOCKS = {re.match(r'name = "(\w+)"', text).group(1): text for text in re.findall(r"^```toml\n(.*?)^```$", PAGE, re.M | re.S)}


def tables_within(hint) -> list[type]:
    """The dataclasses that a type hint holds."""
    inner = [kind for argument in get_args(hint) for kind in tables_within(argument)]
    return [hint, *inner] if dataclasses.is_dataclass(hint) and hint is not Fragment else inner  # named, not written


def keys_of(kind: type) -> dict[str, list[type]]:
    """key -> the tables that it holds."""
    hints = get_type_hints(kind)
    found = {field.name: tables_within(hints[field.name]) for field in written_fields(kind)}
    if kind is Model:
        del found["structure"]
        found |= {shape: [table] for shape, table in SHAPES.items()}
    return dict.fromkeys((*SCALES, "scale"), []) if kind is Variability else found


def known_tables() -> dict[type, set[str]]:
    """Every kind of table that a model file may hold, with its keys."""
    found, waiting = {}, [Model]
    while waiting:
        kind = waiting.pop()
        if kind not in found:
            keys = keys_of(kind)
            found[kind] = set(keys)
            waiting += [table for tables in keys.values() for table in tables]
    return found


def explained() -> list[set[str]]:
    """The keys of each table of keys on the page."""
    tables = re.findall(r"^\| key \| meaning \| example \|\n\|---\|---\|---\|\n((?:\|.*\n)+)", PAGE, re.M)
    return [set(re.findall(r"^\| `(\w+)` \|", table, re.M)) for table in tables]


@pytest.mark.parametrize("name", BLOCKS)
def test_every_example_runs(name, tmp_path):
    (tmp_path / f"{name}.toml").write_text(BLOCKS[name])
    checked = livingdrug("models", "check", f"{name}.toml", cwd=tmp_path)
    assert checked.returncode == 0 and checked.stdout.startswith(f"pass  {name}: "), checked.stdout + checked.stderr
    done = livingdrug("simulate", f"{name}.toml", cwd=tmp_path)
    assert done.returncode == 0 and not done.stderr and "CMAX" in done.stdout, done.stderr


def test_the_examples_are_those_that_the_page_speaks_of():
    expected = ["decline", "two_compartments", "everything_closed", "everything_flows"]
    assert list(BLOCKS) == [*expected, "everything_events", "everything_fitted"]


@pytest.mark.parametrize("kind", known_tables(), ids=lambda kind: kind.__name__)
def test_every_key_is_explained(kind):
    """A new field of a table of a model file fails here until the page says what it is."""
    keys = known_tables()[kind]
    assert keys in explained(), f"no table of the page has just the keys of {kind.__name__}: {sorted(keys)}"


def test_nothing_else_is_explained():
    assert all(keys in known_tables().values() for keys in explained())


def test_every_key_is_used_by_an_example():
    used: dict[type, set[str]] = {}

    def walk(kind: type, data: dict) -> None:
        used.setdefault(kind, set()).update(data)
        inner = keys_of(kind)
        for key, value in data.items():
            for entry in value if isinstance(value, list) else [value]:
                for table in inner[key]:
                    named = isinstance(entry, dict) and not set(entry) <= set(keys_of(table))
                    for one in entry.values() if named else [entry]:
                        walk(table, one)

    for text in BLOCKS.values():
        walk(Model, tomllib.loads(text))
    missing = {f"{kind.__name__}.{key}" for kind, keys in known_tables().items() for key in keys - used.get(kind, set())}
    assert not missing


def test_every_short_example_is_toml():
    cells = re.findall(r"^\| `(\w+)` \| .* \| `(.*)` \|$", PAGE, re.M)
    assert len(cells) == sum(map(len, explained()))
    for key, text in cells:
        data = tomllib.loads(text)
        assert key in data or key in (*SCALES, "scale"), text


def test_the_words_of_the_language_are_on_the_page():
    for word in (*FUNCTIONS, *SELECTORS):
        assert re.search(rf"`{word}\b", PAGE), word
    for word in (*KINDS, *ROLES, *BOUNDS):
        assert re.search(rf"\b{word}\b", PAGE), word
    for word in (*OTHER, f"{MAX_LENGTH:,} characters", f"{MAX_NODES} parts", f"deeper than {MAX_DEPTH}"):
        assert word in PAGE or word in (".xml", ".sbml")


def test_the_units_of_the_page_are_the_list():
    rows = dict(re.findall(r"^\| ([a-z ]+) \| (`[^|]*`) \|$", PAGE.split("| measure | words |")[1].split("\n\n")[0], re.M))
    listed = {measure: re.findall(r"`([^`]+)`", words) for measure, words in rows.items()}
    assert listed.pop("amount of substance in a litre") == list(MOLAR)
    assert [(measure, word) for measure, words in listed.items() for word in words] == [
        (unit.measure, word) for word, unit in UNITS.items()
    ]


def test_both_kinds_of_model_are_shown(tmp_path):
    kinds = []
    for name, text in BLOCKS.items():
        (tmp_path / f"{name}.toml").write_text(text)
        kinds.append(type(read_model(tmp_path / f"{name}.toml").structure))
    assert kinds == [ClosedForm, Structure, ClosedForm, Structure, Structure, ClosedForm]
