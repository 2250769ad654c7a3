"""Mechanisms against closed forms and limiting cases."""

import math

import numpy as np
import pytest

from livingdrug.models import get_fragment, get_model
from livingdrug.simulation import simulate

TIMES = [1.0, 5.0, 6.5, 8.0, 9.3, 12.0, 28.0, 90.0]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"steroid_start": 2.0, "steroid_factor": 0.6},
        {"tocilizumab_start": 8.0, "steroid_start": 3.0, "steroid_factor": 0.8},
        {"tocilizumab_start": 30.0},
    ],
)
def test_comedication_on_flows_is_the_closed_form(changes):
    closed = simulate(get_model("stein_2019_comedication").with_values(changes), times=TIMES)
    flows = get_model("stein_2019_ode") + get_fragment("comedication")
    np.testing.assert_allclose(
        simulate(flows.with_values(changes), times=TIMES).curve("transgene"), closed.curve("transgene"), rtol=1e-6
    )


@pytest.mark.parametrize("changes", [{"tocilizumab_factor": 1.0}, {"tocilizumab_start": 9.3, "steroid_start": 20.0}])
def test_comedication_without_effect_is_the_model_without_it(changes):
    with_drugs = simulate(get_model("stein_2019_comedication").with_values(changes), times=TIMES)
    np.testing.assert_allclose(
        with_drugs.curve("transgene"), simulate(get_model("stein_2019"), times=TIMES).curve("transgene"), rtol=1e-12
    )


@pytest.mark.parametrize(
    ("changes", "factor"),
    [
        ({"female": 1.0}, math.exp(0.25)),
        ({"no_fludarabine": 1.0}, math.exp(-0.63)),
        ({"dose_per_kg": 27 * 3.1e6}, 27**0.093),
        ({"transduction": 38.0, "asian": 1.0}, 2**0.22 * math.exp(0.13)),
    ],
)
def test_covariates_act_on_the_peak_as_published(changes, factor):
    peak = simulate(get_model("stein_2019").with_values(changes)).metric("transgene", "CMAX")[0]
    assert peak == pytest.approx(24_000 * factor, rel=1e-12)


def test_host_cells_alone_recover_by_their_law():
    times = np.array([0.0, 10.0, 20.0, 40.0, 365.0])
    for name, law in (
        ("host_competition_logistic", lambda t: 500 / (1 + (500 / 0.5 - 1) * np.exp(-0.35 * t))),
        ("host_recovery_logistic", lambda t: 500 / (1 + (500 / 0.5 - 1) * np.exp(-0.35 * t))),
        ("host_competition_gompertz", lambda t: 500 * np.exp(np.log(0.5 / 500) * np.exp(-0.17 * t))),
    ):
        model = get_model("kirouac_2023") + get_fragment(name)
        np.testing.assert_allclose(
            simulate(model, regimen=[], times=times, outputs=["host_t"]).curve("host_t"), law(times), rtol=1e-6, err_msg=name
        )


def test_the_printed_tissue_delay_is_no_delay():
    early = {
        name: simulate(get_model("kirouac_2023") + get_fragment(name), times=[2.0], outputs=["car_t_blood"]).values[0, 0, 0]
        for name in ("tissue", "tissue_as_printed")
    }
    assert early["tissue_as_printed"] > 100 * early["tissue"]


def test_rejection_counts_host_cells_not_their_density():
    base = get_model("kirouac_2023") + get_fragment("host_recovery_logistic") + get_fragment("allogeneic_killing")
    still = {n: 0.0 for n in ("mu_memory", "mu_effector", "d_exhausted", "k_exhaust", "k_revert", "mu_host")}
    still |= {"e_memory": 0.0, "e_effector1": 0.0, "e_effector2": 0.0, "k_loss": 0.0, "host_0": 100.0, "k_allo": 1e-9}
    # infused cells engraft within hours, so nothing flows in after day 5
    model = base.with_values(still | {"k_survive": 50.0})
    curve = simulate(model, regimen=[1e8], times=[5.0, 9.0], outputs=["exhausted"]).curve("exhausted")
    # 100 cells/uL x 5e6 uL x 1e-9 per cell per day = 0.5 per day
    assert curve[1] / curve[0] == pytest.approx(math.exp(-0.5 * 4.0), rel=1e-5)
