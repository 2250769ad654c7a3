"""Predictions from an assay beside later data of patients: bands, directions, order, and how little a few products tell."""

import json

import numpy as np
import pandas as pd
import pytest

from livingdrug.assay import Change, Clinic, read_clinic, score_prediction
from livingdrug.assay.scored import part, rank_correlation, rank_interval
from tests.commands import livingdrug

METRICS = ("car_t_blood CMAX", "car_t_blood AUC28")


def change(group: str, ratio: float, width: float = 2.0, metric: str = METRICS[0], of: str = "both") -> Change:
    return Change(group, metric, "cells/uL", 100.0, ratio, ratio / width, ratio * width, of)


def clinic(group: str, ratio: float, n: int = 10, sd: float = 0.3) -> Clinic:
    return Clinic(group, METRICS[0], float(np.log(ratio)), sd, n)


def written(folder, rows) -> str:
    pd.DataFrame(rows).to_csv(folder / "observed.csv", index=False)
    return str(folder / "observed.csv")


@pytest.fixture
def predicted(tmp_path):
    """The folder of a prediction of two products beside C1."""
    folder = tmp_path / "patient"
    folder.mkdir()
    changes = [vars(change(g, r, metric=m)) for g, r in (("C2", 2.0), ("C3", 0.5)) for m in METRICS]
    (folder / "prediction.json").write_text(json.dumps({"control": "C1", "model": "kirouac_2023", "changes": changes}))
    return folder


def test_what_is_observed_is_a_ratio_of_geometric_means_with_a_pooled_sd():
    found = score_prediction([change("C2", 2.0)], [clinic("C1", 1.0, 5, 0.2), clinic("C2", 3.0, 9, 0.4)], "C1").rows[0]
    pooled = np.sqrt((4 * 0.2**2 + 8 * 0.4**2) / 12)
    half = 2.178813 * pooled * np.sqrt(1 / 5 + 1 / 9)  # t of 12 degrees of freedom
    assert found.observed == pytest.approx(3.0)
    assert (found.observed_low, found.observed_high) == pytest.approx((3 * np.exp(-half), 3 * np.exp(half)), rel=1e-6)


@pytest.mark.parametrize(
    ("observed", "held", "direction"), [(2.1, True, "agrees"), (9.0, False, "agrees"), (0.4, False, "disagrees")]
)
def test_a_band_holds_what_lies_within_the_errors_of_both(observed, held, direction):
    found = score_prediction([change("C2", 2.0)], [clinic("C1", 1.0), clinic("C2", observed)], "C1").rows[0]
    assert found.held is held and found.direction == direction


def test_a_band_is_widened_by_the_error_of_the_patients():
    many, few = (
        score_prediction([change("C2", 2.0)], [clinic("C1", 1.0, n, 1.2), clinic("C2", 5.5, n, 1.2)], "C1").rows[0]
        for n in (400, 3)
    )
    assert many.held is False and few.held is True  # the same ratio, known less well


def test_an_order_that_is_right_scores_one_and_a_reversed_one_minus_one():
    groups = {"C2": 2.0, "C3": 0.5, "C4": 3.0, "C5": 0.2}
    changes = [change(g, r) for g, r in groups.items()]
    right = score_prediction(changes, [clinic("C1", 1.0), *(clinic(g, r) for g, r in groups.items())], "C1").metrics[0]
    wrong = score_prediction(changes, [clinic("C1", 1.0), *(clinic(g, 1 / r) for g, r in groups.items())], "C1").metrics[0]
    assert right.rank == pytest.approx(1) and wrong.rank == pytest.approx(-1)
    assert right.directions.k == right.directions.n == 4 and right.chance == pytest.approx(1 / 16)
    assert wrong.directions.k == 0 and wrong.chance == 1


def test_three_products_leave_nearly_every_rank_correlation_open():
    low, high = rank_interval(1.0, 3)
    assert low < -0.2 and high > 0.9
    narrower = [np.diff(rank_interval(1.0, n))[0] for n in (3, 5, 8, 20)]
    assert all(a > b for a, b in zip(narrower, narrower[1:], strict=False))


def test_the_interval_of_a_rank_correlation_of_many_is_fishers():
    low, high = rank_interval(0.6, 100)
    half = 1.96 * 1.03 / np.sqrt(97)  # Fieller 1957
    assert low == pytest.approx(np.tanh(np.arctanh(0.6) - half), abs=0.04)
    assert high == pytest.approx(np.tanh(np.arctanh(0.6) + half), abs=0.04)
    a, b = rank_interval(-0.6, 100)
    assert (-b, -a) == pytest.approx((low, high), abs=0.03)


