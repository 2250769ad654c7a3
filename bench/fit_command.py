"""CPU seconds of a whole `livingdrug fit FILE --model stein_2019 --out FOLDER`: 90 subjects with 15 samples.

    python -m bench.fit_command [runs]      # 3 by default

The command runs as its user runs it, in a process of its own, once to warm the kept machine code and then `runs` times; CPU
(user and system, all threads) is what the system charged that process. Beside it stands the CPU of a loop of additions in
the same minute: on a shared machine a core's speed differs by a factor of two from one minute to the next, and a figure of
one day is comparable with another day's as a multiple of it. One more process, in which the steps are clocked, says where
the time goes; clocks overlap nowhere. Data: simulated, the published values, those of `bench.recovery`.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RESULTS = Path(__file__).parent / "results" / "fit_command.json"
SUBJECTS, LIMIT, SEED = 90, 50.0, 1
COLUMNS = ["ID", "TIME", "DV", "UNIT", "CENS", "LIMIT", "TIMEUNIT"]
STEPS = {
    "fit": (("livingdrug.workflows.fit.plan", "estimated"),),
    "figures": tuple(
        ("livingdrug.workflows.fit.checks", name)
        for name in (
            "save",
            "plot_vpc",
            "plot_npde",
            "plot_observed",
            "plot_residuals",
            "plot_trace",
            "plot_etas",
            "plot_eta_pairs",
            "plot_covariates",
            "plot_groups",
            "plot_individuals",
        )
    ),
    "predictive check": (("livingdrug.workflows.fit.checks", "vpc"),),
    "prediction distribution errors": (("livingdrug.workflows.fit.checks", "npde"),),
    "conditional residuals": (("livingdrug.workflows.fit.checks", "with_conditional_residuals"),),
    "sampled individual parameters": (("livingdrug.workflows.fit.checks", "sampled_parameters"),),
    "individual curves": (("livingdrug.workflows.fit.checks", "curves_of"),),
    "tables of the fit": (("livingdrug.workflows.fit.checks", "write_result"),),
    "report": (("livingdrug.report.folder", "rebuild"),),
}


def write_data(folder: Path) -> Path:
    """The simulated table of samples."""
    from bench.recovery import data_set

    path = folder / "data.csv"
    data_set(SEED, SUBJECTS, LIMIT).table()[COLUMNS].to_csv(path, index=False)
    return path


def arguments(data: Path, out: Path) -> list[str]:
    """What the command is given."""
    return ["fit", str(data), "--model", "stein_2019", "--out", str(out)]


def cpu_of(command: list[str]) -> float:
    """CPU seconds that a process was charged. Raises RuntimeError where it fails."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise RuntimeError(said.read().decode(errors="replace")[-2000:])
    return usage.ru_utime + usage.ru_stime


def addition() -> float:
    """CPU seconds of ten million additions."""
    start, total = time.process_time(), 0
    for k in range(10_000_000):
        total += k
    return time.process_time() - start


def measured(data: Path, folder: Path, runs: int) -> list[dict]:
    """CPU of each run, and of the additions after it."""
    rows = []
    for k in range(runs + 1):
        cpu = cpu_of([sys.executable, "-m", "livingdrug", *arguments(data, folder / f"run{k}")])
        rows.append({"cpu": cpu, "addition": addition(), "load_1_min": os.getloadavg()[0]})
    return rows[1:]


def inside(data: Path, out: Path) -> None:
    """Run the command in this process with a clock on each step; print CPU seconds of each as JSON."""
    from importlib import import_module

    from livingdrug.cli.main import cli

    found: dict[str, float] = {}
    imported = time.process_time()
    for step, places in STEPS.items():
        for module, name in places:
            _clock(import_module(module), name, step, found)
    found["imports"] = time.process_time() - imported
    try:
        cli(arguments(data, out), standalone_mode=False)
    except SystemExit as end:
        if end.code:
            raise
    whole = time.process_time()
    print(json.dumps(found | {"everything else": whole - sum(found.values()), "whole": whole}))


def _clock(module, name: str, step: str, found: dict[str, float]) -> None:
    work = getattr(module, name)

    def clocked(*given, **named):
        start = time.process_time()
        try:
            return work(*given, **named)
        finally:
            found[step] = found.get(step, 0.0) + time.process_time() - start

    setattr(module, name, clocked)


def main() -> None:
    """Measure, print, keep."""
    from bench.machine import machine

    if sys.argv[1:2] == ["inside"]:
        inside(Path(sys.argv[2]), Path(sys.argv[3]))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = write_data(folder)
        rows = measured(data, folder, int(sys.argv[1]) if len(sys.argv) > 1 else 3)
        command = [sys.executable, "-m", "bench.fit_command", "inside", str(data), str(folder / "inside")]
        said = subprocess.run(command, check=True, capture_output=True, text=True)
    steps = json.loads(said.stdout.strip().splitlines()[-1])
    cpu, unit = (statistics.median(row[key] for row in rows) for key in ("cpu", "addition"))
    print(f"whole command: {cpu:.1f} CPU s, {cpu / unit:.1f} times ten million additions ({unit:.2f} s)")
    for step, seconds in sorted(steps.items(), key=lambda item: -item[1]):
        print(f"  {step:32s} {seconds:6.2f}")
    RESULTS.write_text(json.dumps({"machine": machine(), "runs": rows, "steps": steps}, indent=1) + "\n")


if __name__ == "__main__":
    main()
