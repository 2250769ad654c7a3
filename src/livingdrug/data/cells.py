"""One cell of a table: a number, nothing, or a value beyond a limit. What cannot be read is said, never
guessed."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from livingdrug.data.distinct import distinct

NUMBER, MISSING, BELOW, ABOVE, BAD, NOT_FINITE, COMMA = range(7)
MISSING_WORDS = frozenset(
    ("", ".", "na", "n/a", "n.a.", "nan", "null", "nd", "not done", "unknown", "unk", "missing")
)
BELOW_TOKENS = (
    frozenset(
        (
            "BLQ BQL BLOQ BLLOQ BLOD BLD BDL BLLQ LLOQ LLOD LOQ LOD <LLOQ <LLQ <LOQ <LOD <LLOD ND NQ "
            "UNDETECTABLE UNDETECTED"
        ).split()
    )
    | {
        f"{below} {limit}"
        for below in ("BELOW", "BELOW THE", "LESS THAN")
        for limit in (
            "LIMIT",
            "LLOQ",
            "LOQ",
            "LOD",
            "LLOD",
            "QUANTIFICATION LIMIT",
            "DETECTION LIMIT",
            "LIMIT OF DETECTION",
            "LIMIT OF QUANTIFICATION",
            "LIMIT OF QUANTITATION",
            "LOWER LIMIT OF QUANTIFICATION",
        )
    }
    | {"NOT DETECTED", "NOT DETECTABLE", "NOT QUANTIFIABLE"}
)
ABOVE_TOKENS = frozenset("ALQ AQL AULOQ ULOQ >ULOQ >ULQ".split()) | {"ABOVE ULOQ", "ABOVE LIMIT"}
_PLAIN = re.compile(r"[0-9eE+\-.]*")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+", re.ASCII)
_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?", re.ASCII)
_SPACED = re.compile(r"([<>]) +")
# BLQ (<50), <LLOQ (50), LLOQ = 50
_WORD_AND_LIMIT = re.compile(r"(.*?[^\s(\[=<>≤≥:])\s*[(\[]?\s*[=:]?\s*([<>≤≥]=?)?\s*([0-9.eE+\-]+)\s*[)\]]?")
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)


@dataclass(frozen=True)
class Numbers:
    """What cells hold, shape (n,) each.

    value: of the cells that are numbers, nan everywhere else, so that nobody takes `<50` for 50; bound: the
    number behind an inequality sign or a word for one, nan everywhere else; kind: NUMBER, MISSING, BELOW,
    ABOVE, BAD, ...
    """

    value: np.ndarray
    bound: np.ndarray
    kind: np.ndarray

    def rows(self, kind: int) -> np.ndarray:
        """Row numbers of a kind."""
        return np.flatnonzero(self.kind == kind)

    @property
    def either(self) -> np.ndarray:
        """The number of each cell, with or without a sign before it: for whoever looks at `kind` as well."""
        return np.where((self.kind == BELOW) | (self.kind == ABOVE), self.bound, self.value)

    def times(self, factor) -> "Numbers":
        """All numbers in another unit. factor: one, or one for each row."""
        return Numbers(self.value * factor, self.bound * factor, self.kind)


def nothing(n: int) -> Numbers:
    """n empty cells."""
    return Numbers(np.full(n, np.nan), np.full(n, np.nan), np.full(n, MISSING, dtype=np.int8))


def is_missing(text: str) -> bool:
    """Whether a cell says that nothing is known: the same words in every column (in values ND means not
    detected).

    Parameters
    ----------
    text : str
        Of the cell.

    Returns
    -------
    bool
    """
    return text.strip().lower() in MISSING_WORDS


def any_missing(texts: Iterable[str]) -> bool:
    """Whether one of the texts says that nothing is known; faster than one by one."""
    return not MISSING_WORDS.isdisjoint(map(str.lower, map(str.strip, texts)))


def missing(texts: np.ndarray) -> np.ndarray:
    """Which texts say that nothing is known, shape (n,)."""
    codes, unique = distinct(texts)
    return np.array([is_missing(text) for text in unique], dtype=bool)[codes]


def read_numbers(texts: np.ndarray, decimal: str = ".", measured: bool = False) -> Numbers:
    """Numbers of a column of texts, shape (n,).

    Parameters
    ----------
    texts : ndarray
        Of the cells.
    decimal : str, optional
        The sign between whole and fraction, `.` or `,`.
    measured : bool, optional
        The column holds measured values, where ND means not detected.

    Returns
    -------
    Numbers
    """
    if decimal == "." and _PLAIN.fullmatch("".join(texts)):
        try:
            value = np.fromiter(map(float, texts), float, len(texts))
            kind = np.where(np.isfinite(value), NUMBER, NOT_FINITE).astype(np.int8)
            return Numbers(value, np.full(len(texts), np.nan), kind)
        except ValueError:
            pass
    codes, unique = distinct(texts)
    if not len(unique):
        return nothing(0)
    # most cells of a long table are numbers: the others alone are read one by one
    plain = np.fromiter(map(bool, map(_NUMBER.fullmatch, unique)), bool, len(unique))
    value, bound = np.full(len(unique), np.nan), np.full(len(unique), np.nan)
    value[plain] = np.fromiter(map(float, unique[plain]), float, int(plain.sum()))
    kind = np.full(len(unique), NUMBER, dtype=np.int8)
    for k in np.flatnonzero(~np.isfinite(value)).tolist():
        value[k], bound[k], kind[k] = read_cell(unique[k], decimal, measured)
    return Numbers(value[codes], bound[codes], kind[codes])


def read_cell(text: str, decimal: str = ".", measured: bool = False) -> tuple[float, float, int]:
    """(value, bound, kind) of one cell, of a measured value or of anything else: see `Numbers`.

    Parameters
    ----------
    text : str
        Of the cell.
    decimal : str, optional
        The sign between whole and fraction, `.` or `,`.
    measured : bool, optional
        Whether the column holds measured values, where ND means not detected.

    Returns
    -------
    tuple[float, float, int]
    """
    if _NUMBER.fullmatch(text) and math.isfinite(value := float(text)):  # most cells of a long table
        return value, np.nan, NUMBER
    text = text.strip()
    if is_missing(text) and not (measured and text.upper() in BELOW_TOKENS):
        return np.nan, np.nan, MISSING
    plain = text.replace(",", ".") if decimal == "," and "." not in text and text.count(",") == 1 else text
    if _NUMBER.fullmatch(plain):
        value = float(plain)
        return (value, np.nan, NUMBER) if np.isfinite(value) else (np.nan, np.nan, NOT_FINITE)
    beyond = _beyond(text, plain)
    if beyond is not None:
        return np.nan, *beyond
    if _NOT_FINITE.fullmatch(text):
        return np.nan, np.nan, NOT_FINITE
    comma = _COMMA.fullmatch(text) or _THOUSANDS.fullmatch(text)
    return np.nan, np.nan, COMMA if comma else BAD


def _beyond(text: str, plain: str) -> tuple[float, int] | None:
    """(limit, nan where none is said; BELOW or ABOVE) of `<50`, `BLQ`, `BLQ (<50)`, `<LLOQ (50)`; None for
    other texts."""
    side = _side(text)
    if side == BELOW:
        return np.nan, BELOW
    if text[:1] in "<>\u2264\u2265" and _NUMBER.fullmatch(number := plain[1:].lstrip(" =")):
        return float(number), BELOW if text[0] in "<\u2264" else ABOVE
    parts = _WORD_AND_LIMIT.fullmatch(plain)
    if not parts or not _NUMBER.fullmatch(parts.group(3)):
        return None
    side, sign = _side(parts.group(1)), parts.group(2) or ""
    against = ("<", "\u2264") if side == ABOVE else (">", "\u2265")
    return (float(parts.group(3)), side) if side is not None and not sign.startswith(against) else None


def _side(word: str) -> int | None:
    """BELOW or ABOVE for a word that says so."""
    word = _SPACED.sub(r"\1", " ".join(word.upper().split()))
    return BELOW if word in BELOW_TOKENS else ABOVE if word in ABOVE_TOKENS else None


def with_points(texts: np.ndarray) -> np.ndarray:
    """The texts with a decimal point in every number that has a decimal comma."""
    words = {text: text.replace(",", ".") if _COMMA.fullmatch(text.strip()) else text for text in set(texts)}
    return np.array([words[text] for text in texts], dtype=object)


def decimal_sign(columns: list[np.ndarray]) -> str:
    """`,` where the numbers of these columns can only be read with a decimal comma, else `.`.

    `12,400` alone could be 12.4 or 12400 and decides nothing; a point in any number forbids the comma.

    Parameters
    ----------
    columns : sequence of ndarray
        Texts of each.

    Returns
    -------
    str
    """
    if not any("," in "".join(texts) for texts in columns):
        return "."
    decisive = False
    for texts in columns:
        for text in dict.fromkeys(texts.tolist()):
            if "," not in text:
                if "." in text and _NUMBER.fullmatch(text.strip()):
                    return "."
                continue
            plain = text.strip().lstrip("<>\u2264\u2265 =")
            decisive |= bool(_COMMA.fullmatch(plain)) and not _THOUSANDS.fullmatch(plain)
    return "," if decisive else "."
