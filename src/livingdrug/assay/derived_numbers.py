"""Numbers of a construct that no design of an assay is needed for."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from livingdrug.assay.predicted import DAY, DRAWS, Question, drawn_rates, run, usual
from livingdrug.assay.ranking import Ranking, draws_of, ranking_of
from livingdrug.assay.rates import LEVEL, Estimates
from livingdrug.core.errors import InputError

MOST_ROUNDS = 12


@dataclass(frozen=True)
class Derived:
    """A number of a group that does not depend on the assay's design.

    Attributes
    ----------
    name : str
        Of the number.
    group : str
        Whose it is.
    unit : str
        Of the value.
    value, low, high : float
        With its 95 % interval.
    draws : ndarray, shape (count,)
        Of its uncertainty.
    meaning : str
        What it is, in words, as tables, reports and the app show it.
    """

    name: str
    group: str
    unit: str
    value: float
    low: float
    high: float
    draws: np.ndarray
    meaning: str


def derived(
    estimates: Estimates,
    groups: Sequence[str] = (),
    count: int = DRAWS,
    seed: int = 1,
    differences: bool = False,
) -> list[Derived]:
    """Kills per effector and day, doubling times, rounds until failure and growth-rate inhibition of each
    group.

    At the cells seeded on the plate, one effector per target. A group with a rate that is not determined is
    left out.

    Parameters
    ----------
    estimates : Estimates
        Rates of a fit, see `estimates_of`.
    groups : sequence of str, optional
        Whose; all where it is empty.
    count, seed : int, optional
        Number of draws, and the seed of their random numbers.
    differences : bool, optional
        Whether rates are drawn for comparisons between groups.

    Returns
    -------
    sequence of Derived
    """
    question, draws = usual(estimates), draws_of(estimates, count, seed, differences)
    found = []
    for group in groups or estimates.groups or ("",):
        try:
            values = drawn_rates(estimates, group, draws)
        except InputError:
            continue
        found += _of_group(estimates, group, values, question)
    return found


def _of_group(
    estimates: Estimates, group: str, values: dict[str, np.ndarray], question: Question
) -> list[Derived]:
    made = []

    def add(name: str, unit: str, drawn: np.ndarray, meaning: str) -> None:
        low, middle, high = np.nanquantile(drawn, (0.5 - LEVEL / 2, 0.5, 0.5 + LEVEL / 2), method="nearest")
        made.append(Derived(name, group, unit, float(middle), float(low), float(high), drawn, meaning))

    x = question.targets
    add(
        "kills",
        "1/d",
        DAY * _kills(estimates.laws["killing"], values, x, x),
        f"targets killed by one effector in a day, at {x:g} of each",
    )
    add(
        "target_doubling",
        "h",
        np.log(2) / values["growth"],
        "doubling time of targets without effectors, where there is room",
    )
    with np.errstate(divide="ignore"):
        rate = _expansion(values, x)
        add(
            "effector_doubling",
            "h",
            np.where(rate > 0, np.log(2) / rate, np.inf),
            f"doubling time of effectors among {x:g} targets",
        )
    times = np.array([DAY])
    with_cells = run(estimates, values, Question(x, x), times)[:, 0, 1]
    without = run(estimates, values, Question(0.0, x), times)[:, 0, 1]
    gr = 2 ** (np.log(np.maximum(with_cells, 1e-3) / x) / np.log(without / x)) - 1
    add(
        "gr_24h",
        "1",
        gr,
        "growth-rate inhibition value at 24 h (Hafner 2016): 1 no effect, 0 no growth, -1 all killed",
    )
    add(
        "rounds",
        "1",
        _rounds(estimates, values, question),
        f"rounds of {question.hours:g} h at whose end fewer targets are left than "
        f"were added, until the first failure; {MOST_ROUNDS} or more count as {MOST_ROUNDS}",
    )
    return made


def _kills(law: str, v: dict[str, np.ndarray], x: float, y: float) -> np.ndarray:
    """Targets killed by one effector in an hour among x targets and y effectors."""
    if law == "ratio":
        return v["kill_max"] * x / (y + v["half_ratio"] * x)
    if law == "holling_3":
        return v["kill_max"] * x**2 / (v["half_targets"] ** 2 + x**2)
    free = v["k_kill"] * x
    if law == "saturating_effectors":
        return free / (1 + y / v["half_effectors"])
    if law == "saturating_targets":
        return free / (1 + x / v["half_targets"])
    return free / (1 + (x + y) / v["half_cells"]) if law == "conjugates" else free


def _expansion(v: dict[str, np.ndarray], x: float) -> np.ndarray:
    """Net growth rate of effectors among x targets, without crowding."""
    if "net_growth" in v:
        return v["net_growth"] - v["contact_loss"] * x
    if "expand_max" in v:
        return v["expand_max"] * x / (x + v["half_antigen"]) - v["effector_death"]
    return v["k_expand"] * x - v["effector_death"]


def _rounds(estimates: Estimates, values: dict[str, np.ndarray], question: Question) -> np.ndarray:
    added = question.added or question.targets
    long = Question(question.effectors, question.targets, MOST_ROUNDS, question.hours, added, question.kept)
    ends = question.hours * np.arange(1, MOST_ROUNDS + 1)
    left = run(estimates, values, long, ends)[:, :, 1]
    failed = left > added
    return np.where(failed.any(axis=1), failed.argmax(axis=1), MOST_ROUNDS).astype(float)


def derived_ranking(estimates: Estimates, by: str, seed: int = 1, count: int = 400) -> Ranking:
    """Constructs ranked by a number of `derived`: kills, effector_doubling (the shortest is best), gr_24h
    (the lowest), rounds.

    Parameters
    ----------
    estimates : Estimates
        Rates of a fit, see `estimates_of`.
    by : str
        Name of the number.
    seed : int, optional
        Of the random streams.
    count : int, optional
        Of draws.

    Returns
    -------
    Ranking
    """
    found = [d for d in derived(estimates, count=count, seed=seed, differences=True) if d.name == by]
    lost = [group for group in estimates.groups if group not in {d.group for d in found}]
    if lost or len(found) < 2:
        what = (
            f"rates of {', '.join(lost)} are not determined" if lost else "the fit has fewer than two groups"
        )
        raise InputError(f"the constructs cannot be ranked by `{by}`: {what}")
    draws = np.stack([d.draws for d in found], axis=1)
    notes = ()
    if by == "rounds" and (draws == draws.max()).mean() > 0.5:
        notes = (
            "most courses never fail within the rounds that are looked at, and are equal in this ranking",
        )
    high = by in ("kills", "rounds")
    return ranking_of(by, [d.group for d in found], [d.value for d in found], draws, high, notes)
