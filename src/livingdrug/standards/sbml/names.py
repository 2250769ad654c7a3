"""Names of an SBML file as names of a model: kept wherever they can be."""

import keyword
import re

from livingdrug.core.errors import InputError
from livingdrug.core.expressions import RESERVED
from livingdrug.core.names import numbered

_GOOD = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


class Names:
    """Names that are taken, and what the file's names are called. notes: which names had to change."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.of: dict[str, str] = {}
        self.taken: set[str] = set()
        self.notes: list[str] = []

    def keep(self, given: str) -> str:
        """The name of something in the file. Raises InputError for a word of the expression language."""
        if given in RESERVED:
            raise InputError(
                f"`{self.origin}`: the id `{given}` is a word of livingdrug's expressions "
                f"({', '.join(RESERVED)}); rename it"
            )
        good = _GOOD.match(given) and not keyword.iskeyword(given)
        name = self.fresh(given if good else f"{given.strip('_') or 'x'}_")
        if name != given:
            self.notes.append(f"`{given}` is called `{name}`")
        self.of[given] = name
        return name

    def _is_free(self, name: str) -> bool:
        return not (name in self.taken or keyword.iskeyword(name) or name in RESERVED)

    def fresh(self, wanted: str) -> str:
        """A name that nothing has yet."""
        wanted = wanted if _GOOD.match(wanted) else f"x{wanted}"
        name = numbered(wanted, self._is_free)
        self.taken.add(name)
        return name
