"""Tables of products as people have them: roles shown, faults by line and name, leaks named before anything is learned."""

import numpy as np
import pytest

from livingdrug import attributes as at
from livingdrug.attributes.dictionary import MEANINGS, is_after_infusion, meaning_of
from livingdrug.core.errors import InputError


def table(tmp_path, text: str, said=None) -> at.ProductTable:
    (tmp_path / "products.csv").write_text(text)
    return at.check_products(tmp_path / "products.csv", said)


def codes(found: at.ProductTable) -> list[str]:
    return [f.code for f in found.findings]


def products(n=12, **columns) -> str:
    rng = np.random.default_rng(3)
    names = {
        "patient": [f"P{i}" for i in range(n)],
        "VCN": np.round(np.exp(rng.normal(size=n)), 3),
        "doublings": np.round(rng.normal(9, 1, n), 2),
    }
    names |= columns
    rows = zip(*[map(str, values) for values in names.values()], strict=True)
    return ",".join(names) + "\n" + "\n".join(",".join(row) for row in rows) + "\n"


def test_every_word_of_the_dictionary_finds_its_meaning():
    for meaning in MEANINGS:
        for word in meaning.words.split():
            assert meaning_of(word) is meaning, word


@pytest.mark.parametrize(
    "heading", ["CMAX", "AUC28", "day 7 CAR-T", "D28_response_cells", "post-infusion IL6", "month 3 B cells"]
)
def test_what_is_measured_after_the_infusion_is_known(heading):
    assert is_after_infusion(heading)


@pytest.mark.parametrize("heading", ["doublings", "CD8", "days in culture", "IL2", "dose", "Tcm", "D-dimer"])
def test_what_is_measured_before_is_not(heading):
    assert not is_after_infusion(heading)


def test_example_is_read_and_its_signal_found(tmp_path):
    at.example_products().to_csv(tmp_path / "p.csv", index=False)
    read = at.read_products(tmp_path / "p.csv")
    x, names = at.analysed(read)
    outcome, rows = at.outcome_of(read, "CR+PR")
    effects = {e.name: e for e in at.relate(x[rows], names, outcome)}
    assert effects["clr Tn/Tscm (%)"].lower > 0 and effects["clr Tn/Tscm (%)"].q_value < 0.05
    assert effects["log VCN (copies/cell)"].p_value > 0.05
    assert not any("CMAX" in name for name in names)


def test_parts_of_a_gate_are_log_ratios_that_add_up_to_nothing(tmp_path):
    at.example_products().to_csv(tmp_path / "p.csv", index=False)
    x, names = at.analysed(at.read_products(tmp_path / "p.csv"))
    parts = [j for j, name in enumerate(names) if name.startswith("clr")]
    np.testing.assert_allclose(x[:, parts].sum(axis=1), 0, atol=1e-9)


def test_two_parts_of_a_gate_are_one_ratio(tmp_path):
    cd4 = np.array([30.0, 40, 50, 60, 70, 20])
    text = products(6, CD4=cd4, CD8=100 - cd4)
    x, names = at.analysed(table(tmp_path, text))
    j = names.index("log CD4:CD8")
    ratio = np.log(cd4 / (100 - cd4))
    np.testing.assert_allclose(
        x[:, j], ratio / 2
    )  # a centred log-ratio of two parts is half of their log-ratio


def test_percent_and_fraction_are_one_scale(tmp_path):
    part = np.array([0.2, 0.3, 0.5, 0.6, 0.1, 0.4])
    one = at.analysed(table(tmp_path, products(6, viability=part)))[0][:, -1]
    other = at.analysed(table(tmp_path, products(6, viability=part * 100)))[0][:, -1]
    np.testing.assert_allclose(one, other)
    np.testing.assert_allclose(one, np.log(part / (1 - part)))


