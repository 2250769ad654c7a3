"""Published exposure and response of approved and clinical products, and a user's subjects beside them."""

from livingdrug.products.compare import Comparison, Placement, compare
from livingdrug.products.facts import ExposureFact, exposure_facts, facts, find_product, list_products

__all__ = [
    "Comparison", "ExposureFact", "Placement", "compare", "exposure_facts", "facts", "find_product", "list_products",
]  # fmt: skip
