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
where the next command (the same again; with --resume of a fit, and of a simulation of several blocks) ends without a fault,
and where it leaves, byte for byte, the folder of a run that was not killed, and nothing else. Times are uniform over 1.1
times the duration of a run.
Prints a row for each kind, and adds the counts to bench/results/kills.json (empty its rows to begin anew); exit
code 1 where one failed.
"""

import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.machine import machine

RESULTS = Path(__file__).with_name("results") / "kills.json"
KINDS = {
    "simulate": ("simulate", "stein_2019", "-n", "200", "--spread", "sd", "--days", "28", "--out", "run"),
    "blocks": ("simulate", "stein_2019", "-n", "20000", "--exposure", "0", "28", "--out", "run"),
    "sensitivity": ("sensitivity", "stein_2019", "-n", "256", "--out", "run"),
    "nca": ("nca", "ex/kinetics.csv", "--out", "run"),
    "trial": ("trial", "ex/umbrella.toml", "--replicates", "200", "--out", "run"),
    "fit": ("fit", "ex/kinetics.csv", "--model", "stein_2019", "--random", "c_max,alpha", "--out", "run"),
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
}
RESUMED = ("fit", "blocks")  # of these kinds the next run goes on with --resume
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


def killed(kind: str, where: Path, at: float) -> bool:
    """Start a run and kill it; whether it was still running."""
    process = subprocess.Popen(command(kind), cwd=where, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(at)
        return False
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True


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
    again = run(command(kind) + (["--resume"] if kind in RESUMED else []), where)
    if again.returncode not in (0, 3, 4):
        return f"the next run ended with {again.returncode}: {again.stderr.strip()[-200:]}"
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
            at = self.draw.uniform(0.0, 1.1 * self.seconds)
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
