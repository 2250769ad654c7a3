"""The Python face: what `import livingdrug as ld` offers, how it is found, and how short what it gives is shown."""

import ast
import inspect
import pickle
import subprocess
import sys
from pathlib import Path
from typing import get_args, get_type_hints

import numpy as np
import pytest

import livingdrug as ld
from livingdrug.core.errors import InputError
from livingdrug.core.shown import Shown, shortly

LINES = ["ID,TIME (d),DV (copies/ug),LIMIT"]
CURVE = ((0, 60), (7, 9e3), (14, 4e3), (28, 900), (60, 200))
LINES += [f"{i},{day},{level * i},50" for i in (1, 2, 3) for day, level in CURVE]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "levels.csv"
    path.write_text("\n".join(LINES) + "\n")
    return path


def test_every_name_resolves_and_is_shown():
    assert set(ld.__all__) <= set(dir(ld))
    for name in ld.__all__:
        assert callable(getattr(ld, name)), name
        assert inspect.getdoc(getattr(ld, name)), name
    with pytest.raises(AttributeError, match="`livingdrug` has no attribute `fitt`"):
        ld.fitt  # noqa: B018


def described(text: str) -> set[str]:
    """Names under the headings Parameters and Attributes of a numpydoc text."""
    lines, names, inside = text.split("\n"), set(), False
    for line, under in zip(lines, [*lines[1:], ""], strict=True):
        if set(under.strip()) == {"-"}:
            inside = line.strip() in ("Parameters", "Attributes")
        elif inside and line and not line.startswith(" ") and set(line) != {"-"}:
            names |= {name.strip().lstrip("*") for name in line.partition(" :")[0].split(",")}
    return names


@pytest.mark.parametrize("name", ld.__all__)
def test_every_parameter_is_described(name):
    """Shapes, units and meaning of each; what a function gives and when it refuses follow."""
    found = inspect.unwrap(getattr(ld, name))
    parameters = set(inspect.signature(found).parameters)
    assert parameters - described(inspect.getdoc(found)) == set(), name


def test_editors_see_what_is_there():
    # what stands under TYPE_CHECKING is all that type checkers and editors know of the face
    seen = set()
    for node in ast.parse(Path(ld.__file__).read_text()).body:
        if isinstance(node, ast.If):
            seen |= {alias.name for line in node.body for alias in line.names}
    assert seen == set(ld.__all__) and len(ld.__all__) == len(seen)


# what was imported before must not change what a name is
@pytest.mark.parametrize("first", ["import livingdrug", "import livingdrug.fit", "from livingdrug import simulate"])
def test_a_package_is_called_as_its_verb(first):
    code = f"{first}\nimport livingdrug as ld, livingdrug.fit as package, inspect\n"
    code += "from livingdrug.fit import FitProblem, fit\nfrom livingdrug import fit as same\n"
    code += "assert ld.fit is package is same and package.FitProblem is FitProblem and callable(fit)\n"
    code += "assert inspect.signature(ld.fit) == inspect.signature(fit) and inspect.ismodule(package)\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_an_analysis_by_its_package(file):
    from livingdrug.nca import nca

    assert ld.nca(file).table().equals(nca(file).table())
    assert pickle.loads(pickle.dumps(ld.nca)) is ld.nca


def test_power_asks_one_question():
    from livingdrug.trial import Design, size_for_fold, size_for_hazards, size_for_means, size_for_proportions

    design = Design(power=0.9)
    assert ld.power(effect=0.5, design=design) == size_for_means(0.5, design, "a difference of 0.5 SD")
    assert ld.power(proportions=(0.2, 0.5)) == size_for_proportions(0.2, 0.5, Design())
    assert ld.power(hazard_ratio=0.5, event_rate=0.6, n=40) == size_for_hazards(0.5, 0.6, Design(), 40)
    assert ld.power(fold=2.0, log_sd=(0.8, 1.2)) == size_for_fold(2.0, (0.8, 1.2), Design())
    assert ld.power(fold=np.e, log_sd=1.0).n_per_arm == ld.power(effect=1.0).n_per_arm
    with pytest.raises(InputError, match="exactly one of fold, effect.*not fold and effect"):
        ld.power(fold=2.0, effect=0.5, log_sd=1.0)
    with pytest.raises(InputError, match="`fold` and `log_sd` belong together"):
        ld.power(fold=2.0)


