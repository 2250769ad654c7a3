"""SBML in: closed forms of what a file means, what is refused by its name, and the command line."""

import math

import numpy as np
import pytest

import livingdrug as ld
from livingdrug.core.errors import LivingdrugError
from tests.commands import livingdrug
from tests.reference_solver import reference_curves
from tests.sbml_texts import event, model, parameters, reaction, rule, species, start
from tests.sbml_texts import math as mathml

DECAY = model(
    species("S", initialAmount=6.0),
    reaction("R", "k * S * c", {"S": 1}, {}),
    parameters(k=0.5),
    size='size="2"',
)


def read(text, tmp_path, name="m.xml"):
    (tmp_path / name).write_text(text)
    return ld.read_model(tmp_path / name)


def curves(text, tmp_path, times):
    """Output -> values at the times, by the reference solver, which compiles nothing."""
    return reference_curves(read(text, tmp_path), times)


def test_a_concentration_in_a_volume_is_an_amount_over_it(tmp_path):
    times = np.linspace(0, 5, 6)
    found = curves(DECAY, tmp_path, times)
    assert found["S"] == pytest.approx(3 * np.exp(-0.5 * times), rel=1e-8)
    assert found["S_amount"] == pytest.approx(6 * np.exp(-0.5 * times), rel=1e-8)


