"""What teams bring by accident: each is named, by column or line, in every command that meets it."""

import pandas as pd
import pytest

from livingdrug.attributes import example_expression, example_products
from tests.commands import livingdrug

PRODUCTS = example_products()
EXPRESSION, SETS = example_expression()
RESPONSES = ["CR"] * 4 + ["PD"] * 56


def changed(**columns) -> pd.DataFrame:
    return PRODUCTS.assign(**columns)


def at(rows, column, value) -> pd.DataFrame:
    table = PRODUCTS.copy()
    table[column] = table[column].astype(object)
    table.loc[rows, column] = value
    return table


def by_study() -> pd.DataFrame:
    return changed(response=PRODUCTS["study"].map({"simulated A": "CR", "simulated B": "PD", "simulated C": "CR"}))


LEARN = ("learn", "--permutations", "19", "--repeats", "1")
RANGE = ("range", "--attribute", "Tn/Tscm (%)")
REFUSED = [
    ("one class only", changed(response="CR"), (("relate",), LEARN, RANGE), "one class only"),
    ("fewer than 5 of a class", changed(response=RESPONSES), (LEARN,), "4 patients in the smaller class"),
    ("140 %", at([4], "Tem (%)", 85.9), (("relate",), LEARN, ("check",)), "line 6"),
    ("studies with one outcome each", by_study(), (("relate",), LEARN, RANGE), "`study`"),
    ("a word for a response", at([3], "response", "better"), (("relate",), LEARN), "line 5"),
    ("no outcome at all", changed(response=""), (("relate",), LEARN, RANGE), "no evaluable response"),
    ("no such outcome", PRODUCTS.drop(columns="response"), (("relate",), LEARN), "unknown outcome"),
    ("a patient twice", at([7], "patient", "S03"), (("relate",), LEARN, ("check",)), "line 9"),
    ("words in numbers", at([5], "LDH (U/L)", "high"), (("relate",), ("check",)), "line 7"),
]
SAID = [
    ("fewer than 5 of a class", changed(response=RESPONSES), (("relate",), RANGE), "fewer than 5"),
    ("a constant attribute", changed(**{"PD-1 (%)": 20.0}), (("relate",), LEARN, ("check",)), "PD-1 (%): every value is 20"),
    ("outcomes missing", at([2, 9], "response", ""), (("relate",), LEARN, ("check",)), "line 4, 11"),
]


def cases(rows):
    return [
        pytest.param(table, words, said, id=f"{name}: {words[0]}")
        for name, table, commands, said in rows
        for words in commands
    ]


def asked(tmp_path, table, words):
    table.to_csv(tmp_path / "products.csv", index=False)
    outcome = () if words[0] == "check" else ("--outcome", "CR+PR")
    return livingdrug("attributes", words[0], tmp_path / "products.csv", *outcome, *words[1:])


@pytest.mark.parametrize(("table", "words", "said"), cases(REFUSED))
def test_what_cannot_be_analysed_is_refused_by_name_and_line(tmp_path, table, words, said):
    answer = asked(tmp_path, table, words)
    assert answer.returncode == 2 and "Traceback" not in answer.stderr
    assert said in answer.stderr


@pytest.mark.parametrize(("table", "words", "said"), cases(SAID))
def test_what_can_be_analysed_all_the_same_is_said(tmp_path, table, words, said):
    answer = asked(tmp_path, table, words)
    assert answer.returncode == 0
    assert said in " ".join((answer.stdout + answer.stderr).split())


@pytest.mark.parametrize(
    ("genes", "sets", "said"),
    [
        (lambda g: {"SIM004": "2-Sep", "SIM009": "1-Mar"}.get(g, g), SETS, "2-Sep (line 5), 1-Mar (line 10)"),
        (lambda g: {"SIM004": "SEPT2"}.get(g, g), SETS.replace("SIM022", "Mar-1"), "line 2: in `simulated_set_2` Mar-1"),
        (lambda g: f"mm{g.lower()}", SETS, "another organism"),
        (lambda g: g.capitalize(), SETS, "upper and lower case only"),
        (lambda g: f"ENSG{int(g[3:]):011d}", SETS, "Ensembl"),
    ],
)
def test_genes_that_cannot_be_matched_are_named(tmp_path, genes, sets, said):
    table = EXPRESSION.copy()
    table.index = pd.Index([genes(g) for g in table.index], name="gene")
    table.to_csv(tmp_path / "x.csv")
    (tmp_path / "s.gmt").write_text(sets)
    answer = livingdrug("attributes", "score", tmp_path / "x.csv", "--signatures", tmp_path / "s.gmt")
    assert answer.returncode == 2 and said in answer.stderr and "Traceback" not in answer.stderr


def test_a_signature_without_a_gene_found_is_named_beside_those_that_have_some(tmp_path):
    EXPRESSION.to_csv(tmp_path / "x.csv")
    (tmp_path / "s.gmt").write_text(SETS + "other\tnowhere\tAAA\tBBB\tCCC\n")
    said = ("attributes", "score", tmp_path / "x.csv", "--signatures", tmp_path / "s.gmt", "--out", tmp_path / "o.csv")
    answer = livingdrug(*said)
    assert answer.returncode == 0 and "other: 0 of 3 genes are in the matrix" in answer.stdout + answer.stderr
    assert "other" not in pd.read_csv(tmp_path / "o.csv").columns
