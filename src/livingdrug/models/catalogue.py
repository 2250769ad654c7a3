"""Names found by looking in the folders `published` and `fragments`: adding a model or a fragment is adding a
file."""

import importlib
import pkgutil
from functools import cache

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.models.about import WORDS, About
from livingdrug.models.model import Fragment, Model


def _found(folder: str, kind: type) -> dict:
    return {name: one for file in _files(folder) for name, one in _in_file(folder, file, kind).items()}


@cache
def _files(folder: str) -> list[str]:
    package = importlib.import_module(f"livingdrug.models.{folder}")
    return sorted(m.name for m in pkgutil.iter_modules(package.__path__))


def _in_file(folder: str, file: str, kind: type) -> dict:
    module = importlib.import_module(f"livingdrug.models.{folder}.{file}")
    return {value.name: value for value in vars(module).values() if isinstance(value, kind)}


@cache
def _models() -> dict[str, Model]:
    return _found("published", Model)


@cache
def _fragments() -> dict[str, Fragment]:
    return _found("fragments", Fragment)


def _model(name: str) -> Model | None:
    """The model of this name; one that stands in the file of its name is found without the other files."""
    own = _in_file("published", name, Model) if name in _files("published") else {}
    return own.get(name) or _models().get(name)


def _fragment(name: str) -> Fragment | None:
    own = _in_file("fragments", name, Fragment) if name in _files("fragments") else {}
    return own.get(name) or _fragments().get(name)


def list_models() -> list[str]:
    """Names of the built-in models.

    Returns
    -------
    list of str
        In the order of their files.
    """
    return list(_models())


def list_runnable() -> list[str]:
    """Names of the built-in models that run as they are: every number of theirs is public."""
    return [name for name, model in _models().items() if not model.unknown]


def find_models(**wanted: str) -> list[str]:
    """Names of the built-in models whose `about` has all of these words.

    Parameters
    ----------
    wanted
        Words by `disease`, `target`, `mechanism`, `data`, `kind` or `licence`; all of them are to be met. A
        licence is found by a part of its text, everything else by a word of `about.WORDS`.

    Returns
    -------
    sequence of str

    Raises
    ------
    InputError
        For a word that no model could have.
    """
    return [
        name
        for name, model in _models().items()
        if model.about and all(_has(model.about, key, word) for key, word in wanted.items() if word)
    ]


def _has(about: About, key: str, word: str) -> bool:
    if key == "licence":
        return word.lower() in about.licence.lower()
    found = {known.lower(): known for known in WORDS[key]}.get(word.strip().lower())
    if found is None:
        raise InputError(unknown(key, word, WORDS[key]))
    given = getattr(about, key)
    return found == given if isinstance(given, str) else found in given


def list_fragments() -> list[str]:
    """Names of the built-in fragments.

    Returns
    -------
    list of str
        In the order of their files.
    """
    return list(_fragments())


def get_model(name: str) -> Model:
    """The built-in model with this name.

    Parameters
    ----------
    name : str
        Such as `stein_2019`; `list_models()` has all.

    Returns
    -------
    Model

    Raises
    ------
    InputError
        With the nearest names, when there is none.
    """
    base, colon, vector = name.partition(":")
    model = _model(base)
    if model is None:
        raise InputError(unknown("model", base, _models()) + " (`livingdrug models` lists them)")
    return model.with_vector(vector) if colon else model


def is_built_in(name: str) -> bool:
    """Whether a model, with or without the name of a vector, is one of this library's own.

    Parameters
    ----------
    name : str
        As a user gives it.

    Returns
    -------
    bool
    """
    return _model(name.partition(":")[0]) is not None


def get_fragment(name: str) -> Fragment:
    """The built-in fragment with this name.

    Parameters
    ----------
    name : str
        Such as `tissue`; `list_fragments()` has all.

    Returns
    -------
    Fragment
        To be joined to a model with `+`.

    Raises
    ------
    InputError
        With the nearest names, when there is none.
    """
    fragment = _fragment(name)
    if fragment is None:
        raise InputError(unknown("fragment", name, _fragments()) + " (`livingdrug models` lists them)")
    return fragment
