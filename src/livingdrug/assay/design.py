"""An assay before it is done: expected standard errors of rates, from Fisher information, and by simulation
as a check.

With X the slopes of the logarithms of readings by the logarithms of the rates (by the rate over its value,
where it may be negative), V their covariance in a well and P the precision of what is known beforehand, a
design of wells w has

    M = sum X' V^-1 X + P          RSE = sqrt(diag(M^-1))

Readings below the limit on the typical curve tell nothing here. A well as a whole may read too high or too
low, and all effectors may have been counted wrongly when they were seeded."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from livingdrug.assay.course import ABSENT, Course, Steps
from livingdrug.assay.laws import EFFECTORS, EXHAUSTED, TARGETS, is_signed, rates_of
from livingdrug.core.errors import InputError
from livingdrug.models import Model

IDENTIFIABLE = (
    1e-10  # eigenvalue of the scaled information below which a combination of rates is not told at all
)


@dataclass(frozen=True)
class AssayDesign:
    """What is to be done.

    Attributes
    ----------
    name : str
        Of the design.
    ratios : Mapping[float, int]
        Effectors per target -> wells.
    alone : int
        Wells with targets alone.
    effector_alone : int
        Wells with effectors alone.
    targets : float
        Cells at the start, and added at the ends of rounds but the last.
    rounds : int
        Number of rounds of stimulation.
    hours : float
        h of a round.
    every : float
        h between readings of targets; 0: at the ends of rounds alone.
    first : bool
        Whether targets are read at the start.
    count : bool
        Whether effectors are counted at the ends of rounds.
    kept : float
        Fraction of cells that goes on to a next round.
    """

    name: str
    ratios: Mapping[float, int] = field(hash=False)
    alone: int = 8
    effector_alone: int = 0
    targets: float = 5000.0
    rounds: int = 4
    hours: float = 24.0
    every: float = 0.0
    first: bool = False
    count: bool = False
    kept: float = 1.0

    def __post_init__(self) -> None:
        where = f"design `{self.name}`: "
        if not self.ratios or any(not (r > 0 and np.isfinite(r)) or n < 1 for r, n in self.ratios.items()):
            raise InputError(where + "`ratios` needs effectors per target above 0 with 1 or more wells each")
        if self.alone < 0 or self.effector_alone < 0:
            raise InputError(where + "a number of wells is negative")
        for name in ("targets", "hours"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise InputError(where + f"`{name}` must be above 0")
        if not (1 <= self.rounds <= 50 and 0 < self.kept <= 1 and 0 <= self.every <= self.hours):
            raise InputError(
                where + "1 to 50 rounds, a fraction kept above 0 and at most 1, and `every` within a round"
            )

    @property
    def wells(self) -> int:
        """Number of wells."""
        return sum(self.ratios.values()) + self.alone + self.effector_alone

    @property
    def ends(self) -> np.ndarray:
        """Hours of the ends of rounds."""
        return self.hours * np.arange(1, self.rounds + 1)

    @property
    def times(self) -> np.ndarray:
        """Hours of the readings of targets."""
        inner = np.arange(self.every, self.ends[-1], self.every) if self.every else np.array([])
        return np.unique(np.concatenate([[0.0] if self.first else [], inner, self.ends]))

    def kinds(self) -> list[tuple[float, float, int]]:
        """(effectors, targets, wells) of each kind of well."""
        found = [(ratio * self.targets, self.targets, n) for ratio, n in self.ratios.items()]
        found += [(0.0, self.targets, self.alone)] if self.alone else []
        return found + ([(self.targets, 0.0, self.effector_alone)] if self.effector_alone else [])

    def steps(self, targets: float) -> Steps:
        """What is done to a well that held so many targets."""
        n = self.rounds - 1
        added = np.full(n, self.targets if targets > 0 else 0.0)
        return Steps(self.ends[:-1], np.full(n, self.kept), added, np.zeros(n))


@dataclass(frozen=True)
class CountErrors:
    """SDs of logarithms, and limits of counting.

    Attributes
    ----------
    targets, effectors : float
        Of counts of both.
    well : float
        Of all readings of a kind in a well.
    seeding : float
        Of the effectors seeded in all wells alike.
    limit, effector_limit : float
        Targets and effectors that can still be counted.
    """

    targets: float = 0.10
    effectors: float = 0.15
    well: float = 0.05
    seeding: float = 0.10
    limit: float = 25.0
    effector_limit: float = 25.0

    def __post_init__(self) -> None:
        for name in ("targets", "effectors"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise InputError(f"the error of counts of {name} must be above 0")
        for name in ("well", "seeding", "limit", "effector_limit"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise InputError(f"`{name}` must not be negative")


@dataclass(frozen=True)
class DesignResult:
    """What a design would tell.

    Attributes
    ----------
    design : AssayDesign
        The design.
    rse : dict[str, float]
        Rate -> expected SE of its logarithm (of its value over the value, where it may be negative), inf
        where the design does not tell it.
    readings : int
        Of targets and effectors above the limit.
    together : tuple of str
        Groups of rates of which only combinations are told.
    """

    design: AssayDesign
    rse: dict[str, float]
    readings: int
    together: tuple[str, ...]

    def reaches(self, wanted: Mapping[str, float]) -> bool:
        """Whether every rate that is wanted is told with the wanted RSE."""
        return all(self.rse[name] <= rse for name, rse in wanted.items())


def expected_errors(
    model: Model, values: Mapping[str, float], design: AssayDesign, errors: CountErrors
) -> DesignResult:
    """Expected relative standard errors of a design.

    Parameters
    ----------
    model : Model
        Of `assay_model`.
    values : Mapping[str, float]
        Rate -> what it may be, in cells and hours; the model's initial estimates where it is missing.
    design, errors : AssayDesign or CountErrors
        What is done, and how it errs.

    Raises
    ------
    InputError : an unknown rate, or a model that cannot be computed
    """
    names, at = rates_of(model), _values(model, values)
    kinds = design.kinds()
    course = Course(model, tuple(design.steps(t) for _, t, _ in kinds), (_grid(design),) * len(kinds))
    start = np.zeros((len(kinds), len(course.states)))
    for w, (effectors, targets, _) in enumerate(kinds):
        start[w, course.states.index(EFFECTORS)] = max(effectors, ABSENT)
        start[w, course.states.index(TARGETS)] = max(targets, ABSENT)
    given = {name: np.full(len(kinds), value) for name, value in at.items()}
    given["growth"] = np.where([t > 0 for _, t, _ in kinds], given["growth"], 0.0)
    curves = course.solve(given, start)
    if not curves.sound.all():
        raise InputError(f"design `{design.name}` could not be computed with these rates")
    columns = [*names, *(["seeding"] if errors.seeding > 0 else [])]
    information = np.zeros((len(columns), len(columns)))
    readings = 0
    for w, kind in enumerate(kinds):
        x, v = _well(course, curves, w, kind, at, columns, design, errors, start)
        readings += len(x) * kind[2]
        if len(x):
            information += kind[2] * x.T @ np.linalg.solve(v, x)
    if errors.seeding > 0:
        information[-1, -1] += errors.seeding**-2
    rse, together = _errors_of(information, columns)
    return DesignResult(design, {name: rse[columns.index(name)] for name in names}, readings, together)


def _values(model: Model, values: Mapping[str, float]) -> dict[str, float]:
    from livingdrug.core.names import unknown

    names = rates_of(model)
    for name in values:
        if name not in names:
            raise InputError(unknown("rate of this model", name, names))
    found = {
        q.name: v for q in model.quantities if (v := {**model.typical, **values}.get(q.name)) is not None
    }
    wrong = [n for n in names if not np.isfinite(found[n]) or (not is_signed(model, n) and found[n] <= 0)]
    if wrong:
        raise InputError(f"`{wrong[0]}` is {found[wrong[0]]:g}; a design needs a rate above 0 to plan for")
    return {n: v for n, v in found.items() if not n.endswith("_0")}


def _grid(design: AssayDesign) -> np.ndarray:
    return np.unique(np.concatenate([[0.0], design.times, design.ends]))


def _well(course: Course, curves, w: int, kind, at, columns, design: AssayDesign, errors: CountErrors, start):
    """(slopes of the logarithms of readings by the columns, their covariance) of a well of one kind."""
    effectors, targets, _ = kind
    grid, states = _grid(design), course.states
    rows = slice(w * len(grid), (w + 1) * len(grid))
    e, t = states.index(EFFECTORS), states.index(TARGETS)
    cells, slopes = curves.cells[rows], curves.slopes[rows]
    counted, moved = cells[:, e].copy(), slopes[:, e].copy()
    if EXHAUSTED in states:
        counted, moved = (
            counted + cells[:, states.index(EXHAUSTED)],
            moved + slopes[:, states.index(EXHAUSTED)],
        )
    parts, blocks = [], []
    count_times = design.ends if design.count else np.array([])
    for level, slope, times, noise, limit, there in (
        (cells[:, t], slopes[:, t], design.times, errors.targets, errors.limit, targets > 0),
        (counted, moved, count_times, errors.effectors, errors.effector_limit, effectors > 0),
    ):
        read = np.isin(grid, times) & (level >= max(limit, 1e-9)) & there
        by_log = np.stack(
            [slope[read][:, course.by.index(n)] * at[n] for n in columns if n != "seeding"], axis=1
        )
        if "seeding" in columns:
            by_log = np.column_stack([by_log, slope[read][:, course.by.index("effectors_0")] * start[w, e]])
        parts.append(by_log / level[read][:, None])
        n = int(read.sum())
        blocks.append(noise**2 * np.eye(n) + errors.well**2 * np.ones((n, n)))
    covariance = np.zeros((sum(map(len, blocks)),) * 2)
    k = len(blocks[0])
    covariance[:k, :k], covariance[k:, k:] = blocks
    return np.concatenate(parts), covariance


def _errors_of(information: np.ndarray, columns: list[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """RSE of each column, inf where others can stand in for it, and the columns that stand in for each
    other."""
    size = np.sqrt(np.maximum(np.diag(information), 0.0))
    scale = np.where(size > 0, size, 1.0)
    values, vectors = np.linalg.eigh(information / scale[:, None] / scale[None, :])
    empty = values < IDENTIFIABLE
    hidden = (np.abs(vectors[:, empty]) > 1e-3).any(axis=1) | (size == 0)
    rse = np.sqrt((vectors[:, ~empty] ** 2 / values[~empty]).sum(axis=1)) / scale
    return np.where(hidden, np.inf, rse), tuple(n for n, lost in zip(columns, hidden, strict=True) if lost)


def usual_designs(targets: float = 5000.0) -> list[AssayDesign]:
    """Designs in common use, 24 wells each, from one reading of one ratio to four rounds with effectors
    counted.

    Parameters
    ----------
    targets : float, optional
        Cells at the start.

    Returns
    -------
    sequence of AssayDesign
    """
    one, three = {1.0: 16}, {4.0: 5, 1.0: 5, 0.25: 6}
    low = {1.0: 5, 0.25: 5, 0.125: 6}

    def design(name: str, ratios: Mapping[float, int], **more) -> AssayDesign:
        return AssayDesign(name, ratios, targets=targets, **more)

    return [
        design("one round, 1:1, read at its end", one, rounds=1),
        design("one round, three E:T, read at its end", three, rounds=1),
        design("one round, three E:T, every 3 h", three, rounds=1, every=3.0),
        design("four rounds, 1:1, ends of rounds", one),
        design("four rounds, three E:T, ends of rounds", three),
        design("four rounds, three E:T, every 6 h", three, every=6.0),
        design("four rounds, three E:T, ends of rounds, effectors counted", three, count=True),
        design(
            "four rounds, three E:T, every 6 h, effectors counted and alone",
            {4.0: 4, 1.0: 5, 0.25: 5},
            effector_alone=2,
            every=6.0,
            count=True,
        ),
        design("four rounds, E:T 1:1 1:4 1:8, every 6 h", low, every=6.0),
        design(
            "four rounds, E:T 1:1 1:4 1:8, every 6 h, effectors counted", low, every=6.0, count=True
        ),
    ]
