"""Where the compiled functions of a model find and put their numbers."""

from dataclasses import asdict, dataclass

LANES = 8  # subjects side by side


@dataclass(frozen=True)
class Layout:
    """Rows of the lane array, in this order: time, states y, their derivatives f, kinks (see `symbolic.kinks`, a row for
    every state of each), outputs g, their time derivatives dg, stored entries j of the Jacobian, time derivatives ft of
    the right-hand side, 1 / (gamma h) of the implicit method, its factors lu with inverse pivots, further groups, numbers
    p of the subject.

    The numbers are switches, then (with pools) `start` and the pools' values there, then constants. observed: names of
    outputs in order; jacobian: (row, column) of each stored entry, every diagonal among them; factors: how
    many entries the factors have; further: (group, indices
    of each entry) of functions beyond the usual ones.
    """

    states: int
    observed: tuple[str, ...]
    jacobian: tuple[tuple[int, int], ...]
    switches: int
    pools: int
    constants: int
    factors: int
    further: tuple[tuple[str, tuple[tuple[int, ...], ...]], ...] = ()
    kinks: int = 0

    @property
    def rows(self) -> dict[str, int]:
        """First row of each group, and `end`, the number of rows."""
        n, k = self.states, len(self.observed)
        sizes = {"t": 1, "y": n, "f": n, "kink": n * self.kinks, "g": k, "dg": k, "j": len(self.jacobian), "ft": n}
        sizes |= {"shift": 1, "lu": self.factors, "pivot": n}
        sizes |= {group: len(entries) for group, entries in self.further} | {"p": self.numbers}
        first = [0]
        for size in sizes.values():
            first.append(first[-1] + size)
        return dict(zip((*sizes, "end"), first, strict=True))

    def plain(self) -> dict:
        """As JSON can hold it."""
        return asdict(self)

    @staticmethod
    def of(plain: dict) -> "Layout":
        """The layout that `plain` describes."""
        further = tuple((group, tuple(tuple(entry) for entry in entries)) for group, entries in plain["further"])
        jacobian = tuple(tuple(pair) for pair in plain["jacobian"])
        return Layout(**plain | {"observed": tuple(plain["observed"]), "jacobian": jacobian, "further": further})

    @property
    def slots(self) -> int:
        """Numbers before the constants."""
        return self.switches + (1 + self.pools if self.pools else 0)

    @property
    def numbers(self) -> int:
        """Numbers of a subject."""
        return self.slots + self.constants
