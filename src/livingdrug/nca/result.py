"""What an analysis gives: values with flag, reason and points, as a long or a wide table."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from livingdrug.core.shown import Shown
from livingdrug.data import Data
from livingdrug.nca.causes import flag_of, reason_of
from livingdrug.nca.registry import parameter_of, unit_of
from livingdrug.nca.settings import NcaSettings

COLUMNS = ("ID", "PARAMCD", "value", "unit", "flag", "reason", "points", "OCC", "DVID", "ASSAY", "bridge")


class Words(NamedTuple):
    """A column of texts: which of some words each row has. Tables of a million rows are made of a few words."""

    which: np.ndarray
    words: list[str]

    @property
    def texts(self) -> np.ndarray:
        """The text of each row."""
        return np.array(self.words, dtype=object)[self.which]


@dataclass(frozen=True, repr=False)
class NcaResult(Shown):
    """What an analysis gives: every parameter of every profile.

    Attributes
    ----------
    data : Data
        Samples and doses as they were read.
    settings : NcaSettings
        Rules of areas, terminal slope and BLQ values.
    window : (float, float) or None
        Start and end of the window of AUCINT, in the unit of the times.
    codes : tuple of str
        The parameters, in the order of the tables.
    values : dict of str to ndarray of shape (profiles,)
        By code, nan where absent.
    causes : dict of str to ndarray of shape (profiles,)
        By code: why a value is absent or to be taken with caution, as bits.
    touched : ndarray of shape (profiles, 3)
        Values below the limit before the first, between, and after the last quantifiable value.
    used : dict of str to (ndarray, ndarray)
        By code: (profile, time) of the points of a fit.
    """

    data: Data
    settings: NcaSettings
    window: tuple[float, float] | None
    codes: tuple[str, ...]
    values: dict[str, np.ndarray]
    causes: dict[str, np.ndarray]
    touched: np.ndarray
    used: dict[str, tuple[np.ndarray, np.ndarray]]

    @property
    def ids(self) -> np.ndarray:
        """Subject of each profile."""
        return np.array(self.data.subjects, dtype=object)[self.data.profiles.subject]

    def unit(self, code: str) -> np.ndarray:
        """Unit of a parameter for each profile."""
        return self._unit(code).texts

    def _unit(self, code: str) -> Words:
        time, dose = self.data.time_unit, self.data.dose_unit
        return Words(self._units.which, [unit_of(code, unit, time, dose) for unit in self._units.words])

    @cached_property
    def _units(self) -> Words:
        return _words(self.data.profiles.unit)

    def flags(self, code: str) -> np.ndarray:
        """`ok`, `caution`, `censored` or `absent` for each profile."""
        return self._flags(code).texts

    def _flags(self, code: str) -> Words:
        unique, which = self.caused[code]
        return Words(which, [flag_of(causes) for causes in unique])

    def reasons(self, code: str) -> np.ndarray:
        """One sentence for each profile."""
        return self._reasons(code).texts

    def _reasons(self, code: str) -> Words:
        unique, which = self.caused[code]
        return Words(which, [reason_of(causes, parameter_of(code).plain) for causes in unique])

    @cached_property
    def caused(self) -> dict[str, tuple[list[int], np.ndarray]]:
        """By code: the causes that there are, and which of them each profile has."""
        found = {code: np.unique(causes, return_inverse=True) for code, causes in self.causes.items()}
        return {code: (unique.tolist(), which) for code, (unique, which) in found.items()}

    def tally(self, code: str, members: np.ndarray) -> list[tuple[int, int]]:
        """(causes, how many of these profiles have them) of a parameter."""
        causes, which = self.caused[code]
        counts = np.bincount(which[members], minlength=len(causes)).tolist()
        return list(zip(causes, counts, strict=True))

    @cached_property
    def groupings(self) -> dict[str | None, dict]:
        """Positions of the profiles of each group by the name of a covariate, as `summary.groups` found them."""
        return {}

    @cached_property
    def _points_of_fits(self) -> dict[str, Words]:
        """Times of the points of each fit as text, such as `9.05 12.12 24.37`."""
        texts = {}
        for code, (profile, time) in self.used.items():
            order = np.argsort(profile, kind="stable")
            profile, (known, which) = profile[order], np.unique(time[order], return_inverse=True)
            word = [f"{t:.10g}" for t in known.tolist()]
            words = [word[k] for k in which.tolist()]
            ends = np.searchsorted(profile, np.arange(self.data.profiles.n + 1)).tolist()
            texts[code] = _words([" ".join(words[a:b]) for a, b in zip(ends[:-1], ends[1:], strict=True)])
        return texts

    def points(self, code: str) -> np.ndarray:
        """Which samples a value rests on, as text; the window for AUCINT, the interval for XPERS."""
        return self._point_words(code).texts

    def _point_words(self, code: str) -> Words:
        none = np.zeros(self.data.profiles.n, dtype=np.int64)
        if code == "AUCINT" and self.window is not None:
            return Words(none, [f"{self.window[0]:g} {self.window[1]:g}"])
        if code == "XPERS":
            return _intervals(self.values["XPERS"], self.values["XPERSUL"])
        return self._points_of_fits.get(parameter_of(code).points_of or code, Words(none, [""]))

    def table(self):
        """Long table, one row per profile and parameter: ID, PARAMCD, value, unit, flag, reason, points, then
        the profile."""
        import pandas as pd

        def texts(column: Words):
            return pd.Series(np.array(column.words, dtype=object)).array.take(column.which)

        return self._long(self.data.profiles.n, texts)

    def first_rows(self, rows: int):
        """At least so many of the first rows of the long table, where it has them, without the making of the others."""
        profiles = min(self.data.profiles.n, -(-rows // max(1, len(self.codes))))
        return self._long(profiles, lambda column: column.texts)

    def coded_table(self):
        """The long table with categories for texts, to be written: a twentieth of the memory."""
        import pandas as pd

        return self._long(self.data.profiles.n, lambda column: pd.Categorical.from_codes(column.which, column.words))

    def _long(self, n: int, texts: Callable[[Words], object]):
        """The long table of the first n profiles; texts: what is made of a column of words."""
        import pandas as pd

        k, p = len(self.codes), self.data.profiles

        def repeated(column: np.ndarray) -> Words:
            which, words = _words(column[:n])
            return Words(np.repeat(which, k), words)

        def stacked(of: Callable[[str], Words]) -> Words:
            place, words = np.empty((n, k), dtype=np.int32), {}
            for j, code in enumerate(self.codes):
                column = of(code)
                here = np.array([words.setdefault(word, len(words)) for word in column.words], dtype=np.int32)
                place[:, j] = here[column.which[:n]]
            return Words(place.ravel(), list(words))

        columns = {
            "ID": texts(repeated(self.ids)),
            "PARAMCD": texts(Words(np.tile(np.arange(k, dtype=np.int32), n), list(self.codes))),
            "value": np.stack([self.values[code][:n] for code in self.codes], axis=1).ravel(),
            "unit": texts(stacked(self._unit)),
            "flag": texts(stacked(self._flags)),
            "reason": texts(stacked(self._reasons)),
            "points": texts(stacked(self._point_words)),
            "OCC": texts(repeated(p.occasion)),
            "DVID": texts(repeated(p.output)),
            "ASSAY": texts(repeated(p.assay)),
            "bridge": texts(Words(np.zeros(n * k, dtype=np.int32), [self.data.bridge])),
        }
        return pd.DataFrame(columns, columns=list(COLUMNS))

    def wide(self):
        """One row per profile, one column per parameter, and a last column that says what is absent or to be
        watched."""
        import pandas as pd

        p = self.data.profiles
        frame = pd.DataFrame(
            {"ID": self.ids, "OCC": p.occasion, "DVID": p.output, "ASSAY": p.assay, "UNIT": p.unit}
        )
        flags = np.stack([self.flags(code) for code in self.codes], axis=1)
        reasons = np.stack([self.reasons(code) for code in self.codes], axis=1)
        for code in self.codes:
            frame[code] = self.values[code]
        frame["notes"] = [
            "; ".join(f"{c}: {f} ({r})" for c, f, r in zip(self.codes, row, why, strict=True) if f != "ok")
            for row, why in zip(flags, reasons, strict=True)
        ]
        frame["bridge"] = self.data.bridge
        return frame

    def crosswalk(self):
        """Names of the parameters in other programs: PARAMCD, meaning, PKNCA, Phoenix."""
        import pandas as pd

        found = [parameter_of(code) for code in self.codes]
        rows = [(p.code, p.meaning, p.pknca, p.phoenix) for p in found]
        return pd.DataFrame(rows, columns=["PARAMCD", "meaning", "PKNCA", "Phoenix"])

    def below_limit(self) -> dict[str, dict]:
        """How many values below the limit each rule touched: {first: {rule, records}, ...}."""
        names = ("first", "middle", "last")
        counts = self.touched.sum(axis=0).tolist()
        rules = zip(names, self.settings.rules, counts, strict=True)
        return {name: {"rule": rule, "records": int(count)} for name, rule, count in rules}

    def _facts(self) -> dict[str, str]:
        words = (
            np.concatenate([self.flags(code) for code in self.codes])
            if self.codes
            else np.empty(0, dtype=object)
        )
        counts = {word: int((words == word).sum()) for word in ("caution", "censored", "absent")}
        return {
            "name": self.data.name,
            "profiles": f"{self.data.profiles.n:,}",
            "parameters": f"{len(self.codes)}",
            "flagged": ", ".join(f"{count:,} {word}" for word, count in counts.items()),
        }

    def _frame(self):
        return self.table()


def _words(texts) -> Words:
    """Texts as words, in the order in which they first come."""
    words: dict[str, int] = {}
    which = [words.setdefault(text, len(words)) for text in texts]
    return Words(np.array(which, dtype=np.int32), list(words))


def _intervals(low: np.ndarray, high: np.ndarray) -> Words:
    (lows, a), (highs, b) = (np.unique(ends, return_inverse=True) for ends in (low, high))
    pairs, which = np.unique(a * len(highs) + b, return_inverse=True)
    return Words(which, [_interval(float(lows[k // len(highs)]), float(highs[k % len(highs)])) for k in pairs])


def _interval(low: float | np.ndarray, high: float | np.ndarray) -> str:
    if np.isnan(low):
        return ""
    return f"{low:.10g} {'later' if np.isnan(high) else format(high, '.10g')}"
