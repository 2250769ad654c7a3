"""Joining fragments: order, partners, what is refused."""

from dataclasses import replace
from itertools import permutations

import pytest

from livingdrug.core.errors import InputError, ModelError, UnitError
from livingdrug.models import get_fragment, get_model, list_fragments, list_models

STACK = ("allogeneic_killing", "comedication", "host_competition", "tissue")


def joined(base, names):
    model = get_model(base)
    for name in names:
        model = model + get_fragment(name)
    return model


@pytest.mark.parametrize("base", ["kirouac_2023", "singh_2021"])
def test_order_of_plus_changes_nothing(base):
    host = "host_competition" if base == "kirouac_2023" else "host_recovery_logistic"
    names = [name if name != "host_competition" else host for name in STACK]
    systems = {joined(base, order).system for order in permutations(names)}
    assert len(systems) == 1


def test_a_structure_of_lists_is_put_together_too():
    model = get_model("singh_2021")
    lists = replace(model, structure=replace(model.structure, states=list(model.structure.states)))
    assert lists.system.states == model.system.states


def test_grouping_of_plus_changes_nothing():
    tissue, host = get_fragment("tissue"), get_fragment("host_competition")
    base = get_model("kirouac_2023")
    assert (base + (tissue + host)).system == ((base + host) + tissue).system == ((tissue + host) + base).system


@pytest.mark.parametrize(
    ("base", "fragments", "error", "sentence"),
    [
        ("stein_2019", ["tissue"], ModelError, "closed form"),
        ("stein_2019_ode", ["host_competition"], UnitError, "no conversion"),
        ("two_compartment_hill", ["tissue"], ModelError, "car_t"),
        ("carrgo_restimulation", ["tissue"], ModelError, "clock in h"),
        ("kirouac_2023", ["allogeneic_killing"], ModelError, "host_t"),
        ("kirouac_2023", ["host_competition", "host_competition_logistic"], ModelError, "host_50|host"),
        ("singh_2021", ["host_competition"], ModelError, "no CAR-T expansion"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(base, fragments, error, sentence):
    with pytest.raises(error, match=sentence) as caught:
        _ = joined(base, fragments).system
    assert "\n" not in str(caught.value)


def test_the_same_fragment_twice_is_refused():
    with pytest.raises(ModelError, match="twice"):
        joined("kirouac_2023", ["tissue", "tissue"])


def test_symbols_of_the_paper_select_parameters():
    model = get_model("kirouac_2023")
    assert model.with_values({"muM": 0.5}).typical["mu_memory"] == 0.5
    assert model.with_values({r"\mu_M": 0.5}).typical["mu_memory"] == 0.5


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("mu_memry", 1.0, "did you mean `mu_memory`"),
        ("mu_memory", -1.0, "must not be negative"),
        ("mu_memory", float("nan"), "finite"),
        ("mu_memory", "fast", "must be a number in 1/d"),
        ("f_max", 1.5, "between 0 and 1"),
    ],
)
def test_bad_values_are_refused_by_name(name, value, sentence):
    with pytest.raises(InputError, match=sentence):
        get_model("kirouac_2023").with_values({name: value})


def test_unknown_names_offer_the_nearest():
    with pytest.raises(InputError, match="`kirouac_2023`"):
        get_model("kirouac_2032")
    with pytest.raises(InputError, match="`tissue`"):
        get_fragment("tisue")


@pytest.mark.parametrize("name", list_models())
def test_every_number_has_unit_meaning_and_source(name):
    model = get_model(name)
    for quantity in model.quantities:
        assert quantity.meaning
        assert model.source_of(quantity.name).citation or model.source_of(quantity.name).note, quantity.name


@pytest.mark.parametrize("name", list_fragments())
def test_every_fragment_covers_its_quantities(name):
    fragment = get_fragment(name)
    shared = {"blood_volume"}
    assert {q.name for q in fragment.structure.quantities} - shared <= set(fragment.values.values)
