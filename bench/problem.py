"""The population problem of the speed claims: 1,000 virtual patients of one CAR-T model over a year.

Model: kirouac_2023 + tissue + host_competition + allogeneic_killing, 13 states. Every rate constant is spread between
patients, log-normal with a CV of 50 %. One infusion of 1e8 cells on day 0, 60 output times from day 0 to day 365.
Three settings differ in typical values alone; each is the same draw of factors, stored in `draw.npz`.

    python -m bench.problem      # draws the factors again and says whether they are still the stored ones
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

import livingdrug as ld
from livingdrug.models import Model

DRAW = Path(__file__).with_name("draw.npz")
N, SEED, CV = 1000, 1, 0.5
DOSE = 1e8  # cells, on day 0
UNTIL = 365.0  # d
TIMES = np.concatenate([np.arange(29.0), np.linspace(35.0, UNTIL, 31)])  # d
TARGET = 1e-6  # the median error that every engine is asked for
ATOL = 1e-7  # absolute tolerance in the states' own units, where a caller gives none
FRAGMENTS = ("tissue", "host_competition", "allogeneic_killing")
# typical values that differ from the model's own; rejection and exchange are in 1/cells/d and 1/d
SETTINGS = {
    "mild": {"k_allo": 1e-10},
    "rejection": {"k_allo": 7e-9},  # the loss of CAR-T cells reaches 200/d: stiff
    "exchange": {"k_allo": 1e-10, "k12": 200.0, "k21": 100.0, "k_kill": 20.0},  # stiff from the first day on
}


@dataclass(frozen=True)
class Problem:
    """One setting.

    values: every quantity of `model.system` in order, shape (patients, quantities); start: states at time 0
    after the infusion, shape (patients, states); times: output times in days, the first is 0.
    """

    setting: str
    model: Model
    values: np.ndarray
    start: np.ndarray
    times: np.ndarray

    @property
    def n(self) -> int:
        """Number of patients."""
        return len(self.values)

    @property
    def blood_volume(self) -> np.ndarray:
        """Blood volume in uL, shape (patients,)."""
        return self.values[:, [q.name for q in self.model.system.quantities].index("blood_volume")]

    @property
    def cells(self) -> np.ndarray:
        """Cells in one unit of each state, shape (patients, states): the blood volume for states in cells/uL,
        else 1."""
        units = [s.unit for s in self.model.system.states]
        return np.stack([self.blood_volume if u == "cells/uL" else np.ones(self.n) for u in units], axis=1)

    def first(self, n: int) -> "Problem":
        """The same problem with the first n patients."""
        return Problem(self.setting, self.model, self.values[:n], self.start[:n], self.times)


def model_of(setting: str) -> Model:
    """The model with the typical values of a setting."""
    model = ld.get_model("kirouac_2023")
    for name in FRAGMENTS:
        model = model + ld.get_fragment(name)
    return model.with_values(SETTINGS[setting])


def problem(setting: str, n: int = N) -> Problem:
    """The first n patients of a setting, from the stored draw."""
    model = model_of(setting)
    with np.load(DRAW) as stored:
        factors = {name: stored[name] for name in stored.files}
    names = [q.name for q in model.system.quantities]
    values = np.stack([model.typical[name] * factors.get(name, np.ones(N)) for name in names], axis=1)[:n]
    return Problem(setting, model, values, start_states(model, values), TIMES)


def start_states(model: Model, values: np.ndarray) -> np.ndarray:
    """States at time 0 after the infusion, shape (patients, states), for values as in `Problem`."""
    column = {q.name: values[:, i] for i, q in enumerate(model.system.quantities)}
    # a start value of these models is a number or the name of a quantity
    initial = [s.initial for s in model.system.states]
    start = np.stack([column[i] if i in column else np.full(len(values), float(i)) for i in initial], axis=1)
    start[:, [s.name for s in model.system.states].index(model.system.dose_into)] += DOSE
    return start


def error(problem: Problem, states: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Error of each patient: the largest |ln max(y, 1) - ln max(y_ref, 1)| over states and output times.

    states, reference: shape (patients, times, states) in the states' own units. y is in cells: a state in cells/uL is
    multiplied by the blood volume first, so the floor is one cell in the body for every state and what lies below one
    cell counts as equal. A patient with a value that is not finite has the error inf.
    """
    cells = problem.cells[:, None, :]
    with np.errstate(invalid="ignore"):
        distance = np.abs(
            np.log(np.maximum(states * cells, 1.0)) - np.log(np.maximum(reference * cells, 1.0))
        )
    distance[~np.isfinite(distance)] = np.inf
    return distance.max(axis=(1, 2))


def draw() -> dict[str, np.ndarray]:
    """Factor of each patient on each rate constant, shape (N,) each: the library's own draw around typical
    values of 1."""
    from livingdrug.simulation import cv_population

    model = model_of("mild")
    rates = list(cv_population(model, CV).spreads)
    drawn = ld.draw_subjects(model.with_values(dict.fromkeys(rates, 1.0)), n=N, seed=SEED, cv=CV)
    return {name: drawn.values[name] for name in rates}


def main() -> None:
    """Store the draw where there is none, else compare with it."""
    made = draw()
    if not DRAW.exists():
        np.savez(DRAW, **made)
    with np.load(DRAW) as stored:
        farthest = max(float(np.abs(stored[name] / made[name] - 1).max()) for name in stored.files)
    print(
        f"{DRAW.name}: {len(made)} rates x {N} patients; largest difference from a draw made now: "
        f"{farthest:.1e}"
    )


if __name__ == "__main__":
    main()
