"""Populations matched to published exposures."""

import numpy as np
import pytest

from livingdrug.core.draws import effective
from livingdrug.core.errors import InputError
from livingdrug.models import get_model, read_model, to_toml
from livingdrug.population import (
    Target,
    balanced,
    candidates,
    match,
    model_of,
    of_product,
    quantiles,
    read_targets,
)
from livingdrug.population.targets import lognormal_points
from livingdrug.simulation import Draw, draw_subjects, simulate

MODEL = get_model("stein_2019")


def log_normal(exposure: str, median: float, sd: float, n: int) -> Target:
    levels, values = zip(*sorted(lognormal_points(median, sd).items()), strict=True)
    return Target(exposure, "transgene", "copies/ug", levels, values, n, "made up")


def test_weights_of_one_condition_are_those_of_its_strata():
    held = np.array([[1.0]] * 30 + [[0.0]] * 70)
    weights = balanced(held, np.array([0.6]), np.array([[1e-12]]))
    assert weights[:30] == pytest.approx(0.6 / 30, rel=1e-6) and weights[30:] == pytest.approx(0.4 / 70, rel=1e-6)
    assert effective(weights) == pytest.approx(1 / (30 * 0.02**2 + 70 * (0.4 / 70) ** 2), rel=1e-5)


def test_without_a_difference_the_weights_are_even():
    held = np.array([[1.0, 0.0]] * 50 + [[0.0, 1.0]] * 50)
    weights = balanced(held, np.array([0.5, 0.5]), 0.01 * np.eye(2))
    assert weights == pytest.approx(0.01, rel=1e-8)


def test_targets_of_few_patients_are_followed_less():
    held = np.array([[1.0]] * 50 + [[0.0]] * 50)
    near, far = (balanced(held, np.array([0.8]), np.array([[0.16 / n]]))[:50].sum() for n in (10_000, 5))
    assert near == pytest.approx(0.8, abs=1e-3)
    # the balance of both: misfit times its precision against the logarithm of the odds
    assert far == pytest.approx(0.8 - 0.16 / 5 * np.log(far / (1 - far)), abs=1e-8)


def test_weighted_percentiles():
    assert quantiles(np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 2.0]), [25, 50, 75, 100]).tolist() == [1, 2, 2, 3]


def test_a_population_of_another_median_is_reached_and_written(tmp_path):
    target = log_normal("CMAX", 20_000.0, 1.0, 200)
    found = candidates(MODEL, [target], Draw(1500, 1, "sd"))
    made = match(MODEL, [target], found, keep=100)
    name = target.name
    assert not made.out_of_reach and made.effective > 200
    assert made.distance(target, made.before[name]) > 0.05 > made.distance(target, made.after[name])
    own = quantiles(found.values[name], made.weights, [50])[0]
    assert own == pytest.approx(20_000, rel=0.1)
    path = tmp_path / "matched.toml"
    path.write_text(to_toml(model_of(made, "matched", "made up")))
    model = read_model(path)
    drawn = simulate(model, draw_subjects(model, 1000), until=28.0, times=[0.0, 28.0])
    assert np.median(drawn.metric("transgene", "CMAX")) == pytest.approx(20_000, rel=0.25)
    # every subject is one of the members
    kept = found.values[name][made.members > 0]
    assert np.isclose(drawn.metric("transgene", "CMAX")[:, None], kept[None], rtol=1e-6).any(axis=1).all()


def test_accepted_candidates_count_once():
    target = log_normal("CMAX", 20_000.0, 1.0, 200)
    found = candidates(MODEL, [target], Draw(1500, 1, "sd"))
    made = match(MODEL, [target], found, by="accept", keep=5000)
    kept = made.weights > 0
    assert made.effective == pytest.approx(kept.sum()) and set(made.members) == {0, 1}
    assert made.distance(target, made.after[target.name]) < made.distance(target, made.before[target.name])


def test_targets_out_of_reach_are_said():
    target = log_normal("CMAX", 1e9, 0.2, 200)
    found = candidates(MODEL, [target], Draw(300, 1, "sd"))
    assert match(MODEL, [target], found).out_of_reach


def test_a_product_gives_targets_of_its_group():
    targets = of_product("kymriah", MODEL, "responder, N=114")
    by = {t.exposure: t for t in targets}
    assert by.keys() == {"CMAX", "TMAX", "AUC28"}
    assert dict(zip(by["CMAX"].levels, by["CMAX"].values, strict=True))[50.0] == pytest.approx(32_900)
    assert by["TMAX"].levels == pytest.approx((100 / 115, 50, 11400 / 115)) and by["TMAX"].n == 114
    with pytest.raises(InputError, match="name one with --group"):
        of_product("kymriah", MODEL)
    with pytest.raises(InputError, match="does not convert"):
        of_product("kymriah", get_model("kirouac_2023"), "responder, N=114")


HEAD = '[[targets]]\nexposure = "CMAX"\nunit = "copies/ug"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD + "median = 500\np90 = 100", "median is 500, above p90 100"),
        (HEAD + "n = 9\nmin = 5\nmax = 2", "the lowest value cannot be above the highest"),
        (HEAD + "min = 5\nmax = 20", "add `n`"),
        (HEAD + "median = 5\nmean = 4\nsd = 2", "give either percentiles"),
        (HEAD + "mean = 4", "come together"),
        (HEAD, "give either percentiles"),
        (HEAD + "median = 0", "above 0"),
        (HEAD + "median = 5\n" + HEAD + "median = 6", "two targets"),
        (HEAD + "medain = 5", "median"),
        (HEAD.replace("copies/ug", "cells/uL") + "median = 5", "does not convert"),
        (HEAD.replace("copies/ug", "blobs") + "median = 5", "not a known unit"),
        ('[[targets]]\nexposure = "CMAX"\nmedian = 5', "`unit` is missing"),
        ('[[targets]]\nexposure = "TMIN"\nmedian = 5', "TMIN"),
        ('[[targets]]\nexposure = "response"\nrate = 0.5', "`output` is missing"),
        ('[[targets]]\nexposure = "response"\noutput = "transgene"\nrate = 2\nday = 5\nbelow = 1', "between 0 and 1"),
        ("targets = 5", "no list of targets"),
    ],
)  # fmt: skip
def test_targets_that_cannot_be_are_refused_in_a_sentence(text, words):
    with pytest.raises(InputError) as caught:
        read_targets(text, "targets.toml", MODEL)
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_a_response_is_a_part_of_the_start():
    model = get_model("kirouac_2023")
    (target,) = read_targets(
        '[[targets]]\nexposure = "response"\noutput = "tumour"\nday = 28\nbelow = 0.5\nrate = 0.5\nn = 40', "t.toml", model
    )
    found = candidates(model, [target], Draw(60, 1, None, 0.5))
    result = simulate(model, draw_subjects(model, 60, cv=0.5), times=[0.0, 28.0], until=28.0, outputs=["tumour"])
    responds = result.values[:, 0, 1] <= 0.5 * result.values[:, 0, 0]
    use = found.usable
    assert (found.values[target.name][use] == responds[use]).all() and 0 < use.sum() <= 60
