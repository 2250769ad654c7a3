"""Reading, checking and analysing 100,000 subjects with 15 samples each; writing the results is not measured.

    python -m bench.nca [SUBJECTS]

Synthetic curves (exponential rise and fall, log-normal noise), some below the limit. Two files: three bare columns, and a
table with units, assay, limits, a covariate and dose rows. Each is run in a fresh process; seconds include the imports.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

RESULTS = Path(__file__).with_name("results") / "nca.json"
DAYS = np.array([0, 1, 3, 5, 7, 9, 11, 14, 17, 21, 28, 60, 90, 180, 365.0])
LIMIT = 50.0
FILES = ("bare", "full")


def write_table(path: Path, subjects: int, full: bool) -> None:
    """A CSV file of `subjects` curves on DAYS; full: with every column a trial would send, and rows of
    doses."""
    random = np.random.default_rng(1)
    top = np.exp(random.normal(10, 1, (subjects, 1)))
    rise = np.exp(random.normal(0, 0.3, (subjects, 1)))
    fall = np.exp(random.normal(-2, 0.6, (subjects, 1)))
    noise = random.normal(0, 0.3, (subjects, len(DAYS)))
    level = top * np.exp(np.where(DAYS < 10, rise, -fall) * (DAYS - 10) + noise)
    with path.open("w", encoding="utf-8") as file:
        file.write("ID,TIME (d),DV,UNIT,ASSAY,LIMIT,EVID,AMT (cells),ARM\n" if full else "ID,TIME (d),DV\n")
        for i, values in enumerate(level.tolist()):
            if full:
                file.write(f"S{i:06d},0,,copies/ug,,,1,1e8,{'AB'[i % 2]}\n")
            more = f",copies/ug,qPCR,{LIMIT:g},0,,{'AB'[i % 2]}" if full else ""
            for day, value in zip(DAYS.tolist(), values, strict=True):
                file.write(f"S{i:06d},{day:g},{f'{value:.5g}' if value >= LIMIT else f'<{LIMIT:g}'}{more}\n")


def measure(path: str) -> dict:
    """Seconds and peak memory of one file in this process."""
    start = time.perf_counter()
    from livingdrug.data import Reading, check
    from livingdrug.nca import nca

    data = check(path, Reading()).data
    read = time.perf_counter()
    result = nca(data)
    end = time.perf_counter()
    known = sum(int(np.isfinite(values).sum()) for values in result.values.values())
    return {
        "subjects": len(data.subjects), "samples": data.rows, "read_and_check_s": round(read - start, 2),
        "analyse_s": round(end - read, 2), "total_s": round(end - start, 2), "values": known,
        "peak_MiB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }  # fmt: skip


def main(subjects: str = "100000") -> None:
    """Print a row for each file and keep them all in bench/results."""
    from bench.machine import machine

    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in FILES:
            path = Path(folder) / f"{name}.csv"
            write_table(path, int(subjects), name == "full")
            command = [sys.executable, "-m", "bench.nca", "--one", str(path)]
            rows[name] = json.loads(
                subprocess.run(command, capture_output=True, text=True, check=True).stdout
            )
            print(f"{name:5} {rows[name]}")
    RESULTS.write_text(json.dumps({"machine": machine(), "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(sys.argv[2])))
    else:
        main(*sys.argv[1:])
