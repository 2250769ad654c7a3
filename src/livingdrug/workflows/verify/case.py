"""A reference case: what is expected, where that is from, and what this machine gives."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

Expected = float | str
Verdict = Literal["passed", "failed", "not determined"]
VERDICTS = get_args(Verdict)
INSTALLATION, OPERATION = "IQ", "OQ"


class NotDetermined(Exception):
    """A case that cannot be judged here, with the reason."""


@dataclass(frozen=True)
class Case:
    """got: computes the number or text; tolerance: largest difference over |expected|, 0 for the same
    number or text; source: where the expected one is from; stage: IQ or OQ."""

    group: str
    name: str
    expected: Expected
    got: Callable[[], Expected]
    tolerance: float
    source: str
    unit: str = ""
    stage: str = OPERATION


@dataclass(frozen=True)
class Checked:
    """A case, what came out (None where nothing did), the verdict and why."""

    case: Case
    got: Expected | None
    verdict: Verdict
    why: str = ""


def check(case: Case) -> Checked:
    """Compute and compare. Whatever goes wrong on the way is a failure of the case, not of the run."""
    try:
        got = case.got()
    except NotDetermined as reason:
        return Checked(case, None, "not determined", str(reason))
    except Exception as error:
        return Checked(case, None, "failed", f"{type(error).__name__}: {error}")
    return Checked(case, got, "passed" if agrees(case, got) else "failed")


def agrees(case: Case, got: Expected) -> bool:
    """Whether a result is the expected one; what is not a finite number agrees with no number."""
    if isinstance(case.expected, str) or isinstance(got, str):
        return got == case.expected
    return math.isfinite(got) and abs(got - case.expected) <= case.tolerance * abs(case.expected)
