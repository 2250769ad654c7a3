"""What a terminal and a notebook show of a record: one short line, or a small table, instead of every number
in it."""

from dataclasses import fields, is_dataclass
from html import escape
from typing import Any

MANY = 60  # characters of a text
ROWS = 12  # of a table


def printable(text: str, width: int = 120) -> str:
    """A text that cannot move a terminal's cursor: control characters become `?`, long texts end in `...`."""
    clean = "".join(c if c.isprintable() else "?" for c in text)
    return clean if len(clean) <= width else clean[: width - 3] + "..."


class Shown:
    """A record with a short `repr` and an HTML table; derive a dataclass with `repr=False` from it.

    A class says more of itself by `_facts` (name -> words, in order; the fields by default) and by `_frame`
    (a pandas table under them, none by default).
    """

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} "
            f"{', '.join(_fact(name, words) for name, words in self._facts().items())}>"
        )

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><td style="text-align:left">{escape(name)}</td><td style="text-align:left">{escape(words)}</td></tr>'
            for name, words in self._facts().items()
        )
        frame = self._frame()
        style = {"index": False, "border": 0, "na_rep": "", "float_format": "{:.4g}".format}
        table = "" if frame is None else frame.head(ROWS).to_html(**style)
        more = f"<p>{len(frame) - ROWS:,} more rows</p>" if frame is not None and len(frame) > ROWS else ""
        head = f"<p><strong>{type(self).__name__}</strong></p>"
        return f'{head}<table border="0" class="dataframe"><tbody>{rows}</tbody></table>{table}{more}'

    def _facts(self) -> dict[str, str]:
        found = (
            ((field.name, getattr(self, field.name)) for field in fields(self)) if is_dataclass(self) else ()
        )
        return {name: shortly(value) for name, value in found if shortly(value)}

    def _frame(self) -> Any:
        return None


class Records(Shown, tuple):
    """Records of one kind, as a tuple whose `repr` is one line and which a notebook shows as a table."""

    def _facts(self) -> dict[str, str]:
        kind = type(self[0]).__name__ if self else "nothing"
        return {"name": kind, "number": f"{len(self):,}"}

    def _frame(self) -> Any:
        import pandas as pd

        return pd.DataFrame([{f.name: getattr(one, f.name) for f in fields(one)} for one in self])


def shortly(value: object) -> str:
    """A value in a few words: numbers to four digits, arrays by shape, long collections by length, "" for
    nothing."""
    if value is None or (isinstance(value, str | tuple | list | dict) and not len(value)):
        return ""
    if isinstance(value, str):
        return value if len(value) <= MANY else value[: MANY - 3] + "..."
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}"
    shape, item = getattr(value, "shape", None), getattr(value, "item", None)
    if shape is not None and item is not None:
        return f"array {tuple(shape)}" if shape else shortly(item())
    if isinstance(value, tuple | list | dict | set | frozenset):
        inner = ", ".join(shortly(item) for item in value)
        if len(inner) <= MANY and not isinstance(value, dict):
            return inner
        return f"{len(value):,} item{'s' * (len(value) != 1)}"
    name = getattr(value, "name", "")
    return f"{type(value).__name__}{f' {name}' if isinstance(name, str) and name else ''}"


def _fact(name: str, words: str) -> str:
    return words if name == "name" else f"{name}: {words}"
