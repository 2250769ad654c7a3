"""`livingdrug attributes`: every command as its help says it, on the shipped simulated example; refusals in one sentence."""

import json

import pandas as pd
import pytest

from livingdrug.workflows import kinds, workflow
from tests.commands import livingdrug

KINDS = [kind for kind in kinds() if kind.startswith("attributes-")]


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    folder = tmp_path_factory.mktemp("attributes")
    livingdrug("example", "attributes", folder)
    livingdrug(
        "attributes", "learn", folder / "products.csv", "--outcome", "CR+PR", "--permutations", 19, "--repeats", 2,
        "--out", folder / "run_model",
    )  # fmt: skip
    return folder


def test_there_is_a_kind_for_every_step():
    assert [kind.partition("-")[2] for kind in KINDS] == [
        "carry",
        "check",
        "design",
        "learn",
        "predict",
        "range",
        "relate",
        "score",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_examples_of_the_help_run(kind, example, monkeypatch):
    import shlex

    monkeypatch.chdir(example)
    for number, line in enumerate(workflow(kind).scenario.EXAMPLES):
        words = [
            f"{w}_{kind}_{number}" if w.startswith("run_") and kind != "attributes-predict" else w
            for w in shlex.split(line)[1:]
        ]
        words = ["19" if w == "99" else w for w in words]
        assert livingdrug(*words).returncode == 0


def test_relate_finds_what_was_put_in_and_leaves_out_what_comes_after(example, tmp_path):
    livingdrug(
        "attributes",
        "relate",
        example / "products.csv",
        "--outcome",
        "CR+PR",
        "--out",
        tmp_path / "effects.csv",
    )
    table = pd.read_csv(tmp_path / "effects.csv").set_index("attribute")
    assert table.loc["clr Tn/Tscm (%)", "q"] < 0.05 < table.loc["log VCN (copies/cell)", "q"]
    assert not table.index.str.contains("CMAX").any()


def test_scores_join_the_outcomes_of_another_file(example, tmp_path):
    livingdrug(
        "attributes",
        "score",
        example / "expression.csv",
        "--signatures",
        example / "signatures.gmt",
        "--out",
        tmp_path / "s.csv",
    )
    said = livingdrug(
        "attributes",
        "relate",
        tmp_path / "s.csv",
        "--endpoints",
        example / "products.csv",
        "--outcome",
        "CR+PR",
        "--json",
    ).stdout
    (first, *_) = json.loads(said)["tables"][0]["rows"]
    assert first["attribute"] == "simulated_set_1"


def test_a_folder_holds_the_model_its_card_and_the_report(example):
    card = json.loads((example / "run_model" / "model.json").read_text())["card"]
    assert card["patients"] == 60 and card["permutations"] == 19 and "products.csv" in card["data"]
    assert "not for clinical decisions" in (example / "run_model" / "report.html").read_text().lower()


def test_the_model_is_the_same_however_it_is_run(example, tmp_path):
    """The scenario of the folder, run again elsewhere, gives the same table and the same model."""
    scenario = tmp_path / "scenario.toml"
    scenario.write_text((example / "run_model" / "scenario.toml").read_text())
    livingdrug("run", scenario, "--out", tmp_path / "again")
    for name in ("results.csv", "model.json", "permutations.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (example / "run_model" / name).read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("relate", "products.csv", "--outcome", "CRR"), "CR"),
        (("relate", "nothing.csv", "--outcome", "CR"), "nothing.csv"),
        (("relate", "products.csv", "--outcome", "CR", "--column", "VCN=odd"), "one of"),
        (
            (
                "relate",
                "products.csv",
                "--outcome",
                "CR",
                "--column",
                "log CMAX=attribute",
                "--clinical",
                "weight",
            ),
            "weight",
        ),
        (("learn", "products.csv", "--outcome", "CR", "--permutations", "3"), "19"),
        (("predict", "new_products.csv", "--folder", "nowhere"), "model.json"),
        (("predict", "expression.csv", "--folder", "run_model"), "lacks"),
        (("range", "products.csv", "--outcome", "CR", "--attribute", "VCM"), "VCN"),
        (("range", "products.csv", "--outcome", "log CMAX", "--attribute", "VCN (copies/cell)"), "yes or no"),
        (("score", "products.csv", "--signatures", "signatures.gmt"), "is not a number"),
        (("design",), "exactly one"),
        (("design", "--auc", "1.2"), "below 1"),
    ],
)
def test_bad_input_is_refused_in_words(words, said, example, monkeypatch):
    monkeypatch.chdir(example)
    answer = livingdrug("attributes", *words)
    assert answer.returncode == 2
    assert said in answer.stderr and "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    ("names", "entered"), [(("LDH",), ("log LDH (U/L)",)), (("age", "LDH (U/L)"), ("age", "log LDH (U/L)"))]
)
def test_every_clinical_column_that_is_named_enters(example, names, entered):
    from livingdrug.workflows.attributes.inputs import prepare
    from livingdrug.workflows.attributes.learn.spec import Learn

    asked = Learn(file=str(example / "products.csv"), outcome="CR+PR", clinical=names)
    assert prepare(asked).clinical.names == entered


