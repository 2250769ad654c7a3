"""Which kinds of analysis there are: every folder of `workflows` that has a `spec.py`.

Kinds that belong together lie in a folder of their own, whose docstring is the help of the group:
`workflows/assay/fit/` is the kind `assay-fit`, and its command is `livingdrug assay fit`.
"""

from functools import lru_cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from livingdrug import workflows


def kinds() -> tuple[str, ...]:
    """Names of all kinds, in order."""
    return _kinds_in(tuple(workflows.__path__))


@lru_cache(maxsize=8)
def _kinds_in(path: tuple[str, ...]) -> tuple[str, ...]:
    specs = [
        (folder, spec)
        for folder in path
        for depth in ("*", "*/*")
        for spec in Path(folder).glob(f"{depth}/spec.py")
    ]
    return tuple(sorted("-".join(spec.parent.relative_to(folder).parts) for folder, spec in specs))


def groups() -> tuple[str, ...]:
    """Names of the groups of kinds, in order."""
    return tuple(sorted({kind.partition("-")[0] for kind in kinds() if "-" in kind}))


def part(kind: str, name: str = "") -> ModuleType:
    """The package of a kind or a group, whose docstring is its help; `spec` or `answer` within it."""
    return import_module(".".join(filter(None, (workflows.__name__, kind.replace("-", "."), name))))


def help_of(kind: str) -> tuple[str, str]:
    """(one line, all the rest) of what a kind says of itself in the docstring of its package.

    Parameters
    ----------
    kind : str
        Its name.

    Returns
    -------
    tuple[str, str]
    """
    first, _, rest = (part(kind).__doc__ or "").strip().partition("\n")
    return first, rest.strip()


def has_command(kind: str) -> bool:
    """Whether there is a command of its name: not where the package says `COMMAND = False`, as its documents
    are run by another one.

    Parameters
    ----------
    kind : str
        Its name.

    Returns
    -------
    bool
    """
    return getattr(part(kind), "COMMAND", True)
