"""Times to an event: what is checked before any curve or hazard is computed, event codes, groups by
exposure."""

from dataclasses import dataclass, field, replace

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.response.words import short

GROUPS_AT_MOST = 12
WORDS = {2: ("low", "high"), 3: ("low", "middle", "high")}


@dataclass(frozen=True)
class Times:
    """Times to an event, shape (n,) each. Raises InputError, naming subjects, for missing, infinite or
    negative times, ends that are not after their starts, and event codes other than 0 and 1.

    Attributes
    ----------
    time : ndarray
        0 or above.
    event : ndarray
        True where the time ended in the event and False where it was censored.
    endpoint : str
        What the event is, such as progression.
    unit : str
        Of the times.
    subjects : tuple of str
        Their names, rows by default.
    entry : ndarray
        When each came under observation, who is at risk from just after it on (start-stop rows, of which a
        subject may have several); empty where all are at risk from the start.
    stratum : ndarray
        Whole numbers, subjects of different strata are never compared; empty where all are one stratum.
    upper : ndarray
        The first visit with the event, infinite where none had it, where `time` is the last visit without;
        empty where times are known.
    """

    time: np.ndarray
    event: np.ndarray
    endpoint: str = "event"
    unit: str = ""
    subjects: tuple[str, ...] = ()
    entry: np.ndarray = field(default_factory=lambda: np.empty(0))
    stratum: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=int))
    upper: np.ndarray = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        time = np.asarray(self.time, dtype=float)
        if time.ndim != 1 or np.shape(self.event) != time.shape:
            raise InputError(
                f"times have shape {time.shape}, events {np.shape(self.event)}; both need a row per subject"
            )
        subjects = self.subjects or tuple(f"row {i + 1}" for i in range(len(time)))
        object.__setattr__(self, "time", time)
        object.__setattr__(self, "subjects", tuple(subjects))
        for bad, what in ((~np.isfinite(time), "missing or not finite"), (time < 0, "negative")):
            if bad.any():
                raise InputError(
                    f"the time to {self.endpoint} is {what} for {named(self.subjects, bad)}; "
                    "a time counts from infusion or landmark and is 0 or above: correct these rows or leave "
                    "them out"
                )
        if len(self.upper):
            early = ~(np.asarray(self.upper, dtype=float) > time)
            if early.any():
                raise InputError(
                    f"the first visit with {self.endpoint} is not after the last one without it for "
                    f"{named(self.subjects, early)}; correct these rows"
                )
        if len(self.entry):
            late = ~(np.asarray(self.entry, dtype=float) < time)
            if late.any():
                raise InputError(
                    f"the start is not before the time to {self.endpoint} for {named(self.subjects, late)}; "
                    "a row covers the time from its start to its end"
                )
        event = np.asarray(self.event)
        object.__setattr__(
            self, "event", event if event.dtype == bool else coded_events(event, self.subjects)
        )

    @property
    def n(self) -> int:
        """Number of subjects."""
        return len(self.time)

    def of(self, rows: np.ndarray) -> "Times":
        """These subjects alone; rows: (n,) of bool."""
        subjects = tuple(s for s, kept in zip(self.subjects, rows, strict=True) if kept)
        more = {
            k: v[rows] if len(v) else v for k in ("entry", "stratum", "upper") for v in (getattr(self, k),)
        }
        return replace(self, time=self.time[rows], event=self.event[rows], subjects=subjects, **more)

    @property
    def plain(self) -> bool:
        """Whether all are at risk from the start, and are one stratum."""
        return not len(self.entry) and not len(self.stratum)

    def clock(self) -> tuple[np.ndarray, np.ndarray]:
        """(time, entry) as whole numbers of one axis on which each stratum has a stretch of its own, so
        that who is at risk at t has entry < t <= time and is of the same stratum; shape (n,) each."""
        starts = self.entry if len(self.entry) else np.full(self.n, -np.inf)
        values = np.unique(np.concatenate([self.time, starts]))
        own = self.stratum if len(self.stratum) else np.zeros(self.n, dtype=int)
        offset = own * (len(values) + 1)
        return np.searchsorted(values, self.time) + offset, np.searchsorted(values, starts) + offset


