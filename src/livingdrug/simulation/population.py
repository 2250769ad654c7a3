"""Virtual subjects: a value of every quantity for each, drawn from a published spread or a stated CV."""

from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.random import check_seed
from livingdrug.core.units import is_rate
from livingdrug.models import Model, Population, lognormal

MAX_SUBJECTS = 1_000_000


@dataclass(frozen=True)
class Subjects:
    """values: quantity -> array of shape (n,), before covariate effects (read-only where all are the same); described:
    how they were made."""

    values: dict[str, np.ndarray]
    described: str

    @property
    def n(self) -> int:
        """Number of subjects."""
        return len(next(iter(self.values.values())))


def typical_subject(model: Model) -> Subjects:
    """One subject with the typical value of every quantity."""
    return Subjects({name: np.array([value]) for name, value in model.typical.items()}, "typical subject")


def check_count(n: int) -> int:
    """n itself, or InputError outside 1 to MAX_SUBJECTS."""
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or not 1 <= n <= MAX_SUBJECTS:
        raise InputError(f"{n} subjects were asked for; the number must be whole, from 1 to {MAX_SUBJECTS:,}")
    return int(n)


def find_population(model: Model, name: str | None) -> Population:
    """The published spread with this name, the first one when no name is given."""
    if not model.populations:
        raise InputError(
            f"`{model.full_name}` has no published spread between subjects; state one with cv= (command line: --cv 0.5)"
        )
    if name is None:
        return model.populations[0]
    found = {p.name: p for p in model.populations}
    if name not in found:
        raise InputError(f"`{model.full_name}`: " + unknown("spread", name, found))
    return found[name]


def cv_population(model: Model, cv: float) -> Population:
    """A log-normal spread with this coefficient of variation on every rate (a quantity per time)."""
    from livingdrug.models.shared import OURS

    rates = [q.name for q in model.quantities if is_rate(q.unit) and not q.fixed and not q.covariate]
    if not rates:
        raise InputError(f"`{model.full_name}` has no rate for a CV of {cv:g} to act on")
    spread = lognormal(cv=cv)
    return Population(f"cv {cv:g}", dict.fromkeys(rates, spread), OURS, f"log-normal, CV {cv:.0%} on every rate")


def draw_subjects(
    model: Model, n: int, seed: int = 1, spread: str | None = None, cv: float | None = None, variance_scale: float = 1.0
) -> Subjects:
    """n virtual subjects, P_i = P exp(sd z_i), independent between quantities.

    spread: name of a published population (first one by default); cv: a stated CV on every rate instead;
    variance_scale: factor on all log-variances. A drawn fraction above 1 is set to 1, as a log-normal knows no such
    bound (f_b of stein_2019 gets there in fewer than 1 of 10 million draws). The numbers of subject i depend on seed,
    quantity and i alone.
    Raises InputError for a model without a published spread and no cv, a negative cv or scale, or a bad n.
    """
    check_count(n), check_seed(seed)
    if spread is not None and cv is not None:
        raise InputError("both a published spread and a CV were given; give one of them")
    if not (np.isfinite(variance_scale) and variance_scale >= 0):
        raise InputError(f"variance_scale is {variance_scale:g}; it must be finite and not negative")
    population = find_population(model, spread) if cv is None else cv_population(model, cv)
    values = drawn_values(model, population, seed, 0, n, variance_scale)
    described = f"{n} virtual subjects, {population.meaning or population.name}, seed {seed}"
    return Subjects(values, described)


def drawn_values(
    model: Model, population: Population, seed: int, first: int, count: int, variance_scale: float = 1.0
) -> dict[str, np.ndarray]:
    """Values of subjects `first` ... `first + count - 1`; a quantity without spread is one number, broadcast."""
    from livingdrug.engine.draws import normals

    values = {name: np.broadcast_to(np.float64(value), (count,)) for name, value in model.typical.items()}
    bounds = {q.name: q.bound for q in model.quantities}
    for name, given in population.spreads.items():
        drawn = model.typical[name] * np.exp(given.sd * np.sqrt(variance_scale) * normals(seed, name, first, count))
        values[name] = np.minimum(drawn, 1.0) if bounds[name] == "fraction" else drawn
    return values
