"""Canonical data as the file that NONMEM or Monolix (and nlmixr2) reads; `read_data` reads it back to the
same table."""

from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.shown import Shown
from livingdrug.data import Data, Reading

LAYOUTS = ("nonmem", "monolix")
# the columns with which every file for NONMEM begins, in this order
NONMEM_COLUMNS = ("ID", "TIME", "DV", "LNDV", "AMT", "EVID", "MDV", "CENS", "LIMIT", "DVID", "OCC")


@dataclass(frozen=True, repr=False)
class DataFile(Shown):
    """Samples laid out for another tool.

    Attributes
    ----------
    table : object
        A pandas table of texts, ready to be written as CSV.
    reading : Reading
        How `read_data` reads it back.
    notes : tuple of str
        What was changed, one sentence each.
    """

    table: object
    reading: Reading
    notes: tuple[str, ...]


def data_file(data: Data, layout: str) -> DataFile:
    """The data as `nonmem` or `monolix` (which nlmixr2 reads too) takes them: dose rows, limits by M3,
    occasions, covariates.

    Parameters
    ----------
    data : Data
        Samples, doses and covariates of all subjects, as `read_data` or `check` gives them.
    layout : str
        `nonmem` or `monolix`.

    Returns
    -------
    DataFile

    Raises
    ------
    InputError
        For an unknown layout, a value below a limit that nobody states, or two columns of one name.

    Notes
    -----
    TIME counts from the first dose of each occasion, as the exported models do; every dose stands at its own
    time. DV is on its own scale in both; below a limit it is the limit (CENS 1). NONMEM also gets LNDV, the
    natural logarithm of DV, numbers for texts (the texts stand behind, in columns that it does not read) and
    EVID 4 where a later occasion starts. Monolix takes LIMIT of a censored value for the other end of an
    interval, so it is empty where there is none.
    """
    if layout not in LAYOUTS:
        raise InputError(unknown("layout", layout, LAYOUTS))
    _check_limits(data)
    table = data.table(varying=False)
    infused = (
        table["TIME"].where(table["EVID"].isin([1, 4])).groupby([table["ID"], table["OCC"]]).transform("min")
    )
    table["TIME"] -= infused.fillna(0.0)
    # a column of units says one in every row, or is not there
    silent = [name for name in ("UNIT", "ASSAY") if (table.loc[table["EVID"] == 0, name] == "").all()]
    table = _infusions(table.drop(columns=silent), layout)
    notes = _remarks(data)
    made = _nonmem(data, table, notes) if layout == "nonmem" else (_monolix(table), Reading())
    return DataFile(made[0], made[1], tuple(notes))


def _infusions(table, layout: str):
    """The length of an infusion as the rate that NONMEM reads, or under the name that Monolix reads."""
    if "DUR" not in table.columns or layout == "monolix":
        return table.rename(columns={"DUR": "TINF"})
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(table["DUR"] > 0, table["AMT"] / table["DUR"], 0.0)
    given = table["RATE"].fillna(0.0) if "RATE" in table.columns else 0.0
    return table.drop(columns="DUR").assign(RATE=np.where(rate > 0, rate, given))


def _check_limits(data: Data) -> None:
    lost = np.flatnonzero((data.cens == 1) & np.isnan(data.limit))
    if len(lost):
        first = lost[0]
        subject = data.subjects[data.profiles.subject[data.profile[first]]]
        raise InputError(
            f"`{data.name}`: {len(lost)} value(s) are below a limit that the file does not state (the first: "
            f"subject `{subject}` at time {data.time[first]:g}), and a likelihood needs it; say --limit"
        )


def _remarks(data: Data) -> list[str]:
    early = int((data.time < 0).sum())
    if not early:
        return []
    return [
        f"{early} sample(s) lie before the infusion; exported models start at it, so leave them out of a fit"
    ]


