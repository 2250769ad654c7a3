"""PEtab in: objectives against the test suite and a benchmark, closed forms, and tables that contradict each other."""

import json
import math
from pathlib import Path

import pytest

from livingdrug.core.errors import LivingdrugError
from livingdrug.fit.petab import PetabObjective, fit_petab
from livingdrug.standards import read_petab
from tests.commands import livingdrug
from tests.sbml_texts import model, parameters, reaction, species

REFERENCE = Path(__file__).parents[3] / "shared" / "reference"
SUITE, BOEHM = REFERENCE / "petab_test_suite_visible", REFERENCE / "petab_benchmark_Boehm_JProteomeRes2014"
KNOWN = json.loads((SUITE / "answers.json").read_text())["answers"] if SUITE.exists() else {"none": {}}


@pytest.mark.parametrize("case", KNOWN)
def test_case_of_the_test_suite(case):
    if not SUITE.exists():
        pytest.skip("the reference folder petab_test_suite_visible is not on this machine")
    answer, found = KNOWN[case], PetabObjective.of(read_petab(SUITE / case / f"_{case}.yaml")).at()
    assert found.llh == pytest.approx(answer["llh"], abs=1e-4)
    assert found.chi2 == pytest.approx(answer["chi2"], abs=1e-4)
    assert list(found.simulations) == pytest.approx(
        [row["simulation"] for row in answer["simulations"]], abs=1e-4
    )


def test_benchmark_of_boehm():
    if not BOEHM.exists():
        pytest.skip("the reference folder petab_benchmark_Boehm_JProteomeRes2014 is not on this machine")
    answer = json.loads((BOEHM / "answers.json").read_text())["answers"]
    found = PetabObjective.of(read_petab(BOEHM / "Boehm_JProteomeRes2014.yaml")).at()
    assert found.llh == pytest.approx(answer["llh_at_nominal"], abs=0.01)
    expected = [row["simulation"] for row in answer["simulation_at_nominal"]]
    assert list(found.simulations) == pytest.approx(expected, rel=1e-3, abs=1e-3)


# --------------------------------------------------------------------------------------------- a problem of our own

TABLES = {
    "p.yaml": "format_version: 1\nparameter_file: p.tsv\nproblems:\n- condition_files: [c.tsv]\n"
    "  measurement_files: [m.tsv]\n"
    "  observable_files: [o.tsv]\n  sbml_files: [m.xml]\n",
    "p.tsv": "parameterId\tparameterScale\tlowerBound\tupperBound\tnominalValue\testimate\n"
    "k\tlog10\t0.01\t10\t0.5\t1\nsd\tlin\t0.01\t10\t0.2\t1\n",
    "c.tsv": "conditionId\tS\nlow\t1\nhigh\t4\n",
    "o.tsv": "observableId\tobservableFormula\tnoiseFormula\tobservableTransformation\n"
    "level\tobservableParameter1_level * S\tnoiseParameter1_level\tlog\n",
    "m.tsv": "observableId\tsimulationConditionId\tmeasurement\ttime\tobservableParameters\tnoiseParameters\n"
    "level\tlow\t2.5\t0\t2\tsd\nlevel\tlow\t0.7\t2\t2\tsd\nlevel\thigh\t4.1\t2\t3\t0.1\n",
    "m.xml": model(
        species("S", initialConcentration=9.0), reaction("R", "k * S", {"S": 1}, {}), parameters(k=7.0)
    ),
}


def written(tmp_path, **changed):
    for name, text in TABLES.items():
        (tmp_path / name).write_text(changed.get(name.replace(".", "_"), text))
    return tmp_path / "p.yaml"


