"""What a face shows is described: each parameter of a function, each field of a record, in a section of its docstring.

And code stays within 110 characters a line, but for one line in a hundred.
"""

import ast
import inspect
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "src"
SOURCE = ROOT / "livingdrug"
PACKAGES = sorted(path.parent.name for path in SOURCE.glob("*/__init__.py"))
WIDTH, MOST = 110, 0.01


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def definitions(package: str) -> list[tuple[str, ast.ClassDef | ast.FunctionDef]]:
    """(name, definition) of the functions and records that a package shows."""
    init = tree(SOURCE / package / "__init__.py")
    shown: list[str] = []
    homes: dict[str, tuple[str, str]] = {}
    for node in ast.walk(init):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            shown = ast.literal_eval(node.value)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("livingdrug."):
            homes |= {alias.asname or alias.name: (node.module, alias.name) for alias in node.names}
    found = []
    for name in shown:
        module, inside = homes.get(name, ("", ""))
        path = ROOT.joinpath(*module.split("."))
        path = path.with_suffix(".py") if path.with_suffix(".py").is_file() else path / "__init__.py"
        for node in tree(path).body if module else ():
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == inside and parameters(node):
                found.append((name, node))
    return found


def parameters(node: ast.ClassDef | ast.FunctionDef) -> list[str]:
    """Of a function its parameters, of a dataclass or named tuple its fields, of another class none."""
    if isinstance(node, ast.ClassDef):
        marks = [ast.unparse(part) for part in (*node.decorator_list, *node.bases)]
        if not any("dataclass" in mark or "NamedTuple" in mark for mark in marks):
            return []
        fields = [f for f in node.body if isinstance(f, ast.AnnAssign) and isinstance(f.target, ast.Name)]
        texts = {ast.unparse(f.target): ast.unparse(f) for f in fields}
        hidden = ("ClassVar", "init=False")
        return [n for n, text in texts.items() if n[0] != "_" and not any(word in text for word in hidden)]
    given = node.args
    rest = [part for part in (given.vararg, given.kwarg) if part is not None]
    return [part.arg for part in (*given.posonlyargs, *given.args, *given.kwonlyargs, *rest)]


def described(text: str) -> set[str]:
    """Names with a description of their own in the section Parameters or Attributes of a docstring."""
    lines, found, inside = text.split("\n"), set(), False
    for line, under in zip(lines, [*lines[1:], ""], strict=True):
        if under.strip() and set(under.strip()) == {"-"}:
            inside = line.strip() in ("Parameters", "Attributes")
        elif inside and line and not line.startswith(" ") and set(line) != {"-"}:
            found |= {name.strip().lstrip("*") for name in line.partition(" :")[0].split(",")}
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_each_parameter_of_a_face_is_described(package):
    faults = []
    for name, node in definitions(package):
        known = described(inspect.cleandoc(ast.get_docstring(node) or ""))
        left = [each for each in parameters(node) if each not in known]
        faults += [f"livingdrug.{package}.{name}: {', '.join(left)}"] if left else []
    assert not faults, "to be described in a section Parameters or Attributes (numpydoc): " + "; ".join(faults)


def said_of(text: str) -> dict[str, str]:
    """`names : type` -> description, of the section Parameters or Attributes of a docstring."""
    lines, found, inside, head = text.split("\n"), {}, False, ""
    for line, under in zip(lines, [*lines[1:], ""], strict=True):
        if under.strip() and set(under.strip()) == {"-"}:
            inside = line.strip() in ("Parameters", "Attributes")
        elif inside and line and not line.startswith(" ") and set(line) != {"-"}:
            head = line
            found[head] = ""
        elif inside and line.startswith(" "):
            found[head] = f"{found[head]} {line.strip()}".strip()
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_a_description_is_more_than_a_word(package):
    faults = []
    for name, node in definitions(package):
        for head, text in said_of(inspect.cleandoc(ast.get_docstring(node) or "")).items():
            if len(text.split()) == 1 or text in ("The model.", "The parts.", "Of matplotlib."):
                faults.append(f"livingdrug.{package}.{name}: {head}: {text}")
    assert not faults, "say what it means, with its unit or shape: " + "; ".join(faults)


def test_faces_are_found():
    assert sum(len(definitions(package)) for package in PACKAGES) > 500


def test_an_option_is_described_once():
    """A field that several kinds have comes from one place (`workflows/shared_fields.py`), and so does its sentence."""
    said: dict[str, list[str]] = {}
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("About", "click.option"):
                texts = [*node.args[:1], *(word.value for word in node.keywords if word.arg in ("text", "help"))]
                for text in texts:
                    if isinstance(text, ast.Constant) and " " in str(text.value):
                        said.setdefault(text.value, []).append(f"{path.relative_to(SOURCE)}:{node.lineno}")
    assert len(said) > 300
    assert {text: places for text, places in said.items() if len(places) > 1} == {}


def test_no_section_of_a_docstring_runs_on():
    texts = [path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py")]
    assert not [t for text in texts for t in ("Parameters ----", "Attributes ----", "Raises ----") if t in text]


def test_lines_are_short():
    lines = [line for path in SOURCE.rglob("*.py") for line in path.read_text(encoding="utf-8").splitlines()]
    long = sum(len(line) > WIDTH for line in lines)
    assert long <= MOST * len(lines), f"{long:,} of {len(lines):,} lines have more than {WIDTH} characters"
