"""One arm against a historical rate: how many patients, which rate so many show, and how a design behaves at
every true rate."""

from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.roots import root
from livingdrug.core.shown import Shown
from livingdrug.trial.binomial import MOST, OneStage, TwoStage, check_rates, one_stage, one_stage_of, simon
from livingdrug.trial.sample_size import MAX_PER_ARM, check_design

ONE_STAGE, OPTIMAL, MINIMAX = "one stage", "optimal", "minimax"
NEAR = 0.75  # part of the largest design gone through beyond which a larger one may be better


@dataclass(frozen=True, repr=False)
class OneArm(Shown):
    """A design of one arm, and those it stands beside.

    Attributes
    ----------
    name : str
        Of the design that was asked for: `one stage`, `optimal` or `minimax`.
    design : OneStage or TwoStage
        Its numbers.
    designs : tuple of (str, OneStage or TwoStage)
        Name and numbers of all.
    sentence : str
        The answer in words.
    found : bool
        Whether p1 is the answer and was not given.
    """

    name: str
    design: OneStage | TwoStage
    designs: tuple[tuple[str, OneStage | TwoStage], ...]
    sentence: str
    found: bool = False

    def table(self):
        """A row for each design: n1, r1 (stop after n1 patients with r1 or fewer responders), n, r (promising
        with more than r), exact error and power, patients expected and probability of an early stop at p0."""
        import pandas as pd

        return pd.DataFrame([{"design": name, **design_row(design)} for name, design in self.designs])

    def curve(self):
        """Columns rate, and for each design the probability of the claim and the patients expected at it."""
        import pandas as pd

        rates = np.linspace(0.0, 1.0, 101)
        columns = {"rate": rates}
        for name, design in self.designs:
            key = name.replace(" ", "_")
            columns[f"claim_{key}"] = np.array([claim_probability(design, rate) for rate in rates])
            columns[f"expected_n_{key}"] = np.array([expected_patients(design, rate) for rate in rates])
        return pd.DataFrame(columns)

    def _frame(self):
        return self.table()


def design_row(design: OneStage | TwoStage) -> dict[str, float | int | None]:
    """The numbers of a design under one set of names; None for a first stage that there is not.

    Parameters
    ----------
    design : OneStage or TwoStage
        Of one or two stages.

    Returns
    -------
    dict[str, float or int] or None
    """
    two = isinstance(design, TwoStage)
    return {
        "n1": design.n1 if two else None,
        "r1": design.r1 if two else None,
        "n": design.n,
        "r": design.r if two else design.needed - 1,
        "alpha": design.alpha,
        "power": design.power,
        "expected_n": design.expected if two else float(design.n),
        "early_stop": design.early if two else 0.0,
        "p0": design.p0,
        "p1": design.p1,
    }


def stop_probability(design: OneStage | TwoStage, rate: float) -> float:
    """Probability of stopping after the first stage at a true rate; 0 for a design of one stage."""
    from scipy.stats import binom

    return float(binom.cdf(design.r1, design.n1, rate)) if isinstance(design, TwoStage) else 0.0


def expected_patients(design: OneStage | TwoStage, rate: float) -> float:
    """Patients expected at a true rate.

    Parameters
    ----------
    design : OneStage or TwoStage
        Of one or two stages.
    rate : float
        The true one.

    Returns
    -------
    float
    """
    if isinstance(design, OneStage):
        return float(design.n)
    return design.n1 + (1 - stop_probability(design, rate)) * (design.n - design.n1)


def claim_probability(design: OneStage | TwoStage, rate: float) -> float:
    """Probability that the treatment is called promising at a true rate, by the binomial distribution.

    Parameters
    ----------
    design : OneStage or TwoStage
        Of one or two stages.
    rate : float
        The true one.

    Returns
    -------
    float
    """
    from scipy.stats import binom

    if isinstance(design, OneStage):
        return float(binom.sf(design.needed - 1, design.n, rate))
    first = np.arange(design.r1 + 1, design.n1 + 1)
    later = binom.sf(design.r - first, design.n - design.n1, rate)
    return float(np.sum(binom.pmf(first, design.n1, rate) * later))


def smallest_rate_of_one_arm(n: int, historical: float, alpha: float = 0.05, power: float = 0.8) -> float:
    """True rate above the historical one that n patients of one arm show (one-sided exact binomial test).

    Parameters
    ----------
    n : int
        Patients, 1 or more.
    historical : float
        Rate that the arm is compared with, between 0 and 1.
    alpha, power : float
        Largest probability of a false claim at the historical rate; probability of the claim at the answer.

    Raises
    ------
    InputError
        For a rate outside (0, 1), and where not even responders alone would be convincing.
    """
    from scipy.stats import binom

    test = _with(n, historical, historical, alpha, power)

    def misses(rate: float) -> float:
        return float(binom.sf(test.needed - 1, n, rate)) - power

    return root(misses, historical, 1.0, xtol=1e-14, rtol=1e-13)


