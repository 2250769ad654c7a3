"""Every model in the catalogue is sound and reproduces its anchors; a new file is picked up by itself."""

import pytest

from livingdrug.models import get_model, latex_equations, list_models
from livingdrug.models.conformance import Joining, joining, problems
from livingdrug.simulation import check_anchors


@pytest.mark.parametrize("name", list_models())
def test_model_is_sound(name):
    assert problems(get_model(name)) == []


@pytest.mark.parametrize("name", list_models())
def test_model_reproduces_its_anchors(name):
    results = check_anchors(get_model(name))
    assert results
    assert [(r.anchor.name, r.computed) for r in results if not r.passed] == []


@pytest.mark.parametrize("name", list_models())
def test_equations_print_as_latex_with_balanced_braces(name):
    for line in latex_equations(get_model(name)):
        assert line.count("{") == line.count("}")


def test_which_fragment_fits_which_model():
    base = get_model("kirouac_2023")
    assert joining(base, "tissue") == Joining(True)
    assert joining(base, "allogeneic_killing").partner.startswith("host")
    none = joining(get_model("stein_2019"), "tissue")
    assert not none.fits and "closed form" in none.why
