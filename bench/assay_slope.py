"""Simulated products with an assay and patients: do the intervals of a calibrated slope hold the truth?

    python -m bench.assay_slope [SETS]

One line for each setting: products beside the control, true slope, SD by which products scatter, errors of the assay and of
the patients (SDs of logarithms), part of the 95 % intervals that hold the truth, median estimate, median half-width."""

import sys

import numpy as np
from scipy.special import stdtrit

from livingdrug.assay.calibrated import fit_slope
from livingdrug.core.errors import InputError

SETTINGS = (
    (4, 1, 0.3, 0.05, 0.2),
    (4, 1, 0.0, 0.05, 0.2),
    (6, 0.5, 0.3, 0.15, 0.2),
    (6, 1, 0.1, 0.15, 0.1),
    (10, 1, 0.5, 0.1, 0.2),
)


def main(sets: int) -> None:
    """Print coverage by setting."""
    rng = np.random.default_rng(1)
    for n, true, scatter, assay, clinic in SETTINGS:
        rates, shared, rows, refused = rng.normal(0, 0.5, n + 1), np.eye(n) + np.ones((n, n)), [], 0
        for _ in range(sets):
            x = rates + rng.normal(0, assay, n + 1)
            y = true * rates + rng.normal(0, scatter, n + 1) + rng.normal(0, clinic, n + 1)
            try:
                slope, se, _ = fit_slope(x[1:] - x[0], y[1:] - y[0], assay**2 * shared, clinic**2 * shared)
            except InputError:  # not determined, and said to be
                refused += 1
                continue
            rows.append((slope, stdtrit(n - 1, 0.975) * se))
        found, half = np.array(rows).T
        print(
            f"{n} products, slope {true:g}, scatter {scatter:g}, errors {assay:g} and {clinic:g}: "
            f"{100 * np.mean(np.abs(found - true) < half):.1f} % of {len(rows)} hold it ({refused} not determined), "
            f"median {np.median(found):.2f} +- {np.median(half):.2f}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
