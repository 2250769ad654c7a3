"""Columns of texts become numbers and words; every cell that cannot is a finding."""

from dataclasses import dataclass, replace

import numpy as np

from livingdrug.data.cells import (
    ABOVE,
    BAD,
    BELOW,
    COMMA,
    MISSING,
    NOT_FINITE,
    NUMBER,
    Numbers,
    any_missing,
    decimal_sign,
    is_missing,
    missing,
    nothing,
    read_numbers,
    with_points,
)
from livingdrug.data.exclusions import exclusions
from livingdrug.data.findings import Findings
from livingdrug.data.grid import Grid
from livingdrug.data.meanings import EVENT, JOINED, Column, text_of_value
from livingdrug.data.reading import Reading

TEXTS = (
    "ID",
    "DV",
    "DVID",
    "MATRIX",
    "CMT",
    "UNIT",
    "TIMEUNIT",
    "ASSAY",
    "DOSEUNIT",
    "OCC",
    "DATE",
    "INFUSED",
)
NUMERIC = ("TIME", "DV", "AMT", "EVID", "LIMIT", "MDV", "WT")
MOST, LEAST, MOST_TIME, LEAST_TIME = 1e30, 1e-30, 1e8, 1e-9  # what no assay and no clock gives
_MEND = {
    "TIME": "write a number",
    "DV": "write a number, <50 where it was below a limit of 50, or nothing where nothing was measured",
}
_FLAGS = {
    **dict.fromkeys(("0", "n", "no", "false"), 0), **dict.fromkeys(("1", "y", "yes", "true"), 1), "-1": -1,
}  # fmt: skip
_ASSAYS = {
    "qPCR": "qpcr rtqpcr taqman realtimepcr qpcrbloodtransgene", "ddPCR": "ddpcr dpcr digitalpcr dropletdigitalpcr",
    "flow": "flow facs flowcytometry fc fcm mfc",
}  # fmt: skip
_ASSAY_OF = {word: assay for assay, words in _ASSAYS.items() for word in words.split()}


@dataclass(frozen=True)
class Parsed:
    """Rows of the file in file order, shape (n,) each; texts are "" where the file has no such column. event: RATE, DUR,
    ADDL, II and SS (those that the file has, beside rows of doses)."""

    columns: dict[str, Column]
    texts: dict[str, np.ndarray]
    time: Numbers
    dv: Numbers
    amount: Numbers
    evid: np.ndarray
    cens: np.ndarray
    limit: np.ndarray
    not_measured: np.ndarray
    excluded: np.ndarray
    weight: np.ndarray
    covariates: dict[str, np.ndarray]
    event: dict[str, Numbers]

    def has(self, meaning: str) -> bool:
        """Whether the file has a column with this meaning."""
        return meaning in self.columns

    def name(self, meaning: str) -> str:
        """What the file calls the column with this meaning."""
        return self.columns[meaning].name if meaning in self.columns else ""

    def take(self, rows: np.ndarray) -> "Parsed":
        """Rows of these numbers, which may repeat."""
        numbers = {name: _taken(getattr(self, name), rows) for name in ("time", "dv", "amount")}
        arrays = ("evid", "cens", "limit", "not_measured", "excluded", "weight")
        return replace(
            self,
            **numbers,
            **{name: getattr(self, name)[rows] for name in arrays},
            **{
                name: {k: v[rows] for k, v in getattr(self, name).items()} for name in ("texts", "covariates")
            },
            event={name: _taken(numbers, rows) for name, numbers in self.event.items()},
        )


def _taken(numbers: Numbers, rows: np.ndarray) -> Numbers:
    return Numbers(numbers.value[rows], numbers.bound[rows], numbers.kind[rows])


