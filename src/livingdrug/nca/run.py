"""All parameters of all profiles."""

from pathlib import Path

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.data import Data, Reading, read_data
from livingdrug.nca import areas
from livingdrug.nca.blocks import Block, at, blocks, last_true
from livingdrug.nca.causes import ABSENT, Cause, marks
from livingdrug.nca.kinetics import PER_DAY, Value, contraction, expansion, peak, persistence, rise
from livingdrug.nca.moments import small_molecule
from livingdrug.nca.parameters import PARAMETERS, SMALL_MOLECULE
from livingdrug.nca.result import NcaResult
from livingdrug.nca.settings import ADULT_BLOOD, ADULT_WEIGHT, NcaSettings
from livingdrug.nca.terminal import Terminal, fit_terminal

WINDOW_DAYS = (0.0, 28.0)
# what needs the curve from the infusion on
FROM_INFUSION = (
    "CMAX", "TMAX", "AUCLST", "AUCALL", "AUCINT", "AUCIFO", "AUCIFP", "AUCPEO", "XFOLD", "XDOUBL", "XCONHL", "XTLIM", "XEXPR",
    "AUCPEP", "AUMCLST", "AUMCIFO", "AUMCIFP", "AUMCPEO", "AUMCPEP", "MRTIVLST", "MRTIVIFO", "MRTIVIFP", "CMAXD", "AUCIFOD",
    "AUCIFPD", "CLO", "CLP", "VZO", "VZP",
)  # fmt: skip
LAST_PART = 0.75  # of a window: what is sampled only after it has no area there
POOR_R2, SHORT_SPAN, FAR_SHARE = 0.9, 2.0, 20.0


def nca(data: Data | str | Path, settings: NcaSettings | None = None, reading: Reading | None = None) -> NcaResult:
    """Non-compartmental analysis of every profile. data: a table, or a file that is read with `reading`.

    Rules and equations: docs/nca.md. Raises InputError for a faulty file, or a rule that needs a limit nobody stated.
    """
    data = data if isinstance(data, Data) else read_data(data, reading)
    settings = settings or NcaSettings()
    if data.logarithms:
        raise InputError("the values are kept as logarithms, and areas need levels; turn them back (--logarithms e)")
    if data.replicates:
        raise InputError("a profile holds several values at one time; take their mean (--duplicates mean)")
    window = settings.window or _window_of_28_days(data)
    _check_subjects(data, settings)
    wanted = (*PARAMETERS, *SMALL_MOLECULE) if settings.small_molecule else PARAMETERS
    codes = tuple(p.code for p in wanted)
    n = data.profiles.n
    values = {code: np.full(n, np.nan) for code in codes}
    causes = {code: np.zeros(n, dtype=np.int64) for code in codes}
    touched = np.zeros((n, 3), dtype=int)
    points: dict[str, list] = {}
    for block in blocks(data, settings):
        touched[block.profiles] = block.touched
        for code, found in _block_values(block, data, settings, window).items():
            absent = (found.causes & ABSENT) != 0
            values[code][block.profiles] = np.where(absent, np.nan, found.value)
            causes[code][block.profiles] = found.causes
            if found.points is not None:
                row, column = np.nonzero(found.points)
                points.setdefault(code, []).append((block.profiles[row], block.time[row, column]))
    joined = {code: tuple(np.concatenate(part) for part in zip(*parts, strict=True)) for code, parts in points.items()}
    return NcaResult(data, settings, window, codes, values, causes, touched, joined)


def _window_of_28_days(data: Data) -> tuple[float, float] | None:
    """0 to 28 d in the unit of time of the data, or None where nobody stated that."""
    return tuple(end * PER_DAY[data.time_unit] for end in WINDOW_DAYS) if data.time_unit else None


def _check_subjects(data: Data, settings: NcaSettings) -> None:
    from livingdrug.core.names import unknown

    for choice in settings.terminal:
        if choice.subject not in data.subjects:
            raise InputError("terminal points: " + unknown("subject", choice.subject, data.subjects))


