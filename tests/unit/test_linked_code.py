"""Machine code that is linked and called without numba: the numbers of Python, whatever is passed."""

import ctypes
import pickle
from typing import NamedTuple

import numpy as np
import pytest

from livingdrug.engine.codegen import cache, linked
from livingdrug.engine.codegen.cache import Object
from livingdrug.engine.codegen.linked import Linked


class Sizes(NamedTuple):
    rows: int
    scale: float
    doubled: bool


class Arrays(NamedTuple):
    table: np.ndarray
    which: np.ndarray


def weigh(sizes, arrays, out, shift, twice):
    for i in range(sizes.rows):
        value = shift
        for j in range(arrays.table.shape[1]):
            value += sizes.scale * np.exp(arrays.table[arrays.which[i], j])
        out[i] = 2.0 * value if sizes.doubled or twice else value


@pytest.fixture
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "code"))
    cache._folder.cache_clear()
    yield tmp_path / "code"
    cache._folder.cache_clear()


@pytest.fixture
def weighing(folder):
    return Linked(__name__, "weigh")


def arguments(table: np.ndarray) -> tuple:
    return Sizes(3, 0.5, False), Arrays(table, np.array([2, 0, 1])), np.zeros(3), 0.25, True


TABLE = np.linspace(-2.0, 2.0, 15).reshape(3, 5)


@pytest.mark.parametrize("table", [TABLE, np.asfortranarray(TABLE), np.repeat(TABLE, 2, axis=1)[:, ::2], TABLE[:, :0]])
def test_the_numbers_are_those_of_python_for_arrays_as_they_lie(weighing, table):
    given, plain = arguments(table), arguments(table)
    weighing(*given)
    weigh(*plain)
    assert np.allclose(given[2], plain[2], rtol=1e-15, atol=0) and plain[2].all()


def test_arrays_that_cannot_be_written_and_each_kind_have_code_of_their_own(weighing, folder):
    frozen = TABLE.copy()
    frozen.flags.writeable = False
    for table in (TABLE, frozen, TABLE + 1):
        weighing(*arguments(table))
    assert len(weighing._known) == len(list(folder.iterdir())) == 2


def test_code_of_the_folder_is_used_and_damaged_code_is_made_anew(weighing, folder, monkeypatch):
    weighing(*arguments(TABLE))
    path = next(folder.iterdir())
    whole = path.read_bytes()
    again = Linked(__name__, "weigh")
    with monkeypatch.context() as patched:
        patched.setattr(Linked, "_compiled", lambda *_: pytest.fail("compiled again"))
        given = arguments(TABLE)
        again(*given)
    path.write_bytes(whole[:100])
    plain = arguments(TABLE)
    Linked(__name__, "weigh")(*plain)
    assert given[2].tobytes() == plain[2].tobytes() and isinstance(pickle.loads(cache.get(path)), Object)


def test_numbers_of_a_named_tuple_are_passed_as_it_declares_them(weighing):
    _, *rest = arguments(TABLE)
    weighing(Sizes(np.int64(3), 1, 0), *rest)  # compiled for this
    plain = arguments(TABLE)
    weigh(Sizes(3, 1.0, False), *plain[1:])
    assert np.allclose(rest[1], plain[2], rtol=1e-15, atol=0)
    with pytest.raises(ctypes.ArgumentError):
        weighing(Sizes(3.5, 1.0, False), *rest)


@pytest.mark.parametrize("wrong", ["3", None, 1j, np.float32(1.0)])
def test_what_compiled_code_does_not_take_is_refused(weighing, wrong):
    with pytest.raises(TypeError, match=f"{type(wrong).__name__} is not passed"):
        weighing(*arguments(TABLE)[:3], wrong, True)


def test_two_pieces_of_code_with_one_symbol_stand_side_by_side(weighing, folder):
    weighing(*arguments(TABLE))
    code = pickle.loads(cache.get(next(folder.iterdir())))
    assert linked.linked(code) != linked.linked(code)
