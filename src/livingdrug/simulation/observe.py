"""What an assay would report: residual error, and a limit below which it says only `below`."""

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.random import normals
from livingdrug.models import Model, Residual
from livingdrug.simulation.result import Result


def observe(model: Model, result: Result, limit: float | None = None, seed: int = 1):
    """What an assay would measure of simulated curves: ln(y) = ln(f) + sd * eps, or the other kinds of
    `Residual`.

    Parameters
    ----------
    model : Model
        Its published residual error is used; an output without one is reported as it is.
    result : Result
        As `simulate` gives it.
    limit : float, optional
        Limit of quantification, in the unit of the output: a value below is reported as the limit with
        below_limit = 1, censored, not zero.
    seed : int
        Of the residual errors.

    Returns
    -------
    DataFrame
        Columns subject, time, output, value, unit, limit, below_limit, status; a row for each measured
        value.

    Raises
    ------
    InputError
        For a limit that is not positive, or a model that measures nothing.
    """
    return observed_part(model, result, limit, seed, result.table())


def observed_part(model: Model, result: Result, limit: float | None, seed: int, table, before: int = 0):
    """The same of a part of a population, whose table of curves is given.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    result : Result
        Of a simulation, see `simulate`.
    limit : float or None
        Of quantification; that of the model's assay where it is None.
    seed : int
        Of the random streams.
    table
        Curves of the part.
    before : int, optional
        How many subjects stand before its first.
    """
    if limit is not None and not (np.isfinite(limit) and limit > 0):
        raise InputError(f"the limit of quantification is {limit:g}; it must be finite and above 0")
    measured = {o.name for o in model.system.outputs if o.measured}
    if not measured & set(result.outputs):
        raise InputError(f"`{result.model}` has no measured output, so there is nothing to observe")
    residual = {r.output: r for r in model.residuals}
    table = table[table["output"].isin(sorted(measured))].reset_index(drop=True)
    value = np.array(table["value"], dtype=float)
    for output in sorted(measured & set(residual)):
        rows = np.flatnonzero(table["output"] == output)
        eps = normals(seed, f"residual {output}", before * len(result.times), len(rows))
        value[rows] = with_error(residual[output], value[rows], eps)
    below = value < limit if limit is not None else np.zeros(len(table), dtype=bool)
    table["value"] = np.where(below, limit if limit is not None else 0.0, value)
    table["limit"] = limit if limit is not None else np.nan
    table["below_limit"] = below.astype(int)
    # what the assay says stands together, the fate of the subject comes last as in every long table
    table["status"] = table.pop("status")
    return table


def with_error(residual: Residual, f: np.ndarray, eps: np.ndarray) -> np.ndarray:
    """Measured values of f."""
    if residual.kind == "lognormal":
        return f * np.exp(residual.log_sd * eps)
    if residual.kind == "combined_squares":
        return f + np.hypot(residual.a, residual.b * f) * eps
    return f + (residual.a + residual.b * f) * eps
