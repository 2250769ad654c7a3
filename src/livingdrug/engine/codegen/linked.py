"""Machine code from the folder, linked and called without the compiler.

To load numba with all that it knows takes a third of a second. What lies in the folder is plain object code, which LLVM
alone links and `ctypes` calls, so that numba is loaded where there is something to compile.
"""

import ctypes
import importlib
import pickle
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from threading import Lock
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from livingdrug.core import waiting
from livingdrug.engine.codegen import cache
from livingdrug.engine.codegen.cache import Object

# what a compiled function of no result says where nothing went wrong: it was left at its end, or by a `return`
_DONE = (0, -2)
_LOCK = Lock()


class Entry(NamedTuple):
    """A function of a module that is called by its address."""

    address: int


@lru_cache(maxsize=1)
def _linker():
    """LLVM's linker of this process, and what it has linked, which lives as long as the process."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(codemodel="jitdefault", jit=True)
    return llvm.create_lljit_compiler(machine), []


def linked(code: Object) -> int:
    """Address of the function in a piece of object code."""
    import llvmlite.binding as llvm

    with _LOCK:
        linker, libraries = _linker()
        library = llvm.JITLibraryBuilder().add_object_img(code.code).add_current_process().export_symbol(code.symbol)
        libraries.append(library.link(linker, f"{len(libraries)} {code.symbol}"))
        return libraries[-1][code.symbol]


def module_of(path: Path, title: str, write: Callable[[], str]) -> SimpleNamespace:
    """Functions and constants of the module in a file of the folder; written and compiled first where its code is not
    there or damaged.

    Parameters
    ----------
    path : Path
        Of its text; the code lies beside it.
    title : str
        What is said to be compiled.
    write : callable
        Gives the text.

    Returns
    -------
    SimpleNamespace
        An `Entry` for each function, and the constants, by name.
    """
    stored = _stored(path.with_suffix(".code"), lambda: _compiled(path, title, write))
    return SimpleNamespace(**{n: Entry(linked(part)) if isinstance(part, Object) else part for n, part in stored.items()})


def _stored(path: Path, make: Callable[[], object]):
    """What lies in a file of the folder, made first where it is not there or damaged."""
    content = cache.get(path)
    if content is None:
        content = pickle.dumps(make())
        cache.put(path, content)
    return pickle.loads(content)


def _compiled(path: Path, title: str, write: Callable[[], str]) -> dict:
    from livingdrug.engine.codegen import machine_code

    module = vars(machine_code.compiled_module(path, title, write))
    functions = {name: part.object for name, part in module.items() if isinstance(part, machine_code.Entry)}
    return functions | {name: part for name, part in module.items() if name.isupper() and name != "TEXT"}


class Linked:
    """A function of arrays, numbers and named tuples of them, without a result and without memory of its own.

    Its machine code for the kinds of what it is given is kept in the folder. It is one of the engine, whose sources are in
    every key. numba's way to pass arguments is that of C, an
    array as (nothing, nothing, size, bytes of a number, address, shape, strides).

    Parameters
    ----------
    module, name : str
        Where it stands; the module is loaded, and numba with it, where there is something to compile.
    """

    def __init__(self, module: str, name: str):
        self.module, self.name = module, name
        self._known: dict[tuple, Callable] = {}
        self._loading = Lock()

    def __call__(self, *arguments) -> None:
        kinds, flat = [], []
        _flatten(arguments, kinds, flat)
        key = tuple(kinds)
        function = self._known.get(key) or self._loaded(key, arguments)
        nothing, fault = ctypes.c_void_p(), ctypes.c_void_p()
        if function(ctypes.byref(nothing), ctypes.byref(fault), *flat) not in _DONE:
            raise RuntimeError(f"compiled code of `{self.name}` ended with a fault")

    def _loaded(self, kinds: tuple, arguments: tuple) -> Callable:
        with self._loading:  # of several threads one compiles
            if kinds not in self._known:
                self._known[kinds] = self._found(kinds, arguments)
        return self._known[kinds]

    def _found(self, kinds: tuple, arguments: tuple) -> Callable:
        name = f"{self.module.rpartition('.')[2]}.{self.name}"
        path = cache.folder() / f"{name}.{cache.key('linked', self.module, self.name, repr(kinds))}.code"
        address = linked(_stored(path, lambda: self._compiled(arguments)))
        return ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *_passed(kinds))(address)

    def _compiled(self, arguments: tuple) -> Object:
        waiting.announce("the solver")
        arguments = tuple(map(_as_declared, arguments))
        function = getattr(importlib.import_module(self.module), self.name)
        from livingdrug.engine.codegen import machine_code

        return machine_code.object_of(function, arguments)


_NUMBERS = {bool: ctypes.c_uint8, int: ctypes.c_int64, float: ctypes.c_double}
_C, _F, _ALIGNED, _WRITEABLE = 0x1, 0x2, 0x100, 0x400  # NumPy's flags of an array


def _flatten(values: Iterable, kinds: list, flat: list) -> None:
    """Add the kind of each value, which is all that its machine code depends on, and the numbers as which it is passed.

    A fit comes here ten thousand times, so that a named tuple of plain numbers is taken as a whole, by what it declares.
    """
    for value in values:
        kind = type(value)
        if kind in _NUMBERS:
            kinds.append(kind)
            flat.append(value)
        elif kind is np.ndarray:
            flags = value.flags.num
            kinds.append((value.dtype, value.ndim, flags & (_ALIGNED | _WRITEABLE), flags & _C or flags & _F))
            flat += (None, None, value.size, value.itemsize, value.ctypes.data, *value.shape, *value.strides)
        elif isinstance(value, tuple):
            kinds.append((kind, _declared(kind)))
            if kinds[-1][1]:
                flat += value
            else:
                _flatten(value, kinds, flat)
        else:
            raise TypeError(f"{kind.__name__} is not passed to compiled code")


@lru_cache
def _declared(kind: type) -> tuple[type, ...]:
    """Types of the fields of a named tuple, where all are plain numbers."""
    types = tuple(getattr(kind, "__annotations__", {}).values())
    return types if set(types) <= set(_NUMBERS) else ()


def _as_declared(value):
    """A named tuple of plain numbers with each as the type that it declares, which is as what it is passed."""
    types = _declared(type(value)) if isinstance(value, tuple) else ()
    return type(value)(*(kind(number) for kind, number in zip(types, value, strict=True))) if types else value


def _passed(kinds: tuple) -> list:
    """Types of the numbers as which values of these kinds are passed."""
    size, found = ctypes.c_ssize_t, []
    for kind in kinds:
        if isinstance(kind, type):
            found.append(_NUMBERS[kind])
        elif isinstance(kind[0], type):  # a tuple: its numbers, unless what is in it follows
            found += map(_NUMBERS.__getitem__, kind[1])
        else:
            found += [ctypes.c_void_p, ctypes.c_void_p, size, size, ctypes.c_void_p, *[size] * (2 * kind[1])]
    return found
