"""What enters a fit: exposure, outcome and covariates of each subject or group, checked, with notes on what
was left out."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.shown import Shown
from livingdrug.response.models.curve import Scale, axis
from livingdrug.response.sample.covariates import check_columns

Kind = Literal["binary", "repeated", "graded", "time", "competing", "visits", "continuous"]


@dataclass(frozen=True, repr=False)
class Sample(Shown):
    """What enters a fit of exposure and response; a row is a subject, or a group where trials are above 1.
    Shape (n,) each.

    Parameters
    ----------
    exposure : ndarray
        Exposure of each row, in `exposure_unit`.
    outcome : ndarray
        Events among trials (binary), grade, value, or time.
    exposure_name, endpoint : str
        Names of the exposure and of the outcome.
    exposure_unit, outcome_unit : str
        Units, "" where nobody said.
    trials : ndarray, optional
        1 for a subject.
    event : ndarray, optional
        Of a time: 1 or 0; of competing risks the number of the cause in `causes`, 0 where censored.
    covariates : dict of str to ndarray
        Values to adjust for.
    floor : ndarray, optional
        Of an exposure of 0: what a curve at the limit of quantification gives, nan where not known.
    subjects : tuple of str
        Name of each row.
    causes : tuple of str
        Of competing risks, the one that is asked about first.
    entry : ndarray, optional
        Of start-stop rows: when each row starts.
    strata, clusters : tuple of str, optional
        Of a time: which rows have a baseline hazard of their own, and which belong together for robust errors; of repeated
        outcomes whose each row is.
    upper : ndarray, optional
        Of an event between visits: the first visit with it, infinite for none; `outcome` is the last one without.
    references : dict of str to str
        Of covariates that are categories: column -> reference level; its other levels are covariates `column: level`.
    name : str
        Of the file.
    notes : tuple of str
        What was left out or assumed, a sentence each.

    Raises
    ------
    InputError
        For columns of different length, or numbers that cannot be.
    """

    exposure: np.ndarray
    outcome: np.ndarray
    exposure_name: str = "exposure"
    endpoint: str = "outcome"
    exposure_unit: str = ""
    outcome_unit: str = ""
    trials: np.ndarray = field(default_factory=lambda: np.empty(0))
    event: np.ndarray = field(default_factory=lambda: np.empty(0))
    covariates: dict[str, np.ndarray] = field(default_factory=dict)
    floor: np.ndarray = field(default_factory=lambda: np.empty(0))
    subjects: tuple[str, ...] = ()
    name: str = ""
    notes: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    entry: np.ndarray = field(default_factory=lambda: np.empty(0))
    strata: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    upper: np.ndarray = field(default_factory=lambda: np.empty(0))
    references: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(np.atleast_1d(self.exposure))
        for key in ("exposure", "outcome", "trials", "event"):
            values = np.asarray(getattr(self, key), dtype=float)
            object.__setattr__(self, key, np.ones(n) if key == "trials" and not len(values) else values)
        if not self.subjects:
            object.__setattr__(self, "subjects", tuple(f"row {i + 1}" for i in range(n)))
        columns = {
            self.exposure_name: self.exposure,
            self.endpoint: self.outcome,
            "trials": self.trials,
            **self.covariates,
        }
        for key, values in columns.items():
            if np.shape(values) != (n,):
                raise InputError(f"`{key}` has shape {np.shape(values)}; exposure has {n:,} rows")
            bad = np.flatnonzero(~np.isfinite(values))
            if len(bad):
                raise InputError(f"`{key}` is not a number for {self.named(bad)}; leave these rows out")

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.exposure)

    @property
    def subject_count(self) -> int:
        """Number of subjects: those of groups, or whose the rows of a repeated outcome are."""
        repeated = len(self.clusters) and not len(self.event)
        return len(set(self.clusters)) if repeated else int(self.trials.sum())

    def named(self, rows) -> str:
        """The first subjects of some rows, for a message."""
        names = [self.subjects[i] for i in rows]
        return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def design(sample: Sample, scale: Scale) -> tuple[np.ndarray, tuple[str, ...]]:
    """(columns (n, k), terms): 1, x, and the covariates.

    Raises InputError for exposures without logarithm, naming the subjects, and for columns that cannot be
    told apart."""
    if scale == "log" and (sample.exposure <= 0).any():
        rows = np.flatnonzero(sample.exposure <= 0)
        raise InputError(
            f"`{sample.exposure_name}` is 0 or negative for {sample.named(rows)}, which has no logarithm; give the exposure "
            "of a curve at the limit of quantification, or relate the outcome to exposure itself (response: --scale linear); "
            "without these subjects it would be that of expanders alone"
        )
    x = axis(sample.exposure, scale)
    term = f"ln {sample.exposure_name}" if scale == "log" else sample.exposure_name
    columns = np.column_stack([np.ones(sample.n), x, *sample.covariates.values()])
    terms = ("(Intercept)", term, *sample.covariates)
    check_columns(columns[:, 1:], terms[1:])
    return columns, terms


def standardised(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(columns with mean 0 and SD 1 save the first, matrix M), so that new = columns @ M and coefficients = M
    @ new ones.

    Iterations on such columns are safe for any unit of exposure.
    """
    mean, size = columns.mean(axis=0), columns.std(axis=0)
    mean[0], size[0] = 0.0, 1.0
    turn = np.diag(1 / size)
    turn[0, 1:] = -mean[1:] / size[1:]
    return columns @ turn, turn
