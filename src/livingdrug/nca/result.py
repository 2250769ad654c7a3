"""What an analysis gives: values with flag, reason and points, as a long or a wide table."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from livingdrug.core.shown import Shown
from livingdrug.data import Data
from livingdrug.nca.causes import flag_of, reason_of
from livingdrug.nca.registry import parameter_of, unit_of
from livingdrug.nca.settings import NcaSettings

COLUMNS = ("ID", "PARAMCD", "value", "unit", "flag", "reason", "points", "OCC", "DVID", "ASSAY", "bridge")


@dataclass(frozen=True, repr=False)
class NcaResult(Shown):
    """What an analysis gives: every parameter of every profile.

    Attributes
    ----------
    data : Data
    settings : NcaSettings
    window : (float, float) or None
        Of AUCINT.
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
        units = {
            u: unit_of(code, u, self.data.time_unit, self.data.dose_unit)
            for u in set(self.data.profiles.unit)
        }
        return np.array([units[u] for u in self.data.profiles.unit], dtype=object)

    def flags(self, code: str) -> np.ndarray:
        """`ok`, `caution`, `censored` or `absent` for each profile."""
        return self._words(code, flag_of)

    def reasons(self, code: str) -> np.ndarray:
        """One sentence for each profile."""
        return self._words(code, lambda causes: reason_of(causes, parameter_of(code).plain))

    def _words(self, code: str, word) -> np.ndarray:
        unique, inverse = np.unique(self.causes[code], return_inverse=True)
        return np.array([word(int(causes)) for causes in unique], dtype=object)[inverse]

    @cached_property
    def _points(self) -> dict[str, np.ndarray]:
        """Times of the points of each fit as text, such as `9.05 12.12 24.37`."""
        texts = {}
        for code, (profile, time) in self.used.items():
            order = np.argsort(profile, kind="stable")
            profile, time = profile[order], time[order]
            words = [f"{t:.10g}" for t in time.tolist()]
            ends = np.searchsorted(profile, np.arange(self.data.profiles.n + 1))
            texts[code] = np.array(
                [" ".join(words[a:b]) for a, b in zip(ends[:-1], ends[1:], strict=True)], dtype=object
            )
        return texts

    def points(self, code: str) -> np.ndarray:
        """Which samples a value rests on, as text; the window for AUCINT, the interval for XPERS."""
        n = self.data.profiles.n
        if code == "AUCINT" and self.window is not None:
            return np.full(n, f"{self.window[0]:g} {self.window[1]:g}", dtype=object)
        if code == "XPERS":
            pairs = zip(self.values["XPERS"].tolist(), self.values["XPERSUL"].tolist(), strict=True)
            return np.array([_interval(low, high) for low, high in pairs], dtype=object)
        return self._points.get(parameter_of(code).points_of or code, np.full(n, "", dtype=object))

    def table(self):
        """Long table, one row per profile and parameter: ID, PARAMCD, value, unit, flag, reason, points, then
        the profile."""
        import pandas as pd

        n, k = self.data.profiles.n, len(self.codes)
        p = self.data.profiles

        def stacked(of):
            return np.stack([of(code) for code in self.codes], axis=1).ravel() if n else np.empty(0)

        columns = {
            "ID": np.repeat(self.ids, k),
            "PARAMCD": np.tile(np.array(self.codes, dtype=object), n),
            "value": stacked(self.values.__getitem__),
            "unit": stacked(self.unit),
            "flag": stacked(self.flags),
            "reason": stacked(self.reasons),
            "points": stacked(self.points),
            "OCC": np.repeat(p.occasion, k),
            "DVID": np.repeat(p.output, k),
            "ASSAY": np.repeat(p.assay, k),
            "bridge": np.full(n * k, self.data.bridge, dtype=object),
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


def _interval(low: float, high: float) -> str:
    if np.isnan(low):
        return ""
    return f"{low:.10g} {'later' if np.isnan(high) else format(high, '.10g')}"
