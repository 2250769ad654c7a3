"""The choice of a model among those that come with livingdrug, by what each describes."""

from collections.abc import Callable
from functools import lru_cache

from livingdrug.models import Model, get_model, list_runnable


def disease_of(model: Model) -> str:
    """The group in which a model is listed: the first disease that it is for."""
    disease = model.about.disease[0] if model.about and model.about.disease else "any"
    return "Any disease" if disease == "any" else disease.capitalize()


@lru_cache(maxsize=1)
def grouped() -> list[dict]:
    """The models as a list of Mantine takes them, by disease, those of any disease last."""
    groups: dict[str, list[dict]] = {}
    for name in list_runnable():
        model = get_model(name)
        groups.setdefault(disease_of(model), []).append({"value": name, "label": model.title})
    order = sorted(groups, key=lambda group: (group == "Any disease", group))
    return [{"group": group, "items": groups[group]} for group in order]


def choices(fits: Callable[[Model], bool] = lambda _: True) -> tuple[tuple[str, str], ...]:
    """(name, title) of the models for which `fits` holds, in the order of their diseases."""
    items = [item for group in grouped() for item in group["items"] if fits(get_model(item["value"]))]
    return tuple((item["value"], f"{item['label']} ({item['value']})") for item in items)
