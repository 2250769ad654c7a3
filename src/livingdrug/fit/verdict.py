"""The verdict on a fit, in three parts that are each true by themselves: did the search end, is the
likelihood known, what do the data determine."""

from dataclasses import dataclass

NOTHING_KNOWN = "What the data determine is not known before the search has ended."
AGREE = 0.25  # of log-likelihood that two searches which found the same optimum may differ by
NEAR = 0.05  # rise of the log-likelihood still expected above which a search has not ended


@dataclass(frozen=True)
class Verdict:
    """ended, sound: whether the search ended, and whether the likelihood is known well enough to say
    anything of it; undetermined: names of the estimated numbers that the data do not determine; search,
    likelihood, data: the same in words."""

    ended: bool
    sound: bool
    undetermined: tuple[str, ...]
    search: str
    likelihood: str
    data: str

    @property
    def sentences(self) -> tuple[str, str, str]:
        """The three parts in words."""
        return self.search, self.likelihood, self.data


def search_words(gain: float, ended: bool, levels: tuple[float, ...], best: float, apart: int) -> str:
    """Of the search. gain: rise of the log-likelihood still expected; levels: what each search reached,
    best: the highest; apart: how many optima the data hardly tell apart."""
    if gain > NEAR:
        return f"The search did not end: the log-likelihood may rise by {gain:.2g} more; run longer, or from elsewhere."
    behind = [2 * (best - level) for level in sorted(levels, reverse=True) if level <= best - AGREE]
    at_best = len(levels) - len(behind)
    if not ended:
        return (
            f"The search did not end: {at_best} of {len(levels)} searches reached the lowest -2 log "
            f"likelihood that was seen (others stopped {', '.join(f'{b:.1f}' for b in behind)} above it), so "
            f"there may be a better one still; ask for more (--starts {max(4, 2 * len(levels))})."
        )
    if len(levels) == 1:
        return "The search ended at an optimum of the likelihood."
    several = f"; {apart} optima lie so close that intervals hold them all" if apart > 1 else ""
    return f"The search ended: {at_best} of {len(levels)} searches reached the lowest -2 log likelihood{several}."


def likelihood_words(sound: bool, least: float | None, se: float | None) -> str:
    """Of the likelihood. least: effective draws of the subject with the fewest; se: Monte-Carlo error of
    -2LL."""
    if least is None:
        return "The likelihood is approximated, not sampled."
    if sound:
        return (
            f"The likelihood is known (Monte-Carlo error of -2 log likelihood {se:.2g}; effective sample "
            f"size {least:,.0f} or more of each subject)."
        )
    return (
        f"The likelihood is not known: the draws of a subject are worth {least:.0f} independent ones, so no "
        "standard error, interval or criterion is given."
    )


def error_words(beyond: tuple[str, ...]) -> str:
    """Of intervals from standard errors alone. beyond: names of the numbers whose standard error is too
    large for one."""
    if not beyond:
        return ""
    shown = ", ".join(f"`{name}`" for name in beyond)
    return (
        f" All intervals follow from standard errors, and those of {shown} are so large that their intervals "
        "are rough: the likelihood is no parabola that far out. Method saem reads such intervals off the "
        "profile likelihood."
    )


def data_words(undetermined: tuple[str, ...], everything: int) -> str:
    """Of what the data determine."""
    if not undetermined:
        return "The data determine every estimated number."
    shown = ", ".join(f"`{name}`" for name in undetermined)
    return f"The data determine {everything - len(undetermined)} of {everything} estimated numbers, and not {shown}."
