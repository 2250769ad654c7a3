"""The choice of a model among those that come with livingdrug, by what each describes."""

from collections.abc import Callable
from functools import lru_cache

from livingdrug.models import Model, build_model, get_model, list_runnable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from livingdrug.web.work import Work


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


def model_of(scenario, work: "Work | None" = None, bare: bool = False) -> Model:
    """The model of a scenario with its mechanisms and values; of a fit of the app, `work` knows where it
    lies. bare: as it is without either. Raises InputError or ModelError for what cannot be."""
    name = getattr(work.located(scenario) if work else scenario, "model", "")
    fragments, values = ((), {}) if bare else (scenario.fragments, scenario.values)
    return build_model(name, fragments, values, scenario.even_so)


def choices(fits: Callable[[Model], bool] = lambda _: True) -> tuple[tuple[str, str], ...]:
    """(name, title) of the models for which `fits` holds, in the order of their diseases."""
    items = [item for group in grouped() for item in group["items"] if fits(get_model(item["value"]))]
    return tuple((item["value"], f"{item['label']} ({item['value']})") for item in items)