def test_the_command_line_takes_the_file(tmp_path):
    (tmp_path / "decay.xml").write_text(DECAY)
    done = livingdrug("simulate", "decay.xml", "--days", "4", "--every", "2", "--out", "t.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = [line.split(",") for line in (tmp_path / "t.csv").read_text().splitlines()]
    place = {name: rows[0].index(name) for name in ("output", "time", "value")}
    last = [
        float(r[place["value"]])
        for r in rows[1:]
        if r[place["output"]] == "S" and float(r[place["time"]]) == 4
    ]
    assert last == [pytest.approx(3 * math.exp(-2), rel=1e-5)]
    assert "units of this SBML file are labels that nothing checked" in done.stderr
    shown = livingdrug("models", "show", "decay.xml", "--toml", cwd=tmp_path)
    (tmp_path / "again.toml").write_text(shown.stdout)
    assert ld.read_model(tmp_path / "again.toml").structure == ld.read_model(tmp_path / "decay.xml").structure


def test_amounts_move_between_volumes(tmp_path):
    """A in 2 L becomes B in 5 L, two for one: the amount is kept, concentrations are not."""
    text = model(
        species("A", initialConcentration=3.0) + species("B", initialAmount=0.0).replace('"c"', '"d"'),
        reaction("R", "k * A * c", {"A": 1}, {"B": 2}),
        parameters(k=0.5),
        size='size="2"',
    ).replace(
        "</listOfCompartments>",
        '<compartment id="d" spatialDimensions="3" size="5" constant="true"/></listOfCompartments>',
    )
    times = np.array([1.0, 4.0])
    found = curves(text, tmp_path, times)
    assert found["A"] == pytest.approx(3 * np.exp(-0.5 * times), rel=1e-8)
    assert found["B_amount"] == pytest.approx(12 * (1 - np.exp(-0.5 * times)), rel=1e-8)
    assert found["B"] == pytest.approx(found["B_amount"] / 5, rel=1e-12)


def test_what_grows_with_its_volume_keeps_its_amount(tmp_path):
    """The volume grows by rule, so the concentration falls although nothing leaves."""
    text = model(
        species("S", initialConcentration=4.0),
        "",
        parameters(g=0.3),
        rules=rule("rate", "g * c", "c"),
        events=event("more", "time >= 2", {"S": "S + 1"}),
        constant="false",
    )
    text = text.replace("<listOfRules>", "<listOfRules>")
    found = curves(text, tmp_path, np.array([1.0, 3.0]))
    assert found["c"] == pytest.approx(np.exp([0.3, 0.9]), rel=1e-7)
    amount = (4 * math.exp(-0.6) + 1) * math.exp(0.6)
    assert found["S"] == pytest.approx([4 * math.exp(-0.3), amount * math.exp(-0.9)], rel=1e-7)


def test_rules_functions_and_initial_assignments(tmp_path):
    """x' = a x with a = f(k, 2), f(u, v) = u - v; y is x squared at any time; x starts at 3 k."""
    functions = '<listOfFunctionDefinitions><functionDefinition id="f">' + mathml("lambda(u, v, u - v)")
    text = model(
        "",
        "",
        parameters(k=1.5) + parameters(False, x=None, y=None, a=None),
        before=functions + "</functionDefinition></listOfFunctionDefinitions>",
        rules=rule("rate", "a * x", "x") + rule("assignment", "x^2", "y"),
        starts=start("x", "3 * k") + start("a", "f(k, 2)"),
    )
    times = np.array([0.0, 2.0])
    found = curves(text, tmp_path, times)
    assert found["x"] == pytest.approx(4.5 * np.exp(-0.5 * times), rel=1e-8)
    assert found["y"] == pytest.approx(found["x"] ** 2, rel=1e-12)
    assert ld.read_model(tmp_path / "m.xml").with_values(k=1.0).typical["k"] == 1.0


def test_a_piecewise_of_the_time_turns_exactly_there(tmp_path):
    text = model(
        "",
        "",
        parameters(k=2.0, stop=1.3) + parameters(False, x=0.0),
        rules=rule("rate", "piecewise(k, time < stop, 0)", "x"),
    )
    found = curves(text, tmp_path, np.array([1.0, 2.0]))
    assert found["x"] == pytest.approx([2.0, 2.6], rel=1e-12)
    assert len(ld.read_model(tmp_path / "m.xml").system.switches) == 1


def test_a_conversion_factor_counts(tmp_path):
    text = model(
        species("S", initialAmount=0.0, more='conversionFactor="f"'),
        reaction("R", "k", {}, {"S": 1}),
        parameters(k=2.0, f=10.0),
    )
    assert curves(text, tmp_path, np.array([1.0]))["S"] == pytest.approx([20.0], rel=1e-9)


# ------------------------------------------------------------------------------------------------------ events

X_AND_N = parameters(False, x=1.0, n=0.0)
FALL = rule("rate", "-0.5 * x", "x")


def test_an_event_happens_each_time_its_condition_comes_true(tmp_path):
    text = model("", "", X_AND_N, rules=FALL, events=event("e", "x < 0.1", {"x": "1", "n": "n + 1"}))
    times = np.arange(0, 21.0)
    found = curves(text, tmp_path, times)
    period = math.log(10) / 0.5
    assert found["x"] == pytest.approx(np.exp(-0.5 * (times % period)), rel=1e-6)
    assert list(found["n"]) == [t // period for t in times]


@pytest.mark.parametrize(
    ("at_trigger", "expected"),
    [(True, 1 + math.exp(-0.5)), (False, 1 + math.exp(-1.0))],
    ids=["at_trigger", "after_delay"],
)
def test_a_delay_takes_the_values_of_its_trigger_or_of_its_end(at_trigger, expected, tmp_path):
    made = event("e", "time >= 1", {"x": "x + 1"}, delay="1", at_trigger=at_trigger)
    found = curves(model("", "", X_AND_N, rules=FALL, events=made), tmp_path, np.array([1.5, 2.0, 3.0]))
    assert found["x"] == pytest.approx([math.exp(-0.75), expected, expected * math.exp(-0.5)], rel=1e-7)


@pytest.mark.parametrize("persistent", [True, False])
def test_an_event_that_does_not_persist_needs_its_condition_to_last(persistent, tmp_path):
    made = event("e", "time > 1 && time < 2", {"n": "1"}, delay="2", persistent=persistent)
    assert curves(model("", "", X_AND_N, rules=FALL, events=made), tmp_path, np.array([5.0]))["n"] == [
        float(persistent)
    ]


@pytest.mark.parametrize("initially", [True, False])
def test_what_is_true_at_time_0_happens_only_where_it_was_not_before(initially, tmp_path):
    made = event("e", "x > 0.5", {"n": "1"}, initially=initially)
    assert curves(model("", "", X_AND_N, rules=FALL, events=made), tmp_path, np.array([0.0, 1.0]))["n"][
        0
    ] == float(not initially)


def test_the_highest_priority_comes_first(tmp_path):
    """n = (n + 1) * 10 in one order, n * 10 + 1 in the other."""
    for first, expected in (("2", 10.0), ("0", 1.0)):
        made = event("add", "time >= 1", {"n": "n + 1"}, priority=first, at_trigger=False)
        made += event("times", "time >= 1", {"n": "n * 10"}, priority="1", at_trigger=False)
        assert curves(model("", "", X_AND_N, rules=FALL, events=made), tmp_path, np.array([2.0]))["n"] == [
            expected
        ]


def test_events_that_trigger_each_other_for_ever_end_in_a_sentence(tmp_path):
    made = event("a", "n < 0.5", {"n": "1"}, initially=False) + event(
        "b", "n > 0.5", {"n": "0"}, initially=False
    )
    found = ld.simulate(
        read(model("", "", X_AND_N, rules=FALL, events=made), tmp_path), times=[1.0], regimen=[]
    )
    assert found.status == ("step_failed",) and "trigger each other for ever" in found.reason[0]


def test_a_model_with_events_is_refused_where_it_would_be_solved_without_them(tmp_path):
    from livingdrug.engine import linear_kernel, sensitivity_kernel, system_kernel

    system = read(
        model("", "", X_AND_N, rules=FALL, events=event("e", "x < 0.1", {"x": "1"})), tmp_path
    ).system
    for kernel, more in ((system_kernel, ()), (sensitivity_kernel, ((),)), (linear_kernel, ((),))):
        with pytest.raises(LivingdrugError, match="has events that happen when a condition comes true"):
            kernel(system, ("x",), *more)


# ---------------------------------------------------------------------------------------------- what is refused

S = species("S", initialAmount=1.0)
OUT = reaction("R", "k * S", {"S": 1}, {})
REFUSED = {
    "an algebraic rule": (
        model(S, "", parameters(False, k=1.0), rules=rule("algebraic", "S - k")),
        "algebraic rule",
    ),
    "a fast reaction": (
        model(
            S,
            OUT.replace('reversible="false"', 'reversible="false" fast="true"'),
            parameters(k=1.0),
            version=1,
        ),
        "is fast",
    ),
    "a delay": (
        model(S, reaction("R", "delay(S, 2)", {"S": 1}, {}), parameters(k=1.0)),
        "delay (the value of",
    ),
    "floor": (model(S, reaction("R", "floor(S)", {"S": 1}, {})), "function floor"),
    "sin": (model(S, reaction("R", "sin(time)", {"S": 1}, {})), "function sin"),
    "rateOf": (model(S, reaction("R", "rateOf(S)", {"S": 1}, {})), "rateOf"),
    "a word of ours": (
        model(S, reaction("R", "hill * S", {"S": 1}, {}), parameters(hill=1.0)),
        "the id `hill` is a word of",
    ),
    "no kinetic law": (
        model(
            S,
            OUT.replace(OUT[OUT.index("<kineticLaw>") : OUT.index("</kineticLaw>") + 13], ""),
            parameters(k=1.0),
        ),
        "has no kinetic law",
    ),
    "an unknown name": (model(S, OUT), "`k`"),
    "a required package": (
        model(
            S,
            OUT,
            parameters(k=1.0),
            more=' xmlns:comp="http://www.sbml.org/sbml/level3/version1/comp/version1" comp:required="true"',
        ),
        "package `comp`",
    ),
    "a document type": (
        DECAY.replace("<sbml", '<!DOCTYPE sbml [<!ENTITY x SYSTEM "canary.txt">]><sbml', 1),
        "<!DOCTYPE",
    ),
    "no SBML": ("<html></html>", "no SBML"),
    "not even XML": ("<sbml <", "is not valid SBML"),
    "an open piecewise": (model(S, reaction("R", "piecewise(1, S > 2)", {"S": 1}, {})), "otherwise"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_supported_is_refused_by_its_name(what, tmp_path):
    text, word = REFUSED[what]
    (tmp_path / "canary.txt").write_text("CANARY")
    with pytest.raises(LivingdrugError) as caught:
        read(text, tmp_path)
    assert word in str(caught.value) and "CANARY" not in str(caught.value) and str(caught.value).isprintable()


def test_the_command_line_refuses_with_one_line(tmp_path):
    (tmp_path / "m.xml").write_text(REFUSED["a document type"][0])
    done = livingdrug("simulate", "m.xml", cwd=tmp_path)
    assert (
        done.returncode == 2 and done.stderr.count("\n") == 1 and "document type declarations" in done.stderr
    )


def test_a_file_of_200_megabytes_is_not_opened(tmp_path):
    with (tmp_path / "m.xml").open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(LivingdrugError, match="larger than 20,000,000 bytes"):
        ld.read_model(tmp_path / "m.xml")


def test_a_number_that_the_file_does_not_state_is_asked_for(tmp_path):
    found = read(model(S, OUT, parameters(k=None)), tmp_path)
    with pytest.raises(LivingdrugError, match="the file states no value"):
        ld.simulate(found, times=[1.0])
    assert found.with_values(k=1.0).typical["k"] == 1.0


def test_words_of_python_get_another_name_and_capitals_stay(tmp_path):
    found = read(
        model(
            S,
            reaction("R", "lambda_ * S", {"S": 1}, {}).replace("lambda_", "lambda"),
            parameters(**{"lambda": 2.0}),
        ),
        tmp_path,
    )
    assert [q.name for q in found.quantities] == ["c", "S_0", "lambda_"]
    assert any("`lambda` is called `lambda_`" in text for text in found.deviations)


def _doubling_rules(levels: int) -> str:
    """Each rule names the one before it twice: a value of 2^levels terms from a line for each level."""
    names = [f"p{i}" for i in range(levels + 1)]
    rules = [rule("assignment", f"{a} + {a}", b) for a, b in zip(names, names[1:], strict=False)]
    return model(
        species("S", initialConcentration=1.0),
        reaction("R", "k * S", {"S": 1}, {}),
        parameters(k=0.5, p0=1.0) + parameters(False, **dict.fromkeys(names[1:])),
        rules="".join(rules),
        starts=start("S", names[-1]),
    )


def _doubling_functions(levels: int) -> str:
    """Each function calls the one before it with its argument twice."""
    rows = [("f0", "lambda(u, u + u)")] + [(f"f{i}", f"lambda(u, f{i - 1}(u) + f{i - 1}(u))") for i in range(1, levels)]
    definitions = "".join(f'<functionDefinition id="{name}">{mathml(text)}</functionDefinition>' for name, text in rows)
    return model(
        species("S", initialConcentration=1.0),
        reaction("R", f"k * f{levels - 1}(S)", {"S": 1}, {}),
        parameters(k=0.5),
        before=f"<listOfFunctionDefinitions>{definitions}</listOfFunctionDefinitions>",
    )


def _nested_sinh(levels: int) -> str:
    """A function whose text names its argument twice."""
    law = "k * S"
    for _ in range(levels):
        law = f"sinh({law})"
    return model(species("S", initialConcentration=1.0), reaction("R", law, {"S": 1}, {}), parameters(k=0.5))


@pytest.mark.parametrize("made", [_doubling_rules, _doubling_functions, _nested_sinh])
def test_a_small_file_that_grows_without_a_bound_is_refused(made, tmp_path):
    """A file of a few kB whose expressions double with every line: what is put in has a bound as the file has."""
    assert read(made(5), tmp_path)
    with pytest.raises(LivingdrugError, match="too long"):
        read(made(40), tmp_path)
