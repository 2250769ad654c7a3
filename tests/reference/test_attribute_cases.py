"""Product attributes against R (glmnet, pROC, GSVA, brglm2) and against series of simulated data sets."""

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from livingdrug import attributes as at
from livingdrug.attributes.association import permutation_p
from livingdrug.attributes.composition import distance, variation
from livingdrug.attributes.folds import permutations
from livingdrug.attributes.penalised import largest_lambda

FOLDER = Path(__file__).parents[3] / "shared" / "reference" / "product_attributes"


def answers(case: str) -> dict:
    path = FOLDER / case / "answers.json"
    if not path.exists():
        pytest.skip(f"the reference folder product_attributes/{case} is not on this machine")
    return json.loads(path.read_text())["answers"]


def rows(case: str, name: str) -> list[dict]:
    path = FOLDER / case / name
    opened = gzip.open(path, "rt") if name.endswith(".gz") else path.open()
    with opened as text:
        return list(csv.DictReader(text))


def numbers(table: list[dict], names) -> np.ndarray:
    return np.array([[float(row[name]) for name in names] for row in table])


def outcome(case: str) -> at.Outcome:
    y = numbers(rows(case, "outcome.csv"), ["response"])[:, 0]
    return at.Outcome("response", "binary", y, np.ones(len(y)))


def expression(case: str) -> tuple[np.ndarray, list[str]]:
    """(products, genes) and the names of genes."""
    table = rows(case, "expression.csv.gz")
    gene, *products = table[0]
    return np.ascontiguousarray(numbers(table, products).T), [row[gene] for row in table]


def test_scores_equal_those_of_gsva():
    expected = answers("scores_200x12")
    table = rows("scores_200x12", "expression.csv")
    gene, *products = table[0]
    x, genes = numbers(table, products), [row[gene] for row in table]
    sets = at.read_signatures(FOLDER / "scores_200x12" / "signatures.gmt")
    keys = {"mean-z": "mean_z", "combined-z": "combined_z", "ssgsea": "ssgsea_raw", "plage": "plage"}
    for method, key in keys.items():
        found = at.score(x, genes, products, sets, method, least=3)
        for name, row in zip(found.names, found.scores, strict=True):
            wanted = np.array([expected[key][name][p] for p in products])
            sign = -1 if method == "plage" and row @ wanted < 0 else 1
            np.testing.assert_allclose(sign * row, wanted, atol=1e-6)
    (weighted,) = at.read_signatures(FOLDER / "scores_200x12" / "weighted_signature.csv")
    raw = at.score(x, genes, products, [weighted], "weighted").scores[0]
    np.testing.assert_allclose(raw, [expected["weighted_sum_raw"][p] for p in products], atol=1e-6)


def test_missing_genes_are_reported():
    answers("scores_200x12")
    sets = at.read_signatures(FOLDER / "scores_200x12" / "signatures.gmt")
    table = rows("scores_200x12", "expression.csv")
    found = at.score(numbers(table, ["P01", "P02"]), [r["gene"] for r in table], ["P01", "P02"], sets)
    coverage = {c.name: c for c in found.coverage}
    assert coverage["exhaustion_like"].missing == ("NOTHERE1", "NOTHERE2")
    assert np.isnan(
        found.scores[found.names.index("small_4")]
    ).all()  # four genes are no signature unless asked for


def test_elastic_net_equals_glmnet():
    expected = answers("elastic_net_path")
    table = rows("elastic_net_path", "data.csv")
    names = [name for name in table[0] if name.startswith("a")]
    x, y = numbers(table, names), numbers(table, ["response"])[:, 0]
    for fit in expected["fits"]:
        intercept, beta = at.elastic_net(x, y, fit["alpha"], fit["lambda"], fit["standardize"])
        wanted = np.array([fit["nonzero"].get(name, 0.0) for name in names])
        np.testing.assert_allclose(beta, wanted, atol=1e-5, rtol=1e-4)
        assert intercept == pytest.approx(fit["intercept"], abs=1e-5)
        assert (np.abs(beta) > 1e-6).sum() == fit["n_nonzero"]
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    outcome = at.Outcome("y", "binary", y, np.ones(len(y)))
    assert largest_lambda(z, outcome, 1.0) == pytest.approx(expected["lambda_max_alpha1"], rel=1e-6)


