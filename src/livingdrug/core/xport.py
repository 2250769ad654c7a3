"""Tables out as SAS transport files (XPT, version 5), which agencies take: numbers as IBM doubles, ASCII
texts."""

import struct
from collections.abc import Mapping
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.core.files import whole_file

RECORD, NAMESTR = 80, 140  # bytes of a record, and of the description of a variable
MOST_TEXT, MOST_NAME, MOST_LABEL = 200, 8, 40
DATE = b"01JAN00:00:00:00"  # so that the same table gives the same bytes
MISSING = b"." + bytes(7)
_HEAD = b"HEADER RECORD*******%-8sHEADER RECORD!!!!!!!"


def write_xport(frame, path: str | Path, name: str, labels: Mapping[str, str]) -> None:
    """Write a table as a transport file of one member, whole or not at all; the same table gives the same
    bytes.

    Parameters
    ----------
    frame : DataFrame
        Columns of numbers (nan is a missing value) or texts; names of at most 8 letters and digits.
    path : str or Path
    name : str
        Of the member, such as PP.
    labels : mapping of str to str
        Column -> label of at most 40 signs.

    Raises
    ------
    InputError
        For a name, label or text that such a file cannot hold, and a file that cannot be written.
    """
    columns = [(column, *_column(frame[column])) for column in frame.columns]
    described = b"".join(
        _namestr(k, *column[:3], labels.get(column[0], ""), sum(c[2] for c in columns[:k]))
        for k, column in enumerate(columns)
    )
    rows = b"".join(b"".join(row) for row in zip(*(cells for *_, cells in columns), strict=True))
    with whole_file(path, "wb") as file:
        file.write(_library() + _member(name, len(columns)) + _padded(described))
        file.write(_head(b"OBS", b"0" * 30) + _padded(rows))


def _column(values) -> tuple[bool, int, list[bytes]]:
    """(whether it holds numbers, bytes of a cell, its cells)."""
    if values.dtype.kind in "fiub":
        return True, 8, [_ibm(float(v)) for v in values]
    texts = ["" if v is None or v != v else str(v) for v in values]
    for text in texts:
        if not text.isascii() or len(text) > MOST_TEXT:
            raise InputError(
                f"`{text[:40]}` in {values.name} cannot stand in a transport file, which takes ASCII texts "
                f"of up to {MOST_TEXT} signs; write a CSV file instead"
            )
    width = max([1, *map(len, texts)])
    return False, width, [text.encode("ascii").ljust(width) for text in texts]


def _ibm(value: float) -> bytes:
    """A number as an IBM double: a sign, a power of 16 and 56 bits. One that is too small is 0."""
    if value != value or value in (float("inf"), float("-inf")):
        return MISSING
    if value == 0:
        return bytes(8)
    mantissa, power = _parts(abs(value))
    if power > 63:
        raise InputError(f"{value:g} is too large for a transport file")
    if power < -64:
        return bytes(8)
    return struct.pack(">Q", (0x80 if value < 0 else 0) << 56 | (power + 64) << 56 | mantissa)


def _parts(value: float) -> tuple[int, int]:
    """(56 bits, power) of value = bits / 2**56 * 16**power, the first four bits not all 0. Exact: a double
    has 53 bits."""
    import math

    fraction, exponent = math.frexp(value)  # 0.5 <= fraction < 1
    power = -(-exponent // 4)
    return int(math.ldexp(fraction, 56 - (4 * power - exponent))), power


def _library() -> bytes:
    real = b"SAS     SAS     SASLIB  9.4             ".ljust(64) + DATE
    return _head(b"LIBRARY", b"0" * 30) + real + DATE.ljust(RECORD)


def _member(name: str, variables: int) -> bytes:
    _check_name(name, "the name of the table")
    real = (b"SAS     " + name.encode().ljust(8) + b"SASDATA 9.4             ").ljust(64) + DATE
    return (
        _head(b"MEMBER", b"000000000000000001600000000140")
        + _head(b"DSCRPTR", b"0" * 30)
        + real
        + DATE.ljust(RECORD)
        + _head(b"NAMESTR", b"000000%04d00000000000000000000" % variables)
    )


def _namestr(k: int, column: str, numeric: bool, width: int, label: str, place: int) -> bytes:
    _check_name(column, "a heading")
    if not label.isascii() or len(label) > MOST_LABEL:
        raise InputError(
            f"the label `{label}` cannot stand in a transport file: ASCII, up to {MOST_LABEL} signs"
        )
    head = struct.pack(">hhhh", 1 if numeric else 2, 0, width, k + 1)
    texts = column.encode().ljust(MOST_NAME) + label.encode().ljust(MOST_LABEL) + b" " * 8
    return (
        head + texts + struct.pack(">hhh2x", 0, 0, 0) + b" " * 8 + struct.pack(">hhl", 0, 0, place)
    ).ljust(NAMESTR, b"\0")


def _check_name(name: str, what: str) -> None:
    if not (name.isascii() and name.isidentifier() and len(name) <= MOST_NAME):
        raise InputError(f"{what} is `{name}`; a transport file takes up to {MOST_NAME} letters and digits")


def _head(kind: bytes, rest: bytes) -> bytes:
    return (_HEAD % kind + rest).ljust(RECORD)


def _padded(content: bytes) -> bytes:
    return content.ljust(-(-len(content) // RECORD) * RECORD)
