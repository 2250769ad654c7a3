"""`livingdrug attributes carry`: ratios of attributes into a mechanistic model, by closed forms and limiting cases."""

from dataclasses import replace
from importlib import import_module

import numpy as np
import pandas as pd
import pytest

from livingdrug import attributes as at
from livingdrug.attributes.carried import _values
from livingdrug.attributes.scales import whole_of
from livingdrug.core.errors import InputError
from livingdrug.models import get_model
from livingdrug.simulation import carry, read_link, settled, simulate
from livingdrug.workflows.assay.predict.spec import AssayPrediction, Predicted
from livingdrug.workflows.attributes.carry.spec import Carry, run
from tests.commands import livingdrug


def carried(**given):
    given = {"model": "kirouac_2023", "draws": 40, "links": ("memory=e_memory:1+-0",)} | given
    return run(Carry(**given))


def test_a_known_ratio_is_the_simulation_with_that_value():
    """Without uncertainty the answer is the model simulated at the typical value times the ratio."""
    found = carried(changes=("memory=1.2",)).found
    model = get_model("kirouac_2023")
    times = np.linspace(0, 28, 57)
    own, base = (
        simulate(m, times=times, until=28.0, outputs=["car_t_blood"]).metric("car_t_blood", "CMAX")[0]
        for m in (model.with_values({"e_memory": 1.2 * model.typical["e_memory"]}), model)
    )
    both = next(c for c in found.changes if c.metric == "car_t_blood CMAX" and c.of == "both")
    assert both.ratio == pytest.approx(own / base, rel=1e-6) and both.low == pytest.approx(both.high)


def test_memory_from_a_share_of_1_6_to_5_percent_raises_the_peak_by_a_third():
    """Solved apart from this package (facts of product attributes): 1.14e8 to 1.50e8 cells within 60 days."""
    model = get_model("kirouac_2023")
    v = model.typical
    others = v["e_effector1"] + v["e_effector2"] + v["e_exhausted"]
    ratio = 0.05 * others / 0.95 / v["e_memory"]
    links = settled(model, [read_link("memory=e_memory:1+-0")])
    found = carry(model, links, {"more": np.full((20, 1), np.log(ratio))}, "CR 1", until=60.0)
    peak = next(c for c in found.changes if c.metric == "car_t_blood CMAX")
    assert peak.ratio == pytest.approx(1.50 / 1.14, abs=0.015)


def test_a_doubling_time_moves_division_the_other_way_and_slopes_scale():
    faster = carried(links=("doubling time=mu_memory:-1+-0",), changes=("doubling time=0.9",)).found
    assert faster.factors["new product", "mu_memory"][0] == pytest.approx(1 / 0.9)
    half = carried(links=("doubling time=mu_memory:-0.5+-0",), changes=("doubling time=0.9",)).found
    assert half.factors["new product", "mu_memory"][0] == pytest.approx(0.9**-0.5)


def test_both_uncertainties_are_in_the_band_and_each_alone_is_narrower():
    found = carried(links=("memory=e_memory:1+-0.5",), changes=("memory=1.5+-0.3",), draws=300).found
    own = {c.of: np.log(c.high / c.low) for c in found.changes if c.metric == "car_t_blood CMAX"}
    assert own["both"] > max(own["attribute"], own["slope"]) > 0
    low, high = np.log(found.factors["new product", "e_memory"][1:])
    # variance of a product of independent numbers: slope s, log ratio r
    r, sr, s, ss = np.log(1.5), 0.2, 1.0, 0.5
    sd = np.sqrt(s**2 * sr**2 + r**2 * ss**2 + sr**2 * ss**2)
    assert high - low == pytest.approx(2 * 1.96 * sd, rel=0.2)


def test_no_change_of_the_attribute_changes_nothing_whatever_the_slope():
    found = carried(links=("memory=e_memory:1+-0.5",), changes=("memory=1",)).found
    assert all(c.ratio == pytest.approx(1, abs=1e-9) and c.low == pytest.approx(c.high) for c in found.changes)


def test_response_follows_the_exposure_through_its_slope():
    given = {"changes": ("memory=1.5",), "response": "CMAX=2+-0", "rate": 0.4}
    one = carried(**given)
    ratio = next(c.ratio for c in one.found.changes if c.metric == "car_t_blood CMAX")
    odds = 0.4 / 0.6 * ratio**2
    assert one.responses["new product"][0] == pytest.approx(odds / (1 + odds), rel=1e-6)
    unsure = carried(**given | {"response": "CMAX=2+-1"}).responses["new product"]
    assert unsure[2] - unsure[1] > 0.01


def test_a_value_outside_of_the_published_range_is_said():
    said = carried(links=("memory=mu_memory:1+-0",), changes=("memory=4",)).found.cautions
    assert len(said) == 1 and "mu_memory" in said[0] and "100%" in said[0]
    with pytest.raises(InputError, match="gives no patient with these rates: car_t_blood reaches"):
        carried(links=("memory=mu_memory:1+-0",), changes=("memory=8",))


@pytest.mark.parametrize("kind", ["attributes.carry", "assay.predict"])
def test_a_caution_of_what_is_carried_over_is_shown_by_every_kind(kind):
    scenario, found = Carry(model="kirouac_2023", links=("memory=e_memory:1+-0",), changes=("memory=1.2",)), carried(
        changes=("memory=1.2",)
    )
    found = replace(found, found=replace(found.found, cautions=("mu_memory leaves its range",)))
    if kind == "assay.predict":
        scenario, found = AssayPrediction(folder="fitted", links=("k_kill=k_kill",)), prediction_of(found.found)
    shown = import_module(f"livingdrug.workflows.{kind}.answer").answer(scenario, found)
    assert "mu_memory leaves its range" in shown.flags


