"""Closed forms that are sums of exponentials, compiled: values, peaks and integrals of many subjects."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

import livingdrug
from livingdrug.core.errors import InputError
from livingdrug.engine.codegen import cache
from livingdrug.engine.codegen.layout import LANES
from livingdrug.engine.codegen.linked import Linked, module_of
from livingdrug.models import ClosedForm

_SOLVE = Linked("livingdrug.engine.solvers.exponential_lanes", "solve")
UNEVEN = 1e-9  # steps of a grid that differ by less, relative to the longest, count as equal


@dataclass(frozen=True)
class ExponentialKernel:
    """Compiled terms of a closed form; address: of the function `terms`; shape: terms of each piece of each output.

    plan: the same as one flat array for compiled code: per output (pieces, terms of piece 1, terms of piece 2 ...).
    """

    address: int
    module: object
    quantities: tuple[str, ...]
    valid: tuple[str, ...]
    shape: tuple[tuple[int, ...], ...]
    plan: np.ndarray
    rows: int


@lru_cache(maxsize=32)
def exponential_kernel(form: ClosedForm, individual: tuple[tuple[str, str], ...] = ()) -> ExponentialKernel | None:
    """Compiled code of a closed form, or None when it is no sum of exponentials.

    Parameters
    ----------
    form : ClosedForm
        Outputs as formulas of time, in pieces between breakpoints.
    individual : tuple[tuple[str, str], ...], optional
        (quantity, expression that replaces it for a subject) pairs.

    Returns
    -------
    ExponentialKernel or None
    """
    name = cache.key("exponentials", repr(form), repr(individual))
    title = ", ".join(o.name for o in form.outputs)

    def text() -> str:
        from livingdrug.engine.codegen.exponential_terms import find_terms, rows_of, shape, terms_module

        found = find_terms(form, dict(individual))
        if found is None:
            facts, body = {"shape": [], "rows": 0}, ""
        else:
            facts = {"shape": shape(found), "rows": rows_of(shape(found), len(form.valid))}
            body = terms_module(found, len(form.quantities), title, livingdrug.__version__)
        return f"{body}\n\nFACTS = {json.dumps(facts)!r}\n"

    module = module_of(cache.folder() / f"terms_{name}.py", f"the formulas of {title}", text)
    facts = json.loads(module.FACTS)
    if not facts["rows"]:
        return None
    plan = [number for pieces in facts["shape"] for number in (len(pieces), *pieces)]
    return ExponentialKernel(
        module.terms.address, module, tuple(q.name for q in form.quantities), tuple(c.message for c in form.valid),
        tuple(tuple(pieces) for pieces in facts["shape"]), np.array(plan, dtype=np.int64), facts["rows"],
    )  # fmt: skip


class Curves(NamedTuple):
    """values (subjects, outputs, times); peak, peak_time, area within the window (subjects, outputs); above, last_above:
    time above each limit there and the last such time (subjects, limits); broken: first broken condition or -1."""

    values: np.ndarray
    peak: np.ndarray
    peak_time: np.ndarray
    area: np.ndarray
    above: np.ndarray
    last_above: np.ndarray
    broken: np.ndarray


def solve_exponentials(
    kernel: ExponentialKernel,
    values: Mapping[str, np.ndarray],
    times: np.ndarray,
    start: float,
    end: float,
    limits: Sequence[tuple[int, float]] = (),
    room: Curves | None = None,
) -> Curves:
    """Curves of all subjects.

    Parameters
    ----------
    kernel : ExponentialKernel
        See `exponential_kernel`.
    values : Mapping[str, ndarray]
        Quantity -> (subjects,).
    times : ndarray
        In the model's time unit.
    start, end : float
        Window of the measures.
    limits : Sequence[tuple[int, float]], optional
        (output, value) pairs for which the time above is taken.
    room : Curves or None, optional
        Memory for the answer, whose numbers are overwritten: curves of an earlier call for as many subjects,
        outputs, times and limits. None for new memory, which costs as much time as the curves for large blocks.

    Returns
    -------
    Curves
    """
    columns = [np.asarray(values[name], dtype=float) for name in kernel.quantities]
    n, k = len(columns[0]), len(kernel.shape)
    # what is the same for all subjects (one number, broadcast) is written once, not for each
    varying = np.array([i for i, column in enumerate(columns) if column.strides != (0,)], dtype=np.int64)
    w = np.zeros((len(columns) + kernel.rows) * LANES)
    w[: len(columns) * LANES] = np.repeat([column[0] for column in columns], LANES)
    table = np.concatenate([columns[i] for i in varying]) if len(varying) else np.zeros(0)
    curves = room or _new_curves(n, k, len(times), len(limits))
    if room is not None:
        _check_room(room, _new_curves(n, k, len(times), len(limits)))
    scratch = np.empty(8 * LANES), np.empty(max(len(times), 1) * LANES)
    _SOLVE(
        kernel.address, w, table, varying, len(columns), len(kernel.valid), kernel.plan, np.asarray(times, dtype=float),
        _step(times), float(start), float(end), np.array([output for output, _ in limits], dtype=np.int64),
        np.array([value for _, value in limits], dtype=float), curves, curves.values.reshape(-1), *scratch,
    )  # fmt: skip
    return curves


def _check_room(room: Curves, wanted: Curves) -> None:
    """InputError for memory that compiled code would write beyond."""
    for name, given, needed in zip(Curves._fields, room, wanted, strict=True):
        if given.shape != needed.shape or given.dtype != needed.dtype or not given.flags.c_contiguous:
            raise InputError(
                f"room for {name} has shape {given.shape}; shape {needed.shape} of {needed.dtype} in one piece is "
                "needed"
            )


def _new_curves(subjects: int, outputs: int, times: int, limits: int = 0) -> Curves:
    """Memory for curves.

    Parameters
    ----------
    subjects, outputs, times, limits : int
        How many of each.

    Returns
    -------
    Curves
    """
    per_output = [np.empty((subjects, outputs)) for _ in range(3)]
    per_limit = [np.empty((subjects, limits)) for _ in range(2)]
    broken = np.empty(subjects, dtype=np.int64)
    return Curves(np.empty((subjects, outputs, times)), *per_output, *per_limit, broken)


def _step(times: np.ndarray) -> float:
    """The step of an even grid, 0 for other times."""
    if len(times) < 3:
        return 0.0
    steps = np.diff(times)
    return float(steps[0]) if np.ptp(steps) <= UNEVEN * steps.max() else 0.0
