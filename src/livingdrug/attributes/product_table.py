"""A table of products with their attributes, as it was read."""

from dataclasses import dataclass

import numpy as np

from livingdrug.attributes.dictionary import Role, Scale
from livingdrug.data import (
    Finding,
)


@dataclass(frozen=True)
class Column:
    """A column of a table of products.

    Attributes
    ----------
    heading : str
        Of the file; role.
    role : Role
        What it is.
    scale : Scale
        How an attribute is analysed.
    name : str
        What it is here.
    why : str
        How that was known.
    gate : str
        The composition it belongs to, "" for none.
    unit : str
        Of the file.
    """

    heading: str
    role: Role
    scale: Scale
    name: str
    why: str
    gate: str = ""
    unit: str = ""


@dataclass(frozen=True)
class ProductTable:
    """A table of products with their attributes.

    Attributes
    ----------
    name : str
        Of the file.
    columns : tuple of Column
        Of the file.
    texts : dict[str, ndarray]
        Heading -> cells (n,).
    values : dict[str, ndarray]
        Heading -> numbers (n,) as written, nan where missing.
    lines : ndarray, shape (n,)
        In the file; findings, notes.
    findings : tuple of Finding
        What is wrong.
    notes : tuple of str
        What was done to the numbers.
    """

    name: str
    columns: tuple[Column, ...]
    texts: dict[str, np.ndarray]
    values: dict[str, np.ndarray]
    lines: np.ndarray
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.lines)

    @property
    def ok(self) -> bool:
        """Whether the table may be used."""
        return not any(f.severity == "error" for f in self.findings)

    def having(self, *roles: Role) -> tuple[Column, ...]:
        """The columns of these roles."""
        return tuple(c for c in self.columns if c.role in roles)

    def labels(self, role: Role) -> np.ndarray | None:
        """Texts of the column of a role (n,), None where the file has none."""
        found = self.having(role)
        return self.texts[found[0].heading] if found else None

    @property
    def patients(self) -> np.ndarray:
        """Name of the patient of each row: its column, else the product, else the line."""
        for role in ("patient", "product"):
            names = self.labels(role)
            if names is not None:
                return names
        return np.array([f"line {line}" for line in self.lines], dtype=object)
