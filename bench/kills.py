"""Runs that are killed (SIGKILL) at random moments: what is left is the earlier folder or the new one, and resuming works.

    python -m bench.kills 200              kills, the kinds in turn
    python -m bench.kills 20 fit nca       of these kinds alone
    python -m bench.kills 40 --moves       while results are moved in: a kill before a rename (or rmdir); the
                                           places are spread over all of a run, go on from those of earlier
                                           calls, and enough kills meet every one
    python -m bench.kills 200 --seconds N  until N seconds are over
    python -m bench.kills 2000 --records   mutated records that `livingdrug report` reads; nothing is killed

Every folder holds an earlier run of its kind, with another seed or setting. A kill counts as right where the folder then has
the files of the earlier or of the new run (a move that was cut off is finished first, as all that reads a folder does),
where the next command (the same again; with --resume of what can be resumed) takes up every piece that the killed run had
kept and ends without a fault, and where it leaves, byte for byte, the folder of a run that was not killed, and nothing else.
Times are uniform over the duration of a run. Each run is a process of its own, forked from one that has loaded and compiled
everything, so that moments fall into the run and not into its start; with --moves it is started as by a user.
Prints a row for each kind, and adds the counts to bench/results/kills.json (empty its rows to begin anew); exit
code 1 where one failed.
"""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from bench.machine import machine

RESULTS = Path(__file__).with_name("results") / "kills.json"
KINDS = {
    "simulate": ("simulate", "stein_2019", "-n", "200", "--spread", "sd", "--days", "28", "--out", "run"),
    "blocks": ("simulate", "stein_2019", "-n", "40000", "--exposure", "0", "28", "--out", "run"),
    "sensitivity": ("sensitivity", "stein_2019", "-n", "2048", "--out", "run"),
    "nca": ("nca", "ex/kinetics.csv", "--out", "run"),
    "trial": ("trial", "ex/umbrella.toml", "--replicates", "500", "--out", "run"),
    "fit": ("fit", "ex/kinetics.csv", "--model", "stein_2019", "--random", "c_max,alpha", "--out", "run"),
    "bootstrap": ("fit", "ex/kinetics.csv", "--model", "stein_2019", "--random", "c_max", "--method", "focei",
                  "--profile", "c_max", "--bootstrap", "20", "--out", "run"),
    "compare": ("fit", "ex/kinetics.csv", "--model", "stein_2019", "--random", "c_max", "--fix", "alpha,beta", "--compare",
                "--out", "run"),
    "chains": ("fit", "ex/kinetics.csv", "--model", "stein_2019", "--random", "c_max", "--fix", "alpha,beta", "--method",
               "bayes", "--chains", "3", "--tune", "50", "--draws", "100", "--out", "run"),
    "report": ("report", "run"),
    "vpc": ("vpc", "run", "--replicates", "40"),
}
OTHER = {
    "simulate": ("--seed", "2"),
    "blocks": ("--seed", "2"),
    "sensitivity": ("--seed", "2"),
    "nca": ("--auc", "linear"),
    "trial": ("--seed", "2"),
    "fit": ("--seed", "2"),
    "bootstrap": ("--seed", "2"),
    "compare": ("--seed", "2"),
    "chains": ("--seed", "2"),
}
# of these kinds the next run goes on with --resume
RESUMED = ("fit", "blocks", "sensitivity", "trial", "bootstrap", "compare", "chains")
TAKEN_UP = re.compile(r"([\d,]+) of [\d,]+ .{1,60}? are kept from before")
PATIENCE = 600.0  # seconds until a run that goes on counts as one that never ends
OWN = ".livingdrug."
# a run that kills itself before its K-th rename below the folder of a run
AT_A_MOVE = """
import os, signal, sys
count = left = int(sys.argv.pop(1))
def counted(call):
    def counting(*given, **named):
        global left
        left -= ".livingdrug." in str(given[0]) or ".part" in str(given[0])
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*given, **named)
    return counting
for name in ("rename", "replace", "rmdir"):
    setattr(os, name, counted(getattr(os, name)))
from livingdrug.cli.main import main
try:
    main()
finally:
    print("moves", count - left, file=sys.stderr)
"""


def command(kind: str) -> list[str]:
    """A run of a kind."""
    return [sys.executable, "-m", "livingdrug", *KINDS[kind]]


def run(arguments: list[str], where: Path) -> subprocess.CompletedProcess:
    """A command in a folder, to its end."""
    return subprocess.run(arguments, cwd=where, capture_output=True, text=True)


def contents(folder: Path) -> dict[str, bytes]:
    """Name -> bytes of the files of a run's folder, without what is there only while it is written."""
    files = (p for p in sorted(folder.rglob("*")) if p.is_file())
    named = {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}
    return {
        name: content
        for name, content in named.items()
        if not name.startswith((OWN, "state.npz")) and not name.endswith(".part")  # not there for a reader
    }