def one_arm(
    historical: float,
    rate: float | None = None,
    *,
    n: int | None = None,
    two_stage: str | None = None,
    alpha: float = 0.05,
    power: float = 0.8,
) -> OneArm:
    """One arm against a historical rate, by exact binomial probabilities.

    Parameters
    ----------
    historical : float
        Rate of response so far, p0.
    rate : float, optional
        Rate hoped for, p1, above it. Left out with `n`: the smallest one that so many patients show.
    n : int, optional
        Patients of one stage, whose power is asked for; the smallest number that serves by default.
    two_stage : {"optimal", "minimax"}, optional
        Simon's design with a stop for futility; one stage by default. Both are in the answer.
    alpha, power : float
        Largest probability of a false claim at p0 (one-sided), smallest probability of the claim at p1.

    Returns
    -------
    OneArm
        Numbers of patients and responders, exact error and power, and one sentence.

    Raises
    ------
    InputError
        For rates out of order, for neither rate nor n, and where no design serves.
    """
    check_design(power, alpha, 1, 1.0)
    if two_stage is not None:
        return _in_two_stages(historical, rate, n, two_stage, alpha, power)
    if n is None:
        if rate is None:
            raise InputError(
                "one arm needs the rate hoped for (--rate), or a number of patients (--n) in its place"
            )
        test = one_stage(historical, rate, alpha, power)
        return _one(test, f"{_claim(test)}; that has a power of {test.power:.3f} if the rate is {rate:.4g}")
    if rate is None:
        least = smallest_rate_of_one_arm(n, historical, alpha, power)
        test = _with(n, historical, least, alpha, power)
        said = f"{_claim(test)}; the smallest rate seen so with a power of {power:g} is {least:.4g}"
        return _one(test, said, found=True)
    check_rates(historical, rate)
    test = _with(n, historical, rate, alpha, power)
    return _one(test, f"{_claim(test)}; that has a power of {test.power:.3f} if the rate is {rate:.4g}")


def _with(n: int, p0: float, p1: float, alpha: float, power: float) -> OneStage:
    """The test with n patients. Raises InputError where it cannot be convincing."""
    check_design(power, alpha, 1, 1.0)
    check_rates(p0, p1, equal=True)
    if not 1 <= n <= MAX_PER_ARM:
        raise InputError(f"{n:,} patients were given; one arm has at least 1 and at most {MAX_PER_ARM:,.0f}")
    test = one_stage_of(n, p0, p1, alpha)
    if test is None:
        raise InputError(
            f"{n} patients cannot show a rate above {p0:g}: even if all respond, that is not rare enough for "
            f"alpha = {alpha:g}; enrol more"
        )
    return test


def _in_two_stages(
    p0: float, p1: float | None, n: int | None, which: str, alpha: float, power: float
) -> OneArm:
    if which not in (OPTIMAL, MINIMAX):
        raise InputError(f"two stages are `{OPTIMAL}` or `{MINIMAX}`, not `{which}`")
    if p1 is None:
        raise InputError("a two-stage design (--two-stage) needs the rate hoped for (--rate)")
    if n is not None:
        raise InputError("a two-stage design (--two-stage) finds its own number of patients; leave out --n")
    best, fewest = simon(p0, p1, alpha, power)
    designs = ((OPTIMAL, best), (MINIMAX, fewest), (ONE_STAGE, one_stage(p0, p1, alpha, power)))
    d = best if which == OPTIMAL else fewest
    sentence = (
        f"Treat {d.n1} patients and stop if {d.r1} or fewer respond, otherwise treat {d.n} in all; call the "
        f"rate above {p0:g} if more than {d.r} respond."
    )
    if d.n > NEAR * MOST:
        sentence += (
            f" This is the best of the designs of at most {MOST} patients; a larger one may be better."
        )
    return OneArm(which, d, designs, sentence)


def _claim(test: OneStage) -> str:
    return f"Treat {test.n} patients and call the rate above {test.p0:g} if {test.needed} or more respond"


def _one(test: OneStage, said: str, found: bool = False) -> OneArm:
    return OneArm(ONE_STAGE, test, ((ONE_STAGE, test),), said + ".", found)
