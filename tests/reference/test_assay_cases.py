"""Killing assays against independent calculations: trajectories, closed forms, fits of real and of simulated plates."""

import json

import numpy as np
import pandas as pd
import pytest

from livingdrug.assay import (
    AssayPlan,
    CountErrors,
    assay_model,
    estimates_of,
    expected_errors,
    fit_assay,
    killing_pressure,
    observe,
    usual_designs,
)
from livingdrug.assay.course import Course, Steps
from tests.assay_plates import REFERENCE, case, impedance, simulated

BASE = {"growth": np.log(2) / 24, "crowding": 1e-5, "k_kill": 1e-5, "contact_loss": 1e-6}
LAWS = {"name": "exhaustion", "killing": "mass_action", "growth": "logistic"}
KEYS = {"k_kill": "kappa_per_h_per_cell", "net_growth": "gnet_per_h", "contact_loss": "nu_per_h_per_cell"}


def run(values, effectors, targets, times, steps=None):
    steps = steps or Steps(*(np.array([]) for _ in range(4)))
    course = Course(assay_model(**LAWS), (steps,), (np.asarray(times, dtype=float),))
    return course.solve(
        {k: np.array([v]) for k, v in values.items()}, np.array([[effectors, targets]]), rtol=1e-12
    )


def test_serial_killing_at_1e_8():
    answers = json.loads((case("serial_killing_reference_visible") / "answers.json").read_text())["answers"]
    steps = Steps(np.array([24.0, 48.0, 72.0]), np.ones(3), np.full(3, 5000.0), np.zeros(3))
    changed = {"baseline": (1, 1), "kappa_x3": (3, 1), "gamma_x0.5": (1, 0.5)}
    assert set(answers) <= set(changed)
    for name, rows in answers.items():
        kill, grow = changed[name]
        values = BASE | {"k_kill": kill * 1e-5, "net_growth": grow * np.log(2) / 24 - 1e-3}
        times = [24 * (row["round"] - 1) + row["h_in_round"] for row in rows]
        found = run(values, 5000.0, 5000.0, times, steps)
        for k, letter in ((0, "E"), (1, "T")):
            expected = [row.get(letter, row.get(f"{letter}_end")) for row in rows]
            assert found.cells[:, k] == pytest.approx(expected, rel=1e-8)


def test_serial_killing_closed_forms_at_1e_8():
    folder = case("serial_killing_analytic_limits_visible")
    cases = json.loads((folder / "parameters.json").read_text())
    answers = json.loads((folder / "answers.json").read_text())["answers"]
    for p, answer in zip(cases, answers, strict=True):
        values = {"growth": p["rho"], "crowding": p["beta"], "k_kill": p["kappa"], "net_growth": p["gamma"]}
        values["contact_loss"] = 0.0
        limits = {
            "T_when_gamma=theta_nu=0": (1, {"net_growth": 0.0}),
            "T_when_beta=0_nu=0_theta=0": (1, {"crowding": 0.0}),
            "T_when_kappa=0": (1, {"k_kill": 0.0}),
            "E_when_nu=0_theta=0": (0, {}),
        }
        for name, expected in answer.items():
            k, changes = limits[name]
            cells = run(values | changes, p["E0"], p["T0"], p["t"]).cells[:, k]
            seen = np.array(expected) > 1e-6
            assert cells[seen] == pytest.approx(np.array(expected)[seen], rel=1e-8)


def sheet() -> pd.DataFrame:
    path = REFERENCE.parent / "facts" / "data" / "killing_assay_well_fits.csv"
    if not path.is_file():
        pytest.skip("the sheet of independent fits is not here")
    table = pd.read_csv(path)
    return table[table.weights == "given_sd"]


NAMES = {
    "growth": ("rho", 1.0),
    "crowding": ("kinv", 1e4),
    "k_kill": ("kappa1", 1e4),
    "k_expand": ("kappa2", 1e4),
    "effector_death": ("theta", 1.0),
}


