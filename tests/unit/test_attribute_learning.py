"""What stands beside the main number of a learning study: intervals, Brier scores, missing outcomes, genes, new products."""

import json

import numpy as np
import pandas as pd
import pytest

from livingdrug import attributes as at
from livingdrug.attributes.learn import brier
from livingdrug.workflows.attributes.learn.spec import Learn
from livingdrug.workflows.attributes.learn.spec import run as learn
from livingdrug.workflows.attributes.relate.spec import Relate
from livingdrug.workflows.attributes.relate.spec import run as relate
from livingdrug.workflows.conduct import Conduct
from tests.commands import livingdrug


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    folder = tmp_path_factory.mktemp("learning")
    livingdrug("example", "attributes", folder)
    return folder


def learned(example, **given):
    given = {"file": str(example / "products.csv"), "permutations": 19, "repeats": 3} | given
    return learn(Learn(**given), Conduct())


def test_brier_of_a_known_prediction():
    outcome = at.Outcome("y", "binary", np.array([1.0, 0.0]), np.ones(2))
    eta = np.array([[np.log(4), np.log(1)], [np.log(4), np.log(1)]])
    assert brier(eta, outcome) == pytest.approx((0.2**2 + 0.5**2) / 2)
    assert np.isnan(brier(eta, at.Outcome("y", "continuous", np.array([1.0, 0.0]), np.ones(2))))


@pytest.mark.parametrize("method", ["ridge", "elastic-net", "lasso", "sparse-pls"])
@pytest.mark.parametrize("outcome", ["CR+PR", "log CMAX", "PFS (d):PFS event"])
def test_every_method_learns_every_kind_of_outcome_with_its_interval(example, method, outcome):
    """The made-up truth is a memory factor behind response, CMAX and PFS: every method finds it."""
    found = learned(example, outcome=outcome, method=method, new=str(example / "new_products.csv"))
    result = found.result
    assert result.lower < result.headline.value < result.upper
    assert result.headline.value > at.NOTHING[result.outcome.kind]
    model = found.model
    sign = -1 if "PFS" in outcome else 1  # a longer time is a lower hazard
    weight = dict(zip(model.names, model.coefficients, strict=True))
    assert sign * (weight["clr Tn/Tscm (%)"] - weight["clr Temra (%)"]) > 0
    assert len(found.predicted.predictions) == 5
    assert all(p.lower <= p.value <= p.upper for p in found.predicted.predictions)


def test_a_new_product_is_scored_alike_at_once_and_later(example, tmp_path):
    out = tmp_path / "run"
    words = ("--outcome", "CR+PR", "--permutations", 19, "--repeats", 2, "--new", example / "new_products.csv")
    assert livingdrug("attributes", "learn", example / "products.csv", *words, "--out", out).returncode == 0
    assert livingdrug(
        "attributes", "predict", example / "new_products.csv", "--folder", out, "--out", tmp_path / "later.csv"
    ).returncode == 0  # fmt: skip
    tables = json.loads((out / "record.json").read_text())
    later = pd.read_csv(tmp_path / "later.csv")
    assert f"{later['value'][0]:.3g}"[:5] in json.dumps(tables)


def test_calibration_has_intervals_and_a_p_value_against_permuted_outcomes(example):
    c = learned(example, outcome="CR+PR").result.calibration
    for value, low, high in (c.brier, c.slope, c.intercept):
        assert low < value < high
    assert c.brier_p == 1 / 20 and c.brier[0] < c.prevalence_brier


