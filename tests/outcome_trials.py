"""Simulated trials with outcomes for the tests of joint fits; data that nobody measured."""

from pathlib import Path

import numpy as np

from livingdrug.data import Reading, join, read_data, read_endpoints
from livingdrug.fit import FitProblem, ResidualError, joint_problem
from livingdrug.models import build_model

FOLD, T_MAX, C_MAX, ALPHA, F_B, BETA = 3900.0, 9.3, 24000.0, 0.16, 0.0079, 0.0032  # Stein 2019, typical values
DAYS = (2, 6, 9, 12, 20, 40, 100)
SD = 0.65


def level(t: float, c_max: float = C_MAX, t_max: float = T_MAX) -> float:
    """The published curve, written anew."""
    if t < t_max:
        return c_max / FOLD * np.exp(np.log(FOLD) / t_max * t)
    return c_max * ((1 - F_B) * np.exp(-ALPHA * (t - t_max)) + F_B * np.exp(-BETA * (t - t_max)))


def area(t: float, c_max: float = C_MAX, t_max: float = T_MAX) -> float:
    """Its integral from 0."""
    rho, end = np.log(FOLD) / t_max, min(t, t_max)
    found = c_max / FOLD * (np.exp(rho * end) - 1) / rho
    late = max(t - t_max, 0.0)
    return found + c_max * ((1 - F_B) * -np.expm1(-ALPHA * late) / ALPHA + F_B * -np.expm1(-BETA * late) / BETA)


def write_trial(folder: Path, n: int = 60, seed: int = 3, noise: float = 1e-4) -> np.ndarray:
    """kinetics.csv and endpoints.csv of n subjects who differ in c_max alone; gives their ln (c_max / typical)."""
    rng = np.random.default_rng(seed)
    x = SD * rng.normal(size=n)
    kinetics, endpoints = ["ID,TIME (d),DV (copies/ug)"], ["ID,TOX,CRS,INFECTIONS,PFS (d),PFS_event"]
    for i, e in enumerate(x.tolist()):
        for d in DAYS:
            kinetics.append(f"P{i + 1},{d},{level(d, C_MAX * np.exp(e)) * np.exp(noise * rng.normal()):.9g}")
        chance = rng.logistic()
        grade = sum(a + 1.2 * e > chance for a in (1.0, -0.5, -2.0))
        tox, count = int(rng.random() < 1 / (1 + np.exp(0.3 - 1.2 * e))), rng.poisson(np.exp(0.5 + 0.4 * e))
        time = rng.exponential(np.exp(5.2 + 0.5 * e))
        endpoints.append(f"P{i + 1},{tox},{grade},{count},{min(time, 365.0):.6g},{int(time < 365)}")
    (folder / "kinetics.csv").write_text("\n".join(kinetics) + "\n")
    (folder / "endpoints.csv").write_text("\n".join(endpoints) + "\n")
    return x


def problem_of(folder: Path, outcomes: list[str], a: float = 1e-4, **more) -> FitProblem:
    """The problem of a trial: c_max differs between subjects, t_max is estimated."""
    data, ends = read_data(folder / "kinetics.csv", Reading()), read_endpoints(folder / "endpoints.csv")
    units = {c.name if c.meaning == "covariate" else c.meaning: c.unit for c in ends.columns}
    more = {"random": {"c_max": SD}, "estimate": ("t_max",), "smooth": 0.0} | more
    residuals = (ResidualError("transgene", "lognormal", a),)
    model = build_model(more.pop("model", "stein_2019"), (), {})
    return joint_problem(model, join(data, ends), outcomes, units, residuals=residuals, **more)