def test_a_clinical_column_of_words_is_refused(example):
    answer = livingdrug(
        "attributes", "learn", example / "products.csv", "--outcome", "CR+PR", "--clinical", "response"
    )
    assert answer.returncode == 2 and "takes no part" in answer.stderr


@pytest.fixture
def with_zeros(example, tmp_path):
    """The example with two zeros in a part of the gate, learned with a detection limit of 2 %."""
    table = pd.read_csv(example / "products.csv")
    parts = ["Tn/Tscm (%)", "Tcm (%)", "Tem (%)", "Temra (%)"]
    table.loc[[3, 7], "Temra (%)"] = 0.0
    table.loc[[3, 7], "Tcm (%)"] += 100 - table.loc[[3, 7], parts].sum(axis=1)
    table.to_csv(tmp_path / "zeros.csv", index=False)
    ran = livingdrug(
        *("attributes", "learn", tmp_path / "zeros.csv", "--outcome", "CR+PR", "--limit", 0.02),
        *("--permutations", 19, "--repeats", 2, "--out", tmp_path / "run"),
    )
    assert ran.returncode == 0
    return tmp_path


def test_a_new_product_is_scored_as_the_model_learned_whatever_others_stand_beside_it(with_zeros):
    """The detection limit, percent or fraction and the log-ratio are the model's, not those of the new table."""
    model = json.loads((with_zeros / "run" / "model.json").read_text())
    table = pd.read_csv(with_zeros / "zeros.csv").drop(columns=["response", "log CMAX"])
    table.head(8).to_csv(with_zeros / "new.csv", index=False)
    table.iloc[[3]].to_csv(with_zeros / "one.csv", index=False)
    for name in ("new", "one"):
        said = ("attributes", "predict", with_zeros / f"{name}.csv", "--folder", with_zeros / "run")
        assert livingdrug(*said, "--out", with_zeros / f"{name}_out.csv").returncode == 0
    together = pd.read_csv(with_zeros / "new_out.csv").set_index("patient")
    alone = pd.read_csv(with_zeros / "one_out.csv").set_index("patient")
    assert alone["value"].iloc[0] == pytest.approx(together.loc[alone.index[0], "value"], abs=1e-12)
    temra = next(t for t in model["treatments"] if t["name"] == "clr Temra (%)")
    assert temra["edge"] == 0.02 and temra["whole"] == 100
    assert livingdrug(*said, "--limit", 0.1).returncode == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.rename(columns={"IFN-g (pg/mL)": "IFN-g (ng/mL)"}), "IFN-g (pg/mL)"),
        (lambda t: t.assign(**{"Tcm (%)": t["Tcm (%)"] / 2}), "add up to"),
        (lambda t: t.assign(**{"PD-1 (%)": "high"}), "PD-1 (%)"),
        (lambda t: t.drop(columns="age").drop(columns="days in culture"), "days in culture"),
    ],
)
def test_new_products_on_another_scale_are_refused(example, tmp_path, change, said):
    change(pd.read_csv(example / "new_products.csv")).to_csv(tmp_path / "new.csv", index=False)
    answer = livingdrug("attributes", "predict", tmp_path / "new.csv", "--folder", example / "run_model")
    assert answer.returncode == 2 and said in answer.stderr and "Traceback" not in answer.stderr


def test_a_percentage_below_one_is_no_fraction(example, tmp_path):
    """0.9 % in a column headed percent stays 0.9 %, whatever the other rows hold."""
    new = pd.read_csv(example / "new_products.csv").head(1).assign(**{"PD-1 (%)": 0.9})
    new.to_csv(tmp_path / "new.csv", index=False)
    out = tmp_path / "out.csv"
    said = ("attributes", "predict", tmp_path / "new.csv", "--folder", example / "run_model", "--out", out)
    assert livingdrug(*said).returncode == 0
    assert "logit PD-1 (%) -4.7" in pd.read_csv(out)["outside"][0]
