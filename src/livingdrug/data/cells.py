"""One cell of a table: a number, nothing, or a value beyond a limit. What cannot be read is said, never guessed."""

import re
from dataclasses import dataclass

import numpy as np

NUMBER, MISSING, BELOW, ABOVE, BAD, NOT_FINITE, COMMA = range(7)
MISSING_WORDS = frozenset(("", ".", "na", "n/a", "n.a.", "nan", "null", "nd", "not done", "unknown", "unk", "missing"))
BELOW_TOKENS = (
    "BLQ", "BQL", "BLOQ", "BLLOQ", "BLOD", "LLOQ", "<LLOQ", "<LOQ", "<LOD", "<LLOD", "ND", "NOT DETECTED", "UNDETECTABLE",
    "BELOW LIMIT", "BELOW LLOQ",
)  # fmt: skip
_PLAIN = re.compile(r"[0-9eE+\-.]*")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+", re.ASCII)
_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?", re.ASCII)
_SPACED = re.compile(r"(<) +")
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)


@dataclass(frozen=True)
class Numbers:
    """value: float, nan where there is none; kind: NUMBER, MISSING, BELOW (value = stated limit or nan), ABOVE, BAD, ..."""

    value: np.ndarray
    kind: np.ndarray

    def rows(self, kind: int) -> np.ndarray:
        """Row numbers of a kind."""
        return np.flatnonzero(self.kind == kind)


def is_missing(text: str) -> bool:
    """Whether a cell says that nothing is known: the same words in every column (in values ND means not detected)."""
    return text.strip().lower() in MISSING_WORDS


def missing(texts: np.ndarray) -> np.ndarray:
    """Which texts say that nothing is known, shape (n,)."""
    import pandas as pd

    codes, unique = pd.factorize(texts)
    return np.array([is_missing(text) for text in unique], dtype=bool)[codes]


def read_numbers(texts: np.ndarray, decimal: str = ".", measured: bool = False) -> Numbers:
    """Numbers of a column of texts, shape (n,). decimal: the sign between whole and fraction, `.` or `,`; measured: the
    column holds measured values, where ND means not detected."""
    import pandas as pd

    if decimal == "." and _PLAIN.fullmatch("".join(texts)):
        try:
            value = np.fromiter(map(float, texts), float, len(texts))
            return Numbers(value, np.where(np.isfinite(value), NUMBER, NOT_FINITE).astype(np.int8))
        except ValueError:
            pass
    codes, unique = pd.factorize(texts)
    read = [read_cell(text, decimal, measured) for text in unique]
    value = np.array([v for v, _ in read], dtype=float)
    kind = np.array([k for _, k in read], dtype=np.int8)
    return Numbers(value[codes], kind[codes]) if len(unique) else Numbers(np.empty(0), np.empty(0, dtype=np.int8))


def read_cell(text: str, decimal: str = ".", measured: bool = False) -> tuple[float, int]:
    """(value, kind) of one cell, of a measured value or of anything else."""
    text = text.strip()
    if is_missing(text) and not (measured and text.upper() in BELOW_TOKENS):
        return np.nan, MISSING
    plain = text.replace(",", ".") if decimal == "," and "." not in text and text.count(",") == 1 else text
    if _NUMBER.fullmatch(plain):
        value = float(plain)
        return (value, NUMBER) if np.isfinite(value) else (np.nan, NOT_FINITE)
    if _SPACED.sub(r"\1", text.upper()) in BELOW_TOKENS:
        return np.nan, BELOW
    if text[:1] in "<>\u2264\u2265" and _NUMBER.fullmatch(beyond := plain[1:].lstrip(" =")):
        return float(beyond), BELOW if text[0] in "<\u2264" else ABOVE
    if _NOT_FINITE.fullmatch(text):
        return np.nan, NOT_FINITE
    if _COMMA.fullmatch(text) or _THOUSANDS.fullmatch(text):
        return np.nan, COMMA
    return np.nan, BAD


def with_points(texts: np.ndarray) -> np.ndarray:
    """The texts with a decimal point in every number that has a decimal comma."""
    words = {text: text.replace(",", ".") if _COMMA.fullmatch(text.strip()) else text for text in set(texts)}
    return np.array([words[text] for text in texts], dtype=object)


def decimal_sign(columns: list[np.ndarray]) -> str:
    """`,` where the numbers of these columns can only be read with a decimal comma, else `.`.

    `12,400` alone could be 12.4 or 12400 and decides nothing; a point in any number forbids the comma.
    """
    import pandas as pd

    if not any("," in "".join(texts) for texts in columns):
        return "."
    decisive = False
    for texts in columns:
        for text in pd.unique(texts):
            if "," not in text:
                if "." in text and _NUMBER.fullmatch(text.strip()):
                    return "."
                continue
            plain = text.strip().lstrip("<>\u2264\u2265 =")
            decisive |= bool(_COMMA.fullmatch(plain)) and not _THOUSANDS.fullmatch(plain)
    return "," if decisive else "."
