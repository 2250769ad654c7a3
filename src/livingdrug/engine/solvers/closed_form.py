"""Closed forms: outputs as formulas of time, for all subjects at once.

Integrals are Gauss-Legendre sums on panels that halve towards both ends of a piece, where exponentials turn; peaks
are looked for on the same points and on the ends of the pieces.
"""

from collections.abc import Mapping

import numpy as np

from livingdrug.engine.codegen.compile import array_function
from livingdrug.models import ClosedForm

_X, _W = np.polynomial.legendre.leggauss(16)
_HALVES = 0.5 ** np.arange(1, 9)
_EDGES = np.unique(np.concatenate([[0.0], _HALVES, 1 - _HALVES, [1.0]]))
_WIDTHS = np.diff(_EDGES)
# points and weights on (0, 1)
_POINTS = (_EDGES[:-1, None] + _WIDTHS[:, None] * 0.5 * (_X + 1)).ravel()
_WEIGHTS = (_WIDTHS[:, None] * 0.5 * _W).ravel()
BLOCK = 2000


def _arguments(form: ClosedForm) -> tuple[str, ...]:
    return ("time", *(q.name for q in form.quantities))


def _lines(form: ClosedForm) -> tuple[tuple[str, str], ...]:
    return tuple((d.name, d.expression) for d in form.definitions)


def closed_form_values(form: ClosedForm, values: Mapping[str, np.ndarray], times: np.ndarray) -> np.ndarray:
    """Outputs at `times`, shape (subjects, outputs, times).

    Parameters
    ----------
    form : ClosedForm
        Outputs as formulas of time, in pieces between breakpoints.
    values : Mapping[str, ndarray]
        Quantity -> values (subjects,).
    times : ndarray
        In the model's time unit.

    Returns
    -------
    ndarray
    """
    columns = [np.asarray(values[q.name])[:, None] for q in form.quantities]
    out = []
    for output in form.outputs:
        pieces = [_piece(form, piece.expression, times[None, :], columns) for piece in output.pieces]
        ends = [_piece(form, piece.until, 0.0, columns) for piece in output.pieces[:-1]]
        result = pieces[-1]
        for piece, end in reversed(list(zip(pieces[:-1], ends, strict=True))):
            result = np.where(times[None, :] < end, piece, result)
        out.append(np.broadcast_to(result, (len(columns[0]), len(times))))
    return np.stack(out, axis=1)


def _piece(form: ClosedForm, expression: str, time, columns) -> np.ndarray:
    with np.errstate(all="ignore"):
        (value,) = array_function(_arguments(form), _lines(form), (expression,))(time, *columns)
    return np.asarray(value, dtype=float)


def closed_form_metrics(form: ClosedForm, values: Mapping[str, np.ndarray], until: float, begin: float = 0.0):
    """(peak, time of peak, integral) of every output within a window, each of shape (subjects, outputs).

    Parameters
    ----------
    form : ClosedForm
        Outputs as formulas of time, in pieces between breakpoints.
    values : Mapping[str, ndarray]
        Quantity -> values (subjects,).
    until : float
        End of the window, in the model's time unit.
    begin : float, optional
        Its start.
    """
    columns = [np.asarray(values[q.name], dtype=float)[:, None] for q in form.quantities]
    parts = [
        _block(form, [c[start : start + BLOCK] for c in columns], until, begin)
        for start in range(0, len(columns[0]), BLOCK)
    ]
    return tuple(np.concatenate(arrays) for arrays in zip(*parts, strict=True))


def _block(form: ClosedForm, columns: list[np.ndarray], until: float, begin: float):
    n = len(columns[0])
    peak, at, area = (np.zeros((n, len(form.outputs))) for _ in range(3))
    for j, output in enumerate(form.outputs):
        start = np.full((n, 1), begin)
        best, when, total = np.full(n, -np.inf), np.full(n, begin), np.zeros(n)
        for piece in output.pieces:
            end = np.broadcast_to(_piece(form, piece.until, 0.0, columns), (n, 1)) if piece.until else np.full((n, 1), until)
            end = np.clip(end, start, until)
            width = end - start
            t = np.concatenate([start, start + width * _POINTS, end], axis=1)
            y = np.broadcast_to(_piece(form, piece.expression, t, columns), t.shape)
            # summed subject by subject: the order within a matrix product depends on how many subjects there are
            total += (width * y[:, 1:-1] * _WEIGHTS).sum(axis=1)
            # a piece of no length is not in force
            y = np.where(width > 0, y, -np.inf)
            i = np.argmax(y, axis=1)
            top = y[np.arange(n), i]
            better = top > best
            best, when = np.where(better, top, best), np.where(better, t[np.arange(n), i], when)
            start = end
        peak[:, j], at[:, j], area[:, j] = best, when, total
    return peak, at, area


def closed_form_course(form: ClosedForm, values: Mapping[str, float], output: int, until: float, also: float) -> list[tuple]:
    """(times, levels) of the pieces of an output of one subject.

    Parameters
    ----------
    form : ClosedForm
        Outputs as formulas of time, in pieces between breakpoints.
    values : mapping of str to float
        Quantity -> value.
    output : int
        Position of the output.
    until : float
        The last time.
    also : float
        A time that is among those of the levels, beside the points of the integrals.

    Returns
    -------
    list of (ndarray, ndarray)
    """
    columns, start, found = [np.array([[values[q.name]]], dtype=float) for q in form.quantities], 0.0, []
    for piece in form.outputs[output].pieces:
        end = float(np.clip(_piece(form, piece.until, 0.0, columns).ravel()[0], start, until)) if piece.until else until
        if end > start:
            t = np.unique(np.concatenate([[start, min(max(also, start), end), end], start + (end - start) * _POINTS]))
            found.append((t, np.broadcast_to(_piece(form, piece.expression, t[None, :], columns), (1, len(t)))[0]))
        start = end
    return found


def closed_form_faults(form: ClosedForm, values: Mapping[str, np.ndarray]) -> list[str]:
    """Per subject, the message of the first broken condition of validity, or an empty text.

    Parameters
    ----------
    form : ClosedForm
        Outputs as formulas of time, in pieces between breakpoints.
    values : Mapping[str, ndarray]
        Quantity -> values (subjects,).

    Returns
    -------
    sequence of str
    """
    columns = [np.asarray(values[q.name], dtype=float)[:, None] for q in form.quantities]
    n = len(columns[0])
    messages = [""] * n
    for condition in form.valid:
        holds = np.broadcast_to(_piece(form, condition.expression, 0.0, columns), (n, 1))[:, 0] > 0
        for i in np.flatnonzero(~holds):
            messages[i] = messages[i] or condition.message
    return messages
