"""Several models on one plate."""

import numpy as np
import pytest

from livingdrug.assay import AssayPlan, assay_model, compare_models, fit_assay, minus2ll, observe
from livingdrug.core.errors import InputError
from tests.commands import livingdrug
from tests.unit.test_assay_commands import written
from tests.unit.test_assay_fit import LAWS, plate

OTHER = {"name": "carrgo", "killing": "mass_action", "growth": "logistic"}


@pytest.fixture(scope="module")
def seen():
    return observe(plate(seed=3, constructs=("A",), donors=("D1", "D2")))


def test_the_model_that_made_the_plate_describes_it_best(seen):
    found = compare_models(AssayPlan(assay_model(**LAWS)), seen, [OTHER, LAWS])
    assert found[0].laws == LAWS
    assert found[0].delta == 0
    assert found[1].delta > 10
    assert sum(c.weight for c in found) == pytest.approx(1.0)


def test_the_likelihood_of_independent_readings_is_that_of_a_normal_distribution(seen):
    """Without wells, donors and errors that last, -2 log likelihood is a sum over readings."""
    from scipy.stats import norm

    alone = seen.of_wells(seen.column("role") == "target_alone")
    known = {
        name: value
        for name, value in assay_model(**LAWS).typical.items()
        if name in ("k_kill", "net_growth", "contact_loss")
    }
    plan = AssayPlan(assay_model(**LAWS), errors="independent", edge=False, fixed=known)
    fit = fit_assay(plan, alone)
    assert not any(c.kind == "random effect" for c in fit.layout.columns)
    sd = fit.errors.residual_sd(fit.numbers)
    y = np.log(alone.y)
    expected = -2 * norm.logpdf(y, fit.point.expected.level, sd).sum()
    assert minus2ll(fit) == pytest.approx(expected, abs=0.05)


def test_one_model_is_no_comparison(seen):
    with pytest.raises(InputError, match="two models"):
        compare_models(AssayPlan(assay_model(**LAWS)), seen, [LAWS])


def test_the_command_names_the_best(tmp_path):
    files = written(tmp_path, plate(seed=3, constructs=("A",), donors=("D1", "D2")))
    done = livingdrug("assay", "models", *files, "--models", "exhaustion,carrgo", columns=200)
    assert done.returncode == 0, done.stderr
    assert "exhaustion, mass_action, logistic describes these readings best" in done.stdout
    wrong = livingdrug("assay", "models", *files, "--models", "exhaustion,cargo")
    assert wrong.returncode == 2
    assert "carrgo" in wrong.stderr
    one = livingdrug("assay", "models", *files, "--model", "exhaustion")
    assert one.returncode == 2
    assert "--models" in one.stderr
