"""The canonical table as it is written, and a file that is one: what was settled before is not asked again."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from livingdrug.core.export import plain_cell
from livingdrug.data.cells import missing
from livingdrug.data.grid import Grid
from livingdrug.data.meanings import COVARIATE, IGNORE
from livingdrug.data.reading import Reading
from livingdrug.data.table import Data, natural_order

FIRST = ("ID", "TIME", "DV", "DVID", "UNIT", "ASSAY", "EVID", "AMT", "CENS", "LIMIT", "OCC")
# may stand behind them: of doses, of subjects, of the whole table
DOSE = ("DUR", "RATE", "II", "SS")
OWN = (*DOSE, "CMT", "WT", "TIMEUNIT", "DOSEUNIT")
WRITTEN = "the file is a canonical table"
LOGARITHMS, REPLICATE = "LOGARITHMS", "REPLICATE"


def canonical(data: Data, varying: bool = True):
    """Pandas table: ID TIME DV DVID UNIT ASSAY EVID AMT CENS LIMIT OCC, then DUR RATE II CMT SS where a dose needs them,
    covariates, weight (WT), REPLICATE (number of a value among those of one time) and LOGARITHMS where there are any, and
    the units of time and dose.

    TIME counts as in the file (from the infusion where it holds no dose rows). A row for every dose (where the file had no
    dose rows: one for each occasion with a known dose), then the samples; where a covariate changes in a row that is
    neither, a row of another event (EVID 2). A covariate with the name of one of these columns gets a `_` behind it.
    varying: False leaves out covariates that change within a subject.
    """
    import pandas as pd

    parts = [part for part in (_doses(data), _samples(data), _others(data) if varying else None) if part is not None]
    both = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    both["_order"] = natural_order(both["OCC"].to_numpy())
    both = both.sort_values(["_subject", "_order", "TIME", "EVID"], ascending=[True, True, True, False], kind="stable")
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
    marks = (("TIMEUNIT", data.time_unit), ("DOSEUNIT", data.dose_unit), (LOGARITHMS, "kept" if data.logarithms else ""))
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
            "ID": _ids(data)[p.subject[data.profile]], "TIME": data.time + start, "DV": data.dv,
            "DVID": p.output[data.profile], "UNIT": p.unit[data.profile], "ASSAY": p.assay[data.profile], "EVID": 0,
            "AMT": np.nan, "CENS": data.cens, "LIMIT": np.where(np.isfinite(data.end), data.end, data.limit),
            "OCC": p.occasion[data.profile], "_subject": p.subject[data.profile], "_row": np.arange(data.rows),
        }
    )  # fmt: skip


def _event(data: Data, subject: np.ndarray, **columns):
    """Rows that are no samples."""
    import pandas as pd

    blank = {"DV": np.nan, "DVID": "", "UNIT": "", "ASSAY": "", "AMT": np.nan, "CENS": 0, "LIMIT": np.nan, "_row": -1}
    made = {"ID": _ids(data)[subject], **blank, **columns, "_subject": subject}
    return pd.DataFrame({name: made[name] for name in (*FIRST, "_subject", "_row", *(n for n in columns if n not in FIRST))})


def _doses(data: Data):
    """The rows that are doses, of subjects that have samples."""
    p, given = data.profiles, data.doses
    if given is None:
        keep = np.isfinite(p.dose)
        rows = _event(data, p.subject[keep], TIME=0.0, AMT=p.dose[keep], OCC=p.occasion[keep], UNIT=data.dose_unit, EVID=1)
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
    for subject, time in ((data.profiles.subject[data.profile], data.time + start),
                          *([(data.doses.subject, data.doses.time)] if data.doses is not None else [])):  # fmt: skip
        for key in _keys(subject, time):
            told.pop(key, None)
    own = dict(zip(data.profiles.subject.tolist(), data.profiles.occasion.tolist(), strict=True))
    lone = [(subject, float(time)) for subject, time in told if subject in own]
    subject = np.array([who for who, _ in lone], dtype=int)
    zero = data.doses.zero[subject] if data.doses is not None else 0.0
    time = np.array([when for _, when in lone]) + zero
    return _event(data, subject, TIME=time, OCC=np.array([own[who] for who, _ in lone], dtype=object), EVID=2)


def _by_row(data: Data, name: str, table) -> np.ndarray:
    """A covariate that changes: of samples as their rows say, elsewhere as any row of that subject and time says."""
    row, subject = table["_row"].to_numpy(), table["_subject"].to_numpy()
    sampled = row >= 0
    texts = np.full(len(table), "", dtype=object)
    if name in data.changing:
        changes = data.changing[name]
        said = dict(zip(reversed(_keys(changes.subject, changes.time)), reversed(changes.text.tolist()), strict=True))
        zero = data.doses.zero[subject] if data.doses is not None else 0.0
        texts[:] = [said.get(key, "") for key in _keys(subject, table["TIME"].to_numpy() - zero)]
    if name == "CMT" and name in table:  # where doses go stands there too
        texts = table[name].fillna("").to_numpy(dtype=object, copy=True)
    if name in data.by_row:
        texts[sampled] = data.by_row[name][row[sampled]]
    return texts


def _free(name: str) -> str:
    """The heading of a covariate, which takes no place of another column."""
    return f"{name}_" if name in (*FIRST, REPLICATE, LOGARITHMS, "TIMEUNIT", "DOSEUNIT") else name


def _keys(subject: np.ndarray, time: np.ndarray) -> list[tuple[int, str]]:
    """A subject and a time, which may differ by rounding."""
    return [(who, f"{when:.9g}") for who, when in zip(subject.tolist(), (np.asarray(time) + 0.0).tolist(), strict=True)]


def _ids(data: Data) -> np.ndarray:
    return np.array(data.subjects, dtype=object)


def is_canonical(headings: Sequence[str]) -> bool:
    """Whether this is a table that `canonical` made."""
    return tuple(headings[: len(FIRST)]) == FIRST


def as_written(grid: Grid, reading: Reading) -> tuple[Grid, Reading]:
    """A file that is a canonical table without the marks against live formulas, and how it is read: what was settled when
    it was written is not asked again, unless the user says otherwise."""
    if not is_canonical(grid.headings):
        return grid, reading
    plain = [plain_cell(name) for name in grid.headings]
    grid = replace(grid, headings=tuple(plain), columns=tuple(_unmarked(column) for column in grid.columns))
    said = {name: name if name in OWN else COVARIATE for name in plain[len(FIRST) :]}
    said |= {name: IGNORE for name in (REPLICATE, LOGARITHMS) if name in said} | dict(zip(FIRST, FIRST, strict=True))
    taken = {meaning.upper() for meaning in reading.columns.values()}
    sampled = grid.columns[FIRST.index("EVID")] == "0"
    of_samples = {name for name in DOSE if name in plain and not missing(grid.columns[plain.index(name)][sampled]).all()}
    said = {name: COVARIATE if meaning in taken or name in of_samples else meaning for name, meaning in said.items()}
    changed: dict = {"columns": said | reading.columns, "untreated": True}
    marks = {name: grid.columns[plain.index(name)] for name in (REPLICATE, LOGARITHMS) if name in plain}
    if REPLICATE in marks and reading.duplicates is None and any(text not in ("", "1") for text in marks[REPLICATE]):
        changed["duplicates"] = "keep"
    if LOGARITHMS in marks and reading.logarithms is None and all(text == "kept" for text in marks[LOGARITHMS]):
        changed["logarithms"] = "kept"
    return grid, replace(reading, **changed)


def _unmarked(texts: np.ndarray) -> np.ndarray:
    """The texts without the apostrophe that `safe_cell` puts before what a spreadsheet would run."""
    if not any(text.startswith("'") for text in texts):
        return texts
    return np.array([plain_cell(text) for text in texts], dtype=object)
