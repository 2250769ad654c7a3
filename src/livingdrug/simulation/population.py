"""Virtual subjects: a value of every quantity for each, drawn from published between-subject variability or a
stated CV."""

import math
from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.random import check_seed, uniforms
from livingdrug.core.shown import Shown
from livingdrug.core.units import is_rate
from livingdrug.models import Model, Population, lognormal

MAX_SUBJECTS = 1_000_000  # kept at once
MAX_DRAWN = 1_000_000_000  # of a population that goes by in blocks


@dataclass(frozen=True, repr=False)
class Subjects(Shown):
    """Virtual subjects.

    Attributes
    ----------
    values : dict of str to ndarray of shape (n,)
        Quantity -> value of each subject, before covariate effects (read-only where all are the same).
    described : str
        How they were made, in words.
    """

    values: dict[str, np.ndarray]
    described: str

    @property
    def n(self) -> int:
        """Number of subjects."""
        return len(next(iter(self.values.values())))

    def _facts(self) -> dict[str, str]:
        return {"number": f"{self.n:,}", "quantities": f"{len(self.values)}", "described": self.described}


def check_given(model: object, subjects: object = None) -> None:
    """Refuse a name where a model is wanted, and a number where subjects are, with what to write instead."""
    if not isinstance(model, Model):
        raise InputError(f"model is {model!r:.60}; give a model, such as get_model('stein_2019') or read_model('mine.toml')")
    if subjects is not None and not isinstance(subjects, Subjects):
        raise InputError(f"subjects is {subjects!r:.60}; give subjects, such as draw_subjects(model, 100)")


def typical_subject(model: Model) -> Subjects:
    """One subject with the typical value of every quantity.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.

    Returns
    -------
    Subjects
    """
    check_given(model)
    return Subjects({name: np.array([value]) for name, value in model.typical.items()}, "typical subject")


