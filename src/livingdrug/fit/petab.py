"""The objective of a PEtab problem: its model solved under its conditions, its measurements weighed by their
noise.

Curves come from the reference solver. Where a problem asks for a steady state before a condition, the model
runs until nothing changes any more; what the condition then sets is set, everything else stays as it is.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from livingdrug.core.errors import InputError, SolveError
from livingdrug.core.names import unknown
from livingdrug.engine import SET, Events, advance, compile_system, output_function, solve, state_function
from livingdrug.models import Model, System, flows_of, read_model
from livingdrug.standards import Measurement, PetabProblem, formula_text

RTOL = 1e-9
STEADY = 1e-8  # relative change over a time span that doubles
MOST_DOUBLINGS = 60
NO_VALUE = 1e10  # what a search takes for an objective that could not be computed


@dataclass(frozen=True)
class PetabValue:
    """A PEtab problem at some values of its parameters.

    Attributes
    ----------
    llh : float
        Log-likelihood of all measurements, constants included.
    chi2 : float
        Sum of squared residuals over their noise.
    simulations, noise : ndarray
        One for each measurement.
    """

    llh: float
    chi2: float
    simulations: np.ndarray
    noise: np.ndarray


@dataclass(frozen=True)
class PetabObjective:
    """A problem with its model, ready to be evaluated.

    Attributes
    ----------
    problem : PetabProblem
        As it was read, see `read_petab`.
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    """

    problem: PetabProblem
    model: Model

    @staticmethod
    def of(problem: PetabProblem) -> "PetabObjective":
        """Read the model and check what the tables name against it. Raises InputError or ModelError."""
        objective = PetabObjective(problem, read_model(problem.model))
        objective.check()
        return objective

    @cached_property
    def system(self) -> System:
        """The equations."""
        return flows_of(self.model)

    @cached_property
    def names(self) -> dict[str, str]:
        """Name in a formula -> name in the model."""
        system = self.system
        groups = (system.quantities, system.states, system.definitions)
        return {item.name: item.name for group in groups for item in group}

    def check(self) -> None:
        """Names of the tables against the model. Raises InputError."""
        settable = {q.name for q in self.system.quantities} | {s.name for s in self.system.states}
        for condition, values in self.problem.conditions.items():
            for name, text in values.items():
                if name not in settable:
                    raise InputError(
                        f"condition `{condition}`: " + unknown("id of the model", name, settable)
                    )
                self._value(text, self.nominal, f"condition `{condition}`, `{name}`")
        used = {text for values in self.problem.conditions.values() for text in values.values()}
        used |= {t for m in self.problem.measurements for t in (*m.observable_values, *m.noise_values)}
        formulas = " ".join(f"{o.formula} {o.noise}" for o in self.problem.observables.values())
        used |= set(re.findall(r"\w+", formulas))
        for name, parameter in self.problem.parameters.items():
            if name not in settable and name not in used:
                what = "is estimated" if parameter.estimate else "is given"
                raise InputError(
                    f"the parameter `{name}` {what}, and neither the model nor any table names it"
                )

    @property
    def nominal(self) -> dict[str, float]:
        """The nominal values of all parameters."""
        return {name: p.nominal for name, p in self.problem.parameters.items()}

    def _value(self, text: str, values: Mapping[str, float], where: str) -> float:
        if text in values:
            return values[text]
        try:
            return float(text)
        except ValueError:
            raise InputError(f"{where}: " + unknown("parameter", text, values)) from None

    # ------------------------------------------------------------------------------------------------ curves

    def _numbers(self, condition: str, values: Mapping[str, float]) -> tuple[list[float], dict[str, float]]:
        """Values of all quantities under a condition, and the states that it sets."""
        numbers = dict(self.model.known) | {k: v for k, v in values.items() if k in self.model.known}
        states = {s.name for s in self.system.states}
        set_to = {}
        for name, text in self.problem.conditions[condition].items():
            value = self._value(text, values, f"condition `{condition}`, `{name}`")
            (set_to if name in states else numbers)[name] = value
        missing = [q.name for q in self.system.quantities if q.name not in numbers]
        if missing:
            raise InputError(
                f"`{missing[0]}` has no value in the model, the parameter table or the condition"
            )
        return [numbers[q.name] for q in self.system.quantities], set_to

    def states(
        self, condition: str, before: str, times: np.ndarray, values: Mapping[str, float]
    ) -> tuple[np.ndarray, list[float]]:
        """All states at the times, shape (states, times), and the quantities under the condition."""
        code, index = compile_system(self.system), {s.name: i for i, s in enumerate(self.system.states)}
        p, set_to = self._numbers(condition, values)
        y = np.array(code.initial(*p), dtype=float)
        if before:
            q, first = self._numbers(before, values)
            y = np.array(code.initial(*q), dtype=float)
            y = self._steady(code, q, self._put(y, first, index))
        y = self._put(y, set_to, index)
        start = Events.of([(0.0, SET, i, value) for i, value in enumerate(y.tolist())])
        names = tuple(index)
        found = solve(
            code,
            p,
            start,
            times,
            max(float(times[-1]), 1e-9),
            output_function(self.system, names),
            rtol=RTOL,
            atol=1e-12,
        )
        if found.status != "ok":
            raise SolveError(f"condition `{condition}`: {found.reason}")
        return found.values, p

    def _put(self, y: np.ndarray, set_to: dict[str, float], index: dict[str, int]) -> np.ndarray:
        y = y.copy()
        for name, value in set_to.items():
            y[index[name]] = value
        return y

    def _steady(self, code, p: list[float], y: np.ndarray) -> np.ndarray:
        span = 1.0
        for _ in range(MOST_DOUBLINGS):
            after = advance(code, p, y, Events.of([]), span)
            if (np.abs(after - y) <= STEADY * (np.abs(after) + 1e-12)).all():
                return after
            y, span = after, 2 * span
        raise SolveError(
            f"no steady state is reached within {span:g} {self.system.time_unit} of the condition before"
        )

    # --------------------------------------------------------------------------------------------- objective

    def _texts(self, measurement: Measurement) -> tuple[str, str]:
        """Formulas of a measurement: what it should be, and its noise."""
        observable = self.problem.observables[measurement.observable]
        known = dict(self.names)
        known |= {name: name for name in self.problem.parameters if name not in known}
        for kind, texts in (
            ("observable", measurement.observable_values),
            ("noise", measurement.noise_values),
        ):
            known |= {f"{kind}Parameter{i}_{observable.name}": text for i, text in enumerate(texts, 1)}
        formula = formula_text(observable.formula, known, f"observable {observable.name}")
        known |= {observable.name: f"({formula})"}
        return formula, formula_text(observable.noise, known, f"noise of {observable.name}")

    def at(self, values: Mapping[str, float] | None = None) -> PetabValue:
        """The objective at these values of the parameters (linear scale), the nominal ones where none are
        given.

        Raises InputError for a noise at the nominal values that is not above 0; elsewhere its log-likelihood
        is -inf.
        """
        nominal, values = values is None, self.nominal | dict(values or {})
        found = np.full((2, len(self.problem.measurements)), np.nan)
        groups: dict[tuple[str, str], list[int]] = {}
        for i, m in enumerate(self.problem.measurements):
            groups.setdefault((m.condition, m.before), []).append(i)
        for (condition, before), rows in groups.items():
            times = np.unique([self.problem.measurements[i].time for i in rows])
            states, p = self.states(condition, before, times, values)
            for i in rows:
                measurement = self.problem.measurements[i]
                place = int(np.searchsorted(times, measurement.time))
                found[:, i] = self._function(measurement)(measurement.time, states[:, place], p, values)
        bad = np.flatnonzero(~(found[1] > 0))
        if nominal and len(bad):
            m = self.problem.measurements[bad[0]]
            raise InputError(
                f"the noise of `{m.observable}` at time {m.time:g} is {found[1, bad[0]]:g}; it must be above "
                "0"
            )
        return self._weighed(*found)

    @cached_property
    def _functions(self) -> dict[tuple, Callable]:
        """What `_function` made, by what it depends on: a search asks for the same ones again and again."""
        return {}

    def _function(self, measurement: Measurement) -> Callable:
        """(time, states, quantities, values) -> observable and noise of a measurement."""
        key = (measurement.observable, measurement.observable_values, measurement.noise_values)
        if key not in self._functions:
            self._functions[key] = self._compiled(measurement)
        return self._functions[key]

    def _compiled(self, measurement: Measurement) -> Callable:
        texts = self._texts(measurement)
        own = {q.name for q in self.system.quantities}
        more = tuple(name for name in self.problem.parameters if name not in own and name not in self.names)
        inner = state_function(self.system, texts, more)
        times_of = compile_system(self.system).switch_times

        def observed(t: float, y, p: list[float], values: Mapping[str, float]) -> list[float]:
            on = [float(t >= at) for at in times_of(*p)]
            return inner(t, y, p, on, [values[name] for name in more])

        return observed

    def _weighed(self, simulations: np.ndarray, noise: np.ndarray) -> PetabValue:
        llh = chi2 = 0.0
        for m, simulated, sd in zip(
            self.problem.measurements, simulations.tolist(), noise.tolist(), strict=True
        ):
            observable = self.problem.observables[m.observable]
            if not sd > 0:
                return PetabValue(-math.inf, math.inf, simulations, noise)
            scale = {"lin": None, "log": 1.0, "log10": math.log(10.0)}[observable.transformation]
            if scale is None:
                residual, jacobian = (m.value - simulated) / sd, 0.0
            else:
                if simulated <= 0:
                    return PetabValue(-math.inf, math.inf, simulations, noise)
                residual = (math.log(m.value) - math.log(simulated)) / scale / sd
                jacobian = math.log(m.value * scale)
            chi2 += residual**2
            if observable.distribution == "normal":
                llh -= 0.5 * (math.log(2 * math.pi * sd**2) + residual**2) + jacobian
            else:
                llh -= math.log(2 * sd) + abs(residual) + jacobian
        return PetabValue(llh, chi2, simulations, noise)


def fit_petab(
    objective: PetabObjective, starts: int = 1, seed: int = 1
) -> tuple[dict[str, float], PetabValue, int]:
    """The parameters of the highest log-likelihood, the objective there, and how many starts ended well.

    Parameters
    ----------
    objective : PetabObjective
        The problem, see `PetabObjective.of`.
    starts : int
        Searches: the first from the nominal values, the others from random ones within the bounds, on the
        scale of each parameter.
    seed : int
        Seed of the random numbers: the same seed gives the same numbers, on any number of processes.

    Returns
    -------
    tuple
        Values on the linear scale, the objective, and the number of searches that converged.
    """
    from scipy.optimize import minimize

    free = [p for p in objective.problem.parameters.values() if p.estimate]
    if not free:
        raise InputError("the parameter table has nothing to estimate: every `estimate` is 0")
    forward = {"lin": float, "log": math.log, "log10": math.log10}
    backward = {"lin": float, "log": math.exp, "log10": lambda x: 10.0**x}
    bounds = [(forward[p.scale](p.lower), forward[p.scale](p.upper)) for p in free]

    def values(x: np.ndarray) -> dict[str, float]:
        return {
            p.name: min(max(backward[p.scale](v), p.lower), p.upper)
            for p, v in zip(free, x.tolist(), strict=True)
        }

    def cost(x: np.ndarray) -> float:
        try:
            found = -objective.at(values(x)).llh
        except SolveError:
            return NO_VALUE
        return found if math.isfinite(found) else NO_VALUE

    rng = np.random.default_rng(seed)
    begins = [np.array([forward[p.scale](p.nominal) for p in free])]
    begins += [np.array([rng.uniform(*b) for b in bounds]) for _ in range(starts - 1)]
    ends = [minimize(cost, x, method="L-BFGS-B", bounds=bounds) for x in begins]
    best = min(ends, key=lambda end: end.fun)
    if best.fun >= NO_VALUE:
        raise InputError(
            "the objective could not be computed anywhere that was tried; check the bounds of the parameters"
        )
    return values(best.x), objective.at(values(best.x)), sum(bool(end.success) for end in ends)
