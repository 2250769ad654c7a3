"""Numbers as people write them, on the screen alone: files and addresses keep every digit."""

import re

LARGE = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
SMALL = 1e-4
_POWER = re.compile(r"(?<![\w.+-])(-?\d+(?:\.\d+)?)e([+-]?\d+)(?![\w.])")
_TYPED = re.compile(r"(`[^`]*`|\"[^\"]*\")")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def plainly(value: float, digits: int = 3) -> str:
    """A number in words: `2.33 million`, `24,000`, `0.0312`, `3.1 × 10⁻⁷`."""
    size = abs(value)
    if not size < float("inf"):
        return str(value)
    for unit, word in LARGE:
        if unit <= size < 1e15:
            return f"{_digits(value / unit, digits)} {word}"
    if size and (size < SMALL or size >= 1e15):
        front, power = f"{value:.{digits - 1}e}".split("e")
        front = front.rstrip("0").rstrip(".") if "." in front else front
        return f"{front} × 10{str(int(power)).translate(_RAISED)}"
    return _digits(value, digits)


def _digits(value: float, digits: int) -> str:
    """Significant digits without an exponent, thousands apart."""
    rounded = float(f"{value:.{digits}g}")
    return f"{rounded:,.0f}" if rounded == int(rounded) else f"{rounded:,.{digits + 3}f}".rstrip("0")


def in_words(text: str) -> str:
    """A text whose numbers with an exponent are written as people write them: `2.329e+06` is `2.33
    million`."""
    return _POWER.sub(lambda found: plainly(float(found.group())), text)


def said_in_words(text: str) -> str:
    """The same of a sentence, but for what stands in backticks or quotes: that is to be typed as it is."""
    return "".join(part if k % 2 else in_words(part) for k, part in enumerate(_TYPED.split(text)))
