"""CPU time and peak memory of whole commands, imports and the writing of their tables in it, from a filled cache.

    python -m bench.commands [NAME ...]      # writes bench/results/commands.json

Every run is a process of its own; CPU time is user and system time of that process (the time of a clock says nothing on
a shared machine). Python keeps the bytecode of what it imports, as it does of what is installed, also where
PYTHONDONTWRITEBYTECODE is set. The tables are synthetic.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from bench.machine import machine
from bench.nca import write_table

RESULTS = Path(__file__).with_name("results") / "commands.json"
SUBJECTS = 100_000
KIROUAC = ("simulate", "kirouac_2023", "-n", "1000", "--cv", "0.5", "--days", "365")
MANY = ("simulate", "stein_2019", "-n", "100000", "--variability", "sd", "--exposure", "0", "28")
CURVES = ("simulate", "stein_2019", "--variability", "sd", "--days", "365")
OUTCOMES = ("response", "outcomes.csv", "--exposure", "AUC")
COMMANDS = {
    "models": ("models",),
    "check of the example": ("check", "ex/kinetics.csv"),
    "simulate kirouac_2023": ("simulate", "kirouac_2023"),
    "simulate stein_2019": ("simulate", "stein_2019"),
    "1,000 x 366 x 3 curves, CSV": (*KIROUAC, "--out", "x.csv"),
    "1,000 x 366 x 3 curves, Parquet": (*KIROUAC, "--out", "x.parquet"),
    "2,500 x 366 curves, CSV": (*CURVES, "-n", "2500", "--out", "a.csv"),
    "10,000 x 366 curves, CSV": (*CURVES, "-n", "10000", "--out", "a.csv"),
    "100,000 exposures, CSV": (*MANY, "--out", "e.csv"),
    "100,000 exposures of kirouac_2023": ("simulate", "kirouac_2023", "-n", "100000", "--cv", "0.5", "--exposure", "0", "28"),
    "Cox regression of 100,000": (*OUTCOMES, "--kind", "time", "--time", "T", "--event", "EV"),
    "graded response of 100,000": (*OUTCOMES, "--endpoint", "G", "--kind", "graded"),
    "nca of 100,000, CSV": ("nca", "curves.csv", "--out", "n.csv"),
}  # fmt: skip


def cost(arguments: tuple[str, ...], folder: Path) -> dict:
    """CPU seconds and MiB of a command."""
    command = [sys.executable, "-m", "livingdrug", *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 3, 4):
        raise RuntimeError(f"{' '.join(arguments)}: {said[-400:]}")
    unit = 1 if sys.platform == "darwin" else 1024
    return {"cpu_s": round(usage.ru_utime + usage.ru_stime, 2), "peak_MiB": round(usage.ru_maxrss * unit / 2**20)}


def write_outcomes(path: Path) -> None:
    """Exposures with a time to an event and a grade that depend on them."""
    random = np.random.default_rng(1)
    exposure = np.exp(random.normal(9, 1, SUBJECTS))
    ratio = np.log(exposure) - 9
    time = random.exponential(100 / np.exp(-0.3 * ratio))
    grade = np.clip(np.round(ratio + random.normal(2, 1, SUBJECTS)), 0, 4)
    columns = (np.arange(SUBJECTS), exposure, np.minimum(time, 200), time < 200, grade)
    np.savetxt(path, np.column_stack(columns), delimiter=",", header="ID,AUC,T,EV,G", comments="",
               fmt=["%d", "%.6g", "%.6g", "%d", "%d"])  # fmt: skip


def main(*names: str) -> None:
    """Print a row for each command and keep it."""
    rows = json.loads(RESULTS.read_text())["rows"] if RESULTS.exists() else {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        cost(("example", "nca", "ex"), folder)
        write_outcomes(folder / "outcomes.csv")
        write_table(folder / "curves.csv", SUBJECTS, False)
        for name in names or COMMANDS:
            cost(COMMANDS["models"], folder)  # files are in the memory of the machine
            rows[name] = min((cost(COMMANDS[name], folder) for _ in range(2)), key=lambda row: row["cpu_s"])
            print(f"{name:36} {rows[name]}", flush=True)
            RESULTS.write_text(json.dumps({"machine": machine(), "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
