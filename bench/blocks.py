"""Exposures of a hundred thousand and a million subjects: memory does not grow, and where they run changes no number.

    python bench/blocks.py [MODEL [N ...]]      stein_2019 100000 1000000 by default

Each run is a fresh process: seconds, peak memory of it and of its largest worker, and a digest of the summary.
"""

import hashlib
import json
import resource
import subprocess
import sys
import time

CASES = ("serial", "2 processes", "2 Dask workers")


def peak(who: int) -> float:
    """Peak resident memory in MiB."""
    return resource.getrusage(who).ru_maxrss / 1024


def worker_peak() -> float:
    """Peak memory of the process that computes it."""
    return peak(resource.RUSAGE_SELF)


def measure(model: str, n: int, case: str) -> dict:
    """One run in this process."""
    from livingdrug import exposures, get_model

    asked = get_model(model)
    spread = {} if asked.populations else {"cv": 0.3}
    limits = {} if asked.system.outputs[0].name != "transgene" else {"transgene": 50}

    def run(**where) -> dict:
        start = time.perf_counter()
        summary = exposures(asked, n, seed=1, limits=limits, **spread, **where).summary()
        text = json.dumps(summary).encode()
        return {"seconds": time.perf_counter() - start, "digest": hashlib.sha256(text).hexdigest()[:16]}

    if case == CASES[2]:
        from distributed import Client, LocalCluster

        with LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
        ) as cluster:
            found = run(dask=cluster.scheduler_address)
            with Client(cluster) as client:
                worker = max(client.run(worker_peak).values())
    else:
        found = run(workers=2 if case == CASES[1] else None)
        worker = peak(resource.RUSAGE_CHILDREN)
    return found | {"here": peak(resource.RUSAGE_SELF), "worker": worker}


def main(model: str = "stein_2019", *sizes: str) -> None:
    """Print a row for each number of subjects and place."""
    print(f"{'subjects':>9}  {'where':15} {'s':>7} {'MiB here':>9} {'MiB worker':>11}  digest of the summary")
    for n in map(int, sizes or ("100000", "1000000")):
        digests = set()
        for case in CASES:
            command = [sys.executable, __file__, "--one", model, str(n), case]
            row = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            digests.add(row["digest"])
            worker = f"{row['worker']:11.0f}" if case != "serial" else " " * 11
            print(f"{n:9,}  {case:15} {row['seconds']:7.1f} {row['here']:9.0f} {worker}  {row['digest']}")
        print(f"{'':9}  {'byte-identical' if len(digests) == 1 else 'THE SUMMARIES DIFFER'}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(sys.argv[2], int(sys.argv[3]), sys.argv[4])))
    else:
        main(*sys.argv[1:])
