"""Virtual populations that look like published patients: candidates weighted until their exposures are distributed as
published."""

from livingdrug.population.match import Matched, candidates, match, model_of
from livingdrug.population.targets import Target, of_product, read_targets
from livingdrug.population.weights import balanced, effective_size, quantiles

__all__ = [
    "Matched", "Target", "balanced", "candidates", "effective_size", "match", "model_of", "of_product", "quantiles",
    "read_targets",
]  # fmt: skip
