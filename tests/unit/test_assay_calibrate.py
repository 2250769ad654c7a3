"""The slope from the assay to patients: what products with both tell of it, and what they do not."""

import numpy as np
import pandas as pd
import pytest

from livingdrug.assay import Clinic, Estimates, Rate, calibrate, predict_patient, read_link
from livingdrug.assay.calibrated import FEWEST, fit_slope
from livingdrug.core.errors import InputError
from livingdrug.models import get_model
from tests.commands import livingdrug

METRIC = "car_t_blood AUC28"
KNOWN = {"growth": 0.03, "crowding": 1e-5, "net_growth": 0.025, "contact_loss": 1e-6}
FACTORS = {"C1": 1.0, "C2": 0.6, "C3": 1.5, "C4": 2.2, "C5": 0.4, "C6": 1.2}


def made(factors=FACTORS, se=0.02, status="determined") -> Estimates:
    """Estimates of constructs that differ in killing alone; independent errors."""
    rates = tuple(
        Rate("k_kill", g, "1/cells/h", 1e-5 * f, 9e-6 * f, 1.1e-5 * f, np.log(1e-5 * f), se, 1e6, True, status)
        for g, f in factors.items()
    )
    n = len(rates)
    return Estimates(
        laws={"name": "exhaustion", "killing": "mass_action", "growth": "logistic"},
        rates=rates,
        covariance=se**2 * np.eye(n),
        pair_df=np.full((n, n), 1e6),
        donors={},
        others=(),
        errors=(),
        wells=96,
        readings=1000,
        minus2ll=0.0,
        notes=(),
        fixed=KNOWN,
        design={"effectors": 5000.0, "targets": 5000.0, "steps": [], "until": 24.0},
    )


@pytest.fixture(scope="module")
def model():
    return get_model("kirouac_2023")


@pytest.fixture(scope="module")
def patients(model):
    """Exposure that the model gives with a slope of 0.8 and no errors: mean logarithms by product."""
    link = read_link("k_kill=k_kill:0.8+-0")
    found = predict_patient(made(se=1e-9), model, [link], "C1", count=2)
    return {"C1": 0.0} | {c.group: np.log(c.ratio) for c in found.changes if c.metric == METRIC and c.of == "both"}


def clinic(patients: dict, sd=0.3, n=20) -> list[Clinic]:
    return [Clinic(g, METRIC, 5.0 + mean, sd, n) for g, mean in patients.items()]


def test_the_slope_that_made_the_patients_is_found(model, patients):
    found = calibrate(made(), model, "k_kill", "k_kill", clinic(patients, sd=0.01), "C1", METRIC)
    assert found.slope == pytest.approx(0.8, abs=0.03) and found.low < 0.8 < found.high
    assert found.df == 4 and found.scatter < 0.05
    for row in found.rows:
        assert row.rate == pytest.approx(FACTORS[row.group], rel=1e-6)
        assert row.factor == pytest.approx(row.rate**0.8, rel=0.05)
    # the link holds the interval as that of a normal distribution
    assert found.link.sd * 1.96 == pytest.approx(found.high - found.slope, rel=1e-2)
    assert not found.link.assumed


def test_the_slope_does_not_depend_on_which_product_is_the_control():
    rng = np.random.default_rng(3)
    n, x, y = 6, rng.normal(0, 0.5, 7), rng.normal(0, 0.5, 7)
    found = []
    for control in (0, 3):
        others = np.arange(7) != control
        shared = np.eye(n) + np.ones((n, n))
        found.append(fit_slope(x[others] - x[control], y[others] - y[control], 0.05**2 * shared, 0.1**2 * shared))
    assert found[0] == pytest.approx(found[1], rel=1e-6)


def test_a_slope_of_certain_numbers_is_least_squares_and_its_error_that_of_the_scatter():
    rng = np.random.default_rng(4)
    x, none, few = rng.normal(0, 0.6, 40), np.zeros((40, 40)), 1e-6 * np.eye(40)
    y = 0.7 * x + rng.normal(0, 0.2, 40) - rng.normal(0, 0.2)
    slope, se, scatter = fit_slope(x, y, none, few)
    # all share the control: a line with an intercept through the products, the control among them at (0, 0)
    columns = np.stack([np.append(0, x), np.ones(41)], axis=1)
    line, rest = np.linalg.lstsq(columns, np.append(0, y), rcond=None)[:2]
    assert slope == pytest.approx(line[0], abs=0.006)
    assert scatter == pytest.approx(np.sqrt(rest[0] / 39), rel=0.1)
    assert se == pytest.approx(np.sqrt(rest[0] / 39 * np.linalg.inv(columns.T @ columns)[0, 0]), rel=0.1)