def check_count(n: int, most: int = MAX_SUBJECTS) -> int:
    """The number itself, where it can be.

    Parameters
    ----------
    n : int
        Number of subjects.
    most : int, optional
        The largest number that can be.

    Returns
    -------
    int

    Raises
    ------
    InputError
        Outside 1 to `most`.
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or not 1 <= n <= most:
        raise InputError(f"{n} subjects were asked for; the number must be whole, from 1 to {most:,}")
    return int(n)


def find_population(model: Model, name: str | None) -> Population:
    """The published between-subject variability with this name, the first one when no name is given.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    name : str or None
        Of a published one.

    Returns
    -------
    Population

    Raises
    ------
    InputError
        For a model without one, or an unknown name.
    """
    if not model.populations:
        raise InputError(
            f"`{model.full_name}` has no published between-subject variability; state one with cv= (command "
            "line: --cv 0.5)"
        )
    if name is None:
        return model.populations[0]
    found = {p.name: p for p in model.populations}
    if name not in found:
        raise InputError(f"`{model.full_name}`: " + unknown("variability", name, found))
    return found[name]


def cv_population(model: Model, cv: float) -> Population:
    """Log-normal variability with this coefficient of variation on every rate (a quantity per time).

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    cv : float
        A fraction.

    Returns
    -------
    Population
    """
    from livingdrug.models.shared import OURS

    rates = [q.name for q in model.quantities if is_rate(q.unit) and not q.fixed and not q.covariate]
    if not rates:
        hint = "; in a map beside its SBML file say which they are, such as [units] growth = \"1/d\""
        raise InputError(
            f"`{model.full_name}` has no rate (a quantity per time) for a CV of {cv:g} to act on"
            + (hint if getattr(model.system, "unchecked", "") else "")
        )
    spread = lognormal(cv=cv)
    return Population(
        f"cv {cv:g}", dict.fromkeys(rates, spread), OURS, f"log-normal, CV {cv:.0%} on every rate"
    )


@dataclass(frozen=True)
class Draw:
    """n virtual subjects that are drawn when they are asked for, any of them alone.

    Raises InputError for a bad number, a negative scale, or a spread and a CV at once.

    Attributes
    ----------
    n : int
        Number of subjects.
    seed : int
        As in `draw_subjects`.
    spread : str or None
        As in `draw_subjects`.
    cv : float or None
        As in `draw_subjects`.
    variance_scale : float
        As in `draw_subjects`.
    """

    n: int
    seed: int = 1
    spread: str | None = None
    cv: float | None = None
    variance_scale: float = 1.0

    def __post_init__(self) -> None:
        check_count(self.n, MAX_DRAWN), check_seed(self.seed)
        if self.spread is not None and self.cv is not None:
            raise InputError(
                "both a published between-subject variability and a CV were given; give one of them"
            )
        if not (np.isfinite(self.variance_scale) and self.variance_scale >= 0):
            raise InputError(f"variance_scale is {self.variance_scale:g}; it must be finite and not negative")

    def population(self, model: Model) -> Population:
        """The variability that is drawn from."""
        return find_population(model, self.spread) if self.cv is None else cv_population(model, self.cv)

    def described(self, model: Model) -> str:
        """How the subjects are made, in words."""
        population = self.population(model)
        return f"{self.n} virtual subjects, {population.meaning or population.name}, seed {self.seed}"

    def subjects(self, model: Model, first: int = 0, count: int | None = None) -> Subjects:
        """Subjects `first` ... `first + count - 1` (from 0), all of them by default."""
        count = self.n - first if count is None else count
        if not (0 <= first and 1 <= count and first + count <= self.n):
            raise InputError(
                f"{count} subjects from position {first} on were asked for; {self.n} are drawn, from 0 on"
            )
        check_count(count)
        values = drawn_values(model, self.population(model), self.seed, first, count, self.variance_scale)
        return Subjects(values, self.described(model))


def draw_subjects(
    model: Model,
    n: int,
    seed: int = 1,
    spread: str | None = None,
    cv: float | None = None,
    variance_scale: float = 1.0,
) -> Subjects:
    """n virtual subjects, P_i = P exp(sd z_i), independent between quantities unless the model says how they are correlated.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    n : int
        Number of subjects.
    seed : int
        The numbers of subject i depend on seed, quantity and i alone.
    spread : str, optional
        Name of a published between-subject variability; the first one by default.
    cv : float, optional
        A stated coefficient of variation on every rate instead.
    variance_scale : float
        Factor on all log-variances.

    Returns
    -------
    Subjects

    Raises
    ------
    InputError
        For a model without a published variability and no cv, a negative cv or scale, or a bad n.

    Notes
    -----
    A drawn fraction above 1 is set to 1, as a log-normal knows no such bound (f_b of `stein_2019` gets there
    in fewer than 1 of 10 million draws).
    """
    check_given(model)
    return Draw(n, seed, spread, cv, variance_scale).subjects(model)


def drawn_values(
    model: Model, population: Population, seed: int, first: int, count: int, variance_scale: float = 1.0
) -> dict[str, np.ndarray]:
    """Values of subjects `first` ... `first + count - 1`; a quantity without variability is one number,
    broadcast.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    population : Population
        The between-subject variability.
    seed : int
        Of the random streams.
    first, count : int
        Position of the first subject, from 0, and how many.
    variance_scale : float, optional
        By which variances are multiplied.

    Returns
    -------
    dict[str, ndarray]
    """
    from livingdrug.engine import lognormals

    typical = np.array(list(model.typical.values()), dtype=float)
    same = np.broadcast_to(typical[:, None], (len(typical), count))
    values = dict(zip(model.typical, same, strict=True))
    if population.members:
        values |= _members(model, population, seed, first, count)
    bounds = {q.name: q.bound for q in model.quantities}
    together = _correlated(population, seed, first, count)
    factors: dict[str, tuple[float, float, float]] = {}
    for name, given in population.spreads.items():
        sd, highest = given.sd * math.sqrt(variance_scale), 1.0 if bounds[name] == "fraction" else math.inf
        if name in together or given.scale != "log":
            z = together[name] if name in together else _normals(seed, name, first, count)
            values[name] = np.minimum(_moved(model.typical[name], sd * z, given.scale), highest)
        else:
            factors[name] = (1.0, sd, math.inf) if population.members else (model.typical[name], sd, highest)
    if factors:
        drawn = lognormals(seed, tuple(factors), first, count, *np.array(list(factors.values())).T)
        for name, own in zip(factors, drawn, strict=True):
            highest = 1.0 if bounds[name] == "fraction" else math.inf
            values[name] = np.minimum(values[name] * own, highest) if population.members else own
    return values


def _normals(seed: int, name: str, first: int, count: int) -> np.ndarray:
    from livingdrug.engine import normals

    return normals(seed, name, first, count)


def _correlated(population: Population, seed: int, first: int, count: int) -> dict[str, np.ndarray]:
    """Standard normal numbers of the quantities whose effects are correlated, each shape (count,)."""
    names = population.correlated
    if not names:
        return {}
    z = population.factor() @ np.array([_normals(seed, name, first, count) for name in names])
    return dict(zip(names, z, strict=True))


def _moved(typical: float, eta: np.ndarray, scale: str) -> np.ndarray:
    """Individual values of effects on a scale."""
    if scale == "normal":
        return typical + eta
    if scale == "logit":
        return 1.0 / (1.0 + (1.0 - typical) / typical * np.exp(-eta))
    return typical * np.exp(eta)


def member_of(population: Population, seed: int, first: int, count: int) -> np.ndarray:
    """Which member (position in `population.members`) subjects `first` ... `first + count - 1` are, shape
    (count,).

    A subject's member depends on the seed and its number alone.
    """
    weights = np.array(list(population.members.values()))
    drawn = uniforms(seed, f"member of {population.name}", first, count)
    return np.searchsorted(np.cumsum(weights) / weights.sum(), drawn, side="right").clip(max=len(weights) - 1)


def _members(
    model: Model, population: Population, seed: int, first: int, count: int
) -> dict[str, np.ndarray]:
    """Quantities that differ between the vectors, for each subject those of its own; what a user set
    stays."""
    vectors = {v.name: v.values for v in model.values}
    chosen = member_of(population, seed, first, count)
    found = {}
    for name in model.typical.keys() & vectors[next(iter(population.members))].keys() - model.changes.keys():
        table = np.array([vectors[member][name] for member in population.members])
        found[name] = table[chosen]
    return found
