"""The folder of compiled code: private, whole, made anew when damaged, and the same numbers with or without it."""

import importlib
import os
import pkgutil
import stat
import subprocess
import sys
import time

import pytest
from numba.core.dispatcher import Dispatcher

from livingdrug import engine
from livingdrug.core import waiting
from livingdrug.core.errors import InputError
from livingdrug.engine import in_threads, system_kernel
from livingdrug.engine.codegen import cache
from livingdrug.models import Flow, Output, Quantity, State, Structure
from livingdrug.models.compose import assemble


@pytest.fixture
def asked_for(monkeypatch):
    def ask(path):
        monkeypatch.setenv(cache.VARIABLE, str(path))
        cache._folder.cache_clear()
        return cache.folder(), cache.notice()

    yield ask
    cache._folder.cache_clear()


def test_a_private_folder_is_used_and_made(asked_for, tmp_path):
    folder, notice = asked_for(tmp_path / "new")
    assert folder == tmp_path / "new" and not notice
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700


def test_a_folder_that_others_can_write_to_is_not_trusted(asked_for, tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    folder, notice = asked_for(shared)
    assert folder != shared
    assert "others can write to it" in notice and str(shared) in notice


def test_a_place_that_cannot_be_written_falls_back_with_a_notice(asked_for, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    folder, notice = asked_for(blocked / "below")
    assert folder.is_dir() and "is compiled again in each run" in notice


def test_a_folder_for_one_run_is_removed_at_its_end(tmp_path):
    code = "from livingdrug.engine.codegen import cache; print(cache.folder())"
    environment = os.environ | {cache.VARIABLE: "/proc/none", "TMPDIR": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert run.stdout.strip().startswith(str(tmp_path)) and not list(tmp_path.iterdir())


# ------------------------------------------------------------------------------------------ whole or not at all


def test_what_is_put_comes_back_and_damage_is_seen(tmp_path):
    path = tmp_path / "code"
    content = b"first\n\x00second\n# sha256 not this one\n"
    cache.put(path, content)
    assert cache.get(path) == content and [p.name for p in tmp_path.iterdir()] == ["code"]
    whole = path.read_bytes()
    for damaged in (b"", whole[:10], whole[:-1], whole.replace(b"second", b"sEcond")):
        path.write_bytes(damaged)
        assert cache.get(path) is None
    assert cache.get(tmp_path / "nothing") is None


def test_a_folder_without_room_is_named(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(InputError, match=r"\(No space left on device\); make room there"):
        cache.put(tmp_path / "code", b"x")
    assert not list(tmp_path.iterdir())


def tiny(name: str = "tiny", rate: str = "k * x"):
    return assemble(
        name,
        Structure(
            states=(State("x", "cells", "cells", initial="start"),),
            flows=(Flow("change", rate, "growth", into="x"),), outputs=(Output("double", "2 * x", "cells", "twice"),),
            quantities=(Quantity("k", "1/d", "rate"), Quantity("start", "cells", "start")), time_unit="d",
        ),
        [],
    )  # fmt: skip


@pytest.mark.parametrize("left", [0, 1000, 0.5])
def test_damaged_code_is_made_anew(asked_for, tmp_path, left):
    folder, _ = asked_for(tmp_path / "code")
    system_kernel.cache_clear()
    system_kernel(tiny(), ("double",))
    for path in folder.iterdir():
        data = path.read_bytes()
        path.write_bytes(data[: left if isinstance(left, int) else int(left * len(data))])
    system_kernel.cache_clear()
    assert system_kernel(tiny(), ("double",)).layout.states == 1
    assert all(cache.get(path) is not None for path in folder.iterdir())
    system_kernel.cache_clear()


def test_listeners_hear_what_is_compiled_and_nothing_when_it_is_there(asked_for, tmp_path, monkeypatch):
    asked_for(tmp_path / "code")
    heard = []
    monkeypatch.setattr(waiting, "listeners", [heard.append])
    for _ in range(2):
        system_kernel.cache_clear()
        system_kernel(tiny(), ("double",))
        assert heard == ["the equations of tiny"]
    system_kernel.cache_clear()


def test_a_name_is_never_code(asked_for, tmp_path):
    """A model file is data; its name is free text."""
    asked_for(tmp_path / "code")
    made = tmp_path / "made"
    system_kernel(tiny(f'x"""\nopen({str(made)!r}, "w")\n"""'), ("double",))
    assert not made.exists()


# ------------------------------------------------------------------------------------------ first run, later runs

RUN = """
import hashlib, sys
from livingdrug.models.catalogue import get_model
from livingdrug.simulation import draw_subjects, simulate
model = get_model("stein_2019")
result = simulate(model, draw_subjects(model, 20, seed=3), until=365.0)
print(hashlib.sha256(result.values.tobytes() + result.area.tobytes()).hexdigest(), "sympy" in sys.modules)
"""


def test_whatever_a_solver_calls_is_inlined():
    """Else a first run calls other copies of it than a run from the cache does, with other last digits."""
    inlined = 0
    for found in pkgutil.walk_packages(engine.__path__, "livingdrug.engine."):
        module = importlib.import_module(found.name)
        made = [m for m in vars(module).values() if isinstance(m, Dispatcher) and m.__module__ == module.__name__]
        assert all(m.targetoptions.get("forceinline") or m.targetoptions.get("nogil") for m in made)
        inlined += len(made)
    assert inlined > 100


def test_two_processes_compile_at_once_and_a_third_finds_the_same_numbers(tmp_path):
    environment = os.environ | {cache.VARIABLE: str(tmp_path / "code")}

    def start():
        return subprocess.Popen([sys.executable, "-c", RUN], stdout=subprocess.PIPE, env=environment, text=True)

    first = [start(), start()]
    said = [process.communicate()[0].split() for process in first]
    assert all(process.returncode == 0 for process in first)
    later = start().communicate()[0].split()
    assert {numbers for numbers, _ in said} == {later[0]}
    # what writes equations is not even imported when they are there
    assert later[1] == "False" and "True" in {imported for _, imported in said}


def test_an_interrupt_leaves_the_blocks_that_have_not_begun():
    begun = []

    def work(start: int) -> int:
        begun.append(start)
        time.sleep(0.01)
        if start == 3:
            raise KeyboardInterrupt
        return start

    with pytest.raises(KeyboardInterrupt):
        list(in_threads(work, range(500), 2))
    assert len(begun) < 50
    assert sorted(in_threads(work, [0, 1, 2], 2)) == list(in_threads(work, [0, 1, 2], 1)) == [0, 1, 2]


def test_machine_code_of_another_package_is_made_anew_when_its_neighbours_change(tmp_path):
    """What a function calls in its own package is inlined into it, so that its own text alone is no key."""
    from livingdrug.attributes import crossing
    from livingdrug.engine.codegen import machine_code

    folder = machine_code.ROOT / "attributes"
    assert crossing.over_ridge._cache.source.endswith(cache.sources(folder))
    (tmp_path / "a.py").write_text("x = 1")
    first = cache.sources(tmp_path)
    cache.sources.cache_clear()
    (tmp_path / "a.py").write_text("x = 2")
    assert cache.sources(tmp_path) != first
