"""The `products` kind of scenario: what is published of products, and how variable they are between
subjects."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from livingdrug.core.errors import InputError
from livingdrug.products import (
    GroupVariability,
    ProductCard,
    VariabilityRatio,
    find_card,
    product_cards,
    product_variability,
    variability_ratios,
)
from livingdrug.workflows.document import Document
from livingdrug.workflows.fields import About


class Products(Document):
    """What is published of products."""

    EXAMPLES: ClassVar = (
        "livingdrug products Kymriah",
        "livingdrug products --variability CMAX",
    )

    kind: Literal["products"] = "products"
    product: Annotated[
        str | None,
        About("A product by name, trade name or abbreviation; all by default.", argument=True),
    ] = None
    variability: Annotated[
        Literal["CMAX", "AUC28", "LAMZHL"] | None,
        About("Compare the between-subject variability of this exposure over products."),
    ] = None


@dataclass(frozen=True)
class ProductsFound:
    """cards: of the products; groups, ratios: their variability, where it is asked for."""

    cards: tuple[ProductCard, ...]
    groups: tuple[GroupVariability, ...] = ()
    ratios: tuple[VariabilityRatio, ...] = ()


def run(scenario: Products) -> ProductsFound:
    """Look the products up. Raises InputError for an unknown product, or one without a published
    variability."""
    cards = (find_card(scenario.product),) if scenario.product else product_cards()
    if scenario.variability is None:
        return ProductsFound(cards)
    groups = product_variability(scenario.variability)
    if scenario.product:
        groups = tuple(g for g in groups if g.card == cards[0])
        if not groups:
            raise InputError(
                f"no between-subject variability of {scenario.variability} is published for "
                f"{cards[0].product}; leave the product out to see those that have one"
            )
    return ProductsFound(cards, groups, variability_ratios(groups))
