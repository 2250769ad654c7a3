"""Published exposure and response of approved and clinical products, and a user's subjects beside them."""

from livingdrug.core.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:  # each name is loaded when it is first used
    from livingdrug.products.cards import (
        GroupVariability,
        ProductCard,
        VariabilityRatio,
        find_card,
        product_cards,
        product_variability,
        variability_ratios,
    )
    from livingdrug.products.compare import Comparison, compare
    from livingdrug.products.curves import BuiltIn, get_curve, list_curves
    from livingdrug.products.facts import ExposureFact, exposure_facts, facts, find_product, list_products
    from livingdrug.products.placement import Placement
    from livingdrug.products.spreads import CAUTION, OBSERVED, observed_spread, published_spread

__all__ = [
    "CAUTION",
    "OBSERVED",
    "BuiltIn",
    "Comparison",
    "ExposureFact",
    "GroupVariability",
    "Placement",
    "ProductCard",
    "VariabilityRatio",
    "compare",
    "exposure_facts",
    "facts",
    "find_card",
    "find_product",
    "get_curve",
    "list_curves",
    "list_products",
    "observed_spread",
    "product_cards",
    "product_variability",
    "published_spread",
    "variability_ratios",
]

__getattr__, __dir__ = lazy(__name__)
