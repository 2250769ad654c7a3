"""Intervals of every estimated number by each way that was asked for, side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from livingdrug.core.errors import InputError
from livingdrug.core.pieces import Kept, NotKept, Stage, each
from livingdrug.fit.result import NOT_CONVERGED, FitResult
from livingdrug.fit.sir import Sir, sir
from livingdrug.fit.uncertainty import Bootstrap, Profile, bootstrap, numbers_of, profile

FEWEST_REFITS, FEWEST_KEPT = 20, 100
PROFILE, BOOTSTRAP, SIR = "profile", "bootstrap", "SIR"
T = TypeVar("T")


@dataclass(frozen=True)
class Uncertainty:
    """What is known of the uncertainty beside the standard errors.

    Attributes
    ----------
    profiles : tuple of Profile
        Of single numbers.
    bootstrap : Bootstrap or None
        Refits of resampled subjects, None where there are none.
    sir : Sir or None
        Resampled vectors, None where there are none.
    notes : tuple of str
        What was not made.
    """

    profiles: tuple[Profile, ...] = ()
    bootstrap: Bootstrap | None = None
    sir: Sir | None = None
    notes: tuple[str, ...] = ()

    @property
    def asked(self) -> bool:
        """Whether there is any of them."""
        return bool(self.profiles or self.bootstrap or self.sir)

    def profile_words(self) -> tuple[str, ...]:
        """What each profile says."""
        return tuple(f"{p.words[0].upper()}{p.words[1:]}." for p in self.profiles)

    def resampling_words(self) -> tuple[str, ...]:
        """What stands behind a bootstrap and SIR."""
        told = []
        if self.bootstrap:
            b = self.bootstrap
            told.append(
                f"Bootstrap: {len(b.estimates)} of {b.tried} fits of resampled subjects converged and count."
            )
        if self.sir:
            s = self.sir
            told.append(
                f"SIR: {len(s.estimates)} vectors kept; those drawn were worth {100 * s.effective[-1]:.0f} % "
                f"of as many equal ones; Monte-Carlo sd of the logarithm of a ratio {s.noise:.2g}."
            )
        return tuple(told)

    def table(self, result: FitResult):
        """Pandas table: parameter, method, value, lower, upper (95 %, empty where the data set no bound)."""
        import pandas as pd

        rows = list(_own(result))
        value = {e.name: e.value for e in result.estimates}
        asked = {p.name for p in self.profiles}
        rows = [row for row in rows if not (row[1] == PROFILE and row[0] in asked)]
        rows += [(p.name, PROFILE, value[p.name], p.lower, p.upper) for p in self.profiles]
        for method, found in ((BOOTSTRAP, self.bootstrap), (SIR, self.sir)):
            if found is not None:
                ends = zip(found.names, found.lower.tolist(), found.upper.tolist(), strict=True)
                rows += [(name, method, value[name], low, high) for name, low, high in ends if low == low]
        order = {e.name: k for k, e in enumerate(result.estimates)}
        rows.sort(key=lambda row: order[row[0]])
        table = pd.DataFrame(rows, columns=["parameter", "method", "value", "lower", "upper"])
        return table.astype({"lower": float, "upper": float})


def _own(result: FitResult):
    """The intervals that the fit itself has, one of each number."""
    for e in result.estimates:
        if e.by and not (e.by == PROFILE and e.lower is None and e.upper is None):
            yield e.name, e.by, e.value, e.lower, e.upper


def uncertainty(
    result: FitResult,
    profiled: Sequence[str] = (),
    refits: int = 0,
    kept: int = 0,
    seed: int = 1,
    pieces: Kept | None = None,
) -> Uncertainty:
    """What is asked for: names to profile, refits of a bootstrap, vectors kept by SIR; pieces: where
    finished ones are kept on the way. What cannot be made is a note, as the fit stands without it."""
    notes: list[str] = []
    if result.status == NOT_CONVERGED and (profiled or refits or kept):
        return Uncertainty(
            notes=("intervals were not made: the fit did not converge, and its numbers are no estimates yet",)
        )
    own = {**numbers_of(result), "covariance": result.covariance.matrix, "seed": seed}
    stage = Stage("profile", own, (Profile,), "profiles")
    made = each(pieces, lambda: stage, profiled, lambda k: _or_why(lambda: profile(result, profiled[k], seed)))
    profiles = [_noted(found, f"the profile of `{name}`", notes) for found, name in zip(made, profiled, strict=True)]
    refitted = resampled = None
    if refits:
        refitted = _noted(_or_why(lambda: bootstrap(result, refits, seed, kept=pieces)), "the bootstrap", notes)
    if kept:
        stage = Stage("sir", {**own, "vectors": kept}, (Sir,), "samplings by SIR")
        (found,) = each(pieces, lambda: stage, ["1"], lambda _: _or_why(lambda: sir(result, kept, seed)))
        resampled = _noted(found, "SIR", notes)
    if resampled is not None:
        notes += resampled.notes
    return Uncertainty(tuple(p for p in profiles if p is not None), refitted, resampled, tuple(notes))


def _or_why(make: Callable[[], T]) -> T | str:
    """What is made, or why it cannot be."""
    try:
        return make()
    except NotKept:  # the run ends here, and goes on from what is kept
        raise
    except InputError as error:
        return str(error)


def _noted(found: T | str, what: str, notes: list[str]) -> T | None:
    """What was made; where nothing was, that is noted."""
    if isinstance(found, str):
        notes.append(f"{what} was not made: {found}")
        return None
    return found
