"""What a model says of itself, and how it is found by it; several vectors of one model."""

import numpy as np
import pytest

from livingdrug.core.errors import InputError, ModelError
from livingdrug.export import model_text
from livingdrug.models import About, get_model, list_models
from livingdrug.models.about import WORDS
from livingdrug.models.catalogue import find_models, list_runnable
from livingdrug.simulation import draw_subjects, find_population
from livingdrug.simulation.population import member_of
from tests.commands import livingdrug


@pytest.mark.parametrize("name", list_models())
def test_every_model_says_what_it_is_for(name):
    about = get_model(name).about
    assert about and all(text.endswith(".") for text in (about.purpose, about.origin, about.can, about.cannot))
    assert about.disease and about.target and about.mechanism and about.data and about.licence


def test_models_are_found_by_every_word_that_one_has():
    for key, words in WORDS.items():
        for word in words:
            for name in find_models(**{key: word.upper()}):
                assert word in getattr(get_model(name).about, key)
    both = find_models(disease="lymphoma", mechanism="phenotypes")
    assert "muellerschoell_2021" in both and set(both) < set(find_models(disease="lymphoma")) < set(list_models())
    with pytest.raises(InputError, match="unknown disease `lymfoma`; did you mean `lymphoma`"):
        find_models(disease="lymfoma")
    with pytest.raises(ModelError, match="about, kind: unknown word `fits`"):
        About("a", "b", "c", "d", kind="fits")


def test_the_command_lists_shows_and_refuses(tmp_path):
    listed = livingdrug("models", "--disease", "lymphoma", "--licence", "cc0", cwd=tmp_path)
    assert "kimmel_2021" in listed.stdout and "stein_2019" not in listed.stdout
    none = livingdrug("models", "--disease", "lupus", "--target", "BCMA", cwd=tmp_path)
    assert none.returncode == 2 and "no model has disease `lupus`, target `BCMA`" in none.stderr and not none.stdout
    shown = livingdrug("models", "show", "kimmel_2021", cwd=tmp_path).stdout.split("equations")[0]
    assert all(f"{word}  " in shown for word in ("for", "from", "can", "cannot", "run"))
    wrong = livingdrug("simulate", "minucci_2024:f018", cwd=tmp_path)
    assert wrong.returncode == 2 and "unknown vector `f018`; did you mean `f0118`" in wrong.stderr


def test_a_vector_is_the_model_with_its_numbers():
    model = get_model("minucci_2024:f0118")
    assert model.full_name == "minucci_2024:f0118" and model.typical["weight"] == 80.0
    assert model.system == get_model("minucci_2024").system
    assert model.with_vector("f0104").typical == get_model("minucci_2024").typical
    with pytest.raises(InputError, match="unknown vector `f9`"):
        get_model("minucci_2024").with_vector("f9")


def test_a_mixture_draws_whole_vectors_by_their_weights():
    model = get_model("muellerschoell_2021")
    population, n = find_population(model, None), 20_000
    subjects = draw_subjects(model, n, seed=4)
    low = subjects.values["low_class"]
    # a binomial share within four standard errors
    assert set(low) == {0.0, 1.0} and abs(low.mean() - 0.197) < 4 * np.sqrt(0.197 * 0.803 / n)
    log_v1 = np.log(subjects.values["v1_reference"] / 0.00846)
    assert log_v1.std() == pytest.approx(np.sqrt(np.log1p(1.5**2)), rel=0.03)
    # a subject is the same whoever else is drawn, and what a user sets holds for all
    again = member_of(population, 4, 700, 300)
    np.testing.assert_array_equal(again == 1, low[700:1000] == 1.0)
    assert set(draw_subjects(model.with_values(low_class=1.0), 50, seed=4).values["low_class"]) == {1.0}
    with pytest.raises(InputError, match="draws each subject from 2 published vectors"):
        model_text(model, "nonmem", "table_1")
    assert "OMEGA" in model_text(model, "nonmem")


def test_a_number_that_is_not_public_is_asked_for_and_nothing_runs_without_it(tmp_path):
    refused = livingdrug("simulate", "sahoo_2020", cwd=tmp_path)
    assert refused.returncode == 2 and not refused.stdout
    for name in ("tumour_max", "tumour_0", "car_t_0"):
        assert f"`{name}`" in refused.stderr
    assert "--set NAME=VALUE" in refused.stderr and "Traceback" not in refused.stderr
    given = ("--set", "tumour_max=5", "--set", "tumour_0=1", "--set", "car_t_0=0.1")
    run = livingdrug("simulate", "sahoo_2020", "--days", "4", *given, cwd=tmp_path)
    assert run.returncode == 0 and "tumour_index" in run.stdout
    assert "not public" in livingdrug("models", "show", "sahoo_2020", cwd=tmp_path).stdout
    for name in set(list_models()) - set(list_runnable()):
        with pytest.raises(InputError, match="has no number for"):
            _ = get_model(name).typical