def _nonmem(data: Data, table, notes: list[str]):
    import pandas as pd

    event = table["EVID"].to_numpy()
    dose = np.isin(event, (1, 4))
    value = table["DV"].to_numpy(dtype=float)
    columns, texts, reading = {}, {}, {"LNDV": "ignore"}
    for name, behind in (("ID", "USUBJID"), ("DVID", "OUTPUT"), ("OCC", "OCCASION")):
        column = table[name].to_numpy(dtype=object)
        columns[name] = _whole(column)
        if columns[name] is None:
            columns[name] = _codes(column, data, name, notes)
            behind = _free(behind, data.covariates)
            texts[behind], reading[name], reading[behind] = column, "ignore", name
    columns["TIME"], columns["DV"] = _numbers(table["TIME"]), _numbers(value)
    with np.errstate(divide="ignore", invalid="ignore"):
        columns["LNDV"] = _numbers(np.where(dose, np.nan, np.log(value)))
    columns["AMT"], columns["LIMIT"] = _numbers(table["AMT"]), _numbers(table["LIMIT"])
    # the first dose of a later occasion
    begins = dose & ~table.assign(dose=dose).duplicated(["ID", "OCC", "dose"]).to_numpy()
    again = begins & (table["OCC"] != table.groupby("ID")["OCC"].transform("first")).to_numpy()
    columns["EVID"] = np.where(again & (event == 1), "4", event.astype(str))
    columns["MDV"] = np.where(event > 0, "1", "0")
    columns["CENS"] = table["CENS"].astype(str).to_numpy()
    columns = {name: columns[name] for name in NONMEM_COLUMNS}
    for name in table.columns.difference(columns, sort=False):
        numeric = _number_texts(table[name].to_numpy(dtype=object))
        (columns if numeric is not None else texts)[name] = (
            table[name].to_numpy() if numeric is None else numeric
        )
    words = [name for name in texts if name in data.covariates]
    if words:
        shown = ", ".join(f"`{name}`" for name in words)
        notes.append(
            f"{shown} hold words, which NONMEM does not read; they stand behind the columns that it does"
        )
    clash = [name for name in data.covariates if name in NONMEM_COLUMNS]
    if clash:
        raise InputError(
            f"`{data.name}`: its column `{clash[0]}` has the name of one that is written here; rename it"
        )
    return pd.DataFrame({**columns, **texts}), Reading(columns=reading)


def _whole(column: np.ndarray) -> np.ndarray | None:
    """The texts where all are whole numbers, apart as numbers too; nothing said is `.`."""
    said = {text for text in column if text}
    if not all(text.isascii() and text.isdecimal() and len(text) < 10 for text in said):
        return None
    if len({int(text) for text in said}) < len(said):
        return None
    return np.where(column == "", ".", column)


def _codes(column: np.ndarray, data: Data, name: str, notes: list[str]) -> np.ndarray:
    from livingdrug.data import natural_key

    said = sorted({text for text in column if text}, key=natural_key)
    code = {text: str(i) for i, text in enumerate(said, 1)} | {"": "."}
    if name == "ID":
        notes.append(
            f"subjects are numbered from 1 to {len(said)}; their names stand in a column of their own"
        )
    else:
        notes.append(f"{name}: " + ", ".join(f"{code[text]} is `{text}`" for text in said))
    return np.array([code[text] for text in column], dtype=object)


def _free(name: str, taken) -> str:
    while name in taken:
        name += "_"
    return name


def _numbers(values) -> np.ndarray:
    return np.array(
        ["." if v != v else repr(float(v)) for v in np.asarray(values, dtype=float).tolist()], dtype=object
    )


def _number_texts(column: np.ndarray) -> np.ndarray | None:
    """A covariate as numbers with `.` where nothing is known; None where it holds words, or nothing at
    all."""
    texts = np.array(["" if v is None or v != v else str(v) for v in column.tolist()], dtype=object)
    try:
        finite = np.isfinite([float(text) for text in texts if text])
    except ValueError:
        return None
    return np.where(texts == "", ".", texts) if len(finite) and finite.all() else None


def _monolix(table):
    import pandas as pd

    cens = table["CENS"].to_numpy()
    # of a censored value, LIMIT is the other end of its interval, where there is one
    limit, value = table["LIMIT"].to_numpy(dtype=float), table["DV"].to_numpy(dtype=float)
    inner = ((cens == 1) & (limit >= value)) | ((cens == -1) & (limit <= value))
    limit = np.where(inner, np.nan, limit)
    columns = {
        "ID": table["ID"],
        "TIME": _numbers(table["TIME"]),
        "DV": _numbers(table["DV"]),
        "AMT": _numbers(table["AMT"]),
        "EVID": table["EVID"],
        "CENS": cens,
        "LIMIT": _numbers(limit),
        "OCC": table["OCC"],
    }
    if (table["DVID"] != "").any():
        columns["DVID"] = np.where(table["DVID"] == "", ".", table["DVID"])
    for name in table.columns.difference(columns, sort=False):
        texts = np.array(["" if v is None or v != v else str(v) for v in table[name].tolist()], dtype=object)
        if name != "DVID" and (texts != "").any():
            columns[name] = np.where(texts == "", ".", texts)
    return pd.DataFrame(columns)
