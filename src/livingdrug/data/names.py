"""Names of subjects that look alike: the same letters in another form, or other letters of the same shape."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from livingdrug.core.errors import InputError
from livingdrug.data.findings import printable

_BLANKS = re.compile(r"[^\S\n]+")
_LEADING_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
# letters of other scripts that print like Latin ones, after Unicode's table of confusables (UTS 39), lower
# case
_LATIN = str.maketrans(
    "\u0430\u0431\u0432\u0435\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0443\u0445\u0456\u0458\u0455"
    "\u03b1\u03b2\u03b5\u03b7\u03b9\u03ba\u03bc\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u03b6\u0131\u0142",
    "a6bekmhopctyxijsabehikmvoptuxzil",
)
_DASHES = re.compile("[\u00ad\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff]")


def folded(name: str) -> str:
    """What a name looks like: without case, blanks, leading zeros, the form of its characters and letters of
    one shape."""
    if name.isascii():
        return _LEADING_ZEROS.sub("", "".join(name.lower().split()))
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKD", name))
    plain = _DASHES.sub("-", plain.casefold()).translate(_LATIN)
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return _LEADING_ZEROS.sub("", "".join(plain.split()))


def all_folded(names: Sequence[str]) -> list[str]:
    """`folded` of each name; of many plain ones at once."""
    text = "\n".join(names)
    if not text.isascii() or text.count("\n") != len(names) - 1:
        return [folded(name) for name in names]
    return _LEADING_ZEROS.sub("", _BLANKS.sub("", text.lower())).split("\n")


def how_alike(one: str, other: str) -> str:
    """What two names that look alike differ by."""
    if one.isascii() and other.isascii():
        return "case, blanks or leading zeros"
    same = unicodedata.normalize("NFKC", one) == unicodedata.normalize("NFKC", other)
    return "the Unicode form of their letters" if same else "letters or signs that look alike"


def look_alikes(names: Iterable[str], others: Iterable[str], where: str, what: str) -> list[str]:
    """A caution for each of the first names that only a look tells from one of another table.

    names: those that the other table does not know; others: those of the other table; where: what it is
    called; what: what becomes of a name, such as `is left out`.
    """
    there = {folded(other): other for other in others}
    pairs = [(name, there[folded(name)]) for name in names if folded(name) in there]
    return [
        f"caution: `{printable(name, 30)}` {what} and `{printable(other, 30)}` of `{where}` differs from it "
        f"only by {how_alike(name, other)}; write them alike if they are one subject"
        for name, other in pairs[:5]
    ]


def no_shared_subject(one: str, subjects: Iterable[str], other: str, others: Iterable[str]) -> InputError:
    """The error for two tables (their names and subjects) that name no subject alike; names that look alike
    are shown."""
    hints = [hint.removeprefix("caution: ") for hint in look_alikes(subjects, others, other, f"of `{one}`")]
    more = f": {hints[0]}" if hints else "; write the subjects alike in both"
    return InputError(f"`{one}` and `{other}` have no subject in common{more}")