def parse(grid: Grid, columns: tuple[Column, ...], reading: Reading, findings: Findings) -> Parsed:
    """All columns read; faults of single cells go to findings."""
    n = len(grid.lines)
    excluded = findings.left_out = exclusions(columns, grid, findings)
    # a column of occasions that is empty states nothing, like one that is not there
    empty = {c.name for i, c in enumerate(columns) if c.meaning == "OCC" and missing(grid.columns[i]).all()}
    by_meaning = {
        c.meaning: c for c in columns if c.meaning not in ("covariate", "ignore") and c.name not in empty
    }
    raw = {c.meaning: grid.columns[i] for i, c in enumerate(columns) if c.meaning in by_meaning}
    raw |= {m: _joined(m, columns, grid) for m in JOINED if sum(c.meaning == m for c in columns) > 1}
    if "DV" in raw:
        raw["DV"] = _with_text_of_value(by_meaning["DV"].name, raw["DV"], columns, grid, findings)
    decimal = decimal_sign([raw[m] for m in NUMERIC if m in raw])
    if decimal == ",":
        findings.note("numbers are read with a decimal comma")
    kept_logs = reading.logarithms == "kept"
    read = {m: read_numbers(raw[m], decimal, measured=m == "DV") for m in NUMERIC if m in raw}
    read |= {m: turned_back(read[m], reading.logarithms) for m in ("DV", "LIMIT") if m in read}
    cens = _flags(by_meaning, raw, "CENS", findings)
    evid = _evid(by_meaning, raw, read, cens, findings)
    # where no row is a dose, a heading such as `rate` is that of a covariate
    told = [m for m in EVENT if m in raw and m != "CMT" and np.isin(evid, (1, 3, 4)).any()]
    read |= {m: read_numbers(raw[m], decimal) for m in told}
    others = _covariates(columns, grid, {"covariate", "NTIME", *EVENT} - set(told), by_meaning, raw)
    if decimal == ",":
        others = {name: with_points(texts) for name, texts in others.items()}
    empty = nothing(n)
    not_measured = _flags(by_meaning, raw, "MDV", findings) == 1
    for meaning, numbers in read.items():
        judged = numbers if meaning != "DV" else _unjudged(numbers, not_measured)
        _cell_faults(meaning, by_meaning[meaning].name, raw[meaning], judged, findings, kept_logs)
    blank = np.full(n, "", dtype=object)
    texts = {meaning: _said(raw[meaning], meaning) if meaning in raw else blank for meaning in TEXTS}
    for meaning in ("ID", "DVID", "MATRIX", "OCC", "ASSAY"):
        _text_faults(meaning, by_meaning, texts[meaning], findings)
    texts["ASSAY"] = _assays(texts["ASSAY"], reading)
    weight = read.get("WT", empty)
    _comment_marks(columns, grid, findings)
    findings.at("weight", np.flatnonzero(weight.value <= 0), *_of(by_meaning, raw, "WT", weight.value <= 0),
                "{} kg is no weight", "give the weight in kg, or leave the cell empty")  # fmt: skip
    return Parsed(
        by_meaning, texts, read.get("TIME", empty), read.get("DV", empty), read.get("AMT", empty),
        evid, cens,
        _limits(by_meaning, raw, read, findings, kept_logs), not_measured,
        excluded, weight.value, others, {m: read[m] for m in told},
    )  # fmt: skip


def _joined(meaning: str, columns: tuple[Column, ...], grid: Grid) -> np.ndarray:
    """The texts of several columns with one meaning, in the order of the file; words for nothing are left out."""
    parts = [grid.columns[i] for i, c in enumerate(columns) if c.meaning == meaning]
    rows = [tuple(row) for row in zip(*parts, strict=True)]
    words = {row: " ".join(text.strip() for text in row if not is_missing(text)) for row in set(rows)}
    return np.array([words[row] for row in rows], dtype=object)


def _covariates(
    columns: tuple[Column, ...], grid: Grid, kept: set[str], by_meaning, raw
) -> dict[str, np.ndarray]:
    """Columns that describe subjects or rows: those of some meanings, and the matrix where a file has one."""
    others = {c.name: grid.columns[i] for i, c in enumerate(columns) if c.meaning in kept}
    if "MATRIX" in by_meaning and len(set(raw["MATRIX"][~missing(raw["MATRIX"])])) < 2:
        others[by_meaning["MATRIX"].name] = raw["MATRIX"]  # one matrix describes the file
    return others


def _said(texts: np.ndarray, meaning: str) -> np.ndarray:
    """The texts of a column, "" where a word says that nothing is known (in values, words are read with the numbers)."""
    if meaning == "DV" or not any_missing(set(texts) - {""}):
        return texts
    return np.where(missing(texts), "", texts).astype(object)


def _with_text_of_value(name: str, texts: np.ndarray, columns, grid: Grid, findings: Findings) -> np.ndarray:
    """The values, with the text beside them (AVALC, PCSTRESC) where they are empty or 0 and it says below a limit."""
    beside = next((i for i, c in enumerate(columns) if c.word and c.word == text_of_value(name)), None)
    if beside is None:
        return texts
    words = read_numbers(grid.columns[beside], measured=True)
    own = read_numbers(texts, measured=True)
    rows = np.isin(words.kind, (BELOW, ABOVE)) & ((own.kind == MISSING) | (own.value == 0))
    if rows.any():
        findings.note(
            f"{int(rows.sum())} value(s) beyond a limit are read from `{columns[beside].name}`, as `{name}` is empty or 0"
        )
    return np.where(rows, grid.columns[beside], texts).astype(object)


