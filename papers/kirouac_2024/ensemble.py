"""The 36 published fits of Kirouac 2023 as patients: exposures, responses, and what separates the groups."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from livingdrug.models import Model, get_fragment, get_model
from livingdrug.sensitivity import separate
from livingdrug.simulation import Regimen, Subjects, simulate

NAME = "kirouac_2023_ensemble"
# Kirouac 2023: dose and burden of its virtual patients, both log-uniform; 8 CR, 5 PR and 25 NR of 38 patients
DOSES, BURDENS = (1e7, 1e9), (8.5e8, 2.7e10)
WEIGHT = {"cr": 8 / 38, "pr": 5 / 38, "nr": 25 / 38}
REFERENCE = Path(__file__).parent / "virtual_patients.csv"
DOSE, BURDEN, LITRES = 1e8, 1e10, 5e6  # of the fits; uL of blood
SEEDS = range(12)
PRECISE = 1e-8


def run(plan: pd.DataFrame, until: float, *fragments: str, **changes: float | np.ndarray) -> pd.DataFrame:
    """Simulate rows of (vector, dose, burden) to `until` days; adds CMAX, TMAX, AUC (cells/uL) and the tumour's last size
    over its first. `changes` sets quantities for all rows, or for each."""
    model = get_model(NAME)
    for name in fragments:
        model = model + get_fragment(name)
    values = _values(model, plan)
    for name, value in changes.items():
        values[name] = np.broadcast_to(np.asarray(value, float), len(plan)).copy()
    doses = [Regimen.of([float(dose)]) for dose in plan["dose"]]
    outputs = ["car_t_blood", "tumour"]
    result = simulate(model, Subjects(values, "fits of Kirouac 2023"), doses, [until], until, outputs, rtol=PRECISE)
    assert not len(result.failed), result.reason[result.failed[0]]
    exposures = {name.lower(): result.metric("car_t_blood", name) for name in ("CMAX", "TMAX", "AUC")}
    return plan.assign(**exposures, tumour=result.values[:, 1, 0] / plan["burden"].to_numpy())


def _values(model: Model, plan: pd.DataFrame) -> dict[str, np.ndarray]:
    """Quantities of every row: of its fit, with its burden as tumour and antigen at infusion."""
    fits = {fit.name: fit.values for fit in model.values}
    typical = model.typical
    values = {
        name: np.array([fits[vector].get(name, typical[name]) for vector in plan["vector"]], float) for name in typical
    }
    values["tumour_0"] = values["antigen_0"] = plan["burden"].to_numpy(float)
    return values


def fits(*groups: str) -> pd.DataFrame:
    """The fits of some groups (all by default) at the dose and burden of their fitting."""
    names = [fit.name for fit in get_model(NAME).values if not groups or fit.name[:2] in groups]
    return pd.DataFrame({"vector": names, "group": [name[:2] for name in names], "dose": DOSE, "burden": BURDEN})


@cache
def published() -> pd.DataFrame:
    """All 36 fits to day 60, with their expansion ratio and whether the tumour was at most half by day 28."""
    plan = fits()
    table = run(plan, 60.0)
    shrinks = run(plan, 28.0)["tumour"] <= 0.5
    return table.assign(ratio=table["cmax"] * LITRES / table["dose"], responds=shrinks)


@cache
def grid() -> pd.DataFrame:
    """432 virtual patients: every fit at 3 doses and 4 burdens, the middles of equal parts of the logarithms."""
    reference = pd.read_csv(REFERENCE)
    plan = pd.DataFrame(
        {"vector": reference["vector"], "dose": reference["dose_cells"], "burden": reference["burden_cells"]}
    )
    plan = plan.assign(group=plan["vector"].str[:2])
    return weighted(run(plan, 60.0)).assign(reference=reference["auc60_d_cells_per_uL"])


def random_patients(seed: int) -> pd.DataFrame:
    """432 virtual patients: every fit at 12 doses and burdens, drawn log-uniformly."""
    plan = pd.concat([fits()] * 12, ignore_index=True)
    rng = np.random.default_rng(seed)
    dose, burden = (np.exp(rng.uniform(*np.log(ends), len(plan))) for ends in (DOSES, BURDENS))
    return weighted(run(plan.assign(dose=dose, burden=burden), 60.0))


def weighted(table: pd.DataFrame) -> pd.DataFrame:
    """With weights that make the groups as frequent as in the study."""
    sizes = table.groupby("group")["group"].transform("size")
    return table.assign(weight=table["group"].map(WEIGHT) / sizes)


def exposure_response(table: pd.DataFrame) -> tuple[float, float]:
    """(slope, EC50) of the weighted logistic regression of a responder's fit (CR, PR) on ln AUC to day 60.

    Newton's method; the likelihood has one maximum.
    """
    x = np.column_stack([np.ones(len(table)), np.log(table["auc"])])
    y, w = (table["group"] != "nr").to_numpy(float), table["weight"].to_numpy()
    beta = np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ beta))
        step = np.linalg.solve((x * (w * p * (1 - p))[:, None]).T @ x, x.T @ (w * (y - p)))
        beta += step
        if np.abs(step).max() < 1e-12:
            break
    return float(beta[1]), float(np.exp(-beta[0] / beta[1]))


def probability(auc, slope: float, ec50: float):
    """Probability of response at an AUC to day 60."""
    return 1 / (1 + (ec50 / np.asarray(auc, float)) ** slope)


@cache
def separation() -> pd.DataFrame:
    """How well each quantity of the fits parts non-responders from responders: area under the ROC curve, 0.5 (not at all)
    to 1, whichever direction."""
    found = separate(get_model(NAME), "nr").table()
    direction = np.where(found["higher_in_group"], "lower", "higher")
    return found[["quantity", "roc_area"]].assign(in_responders=direction)


def responding_with(group: str, changes: dict[str, float]) -> int:
    """How many of the 12 fits of a group have at most half of the tumour on day 28 with these values instead."""
    return int((run(fits(group), 28.0, **changes)["tumour"] <= 0.5).sum())


def middle(group: str, quantity: str) -> float:
    """Median of a quantity over the fits of a group."""
    return float(np.median([fit.values[quantity] for fit in get_model(NAME).values if fit.name[:2] == group]))
