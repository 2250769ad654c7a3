"""The canonical table: what every analysis reads, whatever the file looked like."""

from dataclasses import dataclass, field, replace

import numpy as np

from livingdrug.core.shown import Shown
from livingdrug.data.order import natural_order

# the first columns of the canonical table, and two of those that may stand behind them
CANONICAL = ("ID", "TIME", "DV", "DVID", "UNIT", "ASSAY", "EVID", "AMT", "CENS", "LIMIT", "OCC")
LOGARITHMS, REPLICATE = "LOGARITHMS", "REPLICATE"


@dataclass(frozen=True)
class Profile:
    """Curves of one subject, occasion, output, assay and unit; all arrays have shape (profiles,).

    Attributes
    ----------
    subject : ndarray
        Position in Data.subjects.
    occasion, output, assay, unit : ndarray
        Texts of the file: which occasion, output and assay the samples are of, and their unit.
    dose : ndarray
        Amount given, nan where unknown.
    """

    subject: np.ndarray
    occasion: np.ndarray
    output: np.ndarray
    assay: np.ndarray
    unit: np.ndarray
    dose: np.ndarray

    @property
    def n(self) -> int:
        """Number of profiles."""
        return len(self.subject)


@dataclass(frozen=True)
class Doses:
    """Every dose of a file with dose rows, in order of subject and time, shape (doses,) each.

    subject: position in Data.subjects; occasion: text; time: since the first infusion of the subject, in
    Data.time_unit; amount: in Data.dose_unit; start (profiles,): when the infusion of each profile was, on
    the same clock. zero (subjects,): time of the first dose as the file writes it, 0 without one. line: in
    the file; duration: of an infusion, 0 for a bolus; rate: of a constant infusion for ever (steady state
    without an amount), else 0; into: the compartment as the file names it, "" where it does not; steady: "",
    `replace` or `add`, of doses given every so often; reset: whether everything begins anew first; given:
    whether something was given at all (False: a reset alone).
    """

    subject: np.ndarray
    occasion: np.ndarray
    time: np.ndarray
    amount: np.ndarray
    start: np.ndarray
    zero: np.ndarray
    line: np.ndarray
    duration: np.ndarray
    rate: np.ndarray
    into: np.ndarray
    every: np.ndarray
    steady: np.ndarray
    reset: np.ndarray
    given: np.ndarray

    @property
    def plain(self) -> bool:
        """Whether all are bolus doses into the one compartment that the file does not name."""
        special = (self.duration > 0) | (self.steady != "") | (self.into != "") | self.reset | ~self.given
        return not special.any()


@dataclass(frozen=True)
class Changes:
    """A covariate that changes within subjects, in order of subject and time; one entry for every row that
    says something, doses included, shape (rows,).

    Attributes
    ----------
    subject : ndarray
        Position in `Data.subjects`.
    time : ndarray
        Since the first infusion of the subject.
    text : ndarray
        What the row says.
    """

    subject: np.ndarray
    time: np.ndarray
    text: np.ndarray


