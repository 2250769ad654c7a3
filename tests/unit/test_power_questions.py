"""What so many patients show, and one arm against a historical rate, as the command, a document and Python ask."""

import json
import math

import pytest
from click.testing import CliRunner
from scipy.stats import binom

import livingdrug as ld
from livingdrug.cli.main import cli
from livingdrug.core.errors import InputError
from livingdrug.trial import claim_probability, expected_patients, power_t, smallest_rate_of_one_arm
from livingdrug.workflows import keep_run, scenario_of_text, to_toml
from livingdrug.workflows.power.spec import Power, asked_back, run
from tests.commands import livingdrug


def printed(*arguments):
    done = CliRunner().invoke(cli, ["power", *arguments, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


# (what stands beside n, how what is found is asked back)
KINDS = {
    "fold": (["--log-sd", "0.9"], lambda v: ["--fold", v]),
    "fold of Welch": (["--log-sd", "0.8", "--log-sd", "1.3"], lambda v: ["--fold", v]),
    "fold of a model": (["--model", "stein_2019", "--variability", "sd"], lambda v: ["--fold", v]),
    "effect": ([], lambda v: ["--effect", v]),
    "rate": (["--control-rate", "0.3"], lambda v: ["--proportions", "0.3", v]),
    "hazard ratio": (["--event-rate", "0.6"], lambda v: ["--hazard-ratio", v]),
}
TESTS = [
    [],
    ["--power", "0.9", "--sides", "1"],
    ["--arms", "1:2", "--alpha", "0.01"],
    ["--arms", "2:1"],
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("test", TESTS, ids=" ".join)
def test_what_n_patients_show_is_shown_by_n_patients(kind, test):
    beside, back = KINDS[kind]
    n = 24
    found = printed("--n", str(n), *beside, *test)
    wanted = float(test[test.index("--power") + 1]) if "--power" in test else 0.8
    kept = [] if kind == "rate" else beside
    answer = printed(*back(repr(found["value"])), *kept, *test)
    assert answer["n_exact"] == pytest.approx(n, rel=1e-6)
    assert answer["power_at_n"] == pytest.approx(wanted, abs=1e-6) == found["power_at_n"]
    assert answer["n_total"] == found["n_total"]
    if found["opposite"] is not None:
        other = printed(*back(repr(found["opposite"])), *kept, *test)
        assert other["n_exact"] == pytest.approx(n, rel=1e-6)


@pytest.mark.parametrize("arms", ["2:3", "3:2", "1:2.5"])
def test_arms_of_whole_patients_have_the_power(arms):
    found = printed("--n", "5", "--arms", arms)
    answer = printed("--n", "5", "--arms", arms, "--effect", repr(found["value"]))
    assert answer["power_at_n"] == pytest.approx(0.8, abs=1e-6)
    larger = found["n_total"] - 5
    assert power_t(5, found["value"], ratio=larger / 5) == pytest.approx(0.8, abs=1e-6)


def test_n_beside_a_difference_still_asks_for_its_power():
    assert printed("--effect", "0.8", "--n", "12")["power_at_n"] == pytest.approx(power_t(12, 0.8), abs=1e-12)


def test_very_many_patients_show_what_the_normal_formula_says():
    z = 1.9599639845400545 + 0.8416212335729143
    assert printed("--n", "1000000")["value"] == pytest.approx(z * math.sqrt(2 / 1e6), rel=1e-5)


# Simon, Controlled Clinical Trials 1989;10:1-10: (p0, p1), optimal and minimax (r1, n1, r, n), expected number
# and probability of early termination at p0 of each, error rates 0.05 and 0.20
SIMON = {
    ("0.2", "0.4"): {"optimal": (3, 13, 12, 43, 20.6, 0.75), "minimax": (4, 18, 10, 33, 22.3, 0.72)},
    ("0.7", "0.9"): {"optimal": (4, 6, 22, 27, 14.8, 0.58), "minimax": (19, 23, 21, 26, 23.2, 0.95)},
}


@pytest.mark.parametrize("rates", SIMON)
def test_simons_designs_from_the_command_line(rates):
    p0, p1 = rates
    for which in ("optimal", "minimax"):
        found = printed("--historical", p0, "--rate", p1, "--two-stage", which)
        assert found["design"] == which and set(found["designs"]) == {"optimal", "minimax", "one stage"}
        for name, (r1, n1, r, n, expected, early) in SIMON[rates].items():
            design = found["designs"][name]
            assert (design["r1"], design["n1"], design["r"], design["n"]) == (r1, n1, r, n)
            assert design["expected_n"] == pytest.approx(expected, abs=0.06)
            assert design["early_stop"] == pytest.approx(early, abs=0.006)
            assert design["alpha"] <= 0.05 and design["power"] >= 0.8
        assert {key: found[key] for key in found["designs"][which]} == found["designs"][which]


def test_one_stage_is_said_in_words_and_exact():
    done = CliRunner().invoke(cli, ["power", "--historical", "0.2", "--rate", "0.4"])
    words = " ".join(done.output.split())
    assert "Treat 35 patients and call the rate above 0.2 if 12 or more respond" in words
    assert f"false claim at 0.2: {binom.sf(11, 35, 0.2):.4f}" in words
    assert f"power at 0.4: {binom.sf(11, 35, 0.4):.4f}" in words
    assert "one-sided" in words


def test_the_power_of_a_number_of_patients_in_one_arm():
    done = CliRunner().invoke(cli, ["power", "--historical", "0.2", "--rate", "0.4", "--n", "20"])
    assert f"has a power of {binom.sf(7, 20, 0.4):.3f} if the rate is 0.4" in " ".join(done.output.split())
    assert "less power than the 0.8 that is wanted" in " ".join(done.output.split())


@pytest.mark.parametrize("n", [5, 20, 77])
@pytest.mark.parametrize("more", [[], ["--power", "0.9", "--alpha", "0.1"]], ids=" ".join)
def test_the_smallest_rate_of_one_arm_has_the_power(n, more):
    found = printed("--historical", "0.2", "--n", str(n), *more)
    back = printed("--historical", "0.2", "--rate", repr(found["p1"]), "--n", str(n), *more)
    assert back["power"] == pytest.approx(0.9 if more else 0.8, abs=1e-6)
    assert back["r"] == found["r"] and binom.sf(found["r"], n, 0.2) <= (0.1 if more else 0.05)
    assert binom.sf(found["r"] - 1, n, 0.2) > (0.1 if more else 0.05)


def test_how_a_design_behaves_at_other_rates_agrees_with_its_numbers():
    found = ld.one_arm(0.2, 0.4, two_stage="optimal")
    for _, d in found.designs:
        assert claim_probability(d, d.p0) == pytest.approx(d.alpha, abs=1e-12)
        assert claim_probability(d, d.p1) == pytest.approx(d.power, abs=1e-12)
        assert expected_patients(d, 0.0) == (d.n1 if hasattr(d, "n1") else d.n)
        assert expected_patients(d, 1.0) == pytest.approx(d.n) and claim_probability(d, 1.0) == pytest.approx(1.0)
    assert expected_patients(found.design, 0.2) == pytest.approx(found.design.expected, abs=1e-12)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--historical 0.4 --rate 0.2", "0.2, is not above the historical rate, 0.4"),
        ("--historical 0.4 --rate 0.4 --n 20", "is not above the historical rate"),
        ("--historical 0.4 --rate 0.2 --n 20", "is not above the historical rate"),
        ("--historical 0.4 --rate 0.2 --two-stage minimax", "is not above the historical rate"),
        ("--historical 20 --rate 40", "between 0 and 1"),
        ("--historical 0 --n 10", "historical rate is 0; give a number between 0 and 1"),
        ("--historical 0.2", "needs the rate hoped for (--rate), or a number of patients (--n)"),
        ("--historical 0.5 --rate 0.8 --n 3", "3 patients cannot show a rate above 0.5"),
        ("--historical 0.5 --n 3", "3 patients cannot show a rate above 0.5"),
        ("--historical 0.5 --n 0", "at least 1"),
        ("--historical 0.2 --rate 0.21", "no trial of at most 200 patients"),
        ("--historical 0.2 --n 20 --two-stage optimal", "needs the rate hoped for (--rate)"),
        ("--historical 0.2 --rate 0.4 --n 20 --two-stage optimal", "leave out --n"),
        ("--historical 0.2 --rate 0.4 --fold 2", "--historical asks about one arm and --fold about two"),
        ("--historical 0.2 --rate 0.4 --uncertainty 20", "--uncertainty about two"),
        ("--historical 0.2 --rate 0.4 --arms 1:2", "--arms is the allocation to two arms"),
        ("--historical 0.2 --rate 0.4 --sides 2", "tested one-sided"),
        ("--historical 0.2 --rate 0.4 --model stein_2019", "--model belong(s) to a fold change"),
        ("--historical 0.2 --rate 0.4 --control-rate 0.3", "--control-rate belong(s) to two rates"),
        ("--historical 0.2 --rate 0.4 --two-stage best", "not one of"),
        ("--historical 0.2 --rate 0.4 --power 1.2", "power is 1.2"),
        ("--rate 0.4 --n 10", "--historical with --rate"),
        ("--effect 0.5 --rate 0.4", "--rate belong(s) to one arm"),
        ("--two-stage optimal --n 10", "--two-stage belong(s) to one arm"),
        ("--event-rate 0.5", "exactly one"),
        ("--control-rate 0.5", "exactly one"),
        ("--proportions 0.2 0.4 --control-rate 0.2", "--control-rate belong(s) to two rates"),
        ("--n 10 --log-sd 1 --event-rate 0.5", "--log-sd and --event-rate are of different questions"),
        ("--n 10 --variability sd", "needs either --log-sd"),
        ("--n 10 --log-sd 1 --model stein_2019", "either --log-sd"),
        ("--n 10 --log-sd 1 --log-sd 2 --model stein_2019", "either --log-sd"),
        ("--n 10 --log-sd 1 --log-sd 2 --log-sd 3", "3 times"),
        ("--n 10 --log-sd 0", "above 0"),
        ("--n 1", "at least 2 are needed"),
        ("--n 100000000", "at most 10,000,000"),
        ("--n 3 --control-rate 0.9", "no rate above 0.9"),
        ("--n 10 --event-rate 0", "above 0"),
        ("--n 10 --control-rate 0", "between 0 and 1"),
        ("--n 10 --uncertainty 20", "--uncertainty averages the power of a fold change"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(arguments, words):
    done = CliRunner().invoke(cli, ["power", *arguments.split()])
    assert isinstance(done.exception, InputError), done.output
    assert words in str(done.exception) and len(str(done.exception).splitlines()) == 1
    assert not done.stdout


@pytest.mark.parametrize(
    "arguments", ["--historical 0.4 --rate 0.2", "--n 3 --control-rate 0.9", "--historical 0.2 --fold 2"]
)
def test_a_refusal_ends_the_command_with_2(arguments):
    done = livingdrug("power", *arguments.split())
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1 and not done.stdout


def test_an_approximation_that_is_off_is_flagged():
    found = printed("--n", "20", "--control-rate", "0.3")
    done = CliRunner().invoke(cli, ["power", "--n", "20", "--control-rate", "0.3"])
    words = " ".join(done.output.split())
    assert found["power_enumerated"] < 0.79
    assert f"the exact power at this rate is {found['power_enumerated']:.3f}, below the 0.8" in words


def test_python_says_the_same():
    assert ld.smallest_difference(10, log_sd=0.9).value == printed("--n", "10", "--log-sd", "0.9")["value"]
    assert ld.one_arm(0.2, 0.4).table().loc[0, "n"] == 35
    assert smallest_rate_of_one_arm(20, 0.2) == ld.one_arm(0.2, n=20).design.p1
    assert "optimal" in repr(ld.one_arm(0.2, 0.4, two_stage="optimal"))
    with pytest.raises(InputError, match="at most one of"):
        ld.smallest_difference(10, log_sd=1.0, event_rate=0.5)


@pytest.mark.parametrize(
    "scenario",
    [
        Power(n=10, log_sd=(0.9,)),
        Power(n=30, control_rate=0.3, arms="1:2"),
        Power(historical=0.2, rate=0.4),
        Power(historical=0.2, rate=0.4, two_stage="minimax"),
    ],
)
def test_a_document_gives_a_folder_with_table_figure_and_report(scenario, tmp_path):
    assert scenario_of_text(to_toml(scenario), "document") == scenario
    told = keep_run(scenario, tmp_path / "run")
    names = {path.name for path in (tmp_path / "run").rglob("*")}
    assert {"results.csv", "curve.csv", "report.html", "script.py", "power.png"} <= names
    assert told.sentences[0] == run(scenario).sentence
    assert told.sentences[0].split(",")[0] in (tmp_path / "run" / "report.html").read_text()


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        (Power(n=10, model="stein_2019", variability="sd"), "3.037-fold"),
        (Power(n=20, control_rate=0.3), "below the 0.8 of the normal approximation"),
        (Power(n=20, event_rate=0.6), "hazard ratio nearest to 1"),
        (Power(historical=0.2, rate=0.4), "if 12 or more respond"),
        (Power(historical=0.2, rate=0.4, two_stage="optimal"), "3/13"),
        (Power(historical=0.2, n=20), "smallest rate seen so"),
        (Power(historical=0.4, rate=0.2), "not above the historical rate"),
        (Power(historical=0.4), 'the field \\"Rate hoped for'),
    ],
)
def test_the_page_of_the_app_answers_too(scenario, words):
    from livingdrug.web import trial
    from livingdrug.web.address import to_query
    from livingdrug.web.work import Work

    assert words in json.dumps(trial.page("?" + to_query(scenario), Work()), default=lambda part: part.to_plotly_json())


def test_the_fields_of_the_page_are_those_of_the_question():
    from livingdrug.web.trial import QUESTIONS, _entries

    shown = {entry.key for wanted in QUESTIONS for entry in _entries(wanted)}
    assert shown == {*Power.model_fields} - {"kind", "version", "purpose", "uncertainty", "even_so"}
    assert all(example.wanted() == wanted for wanted, (example, _) in QUESTIONS.items())


def test_what_was_found_is_asked_back_by_the_document():
    scenario = Power(n=30, control_rate=0.3)
    back = asked_back(scenario, run(scenario))
    assert back.wanted() == "proportions" and not back.inverse
    assert run(back).power_at_n == pytest.approx(0.8, abs=1e-6)
