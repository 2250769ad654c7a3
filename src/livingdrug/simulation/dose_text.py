"""The text form of a dose, for the command line and scenario documents.

AMOUNT[@TIME] [into=STATE] [over=DURATION | rate=RATE] [every=INTERVAL] [repeats=N] [lag=DELAY]
[fraction=PART] [steady=replace | steady=add] reset@TIME
"""

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.simulation.regimen import NAMED, Dose, Reset

# word of the text -> field of Dose
WORDS = {
    "into": "into", "over": "duration", "rate": "rate", "every": "every", "repeats": "repeats", "lag": "lag",
    "fraction": "fraction", "steady": "steady_state",
}  # fmt: skip
EXAMPLES = "1e8, 5e7@7 or `100@0 over=2 every=12 repeats=5`"


def read_dose(text: str) -> Dose | Reset:
    """A dose or reset from text, times in the model's unit.

    Parameters
    ----------
    text : str
        `1e8`: at time 0; `5e7@7`: at time 7; `5000@24 into=tumour`: cells added to a state; `100 over=2
        every=12 repeats=5`: six infusions of 2, 12 apart; `100 rate=10 lag=0.5 fraction=0.8`: delayed, 80
        % of it, as fast as 10 per time; `100 every=12 repeats=5 steady=replace`: from the steady state
        on; `0 rate=10 steady=replace`: that of a constant infusion; `reset@24`: everything back to its
        start. over, rate, lag and fraction may name a quantity of the model.

    Returns
    -------
    Dose or Reset

    Raises
    ------
    InputError
        Naming the text and the part that cannot be used.
    """
    head, *parts = text.split() or [""]
    amount, at, time = head.partition("@")
    if amount == "reset":
        if parts or not at:
            raise InputError(f"dose `{text}` cannot be read; write a reset as reset@TIME, such as reset@24")
        return _made(text, Reset, time=_number(text, head, time))
    start = _number(text, head, time) if at else 0.0
    given: dict[str, float | int | str] = {"amount": _number(text, head, amount), "time": start}
    for part in parts:
        word, _, value = part.partition("=")
        if word not in WORDS:
            raise InputError(f"dose `{text}`: " + unknown("word", word, WORDS))
        if WORDS[word] in given:
            raise InputError(f"dose `{text}`: `{part}` says `{word}` a second time; give it once")
        given[WORDS[word]] = _value(text, part, WORDS[word], value)
    return _made(text, Dose, **given)


def write_dose(record: Dose | Reset) -> str:
    """The text that `read_dose` reads back as this record.

    Parameters
    ----------
    record : Dose or Reset
        A dose or a reset.

    Returns
    -------
    str
    """
    if isinstance(record, Reset):
        return f"reset@{_plain(record.time)}"
    words = [
        f"{word}={_plain(getattr(record, field))}"
        for word, field in WORDS.items()
        if getattr(record, field) and (field != "fraction" or record.fraction != 1)
    ]
    at = f"@{_plain(record.time)}" if record.time else ""
    return " ".join([f"{_plain(record.amount)}{at}", *words])


def _plain(value: float | int | str) -> str:
    """A number as short as it can be without loss; a word as it is."""
    if isinstance(value, str):
        return value
    short = f"{value:.12g}"
    return short if float(short) == value else repr(float(value))


def _value(text: str, part: str, field: str, value: str) -> float | int | str:
    if field in ("into", "steady_state"):
        if not value:
            raise InputError(f"dose `{text}`: `{part}` has no value; write {part.partition('=')[0]}=NAME")
        return value
    if field == "repeats":
        if not value.isdecimal():
            raise InputError(f"dose `{text}`: `{part}` needs a whole number, such as repeats=5")
        return int(value)
    if field in NAMED and value.isidentifier():
        return value
    return _number(text, part, value)


def _number(text: str, part: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        where = f"; its part `{part}` needs a number" if part != text else ""
        raise InputError(
            f"dose `{text}` cannot be read{where}; write an amount, or amount@time: {EXAMPLES}"
        ) from None


def _made(text: str, kind: type, **fields) -> Dose | Reset:
    try:
        return kind(**fields)
    except InputError as error:
        raise InputError(f"dose `{text}`: {error}") from None