def _block_values(block: Block, data: Data, settings: NcaSettings, window) -> dict[str, Value]:
    """Every parameter of one block."""
    top, any_value = peak(block)
    nothing = (~any_value, Cause.NOTHING_QUANTIFIABLE)
    cmax = np.where(any_value, at(block.value, top), 0.0)
    tmax = np.where(any_value, at(block.time, top), np.nan)
    last = np.maximum(last_true(block.quantifiable), 0)
    upper = (block.upper & any_value, Cause.ABOVE_UPPER)
    found = {
        "CMAX": Value(cmax, marks(block.n, (~any_value, Cause.ALL_BELOW), upper)),
        "TMAX": Value(tmax, marks(block.n, nothing, upper)),
        "CLST": Value(at(block.value, last), marks(block.n, nothing)),
        "TLST": Value(at(block.time, last), marks(block.n, nothing)),
    }
    start, end = _chosen_points(block, data, settings)
    terminal = fit_terminal(block, np.where(any_value, tmax, np.inf), start, end)
    found |= _terminal_values(block, terminal, nothing)
    found |= _areas(block, settings, window, terminal, found)
    found["XFOLD"], found["XDOUBL"] = rise(block)
    found["XCONHL"] = contraction(block, data.time_unit)
    found["XPERS"], found["XPERSUL"] = persistence(block)
    found["XTLIM"] = _time_above(block, settings)
    found["XEXPR"] = _expansion(block, data, settings, cmax)
    if settings.small_molecule:
        found |= small_molecule(block, settings.auc, terminal, found, data.profiles.dose[block.profiles])
    return _sampled_in_time(found, block, data.time_unit, window)


def _sampled_in_time(found: dict[str, Value], block: Block, time_unit: str, window) -> dict[str, Value]:
    """Nothing is known of a curve that nobody sampled: not its peak and not its area, whatever a line drawn there gives."""
    after = block.present & (block.time > 0)
    first = np.min(np.where(after, block.time, np.inf), axis=1, initial=np.inf)
    none = np.isinf(first)
    late = ~none & (first > WINDOW_DAYS[1] * PER_DAY[time_unit]) if time_unit else np.zeros(block.n, dtype=bool)
    outside = ~none & ~_holds_sample(block, first, window) if window else np.zeros(block.n, dtype=bool)
    for code, value in found.items():
        causes = np.where(none, np.int64(Cause.NO_SAMPLE), value.causes)
        if code in FROM_INFUSION:
            causes = causes | marks(block.n, (late, Cause.LATE_START))
        if code == "AUCINT":
            causes = causes | marks(block.n, (outside & ~late, Cause.WINDOW_UNSAMPLED))
        found[code] = Value(value.value, causes, value.points)
    return found


def _holds_sample(block: Block, first: np.ndarray, window: tuple[float, float]) -> np.ndarray:
    """Whether a sample lies in the window, and sampling had not begun in its last quarter only, shape (n,)."""
    start, end = window
    inside = (block.present & (block.time > 0) & (block.time >= start) & (block.time <= end)).any(axis=1)
    return inside & (first <= start + LAST_PART * (end - start))


def _chosen_points(block: Block, data: Data, settings: NcaSettings) -> tuple[np.ndarray, np.ndarray]:
    start, end = np.full(block.n, np.nan), np.full(block.n, np.nan)
    for choice in settings.terminal:
        rows = data.profiles.subject[block.profiles] == data.subjects.index(choice.subject)
        start[rows], end[rows] = choice.start, choice.end
    return start, end


def _terminal_values(block: Block, terminal: Terminal, nothing) -> dict[str, Value]:
    few = terminal.candidates < 3
    absent = ~np.isfinite(terminal.lamz)
    causes = marks(
        block.n, nothing, (absent & few, Cause.FEW_TERMINAL), (absent & ~few, Cause.NOT_FALLING),
        (~absent & (terminal.r2_adjusted < POOR_R2), Cause.POOR_FIT),
        (~absent & (terminal.span < SHORT_SPAN), Cause.SHORT_SPAN), (~absent & terminal.chosen, Cause.CHOSEN_POINTS),
    )  # fmt: skip
    numbers = {
        "LAMZ": terminal.lamz, "LAMZHL": terminal.half_life, "LAMZNPT": terminal.count, "LAMZLL": terminal.first,
        "LAMZUL": terminal.last, "R2": terminal.r2, "R2ADJ": terminal.r2_adjusted,
    }  # fmt: skip
    points = {"LAMZ": terminal.points, "LAMZHL": terminal.points}
    return {code: Value(value, causes, points.get(code)) for code, value in numbers.items()}


