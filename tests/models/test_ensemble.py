"""The 36 fits of Kirouac 2023 as an ensemble: groups by name, and exposure-response from 432 virtual patients."""

import numpy as np
import pytest
from scipy.optimize import minimize

from livingdrug.models import get_model
from livingdrug.simulation import Regimen, Subjects, draw_subjects, find_population, simulate
from tests.commands import livingdrug
from tests.models.outcomes import rows, within

NAME = "kirouac_2023_ensemble"
WEIGHT = {"cr": 8 / 38, "pr": 5 / 38, "nr": 25 / 38}


def test_groups_draw_their_own_fits_as_a_whole():
    model = get_model(NAME)
    vectors = {v.name: v.values for v in model.values}
    subjects = draw_subjects(model, 300, seed=2, spread="nr")
    drawn = {name: subjects.values[name] for name in ("mu_memory", "k_kill", "divisions")}
    own = {tuple(vectors[f"nr_{i}"][name] for name in drawn) for i in range(1, 13)}
    assert {tuple(float(drawn[name][i]) for name in drawn) for i in range(300)} == own
    everyone, n = draw_subjects(model, 38_000, seed=2).values["k_kill"], 38_000
    responders = np.isin(everyone, [v["k_kill"] for name, v in vectors.items() if name.startswith("cr")])
    # a binomial share within four standard errors
    assert abs(responders.mean() - 8 / 38) < 4 * np.sqrt(8 / 38 * 30 / 38 / n)
    assert find_population(model, None).name == "all"


def test_the_command_takes_a_group(tmp_path):
    run = livingdrug("simulate", NAME, "-n", "40", "--variability", "cr", cwd=tmp_path)
    assert run.returncode == 0 and "12 fits of complete response" in run.stdout
    wrong = livingdrug("simulate", NAME, "-n", "40", "--spread", "sd", cwd=tmp_path)
    assert wrong.returncode == 2 and "unknown variability `sd`" in wrong.stderr


@pytest.fixture(scope="module")
def patients():
    """Group, exposures and weight of 36 fits x (3 doses x 4 burdens), at the middle of equal parts of their logarithms."""
    model = get_model(NAME)
    middle = {"dose": np.geomspace(1e7, 1e9, 7)[1::2], "burden": np.geomspace(8.5e8, 2.7e10, 9)[1::2]}
    plan = [(v, dose, burden) for v in model.values for dose in middle["dose"] for burden in middle["burden"]]
    values = {name: np.array([v.values[name] for v, *_ in plan]) for name in model.typical}
    values["tumour_0"] = values["antigen_0"] = np.array([burden for *_, burden in plan])
    regimens = [Regimen.of([float(dose)]) for _, dose, _ in plan]
    group = np.array([v.name[:2] for v, *_ in plan])
    made = {"group": group, "weight": np.array([WEIGHT[g] for g in group]) / 144}
    for until in (28.0, 60.0):
        subjects = Subjects(values, "432 patients")
        run = simulate(model, subjects, regimens, [until], until, ["car_t_blood", "tumour"], rtol=1e-8)
        assert not len(run.failed)
        made[f"AUC0-{until:g}"] = run.metric("car_t_blood", "AUC")
        if until == 28.0:
            made["better"] = run.values[:, 1, 0] <= 0.5 * values["tumour_0"]
    return made


def logistic(x, responds, weight) -> tuple[float, float]:
    """(slope, EC50) of a weighted logistic regression on ln x."""

    def loss(beta):
        z = np.where(responds, 1, -1) * (beta[0] + beta[1] * np.log(x))
        return (weight * np.logaddexp(0, -z)).sum()

    found = minimize(loss, [0.0, 0.5], method="BFGS", options={"gtol": 1e-10}).x
    return float(found[1]), float(np.exp(-found[0] / found[1]))


def test_exposure_response_of_the_ensemble_is_that_of_the_table(patients):
    responds = patients["group"] != "nr"
    table = {(r["output"], r["quantity"]): r for r in rows()
             if r["model"] == "kirouac_2023_exposure_response" and "grid points" in r["condition"]}
    slope, ec50 = logistic(patients["AUC0-60"], responds, patients["weight"])
    early = logistic(patients["AUC0-28"], responds, patients["weight"])
    simulated = logistic(patients["AUC0-60"], patients["better"], patients["weight"])
    late = ", response = tumour at day 28 at most half of B0"
    found = {
        "slope on ln AUC0-60": slope, "EC50 AUC0-60": ec50, "slope on ln AUC0-28": early[0], "EC50 AUC0-28": early[1],
        f"slope on ln AUC0-60{late}": simulated[0], f"EC50 AUC0-60{late}": simulated[1],
        "P(response) at AUC0-60 89.31 (persister)": 1 / (1 + (ec50 / 89.31) ** slope),
        "P(response) at AUC0-60 1.87 (non-persister)": 1 / (1 + (ec50 / 1.87) ** slope),
    }
    found = {("response", quantity): value for quantity, value in found.items()}
    for group in ("CR", "PR", "NR"):
        of_group = patients["AUC0-60"][patients["group"] == group.lower()]
        found[f"AUC0-60 of {group} vectors", "median"] = np.median(of_group)
        found[f"AUC0-60 of {group} vectors", "geometric mean"] = np.exp(np.log(of_group).mean())
    assert table.keys() <= found.keys()
    wrong = [(key, row["value"], found[key]) for key, row in table.items()
             if not within(row["tolerance"], float(row["value"]), found[key])]
    assert wrong == []
