"""A diagram of any model, made of the model itself: states, flows, what drives them, doses, outputs."""

from livingdrug.diagram.graph import Edge, Graph, Node, Row, graph_of
from livingdrug.diagram.layout import diagram_of
from livingdrug.diagram.shapes import Curve, Diagram, Head, Rect, Words
from livingdrug.diagram.svg import to_svg
from livingdrug.diagram.text import to_dot, to_mermaid

__all__ = [
    "Curve",
    "Diagram",
    "Edge",
    "Graph",
    "Head",
    "Node",
    "Rect",
    "Row",
    "Words",
    "diagram_of",
    "graph_of",
    "to_dot",
    "to_mermaid",
    "to_svg",
]