def _areas(block: Block, settings: NcaSettings, window, terminal: Terminal, found: dict[str, Value]) -> dict[str, Value]:
    parts = areas.segments(block, settings.auc)
    used = (block.kept & ~block.q & (block.t > 0)).any(axis=1)
    common = marks(block.n, (block.added, Cause.START_ASSUMED))
    touched = common | marks(block.n, (used, Cause.BELOW_TOUCHED))
    inside = last_true(block.q)
    middle = (block.kept & ~block.q & (block.t > 0) & (np.arange(block.kept.shape[1]) < inside[:, None])).any(axis=1)
    to_last = common | marks(block.n, (middle, Cause.BELOW_TOUCHED))
    no_area = marks(block.n, (~(found["TLST"].value > 0), Cause.ONE_SAMPLE)) | found["TLST"].causes
    auclst = areas.up_to_last(block, parts)
    rest, rest_fitted = found["CLST"].value / terminal.lamz, terminal.last_predicted / terminal.lamz
    share = 100.0 * rest / (auclst + rest)
    no_slope = marks(block.n, (~np.isfinite(terminal.lamz), Cause.NO_TERMINAL))
    fit = found["LAMZ"].causes & ~np.int64(ABSENT)
    infinite = no_area | no_slope | to_last | fit | marks(block.n, (share > FAR_SHARE, Cause.FAR_EXTRAPOLATION))
    return {
        "AUCLST": Value(auclst, no_area | to_last),
        "AUCALL": Value(parts.sum(axis=1), no_area | touched),
        "AUCINT": _window_area(block, settings.auc, window, terminal, found, no_area | touched),
        "AUCIFO": Value(auclst + rest, infinite),
        "AUCIFP": Value(auclst + rest_fitted, infinite),
        "AUCPEO": Value(share, infinite),
    }


def _window_area(block: Block, rule: str, window, terminal: Terminal, found, causes: np.ndarray) -> Value:
    """Area over the window: within the samples by trapezoids, after the last one by LAMZ or not at all."""
    if window is None:
        return Value(np.full(block.n, np.nan), np.full(block.n, int(Cause.NO_WINDOW), dtype=np.int64))
    start, end = window
    inside = areas.between(block, rule, start, end)
    final = np.maximum(last_true(block.kept), 0)
    stop = at(np.nan_to_num(block.t), final)
    short = stop < end
    measured = at(block.q, final)
    beyond = short & measured
    begin = np.maximum(start, stop)
    lamz = terminal.lamz
    with np.errstate(invalid="ignore", over="ignore"):
        tail = found["CLST"].value / lamz * (np.exp(-lamz * (begin - stop)) - np.exp(-lamz * (end - stop)))
    extra = marks(
        block.n, (beyond & np.isnan(lamz), Cause.WINDOW_BEYOND), (beyond & np.isfinite(lamz), Cause.WINDOW_EXTRAPOLATED),
        (short & ~measured, Cause.WINDOW_ENDED_BELOW),
    )  # fmt: skip
    fit = np.where(beyond, found["LAMZ"].causes & ~np.int64(ABSENT), 0)
    return Value(inside + np.where(beyond, tail, 0.0), causes | extra | fit)


def _time_above(block: Block, settings: NcaSettings) -> Value:
    limit = np.max(np.where(np.isfinite(block.limit), block.limit, -np.inf), axis=1, initial=-np.inf)
    level = np.full(block.n, settings.above) if settings.above is not None else np.where(np.isfinite(limit), limit, np.nan)
    any_value = block.quantifiable.any(axis=1)
    above = areas.time_above(block, settings.auc, level)
    final = np.maximum(last_true(block.kept), 0)
    with np.errstate(invalid="ignore"):
        still = (at(np.nan_to_num(block.c), final) >= level) & at(block.q, final)
    used = (block.kept & ~block.q & (block.t > 0)).any(axis=1)
    causes = marks(
        block.n, (~any_value, Cause.NOTHING_QUANTIFIABLE), (np.isnan(level), Cause.NO_LEVEL),
        (still, Cause.CENSORED), (used, Cause.BELOW_TOUCHED), (block.added, Cause.START_ASSUMED),
    )  # fmt: skip
    return Value(above, causes)


def _expansion(block: Block, data: Data, settings: NcaSettings, cmax: np.ndarray) -> Value:
    dose = data.profiles.dose[block.profiles]
    by_weight = settings.blood_volume is None
    if by_weight:
        volume = ADULT_BLOOD / ADULT_WEIGHT * data.weight[data.profiles.subject[block.profiles]]
    else:
        volume = np.full(block.n, settings.blood_volume)
    in_cells = data.profiles.unit[block.profiles] == "cells/uL"
    value = expansion(cmax, dose, volume, in_cells, data.dose_unit == "cells")
    good = value.causes == 0
    bridged = bool(data.bridge) & in_cells & good
    more = marks(block.n, (bridged, Cause.BRIDGED), (good & by_weight, Cause.VOLUME_BY_WEIGHT))
    return Value(value.value, value.causes | more)
