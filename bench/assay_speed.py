"""CPU seconds of a killing assay from files to a report, as the commands take them.

    python -m bench.assay_speed

The plate of `livingdrug example assay` (96 wells, 1,776 counts, 4 constructs, 3 donors, 4 rounds): checked, fitted with
donors and wells that differ and reported; then every sixth well (16) alone. Each command is a process of its own, start-up,
figures and report included; compiled code is in the cache, as after a first run. CPU seconds of the process, which hardly
depend on what else the machine does."""

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.machine import machine

FILES = ("readings.csv", "--map", "map.csv", "--events", "events.csv")
COMMANDS = {
    "check": ("assay", "check", *FILES, "--out", "checked"),
    "fit, hierarchical": ("assay", "fit", *FILES, "--model", "exhaustion", "--leave-out", "E8", "--out", "fitted"),
    "rank": ("assay", "rank", "fitted", "--out", "ranked"),
    "16 wells, each alone": ("assay", "fit", *FILES, "--model", "exhaustion", "--by", "well", "--shared", "none"),
}


def main() -> None:
    """Run each command, print and store its CPU seconds."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        run(("example", "assay", "."), folder)
        rows = (Path(folder) / "map.csv").read_text().splitlines()[1:]
        others = ",".join(row.split(",")[1] for k, row in enumerate(rows) if k % 6)
        for name, command in COMMANDS.items():
            command += ("--leave-out", others) if "alone" in name else ()
            found[name] = round(run(command, folder), 1)
            print(f"{name}: {found[name]:.1f} CPU s", flush=True)
    path = Path(__file__).parent / "results" / "assay_speed.json"
    path.write_text(json.dumps({"machine": machine(), "cpu_s": found}, indent=1) + "\n")


def run(command: tuple[str, ...], folder: str) -> float:
    """CPU seconds of one command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "livingdrug", *command], cwd=folder, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