@pytest.mark.parametrize(
    ("columns", "code", "words"),
    [
        ({"patient": ["A", "A", *"CDEFGHIJKL"]}, "patient-twice", "not independent"),
        ({"patient": ["", *"BCDEFGHIJKL"]}, "no-patient", "names no patient"),
        ({"Tn": [80] * 12, "Tcm": [60] * 11 + [10], "Tem": [*range(12)]}, "sum-over-one", "140"),
        ({"PD-1": [0.2, 0.3] + [25 + i for i in range(10)]}, "mixed-scale", "percentages"),
        ({"viability": [180] + [80 + i for i in range(11)]}, "no-fraction", "180"),
        ({"VCN": [0] + [1 + i for i in range(11)]}, "not-positive", "logarithm"),
        ({"VCN": ["2*"] + [1 + i for i in range(11)]}, "no-number", "2*"),
    ],
)
def test_faults_are_named_by_line(tmp_path, columns, code, words):
    found = table(tmp_path, products(**columns))
    assert code in codes(found)
    with pytest.raises(InputError, match="line") as error:
        at.read_products(tmp_path / "products.csv")
    assert words in str(error.value)


def test_constant_and_sparse_attributes_take_no_part_and_are_noted(tmp_path):
    found = table(tmp_path, products(LAG3=[20] * 12, TIM3=[10, 20, 30] + [""] * 9))
    assert {c.heading for c in found.having("attribute")} == {"VCN", "doublings"}
    assert any("every value is 20" in note for note in found.notes)
    assert any("9 of 12 values are missing" in note for note in found.notes)


def test_values_below_a_limit_stand_at_half_of_it(tmp_path):
    found = table(tmp_path, products(**{"IL-2 release": ["<10"] + [20 + i for i in range(11)]}))
    assert found.values["IL-2 release"][0] == 5
    assert any("below the limit stand at half" in note for note in found.notes)


@pytest.mark.parametrize("how", ["mean", "first"])
def test_products_of_one_patient_are_joined_as_said(tmp_path, how):
    found = at.joined(table(tmp_path, products(4, patient=["A", "A", "B", "C"], VCN=[1, 3, 5, 7])), how)
    assert found.ok and found.n == 3
    assert found.values["VCN"].tolist() == [2 if how == "mean" else 1, 5, 7]


def test_a_correction_of_a_column_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="VCN"):
        table(tmp_path, products(), {"VCM": "plain"})
    with pytest.raises(InputError, match="fraction"):
        table(tmp_path, products(), {"VCN": "odd"})


# outcomes


@pytest.mark.parametrize(
    ("cells", "name", "events"),
    [
        (["CR", "PR", "SD", "PD", "NE", ""], "CR", 1),
        (["CR", "PR", "SD", "PD", "CRi", "NR"], "CR+PR", 3),
        (["Complete Response", "PD", "SD", "PD", "PD", "PD"], "CR", 1),
    ],
)
def test_classes_of_response(tmp_path, cells, name, events):
    outcome, rows = at.outcome_of(table(tmp_path, products(6, response=cells)), name)
    assert outcome.events == events
    assert len(rows) == sum(c not in ("", "NE") for c in cells)


@pytest.mark.parametrize("cells", [["yes", "no"] * 3, ["1", "0"] * 3, ["R", "NR"] * 3])
def test_two_values_are_yes_and_no(tmp_path, cells):
    outcome, _ = at.outcome_of(table(tmp_path, products(6, benefit=cells)), "benefit")
    assert outcome.kind == "binary" and outcome.y.tolist() == [1, 0] * 3


def test_one_class_only_is_refused(tmp_path):
    with pytest.raises(InputError, match="one class only"):
        at.outcome_of(table(tmp_path, products(6, benefit=["yes"] * 6)), "benefit")


def test_a_time_needs_its_event(tmp_path):
    found = table(
        tmp_path, products(6, **{"PFS (d)": [10, 20, 30, 40, 50, 60], "PFS_event": [1, 0, 1, 1, 0, 1]})
    )
    outcome, _ = at.outcome_of(found, "PFS (d):PFS_event")
    assert outcome.kind == "survival" and outcome.events == 4
    with pytest.raises(InputError, match="unknown"):
        at.outcome_of(found, "PFS (d):nothing")


