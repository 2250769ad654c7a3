"""What a simulation gives: curves, peaks, integrals and the fate of each subject."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from livingdrug.core.shown import Shown
from livingdrug.simulation.believable import UNPHYSICAL
from livingdrug.simulation.infusate import infusate_first

PERCENTILES = (2.5, 5, 25, 50, 75, 95, 97.5)
METRICS = ("CMAX", "TMAX", "AUC")
RISES = ("XCMAX", "XTMAX")


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
        Times of the values, in the model's time unit.
    until : float
        End of the run, up to which peaks and areas count.
    outputs, units : tuple of str
        Names and units, k of each.
    values : ndarray of shape (n, k, t)
        Of each subject, output and time; `status` says whose run failed.
    peak, peak_time, area : ndarray of shape (n, k)
        Of the continuous solution up to `until`.
    status, reason : tuple of str
        `ok`, or a word and a sentence, for each subject.
    subjects : str
        How the subjects were made.
    notices : tuple of str
        What the user must know of the model, the regimen and the subjects that were drawn.
    rise, rise_time : ndarray of shape (n, k)
        XCMAX and XTMAX: the largest level after the distribution minimum, and its time; NaN where the level
        never rises, and for outputs that are not in `infused`.
    infused : tuple of str
        Outputs in which infused cells are counted, so that CMAX can be the level of the infusate.
    cautions, cautioned : tuple
        Messages of the model's cautions, and of how many subjects each is true.
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
    rise: np.ndarray | None = None
    rise_time: np.ndarray | None = None
    infused: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    cautioned: tuple[int, ...] = ()

    @property
    def n(self) -> int:
        """Number of subjects."""
        return len(self.status)

    @property
    def failed(self) -> list[int]:
        """Positions of subjects that take no part in percentiles: not computed to the end, or unphysical."""
        return [i for i, status in enumerate(self.status) if status != "ok"]

    @property
    def unphysical(self) -> list[int]:
        """Positions of subjects that were computed and that no patient can be."""
        return [i for i, status in enumerate(self.status) if status == UNPHYSICAL]

    @property
    def uncomputed(self) -> list[int]:
        """Positions of subjects that were not computed to the end."""
        return [i for i in self.failed if self.status[i] != UNPHYSICAL]

    @property
    def counted(self) -> list[int]:
        """Positions of subjects that take part in percentiles; one subject alone does when it was computed."""
        if self.n == 1 and self.unphysical:
            return [0]
        return [i for i, status in enumerate(self.status) if status == "ok"]

    def curve(self, output: str, subject: int = 0) -> np.ndarray:
        """Values of an output of one subject, shape (t,)."""
        return self.values[subject, self.outputs.index(output)]

    def metric(self, output: str, name: str) -> np.ndarray:
        """CMAX, TMAX, AUC, XCMAX or XTMAX of an output, shape (n,). Where no infused cells are counted in the
        output, XCMAX and XTMAX are CMAX and TMAX."""
        peaks = self.peak, self.peak_time
        rises = (self.rise, self.rise_time) if output in self.infused else peaks
        kept: list[np.ndarray] = [a for a in (*peaks, self.area, *rises) if a is not None]
        found: dict[str, np.ndarray] = dict(zip((*METRICS, *RISES), kept, strict=True))
        return found[name][:, self.outputs.index(output)]

    def infusate_peaks(self, output: str) -> np.ndarray:
        """Whether CMAX of an output is the level of the infused cells, higher than any after the distribution
        minimum, shape (n,)."""
        return infusate_first(self.metric(output, "CMAX"), self.metric(output, "XCMAX")) & (output in self.infused)

    def metrics_of(self, output: str) -> tuple[str, ...]:
        """What is said of an output: XCMAX and XTMAX too, where CMAX is that of the infusate in any subject that counts."""
        return (*METRICS, *RISES) if self.infusate_peaks(output)[self.counted].any() else METRICS

    def unit_of(self, output: str, metric: str = "CMAX") -> str:
        """Unit of a metric of an output."""
        unit = self.units[self.outputs.index(output)]
        return {"CMAX": unit, "TMAX": self.time_unit, "AUC": f"{self.time_unit}*{unit}"}[metric.removeprefix("X")]

    def percentiles(self, output: str, levels=PERCENTILES) -> np.ndarray:
        """Percentiles over the subjects at each time, shape (levels, t); subjects that failed or are
        unphysical are left out."""
        return np.percentile(self.values[self.counted, self.outputs.index(output)], levels, axis=0)

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
        """{output: {unit, CMAX, TMAX, AUC}}: numbers for one subject, percentiles over several that count; XCMAX
        and XTMAX (percentiles over those whose level rises) where CMAX is that of the infusate in some."""

        def cell(values: np.ndarray):
            if self.n == 1:
                return float(values[0])
            there = values[self.counted]
            there = there[~np.isnan(there)]
            levels = np.percentile(there, PERCENTILES) if len(there) else [np.nan] * len(PERCENTILES)
            return {f"p{level:g}": float(value) for level, value in zip(PERCENTILES, levels, strict=True)}

        return {
            output: {"unit": unit, **{name: cell(self.metric(output, name)) for name in self.metrics_of(output)}}
            for output, unit in zip(self.outputs, self.units, strict=True)
        }

    def _facts(self) -> dict[str, str]:
        unphysical = len(self.unphysical)
        failed = len(self.failed) - unphysical
        return {
            "name": self.model,
            "subjects": f"{self.n:,}" + (f", {failed:,} not computed" if failed else "")
            + (f", {unphysical:,} unphysical" if unphysical else ""),
            "times": f"{len(self.times):,} to {self.until:g} {self.time_unit}",
            "outputs": ", ".join(
                f"{name} ({unit})" for name, unit in zip(self.outputs, self.units, strict=True)
            ),
        } | ({"notices": " ".join(self.notices)} if self.notices else {})

    def _frame(self):
        return self.table()
