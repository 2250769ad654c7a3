"""The diagram of a model on a page."""

import base64
from functools import lru_cache

from dash import html

from livingdrug.diagram import diagram_of, to_svg
from livingdrug.models import Model, build_model, list_models
from livingdrug.web.parts import sideways

LEAST_WIDTH = 640  # px, at which its words can be read


def diagram_image(model: Model) -> html.Div:
    """States and flows of a model with its fragments; the equations stand in the card beside it."""
    known = model.name in list_models()  # one that was fitted here has no name of its own
    source, said = _drawn(model.name, tuple(f.name for f in model.fragments)) if known else _image(model)
    return sideways(source, said, LEAST_WIDTH, "diagram")


@lru_cache(maxsize=64)  # sliders change numbers, never the equations
def _drawn(name: str, fragments: tuple[str, ...]) -> tuple[str, str]:
    return _image(build_model(name, fragments))


def _image(model: Model) -> tuple[str, str]:
    diagram = diagram_of(model, table=False)
    text = base64.b64encode(to_svg(diagram).encode()).decode()
    return f"data:image/svg+xml;base64,{text}", diagram.said