def well_fit(pair: str, line: str, errors: str):
    rows = sheet()
    rows = rows[(rows.wells == pair) & (rows.line == line)].set_index("parameter")
    first = rows.iloc[0]
    alone = first.effector_start_CI == 0
    fixed = {"k_kill": 0.0, "k_expand": 0.0, "effector_death": 0.0} if alone else {}
    plan = AssayPlan(assay_model("carrgo"), by=("well",), shared=(), errors=errors, fixed=fixed)
    most = 10_000 if errors == "given" else 60
    plate = impedance(pair, 1e4 * first.effector_start_CI)
    # the sheet prints times with four decimals
    return fit_assay(plan, observe(plate, first.t_first_h - 1e-3, first.t_last_h + 1e-3, most)), rows


@pytest.mark.parametrize(("line", "pair"), [("PBT1", "A1,A2"), ("PBT1", "B1,B2"), ("PBT2", "H1,H2")])
def test_wells_of_the_real_data_are_fitted_as_the_independent_fits(line, pair):
    """Same weights (the SD of the file), so the same estimates, standard errors and chi squared."""
    fit, rows = well_fit(pair, line, "given")
    assert len(fit.seen.y) == rows.n.iloc[0]
    assert fit.ended
    chi2 = (((fit.seen.y - fit.point.expected.level) / fit.seen.sd) ** 2).sum()
    assert chi2 == pytest.approx(rows.chi2.iloc[0], rel=1e-4)
    found = {fit.layout.columns[j].rate: j for j in fit.rates()}
    assert found
    for rate, j in found.items():
        name, scale = NAMES[rate]
        assert fit.value(j) * scale == pytest.approx(rows.estimate[name], rel=2e-3)
        se = np.sqrt(fit.uncertainty.covariance[j, j])
        assert 100 * se == pytest.approx(rows.rse_naive_pct[name], rel=0.03)


def test_correlated_errors_widen_the_interval_as_the_sheet_says():
    """Readings every 15 minutes are not independent: the sheet's adjusted interval of growth is 0.035 to 0.058."""
    plain, rows = well_fit("A1,A2", "PBT1", "given")
    fit, _ = well_fit("A1,A2", "PBT1", "correlated")
    wider = [np.sqrt(f.uncertainty.covariance[0, 0]) for f in (fit, plain)]
    assert wider[0] > 4 * wider[1]
    rho = estimates_of(fit, {"name": "carrgo"}).of("growth", "A1,A2")
    assert rho.status == "determined"
    assert rows.lo95_adjusted["rho"] < rho.low < rows.estimate["rho"] < rho.high < rows.hi95_adjusted["rho"]


@pytest.fixture(scope="module")
def typical():
    """Plate V2 fitted: 12 % noise, donors, lost wells, counts 8 % high."""
    plate = simulated("V2")
    return estimates_of(fit_assay(AssayPlan(assay_model(**LAWS)), observe(plate)), LAWS)


def truth(name: str) -> dict:
    found = json.loads((case("killing_assay_simulated") / "truth.json").read_text())
    return next(t for t in found if t["plate"] == name)


def test_rates_of_the_typical_plate_lie_in_their_intervals(typical):
    for group, rates in truth("V2")["constructs"].items():
        for rate, key in KEYS.items():
            found = typical.of(rate, group)
            assert found.status == "determined"
            assert found.low < rates[key] < found.high


def test_ratios_are_known_better_than_rates_because_donors_cancel(typical):
    ratios = {(r.rate, r.group): r for r in typical.ratios("C1")}
    inside = []
    for group, rates in truth("V2")["ratio_to_C1"].items():
        for rate, key in (("k_kill", "kappa"), ("net_growth", "gnet"), ("contact_loss", "nu")):
            if group != "C1":
                found = ratios[rate, group]
                assert found.ratio == pytest.approx(rates[key], rel=0.1)
                inside.append(found.low < rates[key] < found.high)
                rate_width = np.log(typical.of(rate, group).high / typical.of(rate, group).low)
                assert np.log(found.high / found.low) < 0.6 * rate_width
    assert sum(inside) >= len(inside) - 1


