"""One arm against a historical rate, as early CAR-T trials are run: the exact binomial test and Simon's two
stages."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from livingdrug.core.errors import InputError

MOST = 200  # patients up to which designs are looked for


@dataclass(frozen=True)
class OneStage:
    """A design of one stage.

    Attributes
    ----------
    n : int
        Number of patients in the arm.
    needed : int
        Responders from which the rate is called above the historical one.
    alpha, power : float
        As they are, by the exact binomial distribution.
    p0, p1 : float
        Historical rate and the one hoped for.
    """

    n: int
    needed: int
    alpha: float
    power: float
    p0: float
    p1: float


@dataclass(frozen=True)
class TwoStage:
    """A design of two stages.

    Attributes
    ----------
    r1 : int
        Responders in it, at which or below which the trial stops.
    n1 : int
        Patients of the first stage.
    r : int
        Responders of all, above which the treatment is called promising.
    n : int
        All patients.
    expected : float
        Number of patients if the rate is p0.
    early : float
        Probability of stopping then.
    alpha, power : float
        Exact type I error and power of the design, both stages together.
    p0, p1 : float
        Historical rate and the one hoped for.
    """

    r1: int
    n1: int
    r: int
    n: int
    expected: float
    early: float
    alpha: float
    power: float
    p0: float
    p1: float


def _check(p0: float, p1: float, alpha: float, power: float) -> None:
    check_rates(p0, p1)
    for name, value in (("alpha", alpha), ("power", power)):
        if not 0 < value < 1:
            raise InputError(f"the {name} is {value:g}; give a number between 0 and 1")


def check_rates(p0: float, p1: float, equal: bool = False) -> None:
    """Refuse rates that are none, or of which the one hoped for is not above the other; equal: whether it
    may be the same."""
    for name, value in (("historical rate", p0), ("rate hoped for", p1)):
        if not 0 < value < 1:
            raise InputError(f"the {name} is {value:g}; give a number between 0 and 1")
    if p1 < p0 or (p1 == p0 and not equal):
        raise InputError(f"the rate hoped for, {p1:g}, is not above the historical rate, {p0:g}")


def one_stage(p0: float, p1: float, alpha: float = 0.05, power: float = 0.8) -> OneStage:
    """The smallest single-stage design: one-sided exact binomial test.

    Parameters
    ----------
    p0, p1 : float
        Historical rate and the rate hoped for, 0 < p0 < p1 < 1.
    alpha, power : float
        Largest probability of a false claim at p0, smallest probability of the claim at p1.

    Raises
    ------
    InputError
        For rates out of order, and where no design of at most MOST patients serves.
    """
    _check(p0, p1, alpha, power)
    for n in range(1, MOST + 1):
        found = one_stage_of(n, p0, p1, alpha)
        # exact power is a saw: the design must serve with this n, not with larger ones as well
        if found is not None and found.power >= power:
            return found
    raise InputError(
        f"no trial of at most {MOST} patients tells {p1:g} from {p0:g} with these error rates; allow larger "
        "ones, or rates that are further apart"
    )


def one_stage_of(n: int, p0: float, p1: float, alpha: float = 0.05) -> OneStage | None:
    """The exact test with n patients; None where no number of responders would be convincing."""
    from scipy.stats import binom

    needed = int(binom.ppf(1 - alpha, n, p0)) + 1
    while needed > 0 and binom.sf(needed - 2, n, p0) <= alpha:
        needed -= 1
    if needed > n:
        return None
    return OneStage(n, needed, float(binom.sf(needed - 1, n, p0)), float(binom.sf(needed - 1, n, p1)), p0, p1)


@lru_cache(maxsize=32)
def simon(
    p0: float, p1: float, alpha: float = 0.05, power: float = 0.8, most: int = MOST
) -> tuple[TwoStage, TwoStage]:
    """Simon's optimal and minimax designs (Controlled Clinical Trials 1989;10:1-10), by going through all of
    them.

    Parameters
    ----------
    p0, p1, alpha, power : float
        As in `one_stage`.
    most : int
        Patients up to which designs are looked for.

    Returns
    -------
    tuple of TwoStage
        The one of fewest expected patients at p0, and the one of fewest patients in all.

    Raises
    ------
    InputError
        Where no design of at most `most` patients keeps both error rates.
    """
    _check(p0, p1, alpha, power)
    best, smallest = None, None
    for n in range(2, most + 1):
        for n1 in range(1, n):
            if best is not None and n1 >= best.expected and smallest is not None and n > smallest.n:
                break
            for design in _designs(n1, n, p0, p1, alpha, power):
                if best is None or design.expected < best.expected - 1e-12:
                    best = design
                if (
                    smallest is None
                    or design.n < smallest.n
                    or (design.n == smallest.n and design.expected < smallest.expected - 1e-12)
                ):
                    smallest = design
    if best is None or smallest is None:
        raise InputError(
            f"no two-stage design of at most {most} patients tells {p1:g} from {p0:g} with these error "
            "rates; allow larger ones, or rates that are further apart"
        )
    return best, smallest


def _designs(n1: int, n: int, p0: float, p1: float, alpha: float, power: float) -> list[TwoStage]:
    """For each r1, the design with the smallest r that keeps alpha, where it keeps the power too."""
    claim0, claim1 = _claims(n1, n, p0), _claims(n1, n, p1)
    good = (claim0 <= alpha) & (claim1 >= power)
    early = np.cumsum(_pmf(n1, p0))
    found = []
    for r1 in np.flatnonzero(good.any(axis=1)):
        r = int(np.argmax(good[r1]))
        found.append(
            TwoStage(
                r1=int(r1),
                n1=n1,
                r=r,
                n=n,
                expected=float(n1 + (1 - early[r1]) * (n - n1)),
                early=float(early[r1]),
                alpha=float(claim0[r1, r]),
                power=float(claim1[r1, r]),
                p0=p0,
                p1=p1,
            )
        )
    return found


def _claims(n1: int, n: int, rate: float) -> np.ndarray:
    """Probability of more than r1 responders of n1 and more than r of n, shape (n1, n)."""
    n2 = n - n1
    above = np.concatenate([np.cumsum(_pmf(n2, rate)[::-1])[::-1], [0.0]])  # of k or more in the second stage
    x = np.arange(n1 + 1)
    missing = np.clip(np.arange(n)[None, :] + 1 - x[:, None], 0, n2 + 1)
    both = _pmf(n1, rate)[:, None] * above[missing]
    return np.cumsum(both[::-1], axis=0)[::-1][1:]


@lru_cache(maxsize=1024)
def _pmf(n: int, rate: float) -> np.ndarray:
    from scipy.stats import binom

    return binom.pmf(np.arange(n + 1), n, rate)
