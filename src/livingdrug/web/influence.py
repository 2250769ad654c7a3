"""Which sliders matter most: each parameter a fifth lower, all in one run, beside the typical subject."""

from functools import lru_cache

import numpy as np

from livingdrug.core.errors import LivingdrugError
from livingdrug.models import Model, build_model
from livingdrug.simulation import Subjects, simulate

LESS = 0.8  # a fraction stays one, a rate stays positive
FIRST = 6


@lru_cache(maxsize=64)
def influential(model: str, fragments: tuple[str, ...]) -> tuple[str, ...]:
    """The FIRST parameters by how far peaks and areas of all outputs move, at published values: the order
    does not change while a slider moves. Those of the equations, and those whose value is 0, are left out."""
    return order_of(build_model(model, fragments))


def order_of(built: Model) -> tuple[str, ...]:
    """The same of a model that is built."""
    names = [q.name for q in built.quantities if not q.fixed and built.typical.get(q.name, 0.0) != 0.0]
    try:
        moved = _moved(built, names)
    except LivingdrugError:
        return tuple(names[:FIRST])
    order = sorted(range(len(names)), key=lambda k: -moved[k])  # equal ones stay as the model lists them
    return tuple(names[k] for k in order[:FIRST])


def _moved(model: Model, names: list[str]) -> np.ndarray:
    """Sum of the changes of ln peak and ln area over the outputs, for each parameter, shape (names,)."""
    typical = model.typical
    values = {name: np.full(len(names) + 1, value) for name, value in typical.items()}
    for k, name in enumerate(names):
        values[name][k + 1] *= LESS
    result = simulate(model, Subjects(values, "one parameter lower in each"))
    total = np.zeros(len(names))
    for output in result.outputs:
        for metric in ("CMAX", "AUC"):
            found = np.asarray(result.metric(output, metric), dtype=float)
            with np.errstate(all="ignore"):
                change = np.abs(np.log(found[1:] / found[0]))
            total += np.where(np.isfinite(change), np.minimum(change, 5.0), 0.0)
    return total
