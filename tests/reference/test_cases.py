"""Independent answers in `cases/`: high-precision trajectories and closed forms, each file with its source."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from livingdrug.models import Flow, Model, Quantity, Source, State, Structure, Values, get_fragment, get_model
from livingdrug.simulation import Dose, Regimen, simulate

FOLDER = Path(__file__).parent / "cases"
SYMBOLS = {"kappa": "k_kill", "gamma": "k_proliferation", "nu": "k_exhaustion", "rho": "mu_tumour", "beta": "crowding",
           "theta": "d_effector", "E0": "effector_0", "T0": "tumour_0"}  # fmt: skip


def read(case: str, file: str = "answers.json"):
    return json.loads((FOLDER / case / file).read_text())


def answers(case: str):
    return read(case)["answers"]


def assay(changes=None):
    return get_model("carrgo_restimulation").with_values(changes or {})


def test_serial_killing_reference():
    rounds = Regimen((Dose(5000, 24.0, into="tumour", every=24.0, repeats=1),))
    for variant, rows in answers("serial_killing_reference").items():
        model = assay()
        if variant != "baseline":
            symbol, fold = variant.split("_x")
            name = SYMBOLS[symbol]
            model = assay({name: model.typical[name] * float(fold)})
        hours = [24.0 * (row["round"] - 1) + row["h_in_round"] for row in rows]
        result = simulate(model, regimen=rounds, times=hours, outputs=["car_t", "tumour"])
        effectors = [row.get("E", row.get("E_end")) for row in rows]
        tumour = [row.get("T", row.get("T_end")) for row in rows]
        np.testing.assert_allclose(result.curve("car_t"), effectors, rtol=1e-6, err_msg=variant)
        np.testing.assert_allclose(result.curve("tumour"), tumour, rtol=1e-6, err_msg=variant)


@pytest.mark.parametrize("index", range(4))
@pytest.mark.parametrize(
    ("key", "output"),
    [
        ("T_when_gamma=theta_nu=0", "tumour"),
        ("T_when_beta=0_nu=0_theta=0", "tumour"),
        ("T_when_kappa=0", "tumour"),
        ("E_when_nu=0_theta=0", "car_t"),
    ],
)
def test_serial_killing_limits(index, key, output):
    expected = answers("serial_killing_analytic_limits")[index][key]
    given = read("serial_killing_analytic_limits", "parameters.json")[index]
    times = given.pop("t")
    changes = {SYMBOLS[s]: v for s, v in given.items()} | {"k_exhaustion": 0.0}
    changes["d_effector"] = changes["k_proliferation"] if "gamma=theta" in key else 0.0
    if "beta=0" in key:
        changes["crowding"] = 0.0
    if "kappa=0" in key:
        changes["k_kill"] = 0.0
    curve = simulate(assay(changes), regimen=[], times=times, outputs=[output]).curve(output)
    for value, reference in zip(curve, expected, strict=True):
        if reference > 1e-3:
            assert value == pytest.approx(reference, rel=1e-6)


def test_host_reconstitution_is_the_lambert_w_solution():
    for setting, values in answers("host_tcell_reconstitution").items():
        numbers = dict(part.split("=") for part in setting.split(","))
        model = get_model("kirouac_2023") + get_fragment("host_competition")
        model = model.with_values(mu_host=float(numbers["mu"]), host_50=float(numbers["TK"]), host_0=float(numbers["T0"]))
        result = simulate(model, regimen=[], times=[float(day) for day in values], outputs=["host_t"])
        np.testing.assert_allclose(result.curve("host_t"), list(values.values()), rtol=1e-6, err_msg=setting)


def test_typical_stein_areas_match_the_exact_formula():
    model = get_model("stein_2019")
    fold, t_max, c_max, alpha, f_b, beta = (model.typical[n] for n in ("fold", "t_max", "c_max", "alpha", "f_b", "beta"))
    for until in (5.0, 28.0, 60.0, 365.0):
        d, rho = until - t_max, math.log(fold) / t_max
        exact = c_max / rho * (1 - 1 / fold) + c_max * (
            (1 - f_b) * -math.expm1(-alpha * d) / alpha + f_b * -math.expm1(-beta * d) / beta
        )
        if until < t_max:
            exact = c_max / fold / rho * math.expm1(rho * until)
        computed = simulate(model, until=until).metric("transgene", "AUC")[0]
        assert computed == pytest.approx(exact, rel=1e-9)


def test_ode_and_closed_form_agree():
    times = [0.5, 3.0, 9.2, 9.4, 14.0, 60.0, 365.0]
    closed = simulate(get_model("stein_2019"), times=times).curve("transgene")
    flows = simulate(get_model("stein_2019_ode"), times=times).curve("transgene")
    np.testing.assert_allclose(flows, closed, rtol=1e-6)


def linear_compartments(system):
    """x_i flows to x_j with rate K[i][j] and leaves with k_out[i]."""
    rates, flows = {}, []
    for i, row in enumerate(system["K_from_row_to_col"]):
        for j, rate in [*enumerate(row), ("out", system["k_out"][i])]:
            if rate:
                into = "" if j == "out" else f"x{j}"
                rates[f"k_{i}_{j}"] = rate
                flows.append(Flow(f"from_{i}_to_{j}", f"k_{i}_{j} * x{i}", "exchange", out_of=f"x{i}", into=into))
    structure = Structure(
        states=tuple(State(f"x{i}", "1", "amount") for i in range(len(system["k_out"]))),
        flows=tuple(flows),
        quantities=tuple(Quantity(name, "1/d", "rate") for name in rates),
        dose_into="x0",
        time_unit="d",
    )
    return Model("linear", "linear compartments", structure, (Values("case", Source("case"), rates),))


def test_linear_compartments_are_the_matrix_exponential():
    for name, by_time in answers("ode_linear_compartments").items():
        system = read("ode_linear_compartments", "systems.json")[name]
        states = [f"x{i}" for i in range(len(system["k_out"]))]
        times = [float(t) for t in by_time]
        dose = [float(system["dose_in_state_1"])]
        computed = simulate(linear_compartments(system), regimen=dose, times=times, outputs=states, rtol=1e-9).values[0]
        expected = np.array(list(by_time.values())).T
        assert np.max(np.abs(computed - expected) / expected.max(axis=0)) < 1e-7, name
