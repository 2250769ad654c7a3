"""The canonical table: what every analysis reads, whatever the file looked like."""

import re
from dataclasses import dataclass, field, replace

import numpy as np

from livingdrug.core.shown import Shown


@dataclass(frozen=True)
class Profile:
    """Curves of one subject, occasion, output, assay and unit; all arrays have shape (profiles,).

    subject: position in Data.subjects; occasion, output, assay, unit: texts; dose: amount given, nan where unknown.
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

    subject: position in Data.subjects; occasion: text; time: since the first infusion of the subject, in Data.time_unit;
    amount: in Data.dose_unit; start (profiles,): when the infusion of each profile was, on the same clock.
    zero (subjects,): time of the first dose as the file writes it, 0 without one. line: in the file; duration: of an
    infusion, 0 for a bolus; rate: of a constant infusion for ever (steady state without an amount), else 0; into: the
    compartment as the file names it, "" where it does not; steady: "", `replace` or `add`, of doses given every so often;
    reset: whether everything begins anew first; given: whether something was given at all (False: a reset alone).
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
    """A covariate that changes within subjects, in order of subject and time: subject (position in Data.subjects), time
    (since the first infusion of the subject) and text of every row that says something, doses included, shape (rows,)."""

    subject: np.ndarray
    time: np.ndarray
    text: np.ndarray


@dataclass(frozen=True, repr=False)
class Data(Shown):
    """Samples by profile and time, shape (rows,) each.

    profile: position in `profiles`; time: since the infusion of the profile, in time_unit ("" where nobody said);
    dv: measured value, or the limit where cens is 1 (nan where no limit is known); cens: 0 measured, 1 below the limit,
    -1 above an upper limit; limit: of quantification, nan where none is stated; line: in the file.
    covariates: name -> text of each subject, "" where it varies or is missing; by_row: those that vary, shape (rows,);
    weight: kg of each subject, nan where unknown; bridge: what turned one unit into another, "" if nothing did; doses:
    each dose with its time, None where no row holds one; end: the other end of the interval in which a censored value
    lies, nan where it has none; logarithms: values and limits are such; changing: covariates that change within a subject
    (the weight as WT).
    A value reported as 0 without a limit has cens 1 and dv 0.
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
        own = {name: getattr(self, name)[rows] for name in ("profile", "time", "dv", "cens", "limit", "line", "end")}
        return replace(self, **own, by_row={name: values[rows] for name, values in self.by_row.items()})

    @property
    def replicates(self) -> bool:
        """Whether a profile holds several values at one time."""
        return bool(((self.profile[1:] == self.profile[:-1]) & (self.time[1:] == self.time[:-1])).any())

    @property
    def rows(self) -> int:
        """Number of samples."""
        return len(self.time)

    def table(self):
        """Canonical pandas table: ID TIME DV DVID UNIT ASSAY EVID AMT CENS LIMIT OCC, then covariates, weight and the
        units of time and dose. TIME counts as in the file (from the infusion where it holds no
        dose rows). A row for every dose (where the file
        had no dose rows: one for each occasion with a known dose), then the samples. It reads back to the same data."""
        import pandas as pd

        p = self.profiles
        ids = np.array(self.subjects, dtype=object)
        start = 0.0
        if self.doses is not None:
            start = self.doses.start[self.profile] + self.doses.zero[p.subject[self.profile]]
        samples = pd.DataFrame(
            {
                "ID": ids[p.subject[self.profile]], "TIME": self.time + start, "DV": self.dv,
                "DVID": p.output[self.profile], "UNIT": p.unit[self.profile], "ASSAY": p.assay[self.profile], "EVID": 0,
                "AMT": np.nan, "CENS": self.cens, "LIMIT": np.where(np.isfinite(self.end), self.end, self.limit),
                "OCC": p.occasion[self.profile],
                "_subject": p.subject[self.profile],
            }
        )  # fmt: skip
        doses = self._dose_rows(ids)
        both = pd.concat([doses, samples], ignore_index=True) if len(doses) else samples
        both["_order"] = natural_order(both["OCC"].to_numpy())
        both = both.sort_values(["_subject", "_order", "TIME", "EVID"], ascending=[True, True, True, False], kind="stable")
        subject = both["_subject"].to_numpy()
        for name, values in self.covariates.items():
            both[name] = values[subject]
        if np.isfinite(self.weight).any():
            both["WT"] = self.weight[subject]
        for name, unit in (("TIMEUNIT", self.time_unit), ("DOSEUNIT", self.dose_unit)):
            if unit:
                both[name] = unit
        return both.drop(columns=["_subject", "_order"]).reset_index(drop=True)

    def _dose_rows(self, ids: np.ndarray):
        """The rows of `table` that are doses, of subjects that have samples."""
        import pandas as pd

        p, given = self.profiles, self.doses
        if given is None:
            keep = np.isfinite(p.dose)
            columns = p.subject[keep], 0.0, p.dose[keep], p.occasion[keep]
        else:
            keep = np.isin(given.subject, p.subject)
            time = (given.time + given.zero[given.subject])[keep]
            columns = given.subject[keep], time, given.amount[keep], given.occasion[keep]
        subject, time, amount, occasion = columns
        evid = 1 if given is None else np.where(given.given, np.where(given.reset, 4, 1), 3)[keep]
        rows = pd.DataFrame(
            {
                "ID": ids[subject], "TIME": time, "DV": np.nan, "DVID": "", "UNIT": self.dose_unit, "ASSAY": "", "EVID": evid,
                "AMT": amount, "CENS": 0, "LIMIT": np.nan, "OCC": occasion, "_subject": subject,
            }
        )  # fmt: skip
        if given is not None and not given.plain:
            for name, values in (("DUR", given.duration), ("RATE", given.rate), ("II", given.every)):
                if values.any():
                    rows[name] = values[keep]
            if (given.into != "").any():
                rows["CMT"] = given.into[keep]
            if (given.steady != "").any():
                rows["SS"] = [{"": 0, "replace": 1, "add": 2}[word] for word in given.steady[keep]]
        return rows.drop_duplicates(["_subject", "OCC"]) if given is None else rows

    def _facts(self) -> dict[str, str]:
        units = ", ".join(sorted({str(unit) or "unit not stated" for unit in self.profiles.unit}))
        return {
            "name": self.name,
            "subjects": f"{len(self.subjects):,}",
            "samples": f"{self.rows:,} ({units}), {int((self.cens == 1).sum()):,} below the limit",
            "time": self.time_unit or "unit not stated",
        } | ({"conversion": self.bridge} if self.bridge else {})

    def _frame(self):
        return self.table()


def natural_order(texts: np.ndarray) -> np.ndarray:
    """Rank of each text, equal for equal texts: numbers in texts count as numbers, so `P2` comes before `P10`."""
    import pandas as pd

    codes, unique = pd.factorize(texts)
    rank = np.empty(len(unique), dtype=int)
    rank[sorted(range(len(unique)), key=lambda i: natural_key(unique[i]))] = np.arange(len(unique))
    return rank[codes]


def natural_key(text: str) -> tuple:
    """Sort key of `natural_order`."""
    if text.isdecimal() and text.isascii():
        return ((0, ""), (int(text), text), (0, "")), text
    parts = re.split(r"([0-9]+)", text)
    return tuple((int(part), part) if i % 2 else (0, part) for i, part in enumerate(parts)), text
