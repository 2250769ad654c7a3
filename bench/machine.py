"""What a result was measured on, and the one way CPU time is taken.

A ratio of two engines must come from one call of `interleaved`: on a shared machine the speed drifts within
minutes.
"""

import os
import platform
import time
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("livingdrug", "numpy", "scipy", "numba", "llvmlite", "numbalsoda", "jax", "jaxlib", "diffrax")


def one_core() -> None:
    """Keep this process on one core, where the system can; to be called before JAX starts its threads.

    The clock counts CPU time, and JAX spends up to 1.7 times as much of it when its threads hand work to each
    other.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def interleaved(runs: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, list[float]]:
    """CPU seconds of the process (all threads) of every run, `repeats` rounds in which each run takes its
    turn.

        Everything must have run once before, so that nothing is compiled inside the clock.
    """
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            start = time.process_time()
            run()
            times[name].append(time.process_time() - start)
    return times


def machine() -> dict[str, object]:
    """Processor, system and package versions, and the load at this moment."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_1_min": round(os.getloadavg()[0], 2),
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
