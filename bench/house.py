"""What the code is held to (docs/house.md), measured: sizes, faces, descriptions, lines for each kind, help screens.

    python -m bench.house               the tables
    python -m bench.house --help-of     the help screens of the installed livingdrug alone (older sources: PYTHONPATH=.../src)
"""

import ast
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "livingdrug"
WIDTH = 80
OPTION = re.compile(r"^  -{1,2}[\w-]")


def lines_of(*paths: Path) -> int:
    """Lines of the Python files below these folders or files."""
    files = [file for path in paths for file in ([path] if path.is_file() else path.rglob("*.py"))]
    return sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files)


def docstring_lines(node: ast.AST) -> int:
    """Lines of the docstring of a function."""
    first = node.body[0]
    said = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    return first.end_lineno - first.lineno + 1 if said else 0


def sizes() -> dict[str, object]:
    """Modules, functions and lines of the sources."""
    texts = {path: path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py")}
    lengths = [len(text.splitlines()) for text in texts.values()]
    whole = [line for text in texts.values() for line in text.splitlines()]
    functions = [
        node.end_lineno - node.lineno + 1 - docstring_lines(node)
        for text in texts.values()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    long = sum(len(line) > 110 for line in whole)
    return {
        "modules": len(texts),
        "lines": f"{sum(lengths):,}",
        "lines of a module, median and largest": f"{median(lengths):.0f}, {max(lengths)}",
        "functions; over 40 lines without their docstring": f"{len(functions):,}; {sum(n > 40 for n in functions)}",
        "lines over 110 characters": f"{long:,} ({long / len(whole):.2%})",
        "calls kept as they are (`fmt: skip`)": sum(text.count("fmt: skip") for text in texts.values()),
    }


def faces() -> dict[str, object]:
    """Names between packages, circles of modules, and what is described of the names that packages show."""
    from tests.architecture import test_descriptions, test_modules

    crossings = [at_face for _, at_face in test_modules.crossings()]
    needs = {module: set() for module in test_modules.modules()}
    for one in test_modules.imports():
        inner = f"{one.module}.{one.name}"
        needs[one.importer].add(inner if inner in needs else one.module)
    circles = test_modules.circles({module: own - {module} for module, own in needs.items()})
    named = described = names = 0
    for package in test_descriptions.PACKAGES:
        for _, node in test_descriptions.definitions(package):
            wanted = test_descriptions.parameters(node)
            known = test_descriptions.described(ast.get_docstring(node) or "")
            names, named = names + 1, named + len(wanted)
            described += sum(each in known for each in wanted)
    return {
        "circles of modules": len(circles),
        "names between packages; from faces": f"{len(crossings):,}; {sum(crossings) / len(crossings):.1%}",
        "functions and records on faces": names,
        "their parameters and fields; described": f"{named:,}; {described / named:.1%}",
    }


def options() -> dict[str, object]:
    """Fields of all kinds, and how many of them have an option that says what it is."""
    from livingdrug.workflows import about, kinds, workflow

    fields = [field for kind in kinds() for field in workflow(kind).scenario.model_fields.values()]
    said = [one for one in map(about, fields) if one is not None]
    return {
        "kinds": len(kinds()),
        "fields with an option": len(said),
        "described": f"{sum(bool(one.text) for one in said) / len(said):.0%}",
        "sentences for them": len({one.text for one in said}),
    }


def by_kind() -> list[tuple[str, int, int, int]]:
    """(kind, lines of its fields and run, of its answer, of the rest of its folder), the largest first."""
    from livingdrug.workflows import kinds

    rows = []
    for kind in kinds():
        folder = SOURCE / "workflows" / kind.replace("-", "/")
        spec, answer = (lines_of(folder / name) for name in ("spec.py", "answer.py"))
        rows.append((kind, spec, answer, lines_of(folder) - spec - answer))
    return sorted(rows, key=lambda row: -sum(row[1:]))


def rooms() -> dict[str, int]:
    """Lines of the folders through which a user meets the library, and of what kinds share."""
    from livingdrug.workflows import groups, kinds

    work = SOURCE / "workflows"
    shared = [work / group / name for group in groups() for name in ("__init__.py", "inputs.py")]
    return {
        "cli": lines_of(SOURCE / "cli"),
        "report": lines_of(SOURCE / "report"),
        "workflows: what all kinds share": lines_of(*(p for p in work.glob("*.py")), *filter(Path.is_file, shared)),
        "workflows: example data": lines_of(work / "examples"),
        "workflows: folders of kinds": sum(lines_of(work / kind.replace("-", "/")) for kind in kinds()),
        "workflows: all of it": lines_of(work),
    }


def help_text(*command: str) -> str:
    """The help of a command on a terminal of 80 columns, as a new process prints it."""
    run = subprocess.run(
        [sys.executable, "-m", "livingdrug", *command, "--help"],
        env={**os.environ, "COLUMNS": str(WIDTH)},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout


def commands(*above: str) -> list[tuple[str, ...]]:
    """Every command, those in groups too."""
    listed = help_text(*above).partition("Commands:\n")[2]
    names = re.findall(r"^  ([\w-]+)  ", listed, re.MULTILINE)
    return [found for name in names for found in [(*above, name), *commands(*above, name)]]


def screens() -> list[tuple[str, int, int, int, int]]:
    """(command, lines, options, headings, examples) of every help screen."""
    rows = []
    for command in [(), *commands()]:
        text = help_text(*command)
        head, _, examples = text.partition("Examples:\n")
        lines = text.rstrip().splitlines()
        headings = [line for line in lines if re.fullmatch(r"[A-Z][^:]*:", line)]
        shown = sum(bool(OPTION.match(line)) for line in head.splitlines())
        count = sum(line.startswith("  livingdrug") for line in examples.splitlines())
        rows.append((" ".join(command) or "livingdrug", len(lines), shown, len(headings), count))
    return rows


def print_screens() -> None:
    """The help screens as a table."""
    print("| command | lines | options | headings | examples |\n|---|---|---|---|---|")
    for row in screens():
        print("| " + " | ".join(map(str, row)) + " |")


def main() -> None:
    """All tables, as Markdown."""
    if "--help-of" in sys.argv[1:]:
        return print_screens()
    for title, found in (("Sizes", sizes()), ("Faces", faces()), ("Options", options()), ("Lines", rooms())):
        print(f"\n{title}\n")
        for name, value in found.items():
            print(f"| {name} | {value:,} |" if isinstance(value, int) else f"| {name} | {value} |")
    print("\n| kind | fields and run | answer | further modules |\n|---|---|---|---|")
    totals = defaultdict(int)
    for kind, *counts in by_kind():
        print(f"| {kind} | " + " | ".join(map(str, counts)) + " |")
        for place, count in enumerate(counts):
            totals[place] += count
    print("| all | " + " | ".join(f"{totals[k]:,}" for k in range(3)) + " |")
    print_screens()


if __name__ == "__main__":
    main()
