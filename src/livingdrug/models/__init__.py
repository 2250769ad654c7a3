"""Models as data: states with roles, flows between them, numbers with units and sources, fragments joined with `+`."""

from livingdrug.core.sources import Source
from livingdrug.models.about import About
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

__all__ = [
    "About", "Anchor", "Clock", "ClosedForm", "ClosedOutput", "Condition", "Definition", "EachWith", "Experiment", "Flow",
    "Fragment", "Fragments", "LogNormal", "Mirror", "Model", "Needs", "Output", "Piece", "Place", "Population",
    "Quantity", "Range", "Ranges", "Residual", "Scale", "Source", "State", "Structure", "Switch", "Values", "lognormal",
]  # fmt: skip
