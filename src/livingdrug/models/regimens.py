"""Regimens of preconditioning and published windows of fludarabine exposure, with their sources."""

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown


@dataclass(frozen=True)
class PreconditioningRegimen:
    """A regimen of preconditioning.

    Attributes
    ----------
    name, title : str
        Name as options take it, and title for readers.
    fludarabine, cyclophosphamide : float
        Daily dose in mg/m2.
    fludarabine_days, cyclophosphamide_days : tuple of float
        Days from the first drug on.
    infusion_day : float
        Day of the CAR-T cells, from the first drug on.
    source : str
        Where doses and days are from.
    """

    name: str
    title: str
    fludarabine: float
    fludarabine_days: tuple[float, ...]
    cyclophosphamide: float
    cyclophosphamide_days: tuple[float, ...]
    infusion_day: float
    source: str

    def daily(self, bsa: float) -> dict[float, float]:
        """Day -> mg of both drugs together; bsa: body surface in m2."""
        found: dict[float, float] = {}
        for dose, days in (
            (self.fludarabine, self.fludarabine_days),
            (self.cyclophosphamide, self.cyclophosphamide_days),
        ):
            for day in days:
                found[day] = found.get(day, 0.0) + dose * bsa
        return dict(sorted(found.items()))

    def fludarabine_total(self, bsa: float) -> float:
        """Fludarabine (phosphate) of the whole regimen in mg; bsa: body surface in m2."""
        return self.fludarabine * bsa * len(self.fludarabine_days)


@dataclass(frozen=True)
class FludarabineWindow:
    """A published window of the cumulative AUC of F-ara-A.

    Attributes
    ----------
    setting : str
        Whose window it is.
    low : float
        Ends of the window, in mg*h/L; None where there is no upper end.
    high : float or None
        Ends of the window, in mg*h/L; None where there is no upper end.
    finding : str
        What was found.
    source : str
        Where it is from.
    """

    setting: str
    low: float
    high: float | None
    finding: str
    source: str


def _rows(name: str) -> list[dict[str, str]]:
    file = files(__package__ or "") / name
    with file.open(encoding="utf-8", newline="") as lines:  # pyright: ignore[reportCallIssue]
        return list(csv.DictReader(lines))


@lru_cache(maxsize=1)
def list_regimens() -> tuple[PreconditioningRegimen, ...]:
    """All regimens of preconditioning.

    Returns
    -------
    tuple of PreconditioningRegimen
        The first one is none, for comparison.
    """
    return tuple(
        PreconditioningRegimen(
            row["name"],
            row["title"],
            float(row["fludarabine"]),
            _days(row["fludarabine_days"]),
            float(row["cyclophosphamide"]),
            _days(row["cyclophosphamide_days"]),
            float(row["infusion_day"]),
            row["source"],
        )
        for row in _rows("regimens.csv")
    )


def _days(text: str) -> tuple[float, ...]:
    return tuple(float(day) for day in text.split())


def get_regimen(name: str) -> PreconditioningRegimen:
    """The regimen of preconditioning with this name.

    Parameters
    ----------
    name : str
        Of the regimen.

    Returns
    -------
    PreconditioningRegimen

    Raises
    ------
    InputError
        With the nearest names.
    """
    known = {regimen.name: regimen for regimen in list_regimens()}
    if name not in known:
        raise InputError(unknown("regimen of preconditioning", name, known))
    return known[name]


@lru_cache(maxsize=1)
def fludarabine_windows() -> tuple[FludarabineWindow, ...]:
    """Published windows of fludarabine exposure.

    Returns
    -------
    tuple of FludarabineWindow
    """
    return tuple(
        FludarabineWindow(
            r["setting"], float(r["low"]), float(r["high"]) if r["high"] else None, r["finding"], r["source"]
        )
        for r in _rows("fludarabine_windows.csv")
    )
