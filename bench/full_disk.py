"""Disks that are full, and file systems that are read-only: what was there before is whole, and one sentence says why.

    python -m bench.full_disk [ROUNDS] [KIND ...]     # as root, for it mounts; adds to bench/results/full_disk.json

Every kind of analysis with a command runs the first of its examples into a folder that holds an earlier run of it, on a
file system of its own (tmpfs). Full: each round leaves room for another part of what the run would write, anything from
nothing to nearly all of it. Read-only: the file system is mounted so. A round of a kind counts as right where the command
ends with exit code 2, says in one sentence that no space is left (that the file system is read-only) without a traceback,
and leaves every byte as it was; a run that found room enough has to end well. What was computed in the first run is kept
in memory, so that a round is the writing; a simulation, which writes while it computes, is run again.
"""

import json
import random
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.kills import contents, forked
from bench.machine import machine

RESULTS = Path(__file__).with_name("results") / "full_disk.json"
EXAMPLES = ("nca", "response", "attributes", "assay", "trial")
LEFT = {"verify", "check"}  # too long for this bench, or without a folder
READINGS = ("readings.csv", "--map", "map.csv", "--events", "events.csv")
# kind -> a run of it on the examples, where the first example of its command names other files
OWN = {
    "trial": ["trial", "escalation.toml", "--replicates", "200"],
    "fit": ["fit", "kinetics.csv", "--model", "stein_2019", "--random", "c_max", "--fix", "alpha,beta", "--method", "focei"],
    "assay-fit": ["assay", "fit", *READINGS],
    "assay-models": ["assay", "models", *READINGS],
    "assay-design": ["assay", "design"],
}
# folder -> the run that others rest on
BEFORE = {
    "fitted": ["assay", "fit", *READINGS],
    "run_model": ["attributes", "learn", "products.csv", "--outcome", "CR+PR", "--permutations", "21"],
    "patient": ["assay", "predict", "fitted", "--product", "singh_2021", "--map", "k_kill=k_kill"],
}
WELL = (0, 3, 4)  # exit codes of a run that ended, of a fit too
# made up
EXPOSURE = "construct,CMAX,AUC28\n" + "".join(f"C{1 + i % 4},{100 + 7 * i},{900 + 50 * i}\n" for i in range(24))
PAGE = 4096  # a file on a tmpfs takes whole pages


def commands() -> dict[str, list[str]]:
    """Kind -> the first example of its command that rests on no run before it."""
    from livingdrug.workflows import kinds, workflow
    from livingdrug.workflows.found import has_command

    found = dict(OWN)
    for kind in kinds():
        if kind not in LEFT and kind not in OWN and has_command(kind):
            words = [shlex.split(line)[1:] for line in workflow(kind).scenario.EXAMPLES]
            found[kind] = without_out(words[0])
    return found


def without_out(words: list[str]) -> list[str]:
    """A command without its --out."""
    if "--out" not in words:
        return words
    at = words.index("--out")
    return words[:at] + words[at + 2 :]


def remember() -> None:
    """What a kind computes is computed once in this process, and in those that are forked from it; an assay is fitted
    in one round."""
    import livingdrug.assay.fit  # noqa: F401

    sys.modules["livingdrug.assay.fit"].ROUNDS = 1  # pyright: ignore[reportAttributeAccessIssue]
    from livingdrug.workflows.base import Workflow

    run, known = Workflow.run, {}

    def remembered(self, scenario, conduct=None):
        if self.kind == "simulate":
            return run(self, scenario, conduct)
        key = scenario.model_dump_json()
        if key not in known:
            known[key] = run(self, scenario, conduct)
        return known[key]

    Workflow.run = remembered