@dataclass(frozen=True, repr=False)
class Data(Shown):
    """Samples by profile and time, shape (rows,) each.

    Attributes
    ----------
    name : str
        Of the file.
    subjects : tuple of str
        Names of the subjects, in the order of the file.
    profiles : Profile
        Subject, occasion, output, assay, unit and dose of each profile.
    profile : ndarray
        Position in `profiles`.
    time : ndarray
        Since the infusion of the profile, in `time_unit`.
    dv : ndarray
        Measured value, or the limit where cens is 1 (nan where no limit is known).
    cens : ndarray
        0 measured, 1 below the limit of quantification, -1 above an upper limit. A value reported as 0
        without a limit has cens 1 and dv 0.
    limit : ndarray
        Of quantification, nan where none is stated.
    line : ndarray
        In the file.
    time_unit, dose_unit : str
        "" where nobody said.
    covariates : dict of str to ndarray
        Name -> text of each subject, "" where it varies or is missing.
    by_row : dict of str to ndarray
        Those that vary, shape (rows,).
    weight : ndarray
        kg of each subject, nan where unknown.
    notes : tuple of str
        What was done while reading (units converted, rows left out), a sentence each.
    bridge : str
        What converted one unit into another, "" if nothing did.
    doses : Doses, optional
        Each dose with its time; None where no row holds one.
    end : ndarray
        The other end of the interval in which a censored value lies, nan where it has none.
    logarithms : bool
        Whether values and limits are such.
    changing : dict of str to Changes
        Covariates that change within a subject (the weight as WT).
    """

    name: str
    subjects: tuple[str, ...]
    profiles: Profile
    profile: np.ndarray
    time: np.ndarray
    dv: np.ndarray
    cens: np.ndarray
    limit: np.ndarray
    line: np.ndarray
    time_unit: str
    dose_unit: str
    covariates: dict[str, np.ndarray]
    by_row: dict[str, np.ndarray]
    weight: np.ndarray
    notes: tuple[str, ...] = ()
    bridge: str = ""
    doses: Doses | None = None
    end: np.ndarray = field(default_factory=lambda: np.empty(0))
    logarithms: bool = False
    changing: dict[str, Changes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not len(self.end):
            object.__setattr__(self, "end", np.full(len(self.time), np.nan))

    def kept(self, rows: np.ndarray) -> "Data":
        """These samples alone (a mask or positions); profiles stay."""
        own = {
            name: getattr(self, name)[rows]
            for name in ("profile", "time", "dv", "cens", "limit", "line", "end")
        }
        return replace(self, **own, by_row={name: values[rows] for name, values in self.by_row.items()})

    @property
    def conversion(self) -> str:
        """The unit conversion behind the values, in words; "" where there is none."""
        return self.bridge.replace("bridge ", "unit conversion ", 1)

    @property
    def replicates(self) -> bool:
        """Whether a profile holds several values at one time."""
        return bool(((self.profile[1:] == self.profile[:-1]) & (self.time[1:] == self.time[:-1])).any())

    @property
    def rows(self) -> int:
        """Number of samples."""
        return len(self.time)

    def table(self, varying: bool = True):
        """Pandas table: ID TIME DV DVID UNIT ASSAY EVID AMT CENS LIMIT OCC, then DUR RATE II CMT SS where a
        dose needs them, covariates, weight (WT), REPLICATE (number of a value among those of one time) and
        LOGARITHMS where there are any, and the units of time and dose.

        TIME counts as in the file (from the infusion where it holds no dose rows). A row for every dose
        (where the file had no dose rows: one for each occasion with a known dose), then the samples; where a
        covariate changes in a row that is neither, a row of another event (EVID 2). A covariate with the name
        of one of these columns gets a `_` behind it. varying: False leaves out covariates that change within
        a subject. The table reads back to the same data.
        """
        return _canonical(self, varying)


def _canonical(data: Data, varying: bool):
    """See `Data.table`."""
    import pandas as pd

    parts = [
        part
        for part in (_doses(data), _samples(data), _others(data) if varying else None)
        if part is not None
    ]
    both = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    both["_order"] = natural_order(both["OCC"].to_numpy())
    both = both.sort_values(
        ["_subject", "_order", "TIME", "EVID"], ascending=[True, True, True, False], kind="stable"
    )
    subject = both["_subject"].to_numpy()
    for name, values in data.covariates.items():
        both[_free(name)] = values[subject]
    if varying:
        for name in dict.fromkeys((*data.by_row, *data.changing)):
            both[_free(name)] = _by_row(data, name, both)
    if np.isfinite(data.weight).any() and not (varying and "WT" in data.changing):
        both["WT"] = data.weight[subject]
    if data.replicates and varying:
        count = both.groupby(["_subject", "OCC", "DVID", "ASSAY", "UNIT", "TIME", "EVID"]).cumcount() + 1
        both[REPLICATE] = np.where(both["EVID"] == 0, count.astype(str), "")
    marks = (
        ("TIMEUNIT", data.time_unit),
        ("DOSEUNIT", data.dose_unit),
        (LOGARITHMS, "kept" if data.logarithms else ""),
    )
    for name, mark in marks:
        if mark:
            both[name] = mark
    return both.drop(columns=["_subject", "_order", "_row"]).reset_index(drop=True)


def _samples(data: Data):
    import pandas as pd

    p = data.profiles
    start = 0.0
    if data.doses is not None:
        start = data.doses.start[data.profile] + data.doses.zero[p.subject[data.profile]]
    return pd.DataFrame(
        {
            "ID": _ids(data)[p.subject[data.profile]],
            "TIME": data.time + start,
            "DV": data.dv,
            "DVID": p.output[data.profile],
            "UNIT": p.unit[data.profile],
            "ASSAY": p.assay[data.profile],
            "EVID": 0,
            "AMT": np.nan,
            "CENS": data.cens,
            "LIMIT": np.where(np.isfinite(data.end), data.end, data.limit),
            "OCC": p.occasion[data.profile],
            "_subject": p.subject[data.profile],
            "_row": np.arange(data.rows),
        }
    )


def _event(data: Data, subject: np.ndarray, **columns):
    """Rows that are no samples."""
    import pandas as pd

    blank = {
        "DV": np.nan,
        "DVID": "",
        "UNIT": "",
        "ASSAY": "",
        "AMT": np.nan,
        "CENS": 0,
        "LIMIT": np.nan,
        "_row": -1,
    }
    made = {"ID": _ids(data)[subject], **blank, **columns, "_subject": subject}
    special = [name for name in columns if name not in CANONICAL]
    return pd.DataFrame({name: made[name] for name in (*CANONICAL, "_subject", "_row", *special)})


def _doses(data: Data):
    """The rows that are doses, of subjects that have samples."""
    p, given = data.profiles, data.doses
    if given is None:
        keep = np.isfinite(p.dose)
        rows = _event(
            data,
            p.subject[keep],
            TIME=0.0,
            AMT=p.dose[keep],
            OCC=p.occasion[keep],
            UNIT=data.dose_unit,
            EVID=1,
        )
        return rows.drop_duplicates(["_subject", "OCC"])
    keep = np.isin(given.subject, p.subject)
    evid = np.where(given.given, np.where(given.reset, 4, 1), 3)[keep]
    special = {}
    if not given.plain:
        for name, values in (("DUR", given.duration), ("RATE", given.rate), ("II", given.every)):
            if values.any():
                special[name] = values[keep]
        if (given.into != "").any():
            special["CMT"] = given.into[keep]
        if (given.steady != "").any():
            special["SS"] = [{"": 0, "replace": 1, "add": 2}[word] for word in given.steady[keep]]
    time = (given.time + given.zero[given.subject])[keep]
    return _event(data, given.subject[keep], TIME=time, AMT=given.amount[keep], OCC=given.occasion[keep],
                  UNIT=data.dose_unit, EVID=evid, **special)  # fmt: skip


def _others(data: Data):
    """A row for each moment at which a covariate says something and neither a sample nor a dose stands."""
    told = {key: None for changes in data.changing.values() for key in _keys(changes.subject, changes.time)}
    start = data.doses.start[data.profile] if data.doses is not None else 0.0
    for subject, time in (
        (data.profiles.subject[data.profile], data.time + start),
        *([(data.doses.subject, data.doses.time)] if data.doses is not None else []),
    ):
        for key in _keys(subject, time):
            told.pop(key, None)
    own = dict(zip(data.profiles.subject.tolist(), data.profiles.occasion.tolist(), strict=True))
    lone = [(subject, float(time)) for subject, time in told if subject in own]
    subject = np.array([who for who, _ in lone], dtype=int)
    zero = data.doses.zero[subject] if data.doses is not None else 0.0
    time = np.array([when for _, when in lone]) + zero
    return _event(data, subject, TIME=time, OCC=np.array([own[who] for who, _ in lone], dtype=object), EVID=2)


def _by_row(data: Data, name: str, table) -> np.ndarray:
    """A covariate that changes: of samples as their rows say, elsewhere as any row of that subject and time
    says."""
    row, subject = table["_row"].to_numpy(), table["_subject"].to_numpy()
    sampled = row >= 0
    texts = np.full(len(table), "", dtype=object)
    if name in data.changing:
        changes = data.changing[name]
        said = dict(
            zip(reversed(_keys(changes.subject, changes.time)), reversed(changes.text.tolist()), strict=True)
        )
        zero = data.doses.zero[subject] if data.doses is not None else 0.0
        texts[:] = [said.get(key, "") for key in _keys(subject, table["TIME"].to_numpy() - zero)]
    if name == "CMT" and name in table:  # where doses go stands there too
        texts = table[name].fillna("").to_numpy(dtype=object, copy=True)
    if name in data.by_row:
        texts[sampled] = data.by_row[name][row[sampled]]
    return texts


def _free(name: str) -> str:
    """The heading of a covariate, which takes no place of another column."""
    return f"{name}_" if name in (*CANONICAL, REPLICATE, LOGARITHMS, "TIMEUNIT", "DOSEUNIT") else name


def _keys(subject: np.ndarray, time: np.ndarray) -> list[tuple[int, str]]:
    """A subject and a time, which may differ by rounding."""
    return [
        (who, f"{when:.9g}")
        for who, when in zip(subject.tolist(), (np.asarray(time) + 0.0).tolist(), strict=True)
    ]


def _ids(data: Data) -> np.ndarray:
    return np.array(data.subjects, dtype=object)
