"""Virtual populations that look like published patients: candidates weighted until their exposures are
distributed as published."""

from livingdrug.core.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:  # each name is loaded when it is first used
    from livingdrug.population.match import (
        FAR,
        Matched,
        candidates,
        match,
        model_of,
        product_targets_for,
        said,
        weighted_percentile,
    )
    from livingdrug.population.targets import Target, of_product, published_groups, read_targets, targets_text
    from livingdrug.population.weights import balanced, quantiles

__all__ = [
    "FAR", "Matched", "Target", "balanced", "candidates", "match", "model_of", "of_product",
    "product_targets_for", "published_groups", "quantiles", "read_targets", "said", "targets_text", "weighted_percentile",
]  # fmt: skip

__getattr__, __dir__ = lazy(__name__)
