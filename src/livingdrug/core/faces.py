"""Faces of packages: names whose module is loaded when they are first used, and packages that are called as
their verb."""

import sys
from collections.abc import Callable
from functools import cache
from types import ModuleType


def lazy(package: str) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of a package that imports its face under `if TYPE_CHECKING:`.

    Those import lines are the one list of what is where: editors and type checkers read them as they stand,
    and here they are read from the source when a name is first asked for, so that importing the package loads
    nothing.

    Parameters
    ----------
    package : str
        Its `__name__`. A name of the face that is also a package in it (`livingdrug.fit`) is that package,
        before and after it was imported; see `callable_package`. One that is also a module in it
        (`livingdrug.data.check`) is what the module holds, before and after; see `LazyPackage`.

    Returns
    -------
    tuple
        The two functions, to be assigned to `__getattr__` and `__dir__`.
    """
    module = sys.modules[package]
    module.__class__ = LazyPackage

    def get(name: str) -> object:
        if name.startswith("__") or name not in _homes(module):
            raise AttributeError(f"module `{package}` has no attribute `{name}`", name=name, obj=module)
        import importlib

        home, inside = _homes(module)[name]
        loaded = importlib.import_module(home)
        value = module.__dict__.get(name, None) or getattr(loaded, inside)
        setattr(module, name, value)
        return value

    def names() -> list[str]:
        own = {name for name in module.__dict__ if name.startswith("_")}  # what a module was made of is none of its face
        return sorted(own | set(_homes(module)))

    return get, names


class LazyPackage(ModuleType):
    """A package with a face that is loaded when it is used.

    Python puts a module of a package into it under its name when the module is imported. Where that is the
    name of something in the face that this module holds, the face has it: `livingdrug.data.check` is the
    function, whichever of both was asked for first."""

    def __setattr__(self, name: str, value: object) -> None:
        if isinstance(value, ModuleType) and not hasattr(value, "__path__"):
            home, inside = _homes(self).get(name, ("", name))
            value = vars(value).get(inside, value) if home == value.__name__ else value
        super().__setattr__(name, value)


@cache
def _homes(package: ModuleType) -> dict[str, tuple[str, str]]:
    """Name -> (module, name in it) of every `from MODULE import NAME` under `if TYPE_CHECKING:`."""
    import ast

    homes, loader = {}, getattr(package.__spec__, "loader", None)
    source = loader.get_source(package.__name__) if loader else ""
    for node in ast.parse(source).body:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for line in node.body:
                if isinstance(line, ast.ImportFrom):
                    homes |= {alias.asname or alias.name: (line.module, alias.name) for alias in line.names}
    return homes


class CallablePackage(ModuleType):
    """A package that is called as the function of its name: `livingdrug.fit(...)` is
    `livingdrug.fit.fit(...)`.

    Python puts an imported package into the one around it under its name, so a function of that name would
    come and go with what was imported before. As the package stays a package, `import livingdrug.fit` and
    `from livingdrug.fit import FitProblem` mean what they always mean."""

    __wrapped__: Callable

    def __call__(self, *args, **kwargs):
        return self.__wrapped__(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<function and package `{self.__name__}`>"

    def __reduce__(self):
        import importlib

        return importlib.import_module, (self.__name__,)


def callable_package(package: str, verb: Callable) -> None:
    """Let a package be called as its verb, with the verb's signature and documentation.

    Parameters
    ----------
    package : str
        Its `__name__`.
    verb : callable
        The function that a call runs.
    """
    module = sys.modules[package]
    module.__class__ = CallablePackage
    # `inspect.signature`, `help` and editors follow this name to the parameters
    vars(module)["__wrapped__"] = verb
    module.__doc__ = f"{verb.__doc__}\n\nThe package: {module.__doc__}"