def test_ridge_by_its_dual_is_ridge_by_coordinates():
    from livingdrug.attributes.penalised import fit_ridge

    answers("elastic_net_path")
    table = rows("elastic_net_path", "data.csv")
    names = [name for name in table[0] if name.startswith("a")]
    x, y = numbers(table, names), numbers(table, ["response"])[:, 0]
    z = np.ascontiguousarray((x - x.mean(axis=0)) / x.std(axis=0))
    dual = np.empty(len(y))
    intercept = fit_ridge(z @ z.T, y, np.ones(len(y)), np.argsort(-y, kind="stable"), 0, 0.3 * len(y), dual)
    start, beta = at.elastic_net(z, y, 0.0, 0.3)
    np.testing.assert_allclose(z.T @ dual, beta, atol=1e-6)
    assert intercept == pytest.approx(start, abs=1e-6)


def test_firth_has_an_answer_under_separation():
    expected = answers("firth_separation")
    table = rows("firth_separation", "data.csv")
    event = numbers(table, ["response"])[:, 0] > 0.5
    for key, names in (
        ("two_covariates", ["memory_score", "product_b"]),
        ("one_covariate", ["memory_score"]),
    ):
        fit = at.fit_firth(numbers(table, names), event)
        wanted = expected[key]
        np.testing.assert_allclose(
            fit.estimates, [wanted["coef"][n] for n in ["(Intercept)", *names]], rtol=1e-4
        )
        np.testing.assert_allclose(fit.errors, [wanted["se"][n] for n in ["(Intercept)", *names]], rtol=1e-4)
        assert fit.penalised == pytest.approx(wanted["penalized_loglik"], abs=1e-6)
    low, high = at.profile_interval(numbers(table, ["memory_score"]), event, 1)
    assert 0 < low < 6.72 < high


def test_areas_equal_proc_and_a_perfect_one_has_an_interval():
    expected = answers("auc_delong_multiplicity")
    table = rows("auc_delong_multiplicity", "scores.csv")
    event = numbers(table, ["response"])[:, 0] > 0.5
    for name, wanted in expected["auc"].items():
        if name.startswith("score"):
            found = at.with_interval(numbers(table, [name])[:, 0], event)
            assert found.value == pytest.approx(wanted["auc"], abs=1e-6)
            assert found.variance == pytest.approx(wanted["delong_var"], abs=1e-6)
            assert found.upper - found.lower > 0.1
    a, b = (numbers(table, [name])[:, 0] for name in ("score_a", "score_b"))
    z, p = at.delong_difference(a, b, event)
    assert (z, p) == pytest.approx(
        (expected["auc"]["paired_delong_a_vs_b"]["z"], expected["auc"]["paired_delong_a_vs_b"]["p"]), abs=1e-6
    )


def test_benjamini_hochberg_leaves_missing_tests_out():
    expected = answers("auc_delong_multiplicity")
    p = json.loads((FOLDER / "auc_delong_multiplicity" / "p_values.json").read_text())
    for key, want in (("p", "adjusted"), ("p_with_missing", "adjusted_with_missing")):
        given = np.array([np.nan if v is None else v for v in p[key]], dtype=float)
        wanted = np.array([np.nan if v is None else v for v in expected[want]["BH"]], dtype=float)
        np.testing.assert_allclose(at.benjamini_hochberg(given), wanted, atol=1e-6)


def test_compositions_equal_scikit_bio():
    expected = answers("composition_zeros")
    table = rows("composition_zeros", "phenotype_percent.csv")
    parts = ("tn_tscm", "tcm", "tem", "temra")
    found = at.close(numbers(table, parts), parts, expected["detection_limit_percent"] / 100)
    np.testing.assert_allclose(found.fractions, expected["closed_replaced"], atol=1e-8)
    np.testing.assert_allclose(at.clr(found.fractions), expected["clr"], atol=1e-8)
    np.testing.assert_allclose(
        at.pivot(found.fractions), expected["ilr_pivot_ordered_tn_tcm_tem_temra"], atol=1e-8
    )
    np.testing.assert_allclose(
        distance(found.fractions[0], found.fractions), expected["aitchison_distance_first_row"], atol=1e-8
    )
    np.testing.assert_allclose(variation(found.fractions), expected["variation_matrix"], atol=1e-8)
    assert found.replaced.sum() == expected["n_zeros"]


