"""Compare models: several models of CAR-T cells in blood on one axis."""

from livingdrug.models import Model
from livingdrug.web.pages import Page
from livingdrug.web.questions import Question

BLOOD = ("cells/uL", "copies/ug")


def _runs(model: Model) -> bool:
    """Whether a model counts days and has CAR-T cells in blood."""
    names = [o.name for o in model.system.outputs if o.unit in BLOOD]
    return model.system.time_unit == "d" and any(name in ("car_t_blood", "transgene") for name in names)


QUESTION = Question(
    kind="models-compare",
    page=Page("/models-compare", "Compare models", place=230),
    heading="On one axis",
    begin={"models": ("stein_2019", "kirouac_2023")},
    labels={
        "doses": "Doses",
        "days": "Horizon",
        "conversion": "Unit conversion",
        "subjects": "Virtual subjects",
    },
    texts={"doses": "such as 1e8; that of each model's first experiment by default"},
    offered=_runs,
)
PAGE, page, register = QUESTION.page, QUESTION.shown, QUESTION.register