def named(subjects: tuple[str, ...], rows: np.ndarray) -> str:
    """The first five subjects of some rows (n,) of bool, for a message."""
    names = [subjects[i] for i in np.flatnonzero(rows)]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def coded_events(
    codes: np.ndarray, subjects: tuple[str, ...], event_value: float | None = None, name: str = "event"
) -> np.ndarray:
    """True where a code says that the event occurred.

    Parameters
    ----------
    codes : ndarray, shape (n,)
        One whole number for each subject: censored, or which event.
    subjects : tuple of str
        Names of the subjects, in the order of all arrays.
    event_value : float, optional
        The code of an event. Without it the codes must be 0 (censored) and 1 (event): 1 and 2 are used both
        ways, so they are not guessed.
    name : str, optional
        Of the column.

    Returns
    -------
    ndarray

    Raises
    ------
    InputError
        Naming the values found, or the subjects without one.
    """
    codes = np.asarray(codes, dtype=float)
    missing = ~np.isfinite(codes)
    if missing.any():
        raise InputError(f"`{name}` is missing for {named(subjects, missing)}; fill it or leave them out")
    found = np.unique(codes)
    listed = " and ".join(f"{v:g}" for v in found[:6])
    if event_value is None:
        odd = ~np.isin(codes, (0, 1))
        if odd.any():
            raise InputError(
                f"`{name}` holds {listed} where 1 (event) and 0 (censored) are expected, such as for "
                f"{named(subjects, odd)}; say which of them is the event (--event-value)"
            )
        return codes == 1
    if event_value not in found:
        raise InputError(f"`{name}` never holds the event value {event_value:g}; it holds {listed}")
    if len(found) > 2:
        raise InputError(
            f"`{name}` holds {listed}; one code for the event and one for censoring are expected, no third"
        )
    return codes == event_value


def refuse_uninformative(times: Times) -> None:
    """Refuse times without any event, and times that are all the same: nothing can be told apart."""
    if not times.event.any():
        raise InputError(
            f"none of {times.n:,} subjects had the event ({times.endpoint}), so nothing is known of its time"
        )
    if np.ptp(times.time) == 0 and not len(times.upper):
        raise InputError(
            f"all {times.n:,} times are {times.time[0]:g}, so no subject had the event sooner than another"
        )


def exposure_groups(exposure: np.ndarray, count: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """(group 0..count-1 of each subject, labels): split at quantiles of exposure, ties to the lower group.

    An exposure with no more than `count` values has a group for each value. Raises InputError for one value
    only, and where so many groups cannot be told apart.
    """
    exposure = np.asarray(exposure, dtype=float)
    if not 2 <= count <= GROUPS_AT_MOST:
        raise InputError(f"{count} groups by exposure were asked for; 2 to {GROUPS_AT_MOST} can be shown")
    values, code = np.unique(exposure, return_inverse=True)
    if len(values) == 1:
        raise InputError(
            f"exposure is {values[0]:g} for all {len(exposure):,} subjects, so they cannot be grouped by it"
        )
    if len(values) <= count:
        return code, tuple(f"{v:g}" for v in values)
    # where many share the largest exposure they are the highest group
    cuts = np.minimum(np.quantile(exposure, np.arange(1, count) / count), values[-2])
    group = np.searchsorted(cuts, exposure, side="left")
    if len(np.unique(group)) < count:
        raise InputError(
            f"exposure takes so few values that {count} groups cannot be formed; ask for fewer groups"
        )
    words = WORDS.get(count, tuple(f"Q{i + 1}" for i in range(count)))
    inner = [f"{short(a)} to {short(b)}" for a, b in zip(cuts, cuts[1:], strict=False)]
    edges = [f"≤ {short(cuts[0])}", *inner, f"> {short(cuts[-1])}"]
    return group, tuple(f"{word} ({edge})" for word, edge in zip(words, edges, strict=True))
