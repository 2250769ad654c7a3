"""Functions whose machine code is kept in the private folder (`cache`), and modules of such functions.

numba has a cache of its own, which fails for good where a file of it was cut short. Here every file has a checksum,
and what is damaged is made anew. Solvers that are called from a first run on go by `linked`, without numba.
"""

import pickle
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

from numba import njit, typeof, types
from numba.core import sigutils
from numba.core.ccallback import CFunc
from numba.core.compiler import Compiler, CompileResult
from numba.core.dispatcher import _FunctionCompiler
from numba.core.registry import cpu_target
from numba.core.runtime import rtsys
from numba.core.serialize import dumps

from livingdrug.core import waiting
from livingdrug.engine.codegen import cache
from livingdrug.engine.codegen.cache import Object
from livingdrug.engine.codegen.straight_line import straightened

# no `fastmath`: see `vector_type`
OPTIONS = {"error_model": "numpy"}
ENGINE = Path(__file__).parents[1]
ROOT = ENGINE.parent


class _Shelf:
    """Machine code of one function, a file for each signature; what numba asks of a cache."""

    def __init__(self, function: Callable) -> None:
        code = function.__code__
        self.name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        self.source = repr((code.co_code, code.co_consts, code.co_names)) + _around(Path(code.co_filename))

    def _path(self, signature, codegen) -> Path:
        key = cache.key(self.name, self.source, repr(signature), repr(codegen.magic_tuple()))
        return cache.folder() / f"{self.name}.{key}.code"

    def load_overload(self, signature, context) -> CompileResult | None:
        # Arrays that compiled code makes are counted by numba's runtime. What else numba knows (every function that it can
        # compile, and SciPy's linear algebra for them) is loaded by its compiler, when there is something to compile.
        rtsys.initialize(context)
        stored = cache.get(self._path(signature, context.codegen()))
        if stored is not None:
            return CompileResult._rebuild(context, *pickle.loads(stored))
        waiting.announce("the solver")
        return None

    def save_overload(self, signature, result: CompileResult) -> None:
        cache.put(self._path(signature, result.codegen), dumps(result._reduce()))


def _around(path: Path) -> str:
    """Hash of the package of a function that lies outside of the engine, whose own sources are in every key: what it calls
    there is inlined into it."""
    package = path.parent
    return cache.sources(package) if ROOT in package.parents and ENGINE not in (package, *package.parents) else ""


def kept(function: Callable) -> Callable:
    """Compile a function when it is called, without the interpreter's lock, and keep its machine code in the
    folder.

    Parameters
    ----------
    function : Callable
        Of arrays and numbers.

    Returns
    -------
    Callable
    """
    made = njit(**OPTIONS, nogil=True)(function)
    made._cache = _Shelf(function)
    return made


class _Bare(_FunctionCompiler):
    """Machine code alone: nothing that Python calls, and no counted memory."""

    def _customize_flags(self, flags):
        flags.no_cpython_wrapper, flags.no_cfunc_wrapper, flags.nrt = True, True, False
        return flags


def object_of(function: Callable, arguments: Sequence) -> Object:
    """Object code of a function without a result, for the types of these arguments."""
    compiler = _Bare(function, cpu_target, OPTIONS | {"nogil": True}, {}, Compiler)
    made = compiler.compile(tuple(map(typeof, arguments)), types.none)
    return Object(made.fndesc.llvm_func_name, _code_of(made.library))


def _code_of(library) -> bytes:
    _, _, (code, _) = library.serialize_using_object_code()
    return code


class Entry(CFunc):
    """A function of a module, written as instructions first where it has no branches."""

    @property
    def object(self) -> Object:
        """Its object code."""
        return Object(self.native_name, _code_of(self._library))

    def _compile_uncached(self) -> CompileResult:
        self._compiler.py_func = straightened(self._pyfunc)
        return super()._compile_uncached()


def entry(function: Callable) -> Entry:
    """Compile a function of pointers to numbers now, for calls by its address."""
    pointers = ", ".join(["CPointer(float64)"] * function.__code__.co_argcount)
    made = Entry(function, sigutils.normalize_signature(f"void({pointers})"), {}, OPTIONS)
    made.compile()
    return made


def compiled_module(path: Path, title: str, write: Callable[[], str]) -> ModuleType:
    """The module in a file of the folder, compiled now; its text is written first where it is not there or damaged."""
    text = cache.get(path)
    if text is None:
        waiting.announce(title)
        cache.put(path, write().encode())
        text = cache.get(path)
    module = ModuleType(f"livingdrug_{path.stem}")
    module.__file__ = str(path)
    module.TEXT = text
    # numba looks for the module of a function there
    sys.modules[module.__name__] = module
    exec(compile(text, path, "exec"), module.__dict__)  # noqa: S102 - written by `generate`, in a private folder
    return module
