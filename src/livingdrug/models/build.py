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

    Parameters
    ----------
    name : str
        Of a built-in model, of a model file, or of the folder of a fit.
    fragments : tuple of str, optional
        Names of fragments that are joined to it.
    values : dict[str, float], optional
        Quantity (name or symbol of the paper) -> value.
    even_so : bool, optional
        Take the model of a fit that is not sound too.

    Returns
    -------
    Model

    Raises
    ------
    InputError
        For a name, a fragment or a value that cannot be.
    ModelError
        For parts that do not fit together.
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
