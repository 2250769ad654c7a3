"""Published numbers that the models must reproduce (their anchors)."""

from collections.abc import Callable, Iterator
from functools import cache, partial

from livingdrug.workflows.verify.case import Case

FEW = ("stein_2019", "kirouac_2023")


def cases(full: bool) -> Iterator[Case]:
    """Anchors of two models, or of all."""
    from livingdrug.models import get_model, list_runnable

    found = cache(_all)
    for name in list_runnable() if full else FEW:
        for i, anchor in enumerate(get_model(name).anchors):
            yield Case(
                f"model {name}",
                anchor.name,
                anchor.value,
                partial(_one_of, found, name, i),
                anchor.rtol,
                anchor.source.line(),
                anchor.unit,
            )


def _all(name: str) -> list[float]:
    from livingdrug.models import get_model
    from livingdrug.simulation import check_anchors

    return [result.computed for result in check_anchors(get_model(name))]


def _one_of(found: Callable[[str], list[float]], name: str, i: int) -> float:
    return found(name)[i]
