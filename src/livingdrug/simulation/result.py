"""What a simulation gives: curves, peaks, integrals and the fate of each subject."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from livingdrug.core.shown import Shown

PERCENTILES = (2.5, 5, 25, 50, 75, 95, 97.5)
METRICS = ("CMAX", "TMAX", "AUC")


@dataclass(frozen=True, repr=False)
class Result(Shown):
    """Curves and metrics of n subjects.

    Attributes
    ----------
    model : str
        Name of the model with its fragments.
    time_unit : str
        d or h.
    times : ndarray of shape (t,)
    until : float
        End of the run, up to which peaks and areas count.
    outputs, units : tuple of str
        Names and units, k of each.
    values : ndarray of shape (n, k, t)
    peak, peak_time, area : ndarray of shape (n, k)
        Of the continuous solution up to `until`.
    status, reason : tuple of str
        `ok`, or a word and a sentence, for each subject.
    subjects : str
        How the subjects were made.
    notices : tuple of str
        What the user must know.
    """

    model: str
    time_unit: str
    times: np.ndarray
    until: float
    outputs: tuple[str, ...]
    units: tuple[str, ...]
    values: np.ndarray
    peak: np.ndarray
    peak_time: np.ndarray
    area: np.ndarray
    status: tuple[str, ...]
    reason: tuple[str, ...]
    subjects: str
    notices: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Number of subjects."""
        return len(self.status)

    @property
    def failed(self) -> list[int]:
        """Positions of subjects that were not computed to the end."""
        return [i for i, status in enumerate(self.status) if status != "ok"]

    def curve(self, output: str, subject: int = 0) -> np.ndarray:
        """Values of an output of one subject, shape (t,)."""
        return self.values[subject, self.outputs.index(output)]

    def metric(self, output: str, name: str) -> np.ndarray:
        """CMAX, TMAX or AUC of an output, shape (n,)."""
        found: dict[str, np.ndarray] = dict(zip(METRICS, (self.peak, self.peak_time, self.area), strict=True))
        return found[name][:, self.outputs.index(output)]

    def starts_at_peak(self, output: str) -> np.ndarray:
        """Whether the largest level of an output stands at the start, where it is that of infused cells and no
        expansion, shape (n,)."""
        return self.metric(output, "TMAX") == 0

    def unit_of(self, output: str, metric: str = "CMAX") -> str:
        """Unit of a metric of an output."""
        unit = self.units[self.outputs.index(output)]
        return {"CMAX": unit, "TMAX": self.time_unit, "AUC": f"{self.time_unit}*{unit}"}[metric]

    def percentiles(self, output: str, levels=PERCENTILES) -> np.ndarray:
        """Percentiles over the subjects at each time, shape (levels, t); subjects that failed are left
        out."""
        ok = [i for i, status in enumerate(self.status) if status == "ok"]
        return np.percentile(self.values[ok, self.outputs.index(output)], levels, axis=0)

    def table(self):
        """Long table: subject (from 1), time, output, value, unit, status (`ok` or why the subject was not
        computed)."""
        return self._long(lambda words, each: np.array(words, dtype=object)[each])

    def coded_table(self, before: int = 0):
        """The same with its texts as categories, which take little memory and are written fast; before: how many subjects
        of the population stand before the first of these."""
        import pandas as pd

        def coded(words: tuple[str, ...], each: np.ndarray):
            known = list(dict.fromkeys(words))
            place = {word: i for i, word in enumerate(known)}
            return pd.Categorical.from_codes(np.array([place[word] for word in words])[each], known)

        return self._long(coded, before)

    def _long(self, text: Callable, before: int = 0):
        """The long table; text(words, which of them each row has) makes a column of texts."""
        import pandas as pd

        n, k, t = self.values.shape
        output = np.tile(np.repeat(np.arange(k), t), n)
        return pd.DataFrame(
            {
                "subject": np.repeat(np.arange(before + 1, before + n + 1), k * t),
                "time": np.tile(self.times, n * k),
                "output": text(self.outputs, output),
                "value": self.values.ravel(),
                "unit": text(self.units, output),
                "status": text(self.status, np.repeat(np.arange(n), k * t)),
            }
        )

    def summary(self) -> dict:
        """{output: {unit, CMAX, TMAX, AUC}}: numbers for one subject, percentiles over several."""
        ok = [i for i, status in enumerate(self.status) if status == "ok"]

        def cell(values: np.ndarray):
            if self.n == 1:
                return float(values[0])
            levels = np.percentile(values[ok], PERCENTILES)
            return {f"p{level:g}": float(value) for level, value in zip(PERCENTILES, levels, strict=True)}

        return {
            output: {"unit": unit, **{name: cell(self.metric(output, name)) for name in METRICS}}
            for output, unit in zip(self.outputs, self.units, strict=True)
        }

    def _facts(self) -> dict[str, str]:
        failed = len(self.failed)
        return {
            "name": self.model,
            "subjects": f"{self.n:,}" + (f", {failed:,} not computed" if failed else ""),
            "times": f"{len(self.times):,} to {self.until:g} {self.time_unit}",
            "outputs": ", ".join(
                f"{name} ({unit})" for name, unit in zip(self.outputs, self.units, strict=True)
            ),
        } | ({"notices": " ".join(self.notices)} if self.notices else {})

    def _frame(self):
        return self.table()
