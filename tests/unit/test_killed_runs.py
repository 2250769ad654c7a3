"""A run that is killed leaves the earlier folder or its own, whole; the next one finishes, and throws away what is left."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from livingdrug.core import folders
from livingdrug.core.errors import InputError
from livingdrug.core.files import whole_file
from livingdrug.core.folders import OWN, file_hash, held, move_in, new_part, settled
from livingdrug.report import amend, rebuild
from livingdrug.report.record import read_record
from livingdrug.workflows import keep_answer, keep_run
from livingdrug.workflows.power.spec import Power
from livingdrug.workflows.simulate.spec import Simulation
from tests.commands import livingdrug
from tests.dying import Dead, Dying, contents

OLD = {"record.json": b"old", "results.csv": b"1", "pictures/a.svg": b"old", "pictures/b.svg": b"gone", "x/y/z.csv": b"z"}
NEW = {"record.json": b"new record", "results.csv": b"2", "pictures/a.svg": b"old", "script.py": b"print()"}
MINE = {"notes.txt": b"mine", "pictures/mine.png": b"mine too"}


def lay(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def run(folder: Path) -> None:
    """What a run does to its folder, with a few small files."""
    with held(folder) as path:
        lay(new_part(path), NEW)
        move_in(path, {name: file_hash(path / name) for name in OLD if (path / name).is_file()})


def moments(monkeypatch, act) -> int:
    """How many changes of the disk something makes."""
    with monkeypatch.context() as patch:
        counter = Dying(patch)
        act()
    return counter.count


@pytest.mark.parametrize("before", [{}, MINE, OLD | MINE, NEW | MINE], ids=["new", "files of others", "old run", "same run"])
def test_at_every_moment_of_a_kill_the_folder_is_the_old_one_or_the_new_one(tmp_path, monkeypatch, before):
    after = NEW | {name: content for name, content in before.items() if name in MINE}
    lay(tmp_path / "counted", before)
    count = moments(monkeypatch, lambda: run(tmp_path / "counted"))
    assert contents(tmp_path / "counted") == after and count > 20
    seen = set()
    for at in range(1, count + 1):
        folder = tmp_path / f"killed-{at}"
        lay(folder, before)
        with monkeypatch.context() as patch, pytest.raises(Dead):
            Dying(patch, at)
            run(folder)
        if folder.exists():
            with held(folder):
                pass
            found = contents(folder)
            assert found in (before, after), at
            seen.add(found == after)
            assert not {p.name for p in folder.iterdir()} & set(OWN)
        run(folder)
        assert contents(folder) == after
    assert seen == {True, False} or before == after


def test_what_is_killed_while_it_finishes_is_finished_by_the_next(tmp_path, monkeypatch):
    """Killed in its moves, and then again and again, each time a step later."""
    folder = tmp_path / "run"
    lay(folder, OLD)
    with monkeypatch.context() as patch, pytest.raises(Dead):
        patch.setattr(folders, "_finish", lambda path: (_ for _ in ()).throw(Dead) if (path / folders.NEW).exists() else None)
        run(folder)
    for at in range(1, 60):
        with monkeypatch.context() as patch:
            Dying(patch, at)
            try:
                settled(folder)
                break
            except Dead:
                continue
    assert contents(folder) == NEW


def test_a_file_that_somebody_changed_stays(tmp_path):
    lay(tmp_path, OLD)
    known = {name: file_hash(tmp_path / name) for name in OLD}
    (tmp_path / "x/y/z.csv").write_bytes(b"edited")
    with held(tmp_path) as path:
        lay(new_part(path), NEW)
        move_in(path, known)
    assert contents(tmp_path) == NEW | {"x/y/z.csv": b"edited"}


KINDS = {
    "simulate": (Simulation(model="stein_2019", days=5), Simulation(model="stein_2019", days=6)),
    "power": (Power(fold=2.0, log_sd=0.8), Power(effect=0.5)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_run_leaves_a_folder_whose_hashes_hold(tmp_path, monkeypatch, kind):
    old, new = KINDS[kind]
    answers = {}
    for name, scenario in (("old", old), ("new", new)):
        answers[name] = keep_run(scenario, tmp_path / name)

    def again(folder):
        def write(part):
            made = ("scenario.toml", "script.py", "record.json", "report.html")
            shutil.copytree(tmp_path / "new", part, dirs_exist_ok=True, ignore=lambda *_: made)
            return answers["new"]

        keep_answer(new, folder, write)

    shutil.copytree(tmp_path / "old", tmp_path / "counted")
    count = moments(monkeypatch, lambda: again(tmp_path / "counted"))
    whole = contents(tmp_path / "old"), contents(tmp_path / "new")
    assert contents(tmp_path / "counted") == whole[1]
    for at in range(1, count + 1, 4):
        folder = tmp_path / f"{at}"
        shutil.copytree(tmp_path / "old", folder)
        with monkeypatch.context() as patch, pytest.raises(Dead):
            Dying(patch, at)
            again(folder)
        settled(folder)
        known = {name: content for name, content in contents(folder).items() if name.split("/")[0] not in OWN}
        assert known in whole, at
        if at % 16 == 1:
            rebuild(folder)
            assert contents(folder) in whole


def test_a_killed_report_leaves_the_old_one(tmp_path, monkeypatch):
    folder = tmp_path / "run"
    keep_run(KINDS["power"][0], folder)
    before = contents(folder)
    count = moments(monkeypatch, lambda: rebuild(folder))
    for at in range(1, count + 1):
        with monkeypatch.context() as patch, pytest.raises(Dead):
            Dying(patch, at)
            rebuild(folder)
        assert {name: content for name, content in contents(folder).items() if name in before} == before
        rebuild(folder)
        assert contents(folder) == before


def test_a_killed_check_leaves_the_report_of_its_fit(tmp_path, monkeypatch):
    """What `livingdrug vpc` does to a folder."""
    from livingdrug.report import Part

    def write(part):
        (part / "vpc.csv").write_text("1\n")
        return Part("vpc", "Check", points=("made up",))

    keep_run(KINDS["power"][0], tmp_path / "old")
    shutil.copytree(tmp_path / "old", tmp_path / "new")
    count = moments(monkeypatch, lambda: amend(tmp_path / "new", write))
    whole = contents(tmp_path / "old"), contents(tmp_path / "new")
    assert "vpc.csv" in whole[1] and "vpc.csv" in read_record(tmp_path / "new")["hashes"]
    for at in range(1, count + 1, 3):
        folder = tmp_path / f"{at}"
        shutil.copytree(tmp_path / "old", folder)
        with monkeypatch.context() as patch, pytest.raises(Dead):
            Dying(patch, at)
            amend(folder, write)
        with held(folder):
            pass
        assert contents(folder) in whole, at


def test_a_second_run_is_refused_and_names_the_first(tmp_path):
    import socket

    done, begun = threading.Event(), threading.Event()

    def first():
        with held(tmp_path / "run"):
            begun.set()
            done.wait(30)

    thread = threading.Thread(target=first)
    thread.start()
    begun.wait(30)
    for out in ("--out", "run"), ("--out", str(tmp_path / "run")):
        second = livingdrug("power", "--effect", "0.5", *out, cwd=tmp_path)
        said = " ".join(second.stderr.split())
        assert second.returncode == 2 and f"process {os.getpid()} on {socket.gethostname()}, since 20" in said
    assert livingdrug("report", "run", cwd=tmp_path).returncode == 2
    done.set()
    thread.join()
    assert livingdrug("power", "--effect", "0.5", "--out", "run", cwd=tmp_path).returncode == 0
    assert not (tmp_path / "run" / folders.LOCK).exists()


def test_the_lock_of_a_dead_process_is_taken_over(tmp_path):
    folder = tmp_path / "run"
    code = (
        "import os, signal, sys\nfrom livingdrug.core.folders import held, new_part\n"
        "with held(sys.argv[1]) as path:\n    (new_part(path) / 'half').write_text('x')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(folder)]).returncode == -signal.SIGKILL
    left = json.loads((folder / folders.LOCK).read_text())
    assert left["pid"] != os.getpid() and (folder / folders.PART / "half").exists()
    with held(folder):
        assert json.loads((folder / folders.LOCK).read_text())["pid"] == os.getpid()
        assert not (folder / folders.PART).exists()
    assert list(folder.iterdir()) == []


def test_a_part_of_a_dead_process_goes_and_that_of_a_living_one_stays(tmp_path):
    (tmp_path / "a.csv.999999.part").write_text("half")
    (tmp_path / "a.csv.mine.part").write_text("not ours")
    with whole_file(tmp_path / "a.csv") as file:
        file.write("x")
        part = tmp_path / f"a.csv.{os.getpid()}.part"
        other = tmp_path / "a.csv.1.part"
        os.link(part, other)  # the same open file under another number: it is held
        with whole_file(tmp_path / "b.csv"):
            pass
        from livingdrug.core.files import _remove_dead_parts

        _remove_dead_parts(tmp_path / "a.csv")
        assert part.exists() and other.exists()
        other.unlink()
    assert {p.name for p in tmp_path.iterdir()} == {"a.csv", "a.csv.mine.part", "b.csv"}


def test_a_process_that_is_asked_to_end_says_so_and_leaves_nothing(tmp_path):
    code = (
        "import os, signal, sys\nfrom livingdrug.cli import main\n"
        "from livingdrug.workflows.base import Workflow\n"
        "Workflow.run = lambda *a: os.kill(os.getpid(), signal.SIGTERM) or __import__('time').sleep(60)\n"
        "sys.argv = ['livingdrug', 'power', '--effect', '0.5', '--out', 'run']\nmain.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 143 and "terminated" in done.stderr and "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_places_that_are_taken_are_said_before_anything_changes(tmp_path):
    lay(tmp_path, {"results.csv/inside": b"1", "notes.txt": b"mine"})
    before = contents(tmp_path)
    with pytest.raises(InputError, match="is a folder where a run puts a file"):
        run(tmp_path)
    assert {k: v for k, v in contents(tmp_path).items() if k.split("/")[0] not in OWN} == before
