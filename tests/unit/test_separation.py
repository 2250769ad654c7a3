"""What separates groups of vectors: against Mann-Whitney, every other question, eigenvalues, and known answers."""

import dataclasses

import numpy as np
import pytest

from livingdrug.core.errors import InputError
from livingdrug.models import Source, Values, get_model
from livingdrug.models.parameters import Population
from livingdrug.sensitivity import rules, separate, separation_sentences
from tests.commands import livingdrug

ENSEMBLE = "kirouac_2023_ensemble"


@pytest.fixture(scope="module")
def found():
    return separate(get_model(ENSEMBLE), "nr")


def made(rows, groups):
    """An ensemble of `stein_2019_ode`-like vectors: rows of (name, c_max, fold), and groups by name."""
    base = get_model("stein_2019")
    source = Source("test", "made for a test")
    vectors = tuple(
        Values(name, source, {**base.values[0].values, "c_max": c_max, "fold": fold}) for name, c_max, fold in rows
    )
    populations = tuple(Population(g, {}, source, members=dict.fromkeys(members, 1.0)) for g, members in groups.items())
    return dataclasses.replace(base, values=vectors, populations=populations)


def test_areas_are_those_of_mann_and_whitney(found):
    from scipy.stats import mannwhitneyu

    model = get_model(ENSEMBLE)
    assert list(found.area) == sorted(found.area, reverse=True) and len(found.quantities) == 27
    for k, name in enumerate(found.quantities):
        inside, others = ([v.values[name] for v in model.values if (v.name[:2] == "nr") is own] for own in (True, False))
        area = mannwhitneyu(inside, others).statistic / (12 * 24)
        assert found.area[k] == pytest.approx(max(area, 1 - area)) and found.higher[k] == (area > 0.5)
        assert found.medians[k] == pytest.approx([np.median(inside), np.median(others)])


def impurity(column, threshold, inside):
    """Vectors of both sides, each times the Gini impurity of its side."""
    total = 0.0
    for side in (column > threshold, column <= threshold):
        own = inside[side].mean() if side.any() else 0.0
        total += side.sum() * 2 * own * (1 - own)
    return total


def test_each_question_of_the_tree_is_the_best_one_there(found):
    model = get_model(ENSEMBLE)
    values = {name: np.array([v.values[name] for v in model.values]) for name in found.quantities}
    above = values[found.tree.first.quantity] > found.tree.first.threshold
    for split, there in ((found.tree.first, np.ones(36, bool)), (found.tree.low, ~above), (found.tree.high, above)):
        if split is None:
            assert len(set(found.inside[there])) == 1
            continue
        tried = [
            impurity(column[there], threshold, found.inside[there])
            for column in values.values()
            for threshold in np.unique(column[there])[:-1]
        ]
        own = impurity(values[split.quantity][there], split.threshold, found.inside[there])
        assert own == pytest.approx(min(tried)) and sum(split.sizes) == there.sum()
    assert sum(size for _, _, size in rules(found.tree, "nr")) == 36


def test_components_are_those_of_the_covariance(found):
    model = get_model(ENSEMBLE)
    y = np.log([[v.values[name] for name in found.quantities] for v in model.values])
    y = (y - y.mean(axis=0)) / y.std(axis=0)
    sizes = np.linalg.eigvalsh(y.T @ y)[::-1]
    assert found.explained == pytest.approx(sizes[:2] / sizes.sum())
    assert found.scores.var(axis=0) == pytest.approx(sizes[:2] / 36)
    assert abs(found.scores[:, 0] @ found.scores[:, 1]) < 1e-9


def test_a_quantity_that_parts_the_groups_completely_is_found():
    rows = [(f"a_{i}", 1e4 + i, 3000.0 + 10 * i) for i in range(6)] + [(f"b_{i}", 2e4 + i, 3005.0 + 10 * i) for i in range(6)]
    model = made(rows, {"a": [f"a_{i}" for i in range(6)], "b": [f"b_{i}" for i in range(6)]})
    found = separate(model, "a")
    assert found.quantities == ("c_max", "fold") and found.area[0] == 1.0 and not found.higher[0]
    assert found.tree.first.quantity == "c_max" and found.tree.first.threshold == pytest.approx(15002.5)
    assert found.tree.low is None and found.tree.high is None and found.left_out == 1.0
    assert separate(model, "b").higher[0] and separate(model, "b").area == pytest.approx(found.area)


def test_two_questions_part_what_one_cannot():
    """Between two values of one quantity: the area sees nothing, the tree all."""
    rows = [(f"in_{i}", 1.5e4 + i, 3000.0) for i in range(4)]
    rows += [(f"out_{i}", (1e4 if i % 2 else 2e4) + i, 3000.0) for i in range(4)]
    found = separate(made(rows, {"in": [f"in_{i}" for i in range(4)]}), "in")
    assert found.area[0] == 0.5
    ends = rules(found.tree, "in")
    assert sum(min(own, size - own) for _, own, size in ends) == 0 and len(ends) == 3


@pytest.mark.parametrize(
    ("name", "group", "said"),
    [("stein_2019", "sd", "no groups of vectors"), (ENSEMBLE, "nrr", "nr"), (ENSEMBLE, "all", "36 of the 36")],
)
def test_what_cannot_be_separated_is_refused(name, group, said):
    with pytest.raises(InputError, match=said):
        separate(get_model(name), group)


def test_the_command_says_the_same(tmp_path, found):
    run = livingdrug("sensitivity", ENSEMBLE, "--separate", "nr", "--out", "run", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    said = " ".join(run.stdout.split())
    assert all(" ".join(sentence.split()) in said for sentence in separation_sentences(found))
    assert list((tmp_path / "run").rglob("separation.png"))
    assert "vectors.csv" in {path.name for path in (tmp_path / "run").rglob("*.csv")}


@pytest.mark.parametrize(
    ("words", "flag"), [(("--cv", 0.5), "--cv"), (("--range", "dose=1,2"), "--range"), (("--dose", "1e8"), "--dose")]
)
def test_an_option_that_would_not_be_looked_at_is_refused(words, flag):
    run = livingdrug("sensitivity", ENSEMBLE, "--separate", "nr", *words)
    assert run.returncode == 2 and f"leave out {flag}" in run.stderr and "Traceback" not in run.stderr
