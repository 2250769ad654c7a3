"""Every notebook of the manual runs from top to bottom, and holds no output of an earlier run."""

import ast
import json
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "docs" / "notebooks").glob("*.ipynb"))


def test_there_is_one():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(path, capsys):
    made = json.loads(path.read_text(encoding="utf-8"))
    assert made["nbformat"] == 4
    cells = [cell for cell in made["cells"] if cell["cell_type"] == "code"]
    assert cells and all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells)
    ids = [cell["id"] for cell in made["cells"]]
    assert len(ids) == len(set(ids))
    names: dict = {"__name__": "notebook"}
    for cell in cells:
        tree = ast.parse("".join(cell["source"]))
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, path.name, "exec"), names)
        if last is not None:  # what a notebook shows below the cell
            shown = eval(compile(ast.Expression(last.value), path.name, "eval"), names)
            assert shown is None or repr(shown)
    assert 0 < names["fold"] < 1 and 10 < names["per_arm"] < 1000
    assert "were computed" in capsys.readouterr().out
