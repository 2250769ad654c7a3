"""Names found by looking in the folders `published` and `fragments`: adding a model or a fragment is adding a file."""

import importlib
import pkgutil
from functools import cache

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.models.model import Fragment, Model


def _found(folder: str, kind: type) -> dict:
    package = importlib.import_module(f"livingdrug.models.{folder}")
    found = {}
    for entry in sorted(m.name for m in pkgutil.iter_modules(package.__path__)):
        module = importlib.import_module(f"{package.__name__}.{entry}")
        for value in vars(module).values():
            if isinstance(value, kind):
                found[value.name] = value
    return found


@cache
def _models() -> dict[str, Model]:
    return _found("published", Model)


@cache
def _fragments() -> dict[str, Fragment]:
    return _found("fragments", Fragment)


def list_models() -> list[str]:
    """Names of the built-in models."""
    return list(_models())


def list_fragments() -> list[str]:
    """Names of the built-in fragments."""
    return list(_fragments())


def get_model(name: str) -> Model:
    """The built-in model with this name. Raises InputError with the nearest names when there is none."""
    if name not in _models():
        raise InputError(unknown("model", name, _models()) + " (`livingdrug models` lists them)")
    return _models()[name]


def get_fragment(name: str) -> Fragment:
    """The built-in fragment with this name. Raises InputError with the nearest names when there is none."""
    if name not in _fragments():
        raise InputError(unknown("fragment", name, _fragments()) + " (`livingdrug models` lists them)")
    return _fragments()[name]