def size_of(folder: Path) -> int:
    """Bytes that a folder takes on a tmpfs."""
    return sum(-(-p.stat().st_size // PAGE) * PAGE for p in folder.rglob("*") if p.is_file())


class Disk:
    """A file system of its own at a folder, mounted and unmounted."""

    def __init__(self, place: Path, room: int) -> None:
        self.place, self.room = place, room

    def __enter__(self) -> "Disk":
        mount("-t", "tmpfs", "-o", f"size={self.room}", "tmpfs", str(self.place))
        return self

    def read_only(self) -> None:
        """No byte can be written from here on."""
        mount("-o", "remount,ro", str(self.place))

    def __exit__(self, *error) -> None:
        subprocess.run(["umount", str(self.place)], check=True)


def mount(*words: str) -> None:
    """Run `mount`."""
    subprocess.run(["mount", *words], check=True)


def fault_of(said: str, code: int | None, word: str, before: dict, after: dict, room: bool) -> str:
    """What is wrong after a run, "" where nothing is; room: whether it may have had enough."""
    if code in WELL and room:
        return ""
    if code != 2:
        return f"exit code {code}: {said.strip()[-200:]}"
    if "Traceback" in said or word not in " ".join(said.split()):
        return f"it said: {said.strip()[-200:]}"
    return "" if after == before else f"files differ: {sorted(before.keys() ^ after.keys())[:5]}"


def rests_on(folder: str, run: list[str], where: Path) -> None:
    """Make the folder that a run reads, and the one that this rests on."""
    from tests.commands import livingdrug

    for name in BEFORE:
        if name in run and not (where / name).is_dir():
            rests_on(name, BEFORE[name], where)
    if not (where / folder).is_dir():
        done = livingdrug(*run, "--out", folder, cwd=where)
        assert done.returncode in WELL, done.stderr


def rounds_of(kind: str, arguments: list[str], where: Path, count: int, draw: random.Random) -> dict:
    """Full and read-only disks under one kind."""
    from tests.commands import livingdrug

    disk = where / "disk"
    disk.mkdir()
    for what in EXAMPLES:
        livingdrug("example", what, f"ex-{what}", cwd=where)
        shutil.copytree(where / f"ex-{what}", where / "ex", dirs_exist_ok=True)
        shutil.copytree(where / f"ex-{what}", where, dirs_exist_ok=True)
    (where / "exposure.csv").write_text(EXPOSURE)
    for folder, run in BEFORE.items():
        if folder in arguments:
            rests_on(folder, run, where)
    done = livingdrug(*arguments, "--out", "earlier", cwd=where)
    if done.returncode not in WELL or not (where / "earlier").is_dir():
        return {"left_out": " ".join(done.stderr.split()).removeprefix("livingdrug: ")[:160]}
    needed = size_of(where / "earlier")
    row = {"full": 0, "full_right": 0, "found_room": 0, "read_only": 0, "read_only_right": 0, "faults": []}
    for _ in range(count):
        room = int(draw.uniform(0.0, 1.0) * needed)
        with Disk(disk, needed + room + 2 * PAGE) as full:
            shutil.copytree(where / "earlier", disk / "run")
            before = contents(disk)
            code, said = forked([*arguments, "--out", "disk/run"], where)
            fault = fault_of(said, code, "no space is left on the disk", before, contents(disk), room=True)
            row["found_room"] += code in WELL
            row["full"] += code not in WELL
            row["full_right"] += code not in WELL and not fault
            row["faults"] += [f"full ({room}): {fault}"] if fault else []
            full.read_only()
            before = contents(disk)
            code, said = forked([*arguments, "--out", "disk/run"], where)
            fault = fault_of(said, code, "written", before, contents(disk), room=False)
            row["read_only"] += 1
            row["read_only_right"] += not fault
            row["faults"] += [f"read-only: {fault}"] if fault else []
    return row


def together(before: dict | None, now: dict) -> dict:
    """Counts of an earlier call and of this one."""
    if before is None or "left_out" in before or "left_out" in now:
        return now
    return {key: before[key] + now[key] for key in now}


def main(*given: str) -> int:
    """The exit code."""
    count = int(given[0]) if given else 1
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"rows": {}}
    draw = random.Random(11 + sum(row.get("full", 0) + row.get("found_room", 0) for row in found["rows"].values()))
    remember()
    bad = 0
    for kind, arguments in commands().items():
        if given[1:] and kind not in given[1:]:
            continue
        with tempfile.TemporaryDirectory() as folder:
            now = rounds_of(kind, arguments, Path(folder), count, draw)
        bad += len(now.get("faults", ()))
        print(f"{kind:20} {now}", flush=True)
        found["rows"][kind] = together(found["rows"].get(kind), now)
        RESULTS.write_text(json.dumps({"machine": machine(), "rows": found["rows"]}, indent=1) + "\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