def _unjudged(numbers: Numbers, rows: np.ndarray) -> Numbers:
    """The numbers without what cannot be read in some rows, whose value is not used."""
    readable = np.isin(numbers.kind, (NUMBER, BELOW, ABOVE))
    if not rows.any():
        return numbers
    value, bound = np.where(rows, np.nan, numbers.value), np.where(rows, np.nan, numbers.bound)
    return Numbers(value, bound, np.where(rows & ~readable, MISSING, numbers.kind))


def _of(by_meaning, raw, meaning: str, mask: np.ndarray) -> tuple[str, np.ndarray]:
    """(name of the column, its texts in the masked rows)."""
    return (by_meaning[meaning].name, raw[meaning][mask]) if meaning in by_meaning else ("", np.empty(0))


def turned_back(numbers: Numbers, base: str | None) -> Numbers:
    """Numbers whose logarithms to this base the file holds; as they are for None and `kept`."""
    if base not in ("e", "10"):
        return numbers
    with np.errstate(over="ignore"):  # beyond what is measured, which is a finding of its own
        size = np.log(10.0) if base == "10" else 1.0
        return Numbers(np.exp(numbers.value * size), np.exp(numbers.bound * size), numbers.kind)


def _cell_faults(
    meaning: str, name: str, texts: np.ndarray, numbers: Numbers, findings: Findings, kept_logs: bool
) -> None:
    leave = _MEND.get(meaning, "write a number, or leave the cell empty where nothing is known")
    bad = numbers.rows(BAD)
    share = np.array([text.endswith("%") for text in texts[bad]], dtype=bool)
    for code, rows, problem, fix in (
        ("not-a-number", bad[~share], "{} cannot be read as a number", leave),
        ("not-a-number", bad[share], "{} holds the sign %", "write 12.5 for 12.5 %, and the unit % in the heading"),
        ("not-finite", numbers.rows(NOT_FINITE), "{} is not a finite number", leave),
        ("not-a-number", numbers.rows(COMMA), "{} could be thousands or a decimal comma",
         "write 12400 or 12.4, without a comma"),
    ):  # fmt: skip
        findings.at(code, rows, name, texts[rows], problem, fix)
    if meaning != "DV":
        rows = np.flatnonzero((numbers.kind == BELOW) | (numbers.kind == ABOVE))
        findings.at("not-a-number", rows, name, texts[rows], "{} cannot be read as a number", leave)
    most, least = (MOST_TIME, LEAST_TIME) if meaning == "TIME" else (MOST, LEAST)
    size = np.abs(numbers.either)
    rows = np.flatnonzero((size > most) | ((size > 0) & (size < least)))
    fix = "correct the number or its exponent"
    findings.at("size", rows, name, texts[rows], "{} is beyond anything that is measured", fix)
    if meaning == "DV":
        rows = np.flatnonzero((numbers.bound == 0) & (numbers.kind == ABOVE))
        rows = rows[:0] if kept_logs else rows
        findings.at(
            "limit",
            rows,
            name,
            texts[rows],
            "{} names an upper limit of 0",
            "write >LIMIT with the upper limit",
        )
        rows = np.flatnonzero((numbers.either < 0) & (not kept_logs))
        fix = (
            "write a value below the limit as <LIMIT (such as <50), not as a negative number; values that are logarithms "
            "need --logarithms"
        )
        findings.at("negative", rows, name, texts[rows], "{} is negative, and no logarithm of it exists", fix)
    if meaning == "AMT":
        rows = np.flatnonzero(numbers.value < 0)
        findings.at(
            "dose", rows, name, texts[rows], "{} is a negative dose", "give the number of cells infused"
        )


def _text_faults(meaning: str, by_meaning, texts: np.ndarray, findings: Findings) -> None:
    if meaning not in by_meaning:
        return
    name = by_meaning[meaning].name
    words = set(texts)
    odd = set()
    if not "".join(words).isprintable() or max(map(len, words), default=0) > 200:
        odd = {text for text in words if not text.isprintable() or len(text) > 200}
    if odd:
        rows = np.flatnonzero(np.isin(texts, list(odd)))
        findings.at(
            "odd-text",
            rows,
            name,
            texts[rows],
            "{} holds control characters or is too long",
            "write a plain name",
        )
    if meaning == "ID" and words & {"", "."}:
        rows = np.flatnonzero(np.isin(texts, ["", "."]))
        findings.at(
            "no-subject",
            rows,
            name,
            texts[rows],
            "the row names no subject",
            "write the subject in every row",
        )


def _assays(texts: np.ndarray, reading: Reading) -> np.ndarray:
    words = {
        text: _ASSAY_OF.get("".join(c for c in text.lower() if c.isalnum()), text) for text in set(texts)
    }
    if reading.assay is not None:
        said = _ASSAY_OF.get("".join(c for c in reading.assay.lower() if c.isalnum()), reading.assay)
        words = {text: word or said for text, word in words.items()}
    if all(text == word for text, word in words.items()):
        return texts
    return np.array([words[text] for text in texts], dtype=object)