def test_numbers_that_differ_tenfold_are_logarithms(tmp_path):
    outcome, _ = at.outcome_of(table(tmp_path, products(6, CMAX=[10, 20, 100, 1000, 50, 30])), "CMAX")
    assert outcome.kind == "continuous" and outcome.name == "log CMAX"
    assert outcome.y[0] == pytest.approx(np.log(10))


# leaks


def simulated(seed: int, n=24, p=8):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2 * 1.0
    return (
        rng,
        rng.normal(size=(n, p)),
        tuple(f"a{j}" for j in range(p)),
        at.Outcome("R", "binary", y, np.ones(n)),
    )


@pytest.mark.parametrize("seed", range(50))
def test_a_copy_of_the_outcome_is_named_and_noise_is_not(seed):
    rng, x, names, outcome = simulated(seed)
    assert at.leaks_of(x, names, outcome) == []
    scale, shift = rng.normal() or 1.0, rng.normal()
    jitter = rng.normal(size=outcome.n) * 0.05 * abs(scale) * (seed % 2)
    copy = np.column_stack([x, scale * outcome.y + shift + jitter])
    assert [
        leak.column for leak in at.leaks_of(copy, (*names, "code"), outcome) if leak.severity == "error"
    ] == ["code"]


@pytest.mark.parametrize("seed", range(50))
def test_one_product_under_two_names_is_named(seed):
    _, x, names, outcome = simulated(seed)
    x[seed % 20 + 2] = x[seed % 2]
    assert [leak.code for leak in at.leaks_of(x, names, outcome)] == ["twins"]


@pytest.mark.parametrize("seed", range(50))
def test_a_batch_that_is_the_outcome_is_named(seed, tmp_path):
    rng, x, names, outcome = simulated(seed)
    batch = np.where(outcome.y > 0.5, "run 1", "run 2")
    text = products(24, site=batch, lot=rng.permutation(batch), doublings=rng.normal(size=24))
    found = table(tmp_path, text)
    leaks = at.leaks_of(x, names, outcome, found, np.arange(24))
    assert [leak.column for leak in leaks] == ["site"]


# expression and signatures


def matrix(tmp_path, genes, products=("S1", "S2", "S3"), values=None, transpose=False):
    x = (
        np.random.default_rng(1).normal(6, 1, (len(genes), len(products)))
        if values is None
        else np.array(values)
    )
    rows = [["gene", *products], *([g, *map(str, row)] for g, row in zip(genes, x, strict=True))]
    if transpose:
        rows = [list(r) for r in zip(*rows, strict=True)]
    (tmp_path / "m.csv").write_text("\n".join(",".join(r) for r in rows) + "\n")
    return tmp_path / "m.csv"


GENES = ["CD8A", "LAG3", "PDCD1", "TCF7", "SELL", "GZMB"]


def test_a_table_with_genes_in_columns_is_turned(tmp_path):
    one = at.read_matrix(matrix(tmp_path, GENES))
    other = at.read_matrix(matrix(tmp_path, GENES, transpose=True))
    assert one.genes == other.genes == tuple(GENES)
    np.testing.assert_allclose(one.x, other.x)
    assert any("turned" in note for note in other.notes)


@pytest.mark.parametrize("date", ["2-Sep", "1-Mar", "Sep-02", "2023-09-02"])
def test_genes_that_became_dates_are_refused(tmp_path, date):
    with pytest.raises(InputError, match="date"):
        at.read_matrix(matrix(tmp_path, [*GENES, date]))


def test_counts_become_logarithms_per_million_and_that_is_said(tmp_path):
    counts = [[100, 200, 300], [900, 800, 700]]
    found = at.read_matrix(matrix(tmp_path, ["CD8A", "LAG3"], values=counts))
    np.testing.assert_allclose(found.x[0], np.log2(1 + np.array([0.1, 0.2, 0.3]) * 1e6))
    assert any("counts" in note for note in found.notes)


