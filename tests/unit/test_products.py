"""Approved products: the facts as published, and subjects placed among them."""

import json

import numpy as np
import pytest
from scipy.special import ndtr

from livingdrug.core.errors import InputError
from livingdrug.data import Reading, cross, read_data
from livingdrug.models import list_models
from livingdrug.nca import NcaSettings, nca
from livingdrug.nca.summary import summary
from livingdrug.products import (
    compare,
    exposure_facts,
    facts,
    find_card,
    find_product,
    list_products,
    product_cards,
    product_variability,
    variability_ratios,
)
from tests.commands import livingdrug

TEXT = "ID,TIME,DV,ASSAY\n" + "".join(
    f"{who},{t},{v},qPCR\n" for who, top in (("A", 34700), ("B", 5000))
    for t, v in ((0, 1), (5, 900), (10, top), (14, top / 3), (21, top / 20), (28, top / 60))
)  # fmt: skip


def analysis(folder, reading=None, text=TEXT, settings=None):
    (folder / "d.csv").write_text(text)
    return nca(read_data(folder / "d.csv", reading or Reading(time_unit="d", unit="copies/ug")), settings)


def fact(population, parameter, source="US prescribing"):
    found = [f for f in exposure_facts() if f.population.startswith(population) and f.parameter == parameter]
    return next(f for f in found if f.source.startswith(source))


def test_every_fact_has_population_unit_and_source():
    assert len(exposure_facts()) == 179
    for f in exposure_facts():
        assert f.product and f.population and f.unit and f.source and f.assay
    for table in ("responses", "exposure_response", "expansion_ratios"):
        assert all(row["source"] for row in facts(table))


def test_the_label_table_by_indication_and_response():
    responder = fact("responder (CR/CRi)", "CMAX")
    assert (responder.value, responder.spread, responder.unit) == (34700, "155.4", "copies/ug")
    assert fact("responder (CR/CRi)", "AUC28").value == 318000 and fact("responder (CR/PR)", "CMAX").value == 5210
    for f in exposure_facts():
        if f.spread_type == "geoCV%" and f.log_sd:
            assert f.log_sd == pytest.approx(np.sqrt(np.log1p((float(f.spread) / 100) ** 2)), abs=0.002)


def test_table_1_is_recomputed_from_its_own_numbers():
    for row in facts("expansion_ratios"):
        high = float(row["cmax_high"]) * float(row["blood_volume_uL"]) / float(row["dose_cells"])
        assert float(row["ratio_high"]) == pytest.approx(high, rel=1e-3)


@pytest.mark.parametrize("name", ["Yescarta", "brexu-cel", "Breyanzi", "Aucatzyl", "afami-cel"])
def test_a_label_table_that_was_not_read_is_said_and_nothing_stands_in_its_place(name):
    card = find_card(name)
    assert "label table" in card.not_read and "section 12.3" in card.not_read
    assert not [fact for fact in card.exposures if "prescribing information" in fact.source]


@pytest.mark.parametrize(("name", "product"), [
    ("Kymriah", "tisagenlecleucel"), ("ide-cel", "idecabtagene vicleucel"), ("tisagenlecleucel", "tisagenlecleucel"),
])  # fmt: skip
def test_products_are_found_by_any_of_their_names(name, product):
    assert find_product(name) == product and product in list_products()


def test_the_geometric_mean_is_the_50th_percentile_and_the_rest_is_log_normal(tmp_path):
    placed = compare(analysis(tmp_path), "kymriah", "ALL").placements
    one = next(p for p in placed if p.fact.population.startswith("responder (CR/CRi)") and p.fact.parameter == "CMAX")
    assert one.percentile[0] == pytest.approx(50) and not one.cautions
    assert one.percentile[1] == pytest.approx(100 * ndtr(np.log(5000 / 34700) / one.fact.log_sd))
    assert one.ratio == pytest.approx(np.sqrt(5000 / 34700)) and one.low < one.ratio < one.high


def test_the_models_population_is_log_normal_around_its_peak(tmp_path):
    placed = compare(analysis(tmp_path, text=TEXT.replace("34700", "24000")), "kymriah", "ALL").placements
    model = next(p for p in placed if p.fact.statistic == "model" and p.fact.parameter == "CMAX")
    assert model.percentile[0] == pytest.approx(50, abs=1.5)
    assert model.percentile[1] == pytest.approx(100 * ndtr(np.log(5000 / 24000) / 0.65), abs=1.5)


def test_differences_of_assay_and_unit_are_said(tmp_path):
    other = compare(analysis(tmp_path, text=TEXT.replace("qPCR", "ddPCR")), "kymriah").placements
    assert all(any("assays differ: yours ddPCR, published qPCR" in c for c in p.cautions) for p in other if not p.absent)
    silent = compare(analysis(tmp_path, text=TEXT.replace("qPCR", "")), "kymriah").placements
    assert any("your assay is not stated" in c for c in silent[0].cautions)
    cells = compare(analysis(tmp_path, Reading(time_unit="d", unit="cells/uL")), "kymriah")
    assert all(np.isnan(p.percentile).all() for p in cells.placements)
    assert all("only a named unit conversion" in p.absent for p in cells.placements if p.fact.assay == "qPCR")
    frame = cells.table()
    assert (frame["flag"] == "absent").all() and frame["reason"].str.len().min() > 0


def test_a_bridge_is_stamped_on_every_placement(tmp_path):
    result = analysis(tmp_path)
    crossed = nca(cross(result.data, "kirouac_2024"))
    comparison = compare(crossed, "cilta-cel")
    placed = [p for p in comparison.placements if not p.absent]
    assert placed and all("your values were turned by a unit conversion" in p.cautions for p in placed)
    assert comparison.table()["bridge"].str.startswith("bridge kirouac_2024").all()


