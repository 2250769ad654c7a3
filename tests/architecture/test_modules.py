"""Modules: what is imported is there, nothing goes round in a circle, and packages meet at their faces.

Imports inside functions count as those at the top. A face is what the `__init__` of a package shows (`__all__`).
"""

import ast
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2] / "src"
SOURCE = ROOT / "livingdrug"
ENOUGH = 0.8  # of the names between packages come from a face

# modules that other packages enter by name, and why their names are on no face
ENTERED = {
    "assay.check": "how many findings are shown, for the command that shows them",
    "assay.example": "a simulated plate, for the command that writes it",
    "attributes.quality": "a sentence of its own, for the kind that says it",
    "data.cells": "texts in the cells of a table, for the tables that `response` reads itself",
    "data.endpoint_words": "words for outcomes in cells, likewise",
    "data.long": "likewise",
    "data.meanings": "likewise",
    "data.names": "likewise",
    "engine.at_draws": "compiled functions of one value, called from the compiled loops of `fit`",
    "engine.codegen": "the folder of compiled code, for the command that says where it is",
    "engine.densities": "compiled functions of one value, called from the compiled loops of `fit`",
    "fit.borrow": "sentences of its own, for the kind that says them",
    "fit.compare": "likewise",
    "fit.compare_words": "likewise",
    "fit.eta_correlation": "a threshold of its own, for the kind that states it",
    "fit.groups": "likewise",
    "fit.intervals": "a function with the name of a module beside it",
    "fit.npde": "a threshold of its own, for the kind that states it",
    "fit.outcome_data": "outcomes as an option asks for them, for the kind that takes it",
    "fit.outcome_problem": "likewise",
    "fit.outcome_words": "sentences of outcomes, for the kind that says them",
    "fit.priors": "sentences of its own, for the kind that says them",
    "fit.sampled": "numbers of draws, for the kind that states them",
    "fit.store": "files of a fit, for the folders that keep them",
    "fit.text": "options of a fit as text, for the surfaces that take them",
    "fit.words": "sentences and rows of a fit, for the surfaces that show them",
    "models.conformance": "checks of model files, for the command that runs them",
    "models.shared": "quantities that published models share",
    "models.templates": "text of a new model file, for the command that writes it",
    "nca.causes": "bits and sentences of reasons, for the surfaces that show them",
    "nca.summary": "an analysis summed up, for the surfaces that show it",
    "plots.fits": "how many panels a page has, for the kind that makes the pages",
    "plots.log_ticks": "labels of logarithmic axes, for drawings that are no figures of ours",
    "plots.profiles": "how many panels a page has, for the kind that makes the pages",
    "response.sample.columns": "what kinds of columns there are, for the page that asks",
    "response.words": "numbers of exposure-response in words, for the surfaces that show them",
    "web.app": "the app, for the command that starts it",
    "workflows": "a kind is a folder: its page and its command enter that folder",
}

class Import(NamedTuple):
    """`from MODULE import NAME` (or `import MODULE`, name empty) in a module, at a line."""

    importer: str
    line: int
    module: str
    name: str


@cache
def modules() -> dict[str, Path]:
    """Dotted name -> file of every module and package."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def typing_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def statements(tree: ast.AST):
    """All nodes but those under `if TYPE_CHECKING:`, which never run."""
    for node in ast.iter_child_nodes(tree):
        if not typing_only(node):
            yield node
            yield from statements(node)


@cache
def imports() -> tuple[Import, ...]:
    """Every import of our own modules."""
    found = []
    for module, path in modules().items():
        for node in statements(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "livingdrug":
                assert node.level == 0, f"{path}: relative import"
                found += [Import(module, node.lineno, node.module, alias.name) for alias in node.names]
            elif isinstance(node, ast.Import):
                ours = [alias.name for alias in node.names if alias.name.split(".")[0] == "livingdrug"]
                found += [Import(module, node.lineno, name, "") for name in ours]
    return tuple(found)


def package(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


@cache
def face(name: str) -> frozenset[str]:
    """The names in `__all__` of a package."""
    for node in ast.parse((SOURCE / name / "__init__.py").read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return frozenset(ast.literal_eval(node.value))
    return frozenset()


def test_what_is_imported_is_there():
    missing = [i for i in imports() if i.module not in modules()]
    assert missing == []


def test_no_module_needs_itself():
    """No circle of imports, whether at the top or inside functions."""
    needs = {module: set() for module in modules()}
    for i in imports():
        inner = f"{i.module}.{i.name}"
        needs[i.importer].add(inner if inner in modules() else i.module)
    found = circles({module: own - {module} for module, own in needs.items()})
    assert found == []


def circles(needs: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules each of which needs every other one."""
    reached = {module: _reached(module, needs) for module in needs}
    found = {tuple(sorted(m for m in reached[module] if module in reached[m])) for module in needs}
    return sorted(list(group) for group in found if len(group) > 1)


def _reached(start: str, needs: dict[str, set[str]]) -> set[str]:
    seen, left = set(), [start]
    while left:
        new = needs[left.pop()] - seen
        seen |= new
        left += new
    return seen


def is_entered(module: str) -> bool:
    """Whether a module, or a package around it, may be entered by name."""
    parts = module.split(".")[1:]
    return any(".".join(parts[: k + 1]) in ENTERED for k in range(len(parts)))


def crossings() -> list[tuple[Import, bool]]:
    """Names taken from other packages (`core` has no face: it belongs to all), and whether from a face."""
    found = []
    for i in imports():
        here, there = package(i.importer), package(i.module)
        inside = here and i.importer not in ("livingdrug.__main__",)
        if inside and there not in ("", here, "core") and i.name:
            found.append((i, i.module == f"livingdrug.{there}" and i.name in face(there)))
    return found


@pytest.mark.parametrize("name", sorted({package(m) for m in modules()} - {"", "core", "__main__"}))
def test_packages_meet_at_their_faces(name):
    past = [i for i, at_face in crossings() if package(i.importer) == name and not at_face]
    assert [i for i in past if not is_entered(i.module)] == []


@pytest.mark.parametrize("name", sorted({package(m) for m in modules()} - {"", "core", "__main__"}))
def test_a_name_of_a_face_is_no_other_module(name):
    """A function may have the name of its own module; of another one, which of the two is met would depend on luck."""
    tree = ast.parse((SOURCE / name / "__init__.py").read_text())
    # (in a lazy face, its own module gives way to the function: `core.faces.LazyPackage`)
    homes = {alias.name: node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    wrong = [n for n in face(name) if f"livingdrug.{name}.{n}" in modules() and homes.get(n) != f"livingdrug.{name}.{n}"]
    assert wrong == []


def test_most_names_come_from_faces():
    here = [at_face for _, at_face in crossings()]
    assert sum(here) >= ENOUGH * len(here)


def test_circles_are_found():
    assert circles({"a": {"b"}, "b": {"a"}, "c": {"a"}, "d": set()}) == [["a", "b"]]
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == []
    assert circles({"a": {"b"}, "b": {"a", "c"}, "c": {"d"}, "d": {"e"}, "e": {"d"}}) == [["a", "b"], ["d", "e"]]