@pytest.mark.parametrize(
    ("genes", "wanted", "words"),
    [
        (("ENSG00000153563", "ENSG00000089692"), ("CD8A",), "Ensembl"),
        (("Cd8a", "Lag3", "Pdcd1"), ("CD8A",), "mouse"),
        (("CD8A", "LAG3"), ("YAL001C",), "another organism"),
    ],
)
def test_why_no_gene_was_found(genes, wanted, words):
    assert words in at.names_fault(genes, wanted)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("set\tsource\n", "no gene"),
        ("a\ts\tCD8A\na\ts\tLAG3\n", "twice"),
        ("", "no set"),
        ("a\ts\t2-Sep\n", "date"),
    ],
)
def test_bad_gmt_is_refused(tmp_path, text, words):
    (tmp_path / "s.gmt").write_text(text)
    with pytest.raises(InputError, match=words):
        at.read_signatures(tmp_path / "s.gmt")


def test_gmt_of_any_system_is_read(tmp_path):
    (tmp_path / "s.gmt").write_bytes("\ufeffa\tx\tCD8A\tLAG3\rb\ty\tTCF7\t\r".encode())
    assert [s.genes for s in at.read_signatures(tmp_path / "s.gmt")] == [("CD8A", "LAG3"), ("TCF7",)]


# a model that is kept


def learned(outcome_kind="binary", n=30):
    rng = np.random.default_rng(5)
    x = rng.normal(size=(n, 4))
    y = (
        (x[:, 0] + 0.5 * rng.normal(size=n) > 0).astype(float)
        if outcome_kind == "binary"
        else x[:, 0] + 0.2 * rng.normal(size=n)
    )
    outcome = at.Outcome("R", outcome_kind, y, np.ones(n))
    return at.study(at.Features(x, ("a", "b", "c", "d")), outcome, repeats=5, permutations=19)


def test_a_kept_model_predicts_as_before_and_says_what_it_has_not_seen(tmp_path):
    model = at.build(learned(), (), {"note": "simulated"})
    at.save(model, tmp_path)
    again = at.load(tmp_path)
    new = at.Features(np.array([[2.0, 0, 0, 0], [-2.0, 0, 0, 0], [0, np.nan, 0, 0]]), ("a", "b", "c", "d"))
    first, second = at.predict(model, new), at.predict(again, new)
    assert first == second
    assert first[0].value > 0.8 and first[1].value < 0.2
    assert all(p.lower <= p.value <= p.upper for p in first)
    assert "outside" in first[1].outside[0] and "missing" in first[2].outside[0]


@pytest.mark.parametrize(
    "text", ["", "{}", '{"format": 9}', '{"format": 1, "names": ["a"], "mean": [1, 2]}', "[1]"]
)
def test_a_damaged_model_is_refused(tmp_path, text):
    (tmp_path / "model.json").write_text(text)
    with pytest.raises(InputError, match="model.json"):
        at.load(tmp_path)


def test_fewer_than_five_of_a_class_learn_nothing():
    rng = np.random.default_rng(1)
    y = np.zeros(20)
    y[:4] = 1
    with pytest.raises(InputError, match="at least 5"):
        at.study(
            at.Features(rng.normal(size=(20, 3)), tuple("abc")), at.Outcome("R", "binary", y, np.ones(20))
        )


def test_order_of_patients_changes_the_answer_only_by_its_folds():
    """One attribute at a time, nothing depends on the order at all."""
    rng, x, names, outcome = simulated(4)
    places = rng.permutation(24)
    one = at.relate(x, names, outcome)
    other = at.relate(x[places], names, outcome.taken(places))
    for a, b in zip(one, other, strict=True):
        assert (a.effect, a.lower, a.auc.value) == pytest.approx((b.effect, b.lower, b.auc.value))


def test_absolute_counts_and_fluorescence_are_logarithms_of_no_gate(tmp_path):
    text = "patient,Tcm (cells/uL),Tem (cells/uL),PD-1 (MFI),LAG-3 (% of CD3)\n" + "".join(
        f"P{i},{100 + 7 * i},{900 - 11 * i},{5000 + 90 * i},{10 + i}\n" for i in range(8)
    )
    found = table(tmp_path, text)
    assert found.ok
    assert at.analysed(found)[1] == (
        "log Tcm (cells/uL)",
        "log Tem (cells/uL)",
        "log PD-1 (MFI)",
        "logit LAG-3 (% of CD3)",
    )