def test_parts_have_exact_binomial_intervals():
    assert (part(2, 2).low, part(2, 2).high) == pytest.approx((0.025**0.5, 1.0))
    assert (part(0, 3).low, part(0, 3).high) == pytest.approx((0.0, 1 - 0.025 ** (1 / 3)))
    assert part(5, 10).low == pytest.approx(0.1870860, abs=1e-6)
    assert np.isnan(part(0, 0).low)


def test_ties_have_their_mean_rank():
    assert rank_correlation(np.array([1.0, 2, 2, 3]), np.array([1.0, 2, 3, 4])) == pytest.approx(np.sqrt(0.9))
    assert np.isnan(rank_correlation(np.ones(3), np.arange(3.0)))


def test_one_patient_a_product_gives_no_interval_and_no_verdict():
    found = score_prediction([change("C2", 2.0)], [clinic("C1", 1.0, 1, np.nan), clinic("C2", 2.0, 1, np.nan)], "C1")
    assert found.rows[0].held is None and found.rows[0].direction == "open" and found.metrics[0].held.n == 0
    assert any("one patient" in note for note in found.notes)


def test_patients_and_means_by_product_are_the_same_data(tmp_path):
    rng = np.random.default_rng(1)
    rows = [{"construct": g, "CMAX": np.exp(rng.normal(m, 0.5))} for g, m in (("C1", 4.0), ("C2", 5.0)) for _ in range(6)]
    single = read_clinic(written(tmp_path, rows), METRICS)
    means = [{"product": c.group, "metric": "CMAX", "n": c.n, "geometric_mean": np.exp(c.mean),
              "geometric_cv": 100 * np.sqrt(np.expm1(c.sd**2))} for c in single]  # fmt: skip
    for a, b in zip(single, read_clinic(written(tmp_path, means), METRICS), strict=True):
        assert (a.group, a.metric, a.n) == (b.group, b.metric, b.n)
        assert (a.mean, a.sd) == pytest.approx((b.mean, b.sd))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"construct": "C1", "CMAX": 5}, {"construct": "C2", "CMAX": "<25"}], "line 3"),
        ([{"construct": "C1", "CMAX": 5}, {"construct": "C2", "CMAX": -3}], "no number above 0"),
        ([{"construct": "C1", "TMAX": 5}], "call the columns as the prediction does"),
        ([{"patient": "1", "CMAX": 5}], "has no column `construct`"),
        ([{"construct": "C1", "metric": "CMAX", "n": 3}], "geometric_mean"),
        ([{"construct": "C2", "CMAX": 5}], "control construct"),
        ([{"construct": "C1", "CMAX": 5}], "no product has both"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_a_sentence(predicted, tmp_path, rows, said):
    done = livingdrug("assay", "score", predicted, "--observed", written(tmp_path, rows))
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr


def test_a_folder_without_a_prediction_is_refused(tmp_path):
    done = livingdrug("assay", "score", tmp_path, "--observed", written(tmp_path, [{"construct": "C1", "CMAX": 5}]))
    assert done.returncode == 2 and "holds no prediction.json" in done.stderr


def test_the_command_says_what_two_products_cannot_tell_and_writes_a_folder(predicted, tmp_path):
    rng = np.random.default_rng(2)
    rows = [{"construct": g, "CMAX": np.exp(rng.normal(m, 0.2)), "AUC28": np.exp(rng.normal(m, 0.2))}
            for g, m in (("C1", 0.0), ("C2", 0.7), ("C3", 2.5)) for _ in range(8)]  # fmt: skip
    done = livingdrug("assay", "score", predicted, "--observed", written(tmp_path, rows), "--out", tmp_path / "scored")
    assert done.returncode == 0, done.stderr
    assert "2 product(s) beside the control cannot confirm" in " ".join(done.stdout.split())
    assert "C3, car_t_blood CMAX: predicted" in done.stderr and "other way" in done.stderr
    table = pd.read_csv(tmp_path / "scored" / "results.csv").set_index(["group", "metric"])
    assert bool(table.loc[("C2", METRICS[0]), "held"]) and not bool(table.loc[("C3", METRICS[0]), "held"])
    metrics = pd.read_csv(tmp_path / "scored" / "metrics.csv")
    assert metrics.of.tolist() == [2, 2] and (metrics.rank_low < 0.3).all()
    assert (tmp_path / "scored" / "pictures" / "scored.png").is_file()
