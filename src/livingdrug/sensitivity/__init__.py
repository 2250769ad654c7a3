"""Which parameter drives exposure: designs, runs and indices of sensitivity. The package is called as its
verb."""

from livingdrug.core.faces import callable_package
from livingdrug.sensitivity.designs import hypercube_points, morris_points, sobol_points
from livingdrug.sensitivity.indices import Indices, morris_indices, prcc_indices, sobol_indices
from livingdrug.sensitivity.inputs import Input, inputs_of
from livingdrug.sensitivity.run import Sensitivity, sensitivity, sentences
from livingdrug.sensitivity.separation import Separation, Split, Tree, rules, separate, separation_sentences

__all__ = [
    "Indices",
    "Input",
    "Sensitivity",
    "Separation",
    "Split",
    "Tree",
    "hypercube_points",
    "inputs_of",
    "morris_indices",
    "morris_points",
    "prcc_indices",
    "rules",
    "sensitivity",
    "sentences",
    "separate",
    "separation_sentences",
    "sobol_indices",
    "sobol_points",
]

callable_package(__name__, sensitivity)
