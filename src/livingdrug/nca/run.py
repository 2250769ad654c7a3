"""All parameters of all profiles."""

from pathlib import Path

import numpy as np

from livingdrug.core.conventions import MONTH
from livingdrug.core.errors import InputError
from livingdrug.data import Data, Reading, read_data
from livingdrug.nca.analysis import PER_DAY, Analysis, Value
from livingdrug.nca.blocks import Block, blocks
from livingdrug.nca.causes import ABSENT, Cause, marks
from livingdrug.nca.registry import NcaParameter, parameters
from livingdrug.nca.result import NcaResult
from livingdrug.nca.settings import NcaSettings

WINDOW_DAYS = (0.0, MONTH)
LAST_PART = 0.75  # of a window: what is sampled only after it has no area there


def nca(
    data: Data | str | Path, settings: NcaSettings | None = None, reading: Reading | None = None
) -> NcaResult:
    """Non-compartmental analysis of every profile, by the rules and equations of docs/nca.md.

    Parameters
    ----------
    data : Data, str or Path
        A table, or a file that is read with `reading`.
    settings : NcaSettings, optional
        Rules with stated defaults.
    reading : Reading, optional
        Answers to what a file leaves open.

    Returns
    -------
    NcaResult
        Values with units, flags and reasons; `table()`, `wide()`.

    Raises
    ------
    InputError
        For a faulty file, or a rule that needs a limit nobody stated.
    """
    data = data if isinstance(data, Data) else read_data(data, reading)
    settings = settings or NcaSettings()
    if data.logarithms:
        raise InputError(
            "the values are kept as logarithms, and areas need levels; turn them back (--logarithms e)"
        )
    if data.replicates:
        raise InputError("a profile holds several values at one time; take their mean (--duplicates mean)")
    window = settings.window or _window_of_28_days(data)
    _check_subjects(data, settings)
    wanted = parameters(settings.small_molecule)
    codes = tuple(p.code for p in wanted)
    n = data.profiles.n
    values = {code: np.full(n, np.nan) for code in codes}
    causes = {code: np.zeros(n, dtype=np.int64) for code in codes}
    touched = np.zeros((n, 3), dtype=int)
    points: dict[str, list] = {}
    for block in blocks(data, settings):
        touched[block.profiles] = block.touched
        for code, found in _block_values(Analysis(block, data, settings, window), wanted).items():
            absent = (found.causes & ABSENT) != 0
            values[code][block.profiles] = np.where(absent, np.nan, found.value)
            causes[code][block.profiles] = found.causes
            if found.points is not None:
                row, column = np.nonzero(found.points)
                points.setdefault(code, []).append((block.profiles[row], block.time[row, column]))
    joined = {
        code: (np.concatenate([rows for rows, _ in parts]), np.concatenate([times for _, times in parts]))
        for code, parts in points.items()
    }
    return NcaResult(data, settings, window, codes, values, causes, touched, joined)


def _window_of_28_days(data: Data) -> tuple[float, float] | None:
    """0 to 28 d in the unit of time of the data, or None where nobody stated that."""
    if not data.time_unit:
        return None
    start, end = WINDOW_DAYS
    return start * PER_DAY[data.time_unit], end * PER_DAY[data.time_unit]


def _check_subjects(data: Data, settings: NcaSettings) -> None:
    from livingdrug.core.names import unknown

    for choice in settings.terminal:
        if choice.subject not in data.subjects:
            raise InputError("terminal points: " + unknown("subject", choice.subject, data.subjects))


def _block_values(analysis: Analysis, wanted: tuple[NcaParameter, ...]) -> dict[str, Value]:
    """The parameters of one block.

    Nothing is known of a curve that nobody sampled: not its peak and not its area, whatever a line drawn
    there gives."""
    block, time_unit, window = analysis.block, analysis.data.time_unit, analysis.window
    after = block.present & (block.time > 0)
    first = np.min(np.where(after, block.time, np.inf), axis=1, initial=np.inf)
    none = np.isinf(first)
    late = (
        ~none & (first > WINDOW_DAYS[1] * PER_DAY[time_unit]) if time_unit else np.zeros(block.n, dtype=bool)
    )
    outside = ~none & ~_holds_sample(block, first, window) if window else np.zeros(block.n, dtype=bool)
    found = {}
    for parameter in wanted:
        value = analysis[parameter.code]
        causes = np.where(none, np.int64(Cause.NO_SAMPLE), value.causes)
        if parameter.from_infusion:
            causes = causes | marks(block.n, (late, Cause.LATE_START))
        if parameter.code == "AUCINT":
            causes = causes | marks(block.n, (outside & ~late, Cause.WINDOW_UNSAMPLED))
        found[parameter.code] = Value(value.value, causes, value.points)
    return found


def _holds_sample(block: Block, first: np.ndarray, window: tuple[float, float]) -> np.ndarray:
    """Whether a sample lies in the window, and sampling had not begun in its last quarter only, shape
    (n,)."""
    start, end = window
    inside = (block.present & (block.time > 0) & (block.time >= start) & (block.time <= end)).any(axis=1)
    return inside & (first <= start + LAST_PART * (end - start))
