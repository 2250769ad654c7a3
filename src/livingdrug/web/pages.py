"""Pages of the app: every module of `web` that has a PAGE. A new page is one module, and nothing else is
edited."""

from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import NamedTuple

from livingdrug import web


class Page(NamedTuple):
    """How the menu shows a module with `page(query, work)` and `register(app, work)`.

    path: of its address; name: in the menu; place: a smaller one stands further up; hundreds are a group
    of the menu (`GROUPS`); kinds: those it answers that are not called as its path.
    """

    path: str
    name: str
    place: int
    kinds: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """The heading over it in the menu; "" above the first one."""
        return GROUPS[min(self.place // 100, len(GROUPS) - 1)]

    @property
    def file_name(self) -> str:
        """What files about it are called."""
        return self.path.strip("/").replace("-", "_") or "start"


GROUPS = ("", "Your data", "Models", "Dose and regimen", "Study design", "Hand over")


def pages() -> dict[str, ModuleType]:
    """Path -> module of each page, in the order of the menu."""
    return _pages_in(tuple(web.__path__))


@lru_cache(maxsize=8)
def _pages_in(path: tuple[str, ...]) -> dict[str, ModuleType]:
    modules = [import_module(f"{web.__name__}.{found.name}") for found in iter_modules(path)]
    mine = sorted(
        (module for module in modules if hasattr(module, "PAGE")), key=lambda module: module.PAGE.place
    )
    by_path = {module.PAGE.path: module for module in mine}
    if len(by_path) < len(mine):
        raise ValueError(f"two pages have one path: {', '.join(sorted(module.PAGE.path for module in mine))}")
    return by_path
