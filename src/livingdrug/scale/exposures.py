"""`exposures`: peaks, areas and times above limits of up to a million subjects, without curves."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from livingdrug.core.conventions import MONTH
from livingdrug.core.errors import InputError
from livingdrug.models import Model
from livingdrug.scale.runs import choose_executor, run_exposures
from livingdrug.simulation import Draw, ExposureSummary, Regimen, exposure_task


def exposures(
    model: Model,
    n: int | None = None,
    seed: int = 1,
    spread: str | None = None,
    cv: float | None = None,
    variance_scale: float = 1.0,
    regimen: Regimen | Sequence | None = None,
    window: Sequence[float] = (0.0, MONTH),
    limits: Mapping[str, float | Sequence[float]] | None = None,
    outputs: Sequence[str] | None = None,
    workers: int | None = None,
    dask: str | None = None,
    out: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ExposureSummary:
    """CMAX, TMAX, AUC and times above limits within a window, summed up over n virtual subjects.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    n : int, optional
        Number of virtual subjects; the typical subject without it.
    seed, spread, cv, variance_scale : optional
        As in `draw_subjects`.
    regimen : Regimen or sequence, optional
        As in `simulate`.
    window : (float, float)
        Start and end in the model's time unit; the run ends with it.
    limits : mapping, optional
        Output -> limit or limits in its unit.
    outputs : sequence of str, optional
        Names of outputs or states; all outputs by default.
    workers : int, optional
        Processes on this machine.
    dask : str, optional
        Address of a Dask scheduler instead; without either this process does all, with every processor.
    out : str or Path, optional
        A CSV file (Parquet where its name ends in .parquet) with a row for each subject and output.
    progress : callable, optional
        `progress(done, all)` is called after each block.

    Returns
    -------
    ExposureSummary
        Its memory does not grow with n.

    Raises
    ------
    InputError
        For what cannot be, before anything is computed or written.
    SolveError
        When no subject can be computed, a worker dies or the cluster is lost.

    Notes
    -----
    The numbers of a subject depend on the subject alone: not on n, workers or blocks; those of processors of
    another make may differ in the last digits.
    """
    executor = choose_executor(workers, dask)
    if n is None and (spread is not None or cv is not None):
        raise InputError("between-subject variability was given without a number of subjects; give n")
    draw = None if n is None else Draw(n, seed, spread, cv, variance_scale)
    return run_exposures(
        exposure_task(model, draw, regimen, window, limits, outputs), executor, out, progress
    )
