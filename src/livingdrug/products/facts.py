"""Published exposure and response of approved and clinical products, as tables with the source of every
row."""

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.core.shown import Records, Shown

ALIASES = {
    "kymriah": "tisagenlecleucel", "tisa-cel": "tisagenlecleucel", "ctl019": "tisagenlecleucel",
    "abecma": "idecabtagene vicleucel", "ide-cel": "idecabtagene vicleucel", "bb2121": "idecabtagene "
                                                                                       "vicleucel",
    "carvykti": "ciltacabtagene autoleucel", "cilta-cel": "ciltacabtagene autoleucel",
    "aucatzyl": "obecabtagene autoleucel", "obe-cel": "obecabtagene autoleucel",
    "breyanzi": "lisocabtagene maraleucel", "liso-cel": "lisocabtagene maraleucel",
}  # fmt: skip
TABLES = ("exposure", "responses", "exposure_response", "expansion_ratios")


@dataclass(frozen=True, repr=False)
class ExposureFact(Shown):
    """One published number.

    Attributes
    ----------
    product, indication, population, assay, n, dose, metric : str
        What was measured, in whom, and how.
    parameter : str
        Our code (CMAX, TMAX, AUC28, LAMZHL, TLST, CLST), "" where it is none of these.
    statistic : str
        What `value` is.
    value : float or None
        The number as published; None where there is only a text.
    unit : str
        Of the value.
    spread_type : str
        GeoCV%, SD or range.
    spread : str
        Interval or variability beside the number, as published.
    log_sd : float or None
        SD of the logarithm it amounts to, or None.
    source : str
        Where it is from.
    read : str
        Whether it was read in the source itself or in a transcription.
    """

    product: str
    indication: str
    population: str
    assay: str
    n: str
    dose: str
    metric: str
    parameter: str
    statistic: str
    value: float | None
    unit: str
    spread_type: str
    spread: str
    log_sd: float | None
    source: str
    read: str

    @property
    def who(self) -> str:
        """Which patients: responders, non-responders, or all of a study."""
        words = re.split(r"[^A-Za-z-]+", self.population)
        if "non-responder" in words or "NR" in words:
            return "non-responders"
        return "responders" if {"responder", "CR"} & set(words) else "all patients"

    @property
    def group(self) -> str:
        """Indication, population and where it is printed, short enough for a label."""
        indication = self.indication.removeprefix("paediatric/young adult ").removeprefix("r/r ")
        where = (
            self.source.split(",")[0]
            .split(" (")[0]
            .split(" EMA/")[0]
            .removesuffix(" Kymriah")
            .removesuffix(" 2019")
        )
        where = where.replace("US prescribing information", "US PI").replace(
            "Swiss product information", "Swiss PI"
        )
        head = f"{indication}: {self.population}" if indication else self.population
        return head if self.statistic == "model" else f"{head} ({where})"

    def in_range(self, values) -> str:
        """How many of some values lie in a published range, as text; "" where none is published."""
        if self.spread_type != "range" or not self.spread:
            return ""
        low, high = (float(end) for end in self.spread.split("-"))
        known = [v for v in values if v == v]
        return f"{sum(low <= v <= high for v in known)}/{len(known)} in range"

    @property
    def printed(self) -> str:
        """The number as published, with its spread."""
        value = (
            "not a number"
            if self.value is None
            else f"{self.value:,.0f}"
            if self.value >= 1e3
            else f"{self.value:.5g}"
        )
        spread = {
            "geoCV%": f"(CV {_short(self.spread)} %)",
            "SD": f"(SD {self.spread})",
            "range": f"[{self.spread}]",
        }
        return f"{value} {spread.get(self.spread_type if self.spread else '', '')}".strip()


@lru_cache(maxsize=len(TABLES))
def facts(table: str) -> tuple[dict[str, str], ...]:
    """Rows of a table of facts: exposure, responses, exposure_response or expansion_ratios.

    Parameters
    ----------
    table : str
        Its name.

    Returns
    -------
    tuple[dict[str, str], ...]
    """
    if table not in TABLES:
        raise InputError(unknown("table of facts", table, TABLES))
    file = files(__package__ or "") / f"{table}.csv"
    with file.open(encoding="utf-8", newline="") as lines:  # pyright: ignore[reportCallIssue]
        return tuple(csv.DictReader(lines))


@lru_cache(maxsize=1)
def exposure_facts() -> tuple[ExposureFact, ...]:
    """All published exposures.

    Returns
    -------
    tuple of ExposureFact
        Each with its source.
    """
    return Records(
        ExposureFact(**{**row, "value": _number(row["value"]), "log_sd": _number(row["log_sd"])})
        for row in facts("exposure")
    )


def _short(text: str) -> str:
    number = _number(text)
    return text if number is None else f"{number:,.0f}" if number >= 1e3 else f"{number:.3g}"


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def list_products() -> list[str]:
    """Names of the products with published exposure.

    Returns
    -------
    list of str
    """
    return sorted({fact.product for fact in exposure_facts()})


def find_product(name: str) -> str:
    """The product for a name, a trade name or an abbreviation.

    Parameters
    ----------
    name : str
        Of the product, its trade name, or an abbreviation.

    Returns
    -------
    str

    Raises
    ------
    InputError
        With the nearest names.
    """
    known = {product.lower(): product for product in list_products()} | ALIASES
    found = known.get(name.strip().lower())
    if found is None:
        raise InputError(unknown("product", name, [*list_products(), *ALIASES]))
    return found
