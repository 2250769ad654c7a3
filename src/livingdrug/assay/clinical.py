"""Later clinical data of products that were predicted from an assay: a table of patients, or of means by product."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from livingdrug.assay.source import read_sheets
from livingdrug.core.errors import InputError
from livingdrug.data import NUMBER, Findings, plain_word, printable, read_cell, refusal

CONSTRUCT = ("construct", "product", "group", "arm")
METRIC = ("metric", "parameter", "paramcd", "quantity")
COUNT, MEAN, SPREAD = ("n", "patients", "subjects"), ("geometricmean", "geomean", "gmean"), ("geometriccv", "geocv", "gcv")


@dataclass(frozen=True)
class Clinic:
    """Logarithms of one metric in the patients of one product.

    Attributes
    ----------
    group : str
        The product.
    metric : str
        Such as CMAX.
    mean, sd : float
        Of the logarithms; nan for the SD of one patient.
    n : int
        Number of patients.
    """

    group: str
    metric: str
    mean: float
    sd: float
    n: int


def read_clinic(path: str | Path, metrics: Sequence[str]) -> tuple[Clinic, ...]:
    """The exposure of patients by product.

    Parameters
    ----------
    path : CSV, TSV or Excel. Either a row for each patient, with a column for the product (`construct`) and one for each
        metric, called as in the prediction or by its last word (`car_t_blood CMAX` or `CMAX`); or a row for each product
        and metric, with the columns construct, metric, n, geometric_mean and geometric_cv (%)
    metrics : sequence of str
        Of the prediction.

    Raises
    ------
    InputError : every fault by its line
    """
    findings, path = Findings(), Path(path)
    for sheet in read_sheets(path, findings):
        for i, (line, row) in enumerate(sheet.rows[:20]):
            words = [plain_word(cell) for cell in row]
            if any(word in CONSTRUCT for word in words):
                findings.heading = line
                table = _Table(row, sheet.rows[i + 1 :], words, findings, metrics)
                found = table.means() if table.place(METRIC) >= 0 else table.patients()
                if findings.failed:
                    raise refusal(printable(path.name), findings.sorted())
                return found
    raise InputError(
        f"`{printable(path.name)}` has no column `construct`; give a row for each patient with construct, CMAX, AUC28, or a "
        "row for each product and metric with construct, metric, n, geometric_mean, geometric_cv"
    )


class _Table:
    """A table while it is read."""

    def __init__(self, headings: list[str], rows, words: list[str], findings: Findings, metrics: Sequence[str]) -> None:
        self.headings, self.words, self.findings, self.metrics = headings, words, findings, metrics
        self.rows = [(line, [*row, *[""] * len(headings)]) for line, row in rows if any(row)]

    def place(self, names: Sequence[str]) -> int:
        """The column of one of these headings, -1 where there is none."""
        return next((k for k, word in enumerate(self.words) if word in names), -1)

    def metric_of(self, text: str) -> str | None:
        """The predicted metric that a text means: by its whole name, or by its last word where that is of one alone."""
        word = plain_word(text)
        whole = [m for m in self.metrics if plain_word(m) == word]
        last = [m for m in self.metrics if plain_word(m.rpartition(" ")[2]) == word]
        return whole[0] if whole else last[0] if len(last) == 1 else None

    def number(self, line: int, k: int, text: str) -> float | None:
        """A positive number; None, with a finding, where it is none."""
        value, _, kind = read_cell(text)
        if kind == NUMBER and value > 0:
            return float(value)
        self.findings.add(
            "value", line, self.headings[k], text, f"`{printable(text, 40)}` is no number above 0, so it has no ratio",
            "compare a metric that every patient has: leaving out those below a limit of quantification raises the mean",
        )  # fmt: skip
        return None

    def patients(self) -> tuple[Clinic, ...]:
        """Of a row for each patient."""
        who = self.place(CONSTRUCT)
        columns = {k: m for k, text in enumerate(self.headings) if k != who and (m := self.metric_of(text))}
        if not columns:
            known = ", ".join(self.metrics)
            self.findings.add("metric", self.findings.heading, "", "", "no column is one of the predicted metrics",
                              f"call the columns as the prediction does: {known}")  # fmt: skip
        values: dict[tuple[str, str], list[float]] = {}
        for line, row in self.rows:
            if not row[who]:
                self.findings.add("construct", line, self.headings[who], "", "the row names no product", "fill it in")
                continue
            for k, metric in columns.items():
                number = self.number(line, k, row[k]) if row[k] else None
                if number is not None:
                    values.setdefault((row[who], metric), []).append(np.log(number))
        return tuple(
            Clinic(group, metric, float(np.mean(own)), float(np.std(own, ddof=1)) if len(own) > 1 else np.nan, len(own))
            for (group, metric), own in values.items()
        )

    def means(self) -> tuple[Clinic, ...]:
        """Of a row for each product and metric."""
        at = {name: self.place(words) for name, words in
              (("construct", CONSTRUCT), ("metric", METRIC), ("n", COUNT), ("mean", MEAN), ("cv", SPREAD))}  # fmt: skip
        lost = [name for name in ("n", "mean", "cv") if at[name] < 0]
        if lost:
            called = {"n": "n", "mean": "geometric_mean", "cv": "geometric_cv (%)"}
            self.findings.add("column", self.findings.heading, "", "", f"there is no column {called[lost[0]]}",
                              "a row for each product and metric needs n, geometric_mean and geometric_cv (%)")  # fmt: skip
            return ()
        found: dict[tuple[str, str], Clinic] = {}
        for line, row in self.rows:
            metric = self.metric_of(row[at["metric"]])
            if metric is None:
                self.findings.add("metric", line, self.headings[at["metric"]], row[at["metric"]],
                                  f"`{printable(row[at['metric']], 40)}` is not predicted; known: {', '.join(self.metrics)}",
                                  "leave the row out, or call it as the prediction does", "warning")  # fmt: skip
                continue
            n, mean, cv = (self.number(line, at[k], row[at[k]]) for k in ("n", "mean", "cv"))
            key = (row[at["construct"]], metric)
            if key in found:
                self.findings.add("twice", line, "", key[0], f"{key[0]} has {metric} twice", "give one row for each")
            if n is not None and mean is not None and cv is not None:
                sd = float(np.sqrt(np.log1p((cv / 100) ** 2))) if n > 1 else np.nan
                found[key] = Clinic(*key, float(np.log(mean)), sd, int(n))
        return tuple(found.values())
