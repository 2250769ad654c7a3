"""The manual builds without a network, its links lead somewhere, it fetches nothing, and it names what there is."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import livingdrug as ld

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built pages by name; `strict` refuses a link to a page, a place or a figure that is not there."""
    pytest.importorskip("mkdocs", reason="the manual needs the extra docs")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    surroundings = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=surroundings)
    assert built.returncode == 0, built.stderr
    return {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.html")}


def test_nothing_is_fetched_from_elsewhere(site):
    for name, text in site.items():
        assert not re.findall(r'<(?:script|img|iframe)[^>]*src="(?:https?:)?//', text), name
        assert not re.findall(r'<link[^>]*rel="(?:stylesheet|preconnect)"[^>]*href="(?:https?:)?//', text), name


def test_every_page_is_in_the_menu(site):
    for path in (ROOT / "docs").glob("*.md"):
        assert f'href="{path.stem}.html"' in site["index"] or path.stem == "index", path.name


def test_the_reference_has_every_public_name_with_its_parameters(site):
    from html import unescape

    text = unescape(re.sub(r"<[^>]+>", "", site["api"]))
    for name in (n for n in ld.__all__ if not n.startswith("_")):
        assert f"ld.{name}" in text, name
    assert "Rules with stated defaults." in text and "For bad times, horizons, names" in text


def test_the_catalogue_has_every_model(site):
    for name in ld.list_models():
        assert f"<code>{name}</code>" in site["catalogue"], name


def test_the_page_of_fragments_has_each_on_every_model(site):
    """Joined or refused with the reason, as the command would."""
    for name in ld.models.list_fragments():
        assert f'id="{name}"' in site["fragments"], name
    for name in ld.list_models():
        assert site["fragments"].count(f"<code>{name}</code></td>") == len(ld.models.list_fragments()), name
    assert "joins beside" in site["fragments"] and "needs a state with role" in site["fragments"]


def test_every_figure_of_the_manual_is_shown_somewhere():
    shown = set(re.findall(r"\(([\w/]+\.png)\)", "".join(p.read_text() for p in (ROOT / "docs").glob("*.md"))))
    shown |= set(re.findall(r"docs/([\w/]+\.png)", (ROOT / "README.md").read_text()))
    assert {p.name for p in (ROOT / "docs").glob("*.png")} <= shown


def test_commands_of_the_gallery_are_commands():
    from click.testing import CliRunner

    from livingdrug.cli.main import cli

    for line in re.findall(r"^livingdrug (.+)$", (ROOT / "docs" / "gallery.md").read_text(), re.M):
        words = line.split()
        options = [w for w in words if w.startswith("--")]
        deep = 2 if words[0] in ("assay", "example") else 1
        told = CliRunner().invoke(cli, [*words[:deep], "--help"])
        assert told.exit_code == 0, line
        assert all(option in told.output for option in options), line


def test_the_text_of_the_package_page_stands_alone_and_its_python_runs():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    text = (ROOT / project["readme"]).read_text()
    assert "pip install livingdrug" in text and not re.findall(r"\]\((?!https?://)", text)  # no relative link or figure
    for code in re.findall(r"```python\n(.*?)```", text, re.S):
        exec(compile(code, "package.md", "exec"), {"__name__": "package"})
    versions = {line.rpartition(" ")[2] for line in project["classifiers"] if line.startswith("Programming Language")}
    assert versions == {"3.11", "3.12", "3.13"}