def test_what_is_given_is_shown_shortly(file):
    model = ld.get_model("stein_2019")
    subjects = ld.draw_subjects(model, 200, seed=3)
    result, data = ld.simulate(model, subjects), ld.read_data(file)
    problem = ld.new_problem(model, data)
    sample = ld.Sample(np.array([1.0, 2.0, 4.0]), np.array([0.0, 1.0, 1.0]))
    for value in (model, ld.get_fragment("tissue"), subjects, result, data, ld.check(file), ld.nca(file), problem, sample):
        assert isinstance(value, Shown)
        assert repr(value).startswith(f"<{type(value).__name__} ") and len(repr(value)) < 500, repr(value)
        html = value._repr_html_()
        assert "<table" in html and len(html) < 8000, type(value)
    assert "stein_2019" in repr(model) and "200" in repr(result) and "3" in repr(data)
    assert "more rows" in result._repr_html_()
    html = ld.plot_curves(result)._repr_html_()
    assert html.startswith('<img src="data:image/png;base64,')


def test_names_from_files_do_not_become_html(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("\n".join(line.replace("1,", "<script>,", 1) for line in LINES) + "\n")
    assert "<script>" not in ld.read_data(path)._repr_html_()


def test_words_of_values():
    assert shortly(1234567) == "1,234,567" and shortly(0.123456) == "0.1235" and shortly(()) == "" and shortly(None) == ""
    assert shortly(np.zeros((3, 4))) == "array (3, 4)" and shortly(tuple(range(99))) == "99 items"
    assert shortly("x" * 99).endswith("...") and shortly(True) == "yes" and shortly({"a": 1}) == "1 item"


def test_whatever_a_function_gives_is_shown_shortly():
    """Records that functions of the face give have one line for a terminal and a table for a notebook; what users make
    themselves (`Dose`) is shown as it is written."""
    made = {"Dose", "Reset"}
    for name in ld.__all__:
        given = getattr(ld, name)
        if isinstance(given, type) or name.startswith("plot_"):
            continue
        found = inspect.unwrap(given.__call__ if inspect.ismodule(given) else given)
        back = get_type_hints(found).get("return")
        for kind in get_args(back) or (back,):
            if isinstance(kind, type) and kind.__module__.startswith("livingdrug"):
                assert issubclass(kind, Shown) or kind.__name__ in made, (name, kind)


def test_a_list_of_records_is_one_line_and_a_table():
    facts = ld.exposure_facts()
    assert repr(facts) == f"<Records ExposureFact, number: {len(facts)}>" and facts == tuple(facts)
    assert "tisagenlecleucel" in facts._repr_html_() and f"{len(facts) - 12:,} more rows" in facts._repr_html_()


def test_the_face_shows_nothing_else():
    assert {name for name in dir(ld) if not name.startswith("_")} == set(ld.__all__)


@pytest.mark.parametrize("call", [
    lambda: ld.simulate("stein_2019"), lambda: ld.draw_subjects("stein_2019", 5), lambda: ld.typical_subject("stein_2019"),
])  # fmt: skip
def test_a_name_is_no_model_and_the_message_says_what_to_write(call):
    with pytest.raises(InputError, match=r"model is 'stein_2019'; give a model, such as get_model\('stein_2019'\)"):
        call()


def test_a_number_is_no_subjects():
    with pytest.raises(InputError, match=r"subjects is 5; give subjects, such as draw_subjects\(model, 100\)"):
        ld.simulate(ld.get_model("stein_2019"), 5)
