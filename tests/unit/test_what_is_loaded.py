"""A command loads what it needs: seen in the modules of its process, never in its time."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import livingdrug
from livingdrug.core.faces import LazyPackage, _homes
from livingdrug.engine.codegen import cache

HEAVY = {"pandas", "pyarrow", "scipy.linalg", "scipy.stats", "scipy.optimize", "sympy", "matplotlib", "statsmodels", "duckdb",
         "livingdrug.fit", "livingdrug.response", "livingdrug.trial", "livingdrug.plots", "livingdrug.web"}  # fmt: skip
COMPILING = {"numba", "livingdrug.engine.codegen.machine_code"}
COMPUTING = HEAVY | {"numba", "llvmlite", "scipy"}
ROOT = Path(livingdrug.__file__).parent


def python(code: str, *arguments: str, **named) -> str:
    """What a fresh process prints last."""
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, **named)
    assert done.returncode == 0, done.stderr
    return done.stdout.rstrip("\n").split("\n")[-1]


def loaded(*command: str) -> set[str]:
    """Modules that a command has loaded at its end."""
    code = (
        "import sys\nfrom livingdrug.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert end.code in (None, 0), end.code\n"
        "print()\nprint(*sys.modules)"
    )
    return set(python(code, *command).split())


def test_the_catalogue_needs_no_numbers():
    modules = loaded("models")
    assert modules & (COMPUTING | {"numpy", "pydantic", "livingdrug.simulation", "livingdrug.engine"}) == set()
    assert "livingdrug.models.published.stein_2019" in modules


def test_a_check_of_a_file_loads_no_models(tmp_path):
    table = tmp_path / "levels.csv"
    table.write_text("ID,TIME (d),DV (copies/ug)\n" + "".join(f"{i},{d},{9e3 / (1 + d)}\n" for i in "AB" for d in (0, 7, 28)))
    modules = loaded("check", str(table))
    assert modules & ((COMPUTING - {"pandas", "pyarrow"}) | {"livingdrug.models", "livingdrug.simulation"}) == set()
    assert "livingdrug.data.check" in modules


@pytest.mark.parametrize("model", ["stein_2019", "kirouac_2023"])
def test_a_simulation_loads_its_own_model_alone(model):
    loaded("simulate", model)  # its code is in the folder from now on
    modules = loaded("simulate", model)
    others = {"livingdrug.nca", "livingdrug.data.check", "livingdrug.engine.codegen.symbolic"}
    assert modules & (HEAVY | COMPILING | others) == set()
    published = {name for name in modules if name.startswith("livingdrug.models.published.")}
    assert f"livingdrug.models.published.{model}" in published
    assert "livingdrug.models.published.park_2025_sle" not in published


def test_code_from_the_folder_gives_the_same_numbers_without_the_compiler(tmp_path):
    (tmp_path / "squares.py").write_text(
        "import numpy as np\nfrom livingdrug.engine import kept\n\n\n@kept\n"
        "def squares(x):\n    out = np.empty(len(x))\n    for i in range(len(x)):\n        out[i] = np.exp(x[i]) ** 0.7\n"
        "    return out[out > 1.0]\n"
    )
    code = (
        "import sys, numpy as np, squares\nfound = squares.squares(np.linspace(-3.0, 3.0, 99))\n"
        "print(found.tobytes().hex(), 'scipy.linalg' in sys.modules)"
    )
    environment = os.environ | {cache.VARIABLE: str(tmp_path / "code")}
    path = os.pathsep.join([str(tmp_path), str(ROOT.parent)])
    compiled, kept = (python(code, env=environment | {"PYTHONPATH": path}).split() for _ in range(2))
    assert compiled[1] == "True" and kept[1] == "False"
    assert kept[0] == compiled[0] and len(kept[0]) > 16


def lazy_packages() -> list[str]:
    names = [".".join(p.parent.relative_to(ROOT.parent).parts) for p in sorted(ROOT.rglob("__init__.py"))]
    return [name for name in names if name != "livingdrug" and isinstance(importlib.import_module(name), LazyPackage)]


@pytest.mark.parametrize("package", lazy_packages())
def test_a_name_of_a_face_is_what_its_module_holds(package):
    """Whatever was imported before it: a module that has the name of what it holds gives way to that."""
    module = importlib.import_module(package)
    homes = _homes(module)
    for home in dict.fromkeys(home for home, _ in homes.values()):
        importlib.import_module(home)
    for name, (home, inside) in homes.items():
        assert getattr(module, name) is getattr(importlib.import_module(home), inside), name
    assert set(getattr(module, "__all__", homes)) == set(homes)


@pytest.mark.parametrize("first", ["import livingdrug.data.check", "from livingdrug.data import check", ""])
def test_a_function_with_the_name_of_its_module(first):
    code = f"{first}\nfrom livingdrug.data import check\nimport livingdrug.data as data\n"
    assert python(code + "print(callable(check) and data.check is check)") == "True"