def test_the_objective_of_a_decay_is_that_of_its_closed_form(tmp_path):
    found = PetabObjective.of(read_petab(written(tmp_path))).at()
    expected = [2 * 1, 2 * math.exp(-1), 3 * 4 * math.exp(-1)]
    assert list(found.simulations) == pytest.approx(expected, rel=1e-8) and list(found.noise) == [
        0.2,
        0.2,
        0.1,
    ]
    rows = list(zip([2.5, 0.7, 4.1], expected, [0.2, 0.2, 0.1], strict=True))
    residuals = [(math.log(m) - math.log(s)) / sd for m, s, sd in rows]
    llh = -sum(
        0.5 * math.log(2 * math.pi * sd**2) + 0.5 * r**2 + math.log(m)
        for (m, _, sd), r in zip(rows, residuals, strict=True)
    )
    assert found.llh == pytest.approx(llh, rel=1e-6)
    assert found.chi2 == pytest.approx(sum(r**2 for r in residuals), rel=1e-6)


def test_a_search_ends_where_the_closed_form_is_best(tmp_path):
    """Without noise: the rate that made the measurements."""
    data = "observableId\tsimulationConditionId\tmeasurement\ttime\tobservableParameters\tnoiseParameters\n"
    data += "".join(f"level\tlow\t{math.exp(-0.8 * t)!r}\t{t}\t1\t0.1\n" for t in (0.5, 1, 2, 4))
    table = TABLES["p.tsv"].replace("sd\tlin\t0.01\t10\t0.2\t1\n", "")
    objective = PetabObjective.of(read_petab(written(tmp_path, m_tsv=data, p_tsv=table)))
    values, found, _ = fit_petab(objective)
    assert values["k"] == pytest.approx(0.8, rel=1e-4) and found.chi2 < 1e-6


CONTRADICTIONS = {
    "an unknown observable": (
        {"m_tsv": TABLES["m.tsv"].replace("level\tlow\t2.5", "other\tlow\t2.5")},
        "observable `other`",
    ),
    "an unknown condition": (
        {"m_tsv": TABLES["m.tsv"].replace("level\thigh", "level\tmiddle")},
        "condition `middle`",
    ),
    "two parameters": (
        {"p_tsv": TABLES["p.tsv"] + "k\tlin\t0\t1\t0.5\t1\n"},
        "`k` stands in `p.tsv` line 2 already",
    ),
    "a nominal value outside": (
        {"p_tsv": TABLES["p.tsv"].replace("\t0.5\t1", "\t50\t1")},
        "outside its bounds",
    ),
    "bounds upside down": (
        {"p_tsv": TABLES["p.tsv"].replace("0.01\t10\t0.5", "10\t0.01\t0.5")},
        "is above upperBound",
    ),
    "a scale": ({"p_tsv": TABLES["p.tsv"].replace("log10", "log2")}, "parameterScale is `log2`"),
    "an override too many": (
        {"m_tsv": TABLES["m.tsv"].replace("\t0\t2\tsd", "\t0\t2;3\tsd")},
        "has 2 values",
    ),
    "an unknown override": (
        {"m_tsv": TABLES["m.tsv"].replace("\t0\t2\tsd", "\t0\t2\ttd")},
        "noiseParameters is `td`",
    ),
    "a condition of nothing": (
        {"c_tsv": TABLES["c.tsv"].replace("\tS\n", "\tT\n")},
        "unknown id of the model `T`",
    ),
    "a parameter of nothing": (
        {"p_tsv": TABLES["p.tsv"] + "z\tlin\t0\t1\t0.5\t1\n"},
        "`z` is estimated, and neither",
    ),
    "a parameter whose name is part of another's": (
        {"p_tsv": TABLES["p.tsv"] + "s\tlin\t0\t1\t0.5\t1\n"},
        "`s` is estimated, and neither",
    ),
    "a negative time": (
        {"m_tsv": TABLES["m.tsv"].replace("0.7\t2\t", "0.7\t-2\t")},
        "the time -2 is negative",
    ),
    "no logarithm": ({"m_tsv": TABLES["m.tsv"].replace("0.7\t2\t", "-0.7\t2\t")}, "has no logarithm"),
    "a steady state": (
        {"m_tsv": TABLES["m.tsv"].replace("0.7\t2\t", "0.7\tinf\t")},
        "steady state (time inf)",
    ),
    "a missing column": (
        {"m_tsv": TABLES["m.tsv"].replace("measurement\ttime", "measurement\tt")},
        "no column `time`",
    ),
    "a prior": (
        {
            "p_tsv": "parameterId\tparameterScale\tlowerBound\tupperBound\tnominalValue\testimate\tobjectivePriorType\n"
            "k\tlin\t0\t1\t0.5\t1\tnormal\n"
        },
        "priors are not supported",
    ),
    "version 2": (
        {"p_yaml": TABLES["p.yaml"].replace("format_version: 1", "format_version: 2.0.0")},
        "must name one model in `model_files`",
    ),
    "a file elsewhere": (
        {"p_yaml": TABLES["p.yaml"].replace("m.xml", "https://x.org/m.xml")},
        "not beside it",
    ),
    "a folder above": ({"p_yaml": TABLES["p.yaml"].replace("m.xml", "../m.xml")}, "not beside it"),
    "aliases": ({"p_yaml": "a: &a [1]\nproblems: [*a, *a]\n"}, "aliases or tags"),
    "a tag": ({"p_yaml": "!!python/object/apply:os.system ['touch injected']\n"}, "aliases or tags"),
    "no yaml": ({"p_yaml": "{"}, "is not a YAML document"),
}