def prepared(kind: str, where: Path) -> tuple[dict, dict, float]:
    """(files of the earlier run, files of a run that is not killed, its seconds); the earlier one lies in
    `earlier`."""
    for what in ("nca", "trial"):
        subprocess.run(
            [sys.executable, "-m", "livingdrug", "example", what, "ex"], cwd=where, capture_output=True
        )
    first = command("fit" if kind in ("report", "vpc") else kind) + list(OTHER.get(kind, ()))
    done = run(first, where)
    assert done.returncode in (0, 3, 4), done.stderr
    shutil.copytree(where / "run", where / "earlier")
    start = time.monotonic()
    done = run(command(kind), where)
    assert done.returncode in (0, 3, 4), done.stderr
    seconds = time.monotonic() - start
    return contents(where / "earlier"), contents(where / "run"), seconds


def begun(arguments: Sequence[str], where: Path) -> int:
    """The number of a process that runs a command in a folder, forked from this one; what it says goes to `said`."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        said = os.open(where / "said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(said, 1)
        os.dup2(said, 2)
        os.chdir(where)
        sys.argv, sys.stdout, sys.stderr = ["livingdrug", *arguments], os.fdopen(1, "w"), os.fdopen(2, "w")
        main_of_all()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(bool(end.code))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main_of_all() -> None:
    """The command line."""
    from livingdrug.cli.main import main

    main()


def ended(child: int, seconds: float) -> int | None:
    """The exit code of a process; None where it runs on after so many seconds, and is killed."""
    end = time.monotonic() + seconds
    while True:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= end:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return None
        time.sleep(0.002)


def forked(arguments: Sequence[str], where: Path) -> tuple[int | None, str]:
    """(exit code, what was said) of a command to its end."""
    code = ended(begun(arguments, where), PATIENCE)
    said = (where / "said").read_text(errors="replace")
    (where / "said").unlink()
    return code, said


def killed(kind: str, where: Path, at: float) -> bool:
    """Start a run and kill it; whether it was still running."""
    code = ended(begun(KINDS[kind], where), at)
    (where / "said").unlink(missing_ok=True)
    return code is None


def warm(kind: str, where: Path) -> float:
    """Seconds of a run that is forked, once this process has loaded what it needs."""
    from tests.commands import livingdrug

    shutil.copytree(where, where.with_name("warm"))
    livingdrug(*KINDS[kind], cwd=where.with_name("warm"))
    begin = time.monotonic()
    forked(KINDS[kind], where.with_name("warm"))
    shutil.rmtree(where.with_name("warm"))
    return time.monotonic() - begin


def at_a_move(kind: str, where: Path, at: int) -> subprocess.CompletedProcess:
    """The same before the `at`-th rename."""
    return run([sys.executable, "-c", AT_A_MOVE, str(at), *KINDS[kind]], where)


def moves(kind: str, where: Path) -> int:
    """How many renames a run of a kind makes over an earlier one."""
    said = at_a_move(kind, where, 10**9).stderr
    return int(said.rpartition("moves ")[2].split()[0])


def fault_of(kind: str, where: Path, old: dict, new: dict) -> str:
    """What is wrong with a folder after a kill, "" where nothing is."""
    if not (where / "run" / f"{OWN}new").exists() and contents(where / "run") not in (old, new):
        return "neither the old nor the new folder"
    pieces = len(list((where / "run.blocks").glob("*.block")))
    code, said = forked([*KINDS[kind], *(["--resume"] if kind in RESUMED else [])], where)
    if code not in (0, 3, 4):
        return f"the next run ended with {code}: {said.strip()[-200:]}"
    taken = sum(int(count.replace(",", "")) for count in TAKEN_UP.findall(" ".join(said.split())))
    if taken != pieces and "nothing was left to do" not in said and kind in RESUMED:
        return f"{pieces} pieces were kept, {taken} were taken up"
    if contents(where / "run") != new:
        return "the next run gave another folder"
    left = [
        p.name
        for p in (where / "run").iterdir()
        if p.name.startswith((OWN, "state.npz")) or p.name.endswith(".part")
    ]
    left += [p.name for p in where.glob("run.*")]
    return f"left over: {left}" if left else ""


class Row:
    """The kills of one kind, in a folder of its own."""

    def __init__(self, kind: str, folder: Path, walk: bool, share: int, draw: random.Random, done: int) -> None:
        self.kind, self.where, self.walk, self.draw = kind, folder / kind, walk, draw
        self.where.mkdir()
        self.old, self.new, self.seconds = prepared(kind, self.where)
        self.begin_again()
        self.places = moves(kind, self.where) if walk else 0
        self.seconds = self.seconds if walk else warm(kind, self.where)
        self.step = max(self.places / share, 1.0)
        self.done = done  # places that earlier calls met
        self.runs = self.hit = 0
        self.faults: list[str] = []

    def begin_again(self) -> None:
        """The folder as the earlier run left it."""
        shutil.rmtree(self.where / "run")
        shutil.rmtree(self.where / "run.blocks", ignore_errors=True)
        shutil.copytree(self.where / "earlier", self.where / "run")

    def kill(self) -> None:
        """One more run and its kill."""
        self.begin_again()
        if self.walk:
            at = 1 + (self.done + int(self.runs * self.step)) % max(self.places, 1)
            self.hit += at_a_move(self.kind, self.where, at).returncode == -signal.SIGKILL
        else:
            at = self.draw.uniform(0.0, self.seconds)
            self.hit += killed(self.kind, self.where, at)
        self.runs += 1
        fault = fault_of(self.kind, self.where, self.old, self.new)
        if fault:
            self.faults.append(f"kill {self.runs} ({at:.3f}): {fault}")
            print(f"{self.kind} {self.faults[-1]}", flush=True)

    def counts(self) -> dict:
        """What came of it so far."""
        more = {"places": self.places} if self.walk else {"run_s": round(self.seconds, 1)}
        return {
            "runs": self.runs,
            "killed": self.hit,
            "right": self.runs - len(self.faults),
            **more,
            "faults": self.faults,
        }


def together(before: dict | None, now: dict) -> dict:
    """The counts of an earlier call and of this one."""
    if before is None:
        return now
    return now | {key: before[key] + now[key] for key in ("runs", "killed", "right", "faults")}


def kills(kinds: list[str], count: int, walk: bool, seconds: float) -> bool:
    """Kill `count` runs, the kinds in turn, until the time is over; whether all was right."""
    end, name = time.monotonic() + seconds, "moves" if walk else "moments"
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"rows": {}}
    kept = found["rows"].setdefault(name, {})
    before, draw = dict(kept), random.Random(7 + sum(row["runs"] for row in kept.values()))
    with tempfile.TemporaryDirectory() as folder:
        rows = []
        for k in range(count):
            if time.monotonic() > end:
                break
            if k < len(kinds):
                done = before.get(kinds[k], {}).get("runs", 0) if walk else 0
                rows.append(Row(kinds[k], Path(folder), walk, -(-count // len(kinds)), draw, done))
            rows[k % len(kinds)].kill()
            kept.update((row.kind, together(before.get(row.kind), row.counts())) for row in rows)
            RESULTS.write_text(json.dumps({"machine": machine(), "rows": found["rows"]}, indent=1) + "\n")
    for row in rows:
        print(f"{row.kind:9} {row.counts()}", flush=True)
    return not any(row.faults for row in rows)


def records(count: int) -> bool:
    """Mutate the record of a run, and forge it with its own hash anew; whether each was read or refused in a
    sentence."""
    from livingdrug.core.errors import InputError
    from livingdrug.report.folder import rebuild
    from livingdrug.report.record import sealed
    from livingdrug.workflows.base import keep_run
    from livingdrug.workflows.power.spec import Power
    from tests.mutants import bytes_changed, data_changed

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a" / "run"
        keep_run(Power(fold=2.0, log_sd=0.8), path)
        thesis = path.parent / "thesis.txt"
        thesis.write_text("years of work")
        raw = (path / "record.json").read_bytes()
        data = {key: value for key, value in json.loads(raw).items() if key != "sha256"}
        forged = (
            sealed(made).encode(errors="surrogatepass") for made in data_changed(data, count - count // 2, 1)
        )
        refused, faults = 0, []
        for content in (*bytes_changed(raw, count // 2, 1), *forged):
            (path / "record.json").write_bytes(content)
            try:
                rebuild(path)
            except InputError:
                refused += 1
            except Exception as error:
                faults.append(f"  {type(error).__name__}: {error}")
        whole = thesis.read_text() == "years of work" and {p.name for p in path.parent.iterdir()} == {
            "run",
            "thesis.txt",
        }
    outside = "whole" if whole else "HURT"
    print(
        f"records   {count:4} mutated, {refused:4} refused, {len(faults)} tracebacks, files outside {outside}"
    )
    print("\n".join(faults), end="\n" if faults else "")
    return whole and not faults


def main(*given: str) -> int:
    """The exit code."""
    count = int(given[0]) if given else 200
    if "--records" in given:
        return 0 if records(count) else 1
    kinds = [word for word in given[1:] if word in KINDS] or list(KINDS)
    seconds = float(given[given.index("--seconds") + 1]) if "--seconds" in given else float("inf")
    return 0 if kills(kinds, count, "--moves" in given, seconds) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
