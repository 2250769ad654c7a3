"""Blocks of CONTRIBUTING.md: whole files that a recipe says to add."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "CONTRIBUTING.md"
BLOCKS = re.findall(r"^```python\n# src/livingdrug/(\S+)\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def recipe(path: str) -> str:
    """The block that is the file `src/livingdrug/<path>`."""
    found = [text for name, text in BLOCKS if name == path]
    assert len(found) == 1, f"CONTRIBUTING.md has {len(found)} blocks of {path}"
    return found[0]
