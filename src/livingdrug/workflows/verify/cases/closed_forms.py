"""Results that can be computed by hand."""

import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from livingdrug.workflows.verify.case import Case

TOP, RATE, DAYS = 1000.0, 0.1, 60  # of a level that falls exponentially
TIMES, EVENTS = (1.0, 2.0, 3.0, 4.0, 5.0), (1.0, 0.0, 1.0, 1.0, 0.0)


def cases(full: bool) -> Iterator[Case]:
    """Areas and slopes of an exponential, product-limit estimate, exact interval."""
    found = cache(_nca)  # once for each run: what was right an hour ago proves nothing
    fall = "NCA: 1000 exp(-0.1 t /d), daily for 60 d"
    whole = TOP / RATE
    for code, expected, unit in (
        ("CMAX", TOP, "cells/uL"),
        ("LAMZHL", math.log(2) / RATE, "d"),
        ("AUCLST", whole * (1 - math.exp(-RATE * DAYS)), "d*cells/uL"),
        ("AUCINT", whole * (1 - math.exp(-RATE * 28)), "d*cells/uL"),
    ):
        yield Case("closed forms", f"{fall}: {code}", expected, lambda code=code: found()[code], 1e-9,
                   "integral and half-life of an exponential, by hand", unit)  # fmt: skip
    hand = "product of 4/5, 2/3 and 1/2, and Greenwood's sum, by hand"
    product = "Kaplan-Meier: events at 1, 3 and 4, censored at 2 and 5"
    variance = 1 / 20 + 1 / 6 + 1 / 2
    yield Case("closed forms", f"{product}: S(4)", 4 / 15, lambda: _survival()[0], 1e-12, hand)
    yield Case(
        "closed forms", f"{product}: variance of ln S(4)", variance, lambda: _survival()[1], 1e-12, hand
    )
    yield Case(
        "closed forms",
        "Clopper-Pearson: upper 97.5 % limit of 0 in 10",
        1 - 0.025**0.1,
        _upper,
        1e-9,
        "1 - 0.025^(1/10)",
    )


def _nca() -> dict[str, float]:
    """Parameters of the falling exponential, read from a file as a user's."""
    from livingdrug.data import Reading
    from livingdrug.nca import nca

    with TemporaryDirectory() as folder:
        path = Path(folder) / "fall.csv"
        rows = (f"A,{day},{TOP * math.exp(-RATE * day)!r}" for day in range(DAYS + 1))
        path.write_text("\n".join(["ID,TIME (d),DV", *rows]) + "\n", encoding="utf-8")
        found = nca(path, reading=Reading(unit="cells/uL"))
    return {code: float(values[0]) for code, values in found.values.items()}


def _survival() -> tuple[float, float]:
    """Estimate at 4, and the variance of its logarithm."""
    import numpy as np

    from livingdrug.response import Times, kaplan_meier

    curve = kaplan_meier(Times(np.array(TIMES), np.array(EVENTS)))
    at = list(curve.time).index(4.0)
    return float(curve.survival[at]), float(curve.hazard_variance[at])


def _upper() -> float:
    from livingdrug.core.proportion import clopper_pearson

    return clopper_pearson(0, 10, 0.95)[1]
