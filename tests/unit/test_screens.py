"""The manual shows pages of the app at three widths, by the app's own list of pages."""

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("dash")
DOCS = Path(__file__).parents[2] / "docs"
MOST = 4_000_000  # bytes of all screenshots


@pytest.fixture(scope="module")
def screens():
    """The script that makes them."""
    spec = importlib.util.spec_from_file_location("screens", DOCS / "site" / "screens.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_script_walks_over_every_page_of_the_app(screens):
    from livingdrug.web.pages import pages

    assert {address.partition("?")[0] for address in screens.addresses().values()} == set(pages())
    assert set(screens.SHOWN) <= set(pages()) and len(screens.addresses()) == len(pages())


def test_every_page_is_shown_at_all_widths_and_no_file_is_left_over(screens):
    there = {path.name for path in (DOCS / "screens").iterdir()}
    assert there == screens.files() | {f"{name}-1440.webp" for name in (*screens.MORE, *screens.CLICKED)}


def test_screenshots_are_light_and_of_the_width_that_they_are_called_by(screens):
    from PIL import Image

    paths = list((DOCS / "screens").iterdir())
    assert sum(path.stat().st_size for path in paths) < MOST
    for path in paths:
        width = int(path.stem.rpartition("-")[2])
        with Image.open(path) as image:
            assert image.size == (width, screens.WIDTHS[width]), path.name


def test_screenshots_that_the_manual_names_are_there():
    texts = [path.read_text(encoding="utf-8") for path in (*DOCS.glob("*.md"), DOCS.parent / "README.md")]
    named = {part.split(")")[0] for text in texts for part in text.split("screens/")[1:] if ".webp" in part[:40]}
    assert len(named) > 3 and all((DOCS / "screens" / name).exists() for name in named)
