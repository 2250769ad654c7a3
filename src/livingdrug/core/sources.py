"""Where a number, an equation or a fact comes from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """A citable origin.

    A number that nobody published carries a source whose key is `synthetic` or `livingdrug`.

    Attributes
    ----------
    key : str
        Short name, such as `stein_2019`.
    citation : str
        How to cite it.
    doi : str
        Without the address.
    note : str
        What exactly was read, and how sure.
    """

    key: str
    citation: str = ""
    doi: str = ""
    note: str = ""

    def line(self) -> str:
        """One line for a terminal or a table."""
        doi = f"doi:{self.doi}" if self.doi else ""
        return "; ".join(part for part in (self.citation or self.key, doi, self.note) if part)
