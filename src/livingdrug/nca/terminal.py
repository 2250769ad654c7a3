"""The terminal slope and what it says: rate, half-life, which points, how well they lie on a line."""

import numpy as np

from livingdrug.nca.analysis import Analysis, Value
from livingdrug.nca.causes import Cause, marks
from livingdrug.nca.registry import RATE, TIME, parameter
from livingdrug.nca.slopes import POINTS

POOR_R2, SHORT_SPAN = 0.9, 2.0


def fit_causes(a: Analysis) -> np.ndarray:
    """Why there is no terminal slope, or why to take it with caution, shape (n,)."""
    fit = a.terminal
    few = fit.candidates < POINTS
    absent = ~np.isfinite(fit.lamz)
    return a.nothing | marks(
        a.n,
        (absent & few, Cause.FEW_TERMINAL),
        (absent & ~few, Cause.NOT_FALLING),
        (~absent & (fit.r2_adjusted < POOR_R2), Cause.POOR_FIT),
        (~absent & (fit.span < SHORT_SPAN), Cause.SHORT_SPAN),
        (~absent & fit.chosen, Cause.CHOSEN_POINTS),
    )


@parameter(
    "LAMZ",
    unit=RATE,
    meaning="terminal rate",
    plain="slope of ln level over the terminal points",
    geometric=True,
    from_infusion=False,
    pknca="lambda.z",
    phoenix="Lambda_z",
)
def terminal_rate(a: Analysis) -> Value:
    """- slope of ln level on time, by the rule of `slopes.fit_terminal`."""
    return Value(a.terminal.lamz, fit_causes(a), a.terminal.points)


@parameter(
    "LAMZHL",
    unit=TIME,
    meaning="terminal half-life: ln 2 / LAMZ",
    plain="ln 2 / LAMZ",
    geometric=True,
    from_infusion=False,
    pknca="half.life",
    phoenix="HL_Lambda_z",
)
def terminal_half_life(a: Analysis) -> Value:
    """ln 2 / LAMZ."""
    return Value(a.terminal.half_life, a["LAMZ"].causes, a.terminal.points)


@parameter(
    "LAMZNPT",
    unit="1",
    meaning="number of terminal points",
    plain="number of terminal points",
    from_infusion=False,
    points_of="LAMZ",
    pknca="lambda.z.n.points",
    phoenix="No_points_lambda_z",
)
def terminal_points(a: Analysis) -> Value:
    """How many values the terminal fit used."""
    return Value(a.terminal.count, a["LAMZ"].causes)


@parameter(
    "LAMZLL",
    unit=TIME,
    meaning="time of the first terminal point",
    plain="first terminal point",
    from_infusion=False,
    points_of="LAMZ",
    pknca="lambda.z.time.first",
    phoenix="Lambda_z_lower",
)
def first_terminal_point(a: Analysis) -> Value:
    """Time of the first value of the terminal fit."""
    return Value(a.terminal.first, a["LAMZ"].causes)


@parameter(
    "LAMZUL",
    unit=TIME,
    meaning="time of the last terminal point",
    plain="last terminal point",
    from_infusion=False,
    points_of="LAMZ",
    pknca="lambda.z.time.last",
    phoenix="Lambda_z_upper",
)
def last_terminal_point(a: Analysis) -> Value:
    """Time of the last value of the terminal fit."""
    return Value(a.terminal.last, a["LAMZ"].causes)


@parameter(
    "R2",
    unit="1",
    meaning="R2 of the terminal fit",
    plain="of the terminal fit",
    from_infusion=False,
    points_of="LAMZ",
    pknca="r.squared",
    phoenix="Rsq",
)
def r2(a: Analysis) -> Value:
    """Squared correlation of ln level and time."""
    return Value(a.terminal.r2, a["LAMZ"].causes)


@parameter(
    "R2ADJ",
    unit="1",
    meaning="adjusted R2 of the terminal fit",
    plain="of the terminal fit",
    from_infusion=False,
    points_of="LAMZ",
    pknca="adj.r.squared",
    phoenix="Rsq_adjusted",
)
def r2_adjusted(a: Analysis) -> Value:
    """1 - (1 - R2) (n - 1) / (n - 2)."""
    return Value(a.terminal.r2_adjusted, a["LAMZ"].causes)
