"""Ratios of an attribute between products, with the error of its measurement, to be carried over to a rate of
a mechanistic model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from livingdrug.attributes.composition import PART
from livingdrug.attributes.dictionary import meaning_of
from livingdrug.attributes.product_table import ProductTable
from livingdrug.attributes.scales import LIMIT, whole_of
from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.random import normals
from livingdrug.data import printable, split_heading
from livingdrug.simulation import read_with_sd

MEAN = "the geometric mean of the products"
DOUBLING_TIME, DAYS, DOUBLINGS = "doubling time", "days in culture", "doublings"


@dataclass(frozen=True)
class Ratio:
    """An attribute of a product over that of the reference product.

    Attributes
    ----------
    attribute : str
        Its name.
    ratio : float
        Of the values.
    log_sd : float
        SD of its logarithm.
    """

    attribute: str
    ratio: float
    log_sd: float


def read_ratio(text: str) -> Ratio:
    """`memory=1.2+-0.1`: attribute, ratio to the reference product, its SD.

    Parameters
    ----------
    text : str
        Such as `memory=1.2+-0.1`.

    Returns
    -------
    Ratio

    Raises
    ------
    InputError
        For other texts.
    """
    name, _, right = text.rpartition("=")
    try:
        ratio, sd = read_with_sd(right)
        if not name.strip() or not ratio > 0:
            raise ValueError
    except ValueError:
        raise InputError(
            f"`{text}` cannot be read; write ATTRIBUTE=RATIO+-SD with a ratio above 0, such as "
            "memory=1.2+-0.1 for a fifth more than in the reference product"
        ) from None
    return Ratio(name.strip(), ratio, (sd or 0.0) / ratio)


def ratios_of(
    table: ProductTable, attributes: Sequence[str], lots: Sequence[str], control: str | None, cv: float
) -> dict[str, tuple[Ratio, ...]]:
    """Lot -> ratio of each attribute to that of a control lot, or to the geometric mean of all products.

    A fraction of 0 stands at 0.65 of the detection limit.

    Parameters
    ----------
    table : ProductTable
        Products with their attributes, see `read_products`.
    attributes : sequence of str
        Headings of the attributes whose ratios are wanted.
    lots : sequence of str
        Names of products.
    control : str or None
        The lot that others are compared with; all products where it is None.
    cv : float
        Coefficient of variation of one measured value, as a fraction.

    Returns
    -------
    dict[str, tuple of Ratio]

    Raises
    ------
    InputError
        For lots and attributes that are not there, or have no ratio.
    """
    places = {str(name): i for i, name in enumerate(table.patients)}
    for lot in (*lots, *((control,) if control else ())):
        if lot not in places:
            raise InputError(f"`{table.name}`: " + unknown("product", lot, places))
    logs = {name: _logs(table, name) for name in attributes}
    sd = np.sqrt(np.log1p(cv**2))
    found = {}
    for lot in lots:
        own = []
        for name, values in logs.items():
            other = values[places[control]] if control else np.nanmean(values)
            if not np.isfinite(values[places[lot]] - other):
                raise InputError(f"`{table.name}`: `{printable(name)}` of {lot} or of the control is missing")
            error = sd * np.sqrt(2 if control else 1 + 1 / np.isfinite(values).sum())
            own.append(Ratio(name, float(np.exp(values[places[lot]] - other)), float(error)))
        found[lot] = tuple(own)
    return found


def drawn(ratios: Sequence[Ratio], count: int, seed: int, who: str) -> np.ndarray:
    """Draws of the logarithms of ratios (count, ratios).

    Parameters
    ----------
    ratios : sequence of Ratio
        Of attributes.
    count : int
        How many.
    seed : int
        Of the random streams.
    who : str
        Whose, so that products are drawn apart.

    Returns
    -------
    ndarray
    """
    noise = [normals(seed, f"attributes carry {who} {r.attribute}", 0, count) for r in ratios]
    return np.column_stack([np.log(r.ratio) + r.log_sd * z for r, z in zip(ratios, noise, strict=True)])


def _logs(table: ProductTable, name: str) -> np.ndarray:
    """Logarithms (n,) of an attribute as measured."""
    values = _values(table, name)
    if not (values[np.isfinite(values)] > 0).all():
        raise InputError(
            f"`{table.name}`: `{printable(name)}` holds values of 0 or below, which have no ratio to carry "
            "over"
        )
    return np.log(values)


def _values(table: ProductTable, name: str) -> np.ndarray:
    by_name = _headings(table)
    if name in by_name:
        column = next(c for c in table.columns if c.heading == by_name[name])
        values = table.values[column.heading]
        if column.scale != "fraction":
            return values
        return np.where(values == 0, PART * LIMIT * whole_of(table, column), values)
    if name == DOUBLING_TIME and {DAYS, DOUBLINGS} <= set(by_name):
        return table.values[by_name[DAYS]] / table.values[by_name[DOUBLINGS]]
    if name == DOUBLING_TIME:
        raise InputError(
            f"`{table.name}` has no doubling time; give such a column, or {DAYS} and {DOUBLINGS}, of which "
            "it is made"
        )
    raise InputError(f"`{table.name}`: " + unknown("attribute", name, by_name))


def _headings(table: ProductTable) -> Mapping[str, str]:
    """Names by which an attribute may be called: heading, heading without its unit, meaning."""
    found: dict[str, str] = {}
    for c in table.having("attribute"):
        meaning = meaning_of(split_heading(c.heading)[0])
        for name in (c.heading, split_heading(c.heading)[0], *((meaning.name,) if meaning else ())):
            found.setdefault(name, c.heading)
    return found