def test_patients_are_counted_and_not_cells():
    expected = answers("treg_real_products")
    table = rows("treg_real_products", "treg.csv")
    counts = numbers(table, ["treg_cells", "car_positive_cells"])
    x, y = counts[:, 0] / counts[:, 1], np.array([float(row["response"] == "R") for row in table])
    assert permutation_p(x, y, exact=True) == pytest.approx(expected["perm_p_mean_difference"], abs=1e-5)
    (effect,) = at.relate(x[:, None], ("treg",), at.Outcome("R", "binary", y, np.ones(len(y))))
    assert 1 - effect.auc.value == pytest.approx(expected["auc_low_treg_predicts_R"], abs=1e-5)
    assert effect.p_value > 0.05 and effect.lower < 0 < effect.upper


def planted():
    x, genes = expression("planted_signatures")
    place = {gene: i for i, gene in enumerate(genes)}
    sets = at.read_signatures(FOLDER / "planted_signatures" / "signatures.gmt")
    members = np.array([place[gene] for s in sets for gene in s.genes])
    starts = np.cumsum([0, *(len(s.genes) for s in sets)])
    return x, genes, sets, starts, members


def test_planted_signatures_one_at_a_time():
    expected = answers("planted_signatures")["per_signature"]
    x, genes, sets, *_ = planted()
    scores = at.score(np.ascontiguousarray(x.T), genes, range(len(x)), sets).scores
    own = outcome("planted_signatures")
    effects = at.relate(np.ascontiguousarray(scores.T), tuple(s.name for s in sets), own)
    for effect in effects:
        assert effect.auc.value == pytest.approx(expected[effect.name]["auc"], abs=1e-6)
    assert [e.name for e in effects if e.q_value < 0.1] == ["sig02"]


def test_planted_signatures_together():
    """Signatures are scored within the folds; the null distribution is that of the sheet."""
    expected = answers("planted_signatures")["classifier"]
    x, genes, sets, starts, members = planted()
    features = at.Features(x, tuple(genes), starts, members, tuple(s.name for s in sets))
    own = outcome("planted_signatures")
    found = at.crossed(features, own, at.plan_for(own, 28, permutations=199))
    assert found.value == pytest.approx(0.82, abs=0.06)
    assert 0.002 <= found.p_value <= 0.06
    assert found.null.mean() == pytest.approx(0.5, abs=0.04)
    assert found.null.std() == pytest.approx(expected["permutation"]["null_sd"], abs=0.03)


def test_stability_finds_the_strongest_and_states_its_bound():
    expected = answers("planted_signatures")["classifier"]["stability"]
    x, genes, sets, *_ = planted()
    scores = at.score(np.ascontiguousarray(x.T), genes, range(len(x)), sets).scores
    found = at.stability(np.ascontiguousarray(scores.T), outcome("planted_signatures"))
    np.testing.assert_allclose(found.frequency, list(expected["freq"].values()), atol=0.12)
    assert np.argmax(found.frequency) == 1


def test_noise_stays_noise_and_selection_outside_the_folds_would_not():
    answers("null_auc")
    x, _ = expression("null_auc")
    own = outcome("null_auc")
    found = at.crossed(
        at.Features(x, ()), own, at.plan_for(own, x.shape[1], repeats=10, permutations=99, keep=10)
    )
    assert 0.25 < found.value < 0.76 and found.p_value > 0.05
    t = np.abs((x[own.y > 0.5].mean(axis=0) - x[own.y < 0.5].mean(axis=0)) / x.std(axis=0))
    leaky = at.crossed(
        at.Features(np.ascontiguousarray(x[:, np.argsort(-t)[:10]]), ()),
        own,
        at.plan_for(own, 10, permutations=0),
    )
    assert leaky.value > 0.9  # what the order of steps alone does: the trap is real, and not ours


def test_studies_left_out_do_not_inherit_the_study():
    expected = answers("studies_confounded")
    x, _ = expression("studies_confounded")
    own = outcome("studies_confounded")
    labels = np.array([row["study"] for row in rows("studies_confounded", "outcome.csv")])
    names = tuple(map(str, range(x.shape[1])))
    found = at.study(at.Features(x, names), own, labels=labels, keep=10, permutations=49)
    assert found.label_alone == pytest.approx(expected["this_data_set_P800"]["study_only_auc"], abs=1e-9)
    assert found.main.value > 0.65  # random folds: the study is seen, as the label alone is
    assert 0.2 < found.by_study.value < 0.75
    assert found.verdict == "no signal beyond chance"


def test_permutations_stay_within_studies():
    study = np.array([0, 0, 1, 1, 1, 2])
    places = permutations(np.zeros(6), study, 20, 1)
    assert (study[places] == study).all()
    assert len(np.unique(places, axis=0)) > 1