@pytest.mark.parametrize("what", CONTRADICTIONS)
def test_tables_that_contradict_each_other_are_refused(what, tmp_path):
    changed, words = CONTRADICTIONS[what]
    with pytest.raises(LivingdrugError) as caught:
        PetabObjective.of(read_petab(written(tmp_path, **changed)))
    assert words in str(caught.value) and str(caught.value).isprintable()
    assert not (tmp_path / "injected").exists()


def test_the_command(tmp_path):
    written(tmp_path)
    done = livingdrug("petab", "p.yaml", "--out", "s.csv", cwd=tmp_path)
    assert (
        done.returncode == 0
        and "log-likelihood" in done.stdout
        and "not for clinical decisions" in done.stdout
    )
    assert (tmp_path / "s.csv").read_text().splitlines()[0].startswith("observable,condition,")
    (tmp_path / "c.tsv").unlink()
    done = livingdrug("petab", "p.yaml", cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "`c.tsv` was not found" in done.stderr


def test_a_search_steps_over_a_noise_of_0_and_the_nominal_one_is_named(tmp_path):
    table = TABLES["p.tsv"].replace("sd\tlin\t0.01", "sd\tlin\t0")
    objective = PetabObjective.of(read_petab(written(tmp_path, p_tsv=table)))
    assert objective.at({"sd": 0.0}).llh == -math.inf
    assert math.isfinite(fit_petab(objective)[1].llh)
    none = PetabObjective.of(read_petab(written(tmp_path, p_tsv=table.replace("\t0.2\t1", "\t0\t1"))))
    with pytest.raises(LivingdrugError, match="the noise of `level` at time 0 is 0; it must be above 0"):
        none.at()


# ----------------------------------------------------------------------------------------------------- version 2

SECOND = {
    "p.yaml": "format_version: 2.0.0\nparameter_files: [p.tsv]\nmodel_files:\n  m:\n    location: m.xml\n    language: sbml\n"
    "condition_files: [c.tsv]\nexperiment_files: [e.tsv]\nmeasurement_files: [m.tsv]\nobservable_files: [o.tsv]\n",
    "p.tsv": "parameterId\tlowerBound\tupperBound\tnominalValue\testimate\nk\t0.01\t10\t0.5\ttrue\n"
    "sd\t0.01\t10\t0.2\ttrue\n",
    "c.tsv": "conditionId\ttargetId\ttargetValue\nc1\tS\t1\nc4\tS\t4\n",
    "e.tsv": "experimentId\ttime\tconditionId\nlow\t0\tc1\nhigh\t0\tc4\n",
    "o.tsv": "observableId\tobservableFormula\tobservablePlaceholders\tnoiseFormula\tnoisePlaceholders\tnoiseDistribution\n"
    "level\tfactor * S\tfactor\tspread\tspread\tlog-normal\n",
    "m.tsv": "observableId\texperimentId\tmeasurement\ttime\tobservableParameters\tnoiseParameters\n"
    "level\tlow\t2.5\t0\t2\tsd\nlevel\tlow\t0.7\t2\t2\tsd\nlevel\thigh\t4.1\t2\t3\t0.1\n",
    "m.xml": TABLES["m.xml"],
}


def second(tmp_path, **changed):
    for name, text in SECOND.items():
        was, now = changed.get(name.replace(".", "_"), ("", ""))
        assert was in text
        (tmp_path / name).write_text(text.replace(was, now, 1) if was else text)
    return tmp_path / "p.yaml"


def test_version_2_says_the_same_as_version_1(tmp_path):
    (tmp_path / "one").mkdir(), (tmp_path / "two").mkdir()
    one = PetabObjective.of(read_petab(written(tmp_path / "one"))).at({"k": 0.3})
    two = PetabObjective.of(read_petab(second(tmp_path / "two"))).at({"k": 0.3})
    assert two.llh == pytest.approx(one.llh, rel=1e-12) and list(two.simulations) == pytest.approx(list(one.simulations))


def test_version_2_takes_a_model_as_it_is_and_a_steady_state_before(tmp_path):
    """Without an experiment S starts at the 9 of the file; after a decay before time 0 it starts at what is set."""
    rows = ("level\tlow\t2.5\t0", "level\t\t2.5\t0")
    found = PetabObjective.of(read_petab(second(tmp_path, m_tsv=rows))).at()
    assert found.simulations[0] == pytest.approx(18.0)
    before = ("low\t0\tc1", "low\t-inf\tc4\nlow\t0\tc1")
    found = PetabObjective.of(read_petab(second(tmp_path, e_tsv=before))).at()
    assert found.simulations[0] == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("table", "was", "now", "sentence"),
    [
        ("e_tsv", "low\t0", "low\t3", "a change at time 3 is not supported"),
        ("e_tsv", "\tc1", "\tc2", "`c2` is in no condition table"),
        ("e_tsv", "low\t0\tc1", "low\t-inf\tc1", "is set before time 0 and not at it"),
        ("c_tsv", "S\t1", "S\t2*k", "a target value that is a formula is not supported"),
        ("c_tsv", "c4\tS", "c1\tS", "sets `S` twice"),
        ("o_tsv", "factor * S", "2 * S", "the placeholder `factor` is not in `observableFormula`"),
        ("o_tsv", "log-normal", "log10-normal", "expected normal, log-normal"),
        ("p_tsv", "0.5\ttrue", "0.5\tyes", "expected true or false"),
        ("p_tsv", "0.5\ttrue", "50\ttrue", "outside its bounds"),
        ("m_tsv", "level\tlow", "level\tmiddle", "`middle` is in no experiment table"),
        ("m_tsv", "\t2\tsd", "\t2;3\tsd", "has 2 values"),
        ("p_yaml", "language: sbml", "language: bngl", "the `language` sbml"),
        ("p_yaml", "parameter_files", "mapping_files: [x.tsv]\nparameter_files", "`mapping_files` is not supported"),
        ("p_yaml", "location: m.xml", "location: ../m.xml", "not beside it"),
        ("p_yaml", "2.0.0", "3.0.0", "versions 1 and 2 are read"),
    ],
)
def test_version_2_is_refused_by_the_name_of_what_is_wrong(table, was, now, sentence, tmp_path):
    with pytest.raises(LivingdrugError, match=sentence.replace("(", ".")):
        read_petab(second(tmp_path, **{table: (was, now)}))