@pytest.mark.parametrize(("reading", "settings", "product", "indication", "sentence"), [
    ({"unit": "copies/ug"}, {}, "kymriah", None, "published times are in days"),
    ({"time_unit": "d"}, {}, "kymriah", None, "unit of the values is not stated"),
    ({"time_unit": "d", "unit": "copies/ug"}, {"window": (0, 60)}, "kymriah", None, "from 0 to 28 d"),
    ({"time_unit": "d", "unit": "copies/ug"}, {}, "kymria", None, "did you mean `kymriah`"),
    ({"time_unit": "d", "unit": "copies/ug"}, {}, "kymriah", "myeloma", "unknown indication"),
])  # fmt: skip
def test_comparisons_that_would_mislead_are_refused(reading, settings, product, indication, sentence, tmp_path):
    with pytest.raises(InputError, match=sentence):
        compare(analysis(tmp_path, Reading(**reading), settings=NcaSettings(**settings)), product, indication)


def test_reinfusions_and_assays_stay_apart(tmp_path):
    later = "".join(f"{who},{60 + t},{v / 10},{assay},0,\n" for who in "AB" for assay in ("qPCR", "ddPCR")
                    for t, v in ((1, 900), (10, 30000), (28, 500)))  # fmt: skip
    first = "".join(f"{who},{t},{v},{assay},0,\n" for who in "AB" for assay in ("qPCR", "ddPCR")
                    for t, v in ((1, 900), (10, 30000), (28, 500)))  # fmt: skip
    doses = "".join(f"{who},{t},,,1,1e8\n" for who in "AB" for t in (0, 60))
    result = analysis(tmp_path, text="ID,TIME,DV,ASSAY,EVID,AMT\n" + doses + first + later)
    comparison = compare(result, "kymriah", "ALL")
    assert [title for title, _ in comparison.parts()] == [
        f"values by {assay} in copies/ug, infusion {k}: 2 profiles" for assay in ("ddPCR", "qPCR") for k in (1, 2)
    ]
    for title, placements in comparison.parts():
        said = "a later infusion of yours beside published first ones"
        assert all((said in p.cautions) == ("infusion 2" in title) for p in placements if not p.absent)
        assert all(len(p.members) == 2 for p in placements)
    rows = summary(result)
    cmax = rows[(rows["PARAMCD"] == "CMAX") & (rows["assay"] == "qPCR")]
    assert cmax["occasion"].tolist() == ["1", "2"] and cmax["n"].tolist() == [2, 2]
    assert cmax["geomean"].tolist() == pytest.approx([30000, 3000])


def test_hours_are_not_called_days(tmp_path):
    with pytest.raises(InputError, match="in h; divide them by 24"):
        compare(analysis(tmp_path, Reading(time_unit="h", unit="copies/ug"), settings=NcaSettings(window=(0, 28))), "kymriah")


def test_cards_hold_every_product_with_its_target_and_models_that_exist():
    cards = {card.product: card for card in product_cards()}
    assert set(list_products()) <= set(cards)
    assert {card.target for card in cards.values()} == {"CD19", "BCMA", "MAGE-A4"} and all(c.not_read for c in cards.values())
    assert {name for card in cards.values() for name in card.models} <= set(list_models())
    assert not find_card("Yescarta").exposures and find_card("brexu-cel").product == "brexucabtagene autoleucel"
    assert len(find_card("abecma").responses) == 15
    with pytest.raises(InputError, match="did you mean"):
        find_card("kymria")


def test_a_log_sd_has_the_interval_of_chi_squared_and_a_ratio_that_of_f():
    """An interval of a group covers the truth in 95 % of simulated groups; the ratio's is the same turned round."""
    groups = product_variability("AUC28")
    swiss = next(g for g in groups if g.fact.population == "KarMMa infused")
    assert (swiss.n, swiss.log_sd) == (125, pytest.approx(1.259, abs=1e-3))
    scale = swiss.low / swiss.log_sd, swiss.high / swiss.log_sd
    seen = np.random.default_rng(1).normal(0, 2.0, (4000, swiss.n)).std(axis=1, ddof=1)
    assert np.mean((seen * scale[0] <= 2.0) & (seen * scale[1] >= 2.0)) == pytest.approx(0.95, abs=0.012)
    there, back = variability_ratios(groups, "BCMA", "CD19"), variability_ratios(groups, "CD19", "BCMA")
    assert len(there) == len(back) == 4 * 3
    turned = {(id(r.below), id(r.above)): r for r in back}
    for r in there:
        other = turned[id(r.above), id(r.below)]
        assert (r.low, r.high) == (pytest.approx(1 / other.high), pytest.approx(1 / other.low))
        assert r.low < r.ratio < r.high and r.ratio == pytest.approx(1 / other.ratio)


def test_the_command_lists_products_one_of_them_and_their_variability(tmp_path):
    listed = livingdrug("products", "--json", cwd=tmp_path)
    rows = json.loads(listed.stdout)["tables"][0]["rows"]
    assert len(rows) == len(product_cards()) and rows[0]["target"] == "CD19"
    one = livingdrug("products", "cilta-cel", "--out", "p.csv", cwd=tmp_path)
    assert one.returncode == 0 and "Looked for and not read" in one.stdout
    assert (tmp_path / "p.csv").read_text().count("CARTITUDE") >= 12
    none = livingdrug("products", "axi-cel", "--variability", "CMAX", cwd=tmp_path)
    assert none.returncode == 2 and "no between-subject variability of CMAX is published for axicabtagene" in none.stderr
