"""The one reader of TOML files: models, scenarios, trial designs.

A file may come from anywhere, so it is looked at before it is parsed: what kind of file it is, how large, how
deep. What is not TOML is named for what it is.
"""

import re
import stat
import tomllib
from pathlib import Path
from typing import Any

from livingdrug.core.errors import InputError, printable

MAX_BYTES = 1_000_000
MAX_DEPTH = 24  # tables and lists within each other, and parts of a dotted key
MAX_WHOLE = 2**63  # TOML promises no larger whole number
OTHER = {".json": "JSON", ".yaml": "YAML", ".yml": "YAML", ".xml": "XML", ".sbml": "SBML"}
NEW = "`livingdrug models new --flows mine.toml` writes a model to start from"
# strings and comments, which may hold any sign, or one sign that builds. A string that nobody closes goes on
# to the end, so that every character is looked at once
_SIGNS = re.compile(
    r'"""(?:\\.|[^\\])*?(?:"""(?:"{0,2})|\\?\Z)'
    r"|'''.*?(?:'''(?:'{0,2})|\Z)"
    r'|"(?:\\[^\n]|[^"\\\n])*(?:"|\\?(?=\n|\Z))'
    r"|'[^'\n]*(?:'|(?=\n|\Z))"
    r"|#[^\n]*|[\[\]{}.,=\n]",
    re.DOTALL,
)


def read_text(path: str | Path) -> str:
    """The text of a TOML file: an ordinary file of limited size, UTF-8 with or without a byte order mark.

    Raises InputError for what is none; a file that is of another kind by its name (JSON, YAML, XML, SBML) is
    never opened as TOML.
    """
    check_ending(path)
    return _text(path)


def check_ending(path: str | Path) -> None:
    """Refuse by its name, in words, a file of another kind; XML that is SBML is called so."""
    ending = Path(path).suffix.lower()
    kind = OTHER.get(ending)
    if kind == "XML" and _is_sbml(path):
        kind = "SBML"
    if kind is None and ending != ".toml" and _is_sbml(path):
        raise InputError(f"`{printable(str(path))}` is SBML; {_own('SBML')}")
    if kind:
        raise InputError(f"`{printable(str(path))}` is {kind} by its name; {_own(kind)}")


def _own(kind: str) -> str:
    """What is read instead of another kind of file, and what to do."""
    if kind == "SBML":
        return (
            "a TOML file belongs here; SBML is read where a model's name is, from a file that ends in "
            ".xml or .sbml"
        )
    return f"only TOML is read: write it as TOML, in a file that ends in .toml ({NEW})"


def _is_sbml(path: str | Path) -> bool:
    try:
        return "<sbml" in _text(path)[:4000]
    except InputError:
        return False


def _text(path: str | Path) -> str:
    path, name = Path(path), printable(str(path))
    try:
        status = path.stat()
        fault = _fault_of_status(status)
        content = b""
        if not fault:
            with path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)  # a file may have grown, or know no size
    except FileNotFoundError:
        raise InputError(f"`{name}` was not found") from None
    except (OSError, ValueError) as error:
        raise InputError(
            f"`{name}` cannot be read as text: {getattr(error, 'strerror', None) or error}"
        ) from None
    if fault:
        raise InputError(f"`{name}` {fault}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"`{name}` cannot be read as text in UTF-8 ({error.reason}); save it as UTF-8"
        ) from None


def _fault_of_status(status) -> str:
    """What forbids opening a file at all, "" if nothing: a pipe would wait for ever."""
    if stat.S_ISDIR(status.st_mode):
        return "cannot be read as text: it is a folder; name a file"
    if not stat.S_ISREG(status.st_mode):
        return "cannot be read as text: it is a device or a pipe; name an ordinary file"
    if status.st_size > MAX_BYTES:
        return f"is larger than {MAX_BYTES:,} bytes; such a file is text of a few thousand"
    return ""


def parse_toml(text: str, origin: str, advice: str = "") -> dict[str, Any]:
    """The data in a TOML text; origin: what to call it. Raises InputError in one printable sentence."""
    name, end = printable(origin), f"; {advice}" if advice else ""
    text = text.removeprefix("\ufeff")
    kind = _other_kind(text)
    if kind:
        raise InputError(f"`{name}` is {kind}; {_own(kind)}")
    if len(text) > MAX_BYTES:
        raise InputError(
            f"`{name}` is larger than {MAX_BYTES:,} bytes; such a file is text of a few thousand"
        )
    _check_depth(text, name)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"`{name}` is not a TOML document ({printable(str(error))}){end}") from None
    except (ValueError, RecursionError, OverflowError) as error:
        # Python refuses to read a whole number of more than some thousand digits
        what = "a whole number has too many digits" if "digits" in str(error) else printable(str(error))
        raise InputError(f"`{name}` is not a TOML document ({what}){end}") from None
    _check_whole(data, name)
    return data


def _other_kind(text: str) -> str:
    """What a text is when it is plainly no TOML, "" otherwise."""
    start = text.lstrip()[:100].lower()
    if start.startswith("<"):
        return "SBML" if "<sbml" in text[:4000].lower() else "XML or HTML"
    return "JSON" if start.startswith("{") else ""


def _check_depth(text: str, name: str) -> None:
    """Refuse what is nested deeper than any document needs; the parser's work grows with the square of it."""
    depth = dots = 0
    line = 1
    for found in _SIGNS.finditer(text):
        sign = found.group()
        depth += (sign in "[{") - (sign in "]}")
        # a header `[a.b]` and a key `a.b = 1` may both hold dots
        dots = dots + 1 if sign == "." else dots if sign[0] in "\"'" else 0
        if depth > MAX_DEPTH or dots > MAX_DEPTH:
            raise InputError(f"`{name}` line {line} is nested too deep: at most {MAX_DEPTH} levels are read")
        line += sign.count("\n")
        if sign == "\n" and depth < 0:
            depth = 0


def _check_whole(data: dict, name: str) -> None:
    waiting: list[tuple[tuple[str, ...], Any]] = [((), data)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [((*place, key), item) for key, item in value.items()]
        elif isinstance(value, list):
            waiting += [(place, item) for item in value]
        elif isinstance(value, int) and not -MAX_WHOLE <= value < MAX_WHOLE:
            where = printable(".".join(place))
            raise InputError(
                f"`{name}`: `{where}` is a whole number of too many digits; write it as a number such as 1e20"
            )
