"""Imports go down only; names that say nothing are absent; heavy libraries load where they are used."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "livingdrug"
LEVEL = {
    "core": 0, "standards": 5, "models": 10, "diagram": 15, "data": 10, "engine": 20, "nca": 20, "simulation": 30,
    "response": 30, "fit": 40,
    "trial": 40, "products": 40, "attributes": 45, "sensitivity": 45, "optimum": 45, "population": 45,
    "assay": 45, "forecast": 45,
    "report": 55, "plots": 50, "export": 50, "scale": 60, "workflows": 62, "web": 80, "cli": 90,
}  # fmt: skip
FILES = sorted(SOURCE.rglob("*.py"))


def package(path: Path) -> str:
    parts = path.relative_to(SOURCE).parts
    return parts[0] if len(parts) > 1 else ""


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = [node.module] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        found |= {name.split(".")[1] for name in names if name and name.startswith("livingdrug.")}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_go_down_only(path):
    here = package(path)
    if here:
        above = [name for name in imported(path) if name in LEVEL and name != here and LEVEL[name] >= LEVEL[here]]
        assert above == []


def test_every_package_has_its_level():
    assert {package(p) for p in FILES} - {""} == set(LEVEL)


def test_importing_the_package_loads_nothing_heavy():
    code = (
        "import sys, livingdrug, livingdrug.cli.main\n"
        "print([m for m in ('numpy', 'pandas', 'scipy', 'matplotlib', 'pydantic') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