def test_errors_of_the_assay_do_not_flatten_the_slope():
    """200 products, in fits of 50 each, as the time of one fit goes with their cube."""
    rng, slopes, flat = np.random.default_rng(7), [], []
    for _ in range(4):
        true = rng.normal(0, 0.5, 50)
        x, y = true + rng.normal(0, 0.4, 50), true + rng.normal(0, 0.1, 50)
        slopes.append(fit_slope(x, y, 0.4**2 * np.eye(50), 0.1**2 * np.eye(50))[0])
        flat.append(x @ y / (x @ x))
    assert max(flat) < 0.75  # least squares, as if the assay had no errors
    assert np.mean(slopes) == pytest.approx(1.0, abs=0.12)


def test_scatter_of_products_widens_a_prediction(model):
    estimates = made({"A": 1.0, "B": 1.5})
    widths = []
    for text in ("k_kill=k_kill:1+-0.1", "k_kill=k_kill:1+-0.1~0.8"):
        found = predict_patient(estimates, model, [read_link(text)], "A", count=100)
        both = next(c for c in found.changes if c.metric == METRIC and c.of == "both")
        widths.append(np.log(both.high / both.low))
    assert widths[1] > 3 * widths[0]
    with pytest.raises(InputError, match="SLOPE"):
        read_link("k_kill=k_kill:1+-0.1~-2")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"groups": 4}, f"a slope needs {FEWEST} or more"),
        ({"status": "not determined"}, "not determined by the assay"),
        ({"factors": dict.fromkeys(FACTORS, 1.0)}, "the same in all products"),
        ({"n": 1}, "one patient"),
        ({"high": 20.0}, "no factor on k_kill gives"),
        ({"control": "C9"}, "control construct"),
        ({"metric": "AUC"}, "clinical data"),
    ],
)
def test_what_cannot_be_calibrated_is_refused(model, patients, change, said):
    shown = dict(list(patients.items())[: change.get("groups", 6)])
    if "high" in change:
        shown["C4"] = change["high"]
    data = clinic(shown, n=change.get("n", 20))
    estimates = made(change.get("factors", FACTORS), status=change.get("status", "determined"))
    with pytest.raises(InputError, match=said):
        calibrate(
            estimates, model, "k_kill", "k_kill", data, change.get("control", "C1"), change.get("metric", METRIC)
        )


def test_the_command_gives_the_slope_as_a_prediction_takes_it(patients, tmp_path):
    (tmp_path / "fitted").mkdir()
    (tmp_path / "fitted" / "estimates.json").write_text(made().as_json())
    rng = np.random.default_rng(6)
    rows = [
        {"construct": g, "AUC28": np.exp(5 + mean + e)} for g, mean in patients.items() for e in rng.normal(0, 0.1, 8)
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "exposure.csv", index=False)
    ask = ("assay", "calibrate", tmp_path / "fitted", "--observed", tmp_path / "exposure.csv", "--metric", METRIC)
    done = livingdrug(*ask, "--map", "k_kill=k_kill", "--out", tmp_path / "slope")
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "The slope of logarithms is" in said and "--map 'k_kill=k_kill:" in said and "lymphodepletion" in done.stderr
    read_link(said.partition("--map '")[2].partition("'")[0])
    assert len(pd.read_csv(tmp_path / "slope" / "results.csv")) == 5
    assert (tmp_path / "slope" / "pictures" / "calibration.png").is_file()
    refused = livingdrug(*ask, "--map", "k_kill=k_kill:1+-0.5")
    assert refused.returncode == 2 and "states a slope" in refused.stderr and "Traceback" not in refused.stderr


def test_a_construct_without_patients_is_no_part_of_the_slope(model, patients):
    data = [c for c in clinic(patients) if c.group != "C6"]
    found = calibrate(made(), model, "k_kill", "k_kill", data, "C1", METRIC)
    assert [row.group for row in found.rows] == ["C2", "C3", "C4", "C5"]
    assert any("no patients of C6" in note for note in found.notes)


def test_a_slope_that_nothing_holds_is_no_estimate():
    """Differences in the assay that are all error, and patients that differ a lot: the end of what is tried is no answer."""
    x, y = np.array([0.05, -0.04, 0.03, -0.06]), np.array([1.5, -1.2, 1.1, -1.4])
    with pytest.raises(InputError, match="do not determine the slope"):
        fit_slope(x, y, 0.3**2 * np.eye(4), 0.05**2 * np.eye(4))
