"""The field's words in what users read: sentences of the sources, help, and the pages of docs.

What is looked at: every string of the sources with a blank in it (one without is a name; docstrings apart: those of
commands and kinds are help, and are looked at too) and every line of docs, README and CONTRIBUTING outside code.
docs/glossary.md has the terms.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "livingdrug"
# word that is not ours to use -> the field's own
WORDS = {
    r"spreads?": "between-subject variability, omega, SD",
    r"(?<!by )(?<!beyond )(?<!than )chances?(?! alone)": "probability",
    r"shares? of|(?:the|a) share": "proportion",
    r"mend(?:s|ed|ing)?": "correct",
    r"(?:be|is|are|was) told": "identified, said",
    r"bridges?": "unit conversion",
    r"kinks?": "breakpoint",
    r"pictures?(?!/)": "figure",
    r"anew": "again",
    r"effective draws": "effective sample size",
    r"take with you|what to watch|how sure|hands? out": "download, warnings, uncertainty, provides",
    r"(?:not )?fit for analysis": "passed or failed validation",
    r"start(?:ing)? values?": "initial estimate",
    r"between[- ]occasion": "inter-occasion",
    r"inter[- ]individual": "between-subject",
    r"held there|left out or held": "fixed",
}
# terms that are spelt one way
SPELLING = {
    r"below[- ]limit of quantification": "below the limit of quantification",
    r"(?:B\.L\.Q|BLOQ|BQL|BLLOQ)": "BLQ",
    r"between subject variability": "between-subject variability",
    r"inter ?occasion variability|interoccasion": "inter-occasion variability",
    r"goodness of fit": "goodness-of-fit",
    r"time-to-event": "time to event",
    r"AUC0[_ ]28|AUC\(0-28\)": "AUC0-28",
    r"log likelyhood|loglikelihood": "log likelihood",
    r"half life": "half-life",
}
# (file, part of the text): why it stays
STAYS = {
    ("models/published/kirouac_2023.py", "spread evenly over the 12 fits"): "the plain verb",
    ("products/compare.py", ", spread "): "text in the column `source` of a result table, whose bytes stay",
    ("data/bridges.py", "bridge "): "text in the column `bridge` of a result table, whose bytes stay",
    ("data/cells.py", "BQL"): "how others write it in files",
    ("models/templates.py", "spreads = "): "the key of a model file",
    ("report/html.py", "picture"): "names in a template, which nobody reads",
}


def docstrings(tree: ast.AST) -> dict[int, ast.AST]:
    """id of each docstring's node -> what it belongs to."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
                found[id(first.value)] = node
    return found


def is_help(path: Path, node: ast.AST) -> bool:
    """Whether a docstring is printed by --help: that of a command, or of the package of a kind."""
    if isinstance(node, ast.Module):
        return path.name == "__init__.py" and (path.parent / "spec.py").exists()
    return any("command" in (said := ast.unparse(d)) or "group" in said for d in getattr(node, "decorator_list", ()))


def sentences(path: Path) -> Iterator[tuple[int, str]]:
    """(line, text) of every string of a module that a user may read."""
    tree = ast.parse(path.read_text())
    docs = docstrings(tree)
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            owner, said = docs.get(id(node)), " " in node.value.strip() or id(node) in parts and " " in node.value
            if is_help(path, owner) if owner else said:
                yield node.lineno, node.value


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """(line, text) of a page, without what stands in code."""
    inside = False
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.lstrip().startswith("```"):
            inside = not inside
        elif not inside:
            yield number, re.sub(r"`[^`]*`|\]\([^)]*\)", "", line)


def faults(text: str) -> list[str]:
    """What is wrong in a text, each with the word to take."""
    found = [f"`{m[0]}`: say {field}" for word, field in WORDS.items()
             for m in re.finditer(rf"\b(?:{word})\b", text, re.IGNORECASE)]  # fmt: skip
    return found + [f"`{m[0]}`: write {one}" for other, one in SPELLING.items()
                    for m in re.finditer(rf"\b(?:{other})\b", text)]  # fmt: skip


def stays(path: Path, text: str) -> bool:
    here = path.relative_to(SOURCE).as_posix() if path.is_relative_to(SOURCE) else path.name
    return any(here == file and part in text for file, part in STAYS)


FILES = sorted(SOURCE.rglob("*.py"))
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]


@pytest.mark.parametrize("package", sorted({p.relative_to(SOURCE).parts[0] for p in FILES}))
def test_sentences_of_the_sources(package):
    mine = [p for p in FILES if p.relative_to(SOURCE).parts[0] == package]
    found = [f"{p.relative_to(ROOT)}:{line}: {fault}" for p in mine for line, text in sentences(p)
             if not stays(p, text) for fault in faults(text)]  # fmt: skip
    assert found == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_pages(page):
    if page.name == "glossary.md":  # which names the words that are not used
        return
    found = [f"{page.name}:{line}: {fault}" for line, text in prose(page) for fault in faults(text)]
    assert found == []


def test_a_word_is_found_where_it_is_and_not_in_another():
    for text in ("no spread is published", "a share of 2", "a Kink", "cannot be told apart", "BLOQ values", "the half life"):
        assert faults(text)
    assert not faults("a spreadsheet") and not faults("expected by chance") and not faults("kept in pictures/vpc.svg")
    assert not faults("rates that all wells share")


def test_every_exception_is_needed():
    for file, part in STAYS:
        texts = [text for _, text in sentences(SOURCE / file) if part in text]
        assert any(faults(text) for text in texts), f"{file}: `{part}` is no exception any more"
