"""From one unit of a level to another: named, cited, uncertain, off by default, and stamped on whatever they
touched.

Copies per microgram of DNA and cells per microlitre measure different things; the number between them depends
on white cells, on vector copies per cell and on the assay, and published numbers disagree 100-fold.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.sources import Source
from livingdrug.data.findings import printable
from livingdrug.data.table import Data

DNA_PER_CELL = 6.6e-6  # ug of DNA in a diploid cell


@dataclass(frozen=True)
class Bridge:
    """A named conversion of units.

    Attributes
    ----------
    name : str
        By which it is asked for.
    unit, into : str
        From one unit to the other.
    rule : str
        The factor as text: cells/uL for 1 unit of `unit`.
    needs : dict[str, str]
        What it is given, each with its meaning.
    source : Source
        Where it is from.
    uncertain : str
        What is known of its error.
    """

    name: str
    unit: str
    into: str
    rule: str
    needs: dict[str, str]
    source: Source
    uncertain: str


CONFLICT = (
    "published numbers for one copies/ug run from 0.0005 (singh_2021) to 0.05 cells/uL "
    "(kirouac_2024), 100-fold"
)
BRIDGES = {
    bridge.name: bridge
    for bridge in (
        Bridge(
            "kirouac_2024", "copies/ug", "cells/uL", "1 copies/ug = 0.05 cells/uL", {},
            Source("kirouac_2024", "Kirouac, Zmurchok & Morris 2024", "10.1038/s41540-024-00355-3",
                   "estimated there from Kalos 2011; right for about 7,600 white cells/uL and one copy per "
                   "cell"),
            CONFLICT + "; after lymphodepletion it is up to 10-fold too high",
        ),
        Bridge(
            "singh_2021", "copies/ug", "cells/uL", "1 copies/ug = 0.0005 cells/uL", {},
            Source("singh_2021", "Singh et al. 2021", "10.1002/psp4.12598",
                   "0.002 copies/ug per cell/L, as transcribed by nlmixr2lib"),
            CONFLICT,
        ),
        Bridge(
            "white_cells", "copies/ug", "cells/uL", "cells/uL = copies/ug * wbc * 6.6e-6 / vcn",
            {"wbc": "white cells per uL of blood", "vcn": "vector copies per CAR-T cell"},
            Source("livingdrug", "first principles: 6.6 pg of DNA in a diploid cell",
                   note="holds where white cells carry the DNA of the sample"),
            "as uncertain as wbc and vcn, and as the yield of DNA, which moves after lymphodepletion",
        ),
        Bridge(
            "percent_of_cd3", "%", "cells/uL", "cells/uL = % CAR+ of CD3 / 100 * cd3",
            {"cd3": "CD3+ cells per uL of blood"},
            Source("livingdrug", "definition: a proportion of an absolute count"),
            "as uncertain as the gate and the absolute count",
        ),
    )
}  # fmt: skip
_CONSTANT = {"kirouac_2024": 0.05, "singh_2021": 0.0005}


def read_bridge(text: str) -> tuple[Bridge, dict[str, str]]:
    """(bridge, arguments) of `kirouac_2024` or `white_cells:wbc=5000,vcn=1`. Raises InputError naming what is
    missing."""
    name, _, rest = text.partition(":")
    bridge = BRIDGES.get(name.strip())
    if bridge is None:
        raise InputError(unknown("conversion", name, BRIDGES))
    given: dict[str, str] = {}
    for part in filter(None, (p.strip() for p in rest.split(","))):
        key, equals, value = (p.strip() for p in part.partition("="))
        if key not in bridge.needs or not equals or not value:
            takes = ", ".join(f"{k}=NUMBER or COLUMN" for k in bridge.needs) or "no argument"
            raise InputError(f"conversion `{bridge.name}`: `{part}` cannot be used; it takes {takes}")
        given[key] = value
    missing = [f"{key} ({bridge.needs[key]})" for key in bridge.needs if key not in given]
    if missing:
        raise InputError(
            f"conversion `{bridge.name}` needs {' and '.join(missing)}, such as {_example(bridge)}"
        )
    return bridge, given


def bridge_factor(text: str) -> float:
    """Cells/uL for 1 copies/ug by a conversion whose arguments are numbers, such as
    `white_cells:wbc=5000,vcn=1`.

    Parameters
    ----------
    text : str
        As `read_bridge` takes it.

    Returns
    -------
    float

    Raises
    ------
    InputError
        For a conversion that starts from another unit, or an argument that is no number above 0.
    """
    bridge, given = read_bridge(text)
    if bridge.unit != "copies/ug":
        raise InputError(
            f"conversion `{bridge.name}` starts from {bridge.unit}; one from copies/ug is needed"
        )
    values = {}
    for key, value in given.items():
        try:
            values[key] = np.full(1, float(value))
        except ValueError:
            raise InputError(
                f"conversion `{bridge.name}`: {key} is `{printable(value)}`; it must be a number"
            ) from None
        if not 0 < float(value) < float("inf"):
            raise InputError(f"conversion `{bridge.name}`: {key} is {value}; it must be finite and above 0")
    return float(_factor(bridge.name, values, 1)[0])


def _example(bridge: Bridge) -> str:
    values = {"wbc": "5000", "vcn": "1", "cd3": "800"}
    return f"{bridge.name}:" + ",".join(f"{key}={values[key]}" for key in bridge.needs)


def cross(data: Data, text: str) -> Data:
    """The data with every profile in the unit of the bridge turned into its other unit; limits go with the
    values.

    Parameters
    ----------
    data : Data
        The samples, see `read_data`.
    text : str
        As `read_bridge` takes it; an argument is a number or the name of a covariate column (which may vary
        by row).

    Returns
    -------
    Data

    Raises
    ------
    InputError
        Where no profile is in that unit, or a value of an argument is missing or not above 0.
    """
    bridge, given = read_bridge(text)
    p = data.profiles
    touched = p.unit == bridge.unit
    if not touched.any():
        units = ", ".join(sorted({u or "not stated" for u in p.unit}))
        start = f"conversion `{bridge.name}` starts from {bridge.unit}"
        raise InputError(f"{start}, the data are in {units}; --unit states a unit")
    rows = touched[data.profile]
    values = {key: _argument(data, key, value, rows) for key, value in given.items()}
    factor = np.where(rows, _factor(bridge.name, values, data.rows), 1.0)
    unit = np.where(touched, bridge.into, p.unit).astype(object)
    arguments = f" with {', '.join(f'{k} = {v}' for k, v in given.items())}" if given else ""
    if data.logarithms:
        fix = "have them turned back (--logarithms e)"
        raise InputError(f"conversion `{bridge.name}`: the values are kept as logarithms; {fix}")
    note = f"{int(touched.sum())} profile(s) converted by {bridge.name} from {bridge.unit} to {bridge.into}"
    stamp = (
        f"bridge {bridge.name}: {bridge.rule}{arguments}; {bridge.source.line()}; uncertain: "
        f"{bridge.uncertain}"
    )
    return replace(
        data, profiles=replace(p, unit=unit), dv=data.dv * factor, limit=data.limit * factor,
        end=data.end * factor, bridge=stamp,
        notes=(*data.notes, note),
    )  # fmt: skip


def _factor(name: str, values: Mapping[str, np.ndarray], n: int) -> np.ndarray:
    if name in _CONSTANT:
        return np.full(n, _CONSTANT[name])
    if name == "white_cells":
        return values["wbc"] * DNA_PER_CELL / values["vcn"]
    return values["cd3"] / 100.0


def _argument(data: Data, key: str, text: str, rows: np.ndarray) -> np.ndarray:
    try:
        number = float(text)
    except ValueError:
        number = None
    if number is not None:
        if not 0 < number < float("inf"):
            raise InputError(f"argument {key} of a conversion = {text}; it must be finite and above 0")
        return np.full(data.rows, number)
    if text in data.by_row:
        texts = data.by_row[text]
    elif text in data.covariates:
        texts = data.covariates[text][data.profiles.subject[data.profile]]
    else:
        raise InputError(
            f"argument {key} of a conversion: " + unknown("column", text, [*data.covariates, *data.by_row])
        )
    from livingdrug.data.cells import NUMBER, read_numbers

    read = read_numbers(texts)
    bad = np.flatnonzero(rows & ~((read.kind == NUMBER) & (read.value > 0)))
    if len(bad):
        first = bad[np.argmin(data.line[bad])]
        what = (
            f"`{printable(str(texts[first]), 30)}`, which is no number above 0" if texts[first] else "nothing"
        )
        where = f"line {int(data.line[first])}: column `{text}`"
        raise InputError(f"{where} holds {what}; the conversion needs a number as {key}")
    return read.value
