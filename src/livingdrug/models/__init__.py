"""Models as data: states with roles, flows between them, numbers with units and sources, fragments joined with `+`."""

from livingdrug.core.sources import Source
from livingdrug.models.catalogue import get_fragment, get_model, list_fragments, list_models
from livingdrug.models.model import Fragment, Fragments, Model
from livingdrug.models.parameters import (
    Anchor,
    Experiment,
    LogNormal,
    Population,
    Range,
    Ranges,
    Residual,
    Values,
    lognormal,
)
from livingdrug.models.structure import (
    Clock,
    ClosedForm,
    ClosedOutput,
    Condition,
    Definition,
    EachWith,
    Flow,
    Mirror,
    Needs,
    Output,
    Piece,
    Place,
    Quantity,
    Scale,
    State,
    Structure,
    Switch,
)
from livingdrug.models.text import read_model

__all__ = [
    "Anchor", "Clock", "ClosedForm", "ClosedOutput", "Condition", "Definition", "EachWith", "Experiment", "Flow",
    "Fragment", "Fragments", "LogNormal", "Mirror", "Model", "Needs", "Output", "Piece", "Place", "Population",
    "Quantity", "Range", "Ranges", "Residual", "Scale", "Source", "State", "Structure", "Switch", "Values",
    "get_fragment", "get_model", "list_fragments", "list_models", "lognormal", "read_model",
]  # fmt: skip
