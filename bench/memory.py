"""Claim: the memory that a run is said to take, before it is run, is what it takes or rather more.

    python -m bench.memory [KIND ...]      # writes bench/results/memory.json

Every run is a process of its own, at two sizes; what the larger one's peak (resident memory) has more than the smaller one's,
over what it has more of (rows, patients, ...), stands beside the constant of `workflows/memory.py`. Draws of a posterior,
resampled vectors and predictive checks rest on a fit, which takes minutes: they are run where they are named.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.machine import machine
from livingdrug.workflows import memory
from livingdrug.workflows.base import read_scenario
from livingdrug.workflows.examples.trial import ESCALATION, UMBRELLA

RESULTS = Path(__file__).with_name("results") / "memory.json"


@dataclass(frozen=True)
class Kind:
    """constant: name in `workflows.memory`; command (size) -> options; sizes: a small and a large one; units (size, folder)
    -> of what there is so much; ready: a command before."""

    constant: str
    command: Callable[[int], tuple[str, ...]]
    sizes: tuple[int, int]
    units: Callable[[int, Path], float]
    ready: tuple[str, ...] = ()


def _of_document(name: str, constant: str) -> Callable[[int, Path], float]:
    """The units that the estimate of a document counts."""

    def units(size: int, folder: Path) -> float:
        scenario = read_scenario(folder / name).model_copy(update={"replicates": size})
        return scenario.memory() / getattr(memory, constant)

    return units


FIT = ("fit", "ex/kinetics.csv", "--model", "stein_2019", "--random", "c_max,alpha", "--out", "run")
CURVES = ("simulate", "stein_2019", "--spread", "sd", "--days", "100", "--out", "a.csv")
WEIGHED = ("index", "--efficacy-curve", "tisagenlecleucel_response", "--toxicity-curve", "tisagenlecleucel_severe_crs",
           "--product-model", "stein_2019", "--spread", "sd")  # fmt: skip
KINDS = {
    "simulate": Kind("ROW", lambda n: (*CURVES, "-n", str(n)), (2_000, 20_000), lambda n, _: 102 * n),
    "trial": Kind("OUTCOME", lambda n: ("trial", "umbrella.toml", "--replicates", str(n)), (500, 10_000),
                  _of_document("umbrella.toml", "OUTCOME")),
    "escalation": Kind("PATIENT", lambda n: ("trial", "escalation.toml", "--replicates", str(n)), (500, 50_000),
                       _of_document("escalation.toml", "PATIENT")),
    "index": Kind("SUBJECT", lambda n: (*WEIGHED, "-n", str(n)), (10_000, 300_000), lambda n, _: n),
    "vpc": Kind("SIMULATED", lambda n: ("vpc", "run", "--replicates", str(n)), (100, 3_000), lambda n, _: n * SAMPLES, FIT),
    "bootstrap": Kind("VECTOR", lambda n: (*FIT, "--bootstrap", str(n)), (20, 220), lambda n, _: n),
    "draws": Kind("DRAW", lambda n: (*FIT, "--method", "bayes", "--draws", str(n), "--tune", "200"), (100, 1_100),
                  lambda n, _: 4 * n),
}  # fmt: skip
LONG = ("vpc", "bootstrap", "draws")
SAMPLES = 323  # in the example's table


def peak(arguments: tuple[str, ...], folder: Path) -> float:
    """Bytes of resident memory that a command had at most."""
    command = [sys.executable, "-m", "livingdrug", *arguments]
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 3, 4):
        raise RuntimeError(f"{' '.join(arguments)}: {said[-400:]}")
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def measure(name: str, folder: Path) -> dict:
    """Bytes for each unit of a kind, measured and as stated."""
    kind = KINDS[name]
    if kind.ready:
        peak(kind.ready, folder)
    low, high = (peak(kind.command(size), folder) for size in kind.sizes)
    few, many = (kind.units(size, folder) for size in kind.sizes)
    each = round((high - low) / (many - few), 1)
    return {"constant": kind.constant, "stated": getattr(memory, kind.constant), "measured": each, "sizes": kind.sizes,
            "units": [few, many], "peaks_MB": [round(low / 1e6), round(high / 1e6)]}  # fmt: skip


def main(*names: str) -> None:
    """Print a row for each kind and keep it."""
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"rows": {}}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "umbrella.toml").write_text(UMBRELLA)
        (folder / "escalation.toml").write_text(ESCALATION)
        peak(("example", "nca", "ex"), folder)
        for name in names or [name for name in KINDS if name not in LONG]:
            row = measure(name, folder)
            print(f"{name:10} {row}", flush=True)
            found["rows"][name] = row
            RESULTS.write_text(json.dumps({"machine": machine(), "rows": found["rows"]}, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
