"""A model by name or file, with fragments joined and values set."""

from functools import lru_cache

from livingdrug.models.catalogue import get_fragment, get_model
from livingdrug.models.model import Model
from livingdrug.models.text import is_model_file, read_model


def build_model(
    name: str, fragments: tuple[str, ...] = (), values: dict[str, float] | None = None, even_so: bool = False
) -> Model:
    """A model by name, file or folder of a fit, with fragments joined and values set; assembled, so that
    misfits show here.

        even_so: take the model of a fit that is not sound too.
    """
    if is_model_file(name):
        return _joined(read_model(name, even_so), tuple(fragments)).with_values(values or {})
    return _built_in(name, tuple(fragments)).with_values(values or {})


def _joined(model: Model, fragments: tuple[str, ...]) -> Model:
    for fragment in fragments:
        model = model + get_fragment(fragment)
    _ = model.system
    return model


@lru_cache(maxsize=64)  # a slider asks for the same equations again and again
def _built_in(name: str, fragments: tuple[str, ...]) -> Model:
    return _joined(get_model(name), fragments)
