"""What varies in a study of sensitivity, and how: quantities of a model and the dose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.models import Model
from livingdrug.simulation import cv_population, find_population

DOSE = "dose"


@dataclass(frozen=True)
class Input:
    """What is varied.

    Attributes
    ----------
    name : str
        A quantity of the model, or `dose`.
    median, sd : float
        log-normal (sd of the logarithm).
    lowest, highest : float
        log-uniform instead, nan for log-normal.
    bound : float
        Highest value it can have.
    """

    name: str
    median: float
    sd: float
    lowest: float = np.nan
    highest: float = np.nan
    bound: float = np.inf

    def at(self, u: np.ndarray) -> np.ndarray:
        """Values at these places of the unit interval."""
        from scipy.special import ndtri

        if np.isfinite(self.lowest):
            return self.lowest * (self.highest / self.lowest) ** u
        return np.minimum(self.median * np.exp(self.sd * ndtri(u)), self.bound)

    def words(self) -> str:
        """How it varies."""
        if np.isfinite(self.lowest):
            return f"log-uniform, {self.lowest:.3g} to {self.highest:.3g}"
        return f"log-normal, median {self.median:.4g}, SD of the logarithm {self.sd:.3g}"


def inputs_of(
    model: Model,
    over: Sequence[str] = (),
    spread: str | None = None,
    cv: float | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
) -> tuple[Input, ...]:
    """What varies, and how.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    over : sequence of str
        Quantities; all that have a between-subject variability (or a range) by default.
    spread, cv
        The published variability by name, or a CV on every rate instead.
    ranges : mapping
        Quantity, or `dose`, -> (lowest, highest): log-uniform between the two.

    Raises
    ------
    InputError
        For a quantity that the model lacks or that has neither variability nor range, and for a range out of
    order.
    """
    ranges = dict(ranges or {})
    sds = {}
    if cv is not None or model.populations:
        population = find_population(model, spread) if cv is None else cv_population(model, cv)
        sds = {name: given.sd for name, given in population.spreads.items() if given.scale == "log"}
        others = population.spreads.keys() - sds.keys() - ranges.keys()
        if others and not over:
            raise InputError(
                f"`{sorted(others)[0]}` of `{model.full_name}` does not vary on a log scale; say what varies "
                f"(--over), or give it a range: --range {sorted(others)[0]}=LOW,HIGH"
            )
    bounds = {q.name: 1.0 if q.bound == "fraction" else np.inf for q in model.quantities}
    names = list(over) or list(dict.fromkeys([*sds, *ranges]))
    if not names:
        raise InputError(
            f"`{model.full_name}` has no published between-subject variability; say what varies: --cv 0.5 "
            f"for all rates, or "
            "--range NAME=LOW,HIGH"
        )
    found = []
    for name in names:
        if name != DOSE and name not in model.typical:
            raise InputError(f"`{model.full_name}`: " + unknown("quantity", name, [*model.typical, DOSE]))
        if name in ranges:
            low, high = ranges[name]
            if not 0 < low < high < np.inf:
                raise InputError(
                    f"the range of `{name}` is {low:g} to {high:g}; give two numbers above 0, the lower one "
                    f"first"
                )
            found.append(Input(name, np.sqrt(low * high), np.nan, low, high))
        elif name in sds:
            found.append(Input(name, model.typical[name], sds[name], bound=bounds[name]))
        else:
            raise InputError(
                f"`{name}` has no log-normal variability in `{model.full_name}`; give it a range: --range "
                f"{name}=LOW,HIGH"
            )
    return tuple(found)
