"""A page of the app is one module: a toy page in a folder of its own is in the menu and opens, no other file edited."""

import sys

import pytest

from livingdrug import web
from livingdrug.web.app import make_app, menu, page_of
from livingdrug.web.pages import GROUPS, pages
from livingdrug.web.work import Work
from tests.recipes import recipe

PAGE = recipe("web/doubling.py")


@pytest.fixture()
def toy(tmp_path, monkeypatch):
    """A folder with a page, added to where pages are looked for."""
    (tmp_path / "doubling.py").write_text(PAGE)
    monkeypatch.setattr(web, "__path__", [*web.__path__, str(tmp_path)])
    yield
    sys.modules.pop("livingdrug.web.doubling", None)
    vars(web).pop("doubling", None)


def test_it_is_in_the_menu_and_opens(toy):
    make_app(Work())
    assert "Doubling" in str(menu("/")) and "The cells double in 1.39 d." in str(page_of("/doubling", "", Work()))


def test_the_order_of_the_menu():
    names = [module.PAGE.name for module in pages().values()]
    assert names[:4] == ["Start", "My study", "My data", "Exposure and response"] and names[-1] == "The paper"
    assert list(dict.fromkeys(module.PAGE.group for module in pages().values())) == list(GROUPS)
    assert "/doubling" not in pages()


def test_two_pages_with_one_path_are_refused(tmp_path, monkeypatch):
    (tmp_path / "twice.py").write_text(PAGE.replace("/doubling", "/data"))
    monkeypatch.setattr(web, "__path__", [*web.__path__, str(tmp_path)])
    with pytest.raises(ValueError, match="one path: .*/data, .*/data"):
        pages()
    sys.modules.pop("livingdrug.web.twice", None)
    vars(web).pop("twice", None)