def test_products_without_an_outcome_are_noted_by_line(example, tmp_path):
    table = pd.read_csv(example / "products.csv")
    table.loc[[2, 5], "response"] = ""
    table.to_csv(tmp_path / "gone.csv", index=False)
    found = relate(Relate(file=str(tmp_path / "gone.csv"), outcome="CR+PR"))
    assert found.prepared.outcome.n == 58
    assert any("2 product(s) without an outcome" in note and "line 4, 7" in note for note in found.prepared.table.notes)
    table["response"] = ""
    table["PFS (d)"] = ""
    table.to_csv(tmp_path / "none.csv", index=False)
    for outcome in ("response", "PFS (d):PFS event", "CR"):
        answer = livingdrug("attributes", "relate", tmp_path / "none.csv", "--outcome", outcome)
        assert answer.returncode == 2 and "Traceback" not in answer.stderr
        assert "no product has an outcome" in answer.stderr or "no evaluable response" in answer.stderr


def test_effects_within_studies_are_written_and_pool_to_the_pooled_one(example, tmp_path):
    said = ("attributes", "relate", example / "products.csv", "--outcome", "CR+PR", "--out", tmp_path / "run")
    assert livingdrug(*said).returncode == 0
    rows = pd.read_csv(tmp_path / "run" / "by_study.csv")
    own = rows[rows["attribute"] == "clr Tn/Tscm (%)"].set_index("study")["effect"]
    assert set(own.index) == {"simulated A", "simulated B", "simulated C", "pooled"}
    singles = own.drop("pooled")
    assert singles.min() < own["pooled"] < singles.max()
    assert {p.name for p in (tmp_path / "run" / "pictures").glob("*.png")} == {"effects.png", "volcano.png"}


# ------------------------------------------------------------------------------------------------- genes


def test_signatures_are_scored_within_the_folds(example):
    found = learned(
        example, outcome="CR+PR", expression=str(example / "expression.csv"), signatures=str(example / "signatures.gmt")
    )
    assert found.result.features.set_names[0] == "simulated_set_1" and len(found.result.features.names) == 300
    assert found.result.main.value > 0.7 and found.stability is None


def test_genes_of_a_shuffled_matrix_are_joined_by_name(example, tmp_path):
    """Columns in another order, and products that are not in the table, change nothing."""
    table = pd.read_csv(example / "expression.csv", index_col=0)
    other = table.sample(frac=1, axis=1, random_state=3).assign(S99=1.0)
    other.to_csv(tmp_path / "other.csv")
    paths = example / "expression.csv", tmp_path / "other.csv"
    one, two = (learned(example, outcome="CR+PR", expression=str(path)) for path in paths)
    assert one.result.main.value == two.result.main.value


@pytest.mark.parametrize(
    ("change", "words", "said"),
    [
        (lambda t: t.rename(columns={"S01": "X01"}), (), "S01"),
        (lambda t: t.rename(index={t.index[4]: "2-Sep"}), (), "2-Sep"),
        (lambda t: t.rename(index=lambda g: f"Mus{g}"), ("--signatures", "signatures.gmt"), "no signature"),
        (lambda t: t, ("--signatures", "signatures.gmt", "--new", "new_products.csv"), "score the signatures"),
    ],
)
def test_genes_that_cannot_be_used_are_refused(example, tmp_path, monkeypatch, change, words, said):
    monkeypatch.chdir(example)
    change(pd.read_csv(example / "expression.csv", index_col=0)).to_csv(tmp_path / "x.csv")
    answer = livingdrug(
        "attributes", "learn", "products.csv", "--outcome", "CR+PR", "--expression", tmp_path / "x.csv", *words
    )
    assert answer.returncode == 2 and said in answer.stderr and "Traceback" not in answer.stderr


def test_a_gene_that_is_the_outcome_is_named(example, tmp_path):
    response = pd.read_csv(example / "products.csv")["response"].isin(["CR", "PR"]).astype(float)
    table = pd.read_csv(example / "expression.csv", index_col=0)
    table.loc["LEAK1"] = 5 + response.to_numpy()
    table.to_csv(tmp_path / "x.csv")
    answer = livingdrug(
        "attributes", "learn", example / "products.csv", "--outcome", "CR+PR", "--expression", tmp_path / "x.csv"
    )
    assert answer.returncode == 2 and "LEAK1" in answer.stderr
