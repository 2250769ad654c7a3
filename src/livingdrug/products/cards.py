"""What is known here of each product, and its between-subject variability beside that of others."""

import csv
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import product as pairs

from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.products.facts import ALIASES, ExposureFact, exposure_facts, facts

LEVEL = 0.95


@dataclass(frozen=True)
class ProductCard:
    """What is known of one product.

    Attributes
    ----------
    product, trade_name, target : str
        International name, trade name and antigen.
    exposures : tuple of ExposureFact
        Published exposures, each with its source; empty where no label table could be read.
    responses : tuple of dict
        Published responses and toxicities: study, subgroup, endpoint, events, n, source.
    models : tuple of str
        Models of the library that were made for it.
    not_read : str
        What was looked for and could not be read; nothing stands in its place.
    """

    product: str
    trade_name: str
    target: str
    exposures: tuple[ExposureFact, ...]
    responses: tuple[dict[str, str], ...]
    models: tuple[str, ...]
    not_read: str


@lru_cache(maxsize=1)
def product_cards() -> tuple[ProductCard, ...]:
    """What is known of every product, those without a published exposure too.

    Returns
    -------
    tuple of ProductCard
    """
    file = files(__package__ or "") / "products.csv"
    with file.open(encoding="utf-8", newline="") as lines:  # pyright: ignore[reportCallIssue]
        return tuple(_card(row) for row in csv.DictReader(lines))


def _card(row: dict[str, str]) -> ProductCard:
    name = row["product"]
    return ProductCard(
        name,
        row["trade_name"],
        row["target"],
        tuple(f for f in exposure_facts() if f.product == name),
        tuple(r for r in facts("responses") if r["product"] == name),
        tuple(row["models"].split()),
        row["not_read"],
    )


def find_card(name: str) -> ProductCard:
    """The card of a product by name, trade name or abbreviation.

    Parameters
    ----------
    name : str
        Of the product, its trade name, or an abbreviation.

    Returns
    -------
    ProductCard

    Raises
    ------
    InputError
        With the nearest names.
    """
    known = {card.product.lower(): card for card in product_cards()}
    known |= {card.trade_name.lower(): card for card in product_cards() if card.trade_name}
    known |= {alias: known[product.lower()] for alias, product in ALIASES.items()}
    known |= {"axi-cel": known["axicabtagene ciloleucel"], "brexu-cel": known["brexucabtagene autoleucel"]}
    known |= {"afami-cel": known["afamitresgene autoleucel"]}
    found = known.get(name.strip().lower())
    if found is None:
        raise InputError(unknown("product", name, sorted(known)))
    return found


@dataclass(frozen=True)
class GroupVariability:
    """Between-subject variability of an exposure in one published group.

    Attributes
    ----------
    card : ProductCard
        The product and what is published of it.
    fact : ExposureFact
        The published number.
    n : int
        Subjects of the group.
    log_sd, low, high : float
        SD of the natural logarithm, with its 95 % interval (chi-squared, subjects log-normal).
    """

    card: ProductCard
    fact: ExposureFact
    n: int
    log_sd: float
    low: float
    high: float


@dataclass(frozen=True)
class VariabilityRatio:
    """The log-SD of one group over that of another.

    Attributes
    ----------
    above, below : GroupVariability
        The two groups.
    ratio : float
        Log-SD of the one over that of the other.
    low, high : float
        95 % interval (F, independent log-normal groups).
    """

    above: GroupVariability
    below: GroupVariability
    ratio: float
    low: float
    high: float


def product_variability(parameter: str = "CMAX") -> tuple[GroupVariability, ...]:
    """Between-subject variability of an exposure in every published group that states it and its number of
    subjects.

    Parameters
    ----------
    parameter : str
        CMAX, AUC28 or LAMZHL.

    Returns
    -------
    tuple of GroupVariability
        In the order of targets and products.

    Raises
    ------
    InputError
        For a parameter of which no group states a variability.
    """
    from scipy.stats import chi2

    rows = [
        (card, f, int(f.n))
        for card in product_cards()
        for f in card.exposures
        if f.parameter == parameter and f.log_sd and f.n.isdigit() and int(f.n) > 2
    ]
    if not rows:
        stated = sorted({f.parameter for f in exposure_facts() if f.log_sd and f.parameter})
        raise InputError(unknown("exposure with a published variability", parameter, stated))
    tail = (1 - LEVEL) / 2
    found = []
    for card, fact, n in rows:
        s, df = float(fact.log_sd or 0.0), n - 1
        low, high = (s * math.sqrt(df / chi2.ppf(p, df)) for p in (1 - tail, tail))
        found.append(GroupVariability(card, fact, n, s, low, high))
    return tuple(sorted(found, key=lambda g: (g.card.target, g.card.product)))


def variability_ratios(
    groups: tuple[GroupVariability, ...], above: str = "BCMA", below: str = "CD19"
) -> tuple[VariabilityRatio, ...]:
    """Ratios of the log-SD of the largest groups of products against one target over those against another.

    Parameters
    ----------
    groups : tuple of GroupVariability
        Of one exposure.
    above, below : str
        Targets of the products, such as BCMA and CD19: the first is over the second in each ratio.

    Returns
    -------
    tuple of VariabilityRatio
        Between the largest group of each product, assay and indication; empty where a target has no group.
    """
    from scipy.stats import f as fisher

    tail = (1 - LEVEL) / 2
    found = []
    for one, other in pairs(_largest(groups, above), _largest(groups, below)):
        ratio = one.log_sd / other.log_sd
        ends = (fisher.ppf(p, one.n - 1, other.n - 1) for p in (1 - tail, tail))
        low, high = (ratio / math.sqrt(end) for end in ends)
        found.append(VariabilityRatio(one, other, ratio, low, high))
    return tuple(found)


def _largest(groups: tuple[GroupVariability, ...], target: str) -> list[GroupVariability]:
    best: dict[tuple[str, str, str], GroupVariability] = {}
    for group in groups:
        if group.card.target == target:
            key = (group.card.product, group.fact.assay, group.fact.indication)
            if key not in best or group.n > best[key].n:
                best[key] = group
    return list(best.values())
