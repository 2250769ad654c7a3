"""A disk that is full: one sentence, exit code 2, and what was there before is whole."""

import builtins
import errno
import os

import pytest

from livingdrug.core.errors import InputError
from livingdrug.core.export import write_csv, write_text
from livingdrug.core.files import whole_file
from livingdrug.core.folders import OWN, held
from livingdrug.report import rebuild
from livingdrug.web.uploads import Uploads
from livingdrug.workflows import keep_run
from livingdrug.workflows.power.spec import Power
from livingdrug.workflows.simulate.spec import Simulation
from tests.commands import livingdrug
from tests.dying import contents

OLD, NEW = Power(fold=2.0, log_sd=0.8), Simulation(model="stein_2019", days=5)


class Full:
    """A disk that has room for so many bytes and then none, wherever they are written below a folder."""

    def __init__(self, monkeypatch, folder, room: int) -> None:
        self.folder, self.room, self.met = str(folder), room, 0
        self.open, self.fdopen, self.mkdir = builtins.open, os.fdopen, os.mkdir
        monkeypatch.setattr(builtins, "open", lambda *a, **k: self._bounded(self.open(*a, **k), a[0]))
        monkeypatch.setattr("io.open", lambda *a, **k: self._bounded(self.open(*a, **k), a[0]))
        monkeypatch.setattr(os, "fdopen", lambda handle, mode, **k: self._bounded(self.fdopen(handle, mode, **k), None, mode))

    def _bounded(self, file, name, mode=None):
        written = mode or getattr(file, "mode", "r")
        if not any(sign in written for sign in "wax+") or (name is not None and not str(name).startswith(self.folder)):
            return file
        write = file.write

        def limited(data):
            self.room -= len(data)
            if self.room < 0:
                self.met += 1
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(name))
            return write(data)

        try:
            file.write = limited
        except AttributeError:
            return _Wrapped(file, limited)
        return file


class _Wrapped:
    """A binary file whose `write` cannot be replaced."""

    def __init__(self, file, write) -> None:
        self._file, self.write = file, write

    def __getattr__(self, name):
        return getattr(self._file, name)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._file.close()

    def __iter__(self):
        return iter(self._file)


@pytest.mark.parametrize("room", [0, 1500, 60_000])
def test_a_run_that_finds_no_room_leaves_the_earlier_one(tmp_path, monkeypatch, room):
    folder = tmp_path / "run"
    keep_run(OLD, folder)
    before = contents(folder)
    with monkeypatch.context() as patch, pytest.raises(InputError, match="no space is left on the disk") as said:
        full = Full(patch, folder, room)
        keep_run(NEW, folder)
    assert full.met and ".livingdrug" not in str(said.value) and "\n" not in str(said.value)
    with held(folder):
        pass
    assert contents(folder) == before and not {p.name for p in folder.iterdir()} & set(OWN)
    rebuild(folder)
    keep_run(NEW, folder)
    assert contents(folder) != before


@pytest.mark.parametrize("call", ["fsync", "rename", "replace", "mkdir"])
def test_room_that_ends_in_a_call_of_the_system(tmp_path, monkeypatch, call):
    folder = tmp_path / "run"
    keep_run(OLD, folder)
    before = contents(folder)

    def full(*arguments, **named):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(InputError, match="no space is left"):
            keep_run(NEW, folder)
    keep_run(OLD, folder)
    assert contents(folder) == before


def test_the_command_says_it_and_ends_with_2(tmp_path, monkeypatch):
    (tmp_path / "answer.csv").write_text("earlier\n")
    for out in ("answer.csv", "run"):
        with monkeypatch.context() as patch:
            Full(patch, tmp_path, 50)
            patch.setattr("livingdrug.core.folders.os.write", lambda *a: None)
            done = livingdrug("power", "--effect", "0.5", "--out", str(tmp_path / out))
        assert done.returncode == 2 and "no space is left" in " ".join(done.stderr.split()), done
        assert "Traceback" not in done.stderr
    assert contents(tmp_path) == {"answer.csv": b"earlier\n"}


def test_files_of_every_kind_say_it(tmp_path, monkeypatch):
    import pandas as pd

    writers = (lambda path: write_csv(pd.DataFrame({"a": range(100)}), path), lambda path: write_text("x" * 500, path))
    for write in writers:
        (tmp_path / "file").write_text("earlier")
        with monkeypatch.context() as patch, pytest.raises(InputError, match="no space is left"):
            Full(patch, tmp_path, 50)
            write(tmp_path / "file")
        assert contents(tmp_path) == {"file": b"earlier"}
    with monkeypatch.context() as patch, pytest.raises(InputError, match="no space is left"):
        Full(patch, tmp_path, 50)
        with whole_file(tmp_path / "file", "wb") as file:
            file.write(b"x" * 500)
    assert contents(tmp_path) == {"file": b"earlier"}


def test_an_upload_that_finds_no_room_is_said(monkeypatch):
    uploads = Uploads()
    with monkeypatch.context() as patch, pytest.raises(InputError, match="`mine.csv` cannot be written: no space"):
        Full(patch, uploads._folder, 50)
        uploads.keep("mine.csv", b"x" * 500)
    assert not list(uploads._folder.glob("*.csv"))