def _evid(by_meaning, raw, read, cens: np.ndarray, findings: Findings) -> np.ndarray:
    """Event of each row; without a column, a row with a dose and no value is a dose."""
    if "EVID" in read:
        evid = np.where(read["EVID"].kind == MISSING, 0, read["EVID"].value)
        wrong = (read["EVID"].kind == NUMBER) & ~np.isin(evid, (0, 1, 2, 3, 4))
        fix = "write 0 for a sample, 1 for a dose, 2 for another event, 3 for a reset, 4 for a reset with a dose"
        findings.at(
            "event", np.flatnonzero(wrong), *_of(by_meaning, raw, "EVID", wrong), "{} is no event", fix
        )
        return np.where(np.isfinite(evid) & ~wrong, evid, 0).astype(np.int8)
    evid = _dose_records(by_meaning, raw, findings)
    if "AMT" in read and "DV" in read:
        dosed, level = read["AMT"].value > 0, read["DV"]
        sampled = (level.value > 0) | (level.kind == BELOW) | (level.kind == ABOVE) | (cens == 1)
        # a dose beside most samples describes the subject (ADNCA); beside none it is an event (NONMEM: DV 0 or empty there)
        alone = dosed & ~sampled & ((level.kind == MISSING) | (level.value == 0))
        if alone.any() and 2 * (dosed & sampled).sum() <= sampled.sum():
            evid[alone] = 1
            findings.note(
                f"{int(alone.sum())} row(s) with a dose and no value are read as infusions (no EVID column)"
            )
    return evid


def _dose_records(by_meaning, raw, findings: Findings) -> np.ndarray:
    """2 where a row of ADaM (ADPC: PARAMCD is DOSE) records a dose beside the samples of other parameters, else 0."""
    evid = np.zeros(len(findings.lines), dtype=np.int8)
    if "DVID" in raw:
        doses = np.array([text.strip().upper() == "DOSE" for text in raw["DVID"]], dtype=bool)
        if doses.any() and not doses.all():
            findings.note(
                f"{int(doses.sum())} row(s) with `{by_meaning['DVID'].name}` DOSE record doses (ADPC), not samples"
            )
            evid[doses] = 2
    return evid


def _flags(by_meaning, raw, meaning: str, findings: Findings) -> np.ndarray:
    """Yes, no (and above, -1) of a column of flags."""
    if meaning not in by_meaning:
        return np.zeros(len(findings.lines), dtype=np.int8)
    words = {
        text: 0 if is_missing(text) else _FLAGS.get(text.lower().removesuffix(".0"), 9)
        for text in set(raw[meaning])
    }
    flags = np.array([words[text] for text in raw[meaning]], dtype=np.int8)
    wrong = (flags == 9) | ((flags == -1) & (meaning == "MDV"))
    above = ", -1 for one above it" if meaning == "CENS" else ""
    fix = (
        f"write 0 for a measured value, 1 for one {'below the limit' if above else 'that is missing'}{above}"
    )
    findings.at("flag", np.flatnonzero(wrong), *_of(by_meaning, raw, meaning, wrong), "{} is no flag", fix)
    return np.where(wrong, 0, flags).astype(np.int8)


def _limits(by_meaning, raw, read, findings: Findings, kept_logs: bool) -> np.ndarray:
    """Limit stated in each row, nan where there is none; 0 is the lower end of what a censored value may be, no limit."""
    if "LIMIT" not in read:
        return np.full(len(findings.lines), np.nan)
    value = read["LIMIT"].value
    wrong = (value < 0) & (not kept_logs)
    findings.at("limit", np.flatnonzero(wrong), *_of(by_meaning, raw, "LIMIT", wrong), "{} is a negative limit",
                "give the limit of quantification, or leave the cell empty")  # fmt: skip
    return np.where(wrong, np.nan, value)


def _comment_marks(columns: tuple[Column, ...], grid: Grid, findings: Findings) -> None:
    """A column `C` of NONMEM data sets marks rows that a control stream skips by IGNORE=C."""
    for column, texts in zip(columns, grid.columns, strict=True):
        if column.meaning == "covariate" and column.word == "c" and set(texts) <= {"C", "c", ".", "0", ""}:
            rows = np.flatnonzero(np.isin(texts, ["C", "c"]))
            findings.at("comment", rows, column.name, texts[rows], "{} marks a row that NONMEM skips, and it is used here",
                        f"say --column {column.name}=EXCL to leave such rows out", "warning")  # fmt: skip
