"""Units of times in headings: `PFS (months)`, `PFS_months`, `OS [mo]`, and how many days each of them is."""

import re
from dataclasses import dataclass

from livingdrug.core.errors import InputError
from livingdrug.core.units import TIME, UNITS
from livingdrug.data.meanings import plain_word, split_heading

# no time to an event counts seconds, and `second` is an order as well
_FIXED = {word: unit for word, unit in UNITS.items() if unit.measure == TIME and word != "s"}
# what has no fixed length and is usual for times to an event: a month is the twelfth part of 365.25 days
_CALENDAR = {"months": 30.4375, "years": 365.25}
DAYS = {word: float(unit.size / UNITS["d"].size) for word, unit in _FIXED.items()} | _CALENDAR
_WORDS = {word: (word, *unit.also) for word, unit in _FIXED.items()} | {
    "months": ("mo", "mos", "month", "months", "mth", "mths", "mon"),
    "years": ("y", "yr", "yrs", "year", "years"),
}
_UNIT = {word: unit for unit, words in _WORDS.items() for word in words} | {"w": "week"}
# these may end a heading without a mark before them
_LONG = sorted((word for word in _UNIT if len(word) >= 4), key=len, reverse=True)
# times to an event whoever writes them (FDA: Clinical trial endpoints for the approval of cancer drugs, 2018)
TIMES = (
    "pfs",
    "os",
    "efs",
    "dfs",
    "rfs",
    "lfs",
    "dor",
    "ttp",
    "ttf",
    "ttnt",
    "progressionfreesurvival",
    "overallsurvival",
    "eventfreesurvival",
    "diseasefreesurvival",
    "relapsefreesurvival",
)
_STATED = {
    "months": "a month = 30.4375 d",
    "years": "a year = 365.25 d",
    "week": "a week = 7 d",
    "h": "24 h = 1 d",
    "min": "1440 min = 1 d",
}


@dataclass(frozen=True)
class TimeUnit:
    """A unit of time.

    Attributes
    ----------
    name : str
        One of DAYS; "" where nobody states one, another text where it is none that is known here.
    """

    name: str = ""

    @property
    def known(self) -> bool:
        """Whether its length is known."""
        return self.name in DAYS

    def from_other(self, value, other: "TimeUnit"):
        """What `value` of another unit is in this one; the same number where the units are alike or one is
        not stated.

                Raises InputError where both are stated and one is not known.
        """
        if not self.name or not other.name or self.name == other.name:
            return value
        unknown = [unit.name for unit in (self, other) if not unit.known]
        if unknown:
            raise InputError(
                f"`{unknown[0]}` is no unit of time that is known here; use one of {', '.join(DAYS)}"
            )
        return value * (DAYS[other.name] / DAYS[self.name])

    def factor_words(self, other: "TimeUnit") -> str:
        """The factor between two units in words, "" where there is none."""
        if not self.known or not other.known or self.name == other.name:
            return ""
        return ", ".join(_STATED[unit.name] for unit in (self, other) if unit.name in _STATED)


def read_time_unit(text: str) -> TimeUnit:
    """The unit that a text stands for, such as `mo`, `Months` or `d.`; unknown texts stay as they are."""
    return TimeUnit(_UNIT.get(text.strip().lower().rstrip("."), text.strip()))


def time_unit_of(heading: str, stated: str = "") -> TimeUnit:
    """The unit of a column of times: stated beside it, in brackets in its heading, or at the end of it.

    Parameters
    ----------
    heading : str
        Of the column.
    stated : str, optional
        What is said beside it.

    Returns
    -------
    TimeUnit
    """
    name, inside = split_heading(heading)
    if stated or inside:
        return read_time_unit(stated or inside)
    last = re.split(r"[\s_.\-]+", name.strip())[-1].lower()
    if last != name.strip().lower() and last in _UNIT:
        return TimeUnit(_UNIT[last])
    word = plain_word(heading)
    ends = [word.removeprefix(time) for time in TIMES if word.startswith(time)]
    ends += [end for end in _LONG if word.endswith(end)]
    return TimeUnit(next((_UNIT[end] for end in ends if end in _UNIT), ""))


def stem(heading: str) -> str:
    """A heading of times without its unit and without words for time: `PFS_months` is `pfs`, `time to
    progression` is `progression`, `time` is empty.

    Parameters
    ----------
    heading : str
        Of the column.

    Returns
    -------
    str
    """
    name = split_heading(heading)[0]
    parts = re.split(r"[\s_.\-]+", name.strip().lower())
    if len(parts) > 1 and parts[-1] in _UNIT:
        parts = parts[:-1]
    word = re.sub(r"[^a-z0-9]", "", "".join(parts))
    word = next((time for time in TIMES if word.startswith(time) and word.removeprefix(time) in _UNIT), word)
    word = next((word.removesuffix(end) for end in _LONG if word.endswith(end)), word)
    return re.sub(r"^timeto|time$|duration$|^duration", "", word)
