"""A dose divided over days, as text: one grammar wherever a divided dose is typed."""

import math

from livingdrug.core.errors import InputError

MOST_PARTS, LATEST = 20, 3650.0  # d
ROUNDING = 1e-6  # by which fractions of a dose may miss 1, as 0.333,0.333,0.334 do
EXAMPLES = "10/30/60@0,1,2 (parts, whatever they sum to) or 0.1@0,0.3@1,0.6@2 (FRACTION@DAY)"


def read_division(text: str, what: str = "schedule") -> tuple[tuple[float, float], ...]:
    """(day, fraction of the dose) of every infusion, by day.

    Parameters
    ----------
    text : str
        `10/30/60@0,1,2`: parts of the dose, whatever they sum to, and their days; `0.1@0,0.3@1,0.6@2`: a fraction at each
        day; `100@0` and `1@0`: one infusion.
    what : str
        What the text is called in errors.

    Returns
    -------
    tuple of (float, float)
        The fractions sum to 1, the first day is 0.

    Raises
    ------
    InputError
        For a text that cannot be read, parts that are not above 0, fractions that do not add up to 1, or days that do not
        count from 0 on, or stand there twice.
    """
    by_parts = "/" in text or text.count("@") == 1
    pairs = sorted(_parts_at_days(text) if by_parts else _each_at_its_day(text))
    if not pairs or any(math.isnan(value) for pair in pairs for value in pair):
        raise InputError(f"{what} `{text}` cannot be read; write {EXAMPLES}")
    days, parts = zip(*pairs, strict=True)
    if len(parts) > MOST_PARTS or not all(0 < part < 1e12 for part in parts):
        raise InputError(f"{what} `{text}`: parts must be above 0, and at most {MOST_PARTS} of them")
    if days[0] < 0 or not days[-1] < LATEST or len({*days}) < len(days):
        raise InputError(f"{what} `{text}`: each part of the dose takes a day of its own, from 0 to {LATEST:g}")
    if days[0] != 0:
        raise InputError(f"{what} `{text}`: the first infusion is on day {days[0]:g}; count days from it, so it is day 0")
    if not by_parts and abs(sum(parts) - 1) > ROUNDING:
        raise InputError(f"{what} `{text}`: the fractions of the dose must be above 0 and add up to 1")
    whole = sum(parts) if by_parts else 1.0
    return tuple((day, part / whole) for day, part in pairs)


def _parts_at_days(text: str) -> list[tuple[float, float]]:
    head, _, tail = text.partition("@")
    parts, days = [_number(part) for part in head.split("/")], [_number(day) for day in tail.split(",")]
    return list(zip(days, parts, strict=True)) if len(parts) == len(days) else []


def _each_at_its_day(text: str) -> list[tuple[float, float]]:
    pairs = [part.partition("@") for part in text.split(",")]
    return [(_number(day), _number(fraction)) for fraction, _, day in pairs]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
