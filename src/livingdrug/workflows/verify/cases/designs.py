"""Published sizes of trials."""

from collections.abc import Iterator
from functools import cache

from livingdrug.workflows.verify.case import Case

SIMON = "Simon, Control Clin Trials 1989;10:1-10, Table 1 (0.10 against 0.30, 5 % and 80 %)"
COHEN = "Cohen, Psychol Bull 1992;112:155-159, Table 2 (d = 0.5, 5 % two-sided, 80 %)"


def cases(full: bool) -> Iterator[Case]:
    """Simon's optimal design, and the size of two groups."""
    found = cache(_simon)
    for name, expected in (("n1", 10), ("r1", 1), ("n", 29), ("r", 5)):
        yield Case(
            "designs",
            f"Simon's optimal two stages: {name}",
            expected,
            lambda name=name: getattr(found(), name),
            0.0,
            SIMON,
        )
    yield Case(
        "designs", "two groups, difference of half a SD: subjects in each", 64, _two_groups, 0.0, COHEN
    )


def _simon():
    from livingdrug.trial import one_arm

    return one_arm(0.10, 0.30, two_stage="optimal", alpha=0.05, power=0.80).design


def _two_groups() -> float:
    from livingdrug.trial import power

    return power(effect=0.5).n_per_arm