def prediction_of(found):
    """The same numbers, named as `assay predict` does."""
    changes = tuple(replace(c, of={"attribute": "assay"}.get(c.of, c.of)) for c in found.changes)
    return Predicted((), "C1", replace(found, changes=changes))


def test_a_peak_of_infused_cells_is_said_to_be_no_expansion():
    found = carried(model="singh_2021", links=("killing=k_kill:1+-0",), changes=("killing=0.01",), days=3.0).found
    assert any("CMAX of transgene is the level of the infused cells" in text for text in found.cautions)


@pytest.fixture(scope="module")
def products(tmp_path_factory):
    path = tmp_path_factory.mktemp("lots") / "lots.csv"
    table = pd.DataFrame(
        {
            "patient": ["A", "B", "C"],
            "Tcm (%)": [20.0, 30.0, 0.0],
            "days in culture": [8, 10, 12],
            "doublings": [4, 4, 6],
            "difference": [1.0, -1.0, 0.5],
        }
    )
    table.to_csv(path, index=False)
    return at.read_products(path)


def test_ratios_of_a_table_and_their_error(products):
    own = at.ratios_of(products, ["Tcm (%)", "doubling time"], ["B"], "A", 0.1)["B"]
    assert own[0].ratio == pytest.approx(1.5) and own[1].ratio == pytest.approx(2.5 / 2)
    assert own[0].log_sd == pytest.approx(np.sqrt(2 * np.log(1.01)))
    mean = at.ratios_of(products, ["doubling time"], ["B"], None, 0.1)["B"][0]
    assert mean.ratio == pytest.approx(2.5 / (2 * 2.5 * 2) ** (1 / 3))
    assert mean.log_sd == pytest.approx(np.sqrt(np.log(1.01) * (1 + 1 / 3)))
    draws = at.drawn(own, 20_000, 1, "B")
    assert draws.std(axis=0) == pytest.approx([r.log_sd for r in own], rel=0.03)
    assert draws.mean(axis=0) == pytest.approx(np.log([r.ratio for r in own]), abs=0.005)


def test_a_fraction_of_zero_stands_at_the_detection_limit(products):
    assert at.ratios_of(products, ["Tcm (%)"], ["C"], "A", 0)["C"][0].ratio == pytest.approx(0.65 * 0.5 / 20)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--map", "memory=e_memory"), "either"),
        (("--map", "memory=e_memory", "--change", "memory=0"), "above 0"),
        (("--map", "memory=e_memory", "--change", "memory=1.2+-x"), "cannot be read"),
        (("--map", "memory=e_memry", "--change", "memory=1.2"), "e_memory"),
        (("--map", "memory", "--change", "memory=1.2"), "RATE=QUANTITY"),
        (("--map", "memory=e_memory", "--change", "memry=1.2"), "memry"),
        (("--map", "memory=e_memory", "--change", "memory=1.2,cd4=2"), "cd4"),
        (("--map", "memory=e_memory", "--change", "memory=1.2", "--lot", "A"), "--products"),
        (("--map", "Tcm (%)=e_memory", "--products", "{}", "--lot", "A"), "--cv"),
        (("--map", "Tcm (%)=e_memory", "--products", "{}", "--cv", "0.1"), "--lot"),
        (("--map", "Tcm (%)=e_memory", "--products", "{}", "--cv", "0.1", "--lot", "Z"), "Z"),
        (("--map", "VCN=e_memory", "--products", "{}", "--cv", "0.1", "--lot", "A"), "VCN"),
        (("--map", "difference=e_memory", "--products", "{}", "--cv", "0", "--lot", "A"), "0 or below"),
        (("--map", "memory=e_memory", "--change", "memory=1.2", "--response", "CMAX=1"), "--rate"),
        (("--map", "memory=e_memory", "--change", "memory=1.2", "--response", "XX=1", "--rate", "0.5"), "XX"),
        (("--map", "memory=e_memory", "--change", "memory=1.2", "--draws", "3"), "20"),
    ],
)
def test_what_cannot_be_carried_is_refused_in_words(words, said, products, tmp_path):
    file = tmp_path / "lots.csv"
    pd.DataFrame(
        {"patient": products.patients, **{c.heading: products.texts[c.heading] for c in products.columns[1:]}}
    ).to_csv(file, index=False)
    words = [str(file) if w == "{}" else w for w in words]
    answer = livingdrug("attributes", "carry", "kirouac_2023", "--draws", 20, *words)
    assert answer.returncode == 2 and said in answer.stderr and "Traceback" not in answer.stderr


def test_a_column_is_a_percentage_where_its_gate_says_so(tmp_path):
    """Small percentages without a sign in their heading: the other parts of their gate tell, for a zero as for a scale."""
    table = pd.DataFrame({"patient": ["A", "B", "C", "D"], "Tscm": [1.2, 0.8, 0.0, 0.4], "Tn": [20.0, 30.0, 25.0, 41.0]})
    path = tmp_path / "lots.csv"
    table.to_csv(path, index=False)
    lots = at.read_products(path)
    column = next(c for c in lots.columns if c.heading == "Tscm")
    assert column.gate and whole_of(lots, column) == 100.0
    assert min(v for v in _values(lots, "Tscm") if v == v) == pytest.approx(0.65 * 0.005 * 100)