def test_counts_that_are_all_too_high_are_found(typical):
    scale = next(row for row in typical.others if row[0].startswith("reading_scale"))
    assert scale[1] == pytest.approx(np.log(1.08), abs=3 * scale[2])
    assert scale[1] > 4 * scale[2]


def test_the_confounded_plate_says_so():
    """One reading at 24 h: killing, proliferation and loss stand in for each other."""
    fit = fit_assay(AssayPlan(assay_model(**LAWS)), observe(simulated("V3")))
    found = estimates_of(fit, LAWS)
    effectors = [r for r in found.rates if r.rate in KEYS]
    assert len(effectors) == 12
    assert {r.status for r in effectors} == {"not determined"}
    assert all(np.isnan(r.low) and np.isnan(r.high) for r in effectors)
    assert all(np.isnan(r.low) and np.isnan(r.ratio) for r in found.ratios("C1") if r.rate in KEYS)
    # what one reading does tell: the mean killing pressure of each construct at each number of effectors
    pressure = {(p.group, p.ratio): p for p in killing_pressure(fit)}
    assert len(pressure) == 12
    assert all(pressure[group, 1.0].low > 0.02 for group in ("C1", "C2", "C3", "C4"))
    assert pressure["C2", 1.0].low > pressure["C1", 1.0].high


def test_edge_effect_and_seeding_error_are_found():
    edge = fit_assay(AssayPlan(assay_model(**LAWS)), observe(simulated("V4")))
    se = np.sqrt(np.diag(edge.uncertainty.covariance))
    by_name = {c.name: (edge.point.columns[j], se[j]) for j, c in enumerate(edge.layout.columns)}
    for name, expected in (("growth (outer wells)", 0.75), ("reading of targets (outer wells)", 0.85)):
        value, se = by_name[name]
        assert abs(value - np.log(expected)) < 3 * se
        assert value < -4 * se
    seeded = fit_assay(AssayPlan(assay_model(**LAWS)), observe(simulated("V5")))
    names = [c.name for c in seeded.layout.columns]
    low = seeded.point.columns[names.index("effectors_0 (donor D2)")]
    others = [seeded.point.columns[names.index(f"effectors_0 (donor D{k})")] for k in (1, 3)]
    assert np.exp(low - np.mean(others)) == pytest.approx(0.55, rel=0.1)


def test_expected_errors_of_designs_are_those_of_the_sheet():
    """Ten designs, four points, three assumptions on errors; the sheet counts effectors without a limit."""
    path = REFERENCE.parent / "facts" / "data" / "killing_assay_design_rse.csv"
    if not path.is_file():
        pytest.skip("the sheet of designs is not here")
    net = BASE["growth"] - 1e-3
    points = {
        "baseline": {},
        "kappa/3": {"k_kill": 1e-5 / 3},
        "nu*5": {"contact_loss": 5e-6},
        "gnet/2": {"net_growth": net / 2},
    }
    errors = {
        "A": CountErrors(well=0.0, seeding=0.0, effector_limit=0.0),
        "B": CountErrors(seeding=0.0, effector_limit=0.0),
        "C": CountErrors(effector_limit=0.0),
    }
    table, model, seen = pd.read_csv(path), assay_model(**LAWS), 0
    for point, rows in table.groupby("point"):
        for design, (_, group) in zip(usual_designs(), rows.groupby("design", sort=False), strict=True):
            for _, row in group.iterrows():
                values = BASE | {"net_growth": net} | points[point]
                found = expected_errors(model, values, design, errors[row.case[0]])
                assert found.readings == row.readings_above_limit
                for rate, name in (("k_kill", "kappa"), ("net_growth", "gnet"), ("contact_loss", "nu")):
                    expected = row[f"rse_{name}_pct"]
                    if np.isnan(expected):
                        assert np.isinf(found.rse[rate])
                    else:
                        assert 100 * found.rse[rate] == pytest.approx(expected, rel=0.01)
                        seen += 1
    assert seen > 250
