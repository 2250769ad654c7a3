"""Text that a user reads holds values, not the names that stand for them."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
FIELD = re.compile(r"\{[a-z_][\w.]*(\[[^\]]*\])?(![rsa])?(:[^{}]*)?\}")


def torn(path: Path) -> list[str]:
    """Parts of f-strings that hold a field in braces: the letter f is missing before one of several joined strings."""
    found, text = [], path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.JoinedStr):
            parts = [p.value for p in node.values if isinstance(p, ast.Constant) and isinstance(p.value, str)]
            fields = [match[0] for p in parts for match in FIELD.finditer(p)]
            own = (ast.get_source_segment(text, node) or "") if fields else ""
            # braces that are meant stand doubled in the source
            found += [f"{path.name}:{node.lineno}: {field}" for field in fields if f"{{{field}}}" not in own]
    return found


def test_a_missing_f_is_found(tmp_path):
    path = tmp_path / "torn.py"
    path.write_text('b = (f"{x} and "\n     "{y:.2f}")\nc = f"{x} {{cases}}"\n')
    assert torn(path) == ["torn.py:1: {y:.2f}"]


def test_every_part_of_a_joined_string_is_filled_in():
    files = [p for folder in ("src", "papers", "bench") for p in (ROOT / folder).rglob("*.py")]
    assert [line for path in files for line in torn(path)] == []
