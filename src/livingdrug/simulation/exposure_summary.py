"""What a population's exposures amount to: counts, extremes, means and percentiles, in little memory."""

from dataclasses import asdict, dataclass, replace

import numpy as np

from livingdrug.core.shown import Shown
from livingdrug.simulation.believable import UNPHYSICAL, caution_words
from livingdrug.simulation.distribution import Distribution
from livingdrug.simulation.exposure import ExposureBlock, ExposureTask
from livingdrug.simulation.infusate import infusate_first
from livingdrug.simulation.result import METRICS, PERCENTILES, RISES


@dataclass(frozen=True)
class Failure:
    """How many subjects were not computed in one way, or are unphysical, and the first of them (from 1) with
    its reason.

    Attributes
    ----------
    status : str
        The way.
    count : int
        How many.
    subject : int
        The first of them, from 1.
    reason : str
        Of that one, in words.
    """

    status: str
    count: int
    subject: int
    reason: str


class ExposureSummary(Shown):
    """Exposures of all subjects of a task, taken in block by block.

    metrics: per output CMAX, TMAX, AUC, and XCMAX, XTMAX where infused cells are counted in it; above,
    last_above: per limit of the task; with_unphysical: per output the same of all subjects that were computed.
    The distributions are of the subjects that were computed and can be patients (of one subject alone, of that
    one); last_above, of those that were above; XCMAX and XTMAX, of those whose level rises. infusate_peaks: per
    output, in how many CMAX is the level of the infusate. Memory does not grow with the number of subjects, and
    nothing depends on how they were cut into blocks.
    """

    def __init__(self, task: ExposureTask) -> None:
        self.task, self.n = task, 0
        self._failures: dict[tuple[str, str], Failure] = {}
        infused = task.infused
        self.metrics = {
            output: {metric: Distribution() for metric in (*METRICS, *(RISES if output in infused else ()))}
            for output in task.outputs
        }
        self.with_unphysical = {output: {metric: Distribution() for metric in METRICS} for output in task.outputs}
        self.infusate_peaks = dict.fromkeys(infused, 0)
        self._cautioned = np.zeros(len(task.model.system.cautions), dtype=int)
        self.above, self.last_above = ([Distribution() for _ in task.limits] for _ in range(2))

    @property
    def done(self) -> int:
        """Number of subjects that were computed and can be patients."""
        return self.n - sum(failure.count for failure in self.failures)

    @property
    def unphysical(self) -> int:
        """Number of subjects that were computed and that no patient can be."""
        return sum(failure.count for failure in self.failures if failure.status == UNPHYSICAL)

    @property
    def failures(self) -> tuple[Failure, ...]:
        """In how many ways subjects failed, the most frequent first."""
        return tuple(sorted(self._failures.values(), key=lambda failure: (-failure.count, failure.subject)))

    @property
    def notices(self) -> tuple[str, ...]:
        """Where the model, the regimen or the subjects that were drawn are known to mislead."""
        messages = [caution.message for caution in self.task.model.system.cautions]
        said = caution_words(self.task.model.full_name, messages, self._cautioned.tolist(), self.n)
        return (*self.task.notices, *said)

    def add(self, block: ExposureBlock) -> None:
        """Take in the next block; blocks come in the order of the subjects."""
        beyond = np.array([status == UNPHYSICAL for status in block.status])
        done = block.done | (beyond & (self.task.n == 1))
        self.n += len(done)
        self._cautioned += np.array(block.cautioned, dtype=int)
        for k, (output, metrics) in enumerate(self.metrics.items()):
            for metric, values in zip(METRICS, (block.peak, block.peak_time, block.area), strict=True):
                metrics[metric].add(values[done, k])
                self.with_unphysical[output][metric].add(values[done | beyond, k])
            if output in self.infusate_peaks:
                for metric, values in zip(RISES, (block.rise, block.rise_time), strict=True):
                    own = values[done, k]
                    metrics[metric].add(own[~np.isnan(own)])
                self.infusate_peaks[output] += int(infusate_first(block.peak[done, k], block.rise[done, k]).sum())
        for j in range(len(self.above)):
            self.above[j].add(block.above[done, j])
            last = block.last_above[done, j]
            self.last_above[j].add(last[~np.isnan(last)])
        for subject, reason in sorted(block.reason.items()):
            status = block.status[subject - block.first]
            # a solver's reason names a time of the subject's own; conditions of a formula are few, and told
            # apart
            way = (status, reason if status == "invalid" else "")
            known = self._failures.get(way) or Failure(status, 0, subject + 1, reason)
            self._failures[way] = replace(known, count=known.count + 1)

    def summary(self) -> dict:
        """Plain data: {model, subjects, computed, failed, window, time_unit, outputs, above}.

        failed: a list of {status, count, subject, reason}, the unphysical among them; outputs: name -> {unit, CMAX,
        TMAX, AUC}, with XCMAX and XTMAX where CMAX is that of the infusate in some; above: a
        list of {output, limit, unit, time_above, last_above}, where last_above counts the subjects that were
        above. Each distribution is {count, mean, min, max, p2.5 ... p97.5}, empty but for the count where
        there is nothing."""
        task = self.task
        units = dict(zip(task.outputs, task.units, strict=True))
        return {
            "model": task.model.full_name,
            "subjects": self.n,
            "computed": self.done,
            "failed": [asdict(failure) for failure in self.failures],
            "window": list(task.window),
            "time_unit": task.model.time_unit,
            "outputs": {
                name: {"unit": units[name], **{metric: described(self.metrics[name][metric]) for metric in metrics}}
                for name, metrics in ((output, self.metrics_of(output)) for output in self.metrics)
            },
            "above": [
                {"output": name, "limit": value, "unit": units[name]}
                | {"time_above": described(above), "last_above": described(last)}
                for (name, value), above, last in zip(task.limits, self.above, self.last_above, strict=True)
            ],
        }

    def metrics_of(self, output: str) -> tuple[str, ...]:
        """What is said of an output: XCMAX and XTMAX too, where CMAX is that of the infusate in some."""
        return (*METRICS, *RISES) if self.infusate_peaks.get(output) else METRICS

    def _facts(self) -> dict[str, str]:
        return {
            "name": self.task.model.full_name,
            "subjects": f"{self.n:,}, {self.done:,} computed",
            "window": " to ".join(f"{end:g}" for end in self.task.window) + f" {self.task.model.time_unit}",
            "outputs": ", ".join(self.task.outputs),
        }

    def _frame(self):
        import pandas as pd

        outputs = self.summary()["outputs"].items()
        rows = [
            {"output": name, "metric": metric, **found[metric]}
            for name, found in outputs
            for metric in self.metrics_of(name)
        ]
        return pd.DataFrame(rows)


def described(distribution: Distribution) -> dict[str, float]:
    """A distribution as plain data."""
    if not distribution.count:
        return {"count": 0}
    levels = zip(PERCENTILES, distribution.percentiles(PERCENTILES), strict=True)
    extremes = {"mean": distribution.mean, "min": distribution.least, "max": distribution.greatest}
    return {"count": distribution.count, **extremes, **{f"p{level:g}": value for level, value in levels}}
