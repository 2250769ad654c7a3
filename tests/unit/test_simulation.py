"""Simulation: what a user relies on whatever the model."""

import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.core.random import normals
from livingdrug.models import get_fragment, get_model
from livingdrug.simulation import draw_subjects, simulate


def test_a_subjects_numbers_do_not_depend_on_how_many_others_there_are():
    model = get_model("stein_2019")
    few, many = (draw_subjects(model, n, seed=3) for n in (7, 100))
    for name in few.values:
        np.testing.assert_array_equal(few.values[name], many.values[name][:7])
    np.testing.assert_array_equal(normals(1, "a", 0, 50)[13:], normals(1, "a", 13, 37))


def test_both_readings_of_the_spread_have_the_published_log_sd():
    model = get_model("stein_2019")
    for spread, sd, tolerance in (("sd", 0.837, 0.015), ("variance", 1.067, 0.02)):
        result = simulate(model, draw_subjects(model, 10_000, 1, spread), times=np.arange(29.0))
        area = np.trapezoid(result.values[:, 0], result.times, axis=1)
        assert np.nanstd(np.log(area), ddof=1) == pytest.approx(sd, abs=tolerance)


def test_subjects_that_a_closed_form_does_not_cover_are_named():
    model = get_model("stein_2019")
    result = simulate(model, draw_subjects(model, 2000, 1), times=[1.0])
    assert result.failed
    for i in result.failed:
        assert result.reason[i] and np.isnan(result.values[i]).all()
    assert np.isfinite(np.delete(result.values, result.failed, axis=0)).all()


def test_cells_are_conserved_between_blood_and_tissue():
    fragment = get_fragment("tissue")
    model = (get_model("kirouac_2023") + fragment).with_values(
        {n: 0.0 for n in ("mu_memory", "mu_effector", "d_memory", "d_effector1", "d_effector2", "d_exhausted", "k_loss")}
    )
    result = simulate(model, regimen=[1e8], times=[5.0, 20.0, 60.0], outputs=["car_t", "infused", "engrafting"])
    np.testing.assert_allclose(result.values[0].sum(axis=0), 1e8, rtol=1e-6)
    assert result.curve("car_t")[-1] == pytest.approx(1e8, rel=1e-6)


def test_equilibrium_of_tissue_to_blood_is_k12_over_k21():
    model = (get_model("kirouac_2023") + get_fragment("tissue")).with_values(k12=3.0, k21=0.5, td_50=1.0)
    result = simulate(model, times=[60.0], outputs=["exhausted", "exhausted_tissue"])
    tissue_over_blood = result.curve("exhausted_tissue")[0] / result.curve("exhausted")[0]
    assert tissue_over_blood == pytest.approx(6.0, rel=0.02)


def test_rejection_rate_zero_is_the_model_without_rejection():
    base = get_model("kirouac_2023") + get_fragment("host_competition")
    rejected = (base + get_fragment("allogeneic_killing")).with_values(k_allo=0.0)
    a, b = (simulate(m, times=[7.0, 20.0, 60.0], outputs=["car_t"]).curve("car_t") for m in (base, rejected))
    np.testing.assert_allclose(a, b, rtol=1e-6)


def test_trajectories_do_not_depend_on_the_order_of_plus():
    host, allo, tissue = (get_fragment(n) for n in ("host_recovery_logistic", "allogeneic_killing", "tissue"))
    for base in ("kirouac_2023", "singh_2021"):
        one = get_model(base) + host + allo + tissue
        other = get_model(base) + tissue + allo + host
        np.testing.assert_array_equal(simulate(one, times=[5.0, 20.0]).values, simulate(other, times=[5.0, 20.0]).values)


def test_dosing_pools_are_solved_as_the_equations_say():
    from livingdrug.engine import compile_system

    code = compile_system(get_model("kirouac_2023").system)
    names = [s.name for s in code.system.states]
    assert [names[i] for i in code.pools.all] == ["infused", "engrafting"]
    model = get_model("kirouac_2023")
    p = model.typical
    total = sum(p[f"e_{s}"] for s in ("memory", "effector1", "effector2", "exhausted"))
    a, b = p["k_loss"] + p["k_survive"], total
    times = np.array([0.001, 0.01, 0.1])
    result = simulate(model, regimen=[1e8], times=times, outputs=["infused", "engrafting"])
    np.testing.assert_allclose(result.curve("infused"), 1e8 * np.exp(-a * times), rtol=1e-9)
    expected = 1e8 * p["k_survive"] * (np.exp(-a * times) - np.exp(-b * times)) / (b - a)
    np.testing.assert_allclose(result.curve("engrafting"), expected, rtol=1e-9)


def test_a_second_infusion_adds_to_the_first():
    model = get_model("singh_2021")
    once, twice = (simulate(model, regimen=r, times=[9.99, 10.0001], until=20.0) for r in ([1e8], [1e8, (10.0, 1e8)]))
    assert twice.curve("car_t")[0] == pytest.approx(once.curve("car_t")[0], rel=1e-6)
    assert twice.curve("car_t")[1] - once.curve("car_t")[1] == pytest.approx(1e8, rel=0.05)


def test_warnings_where_the_model_misbehaves():
    notices = " ".join(simulate(get_model("kirouac_2023").with_values(mu_memory=0.6)).notices)
    assert "grows without bound" in notices and "capacity is below the burden" in notices


@pytest.mark.parametrize("times", [[1.0, 1.0], [], [float("nan")], [-1.0, 2.0]])
def test_bad_times_are_refused(times):
    with pytest.raises(InputError):
        simulate(get_model("stein_2019"), times=times, until=10.0)


@pytest.mark.parametrize("until", [0.0, -1.0, float("inf"), 1e12])
def test_a_horizon_that_cannot_be_is_refused(until):
    for times in (None, [0.0]):
        with pytest.raises(InputError, match="horizon"):
            simulate(get_model("stein_2019"), times=times, until=until)


def test_the_value_at_infusion_alone_can_be_asked_for():
    assert simulate(get_model("stein_2019"), times=[0.0]).curve("transgene")[0] == pytest.approx(24_000 / 3900)


def test_unknown_output_is_refused_with_the_nearest():
    with pytest.raises(InputError, match="`car_t_blood`"):
        simulate(get_model("kirouac_2023"), outputs=["car_t_blod"])


def test_negative_variance_is_refused():
    from livingdrug.models import lognormal

    with pytest.raises(InputError, match="variance of between-subject variability is -0.1"):
        lognormal(variance=-0.1)
